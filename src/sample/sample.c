/* gs_sample: blocks of chains over crews of threads, each from its first noise to its last step without meeting
 * another. */
#include "sample/bounds.h"
#include "sample/samplers.h"
#include "sample/schedule.h"
#include "sample/walk.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/floats.h"
#include "base/os.h"

static size_t images_size(const gs_plan *plan) {
    return gs_shape_size(gs_value_shape(plan->model, GS_VALUE_X));
}

/* Levels and networks of a run. */
static gs_status prepare(gs_sampling *run, gs_plan *plan, gs_error *error) {
    const gs_sample_options *o = &run->options;
    double temperature = gs_bounds_temperature(o), left = gs_schedule_left(o);
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
        run->reach[i] = gs_bounds_reach(plan->model, temperature, i ? run->sigma[i - 1] : o->sigma_high);
    }
    run->reach[run->levels] = gs_bounds_reach(plan->model, temperature, left);
    run->expected = gs_bounds_expected(plan->model, temperature, left);
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

static gs_sampler_run *const runs[] = {
#define GS_SAMPLER(function, ...) gs_sampler_##function,
#include "sample/samplers.def"
#undef GS_SAMPLER
};

/* Moves a block's chains from their beginning to their end; false when told to stop. */
static bool move(gs_chains *c, const gs_sampler_row *row) {
    const gs_sampling *run = c->run;
    const float *range = run->plan->model->info.range;
    start(c);
    if (!gs_chains_check(c))
        return false;
    if (row->field == GS_FIELD_ENERGY && run->options.clamp > 0)
        gs_walk_clamp(c->x, (size_t)c->n * c->size, range[0], range[1]);
    gs_chains_store(c, 0);
    if (!gs_chains_go_on(c) || !runs[row->number](c))
        return false;
    c->level = run->levels;
    if (!gs_chains_check(c))
        return false;
    gs_chains_store(c, (size_t)run->states);
    for (int i = 0; i < c->n; i++)
        c->fate[i].beyond = gs_bounds_beyond(run->plan->model, c->x + (size_t)i * c->size, c->size, run->expected);
    return true;
}

/* The state that the threads share. */
typedef struct blocks {
    const gs_sampling *run;
    const gs_sampler_row *row;
    float *states;
    bool *finished; /* per block */
    size_t block;
    float *out;
} blocks;

/* One block; false when told to stop. */
static bool run_block(const blocks *b, size_t first, gs_crew *crew) {
    const gs_sampling *run = b->run;
    size_t size = images_size(run->plan), room = state_floats(run->plan, b->block), block = b->block;
    float *mine = b->states + (size_t)crew->leader.thread * STATES * room;
    size_t n = run->n - first < block ? run->n - first : block;
    gs_chains c = {.run = run,
                   .crew = crew,
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
    atomic_fetch_add(&run->clock->done, n);
    return true;
}

static void take_block(void *context, size_t i, gs_crew *crew) {
    const blocks *b = context;
    size_t first = i * b->block;
    if (!atomic_load(&b->run->clock->stop) && gs_chains_matter(b->run, first))
        b->finished[i] = run_block(b, first, crew);
}

/* All blocks; *done gets the chains finished from the first one on without a gap. */
static void run_blocks(const gs_sampling *run, float *states, bool *finished, size_t block, float *out, size_t *done) {
    gs_clock *clock = run->clock;
    blocks b = {.run = run,
                .row = gs_sampler_find(run->options.sampler),
                .states = states,
                .finished = finished,
                .block = block,
                .out = out};
    clock->all = (double)gs_sample_evaluations(run->plan->model, &run->options) * (double)run->n;
    if (run->options.progress)
        gs_chains_tell(run, 0);
    gs_pace pace = {0};
    gs_crew_for(run->plan, &pace, run->n / block + (run->n % block > 0), take_block, &b);
    size_t whole = 0;
    while (whole * block < run->n && finished[whole])
        whole++;
    *done = whole * block < run->n ? whole * block : run->n;
}

/* Chains a crew takes at a time: no network's plan has room for more. */
static size_t share_of(const gs_sampling *run) {
    size_t share = gs_plan_share(run->plan, run->n);
    for (int k = 0; k < run->options.term_count; k++) {
        size_t block = (size_t)run->options.terms[k].plan->block;
        share = share < block ? share : block;
    }
    return share;
}

/* The status of the run after its end. */
static gs_status judge(const gs_sampling *run, size_t *done, gs_error *error) {
    gs_clock *clock = run->clock;
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
        gs_chains_tell(run, 1);
    return GS_OK;
}

static gs_status sample(gs_plan *plan, const gs_sample_options *options, size_t n, float *out, size_t *done,
                        gs_error *error) {
    size_t ignored;
    done = done ? done : &ignored;
    *done = 0;
    gs_clock clock = {.lock = PTHREAD_MUTEX_INITIALIZER, .last = gs_now_s(), .diverged = UINT64_MAX};
    gs_sampling run = {.plan = plan, .options = *options, .n = n, .clock = &clock};
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
