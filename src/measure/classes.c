/* Probabilities of classes by a network that is told labels: p(y | x) proportional to p(y) p(x | y), with
 *
 * - log p(x | y) = -E(x, y) + a constant, or
 * - log p(x | y) = -(integral over log sigma of E_z |r|^2) + a constant, r = z + sigma s(x + sigma z, sigma, y) =
 *   (x - D) / sigma, which is the variational bound of the diffusion (Kingma et al. 2021, equation 15), and for the
 *   posterior mean D exact (Kong et al. 2023, equation 8). All classes see the same noise, so that most of its effect
 * is no part of their difference (Li et al. 2023, section 3.3). */
#include <math.h>
#include <string.h>

#include "base/floats.h"
#include "base/math64.h"
#include "measure/loss.h"

enum { BLOCK = 256, LEVELS = 10, DRAWS = 2, DRAWS_MAX = 10000, ROOM = 1 << 20, ROOM_MAX = 1 << 24 };

typedef struct measuring {
    gs_plan *plan;
    const gs_classes_options *options;
    const float *images;
    size_t n, pixels, classes, block;
    bool by_energy;
    int levels, draws;
    double energy_sigma;
    double *sigma, *weight; /* (levels) */
    double *log_prior;      /* (classes) */
    double *value;          /* (block, classes, levels, draws): the losses, or the energies */
    double *p;              /* (classes) */
    int *labels;            /* (block) */
    float *noisy, *gradient, *energy;
    double done, all; /* evaluations of images */
} measuring;

/* ---- Preparing ---- */

static gs_status choose_method(measuring *m, gs_error *error) {
    const gs_model_info *info = &m->plan->model->info;
    bool is_energy = info->kind == GS_KIND_ENERGY;
    gs_class_method method = m->options->method;
    if (!info->labels)
        return gs_fail(error, GS_ERROR_UNSUPPORTED, "model '%s' takes no labels: expected one that is told classes",
                       info->name);
    if (method < GS_CLASS_DEFAULT || method > GS_CLASS_DENOISING)
        return gs_fail(error, GS_ERROR_ARGUMENT, "method %d: expected a gs_class_method", (int)method);
    if (method == GS_CLASS_ENERGY && !is_energy)
        return gs_fail(error, GS_ERROR_UNSUPPORTED, "model '%s' is a %s: classes by energies need an energy",
                       info->name, gs_kind_name(info->kind));
    m->by_energy = is_energy && (method == GS_CLASS_ENERGY || (method == GS_CLASS_DEFAULT && !info->takes_sigma));
    if (!m->by_energy && !info->takes_sigma)
        return gs_fail(error, GS_ERROR_UNSUPPORTED,
                       "model '%s' takes no noise level: classes by denoising need one that knows several", info->name);
    return GS_OK;
}

static gs_status choose_sigma(measuring *m, gs_error *error) {
    const gs_model_info *info = &m->plan->model->info;
    m->levels = m->draws = 1;
    m->energy_sigma = m->options->sigma != 0 ? m->options->sigma : info->sigma[0];
    if (info->takes_sigma && !gs_sigma_is_trained(info, m->energy_sigma))
        return gs_fail(error, GS_ERROR_ARGUMENT, "noise level %g: model '%s' was trained on %g ... %g", m->energy_sigma,
                       info->name, info->sigma[0], info->sigma[1]);
    return GS_OK;
}

/* The levels of a loss, and their weights by the trapezium rule in log sigma. */
static gs_status choose_levels(measuring *m, gs_error *error) {
    const gs_classes_options *o = m->options;
    const gs_loss_options levels = {
        .sigma_low = o->sigma_low, .sigma_high = o->sigma_high, .levels = o->levels ? o->levels : LEVELS};
    m->draws = o->draws ? o->draws : DRAWS;
    if (m->draws < 1 || m->draws > DRAWS_MAX)
        return gs_fail(error, GS_ERROR_ARGUMENT, "%d draws: expected 1 ... %d", m->draws, DRAWS_MAX);
    gs_status status = gs_loss_levels(m->plan->model, &levels, NULL, 0, &m->levels, error);
    if (!status && m->levels < 2)
        status = gs_fail(error, GS_ERROR_ARGUMENT, "%d noise level: expected at least 2", m->levels);
    if (status)
        return status;
    m->sigma = gs_alloc((size_t)m->levels, sizeof *m->sigma);
    m->weight = gs_alloc((size_t)m->levels, sizeof *m->weight);
    if (!m->sigma || !m->weight)
        return gs_fail_memory(error, "the noise levels");
    status = gs_loss_levels(m->plan->model, &levels, m->sigma, m->levels, &m->levels, error);
    if (!status && !(m->sigma[m->levels - 1] < m->sigma[0]))
        status = gs_fail(error, GS_ERROR_ARGUMENT, "noise levels %g ... %g: expected the lower one first",
                         m->sigma[m->levels - 1], m->sigma[0]);
    for (int i = 0; i < m->levels - 1 && !status; i++) {
        double half = gs_log64(m->sigma[i] / m->sigma[i + 1]) / 2;
        m->weight[i] += half;
        m->weight[i + 1] += half;
    }
    return status;
}

