/* gensample restore: measure images by a linear operator, unless the file has measurements, and draw images that fit.
 */
#include "cli/restore.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "app/ranks.h"
#include "app/shares.h"
#include "base/machine.h"
#include "cli/commands.h"
#include "cli/dry.h"
#include "cli/images.h"
#include "cli/judge.h"
#include "cli/mask.h"
#include "cli/output.h"
#include "cli/settings.h"
#include "io/picture.h"
#include "io/sheet.h"
#include "measure/judge.h"
#include "sample/given.h"
#include "sample/samplers.h"

enum { DEFAULT_N = 64, SHOWN = 16 };

static const gs_model_info *info_of(const gs_restoration *r) {
    return r->setup.networks.info;
}

static double width_of(const gs_restoration *r) {
    return (double)(info_of(r)->range[1] - info_of(r)->range[0]);
}

static size_t pixels_of(const gs_restoration *r) {
    return r->setup.networks.pixels;
}

static size_t measured_of(const gs_restoration *r) {
    const int *d = r->measured_shape;
    return (size_t)d[0] * (size_t)d[1] * (size_t)d[2];
}

/* ---- The operator ---- */

static gs_status make_operator(gs_restoration *r, gs_error *error) {
    const gs_arguments *a = r->setup.arguments;
    gs_status status = GS_OK;
    if (a->mask)
        status = gs_mask_make(a->mask, info_of(r), &r->operator_, error);
    else
        status = gs_option_blame(
            "operator",
            gs_operator_create(a->operator_ ? a->operator_ : "none", info_of(r)->shape, &r->operator_, error), error);
    if (!status)
        gs_operator_shape(r->operator_, r->measured_shape);
    return status;
}

/* ---- Preparing ---- */

static gs_status read_input(gs_restoration *r, gs_error *error) {
    const gs_arguments *a = r->setup.arguments;
    bool given = a->given[GS_OPTION_INPUTS];
    const gs_image_wish wish = {.shape = a->measured ? r->measured_shape : info_of(r)->image,
                                .range = info_of(r)->range,
                                .most = given ? (size_t)a->n : DEFAULT_N,
                                .whose_shape = a->measured ? "as the operator's measurements are" : NULL};
    r->given.path = a->input;
    gs_status status = gs_images_take_wished(a->input, &wish, given, &r->given.images, error);
    if (!status)
        status = gs_given_read_labels(&r->given, a->labels.count ? a->labels.values[0] : NULL, error);
    r->n = r->given.images.n;
    return status;
}

/* As in gensample denoise: the default judge is left out if it does not fit. */
static gs_status load_judge(gs_restoration *r, gs_error *error) {
    const gs_arguments *a = r->setup.arguments;
    bool given = a->given[GS_OPTION_JUDGE];
    if (!given && (!a->judge || access(a->judge, F_OK) != 0))
        return GS_OK;
    gs_status status = gs_judge_load(&r->judge, a->judge, info_of(r), error);
    if (status != GS_ERROR_ARGUMENT || given)
        return status;
    gs_network_free(&r->judge);
    return GS_OK;
}

/* Labels are compared with the judge's classes. */
static gs_status check_labels(gs_restoration *r, gs_error *error) {
    const gs_model_info *info = r->judge.model ? gs_model_get_info(r->judge.model) : info_of(r);
    int classes = r->judge.model ? gs_judge_classes(info) : info->labels;
    return classes ? gs_given_check_labels(&r->given, r->n, classes, info->name, error) : GS_OK;
}

static size_t picture_rows(const gs_restoration *r) {
    return (size_t)gs_restoration_compares(r) + 1 + r->copies;
}

static size_t picture_columns(const gs_restoration *r) {
    return r->n < SHOWN ? r->n : SHOWN;
}

static gs_status check_output(gs_restoration *r, gs_error *error) {
    const gs_arguments *a = r->setup.arguments;
    gs_status status = gs_output_format(a->out, a->format, GS_FORMAT_PNG, &r->format, error);
    if (!status)
        status = gs_output_check_table(a->out, r->format, "restored images go", error);
    if (!status)
        status = gs_images_check(a->out, r->format, info_of(r)->shape, error);
    if (!status)
        status = gs_output_check_scale(a->out, a->given[GS_OPTION_SCALE], r->format, error);
    if (!status)
        status = gs_arguments_check_out(a, error);
    return !status ? gs_output_check(a->out, r->format, 0, error) : status;
}

static gs_status check_size(gs_restoration *r, gs_error *error) {
    return gs_format_holds(r->format) == GS_HOLDS_PICTURE
               ? gs_sheet_check(info_of(r)->shape, picture_rows(r), picture_columns(r), r->setup.arguments->scale,
                                error)
               : GS_OK;
}

