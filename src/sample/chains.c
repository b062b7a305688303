#include "sample/chains.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/floats.h"
#include "base/os.h"
#include "sample/adaptation.h"
#include "sample/path.h"
#include "sample/samplers.h"

static const double seconds_between_calls = 0.05;

void gs_chains_tell(const gs_sampling *run, double part) {
    gs_clock *clock = run->clock;
    const gs_sample_options *o = &run->options;
    if (!o->progress(o->context, part, atomic_load(&clock->done), run->n))
        atomic_store(&clock->stop, true);
}

static bool is_due(gs_clock *clock, double now) {
    return now - atomic_load(&clock->last) >= seconds_between_calls;
}

/* The same, and whether to go on, at most every seconds_between_calls. Hundreds of threads ask after every step, so
 * those who need not tell only read, and nobody waits for one who does. */
static bool ask(const gs_sampling *run) {
    gs_clock *clock = run->clock;
    if (run->options.progress && !atomic_load(&clock->stop)) {
        double now = gs_now_s();
        if (is_due(clock, now) && !pthread_mutex_trylock(&clock->lock)) {
            if (is_due(clock, now)) {
                atomic_store(&clock->last, now);
                gs_chains_tell(run, fmin((double)atomic_load(&clock->evaluations) / clock->all, 1));
            }
            pthread_mutex_unlock(&clock->lock);
        }
    }
    return !atomic_load(&clock->stop);
}

bool gs_chains_matter(const gs_sampling *run, size_t first) {
    gs_clock *clock = run->clock;
    return run->options.first_chain + first < atomic_load(&clock->diverged);
}

bool gs_chains_go_on(const gs_chains *c) {
    return ask(c->run) && gs_chains_matter(c->run, c->first);
}

void gs_chains_evaluated(const gs_chains *c, int times) {
    gs_clock *clock = c->run->clock;
    atomic_fetch_add_explicit(&clock->evaluations, (uint_least64_t)c->n * (uint_least64_t)times, memory_order_relaxed);
    for (int i = 0; i < c->n; i++)
        c->fate[gs_chains_index(c, i)].evaluations += (uint64_t)times;
}

void gs_chains_skipped(const gs_chains *c, uint64_t evaluations) {
    atomic_fetch_add_explicit(&c->run->clock->evaluations, evaluations, memory_order_relaxed);
}

/* The exponent is all ones. */
bool gs_finite(const float *x, size_t size) {
    uint32_t bad = 0;
    for (size_t i = 0; i < size; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        bad |= (bits & 0x7f800000u) == 0x7f800000u;
    }
    return !bad;
}

bool gs_chains_diverge(gs_chains *c, int i, const char *what, double beyond) {
    gs_clock *clock = c->run->clock;
    uint64_t chain = c->run->options.first_chain + c->first + (uint64_t)i;
    pthread_mutex_lock(&clock->lock);
    if (chain < atomic_load(&clock->diverged)) {
        atomic_store(&clock->diverged, chain);
        clock->divergence = (gs_divergence){
            .chain = chain, .what = what, .beyond = beyond, .reach = c->run->reach[c->level], .step = c->step};
    }
    pthread_mutex_unlock(&clock->lock);
    c->n = i;
    c->vectors = ((size_t)i * c->size + 15) / 16;
    return i > 0;
}

/* How far chain i's state is beyond the bound that no sound run reaches; else 0. */
static double beyond_bound(const gs_chains *c, int i) {
    double most = GS_BOUNDS_DIVERGED * c->run->reach[c->level];
    return gs_bounds_beyond(c->run->plan->model, c->x + (size_t)i * c->size, c->size, most);
}

bool gs_chains_check(gs_chains *c) {
    const double most = GS_BOUNDS_DIVERGED * c->run->reach[c->level];
    if (!(gs_bounds_beyond(c->run->plan->model, c->x, (size_t)c->n * c->size, most) > 0))
        return true;
    for (int i = 0; i < c->n; i++) {
        double beyond = beyond_bound(c, i);
        if (beyond > 0)
            return gs_chains_diverge(c, i, "state", beyond);
    }
    return true;
}

