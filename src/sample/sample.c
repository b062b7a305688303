/* gs_sample: blocks of chains over threads, each from its first noise to its last step without meeting another. */
#include "sample/bounds.h"
#include "sample/samplers.h"
#include "sample/schedule.h"
#include "sample/walk.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "base/floats.h"
#include "base/os.h"
#include "base/parallel.h"

static const double seconds_between_calls = 0.05;

/* Progress shared by all threads. */
typedef struct progress_clock {
    atomic_bool stop;
    atomic_size_t done;
    atomic_uint_least64_t evaluations;
    double all; /* evaluations there will be */
    pthread_mutex_t lock;
    double last; /* time of the last call; under the lock */
    /* The first chain that diverged, UINT64_MAX while there is none. Those before it go on, as it may not be the first;
     * that way it is, whatever the threads and blocks. The lock guards what diverged and when. */
    atomic_uint_least64_t diverged;
    gs_divergence divergence;
} progress_clock;

static size_t images_size(const gs_plan *plan) {
    return gs_shape_size(gs_value_shape(plan->model, GS_VALUE_X));
}

/* Tell the caller how far the run is. Calls must not overlap: hold the lock, or be the only thread. */
static void tell(const gs_run *run, double part) {
    progress_clock *clock = run->clock;
    const gs_sample_options *o = &run->options;
    if (!o->progress(o->context, part, atomic_load(&clock->done), run->n))
        atomic_store(&clock->stop, true);
}

/* The same, and whether to go on, at most every seconds_between_calls. */
static bool ask(const gs_run *run) {
    progress_clock *clock = run->clock;
    if (run->options.progress && !atomic_load(&clock->stop)) {
        pthread_mutex_lock(&clock->lock);
        double now = gs_now_s();
        if (now - clock->last >= seconds_between_calls) {
            clock->last = now;
            tell(run, fmin((double)atomic_load(&clock->evaluations) / clock->all, 1));
        }
        pthread_mutex_unlock(&clock->lock);
    }
    return !atomic_load(&clock->stop);
}

static bool precedes_divergence(const gs_run *run, size_t first) {
    progress_clock *clock = run->clock;
    return run->options.first_chain + first < atomic_load(&clock->diverged);
}

bool gs_chains_go_on(const gs_chains *c) {
    return ask(c->run) && precedes_divergence(c->run, c->first);
}

