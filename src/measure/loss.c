/* The loss of denoising score matching, level by level. With r = sigma s(x', sigma) + (x' - x) / sigma for x' = x +
 * sigma z, it is E |r|^2. The noise in r is (x' - x) / sigma, so that rounding x' to a float changes the noise that was
 * drawn and not the target. */
#include <math.h>

#include "base/floats.h"
#include "base/math64.h"
#include "kernels.h"
#include "measure/loss.h"
#include "random/random.h"

enum { BLOCK = 256, LEVELS = 10, LEVELS_MAX = 10000, DRAWS_MAX = 10000, RUN = 64 };

/* Sums over the images, each taken once. */
typedef struct sums {
    double sum, squares; /* of their mean loss over the draws, from the first image's */
    double noise;        /* of the variances of that mean by the noise alone */
} sums;

typedef struct measuring {
    gs_plan *plan;
    const gs_loss_options *options;
    const float *images;
    size_t n, pixels;
    int levels, draws;
    double *sigma;          /* (levels) */
    double *total;          /* (n) losses of the images, summed over levels */
    double *first, *second; /* (BLOCK) sums and sums of squares of an image's losses over draws */
    float *noisy, *gradient;
    double deviation; /* of the images' pixels */
    double done;      /* blocks of images */
} measuring;

/* ---- Levels ---- */

static gs_status check_level(const gs_model_info *info, double sigma, gs_error *error) {
    if (!(sigma > 0 && sigma < HUGE_VAL))
        return gs_fail(error, GS_ERROR_ARGUMENT, "noise level %g: expected a positive number", sigma);
    if (info->takes_sigma && !gs_sigma_is_trained(info, sigma))
        return gs_fail(error, GS_ERROR_ARGUMENT, "noise level %g: model '%s' was trained on %g ... %g", sigma,
                       info->name, info->sigma[0], info->sigma[1]);
    return GS_OK;
}

static gs_status choose_ends(const gs_model_info *info, const gs_loss_options *o, double *low, double *high,
                             gs_error *error) {
    *low = o->sigma_low != 0 ? o->sigma_low : info->sigma[0];
    *high = o->sigma_high != 0 ? o->sigma_high : info->sigma[1];
    if (!info->takes_sigma && (o->sigma_low == 0 || o->sigma_high == 0))
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "model '%s' takes no noise level: name the levels at which its loss is measured", info->name);
    if (*low > *high)
        return gs_fail(error, GS_ERROR_ARGUMENT, "noise levels %g ... %g: expected the lowest first", *low, *high);
    gs_status status = check_level(info, *low, error);
    return !status ? check_level(info, *high, error) : status;
}

static double geometric(double low, double high, int i, int levels) {
    if (i == 0)
        return high;
    return i == levels - 1 ? low : high * gs_exp64(i / (levels - 1.0) * gs_log64(low / high));
}

gs_status gs_loss_levels(const gs_model *model, const gs_loss_options *options, double *sigmas, int room, int *levels,
                         gs_error *error) {
    const gs_model_info *info = gs_model_get_info(model);
    gs_loss_options none = {0};
    const gs_loss_options *o = options ? options : &none;
    bool ladder = !o->sigmas && !o->levels && o->sigma_low == 0 && o->sigma_high == 0 && info->ladder_length;
    double low = 0, high = 0;
    gs_status status = o->sigmas || ladder ? GS_OK : choose_ends(info, o, &low, &high, error);
    if (status)
        return status;
    const double *given = ladder ? info->ladder : o->sigmas;
    *levels = ladder ? info->ladder_length : o->levels || o->sigmas ? o->levels : LEVELS;
    if (*levels < 1 || *levels > LEVELS_MAX)
        return gs_fail(error, GS_ERROR_ARGUMENT, "%d noise levels: expected 1 ... %d", *levels, LEVELS_MAX);
    for (int i = 0; i < *levels && !status; i++) {
        double sigma = given ? given[i] : geometric(low, high, i, *levels);
        status = check_level(info, sigma, error);
        if (i < room)
            sigmas[i] = sigma;
    }
    return status;
}

/* ---- One block ---- */

