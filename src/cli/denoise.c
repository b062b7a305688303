/* gensample denoise: add noise to clean images, restore them, and report how well that went. */
#include "cli/denoise.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "app/ranks.h"
#include "app/shares.h"
#include "base/machine.h"
#include "cli/commands.h"
#include "cli/given.h"
#include "cli/images.h"
#include "cli/judge.h"
#include "cli/output.h"
#include "cli/settings.h"
#include "io/picture.h"
#include "io/sheet.h"

enum { DEFAULT_N = 64, SHOWN = 16 };

static const gs_model_info *info_of(const gs_denoise *d) {
    return d->setup.networks.info;
}

/* The elements of the n images. */
static size_t elements(const gs_denoise *d) {
    return d->n * d->setup.networks.pixels;
}

/* ---- Preparing ---- */

static gs_status read_input(gs_denoise *d, gs_error *error) {
    const gs_arguments *a = d->setup.arguments;
    bool given = a->given[GS_OPTION_INPUTS];
    size_t most = given ? (size_t)a->n : DEFAULT_N;
    gs_status status = gs_images_take(a->input, info_of(d), given, most, &d->input, error);
    d->n = d->input.n;
    return status;
}

/* A judge named by --judge must exist and fit the model; the default judge, beside the model or the shipped one, is
 * left out if it does not. */
static gs_status load_judge(gs_denoise *d, gs_error *error) {
    const gs_arguments *a = d->setup.arguments;
    bool given = a->given[GS_OPTION_JUDGE];
    if (!given && access(a->judge, F_OK) != 0)
        return GS_OK;
    gs_status status = gs_judge_load(&d->judge, a->judge, info_of(d), error);
    if (status != GS_ERROR_ARGUMENT || given)
        return status;
    gs_network_free(&d->judge);
    return GS_OK;
}

/* The picture: the images, and below them those with each noise, and restored. */
static size_t picture_rows(const gs_denoise *d) {
    return 1 + 2 * (size_t)d->noises.count;
}
static size_t picture_columns(const gs_denoise *d) {
    return d->n < SHOWN ? d->n : SHOWN;
}

static gs_status check_output(gs_denoise *d, gs_error *error) {
    const gs_arguments *a = d->setup.arguments;
    gs_status status = gs_output_format(a->out, a->format, GS_FORMAT_PNG, &d->format, error);
    if (!status)
        status = gs_output_check_table(a->out, d->format, "restored images go", error);
    if (!status)
        status = gs_images_check(a->out, d->format, info_of(d)->shape, error);
    if (!status)
        status = gs_output_check_scale(a->out, a->given[GS_OPTION_SCALE], d->format, error);
    if (!status)
        status = gs_arguments_check_out(a, error);
    return !status ? gs_output_check(a->out, d->format, 0, error) : status;
}

static gs_status check_size(gs_denoise *d, gs_error *error) {
    return gs_format_holds(d->format) == GS_HOLDS_PICTURE
               ? gs_sheet_check(info_of(d)->shape, picture_rows(d), picture_columns(d), d->setup.arguments->scale,
                                error)
               : GS_OK;
}

/* A standard deviation converted to units of the model's pixels. */
static double model_sigma(const gs_denoise *d, double noise) {
    return noise * (double)(info_of(d)->range[1] - info_of(d)->range[0]);
}

static gs_sample_options given_options(const gs_denoise *d, int steps) {
    const gs_arguments *a = d->setup.arguments;
    gs_sample_options o = a->settings;
    if (!o.sampler && info_of(d)->takes_sigma)
        o.sampler = gs_sampler_get(0)->name;
    o.steps = steps;
    o.eta = a->given[GS_OPTION_ETA] ? o.eta : -1;
    o.labels = d->setup.labels.of_chain;
    o.seed = a->seed;
    return o;
}

/* The settings of a chain of `steps` steps from an image with that noise on. A network that takes sigma is given the
 * noise level, and every setting that depends on noise levels follows from it; one step of a solver is then one call of
 * its denoiser, and more steps need a lowest level below that of the noise. */
