/* What a network is calibrated on. A network that is sampled from meets the states of its own chains, so these say best
 * which values occur, and no data set is needed. */
#include <math.h>
#include <string.h>

#include "kernels.h"
#include "quantize/quantize.h"
#include "random/random.h"
#include "sample/schedule.h"

enum { CHAINS = 128, LEVELS_MOST = 24, RUN = 64, SEED = 0, PIXELS_MOST = 1 << 27 };

void gs_states_free(gs_states *states) {
    gs_free(states->x);
    gs_free(states->sigma);
    gs_free(states->labels);
    *states = (gs_states){0};
}

gs_status gs_states_each(const gs_states *states, size_t most, gs_states_use *use, void *context, gs_error *error) {
    gs_status status = GS_OK;
    for (size_t first = 0, count; first < states->n && !status; first += count) {
        count = 1;
        while (count < most && first + count < states->n && states->sigma[first + count] == states->sigma[first])
            count++;
        status = use(context, states, first, count, error);
    }
    return status;
}

/* ---- Filling them ---- */

typedef struct making {
    const gs_model *model;
    const gs_quantize_options *options;
    const gs_kernels *kernels;
    size_t n, pixels; /* chains or images */
    int levels;
    double *sigma; /* (levels) */
    int *label;    /* (n), or NULL */
    gs_states *states;
} making;

static gs_status allocate(making *m, gs_error *error) {
    for (size_t half = 0; half < GS_STATES; half++) {
        gs_states *s = &m->states[half];
        s->pixels = m->pixels;
        s->n = (m->n + 1 - half) / 2 * (size_t)m->levels;
        s->x = gs_alloc(s->n * m->pixels, sizeof *s->x);
        s->sigma = gs_alloc(s->n, sizeof *s->sigma);
        s->labels = m->label ? gs_alloc(s->n, sizeof *s->labels) : NULL;
        if (!s->x || !s->sigma || (m->label && !s->labels))
            return gs_fail_memory(error, "states of chains");
    }
    return GS_OK;
}

/* Every other chain or image is one of each half. */
static float *place(making *m, int level, size_t k) {
    gs_states *s = &m->states[k % 2];
    size_t i = (size_t)level * ((m->n + 1 - k % 2) / 2) + k / 2;
    s->sigma[i] = m->sigma[level];
    if (m->label)
        s->labels[i] = m->label[k];
    return s->x + i * m->pixels;
}

/* Labels in turn, "none" among them where the network has it, since guidance evaluates it. */
static gs_status make_labels(making *m, gs_error *error) {
    const gs_model_info *info = &m->model->info;
    if (!info->labels)
        return GS_OK;
    m->label = gs_alloc(m->n, sizeof *m->label);
    if (!m->label)
        return gs_fail_memory(error, "labels");
    for (size_t k = 0; k < m->n; k++)
        m->label[k] = (int)(k / 2 % (size_t)(info->labels + !info->needs_label));
    return GS_OK;
}

/* x = image + sigma z; without an image sigma z. */
static void add_noise(const making *m, int level, size_t k, const float *image, float sigma, float *x) {
    for (size_t at = 0; at < m->pixels; at += RUN) {
        float run[RUN];
        gs_normals_args args = {.key = {SEED, 0}, .count = 1, .out = run};
        gs_random_counter(GS_STREAM_QUANTIZE, k, (uint32_t)level, (uint32_t)(at / 4), args.counter);
        m->kernels->normals(&args);
        for (size_t i = 0; i < RUN && at + i < m->pixels; i++)
            x[at + i] = fmaf(sigma, run[i], image ? image[at + i] : 0.0F);
    }
}

/* ---- Where states come from ---- */

/* Few of the levels, or of the steps of a chain at one level, as evenly as can be. */
static gs_status choose_levels(making *m, const gs_sample_options *resolved, int *chosen, gs_error *error) {
    int all = resolved ? gs_sample_levels(m->model, resolved, NULL, 0) - 1 : 1;
    double *sigmas = gs_alloc((size_t)all + 1, sizeof *sigmas);
    m->levels = all < LEVELS_MOST ? all : LEVELS_MOST;
    m->sigma = gs_alloc((size_t)m->levels, sizeof *m->sigma);
    if (!sigmas || !m->sigma) {
        gs_free(sigmas);
        return gs_fail_memory(error, "noise levels");
    }
    if (resolved)
        gs_sample_levels(m->model, resolved, sigmas, all);
    for (int i = 0; i < m->levels; i++) {
        chosen[i] = m->levels > 1 ? (int)((long long)i * (all - 1) / (m->levels - 1)) : 0;
        m->sigma[i] = m->model->info.takes_sigma ? sigmas[chosen[i]] : 1;
    }
    gs_free(sigmas);
    return GS_OK;
}

