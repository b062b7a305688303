/* Scores of how strange images are to a network, by which images that are none of its kind may be told apart. */
#include <math.h>
#include <string.h>

#include "measure/score.h"

/* What all rows are told. */
typedef struct strangeness {
    gs_plan *plan;
    const float *x;
    size_t n;
    const gs_novelty_options *options;
    double *score; /* (n) */
} strangeness;

static double lowest(const strangeness *s) {
    return s->options->sigma != 0 ? s->options->sigma : s->plan->model->info.sigma[0];
}

/* Of images begin ... end - 1. */
static gs_status measure_slice(const strangeness *s, bool is_energy, size_t begin, size_t end, float *value,
                               gs_error *error) {
    const gs_model_info *info = &s->plan->model->info;
    const int *labels = s->options->labels;
    size_t pixels = (size_t)info->shape[0] * (size_t)info->shape[1] * (size_t)info->shape[2];
    const gs_term term = {.plan = s->plan, .weight = 1, .labels = labels ? labels + begin : NULL};
    gs_status status = gs_energy_measure(&term, 1, s->x + begin * pixels, lowest(s), end - begin,
                                         is_energy ? value : NULL, is_energy ? NULL : value, error);
    for (size_t k = begin; k < end && !status; k++)
        s->score[k] = (double)value[k - begin];
    return status;
}

/* Energies, or lengths. */
static gs_status measure_state(const strangeness *s, bool is_energy, gs_error *error) {
    enum { SLICE = 1024 }; /* images between two calls of progress */
    const gs_model_info *info = &s->plan->model->info;
    const gs_novelty_options *o = s->options;
    double sigma = lowest(s);
    if (info->takes_sigma && !gs_sigma_is_trained(info, sigma))
        return gs_fail(error, GS_ERROR_ARGUMENT, "noise level %g: model '%s' was trained on %g ... %g", sigma,
                       info->name, info->sigma[0], info->sigma[1]);
    float *value = gs_alloc(SLICE, sizeof *value);
    gs_status status = value ? GS_OK : gs_fail_memory(error, "the scores");
    for (size_t k = 0, end; k < s->n && !status; k = end) {
        end = s->n - k > SLICE ? k + SLICE : s->n;
        status = measure_slice(s, is_energy, k, end, value, error);
        if (!status && o->progress && !o->progress(o->context, (double)end / (double)s->n) && end < s->n)
            status = gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted with %zu of %zu images measured", end, s->n);
    }
    gs_free(value);
    return status;
}

static gs_status by_energy(const strangeness *s, gs_error *error) {
    return measure_state(s, true, error);
}

static gs_status by_gradient(const strangeness *s, gs_error *error) {
    return measure_state(s, false, error);
}

static gs_status by_denoising(const strangeness *s, gs_error *error) {
    const gs_novelty_options *o = s->options;
    gs_loss_options loss = {.labels = o->labels,
                            .draws = o->draws,
                            .seed = o->seed,
                            .progress = o->progress,
                            .context = o->context,
                            .images = s->score};
    gs_loss mean;
    int levels;
    gs_status status = gs_loss_levels(s->plan->model, &loss, NULL, 0, &levels, error);
    gs_loss *level = status ? NULL : gs_alloc((size_t)levels, sizeof *level);
    if (!status)
        status = level ? gs_loss_measure(s->plan, s->x, s->n, &loss, level, &mean, error)
                       : gs_fail_memory(error, "the losses");
    gs_free(level);
    return status;
}

static gs_status by_likelihood(const strangeness *s, gs_error *error) {
    const gs_novelty_options *o = s->options;
    const gs_flow_options flow = {.steps = o->steps,
                                  .labels = o->labels,
                                  .dequantize = o->dequantize,
                                  .seed = o->seed,
                                  .progress = o->progress,
                                  .context = o->context};
    gs_likelihood *of = gs_alloc(s->n + 1, sizeof *of);
    gs_status status =
        of ? gs_likelihood_measure(s->plan, s->x, s->n, &flow, of, error) : gs_fail_memory(error, "the likelihoods");
    for (size_t k = 0; k < s->n && !status; k++)
        s->score[k] = -of[k].nats;
    gs_free(of);
    return status;
}

/* ---- By name ---- */

static const struct {
    gs_novelty_info info;
    gs_status (*measure)(const strangeness *s, gs_error *error);
} rows[] = {
#define GS_NOVELTY(ID, function, label, needs_one, read, text) \
    {{.name = label, .needs_energy = needs_one, .help = text}, function},
#include "measure/novelties.def"
};

const gs_novelty_info *gs_novelty_get(int i) {
    return i >= 0 && i < (int)GS_COUNT(rows) ? &rows[i].info : NULL;
}

gs_status gs_novelty_measure(gs_plan *plan, const char *name, const float *x, size_t n,
                             const gs_novelty_options *options, double *score, gs_error *error) {
    static const gs_novelty_options none;
    const gs_model_info *info = &plan->model->info;
    const strangeness s = {.plan = plan, .x = x, .n = n, .options = options ? options : &none, .score = score};
    size_t i = 0;
    while (i < GS_COUNT(rows) && strcmp(rows[i].info.name, name) != 0)
        i++;
    if (i == GS_COUNT(rows))
        return gs_fail(error, GS_ERROR_ARGUMENT, "\"%.40s\" is no score of novelty: see gs_novelty_get", name);
    gs_status status = gs_score_check(plan, error);
    if (!status && rows[i].info.needs_energy && info->kind != GS_KIND_ENERGY)
        status = gs_fail(error, GS_ERROR_UNSUPPORTED, "model '%s' is a %s: only energies have an energy", info->name,
                         gs_kind_name(info->kind));
    if (!status && n)
        status = rows[i].measure(&s, error);
    for (size_t k = 0; k < n && !status; k++)
        if (!isfinite(score[k]))
            status = gs_fail(error, GS_ERROR_DIVERGED,
                             "the %s of image %zu is not a finite number: the image is far outside of what the network "
                             "was trained on",
                             name, k);
    return status;
}
