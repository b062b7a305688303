/* Far from the digits: what a denoiser leaves of noise in pixels that are black in all of them, and where chains end.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "study/manifold.h"
#include "study/tools.h"

enum { PIXELS = 784, DIGITS = 1000, SHOWN = 48, DISTANCES = 8, STEPS = 100, COLUMNS = 16, SCALE = 2 };
static const double level = 0.1, far_away = 1, black = 0.02;
static const double distances[DISTANCES] = {0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5};

typedef struct far {
    gs_study *study;
    const gs_study_network *network;
    gs_digits digits;
    bool black[PIXELS]; /* in all digits */
    size_t blacks;
    double told[DISTANCES], right[DISTANCES];
    const float *begun[3], *ended[2];
} far;

static void find_black(far *f) {
    for (size_t i = 0; i < PIXELS; i++) {
        f->black[i] = true;
        for (size_t k = 0; k < f->digits.n && f->black[i]; k++)
            f->black[i] = (double)f->digits.images[k * PIXELS + i] < black;
        f->blacks += f->black[i];
    }
}

/* ---- The denoiser ---- */

/* Root mean square of the black pixels, over images. */
static double left_in_black(const far *f, const float *x, size_t n, double *squares) {
    double sum = 0;
    for (size_t k = 0; k < n; k++) {
        squares[k] = 0;
        for (size_t i = 0; i < PIXELS; i++)
            if (f->black[i])
                squares[k] += (double)x[k * PIXELS + i] * (double)x[k * PIXELS + i] / (double)f->blacks;
        sum += squares[k];
    }
    return sqrt(sum / (double)n);
}

static void find_left(const far *f, const double *squares, double distance, double low, double high, const char *by) {
    gs_estimate e = gs_estimate_mean(squares, SHOWN);
    gs_study_find(f->study, &(gs_finding){gs_study_text(f->study, "left of noise of %g in black pixels, told %g",
                                                        distance, level),
                                          "",
                                          {sqrt(e.value), sqrt(fmax(e.low, 0)), sqrt(e.high)},
                                          GS_EXPECT_WITHIN,
                                          {low * distance, high * distance},
                                          by});
}

static gs_status run_distances(far *f, gs_error *error) {
    size_t size = (size_t)SHOWN * PIXELS;
    float *noisy = gs_study_room(f->study, 2 * size, sizeof *noisy), *denoised = noisy + size;
    double squares[SHOWN];
    gs_status status = noisy ? GS_OK : gs_fail_memory(error, "digits");
    for (int k = 0; k < DISTANCES && !status; k++) {
        memcpy(noisy, f->digits.images, size * sizeof *noisy);
        status = gs_sample_add_noise(gs_study_seed(f->study), 0, distances[k], SHOWN, PIXELS, noisy, error);
        float *const out[2] = {denoised, NULL};
        if (!status)
            status = gs_plan_evaluate(f->network->plan, noisy, distances[k], NULL, SHOWN, out, error);
        if (!status)
            f->right[k] = left_in_black(f, denoised, SHOWN, squares);
        if (!status)
            status = gs_plan_evaluate(f->network->plan, noisy, level, NULL, SHOWN, out, error);
        if (status)
            return status;
        f->told[k] = left_in_black(f, denoised, SHOWN, squares);
        if (distances[k] == level)
            find_left(f, squares, distances[k], 0, 0.1, "less than a tenth of it");
        if (distances[k] == far_away)
            find_left(f, squares, distances[k], 0.2, INFINITY, "the course: bad where there are no data");
    }
    return status;
}

static void draw_distances(const far *f) {
    gs_diagram_series series[] = {
        {"told 0.1", GS_STROKE_BOTH, DISTANCES, distances, f->told, NULL, NULL, 0},
        {"told the noise that it has", GS_STROKE_BOTH, DISTANCES, distances, f->right, NULL, NULL, 1},
        {"all of the noise", GS_STROKE_DASHED, DISTANCES, distances, distances, NULL, NULL, 2}};
    gs_study_diagram(f->study, "leaks",
                     gs_study_text(f->study,
                                   "What the denoiser ncsn leaves in %zu pixels that are black in all digits, where it "
                                   "should leave nothing, by the noise that the digits have been given.",
                                   f->blacks),
                     &(gs_diagram){.title = "The denoiser's error by the distance from the digits",
                                   .x_label = "noise in each pixel",
                                   .y_label = "error in each black pixel",
                                   .log_x = true,
                                   .log_y = true,
                                   .series = series,
                                   .count = 3});
}