/* Chains from number i on, `count` of them. */
static void store(const gs_chains *c, size_t state, int i, int count) {
    float *trajectory = c->run->options.trajectory;
    if (trajectory)
        memcpy(trajectory + (state * c->run->n + c->first + (size_t)i) * c->size, c->x + (size_t)i * c->size,
               (size_t)count * c->size * sizeof(float));
}

void gs_chains_store(const gs_chains *c, size_t state) {
    store(c, state, 0, c->n);
}

bool gs_chains_stepped_alone(gs_chains *c, int i, uint32_t step) {
    uint32_t every = (uint32_t)c->run->every, state = step / every;
    double beyond = beyond_bound(c, i);
    c->step = step;
    if (beyond > 0)
        return gs_chains_diverge(c, i, "state", beyond);
    if (step % every == 0 && state < (uint32_t)c->run->states)
        store(c, state, i, 1);
    return true;
}

int gs_chains_index(const gs_chains *c, int i) {
    return c->which ? c->which[i] : i;
}

bool gs_chains_adapt_mass(const gs_sample_options *o) {
    return gs_sampler_reads(gs_sampler_find(o->sampler), GS_SETTING_ADAPT_MASS) && o->adapt_mass > 0;
}

size_t gs_chains_own_states(const gs_sample_options *o) {
    if (gs_sampler_replicas(o))
        return 2 * (size_t)gs_sampler_replicas(o);
    if (gs_sampler_reads(gs_sampler_find(o->sampler), GS_SETTING_MAX_DEPTH))
        return GS_MASS_STATES + GS_PATH_STATES(o->max_depth);
    return gs_chains_adapt_mass(o) ? GS_MASS_STATES : 0;
}

bool gs_chains_stepped(gs_chains *c) {
    const gs_sampling *run = c->run;
    c->step++;
    if (!gs_chains_check(c))
        return false;
    uint32_t every = (uint32_t)run->every, state = c->step / every;
    if (c->step % every == 0 && state < (uint32_t)run->states)
        gs_chains_store(c, state);
    c->level = state < (uint32_t)run->levels ? (int)state : run->levels - 1;
    return gs_chains_go_on(c);
}

bool gs_chains_moved(gs_chains *c, int level) {
    c->step++;
    c->level = level;
    return gs_chains_check(c) && gs_chains_go_on(c);
}

void gs_chains_axpby(const gs_chains *c, double a, const float *x, double b, float *y) {
    c->run->plan->kernels->axpby((float)a, x, (float)b, y, c->vectors);
}

/* The counter is (chain, step, position, stream and the chain's upper bits), so a chain's noise depends on nothing
 * else. */
static void random_normals(const gs_kernels *kernels, uint64_t seed, gs_stream stream, uint64_t chain, uint32_t step,
                           size_t at, size_t count, float out[GS_NORMALS_BLOCK]) {
    gs_normals_args args = {.key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
                            .count = 1,
                            .vectors = (int)((count + GS_F32_LANES - 1) / GS_F32_LANES % 4),
                            .out = out};
    gs_random_counter(stream, chain, step, (uint32_t)(at / 4), args.counter);
    kernels->normals(&args);
}

void gs_random_normals(const gs_kernels *kernels, uint64_t seed, gs_stream stream, uint64_t chain, uint32_t step,
                       size_t at, float out[GS_NORMALS_BLOCK]) {
    random_normals(kernels, seed, stream, chain, step, at, GS_NORMALS_BLOCK, out);
}

/* The function that uses so many normals at a time, from `at` on. */
typedef void take_normals(void *context, const float *normals, size_t at, size_t count);

static void draw_normals(const gs_kernels *kernels, uint64_t seed, gs_stream stream, uint64_t chain, uint32_t step,
                         size_t size, take_normals *take, void *context) {
    for (size_t done = 0; done < size; done += GS_NORMALS_BLOCK) {
        float run[GS_NORMALS_BLOCK];
        size_t count = size - done < GS_NORMALS_BLOCK ? size - done : GS_NORMALS_BLOCK;
        random_normals(kernels, seed, stream, chain, step, done, count, run);
        take(context, run, done, count);
    }
}

static void store_normals(void *out, const float *normals, size_t at, size_t count) {
    memcpy((float *)out + at, normals, count * sizeof(float));
}