static gs_status choose_prior(measuring *m, gs_error *error) {
    const gs_model_info *info = &m->plan->model->info;
    const double *prior = m->options->prior ? m->options->prior : info->shares;
    double sum = 0;
    m->log_prior = gs_alloc(m->classes, sizeof *m->log_prior);
    m->p = gs_alloc(m->classes, sizeof *m->p);
    if (!m->log_prior || !m->p)
        return gs_fail_memory(error, "the classes");
    for (size_t y = 0; prior && y < m->classes; y++) {
        if (!(prior[y] >= 0 && prior[y] < HUGE_VAL))
            return gs_fail(error, GS_ERROR_ARGUMENT, "prior of class %zu: %g: expected a number from 0", y, prior[y]);
        sum += prior[y];
    }
    if (prior && !(sum > 0 && sum < HUGE_VAL))
        return gs_fail(error, GS_ERROR_ARGUMENT, "prior: its sum is %g: expected a positive number", sum);
    for (size_t y = 0; y < m->classes; y++)
        m->log_prior[y] = prior ? gs_log64(prior[y] / sum) : -gs_log64((double)m->classes);
    return GS_OK;
}

static gs_status allocate(measuring *m, gs_error *error) {
    double values = (double)m->classes * m->levels * m->draws;
    if (values > ROOM_MAX)
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "%zu classes, %d levels and %d draws: expected a product of at most %d", m->classes, m->levels,
                       m->draws, ROOM_MAX);
    m->block = values < ROOM / BLOCK ? BLOCK : values < ROOM ? (size_t)(ROOM / values) : 1;
    m->block = m->n < m->block ? m->n + 1 : m->block;
    m->value = gs_alloc((size_t)values * m->block, sizeof *m->value);
    m->labels = gs_alloc(m->block, sizeof *m->labels);
    m->noisy = gs_alloc(m->block * m->pixels, sizeof *m->noisy);
    m->gradient = gs_alloc(m->block * m->pixels, sizeof *m->gradient);
    m->energy = gs_alloc(m->block, sizeof *m->energy);
    m->all = (double)m->n * values;
    bool ready = m->value && m->labels && m->noisy && m->gradient && m->energy;
    return ready ? GS_OK : gs_fail_memory(error, "the probabilities of classes");
}

static gs_status prepare(measuring *m, gs_error *error) {
    const gs_model_info *info = &m->plan->model->info;
    m->pixels = (size_t)info->shape[0] * (size_t)info->shape[1] * (size_t)info->shape[2];
    m->classes = (size_t)info->labels;
    gs_status status = gs_score_check(m->plan, error);
    if (!status)
        status = choose_method(m, error);
    if (!status)
        status = m->by_energy ? choose_sigma(m, error) : choose_levels(m, error);
    if (!status)
        status = choose_prior(m, error);
    return !status ? allocate(m, error) : status;
}

/* ---- One block ---- */

static double *value_of(const measuring *m, size_t i, size_t y, int level, int draw) {
    size_t of_class = (size_t)m->levels * (size_t)m->draws;
    return m->value + (i * m->classes + y) * of_class + (size_t)level * (size_t)m->draws + (size_t)draw;
}

static gs_status go_on(measuring *m, size_t count, gs_error *error) {
    m->done += (double)count;
    return !m->options->progress || m->options->progress(m->options->context, m->done / m->all)
               ? GS_OK
               : gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted");
}

static gs_status measure_energies(measuring *m, size_t at, size_t count, gs_error *error) {
    gs_status status = GS_OK;
    for (size_t y = 0; y < m->classes && !status; y++) {
        for (size_t i = 0; i < count; i++)
            m->labels[i] = (int)y;
        status = gs_plan_gradient(m->plan, m->images + at * m->pixels, m->energy_sigma, m->labels, count, m->energy,
                                  NULL, error);
        for (size_t i = 0; i < count && !status; i++)
            *value_of(m, i, y, 0, 0) = (double)m->energy[i];
        if (!status)
            status = go_on(m, count, error);
    }
    return status;
}

