/* Contrastive divergence with Langevin chains, as energies of images are trained: E = t x^2 / 2 at t = 1, on data of
 * variance 4. A step x <- (1 - h) x + sqrt(2 h) z takes a variance v to (1 - h)^2 v + 2 h, so that the bias of the
 * gradient with respect to t, half of the variance less 1, is known at every k. */
#include <math.h>

#include "study/contrastive.h"

static const double step_size = 0.2, data_variance = 4;
enum { K = 24, FINDINGS = 5 };

typedef struct langevin {
    double k[K + 1], theory[K + 1], rest[K + 1], mixing[K + 1];
    double value[K + 1], low[K + 1], high[K + 1];
} langevin;

/* Without a Metropolis step the variance of the chains ends at 1 / (1 - h / 2). */
static void find_theory(langevin *l) {
    double a = 1 - step_size, v = data_variance, end = 1 / (1 - step_size / 2);
    for (int k = 0; k <= K; k++) {
        l->k[k] = k;
        l->theory[k] = (v - 1) / 2;
        l->rest[k] = (end - 1) / 2;
        double mixing = (data_variance - end) / 2 * pow(a, 2 * k);
        l->mixing[k] = mixing > 0.01 ? mixing : NAN; /* the rest would make the axis long */
        v = a * a * v + 2 * step_size;
    }
}

static gs_status run_chains(gs_study *study, langevin *l, size_t n, gs_error *error) {
    const gs_study_network *network;
    gs_density *data;
    float *x = gs_study_room(study, (K + 3) * n, sizeof *x), *way = x + 2 * n;
    double *half = gs_study_room(study, n, sizeof *half);
    gs_sample_options options = {.sampler = "langevin",
                                 .steps = K,
                                 .step_size = step_size,
                                 .every = 1,
                                 .seed = gs_study_seed(study),
                                 .init = x,
                                 .trajectory = way};
    gs_status status = x && half ? gs_study_network_get(study, "gaussian:levels=no", &network, error) : GS_ERROR_MEMORY;
    if (!status)
        status = gs_density_create(gs_study_text(study, "gaussian:sd=%g", sqrt(data_variance)), &data, error);
    if (status)
        return status;
    status = gs_density_draw(data, 0, gs_study_seed(study), UINT64_C(1) << 40, n, x, error);
    gs_density_free(data);
    if (!status)
        status = gs_study_sample(study, network, &options, n, x + n, error);
    for (size_t k = 0; k <= K && !status; k++) {
        for (size_t i = 0; i < n; i++)
            half[i] = ((double)way[k * n + i] * (double)way[k * n + i] - 1) / 2;
        gs_estimate e = gs_estimate_mean(half, n);
        l->value[k] = e.value;
        l->low[k] = e.low;
        l->high[k] = e.high;
    }
    return status;
}

static void draw(gs_study *study, const langevin *l) {
    const gs_diagram_series series[] = {
        {"theory", GS_STROKE_LINE, K + 1, l->k, l->theory, NULL, NULL, 0},
        {"by chains", GS_STROKE_MARKS, K + 1, l->k, l->value, l->low, l->high, 1},
        {"mixing, (1 - h)^(2k)", GS_STROKE_DASHED, K + 1, l->k, l->mixing, NULL, NULL, 2},
        {"what the step size leaves", GS_STROKE_DASHED, K + 1, l->k, l->rest, NULL, NULL, 3}};
    const gs_diagram diagram = {.title = "The same with Langevin chains",
                                .x_label = "Langevin steps k",
                                .y_label = "bias",
                                .log_y = true,
                                .y_range = {0.01, 2},
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(study, "langevin",
                     "A Gaussian energy with one parameter, and chains of Langevin dynamics from data: the bias of the "
                     "gradient falls as they mix, down to what their step size h = 0.2 leaves.",
                     &diagram);
}

gs_status gs_cd_langevin(gs_study *study, size_t n, gs_error *error) {
    static const int shown[FINDINGS] = {1, 3, 6, 12, K};
    langevin *l = gs_study_room(study, 1, sizeof *l);
    if (!l)
        return GS_ERROR_MEMORY;
    find_theory(l);
    gs_status status = run_chains(study, l, n, error);
    if (status)
        return status;
    gs_study_say(
        study,
        "Energies of images are trained with Langevin chains instead. On a Gaussian their bias is known too, and "
        "falls towards its end by a factor of (1 - h)^2 per step. The end is not 0: without a Metropolis step, chains "
        "of step size h = %g end at a variance of %.3g times the true one, and %.3g of the bias stays whatever k.",
        step_size, 1 / (1 - step_size / 2), l->rest[0]);
    draw(study, l);
    for (int i = 0; i < FINDINGS; i++) {
        int k = shown[i];
        gs_study_find(study,
                      &(gs_finding){.what = gs_study_text(study, "bias after %d Langevin step%s", k, k > 1 ? "s" : ""),
                                    .unit = "",
                                    .is = {l->value[k], l->low[k], l->high[k]},
                                    .kind = GS_EXPECT_VALUE,
                                    .expected = {l->theory[k]},
                                    .by = "theory, the variance's recursion"});
    }
    return GS_OK;
}