void gs_loss_add_noise(const gs_plan *plan, uint64_t seed, uint64_t k, uint32_t step, double sigma, const float *image,
                       size_t pixels, float *noisy) {
    for (size_t at = 0; at < pixels; at += RUN) {
        float run[RUN];
        gs_normals_args args = {.key = {(uint32_t)seed, (uint32_t)(seed >> 32)}, .count = 1, .out = run};
        gs_random_counter(GS_STREAM_LOSS, k, step, (uint32_t)(at / 4), args.counter);
        plan->kernels->normals(&args);
        for (size_t i = 0; i < RUN && at + i < pixels; i++)
            noisy[at + i] = fmaf((float)sigma, run[i], image[at + i]);
    }
}

double gs_loss_residual(const float *image, const float *noisy, const float *gradient, size_t pixels, double sigma) {
    double sum = 0;
    for (size_t i = 0; i < pixels; i++) {
        double noise = ((double)noisy[i] - (double)image[i]) / sigma, r = noise - sigma * (double)gradient[i];
        sum += r * r;
    }
    return sum;
}

/* One draw of noise on `count` images from number `at` on. */
static gs_status draw(measuring *m, int level, int turn, size_t at, size_t count, gs_error *error) {
    double sigma = m->sigma[level];
    uint32_t step = (uint32_t)level * (uint32_t)m->draws + (uint32_t)turn;
    const int *labels = m->options->labels ? m->options->labels + at : NULL;
    for (size_t i = 0; i < count; i++)
        gs_loss_add_noise(m->plan, m->options->seed, at + i, step, sigma, m->images + (at + i) * m->pixels, m->pixels,
                          m->noisy + i * m->pixels);
    gs_status status = gs_score_gradient(m->plan, m->noisy, sigma, labels, count, NULL, m->gradient, error);
    for (size_t i = 0; i < count && !status; i++) {
        size_t place = i * m->pixels;
        double loss = gs_loss_residual(m->images + at * m->pixels + place, m->noisy + place, m->gradient + place,
                                       m->pixels, sigma);
        m->first[i] = (turn ? m->first[i] : 0) + loss;
        m->second[i] = (turn ? m->second[i] : 0) + loss * loss;
    }
    return status;
}

static bool go_on(measuring *m) {
    double blocks = (double)m->levels * m->draws * (double)((m->n + BLOCK - 1) / BLOCK);
    m->done++;
    return !m->options->progress || m->options->progress(m->options->context, m->done / blocks);
}

/* ---- One level ---- */

static void add_image(sums *s, double value, double origin) {
    s->sum += value - origin;
    s->squares += (value - origin) * (value - origin);
}

/* The standard error of the mean of n values by their sum and sum of squares. */
static double standard_error(double sum, double squares, double n) {
    double variance = n > 1 ? (squares - sum * sum / n) / (n - 1) : NAN;
    return sqrt((variance > 0 || isnan(variance) ? variance : 0) / n);
}

/* The factor from the loss to that by the weight of Karras et al.: |D - x|^2 = sigma^2 |r|^2. */
static double weight(const measuring *m, double sigma) {
    double d = m->deviation;
    return d > 0 ? (sigma * sigma + d * d) / (d * d) / (double)m->pixels : NAN;
}

static gs_status measure_level(measuring *m, int level, gs_loss *loss, gs_error *error) {
    sums s = {0};
    gs_status status = GS_OK;
    double draws = m->draws, n = (double)m->n, origin = 0;
    for (size_t at = 0; at < m->n && !status; at += BLOCK) {
        size_t count = m->n - at < BLOCK ? m->n - at : BLOCK;
        for (int turn = 0; turn < m->draws && !status; turn++) {
            status = draw(m, level, turn, at, count, error);
            if (!status && !go_on(m))
                status = gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted");
        }
        for (size_t i = 0; i < count && !status; i++) {
            double mean = m->first[i] / draws, error_of_mean = standard_error(m->first[i], m->second[i], draws);
            origin = at + i ? origin : mean;
            add_image(&s, mean, origin);
            s.noise += error_of_mean * error_of_mean;
            m->total[at + i] += mean;
        }
    }
    double factor = weight(m, m->sigma[level]);
    *loss = (gs_loss){.sigma = m->sigma[level],
                      .loss = origin + s.sum / n,
                      .error = standard_error(s.sum, s.squares, n),
                      .noise_error = sqrt(s.noise) / n};
    loss->weighted = factor * loss->loss;
    loss->weighted_error = factor * loss->error;
    return status;
}

