/* gensample denoise: add noise to clean images, restore them, and report how well that went. */
#include "cli/denoise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/machine.h"
#include "app/interrupt.h"
#include "cli/commands.h"

enum { DEFAULT_N = 64, SHOWN = 16 };

/* ---- Preparing ---- */

static gs_status read_input(gs_denoise *d, gs_error *error) {
    const gs_arguments *a = d->run.arguments;
    bool given = a->given[GS_OPTION_INPUTS];
    size_t most = given ? (size_t)a->n : DEFAULT_N;
    gs_status status = gs_run_read_images(&d->run, a->input, given, most, &d->input, error);
    d->run.n = d->input.n;
    return status;
}

/* A judge named by --judge must exist and fit the model; the default judge, beside the model or the shipped one, is
 * left out if it does not. */
static gs_status load_judge(gs_run *run, gs_error *error) {
    const gs_arguments *a = run->arguments;
    if (!a->given[GS_OPTION_JUDGE] && access(a->judge, F_OK) != 0)
        return GS_OK;
    gs_status status = gs_run_load_judge(run, error);
    if (status == GS_ERROR_ARGUMENT && !a->given[GS_OPTION_JUDGE]) {
        gs_model_free(run->judge_model);
        run->judge_model = NULL;
        status = GS_OK;
    }
    return status;
}

static gs_status check_output(gs_denoise *d, gs_error *error) {
    const char *path = d->run.arguments->out;
    gs_status status = gs_output_format(path, d->run.arguments->format, GS_FORMAT_PNG, &d->run.format, error);
    if (!status)
        status = gs_run_check_table(&d->run, "restored images go", error);
    if (!status)
        status = gs_images_check(path, d->run.format, d->run.info->shape, error);
    if (!status)
        status = gs_arguments_check_out(d->run.arguments, error);
    return !status ? gs_output_check(path, d->run.format, 0, error) : status;
}

/* A standard deviation converted to units of the model's pixels. */
static double model_sigma(const gs_denoise *d, double noise) {
    return noise * (double)(d->run.info->range[1] - d->run.info->range[0]);
}

static gs_sample_options given_options(const gs_denoise *d, int steps) {
    const gs_arguments *a = d->run.arguments;
    gs_sample_options o = a->settings;
    if (!o.sampler && d->run.info->takes_sigma)
        o.sampler = gs_sampler_get(0)->name;
    o.steps = steps;
    o.eta = a->given[GS_OPTION_ETA] ? o.eta : -1;
    o.labels = d->run.labels;
    o.seed = a->seed;
    return o;
}

/* The settings of a chain of `steps` steps from an image with that noise on. A network that takes sigma is given the
 * noise level, and every setting that depends on noise levels follows from it; one step of a solver is then one call of
 * its denoiser, and more steps need a lowest level below that of the noise. */
static gs_status resolve(gs_denoise *d, double noise, int steps, gs_error *error) {
    const gs_model_info *info = d->run.info;
    gs_sample_options *o = &d->run.options;
    *o = given_options(d, steps);
    gs_status status = gs_sample_resolve(d->run.model, o, error);
    if (!status)
        status = gs_run_check_steps(&d->run, steps, error);
    if (status || !info->takes_sigma)
        return status;
    double sigma = model_sigma(d, noise), low = o->sigma_low;
    bool solves = !gs_run_reads(&d->run, GS_SETTING_DENOISE);
    if (solves && steps > 1 && low >= sigma)
        low = info->sigma[0];
    *o = given_options(d, steps);
    o->sigma_high = sigma;
    o->sigma_low = low < sigma ? low : sigma;
    return gs_sample_resolve(d->run.model, o, error);
}

/* Done early, so that whatever can fail does so before the first chain. */
static gs_status check_trials(gs_denoise *d, gs_error *error) {
    const gs_arguments *a = d->run.arguments;
    for (int i = 0; i < a->noises.count; i++) {
        for (int k = 0; k < a->step_counts.count; k++) {
            gs_status status = resolve(d, a->noises.values[i], (int)a->step_counts.values[k], error);
            if (status)
                return status;
        }
    }
    return gs_run_check_settings(&d->run, error);
}