static gs_status resolve(gs_denoise *d, double noise, int steps, gs_error *error) {
    const gs_model_info *info = info_of(d);
    gs_sample_options *o = &d->setup.options;
    *o = given_options(d, steps);
    gs_status status = gs_settings_resolve(&d->setup, error);
    if (!status)
        status = gs_settings_check_steps(o, steps, error);
    if (status || !info->takes_sigma)
        return status;
    double sigma = model_sigma(d, noise), low = o->sigma_low;
    bool solves = !gs_settings_read_by(o, GS_SETTING_DENOISE);
    if (solves && steps > 1 && low >= sigma)
        low = info->sigma[0];
    *o = given_options(d, steps);
    o->sigma_high = sigma;
    o->sigma_low = low < sigma ? low : sigma;
    return gs_settings_resolve(&d->setup, error);
}

/* Done early, so that whatever can fail does so before the first chain. */
static gs_status check_trials(gs_denoise *d, gs_error *error) {
    const gs_arguments *a = d->setup.arguments;
    for (int i = 0; i < a->noises.count; i++) {
        for (int k = 0; k < a->step_counts.count; k++) {
            gs_status status = resolve(d, a->noises.values[i], (int)a->step_counts.values[k], error);
            if (status)
                return status;
        }
    }
    return gs_settings_check(&d->setup, error);
}

static gs_status allocate(gs_denoise *d, gs_error *error) {
    size_t n = d->n, bytes = 0, noises = (size_t)d->noises.count, image = d->setup.networks.pixels * sizeof(float);
    if (!gs_mul_size(n * (2 * noises + 2), image, &bytes) || (double)bytes > gs_machine_bytes())
        return gs_fail_memory(error, "the images");
    d->noisy = gs_alloc(noises * n, image);
    d->best = gs_alloc(noises * n, image);
    d->restored = gs_alloc(n, image);
    d->room = gs_alloc(n, image);
    bool ready = d->noisy && d->best && d->restored && d->room;
    if (ready && d->judge.plan) {
        d->classes = gs_alloc(n, sizeof(int));
        d->found = gs_alloc(n, sizeof(int));
        ready = d->classes && d->found;
    }
    return ready ? gs_setup_label(&d->setup, 0, n, error) : gs_fail_memory(error, "the images");
}

static gs_status prepare(gs_denoise *d, const gs_arguments *arguments, gs_error *error) {
    gs_status (*const steps[])(gs_denoise *, gs_error *) = {check_output, check_trials, read_input, check_size,
                                                            load_judge};
    d->arguments = *arguments;
    gs_status status = gs_setup_load(&d->setup, &d->arguments, error);
    if (!status)
        status = gs_given_check_networks(&d->setup.networks, error);
    if (!status)
        gs_output_choose(&d->arguments, info_of(d)->image, "denoised.npy");
    d->noises = arguments->noises;
    for (size_t i = 0; i < GS_COUNT(steps) && !status; i++)
        status = steps[i](d, error);
    if (!status)
        status = gs_networks_plan(&d->setup.networks, arguments, error);
    if (!status)
        status = gs_judge_plan(&d->judge, arguments, error);
    return !status ? allocate(d, error) : status;
}

/* ---- Restoring and measuring ---- */

static gs_status classify(gs_denoise *d, const float *images, int *classes, gs_error *error) {
    return gs_judge_classify(&d->judge, &d->setup.networks, images, d->n, d->room, classes, error);
}

static gs_class_shares count_shares(const int *classes, size_t n) {
    gs_class_shares shares = {{0}, 0};
    for (size_t k = 0; k < n; k++)
        *(classes[k] < 0 ? &shares.rejected : &shares.of[classes[k]]) += 1;
    for (int c = 0; c < GS_JUDGE_CLASSES_MAX; c++)
        shares.of[c] /= (double)n;
    shares.rejected /= (double)n;
    return shares;
}