/* ---- Chains ---- */

/* Langevin dynamics at the low level, and the share of digits among what it ends at. */
static gs_status walk(far *f, int which, const float *start, const char *from, double low, double high,
                      gs_error *error) {
    int classes[SHOWN];
    float *x = gs_study_room(f->study, (size_t)SHOWN * PIXELS, sizeof *x);
    gs_sample_options options = {.sampler = "langevin",
                                 .steps = STEPS,
                                 .sigma_low = level,
                                 .sigma_high = level,
                                 .denoise = 1,
                                 .init = start,
                                 .seed = gs_study_seed(f->study)};
    gs_status status =
        x ? gs_study_sample(f->study, f->network, &options, SHOWN, x, error) : gs_fail_memory(error, "chains");
    if (!status)
        status = gs_study_classify(f->study, x, SHOWN, classes, error);
    if (status)
        return status;
    uint64_t counts[GS_DIGIT_CLASSES];
    f->begun[which] = start;
    f->ended[which] = x;
    gs_study_find(f->study, &(gs_finding){gs_study_text(f->study, "digits after %d steps at noise %g from %s", STEPS,
                                                        level, from),
                                          "%",
                                          gs_estimate_share(gs_count_classes(classes, SHOWN, counts), SHOWN),
                                          GS_EXPECT_WITHIN,
                                          {low, high},
                                          low > 0 ? "near the data the score is good" : "far from them it is not"});
    return GS_OK;
}

static gs_status run_chains(far *f, gs_error *error) {
    size_t size = (size_t)SHOWN * PIXELS;
    float *noise = gs_study_room(f->study, 2 * size, sizeof *noise), *near = noise + size;
    if (!noise)
        return gs_fail_memory(error, "chains");
    memcpy(near, f->digits.images, size * sizeof *near);
    gs_status status = gs_sample_add_noise(gs_study_seed(f->study), 0, far_away, SHOWN, PIXELS, noise, error);
    if (!status)
        status = gs_sample_add_noise(gs_study_seed(f->study), 0, level, SHOWN, PIXELS, near, error);
    gs_study_stage(f->study, 0.85);
    if (!status)
        status = walk(f, 0, near, "digits", 0.6, 1, error);
    gs_study_stage(f->study, 1);
    return status ? status : walk(f, 1, noise, "noise of 1", 0, 0.4, error);
}

static gs_status draw_chains(const far *f, gs_error *error) {
    gs_sheet sheet;
    gs_status status = gs_sheet_create(&sheet, f->network->info->shape, 4, COLUMNS, error);
    if (status)
        return status;
    sheet.scale = SCALE;
    for (int k = 0; k < 2; k++) {
        gs_sheet_row(&sheet, 2 * k, f->begun[k], f->network->info->range);
        gs_sheet_row(&sheet, 2 * k + 1, f->ended[k], f->network->info->range);
    }
    gs_study_sheet(f->study, "chains",
                   "Langevin dynamics at noise level 0.1 from digits with as much noise, and what becomes of them "
                   "after 100 steps; and the same from noise of deviation 1.",
                   &sheet);
    gs_sheet_free(&sheet);
    return GS_OK;
}

gs_status gs_manifold_digits(gs_study *study, gs_error *error) {
    far *f = gs_study_room(study, 1, sizeof *f);
    if (!f)
        return gs_fail_memory(error, "digits");
    f->study = study;
    gs_status status = gs_study_network_get(study, "ncsn", &f->network, error);
    if (!status)
        status = gs_study_digits(study, GS_DIGITS_TRAINING, DIGITS, &f->digits, error);
    if (status)
        return status;
    find_black(f);
    status = run_distances(f, error);
    if (!status)
        draw_distances(f);
    if (!status)
        status = run_chains(f, error);
    return status ? status : draw_chains(f, error);
}