/* ---- All ---- */

static double deviation_of(const float *x, size_t count) {
    double sum = 0, squares = 0, origin = (double)x[0];
    for (size_t i = 0; i < count; i++) {
        double v = (double)x[i] - origin;
        sum += v;
        squares += v * v;
    }
    double variance = (squares - sum * sum / (double)count) / (double)count;
    return variance > 0 ? sqrt(variance) : 0;
}

static void average(const measuring *m, const gs_loss *level, gs_loss *mean) {
    double levels = m->levels, noise = 0;
    sums s = {0};
    *mean = (gs_loss){0};
    for (size_t k = 0; k < m->n; k++)
        add_image(&s, m->total[k] / levels, m->total[0] / levels);
    for (int i = 0; i < m->levels; i++) {
        mean->loss += level[i].loss / levels;
        mean->weighted += level[i].weighted / levels;
        noise += level[i].noise_error * level[i].noise_error;
    }
    mean->error = standard_error(s.sum, s.squares, (double)m->n);
    mean->noise_error = sqrt(noise) / levels;
    mean->weighted_error = NAN;
}

static gs_status allocate(measuring *m, gs_error *error) {
    size_t most = m->n < BLOCK ? m->n : BLOCK;
    m->sigma = gs_alloc((size_t)m->levels, sizeof *m->sigma);
    m->total = gs_alloc(m->n, sizeof *m->total);
    m->first = gs_alloc(most, sizeof *m->first);
    m->second = gs_alloc(most, sizeof *m->second);
    m->noisy = gs_alloc(most * m->pixels, sizeof *m->noisy);
    m->gradient = gs_alloc(most * m->pixels, sizeof *m->gradient);
    bool ready = m->sigma && m->total && m->first && m->second && m->noisy && m->gradient;
    return ready ? GS_OK : gs_fail_memory(error, "the loss");
}

static gs_status check(measuring *m, gs_error *error) {
    const gs_model_info *info = &m->plan->model->info;
    m->pixels = (size_t)info->shape[0] * (size_t)info->shape[1] * (size_t)info->shape[2];
    m->draws = m->options->draws ? m->options->draws : 1;
    if (!m->n)
        return gs_fail(error, GS_ERROR_ARGUMENT, "a loss of no images");
    if (m->draws < 1 || m->draws > DRAWS_MAX)
        return gs_fail(error, GS_ERROR_ARGUMENT, "%d draws: expected 1 ... %d", m->draws, DRAWS_MAX);
    gs_status status = gs_score_check(m->plan, error);
    return !status ? gs_loss_levels(m->plan->model, m->options, NULL, 0, &m->levels, error) : status;
}

static gs_status run(measuring *m, gs_loss *level, gs_loss *mean, gs_error *error) {
    gs_status status = check(m, error);
    if (!status)
        status = allocate(m, error);
    if (status)
        return status;
    status = gs_loss_levels(m->plan->model, m->options, m->sigma, m->levels, &m->levels, error);
    m->deviation = deviation_of(m->images, m->n * m->pixels);
    for (int i = 0; i < m->levels && !status; i++)
        status = measure_level(m, i, &level[i], error);
    if (!status)
        average(m, level, mean);
    for (size_t k = 0; k < m->n && m->options->images && !status; k++)
        m->options->images[k] = m->total[k] / m->levels;
    return status;
}

gs_status gs_loss_measure(gs_plan *plan, const float *images, size_t n, const gs_loss_options *options, gs_loss *level,
                          gs_loss *mean, gs_error *error) {
    gs_loss_options none = {0};
    measuring m = {.plan = plan, .images = images, .n = n, .options = options ? options : &none};
    fenv_t callers = gs_floats_enter();
    gs_status status = run(&m, level, mean, error);
    gs_free(m.sigma);
    gs_free(m.total);
    gs_free(m.first);
    gs_free(m.second);
    gs_free(m.noisy);
    gs_free(m.gradient);
    gs_floats_leave(&callers);
    return status;
}
