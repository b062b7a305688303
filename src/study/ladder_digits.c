/* The top of the ladder on digits, and what noise that is left does to them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "study/ladder.h"

enum { PIXELS = 784, CLASSES = 10, TOPS = 5, STEPS = 10, NOISES = 6, COLUMNS = 16, SCALE = 2 };
enum { DIGITS = 160, CLOSE_BY = 3, COMPARED = 300 };
static const double tops[TOPS] = {30, 10, 3, 1, 0.5}, noises[NOISES] = {0.01, 0.03, 0.06, 0.1, 0.2, 0.4}, bottom = 0.02;

typedef struct digits_ladder {
    gs_study *study;
    const gs_study_network *network, *judge;
    gs_digits real;
    float *x[TOPS]; /* (DIGITS, PIXELS) */
    gs_quality quality[TOPS];
    gs_comparison comparison[TOPS];
    gs_measured left[NOISES];
} digits_ladder;

/* ---- Tops ---- */

static gs_status run_top(digits_ladder *l, int k, gs_error *error) {
    gs_sample_options options = {.sampler = "dpmpp-2m",
                                 .steps = STEPS,
                                 .sigma_low = bottom,
                                 .sigma_high = tops[k],
                                 .rho = 7,
                                 .eta = 1,
                                 .seed = gs_study_seed(l->study)};
    l->x[k] = gs_study_room(l->study, (size_t)DIGITS * PIXELS, sizeof(float));
    if (!l->x[k])
        return gs_fail_memory(error, "digits");
    gs_status status = gs_study_sample(l->study, l->network, &options, DIGITS, l->x[k], error);
    if (!status)
        status = gs_quality_measure(l->judge->plan, l->x[k], NULL, DIGITS, &l->quality[k], error);
    if (!status)
        status = gs_quality_compare(l->judge->plan, l->x[k], NULL, DIGITS, options.seed, &l->comparison[k], error);
    return status;
}

static double share_of_data(const digits_ladder *l, int c) {
    size_t k = 0;
    for (size_t i = 0; i < l->real.n; i++)
        k += l->real.labels[i] == c;
    return (double)k / (double)l->real.n;
}

/* Digits with much ink are farthest from the black images around which chains begin. */
static void find_tops(const digits_ladder *l) {
    const double *share = l->quality[CLOSE_BY].share,
                 data = share_of_data(l, 0) + share_of_data(l, 6) + share_of_data(l, 8);
    gs_estimate found = gs_estimate_share((uint64_t)lround((share[0] + share[6] + share[8]) * DIGITS), DIGITS);
    gs_study_find(l->study, &(gs_finding){gs_study_text(l->study, "0, 6 and 8 from a top of %g", tops[CLOSE_BY]),
                                          "%",
                                          found,
                                          GS_EXPECT_WITHIN,
                                          {0, data},
                                          "less than their share of the data: a low top loses modes"});
    for (int k = 0; k < TOPS; k++) {
        gs_measured f = l->comparison[k].frechet;
        gs_estimate frechet = gs_estimate_error(f.value, f.error);
        frechet.low = fmax(frechet.low, 0); /* as distances are */
        bool is_low = tops[k] <= tops[CLOSE_BY];
        gs_study_find(l->study, &(gs_finding){gs_study_text(l->study, "Frechet distance from a top of %g", tops[k]),
                                              "",
                                              frechet,
                                              is_low ? GS_EXPECT_WITHIN : GS_EXPECT_NOTHING,
                                              {2 * f.real, INFINITY},
                                              is_low ? "more than twice that of as many real images" : NULL});
    }
}

static void draw_classes(const digits_ladder *l) {
    static const char *const names[CLASSES] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    double share[3][CLASSES];
    for (int c = 0; c < CLASSES; c++) {
        share[0][c] = 100 * share_of_data(l, c);
        share[1][c] = 100 * l->quality[0].share[c];
        share[2][c] = 100 * l->quality[CLOSE_BY].share[c];
    }
    gs_diagram_series series[] = {
        {"data", GS_STROKE_BARS, CLASSES, NULL, share[0], NULL, NULL, 0},
        {gs_study_text(l->study, "top %g", tops[0]), GS_STROKE_BARS, CLASSES, NULL, share[1], NULL, NULL, 1},
        {gs_study_text(l->study, "top %g", tops[CLOSE_BY]), GS_STROKE_BARS, CLASSES, NULL, share[2], NULL, NULL, 2}};
    gs_study_diagram(l->study, "classes",
                     "Shares of the classes, by the judge, among the data and among samples from a high and a low top.",
                     &(gs_diagram){.title = "Classes by the highest noise level",
                                   .x_label = "class",
                                   .y_label = "share, %",
                                   .categories = names,
                                   .category_count = CLASSES,
                                   .series = series,
                                   .count = 3});
}

