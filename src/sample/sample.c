/* gs_sample: blocks of chains over crews of threads, each from its first noise to its last step without meeting
 * another. */
#include "sample/adaptation.h"
#include "sample/bounds.h"
#include "sample/room.h"
#include "sample/samplers.h"
#include "sample/schedule.h"
#include "sample/start.h"
#include "sample/walk.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/floats.h"
#include "base/os.h"
#include "sample/given.h"

/* Levels and networks of a run. */
static gs_status prepare(gs_sampling *run, gs_plan *plan, gs_error *error) {
    const gs_sample_options *o = &run->options;
    double temperature = gs_bounds_temperature(o), left = gs_schedule_left(o);
    run->levels = gs_schedule_levels(o);
    run->visited = gs_schedule_visited(o);
    run->states = gs_schedule_states(o);
    run->every = gs_schedule_every(o);
    run->sigma = gs_alloc((size_t)run->visited + 1, sizeof *run->sigma);
    run->reach = gs_alloc((size_t)run->levels + 1, sizeof *run->reach);
    run->fate = gs_alloc(run->n, sizeof *run->fate);
    if (!run->sigma || !run->reach)
        return gs_fail_memory(error, "the noise levels: take fewer steps");
    if (!gs_adaptation_weigh(o, &run->weight))
        return gs_fail_memory(error, "the adaptation of step sizes: take fewer steps");
    if (!run->fate)
        return gs_fail_memory(error, "what becomes of the chains: draw fewer at a time");
    for (int i = 0; i < run->visited; i++)
        run->sigma[i] = gs_schedule_sigma(plan->model, o, i);
    for (int i = 0; i < run->levels; i++)
        run->reach[i] = gs_bounds_reach(plan->model, temperature, i ? run->sigma[i - 1] : o->sigma_high);
    run->reach[run->levels] = gs_bounds_reach(plan->model, temperature, left);
    run->expected = gs_bounds_expected(plan->model, temperature, left);
    return gs_fields_prepare(run, plan, error);
}

static gs_sampler_run *const runs[] = {
#define GS_SAMPLER(function, ...) gs_sampler_##function,
#include "sample/samplers.def"
#include "sample/restorers.def"
#undef GS_SAMPLER
};

/* Moves a block's chains from their beginning to their end; false when told to stop. */
static bool move(gs_chains *c, const gs_sampler_row *row) {
    const gs_sampling *run = c->run;
    const float *range = run->plan->model->info.range;
    gs_start(c, 0, c->x);
    if (!gs_sampler_decodes(row) && !gs_chains_check(c)) /* latents have no range */
        return false;
    if (gs_sampler_needs_energy(row) && run->options.clamp > 0)
        gs_walk_clamp(c->x, (size_t)c->n * c->size, range[0], range[1]);
    gs_chains_store(c, 0);
    if (!gs_chains_go_on(c) || !runs[row->number](c))
        return false;
    if (gs_walk_until(&run->options) < run->options.steps) /* every step was checked, and this is no result yet */
        return true;
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
    gs_room room;
    float *out;
    double *scratch; /* per thread: the operator's */
} blocks;

/* One block; false when told to stop. */
static bool run_block(const blocks *b, size_t first, gs_crew *crew) {
    const gs_sampling *run = b->run;
    size_t size = gs_shape_size(gs_value_shape(run->plan->model, GS_VALUE_X)), room = b->room.state,
           block = b->room.block;
    float *mine = b->states + (size_t)crew->leader.thread * b->room.floats;
    size_t n = run->n - first < block ? run->n - first : block;
    gs_step_stats stats[GS_BLOCK_MAX];
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
                   .further = mine + 7 * room,
                   .kick = mine + 8 * room,
                   .step = run->options.walk ? (uint32_t)run->options.walk->from : 0,
                   .own = mine + GS_ROOM_STATES * room,
                   .room = room,
                   .replicas = mine + b->room.arrays * room,
                   .fate = run->fate + first,
                   .stats = gs_sampler_reads(b->row, GS_SETTING_TARGET) ? stats : NULL,
                   .scratch = b->scratch + (size_t)crew->leader.thread * b->room.doubles};
    if (!move(&c, b->row))
        return false;
    memcpy(b->out + first * c.size, c.x, n * c.size * sizeof(float));
    atomic_fetch_add(&run->clock->done, n);
    return true;
}

static void take_block(void *context, size_t i, gs_crew *crew) {
    const blocks *b = context;
    size_t first = i * b->room.block;
    if (!atomic_load(&b->run->clock->stop) && gs_chains_matter(b->run, first))
        b->finished[i] = run_block(b, first, crew);
}

/* All blocks; *done gets the chains finished from the first one on without a gap. */
static void run_blocks(blocks b, size_t *done) {
    const gs_sampling *run = b.run;
    gs_clock *clock = run->clock;
    size_t block = b.room.block;
    clock->all = (double)gs_sample_evaluations(run->plan->model, &run->options) * (double)run->n;
    if (run->options.progress)
        gs_chains_tell(run, 0);
    gs_pace pace = {0};
    gs_crew_for(run->plan, &pace, clock->all, run->n / block + (run->n % block > 0), take_block, &b);
    size_t whole = 0;
    while (whole * block < run->n && b.finished[whole])
        whole++;
    *done = whole * block < run->n ? whole * block : run->n;
}