void gs_chains_noise_of(const gs_chains *c, int i, gs_stream stream, uint32_t step, float *out) {
    const gs_sample_options *o = &c->run->options;
    draw_normals(c->run->plan->kernels, o->seed, stream, o->first_chain + c->first + (uint64_t)i, step, c->size,
                 store_normals, out);
}

/* What is drawn past a chain's end, to a whole vector, is drawn again with the next one. */
void gs_chains_noise(gs_chains *c, gs_stream stream, uint32_t step) {
    const gs_sample_options *o = &c->run->options;
    for (int i = 0; i < c->n; i++) {
        float *out = c->noise + (size_t)i * c->size;
        size_t whole = (c->size + GS_F32_LANES - 1) / GS_F32_LANES * GS_F32_LANES;
        if (whole > (size_t)(c->n - i) * c->size) {
            gs_chains_noise_of(c, i, stream, step, out);
            continue;
        }
        for (size_t done = 0; done < c->size; done += GS_NORMALS_BLOCK)
            random_normals(c->run->plan->kernels, o->seed, stream, o->first_chain + c->first + (uint64_t)i, step, done,
                           c->size - done < GS_NORMALS_BLOCK ? c->size - done : GS_NORMALS_BLOCK, out + done);
    }
}

/* Of chains from number i of the block on; lanes past the last chain have its counter. */
static gs_counters16 counters_of(const gs_chains *c, int i, gs_stream stream, uint32_t step) {
    const gs_sample_options *o = &c->run->options;
    gs_counters16 counters = {.key = {(uint32_t)o->seed, (uint32_t)(o->seed >> 32)}, .step = step};
    for (int l = 0; l < GS_F32_LANES; l++) {
        uint32_t counter[4];
        uint64_t chain = (uint64_t)(i + l < c->n ? i + l : c->n - 1);
        gs_random_counter(stream, o->first_chain + c->first + chain, step, 0, counter);
        counters.first[l] = counter[0];
        counters.last[l] = counter[3];
    }
    return counters;
}

void gs_chains_noise_abreast(const gs_chains *c, gs_stream stream, uint32_t step, float *out) {
    gs_counters16 counters = counters_of(c, 0, stream, step);
    c->run->plan->kernels->normals16(&counters, c->size, out);
}

void gs_chains_uniforms(const gs_chains *c, int i, gs_stream stream, uint32_t step, double out[2][GS_F32_LANES]) {
    gs_counters16 counters = counters_of(c, i, stream, step);
    c->run->plan->kernels->uniforms16(&counters, out[0]);
}

typedef struct noised {
    float *x, sigma;
} noised;

static void add_normals(void *context, const float *normals, size_t at, size_t count) {
    const noised *to = context;
    for (size_t i = 0; i < count; i++)
        to->x[at + i] = fmaf(to->sigma, normals[i], to->x[at + i]);
}

gs_status gs_random_add_noise(gs_stream stream, uint64_t seed, uint64_t first_chain, double sigma, size_t n,
                              size_t size, float *x, gs_error *error) {
    if (!(sigma >= 0 && sigma < HUGE_VAL))
        return gs_fail(error, GS_ERROR_ARGUMENT, "noise %g: expected a standard deviation from 0", sigma);
    if (n > GS_CHAIN_MAX || first_chain > GS_CHAIN_MAX - n)
        return gs_fail(error, GS_ERROR_ARGUMENT, "first chain %llu: with %zu chains expected at most 2^60",
                       (unsigned long long)first_chain, n);
    fenv_t callers = gs_floats_enter();
    for (size_t k = 0; k < n; k++) {
        noised to = {.x = x + k * size, .sigma = (float)sigma};
        draw_normals(gs_kernels_at(0), seed, stream, first_chain + k, 0, size, add_normals, &to);
    }
    gs_floats_leave(&callers);
    return GS_OK;
}

gs_status gs_sample_add_noise(uint64_t seed, uint64_t first_chain, double sigma, size_t n, size_t size, float *x,
                              gs_error *error) {
    return gs_random_add_noise(GS_STREAM_START, seed, first_chain, sigma, n, size, x, error);
}