static gs_status resolve(gs_restoration *r, gs_error *error) {
    const gs_arguments *a = r->setup.arguments;
    gs_sample_options *o = &r->setup.options;
    *o = a->settings;
    o->sampler = o->sampler ? o->sampler : gs_restorer_get(0)->name;
    o->seed = a->seed;
    const gs_sampler_row *row = gs_sampler_find(o->sampler);
    if (!row || !gs_sampler_restores(row))
        return gs_restorer_unknown(o->sampler, error);
    r->setup.measurement = &r->measurement;
    r->setup.networks.differentiated = row->field == GS_FIELD_PRODUCT;
    gs_status status = gs_settings_resolve(&r->setup, error);
    return !status ? gs_settings_check(&r->setup, error) : status;
}

static gs_status allocate(gs_restoration *r, gs_error *error) {
    size_t n = r->n, all = r->copies * n, bytes, image = pixels_of(r) * sizeof(float);
    if (!gs_mul_size(2 * all + 2 * n, image, &bytes) || (double)bytes > gs_machine_bytes())
        return gs_fail_memory(error, "the images");
    r->y = gs_alloc(all, measured_of(r) * sizeof(float));
    r->restored = gs_alloc(all, image);
    r->shown = gs_alloc(n, image);
    r->room = gs_alloc(n, image);
    r->image = gs_alloc(n, sizeof *r->image);
    bool ready = r->y && r->restored && r->shown && r->room && r->image;
    if (ready && r->judge.plan && (gs_restoration_compares(r) || r->given.labels)) {
        r->classes = gs_alloc(n, sizeof *r->classes);
        r->found = gs_alloc(all, sizeof *r->found);
        ready = r->classes && r->found;
    }
    return ready ? gs_setup_label(&r->setup, 0, all, error) : gs_fail_memory(error, "the images");
}

static gs_status prepare(gs_restoration *r, const gs_arguments *arguments, gs_error *error) {
    gs_status (*const steps[])(gs_restoration *, gs_error *) = {check_output, make_operator, resolve,     read_input,
                                                                check_size,   load_judge,    check_labels};
    r->arguments = *arguments;
    r->copies = arguments->draws ? (size_t)arguments->draws : 1;
    gs_status status = gs_setup_load(&r->setup, &r->arguments, error);
    if (!status)
        status = gs_given_check_networks(&r->setup.networks, error);
    if (!status)
        gs_output_choose(&r->arguments, info_of(r)->image, "restored.npy");
    for (size_t i = 0; i < GS_COUNT(steps) && !status; i++)
        status = steps[i](r, error);
    if (!status)
        status = gs_networks_plan(&r->setup.networks, arguments, error);
    if (!status)
        status = gs_judge_plan(&r->judge, arguments, error);
    if (!status)
        status = allocate(r, error);
    if (status)
        return status;
    r->measurement = (gs_measurement){
        .operator_ = r->operator_, .y = r->y, .noise = fmax(arguments->measured_noise, 0) * width_of(r)};
    return gs_measurement_check(r->setup.networks.network[0].plan, &r->measurement, 0, error);
}

/* ---- Measuring and restoring ---- */

/* What is not measured of a given measurement, as hidden pixels, is 0: y <- A A^+ y. */
static gs_status project(gs_restoration *r, gs_error *error) {
    gs_status status = gs_operator_solve(r->operator_, r->given.images.data, 0, r->n, r->room, error);
    return !status ? gs_operator_apply(r->operator_, r->room, r->n, r->y, error) : status;
}

/* Measurements of the shape of images are shown as they are. */
static gs_status show_measurements(gs_restoration *r, gs_error *error) {
    if (memcmp(r->measured_shape, info_of(r)->shape, sizeof r->measured_shape) != 0)
        return gs_operator_solve(r->operator_, r->y, 0, r->n, r->shown, error);
    memcpy(r->shown, r->y, r->n * pixels_of(r) * sizeof *r->shown);
    return GS_OK;
}

static gs_status measure(gs_restoration *r, gs_error *error) {
    const gs_arguments *a = r->setup.arguments;
    size_t each = r->n * measured_of(r);
    gs_status status = a->measured ? project(r, error)
                                   : gs_operator_measure(r->operator_, r->given.images.data, r->measurement.noise,
                                                         a->seed, 0, r->n, r->y, error);
    for (size_t k = 1; k < r->copies && !status; k++)
        memcpy(r->y + k * each, r->y, each * sizeof *r->y);
    return !status ? show_measurements(r, error) : status;
}