static gs_status draw_tops(const digits_ladder *l, gs_error *error) {
    gs_sheet sheet;
    gs_status status = gs_sheet_create(&sheet, l->network->info->shape, TOPS, COLUMNS, error);
    if (status)
        return status;
    sheet.scale = SCALE;
    for (int k = 0; k < TOPS; k++) {
        gs_sheet_row(&sheet, k, l->x[k], l->network->info->range);
        snprintf(sheet.row_heads[k], GS_HEAD_MAX, "s %g", tops[k]);
    }
    gs_study_sheet(
        l->study, "digits",
        "Samples from the same noise, whose levels begin at 30, 10, 3, 1 and 0.5. From 1 the round digits are "
        "missing; from 0.5 hardly anything is a digit.",
        &sheet);
    gs_sheet_free(&sheet);
    return GS_OK;
}

/* The distances of all pairs of n images: their largest and their mean. */
static void measure_distances(const float *x, size_t n, double *largest, double *mean) {
    *largest = *mean = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            double sum = 0;
            for (size_t k = 0; k < PIXELS; k++) {
                double d = (double)x[i * PIXELS + k] - (double)x[j * PIXELS + k];
                sum += d * d;
            }
            *largest = fmax(*largest, sqrt(sum));
            *mean += sqrt(sum) / ((double)n * (double)(n - 1) / 2);
        }
    }
}

/* ---- Noise that is left ---- */

static gs_status run_noises(digits_ladder *l, gs_error *error) {
    size_t size = (size_t)COMPARED * PIXELS;
    float *noisy = gs_study_room(l->study, size, sizeof *noisy);
    gs_status status = noisy ? GS_OK : gs_fail_memory(error, "digits");
    for (int k = 0; k < NOISES && !status; k++) {
        gs_comparison comparison;
        memcpy(noisy, l->real.images, size * sizeof *noisy);
        status = gs_sample_add_noise(gs_study_seed(l->study), 0, noises[k], COMPARED, PIXELS, noisy, error);
        if (!status)
            status =
                gs_quality_compare(l->judge->plan, noisy, NULL, COMPARED, gs_study_seed(l->study), &comparison, error);
        l->left[k] = comparison.frechet;
    }
    return status;
}

static void draw_noises(const digits_ladder *l) {
    const char *digits = l->real.drawn ? "drawn digits" : "real digits";
    double value[NOISES], low[NOISES], high[NOISES], real[NOISES];
    for (int k = 0; k < NOISES; k++) {
        gs_estimate e = gs_estimate_error(l->left[k].value, l->left[k].error);
        value[k] = e.value;
        low[k] = fmax(e.low, 1);
        high[k] = e.high;
        real[k] = l->left[k].real;
    }
    gs_diagram_series series[] = {{"noisy digits", GS_STROKE_BOTH, NOISES, noises, value, low, high, 0},
                                  {"MNIST's images", GS_STROKE_DASHED, NOISES, noises, real, NULL, NULL, 1}};
    gs_study_diagram(l->study, "noise",
                     gs_study_text(l->study,
                                   "Frechet distance to MNIST of %s with as much noise as a ladder with this bottom "
                                   "leaves. Dashed: of as many of MNIST's images without noise.",
                                   digits),
                     &(gs_diagram){.title = "What noise that is left costs",
                                   .x_label = "noise left",
                                   .y_label = "Frechet distance",
                                   .log_x = true,
                                   .log_y = true,
                                   .series = series,
                                   .count = 2});
}

gs_status gs_ladder_digits(gs_study *study, gs_error *error) {
    digits_ladder l = {.study = study};
    double largest, mean;
    gs_status status = gs_study_network_get(study, "ncsn", &l.network, error);
    if (!status)
        status = gs_study_network_get(study, "judge", &l.judge, error);
    gs_study_stage(study, 0.7);
    if (!status)
        status = gs_study_digits(study, GS_DIGITS_TEST, COMPARED, &l.real, error);
    for (int k = 0; k < TOPS && !status; k++) {
        gs_study_stage(study, 0.7 + 0.3 * (k + 1) / TOPS);
        status = run_top(&l, k, error);
    }
    if (!status)
        status = run_noises(&l, error);
    if (status)
        return status;
    measure_distances(l.real.images, l.real.n, &largest, &mean);
    gs_study_say(study,
                 "Of %zu %s, two are at most %.3g apart, and %.3g on average, in pixels of 0 ... 1: the course's top "
                 "of 30 is above that, 10 will mostly do, and 1 will not. The network is ncsn, with %d steps of a "
                 "solver.",
                 l.real.n, l.real.source, largest, mean, STEPS);
    find_tops(&l);
    draw_classes(&l);
    draw_noises(&l);
    return draw_tops(&l, error);
}