/* A method of restoring goes with a measurement, and a sampler with none. */
static gs_status check_measurement(const gs_sampling *run, gs_error *error) {
    const gs_sampler_row *row = gs_sampler_find(run->options.sampler);
    if (gs_sampler_restores(row) && !run->measurement)
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "sampler '%s' is a method of restoring, which needs a measurement: expected a sampler, or "
                       "gs_restore",
                       row->info.name);
    if (row->field == GS_FIELD_PRODUCT && !run->plan->gradient)
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "the method %s needs the derivative of the model '%s': its plan must be made with the gradient",
                       row->info.name, run->plan->model->info.name);
    return GS_OK;
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

/* Whether this part of the steps can be made. */
static gs_status check_walk(const gs_sample_options *o, gs_error *error) {
    const gs_walk *walk = o->walk;
    if (!walk)
        return GS_OK;
    if (!gs_sampler_walks(o))
        return gs_fail(error, GS_ERROR_ARGUMENT, "walk: the sampler %s does not stop between its steps%s", o->sampler,
                       o->adapt_mass > 0 ? " while it adapts a mass" : "");
    if (walk->from < 0 || walk->until <= walk->from || walk->until > o->steps)
        return gs_fail(error, GS_ERROR_ARGUMENT, "walk: steps %d to %d: expected 0 <= from < until <= %d", walk->from,
                       walk->until, o->steps);
    if (!walk->gradient || !walk->numbers)
        return gs_fail(error, GS_ERROR_ARGUMENT, "walk: expected arrays for gradient and numbers");
    return o->trajectory || o->trace || o->stats || o->watch
               ? gs_fail(error, GS_ERROR_ARGUMENT, "walk: no trajectory, trace, stats or watch can go with it")
               : GS_OK;
}

gs_status gs_sample_given(gs_plan *plan, const gs_measurement *measurement, const gs_sample_options *options, size_t n,
                          float *out, size_t *done, gs_error *error) {
    size_t ignored;
    done = done ? done : &ignored;
    *done = 0;
    gs_clock clock = {.lock = PTHREAD_MUTEX_INITIALIZER, .last = gs_now_s(), .diverged = UINT64_MAX};
    gs_sampling run = {.plan = plan, .options = *options, .n = n, .clock = &clock, .measurement = measurement};
    gs_status status = gs_sample_resolve(plan->model, &run.options, error);
    if (!status)
        status = check_measurement(&run, error);
    if (!status && (n > GS_CHAIN_MAX || options->first_chain > GS_CHAIN_MAX - n))
        status = gs_fail(error, GS_ERROR_ARGUMENT, "first chain %llu: with %zu chains expected at most 2^60",
                         (unsigned long long)options->first_chain, n);
    if (!status && options->init && gs_sampler_reads(gs_sampler_find(run.options.sampler), GS_SETTING_MOVES))
        status = gs_fail(error, GS_ERROR_ARGUMENT, "init: the sampler %s begins with draws of its prior; expected none",
                         run.options.sampler);
    if (!status && options->trajectory && gs_sampler_decodes(gs_sampler_find(run.options.sampler)))
        status = gs_fail(error, GS_ERROR_ARGUMENT, "trajectory: the sampler %s leaves no states on its way",
                         run.options.sampler);
    if (!status)
        status = check_walk(&run.options, error);
    if (status)
        return status;
    if (run.options.walk && run.options.walk->from)
        run.options.init = out;
    gs_room room = gs_room_of(plan, measurement, &run.options, n);
    float *states = gs_alloc(room.threads, room.floats * sizeof *states);
    bool *finished = gs_alloc(n / room.block + 1, sizeof *finished);
    double *scratch = gs_alloc(room.threads, room.doubles * sizeof *scratch);
    if (states)
        gs_places_renew(plan->places, states, room.threads * room.floats * sizeof *states);
    status = states && finished && scratch ? prepare(&run, plan, error) : gs_fail_memory(error, "the chains");
    if (!status) {
        const gs_sampler_row *row = gs_sampler_find(run.options.sampler);
        run_blocks((blocks){&run, row, states, finished, room, out, scratch}, done);
        status = judge(&run, done, error);
    }
    gs_fields_free(&run);
    gs_free(run.sigma);
    gs_free(run.reach);
    gs_free(run.weight);
    gs_free(run.fate);
    gs_free(states);
    gs_free(finished);
    gs_free(scratch);
    return status;
}

gs_status gs_sample(gs_plan *plan, const gs_sample_options *options, size_t n, float *out, size_t *done,
                    gs_error *error) {
    fenv_t callers = gs_floats_enter();
    gs_status status = gs_sample_given(plan, NULL, options, n, out, done, error);
    gs_floats_leave(&callers);
    return status;
}