static void clip(float *images, size_t count, const float range[2]) {
    for (size_t i = 0; i < count; i++)
        images[i] = images[i] < range[0] ? range[0] : images[i] > range[1] ? range[1] : images[i]; /* NaN stays NaN */
}

/* How far measurements of what is restored, before it is clipped, are from those that were given. */
static gs_status find_misfit(gs_restoration *r, gs_error *error) {
    size_t count = r->n * measured_of(r);
    double squares = 0;
    float *again = gs_alloc(count, sizeof *again);
    gs_status status = again ? GS_OK : gs_fail_memory(error, "the measurements");
    for (size_t k = 0; k < r->copies && !status; k++) {
        status = gs_operator_apply(r->operator_, r->restored + k * r->n * pixels_of(r), r->n, again, error);
        for (size_t i = 0; i < count && !status; i++)
            squares += pow((double)again[i] - (double)r->y[k * count + i], 2);
    }
    r->misfit = sqrt(squares / (double)(count * r->copies)) / width_of(r);
    gs_free(again);
    return status;
}

static gs_status restore(gs_restoration *r, gs_error *error) {
    size_t done, all = r->copies * r->n;
    gs_status status = gs_draws_add(&r->draws, &r->setup, NULL, all, r->restored, &done, error);
    if (!status && r->draws.interrupted)
        status = gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted: nothing is written");
    if (status || gs_ranks_rank()) /* only the first rank has all images */
        return status;
    status = find_misfit(r, error);
    if (!status)
        clip(r->restored, all * pixels_of(r), info_of(r)->range);
    return status;
}

static gs_status classify(gs_restoration *r, gs_error *error) {
    gs_status status = GS_OK;
    if (!gs_restoration_judges(r) || gs_ranks_rank())
        return GS_OK;
    if (r->given.labels)
        memcpy(r->classes, r->given.labels, r->n * sizeof *r->classes);
    else
        status =
            gs_judge_classify(&r->judge, &r->setup.networks, r->given.images.data, r->n, r->room, r->classes, error);
    for (size_t k = 0; k < r->copies && !status; k++)
        status = gs_judge_classify(&r->judge, &r->setup.networks, r->restored + k * r->n * pixels_of(r), r->n, r->room,
                                   r->found + k * r->n, error);
    return status;
}

/* Image i, in the mean over its draws. */
static gs_nearness_of compare(const gs_restoration *r, size_t i) {
    size_t pixels = pixels_of(r);
    gs_nearness_of m = {0};
    for (size_t k = 0; k < r->copies; k++) {
        const float *clean = r->given.images.data + i * pixels, *image = r->restored + (k * r->n + i) * pixels;
        double psnr = gs_restoration_compares(r) ? gs_psnr(clean, image, pixels, width_of(r)) : (double)NAN;
        m.psnr += psnr / (double)r->copies;
        m.rms += pow(10, -psnr / 20) / (double)r->copies;
        int found = r->found ? r->found[k * r->n + i] : -1; /* -1 is no class, of which no label can be kept */
        m.kept += gs_restoration_judges(r) ? (found >= 0 && found == r->classes[i]) / (double)r->copies : (double)NAN;
    }
    return m;
}

static void compare_all(gs_restoration *r) {
    for (size_t i = 0; i < r->n; i++) {
        const gs_nearness_of m = r->image[i] = compare(r, i);
        r->mean.psnr += m.psnr / (double)r->n;
        r->mean.rms += m.rms / (double)r->n;
        r->mean.kept += m.kept / (double)r->n;
    }
}

/* ---- Writing ---- */

static gs_status write_picture(const gs_restoration *r, const gs_notes *notes, gs_error *error) {
    const float *range = info_of(r)->range;
    int row = 0;
    gs_sheet sheet;
    gs_status status = gs_sheet_create(&sheet, info_of(r)->shape, (int)picture_rows(r), (int)picture_columns(r), error);
    if (status)
        return status;
    sheet.scale = r->setup.arguments->scale;
    if (gs_restoration_compares(r)) {
        snprintf(sheet.row_heads[row], GS_HEAD_MAX, "x");
        gs_sheet_row(&sheet, row++, r->given.images.data, range);
    }
    snprintf(sheet.row_heads[row], GS_HEAD_MAX, "y");
    gs_sheet_row(&sheet, row++, r->shown, range);
    for (size_t k = 0; k < r->copies; k++) {
        snprintf(sheet.row_heads[row], GS_HEAD_MAX, "%zu", k + 1);
        gs_sheet_row(&sheet, row++, r->restored + k * r->n * pixels_of(r), range);
    }
    status = gs_sheet_write(&sheet, r->format, r->setup.arguments->out, notes->note, GS_NOTES, error);
    gs_sheet_free(&sheet);
    return status;
}