/* Only the first rank has all images. */
static gs_status measure(gs_denoise *d, const float *images, gs_trial *trial, gs_error *error) {
    double range = model_sigma(d, 1), n = (double)d->n, kept = 0;
    size_t pixels = d->setup.networks.pixels;
    if (gs_ranks_rank())
        return GS_OK;
    for (size_t k = 0; k < d->n; k++) {
        const float *clean = d->input.data + k * pixels, *image = images + k * pixels;
        trial->psnr += gs_psnr(clean, image, pixels, range) / n;
        trial->ssim += gs_ssim(clean, image, info_of(d)->shape, range) / n;
    }
    trial->kept = NAN;
    if (!d->judge.plan)
        return GS_OK;
    gs_status status = classify(d, images, d->found, error);
    if (status)
        return status;
    for (size_t k = 0; k < d->n; k++)
        kept += d->found[k] >= 0 && d->found[k] == d->classes[k];
    trial->kept = kept / n;
    trial->shares = count_shares(d->found, d->n);
    return GS_OK;
}

static void clip(float *images, size_t count, const float range[2]) {
    for (size_t i = 0; i < count; i++)
        images[i] = images[i] < range[0] ? range[0] : images[i] > range[1] ? range[1] : images[i]; /* NaN stays NaN */
}

/* Restore the noisy images of a noise level with the settings of the trial. */
static gs_status restore(gs_denoise *d, int noise, gs_trial *trial, gs_error *error) {
    gs_setup *setup = &d->setup;
    size_t done;
    char what[64];
    gs_status status = resolve(d, trial->noise, trial->steps, error);
    if (status)
        return status;
    setup->options.init = d->noisy + (size_t)noise * elements(d);
    snprintf(what, sizeof what, "noise %g, %d step%s", trial->noise, trial->steps, trial->steps == 1 ? "" : "s");
    gs_draws before = d->draws;
    status = gs_draws_add(&d->draws, setup, what, d->n, d->restored, &done, error);
    trial->seconds = d->draws.seconds - before.seconds;
    trial->evaluations = (double)(d->draws.evaluations - before.evaluations) / (double)d->n;
    if (!status && d->draws.interrupted)
        status = gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted: no noise level was finished, nothing is written");
    if (!status)
        clip(d->restored, elements(d), info_of(d)->range);
    return status;
}

/* The restored images kept are those of the best step count so far. */
static gs_status try_steps(gs_denoise *d, int noise, int k, gs_trial **best, gs_error *error) {
    const gs_arguments *a = d->setup.arguments;
    gs_trial *trial = &d->trials[noise][k];
    *trial = (gs_trial){.noise = d->noises.values[noise], .steps = (int)a->step_counts.values[k]};
    gs_status status = restore(d, noise, trial, error);
    if (!status)
        status = measure(d, d->restored, trial, error);
    if (!status && (!*best || trial->psnr > (*best)->psnr)) {
        *best = trial;
        memcpy(d->best + (size_t)noise * elements(d), d->restored, elements(d) * sizeof(float));
    }
    return status;
}

static gs_status try_noise(gs_denoise *d, int noise, gs_error *error) {
    const gs_arguments *a = d->setup.arguments;
    float *noisy = d->noisy + (size_t)noise * elements(d);
    gs_trial *best = NULL, *before = &d->noisy_trials[noise];
    *before = (gs_trial){.noise = d->noises.values[noise]};
    memcpy(noisy, d->input.data, elements(d) * sizeof(float));
    gs_status status =
        gs_sample_add_noise(a->seed, 0, model_sigma(d, before->noise), d->n, d->setup.networks.pixels, noisy, error);
    if (!status)
        status = measure(d, noisy, before, error);
    for (int k = 0; k < a->step_counts.count && !status; k++)
        status = try_steps(d, noise, k, &best, error);
    if (!status)
        best->best = true;
    return status;
}

/* ---- Writing ---- */

static gs_status write_picture(const gs_denoise *d, const gs_notes *notes, gs_error *error) {
    const float *range = info_of(d)->range;
    int noises = d->noises.count;
    gs_sheet sheet;
    gs_status status = gs_sheet_create(&sheet, info_of(d)->shape, (int)picture_rows(d), (int)picture_columns(d), error);
    if (status)
        return status;
    sheet.corner = "s";
    sheet.scale = d->setup.arguments->scale;
    gs_sheet_row(&sheet, 0, d->input.data, range);
    for (int i = 0; i < noises; i++) {
        size_t at = (size_t)i * elements(d);
        snprintf(sheet.row_heads[1 + 2 * i], GS_HEAD_MAX, "%g", d->noises.values[i]);
        gs_sheet_row(&sheet, 1 + 2 * i, d->noisy + at, range);
        gs_sheet_row(&sheet, 2 + 2 * i, d->best + at, range);
    }
    status = gs_sheet_write(&sheet, d->format, d->setup.arguments->out, notes->note, GS_NOTES, error);
    gs_sheet_free(&sheet);
    return status;
}