static gs_status allocate(gs_denoise *d, gs_error *error) {
    gs_run *run = &d->run;
    size_t n = run->n, bytes = 0, noises = (size_t)run->arguments->noises.count, image = run->pixels * sizeof(float);
    bool fits = gs_mul_size(n * (2 * noises + 2), image, &bytes) && (double)bytes <= gs_machine_bytes();
    d->noisy = fits ? gs_alloc(noises * n, image) : NULL;
    d->restored = fits ? gs_alloc(noises * n, image) : NULL;
    d->room = fits ? gs_alloc(n, image) : NULL;
    run->samples = fits ? gs_alloc(n, image) : NULL;
    bool ready = d->noisy && d->restored && d->room && run->samples;
    if (ready && run->judge) {
        d->classes = gs_alloc(n, sizeof(int));
        d->found = gs_alloc(n, sizeof(int));
        ready = d->classes && d->found;
    }
    if (ready && run->arguments->label >= 0) {
        run->labels = gs_alloc(n, sizeof(int));
        ready = run->labels != NULL;
        for (size_t k = 0; ready && k < n; k++)
            run->labels[k] = run->arguments->label;
    }
    return ready ? GS_OK : gs_fail_memory(error, "the images");
}

static gs_status prepare(gs_denoise *d, const gs_arguments *arguments, gs_error *error) {
    gs_status status = gs_run_load(&d->run, arguments, error);
    if (!status)
        status = check_output(d, error);
    if (!status)
        status = check_trials(d, error);
    if (!status)
        status = read_input(d, error);
    if (!status)
        status = load_judge(&d->run, error);
    if (!status)
        status = gs_run_make_plans(&d->run, error);
    return !status ? allocate(d, error) : status;
}

/* ---- Restoring and measuring ---- */

static gs_status classify(gs_denoise *d, const float *images, int *classes, gs_error *error) {
    gs_run *run = &d->run;
    return gs_quality_classify(run->judge, gs_run_map(run, images, run->n, d->room), run->n, classes, error);
}

static gs_status measure(gs_denoise *d, const float *images, gs_trial *trial, gs_error *error) {
    const gs_run *run = &d->run;
    double range = model_sigma(d, 1), n = (double)run->n, kept = 0;
    for (size_t k = 0; k < run->n; k++) {
        const float *clean = d->input.data + k * run->pixels, *image = images + k * run->pixels;
        trial->psnr += gs_psnr(clean, image, run->pixels, range) / n;
        trial->ssim += gs_ssim(clean, image, run->info->shape, range) / n;
    }
    trial->kept = NAN;
    if (!run->judge)
        return GS_OK;
    gs_status status = classify(d, images, d->found, error);
    for (size_t k = 0; k < run->n; k++)
        kept += d->found[k] >= 0 && d->found[k] == d->classes[k];
    trial->kept = kept / n;
    return status;
}

static void clip(float *images, size_t count, const float range[2]) {
    for (size_t i = 0; i < count; i++)
        images[i] = images[i] < range[0] ? range[0] : images[i] > range[1] ? range[1] : images[i]; /* NaN stays NaN */
}

/* The restored images kept are those of the best step count so far. */
static gs_status try_steps(gs_denoise *d, int noise, int k, gs_trial **best, gs_error *error) {
    gs_run *run = &d->run;
    const gs_arguments *a = run->arguments;
    size_t size = run->n * run->pixels;
    char what[64];
    gs_trial *trial = &d->trials[noise][k];
    *trial = (gs_trial){.noise = a->noises.values[noise], .steps = (int)a->step_counts.values[k]};
    gs_status status = resolve(d, trial->noise, trial->steps, error);
    if (status)
        return status;
    run->options.init = d->noisy + (size_t)noise * size;
    trial->evaluations = gs_sample_evaluations(run->model, &run->options);
    run->seconds = 0;
    snprintf(what, sizeof what, "noise %g, %d step%s", trial->noise, trial->steps, trial->steps == 1 ? "" : "s");
    status = gs_run_draw(run, what, run->samples, error);
    if (!status && run->interrupted)
        status = gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted: no noise level was finished, nothing is written");
    trial->seconds = run->seconds;
    if (!status) {
        clip(run->samples, size, run->info->range);
        status = measure(d, run->samples, trial, error);
    }
    if (!status && (!*best || trial->psnr > (*best)->psnr)) {
        *best = trial;
        memcpy(d->restored + (size_t)noise * size, run->samples, size * sizeof(float));
    }
    return status;
}