static gs_status resolve(const making *m, gs_sample_options *o, gs_error *error) {
    *o = (gs_sample_options){.seed = SEED, .labels = m->label};
    gs_status status = gs_sample_resolve(m->model, o, error);
    if (!status && gs_sample_trace_steps(o) > 0) { /* chains at one level: few states of many steps */
        o->every = (o->steps + LEVELS_MOST - 1) / LEVELS_MOST;
        status = gs_sample_resolve(m->model, o, error);
    }
    return status;
}

static gs_status of_chains(making *m, gs_error *error) {
    gs_sample_options o;
    int chosen[LEVELS_MOST];
    gs_plan_options plan_options = {.isa = m->options->isa,
                                    .threads = m->options->threads,
                                    .gradient = m->model->info.kind == GS_KIND_ENERGY,
                                    .dtype = GS_DTYPE_F32};
    gs_status status = resolve(m, &o, error);
    if (!status)
        status = choose_levels(m, &o, chosen, error);
    size_t all = status ? 0 : (size_t)gs_sample_levels(m->model, &o, NULL, 0);
    while (m->n > 2 && all * m->n * m->pixels > PIXELS_MOST)
        m->n /= 2;
    if (!status)
        status = allocate(m, error);
    gs_plan *plan = NULL;
    if (!status)
        status = gs_plan_create(m->model, &plan_options, &plan, error);
    if (status)
        return status;
    size_t size = m->n * m->pixels;
    float *out = gs_alloc(size, sizeof *out);
    o.trajectory = gs_alloc(all * size, sizeof *o.trajectory);
    status =
        out && o.trajectory ? gs_sample(plan, &o, m->n, out, NULL, error) : gs_fail_memory(error, "states of chains");
    for (int level = 0; level < m->levels && !status; level++)
        for (size_t k = 0; k < m->n; k++)
            memcpy(place(m, level, k), o.trajectory + (size_t)chosen[level] * size + k * m->pixels,
                   m->pixels * sizeof *out);
    gs_free(o.trajectory);
    gs_free(out);
    gs_plan_free(plan);
    return status;
}

/* Images, or nothing where latents are wanted, with noise of all levels. */
static gs_status of_images(making *m, gs_error *error) {
    const gs_model_info *info = &m->model->info;
    gs_sample_options o;
    int chosen[LEVELS_MOST];
    gs_status status = info->takes_sigma && info->kind != GS_KIND_CLASSIFIER ? resolve(m, &o, error) : GS_OK;
    if (!status)
        status = choose_levels(m, info->takes_sigma && info->kind != GS_KIND_CLASSIFIER ? &o : NULL, chosen, error);
    if (!status)
        status = allocate(m, error);
    for (int level = 0; level < m->levels && !status; level++)
        for (size_t k = 0; k < m->n; k++) {
            const float *image = m->options->images ? m->options->images + k * m->pixels : NULL;
            float sigma = info->takes_sigma || !image ? (float)m->sigma[level] : 0;
            add_noise(m, level, k, image, sigma, place(m, level, k));
        }
    return status;
}

static gs_status check(making *m, gs_error *error) {
    const gs_model_info *info = &m->model->info;
    bool images = m->options->images != NULL;
    if (info->kind == GS_KIND_CLASSIFIER && !images)
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "network %s: a classifier is quantised by images such as it is used for, expected some",
                       info->name);
    m->n = images || m->options->n ? m->options->n : CHAINS;
    if (m->n < 2 || (double)m->n * (double)m->pixels > PIXELS_MOST)
        return gs_fail(error, GS_ERROR_ARGUMENT, "%zu images or chains to quantise by: expected 2 ... %zu", m->n,
                       PIXELS_MOST / m->pixels);
    return GS_OK;
}

gs_status gs_states_make(const gs_model *model, const gs_quantize_options *options, gs_states states[GS_STATES],
                         gs_error *error) {
    making m = {.model = model,
                .options = options,
                .pixels = gs_shape_size(gs_value_shape(model, GS_VALUE_X)),
                .states = states};
    gs_status status = check(&m, error);
    if (!status)
        status = gs_kernels_choose(options->isa, &m.kernels, error);
    if (!status)
        status = make_labels(&m, error);
    if (!status)
        status = options->images || model->info.kind == GS_KIND_DECODER ? of_images(&m, error) : of_chains(&m, error);
    gs_free(m.sigma);
    gs_free(m.label);
    return status;
}