void gs_chains_evaluated(const gs_chains *c) {
    progress_clock *clock = c->run->clock;
    atomic_fetch_add_explicit(&clock->evaluations, (uint_least64_t)c->n, memory_order_relaxed);
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
    progress_clock *clock = c->run->clock;
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

/* Whether the block goes on: all states, or at least those of the first chains, are where their noise level allows; the
 * other chains diverge. */
static bool check(gs_chains *c) {
    const gs_model *model = c->run->plan->model;
    double most = GS_BOUNDS_DIVERGED * c->run->reach[c->level];
    for (int i = 0; i < c->n; i++) {
        double beyond = gs_bounds_beyond(model, c->x + (size_t)i * c->size, c->size, most);
        if (beyond > 0)
            return gs_chains_diverge(c, i, "state", beyond);
    }
    return true;
}

static void store_state(const gs_chains *c, size_t state) {
    float *trajectory = c->run->options.trajectory;
    if (trajectory)
        memcpy(trajectory + (state * c->run->n + c->first) * c->size, c->x, (size_t)c->n * c->size * sizeof(float));
}

bool gs_chains_stepped(gs_chains *c) {
    const gs_run *run = c->run;
    c->step++;
    if (!check(c))
        return false;
    uint32_t every = (uint32_t)run->every, state = c->step / every;
    if (c->step % every == 0 && state < (uint32_t)run->states)
        store_state(c, state);
    c->level = state < (uint32_t)run->levels ? (int)state : run->levels - 1;
    return gs_chains_go_on(c);
}

void gs_chains_axpby(const gs_chains *c, double a, const float *x, double b, float *y) {
    c->run->plan->kernels->axpby((float)a, x, (float)b, y, c->vectors);
}

/* The function that uses 64 normals at a time, from `at` on. */
typedef void take_normals(void *context, const float *normals, size_t at, size_t count);

/* The counter is (chain, step, position, stream and the chain's upper bits), so a chain's noise depends on nothing
 * else. The kernel writes whole runs of 64. */
static void draw_normals(const gs_kernels *kernels, uint64_t seed, gs_stream stream, uint64_t chain, uint32_t step,
                         size_t size, take_normals *take, void *context) {
    for (size_t done = 0; done < size; done += 64) {
        float run[64];
        gs_normals_args args = {.key = {(uint32_t)seed, (uint32_t)(seed >> 32)}, .count = 1, .out = run};
        gs_random_counter(stream, chain, step, (uint32_t)(done / 4), args.counter);
        kernels->normals(&args);
        take(context, run, done, size - done < 64 ? size - done : 64);
    }
}

static void store_normals(void *out, const float *normals, size_t at, size_t count) {
    memcpy((float *)out + at, normals, count * sizeof(float));
}

void gs_chains_noise(gs_chains *c, gs_stream stream) {
    const gs_sample_options *o = &c->run->options;
    for (int i = 0; i < c->n; i++)
        draw_normals(c->run->plan->kernels, o->seed, stream, o->first_chain + c->first + (uint64_t)i, c->step, c->size,
                     store_normals, c->noise + (size_t)i * c->size);
}

typedef struct noised {
    float *x, sigma;
} noised;

static void add_normals(void *context, const float *normals, size_t at, size_t count) {
    const noised *to = context;
    for (size_t i = 0; i < count; i++)
        to->x[at + i] = fmaf(to->sigma, normals[i], to->x[at + i]);
}

gs_status gs_sample_add_noise(uint64_t seed, uint64_t first_chain, double sigma, size_t n, size_t size, float *x,
                              gs_error *error) {
    if (!(sigma >= 0 && sigma < HUGE_VAL))
        return gs_fail(error, GS_ERROR_ARGUMENT, "noise %g: expected a standard deviation from 0", sigma);
    if (n > GS_CHAIN_MAX || first_chain > GS_CHAIN_MAX - n)
        return gs_fail(error, GS_ERROR_ARGUMENT, "first chain %llu: with %zu chains expected at most 2^60",
                       (unsigned long long)first_chain, n);
    fenv_t callers = gs_floats_enter();
    for (size_t k = 0; k < n; k++) {
        noised to = {.x = x + k * size, .sigma = (float)sigma};
        draw_normals(gs_kernels_at(0), seed, GS_STREAM_START, first_chain + k, 0, size, add_normals, &to);
    }
    gs_floats_leave(&callers);
    return GS_OK;
}

/* Levels and networks of a run. */
static gs_status prepare(gs_run *run, gs_plan *plan, gs_error *error) {
    const gs_sample_options *o = &run->options;
    run->levels = gs_schedule_levels(o);
    run->states = gs_schedule_states(o);
    run->every = gs_schedule_every(o);
    run->sigma = gs_alloc((size_t)run->levels + 1, sizeof *run->sigma);
    run->reach = gs_alloc((size_t)run->levels + 1, sizeof *run->reach);
    run->fate = gs_alloc(run->n, sizeof *run->fate);
    if (!run->sigma || !run->reach || !run->fate)
        return gs_fail_memory(error, "the noise levels");
    for (int i = 0; i < run->levels; i++) {
        run->sigma[i] = gs_schedule_sigma(plan->model, o, i);
        run->reach[i] = gs_bounds_reach(plan->model, o, i ? run->sigma[i - 1] : o->sigma_high);
    }
    run->reach[run->levels] = gs_bounds_reach(plan->model, o, gs_schedule_left(o));
    run->expected = gs_bounds_expected(plan->model, o, gs_schedule_left(o));
    return gs_fields_prepare(run, plan, error);
}

/* STATES arrays (block, size) for each thread. */
enum { STATES = 7 };

static size_t state_floats(const gs_plan *plan, size_t block) {
    return (block * images_size(plan) + 15) / 16 * 16;
}

/* Element 4 k + j of a chain is word j of the counter at position k. */
static void start_uniform(gs_chains *c) {
    const gs_sample_options *o = &c->run->options;
    const float *range = c->run->plan->model->info.range;
    double low = (double)range[0], width = (double)range[1] - low;
    for (int i = 0; i < c->n; i++) {
        uint32_t counter[4], words[4];
        for (size_t k = 0; k < c->size; k++) {
            if (k % 4 == 0) {
                uint64_t chain = o->first_chain + c->first + (uint64_t)i;
                gs_random_counter(GS_STREAM_START, chain, 0, (uint32_t)(k / 4), counter);
                gs_random_words(o->seed, counter, words);
            }
            c->x[(size_t)i * c->size + k] = (float)(low + width * gs_random_unit(words[k % 4]));
        }
    }
}

static void start(gs_chains *c) {
    const gs_sample_options *o = &c->run->options;
    const gs_model_info *info = &c->run->plan->model->info;
    if (o->init) {
        memcpy(c->x, o->init + c->first * c->size, (size_t)c->n * c->size * sizeof(float));
    } else if (!info->takes_sigma) {
        start_uniform(c);
    } else {
        gs_chains_noise(c, GS_STREAM_START);
        gs_chains_axpby(c, o->sigma_high, c->noise, 0, c->x);
    }
}

/* Moves a block's chains from their beginning to their end; false when told to stop. */
static bool move(gs_chains *c, const gs_sampler_row *row) {
    const gs_run *run = c->run;
    const float *range = run->plan->model->info.range;
    start(c);
    if (!check(c))
        return false;
    if (row->field == GS_FIELD_ENERGY && run->options.clamp > 0)
        gs_walk_clamp(c->x, (size_t)c->n * c->size, range[0], range[1]);
    store_state(c, 0);
    if (!gs_chains_go_on(c) || !row->run(c))
        return false;
    c->level = run->levels;
    if (!check(c))
        return false;
    store_state(c, (size_t)run->states);
    for (int i = 0; i < c->n; i++)
        c->fate[i].beyond = gs_bounds_beyond(run->plan->model, c->x + (size_t)i * c->size, c->size, run->expected);
    return true;
}

/* The state that the threads share. */
typedef struct blocks {
    const gs_run *run;
    const gs_sampler_row *row;
    float *states;
    bool *finished; /* per block */
    size_t block;
    float *out;
} blocks;

/* One block; false when told to stop. */
static bool run_block(const blocks *b, size_t first, int thread) {
    const gs_run *run = b->run;
    size_t size = images_size(run->plan), room = state_floats(run->plan, b->block), block = b->block;
    float *mine = b->states + (size_t)thread * STATES * room;
    size_t n = run->n - first < block ? run->n - first : block;
    gs_chains c = {.run = run,
                   .thread = thread,
                   .n = (int)n,
                   .first = first,
                   .size = size,
                   .vectors = (n * size + 15) / 16,
                   .x = mine,
                   .denoised = mine + room,
                   .spare = mine + 2 * room,
                   .noise = mine + 3 * room,
                   .unguided = mine + 4 * room,
                   .term = mine + 5 * room,
                   .gradient = mine + 6 * room,
                   .fate = run->fate + first};
    if (!move(&c, b->row))
        return false;
    memcpy(b->out + first * size, c.x, n * size * sizeof(float));
    atomic_fetch_add(&((progress_clock *)run->clock)->done, n);
    return true;
}

static void take_block(void *context, size_t i, int thread) {
    const blocks *b = context;
    size_t first = i * b->block;
    if (!atomic_load(&((progress_clock *)b->run->clock)->stop) && precedes_divergence(b->run, first))
        b->finished[i] = run_block(b, first, thread);
}

/* All blocks; *done gets the chains finished from the first one on without a gap. */
static void run_blocks(const gs_run *run, float *states, bool *finished, size_t block, float *out, size_t *done) {
    progress_clock *clock = run->clock;
    blocks b = {.run = run,
                .row = gs_sampler_find(run->options.sampler),
                .states = states,
                .finished = finished,
                .block = block,
                .out = out};
    clock->all = (double)gs_sample_evaluations(run->plan->model, &run->options) * (double)run->n;
    if (run->options.progress)
        tell(run, 0);
    gs_parallel_for(run->plan->threads, run->n / block + (run->n % block > 0), take_block, &b);
    size_t whole = 0;
    while (whole * block < run->n && finished[whole])
        whole++;
    *done = whole * block < run->n ? whole * block : run->n;
}

/* Chains a thread takes at a time: no network's plan has room for more. */
static size_t share_of(const gs_run *run) {
    size_t share = gs_plan_share(run->plan, run->n);
    for (int k = 0; k < run->options.term_count; k++) {
        size_t block = (size_t)run->options.terms[k].plan->block;
        share = share < block ? share : block;
    }
    return share;
}

/* The status of the run after its end. */
static gs_status judge(const gs_run *run, size_t *done, gs_error *error) {
    progress_clock *clock = run->clock;
    const gs_sample_options *o = &run->options;
    if (atomic_load(&clock->diverged) != UINT64_MAX) {
        *done = 0;
        return gs_bounds_fail(o, &clock->divergence, error);
    }
    if (o->outcome)
        gs_bounds_sum(run->fate, *done, o->first_chain, run->expected, o->outcome);
    if (*done < run->n)
        return gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted with %zu of %zu chains finished", *done, run->n);
    if (o->progress)
        tell(run, 1);
    return GS_OK;
}

static gs_status sample(gs_plan *plan, const gs_sample_options *options, size_t n, float *out, size_t *done,
                        gs_error *error) {
    size_t ignored;
    done = done ? done : &ignored;
    *done = 0;
    progress_clock clock = {.lock = PTHREAD_MUTEX_INITIALIZER, .last = gs_now_s(), .diverged = UINT64_MAX};
    gs_run run = {.plan = plan, .options = *options, .n = n, .clock = &clock};
    gs_status status = gs_sample_resolve(plan->model, &run.options, error);
    if (!status && (n > GS_CHAIN_MAX || options->first_chain > GS_CHAIN_MAX - n))
        status = gs_fail(error, GS_ERROR_ARGUMENT, "first chain %llu: with %zu chains expected at most 2^60",
                         (unsigned long long)options->first_chain, n);
    if (status)
        return status;
    size_t threads = (size_t)plan->threads, block = share_of(&run);
    float *states = gs_alloc(threads * STATES * state_floats(plan, block), sizeof(float));
    bool *finished = gs_alloc(n / block + 1, sizeof *finished);
    status = states && finished ? prepare(&run, plan, error) : gs_fail_memory(error, "the chains");
    if (!status) {
        run_blocks(&run, states, finished, block, out, done);
        status = judge(&run, done, error);
    }
    gs_fields_free(&run);
    gs_free(run.sigma);
    gs_free(run.reach);
    gs_free(run.fate);
    gs_free(states);
    gs_free(finished);
    return status;
}

gs_status gs_sample(gs_plan *plan, const gs_sample_options *options, size_t n, float *out, size_t *done,
                    gs_error *error) {
    fenv_t callers = gs_floats_enter();
    gs_status status = sample(plan, options, n, out, done, error);
    gs_floats_leave(&callers);
    return status;
}