static gs_status write_output(const gs_restoration *r, gs_error *error) {
    if (gs_format_holds(r->format) != GS_HOLDS_PICTURE) {
        gs_sink_input input = gs_output_input(info_of(r), r->copies > 1 ? r->copies : 0, r->n);
        return gs_sink_put_all(r->format, r->setup.arguments->out, &input, r->restored, error);
    }
    gs_notes notes;
    gs_status status =
        gs_notes_make(&notes, info_of(r), gs_restoration_settings(r), gs_restoration_command_text(r), error);
    if (!status)
        status = write_picture(r, &notes, error);
    gs_notes_free(&notes);
    return status;
}

/* ---- The command ---- */

static gs_status run(gs_restoration *r, gs_error *error) {
    gs_status (*const steps[])(gs_restoration *, gs_error *) = {measure, restore, classify};
    gs_status status = GS_OK;
    for (size_t i = 0; i < GS_COUNT(steps) && !status; i++)
        status = steps[i](r, error);
    if (status || gs_ranks_rank())
        return status;
    compare_all(r);
    status = write_output(r, error);
    if (!status && !r->arguments.quiet)
        status = gs_restoration_report(r, gs_arguments_report(&r->arguments), error);
    if (!status)
        gs_draws_warn(&r->draws, stderr);
    return status;
}

static gs_status check(const gs_arguments *a, gs_error *error) {
    if (!a->input)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--input: missing: the file of images, or of measurements");
    if (a->mask && a->operator_)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--operator: cannot go with --mask, which is one");
    if (a->label == GS_LABEL_ALL || a->label == GS_LABEL_DATA) {
        return gs_fail(error, GS_ERROR_ARGUMENT, "--label %s: the images come from a file; name their class or none",
                       gs_label_word(a->label));
    }
    if (a->labels.count > 1)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--labels: %d files for one of images", a->labels.count);
    return gs_dry_check(a, error);
}

/* What is measured again takes memory once chains are drawn, in the place of theirs. */
static gs_status foresee(gs_restoration *r, gs_error *error) {
    return gs_ranks_rank() ? GS_OK : gs_dry_report_taken(&r->setup, &r->judge, r->copies * r->n, 0, stdout, error);
}

static gs_status run_command(const gs_arguments *arguments, gs_error *error) {
    gs_restoration *r = gs_alloc(1, sizeof *r);
    if (!r)
        return gs_fail_memory(error, "the run");
    gs_status status = gs_ranks_agree(prepare(r, arguments, error), error);
    if (!status)
        status = gs_shares_match(gs_restoration_command_text(r), info_of(r)->hash,
                                 gs_plan_get_info(r->setup.networks.network[0].plan), r->given.images.data,
                                 r->n * (arguments->measured ? measured_of(r) : pixels_of(r)), error);
    if (!status)
        status = (arguments->dry_run ? foresee : run)(r, error);
    gs_free(r->y);
    gs_free(r->restored);
    gs_free(r->shown);
    gs_free(r->room);
    gs_free(r->classes);
    gs_free(r->found);
    gs_free(r->image);
    gs_operator_free(r->operator_);
    gs_given_free(&r->given);
    gs_draws_free(&r->draws);
    gs_network_free(&r->judge);
    gs_setup_free(&r->setup);
    gs_free(r);
    return status;
}

const gs_command gs_command_restore = {
    .about =
        "Draw images x given measurements y = A x of them, perhaps with noise: inpainting, super-resolution,\n"
        "deblurring, colouring, denoising. The images of --input are originals, which are measured first and compared\n"
        "with the results: PSNR, the root mean square error where pixels are 0 ... 1, and the share that has the "
        "class\n"
        "of its label or, without labels, the judge's class of the original. Results are clipped to the data range\n"
        "before that.\n",
    .examples = "  gensample restore --input digits.idx --mask left --draws 4 --out halves.png\n"
                "  gensample restore --input digits.idx --operator pool:4 --method pigdm --out larger.png\n"
                "  gensample restore --input digits.idx --method sdedit --strength 0.5 --out others.png\n"
                "  gensample restore --input blurred.png --measured --operator blur:1.5 --noise 0.02 --out sharp.png\n",
    .lists = GS_LISTS_METHODS | GS_LISTS_NETWORKS,
    .out = "restored.png",
    .check = check,
    .sharing = GS_SHARING_RANKS,
    .run = run_command};
