/* One parameter: s = -t x on N(0, 1). */
#include <math.h>
#include <string.h>

#include "study/score_matching.h"

static gs_estimate denoise_normal(const float *clean, const float *noised, size_t n, double sigma, double *value) {
    double top = 0, bottom = 0;
    for (size_t i = 0; i < n; i++) {
        double x = (double)noised[i], towards = (x - (double)clean[i]) / (sigma * sigma);
        top += x * towards / (double)n;
        bottom += x * x / (double)n;
    }
    /* The ratio's error by the delta method, from values whose mean is the ratio. */
    for (size_t i = 0; i < n; i++) {
        double x = (double)noised[i], towards = (x - (double)clean[i]) / (sigma * sigma);
        value[i] = top / bottom + (x * towards - top / bottom * x * x) / bottom;
    }
    return gs_estimate_mean(value, n);
}

/* Implicit score matching gives 1 / E[x^2]. */
static gs_estimate imply_normal(const float *x, size_t n, double *value) {
    double square = 0;
    for (size_t i = 0; i < n; i++)
        square += (double)x[i] * (double)x[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        value[i] = 1 / square + (1 - (double)x[i] * (double)x[i] / square) / square;
    return gs_estimate_mean(value, n);
}

enum { SIGMAS = 6 };
static const double sigmas[SIGMAS] = {0.1, 0.2, 0.5, 1, 2, 4};

static void draw_normal(gs_study *study, const gs_estimate *e, gs_estimate implicit) {
    enum { CURVE = 60 };
    double x[CURVE], theory[CURVE], clean[3][2], marks[3][SIGMAS];
    for (int i = 0; i < CURVE; i++) {
        x[i] = 0.1 * pow(40, i / (CURVE - 1.0));
        theory[i] = 1 / (1 + x[i] * x[i]);
    }
    for (int i = 0; i < 2; i++) {
        clean[0][i] = implicit.value;
        clean[1][i] = implicit.low;
        clean[2][i] = implicit.high;
    }
    for (int i = 0; i < SIGMAS; i++) {
        marks[0][i] = e[i].value;
        marks[1][i] = e[i].low;
        marks[2][i] = e[i].high;
    }
    const double ends[2] = {x[0], x[CURVE - 1]};
    const gs_diagram_series series[] = {
        {"implicit", GS_STROKE_LINE, 2, ends, clean[0], clean[1], clean[2], 1},
        {"1/(1 + sigma^2)", GS_STROKE_DASHED, CURVE, x, theory, NULL, NULL, 3},
        {"denoising", GS_STROKE_MARKS, SIGMAS, sigmas, marks[0], marks[1], marks[2], 3}};
    const gs_diagram diagram = {.title = "s = -t x, learned on N(0, 1)",
                                .x_label = "noise sigma",
                                .y_label = "t",
                                .log_x = true,
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(study, "noise",
                     "The one parameter of a linear score. Denoising score matching learns that of N(0, 1 + sigma^2); "
                     "the less noise, the wider its interval, as its targets grow like 1 / sigma.",
                     &diagram);
}

gs_status gs_study_match_normal(gs_study *study, size_t n, gs_error *error) {
    gs_estimate e[SIGMAS], implicit;
    float *x = gs_study_room(study, 2 * n, sizeof *x), *noised = x + n;
    double *value = gs_study_room(study, n, sizeof *value);
    gs_density *density;
    gs_status status = x && value ? gs_density_create("gaussian", &density, error) : GS_ERROR_MEMORY;
    if (status)
        return status;
    status = gs_density_draw(density, 0, gs_study_seed(study), n, n, x, error);
    gs_density_free(density);
    for (int i = 0; i < SIGMAS && !status; i++) {
        memcpy(noised, x, n * sizeof *x);
        status = gs_sample_add_noise(gs_study_seed(study), (uint64_t)(i + 1) * n, sigmas[i], n, 1, noised, error);
        e[i] = denoise_normal(x, noised, n, sigmas[i], value);
    }
    if (status)
        return status;
    implicit = imply_normal(x, n, value);
    draw_normal(study, e, implicit);
    gs_study_find(
        study,
        &(gs_finding){
            "t by implicit score matching on N(0, 1)", "", implicit, GS_EXPECT_VALUE, {1}, "theory, 1 / variance"});
    for (int i = 0; i < SIGMAS; i++)
        gs_study_find(study, &(gs_finding){gs_study_text(study, "t by denoising with sigma = %g", sigmas[i]),
                                           "",
                                           e[i],
                                           GS_EXPECT_VALUE,
                                           {1 / (1 + sigmas[i] * sigmas[i])},
                                           "theory, 1 / (1 + sigma^2)"});
    return GS_OK;
}