static gs_status write_output(const gs_denoise *d, gs_error *error) {
    if (gs_format_holds(d->format) != GS_HOLDS_PICTURE) {
        gs_sink_input input = gs_output_input(info_of(d), (size_t)d->noises.count, d->n);
        return gs_sink_put_all(d->format, d->setup.arguments->out, &input, d->best, error);
    }
    gs_notes notes;
    gs_status status = gs_notes_make(&notes, info_of(d), gs_denoise_settings(d), gs_denoise_command_text(d), error);
    if (!status)
        status = write_picture(d, &notes, error);
    gs_notes_free(&notes);
    return status;
}

/* ---- All ---- */

static gs_status run(gs_denoise *d, gs_error *error) {
    const gs_arguments *a = d->setup.arguments;
    gs_status status = d->judge.plan ? classify(d, d->input.data, d->classes, error) : GS_OK;
    int finished = 0, noises = d->noises.count;
    if (!status && d->judge.plan)
        d->clean_shares = count_shares(d->classes, d->n);
    while (finished < noises && !status) {
        status = try_noise(d, finished, error);
        finished += !status;
    }
    bool is_cut = status == GS_ERROR_INTERRUPTED && finished > 0;
    if (is_cut) {
        d->noises.count = finished;
        status = GS_OK;
    }
    bool first = !gs_ranks_rank();
    if (!status && first)
        status = write_output(d, error);
    if (!status && first && !a->quiet)
        status = gs_denoise_report(d, gs_arguments_report(a), error);
    if (!status && first)
        gs_draws_warn(&d->draws, stderr);
    if (!status && is_cut)
        status = gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted: images of %d of %d noise levels are kept in %s",
                         finished, noises, gs_output_label(a->out));
    return status;
}

static gs_status check(const gs_arguments *arguments, gs_error *error) {
    if (!arguments->input)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--input: missing: the file of clean images");
    if (arguments->label == GS_LABEL_ALL || arguments->label == GS_LABEL_DATA) {
        return gs_fail(error, GS_ERROR_ARGUMENT, "--label %s: the images come from a file; name their class or none",
                       gs_label_word(arguments->label));
    }
    return GS_OK;
}

static gs_status run_command(const gs_arguments *arguments, gs_error *error) {
    gs_denoise *d = gs_alloc(1, sizeof *d);
    if (!d)
        return gs_fail_memory(error, "the run");
    gs_status status = gs_ranks_agree(prepare(d, arguments, error), error);
    if (!status)
        status =
            gs_shares_match(gs_denoise_command_text(d), info_of(d)->hash,
                            gs_plan_get_info(d->setup.networks.network[0].plan), d->input.data, elements(d), error);
    if (!status)
        status = run(d, error);
    gs_free(d->noisy);
    gs_free(d->best);
    gs_free(d->restored);
    gs_free(d->room);
    gs_free(d->classes);
    gs_free(d->found);
    gs_images_free(&d->input);
    gs_draws_free(&d->draws);
    gs_network_free(&d->judge);
    gs_setup_free(&d->setup);
    gs_free(d);
    return status;
}

const gs_command gs_command_denoise = {
    .about =
        "Add noise to clean images, restore them, and say how well: PSNR and SSIM, and how many the judge, where\n"
        "there is one, takes for what it takes the clean image for, and the shares of the classes. Networks that take\n"
        "a noise level are told it: one step is one call of the denoiser, more are a chain from that level down.\n"
        "Restored images are clipped to the data range before they are measured. Unless told otherwise there is no\n"
        "label, and --eta is 0.\n",
    .examples = "  gensample denoise --input digits.idx --noise 0.2,0.4,0.6 --steps 1,5,10\n",
    .lists = GS_LISTS_SAMPLERS | GS_LISTS_NETWORKS,
    .out = "denoised.png",
    .check = check,
    .sharing = GS_SHARING_RANKS,
    .run = run_command};