static gs_status try_noise(gs_denoise *d, int noise, gs_error *error) {
    gs_run *run = &d->run;
    const gs_arguments *a = run->arguments;
    size_t size = run->n * run->pixels;
    float *noisy = d->noisy + (size_t)noise * size;
    gs_trial *best = NULL, *before = &d->noisy_trials[noise];
    *before = (gs_trial){.noise = a->noises.values[noise]};
    memcpy(noisy, d->input.data, size * sizeof(float));
    gs_status status =
        gs_sample_add_noise(a->seed, 0, model_sigma(d, before->noise), run->n, run->pixels, noisy, error);
    if (!status)
        status = measure(d, noisy, before, error);
    for (int k = 0; k < a->step_counts.count && !status; k++)
        status = try_steps(d, noise, k, &best, error);
    if (!status)
        best->best = true;
    return status;
}

/* ---- Writing ---- */

static gs_status write_picture(const gs_denoise *d, const gs_note *notes, int count, gs_error *error) {
    const gs_run *run = &d->run;
    const float *range = run->info->range;
    int noises = run->arguments->noises.count;
    gs_sheet sheet;
    gs_status status =
        gs_sheet_create(&sheet, run->info->shape, 1 + 2 * noises, run->n < SHOWN ? (int)run->n : SHOWN, error);
    if (status)
        return status;
    sheet.corner = "s";
    gs_sheet_row(&sheet, 0, d->input.data, range);
    for (int i = 0; i < noises; i++) {
        size_t at = (size_t)i * run->n * run->pixels;
        snprintf(sheet.row_heads[1 + 2 * i], GS_HEAD_MAX, "%g", run->arguments->noises.values[i]);
        gs_sheet_row(&sheet, 1 + 2 * i, d->noisy + at, range);
        gs_sheet_row(&sheet, 2 + 2 * i, d->restored + at, range);
    }
    status = gs_sheet_write(&sheet, run->format, run->arguments->out, notes, count, error);
    gs_sheet_free(&sheet);
    return status;
}

static gs_status write_output(const gs_denoise *d, gs_error *error) {
    const gs_run *run = &d->run;
    gs_sink_input input = gs_run_sink_input(run, (size_t)run->arguments->noises.count, run->n);
    if (gs_format_holds(run->format) != GS_HOLDS_PICTURE)
        return gs_sink_put_all(run->format, run->arguments->out, &input, d->restored, error);
    char *settings = gs_denoise_settings(d), *command = gs_denoise_command_text(d);
    const gs_note notes[] = {{"Software", "gensample " GS_VERSION},
                             {"gensample:model", run->info->name},
                             {"gensample:hash", run->info->hash},
                             {"gensample:settings", settings},
                             {"gensample:command", command}};
    gs_status status = settings && command ? write_picture(d, notes, (int)GS_COUNT(notes), error)
                                           : gs_fail_memory(error, "the picture's notes");
    free(settings);
    free(command);
    return status;
}

static gs_status restore(gs_denoise *d, gs_error *error) {
    gs_status status = d->run.judge ? classify(d, d->input.data, d->classes, error) : GS_OK;
    int finished = 0, noises = d->run.arguments->noises.count;
    while (finished < noises && !status) {
        status = try_noise(d, finished, error);
        finished += !status;
    }
    bool is_cut = status == GS_ERROR_INTERRUPTED && finished > 0;
    if (is_cut) {
        gs_run_own_arguments(&d->run)->noises.count = finished;
        status = GS_OK;
    }
    if (!status)
        status = write_output(d, error);
    if (!status && !d->run.arguments->quiet)
        status = gs_denoise_report(d, gs_arguments_report(d->run.arguments), error);
    if (!status)
        gs_run_warn(&d->run, stderr);
    if (!status && is_cut)
        status = gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted: images of %d of %d noise levels are kept in %s",
                         finished, noises, gs_output_label(d->run.arguments->out));
    return status;
}

gs_status gs_denoise_command(const gs_arguments *arguments, gs_error *error) {
    gs_denoise *d = gs_alloc(1, sizeof *d);
    if (!d)
        return gs_fail_memory(error, "the run");
    gs_status status = prepare(d, arguments, error);
    if (!status)
        status = restore(d, error);
    gs_free(d->noisy);
    gs_free(d->restored);
    gs_free(d->room);
    gs_free(d->classes);
    gs_free(d->found);
    gs_free(d->input.data);
    gs_run_free(&d->run);
    gs_free(d);
    return status;
}