/* The losses of all classes under one draw of noise. */
static gs_status measure_draw(measuring *m, int level, int draw, size_t at, size_t count, gs_error *error) {
    double sigma = m->sigma[level];
    uint32_t step = (uint32_t)level * (uint32_t)m->draws + (uint32_t)draw;
    gs_status status = GS_OK;
    for (size_t i = 0; i < count; i++)
        gs_loss_add_noise(m->plan, m->options->seed, at + i, step, sigma, m->images + (at + i) * m->pixels, m->pixels,
                          m->noisy + i * m->pixels);
    for (size_t y = 0; y < m->classes && !status; y++) {
        for (size_t i = 0; i < count; i++)
            m->labels[i] = (int)y;
        status = gs_score_gradient(m->plan, m->noisy, sigma, m->labels, count, NULL, m->gradient, error);
        for (size_t i = 0; i < count && !status; i++)
            *value_of(m, i, y, level, draw) =
                gs_loss_residual(m->images + (at + i) * m->pixels, m->noisy + i * m->pixels,
                                 m->gradient + i * m->pixels, m->pixels, sigma);
        if (!status)
            status = go_on(m, count, error);
    }
    return status;
}

/* ---- One image ---- */

/* -log p(x | y) but for a constant. */
static double mean_of(const measuring *m, size_t i, size_t y) {
    double sum = 0;
    for (int level = 0; level < m->levels; level++) {
        double of_level = 0;
        for (int draw = 0; draw < m->draws; draw++)
            of_level += *value_of(m, i, y, level, draw);
        sum += (m->by_energy ? 1 : m->weight[level]) * of_level / m->draws;
    }
    return sum;
}

/* The variance of log p(y | x) by noise: that of loss y less the mean of all losses by p(y | x), to first order. */
static double variance_of(const measuring *m, size_t i, size_t y) {
    double sum = 0;
    for (int level = 0; level < m->levels && m->draws > 1; level++) {
        double mean = 0, squares = 0;
        for (int draw = 0; draw < m->draws; draw++) {
            double v = *value_of(m, i, y, level, draw), before = mean;
            for (size_t other = 0; other < m->classes; other++)
                v -= m->p[other] * *value_of(m, i, other, level, draw);
            mean += (v - mean) / (draw + 1);
            squares += (v - before) * (v - mean);
        }
        sum += m->weight[level] * m->weight[level] * squares / (m->draws - 1.0) / m->draws;
    }
    return m->draws > 1 ? sum : (double)NAN;
}

static void judge(const measuring *m, size_t i, double *log_p, double *error_of) {
    double most = -HUGE_VAL, sum = 0;
    for (size_t y = 0; y < m->classes; y++) {
        log_p[y] = m->log_prior[y] - mean_of(m, i, y);
        most = fmax(most, log_p[y]);
    }
    for (size_t y = 0; y < m->classes; y++)
        sum += gs_exp64(log_p[y] - most);
    for (size_t y = 0; y < m->classes; y++) {
        log_p[y] -= most + gs_log64(sum);
        m->p[y] = gs_exp64(log_p[y]);
    }
    for (size_t y = 0; y < m->classes && error_of; y++)
        error_of[y] = m->by_energy ? 0 : m->p[y] * sqrt(variance_of(m, i, y));
}

/* ---- All ---- */

static gs_status measure(measuring *m, double *log_p, double *error_of, gs_error *error) {
    gs_status status = GS_OK;
    for (size_t at = 0; at < m->n && !status; at += m->block) {
        size_t count = m->n - at < m->block ? m->n - at : m->block;
        if (m->by_energy)
            status = measure_energies(m, at, count, error);
        for (int level = 0; level < m->levels && !m->by_energy && !status; level++)
            for (int draw = 0; draw < m->draws && !status; draw++)
                status = measure_draw(m, level, draw, at, count, error);
        for (size_t i = 0; i < count && !status; i++)
            judge(m, i, log_p + (at + i) * m->classes, error_of ? error_of + (at + i) * m->classes : NULL);
    }
    return status;
}

gs_status gs_classes_measure(gs_plan *plan, const float *x, size_t n, const gs_classes_options *options, double *log_p,
                             double *error_of, gs_error *error) {
    static const gs_classes_options none;
    measuring m = {.plan = plan, .images = x, .n = n, .options = options ? options : &none};
    fenv_t callers = gs_floats_enter();
    gs_status status = prepare(&m, error);
    if (!status)
        status = measure(&m, log_p, error_of, error);
    gs_free(m.sigma);
    gs_free(m.weight);
    gs_free(m.log_prior);
    gs_free(m.value);
    gs_free(m.p);
    gs_free(m.labels);
    gs_free(m.noisy);
    gs_free(m.gradient);
    gs_free(m.energy);
    gs_floats_leave(&callers);
    return status;
}
