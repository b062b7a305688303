#include "cli/shard.h"

#include <math.h>
#include <string.h>

#include "app/interrupt.h"
#include "app/ranks.h"
#include "base/machine.h"
#include "cli/draws.h"
#include "cli/judge.h"
#include "cli/settings.h"
#include "measure/judge.h"
#include "sample/samplers.h"

/* The bytes of a block's samples, and its most chains; the seconds that a call should take; and how long an
 * interruption waits for a call's end before the call is ended, which leaves its unfinished chains. */
enum { BLOCK_BYTES = 1 << 24, BLOCK_MOST = 1 << 16 };
static const double call_least_s = 0.3, call_most_s = 1, grace_s = 5;

/* A shard on its way. */
typedef struct job {
    gs_drawer *drawer;
    const gs_shard *shard;
    gs_sink sink;
    gs_checkpoint checkpoint;
    gs_quality_sums *sums; /* or NULL */
    size_t done, count;    /* chains */
} job;

/* ---- What a chain gives ---- */

static int burn_in(const gs_sample_options *o) {
    return gs_settings_read_by(o, GS_SETTING_BURN_IN) && o->burn_in > 0 ? o->burn_in : 0;
}

size_t gs_drawer_per_chain(const gs_setup *setup) {
    const gs_sample_options *o = &setup->options;
    int every = setup->arguments->keep_every;
    return every ? (size_t)((o->steps - burn_in(o)) / every) : 1;
}

/* The steps after which state j of those that are samples is there. */
static int kept_step(const gs_setup *setup, size_t j) {
    const gs_sample_options *o = &setup->options;
    int every = setup->arguments->keep_every;
    return every ? burn_in(o) + (int)(j + 1) * every : o->steps;
}

/* ---- Arrays ---- */

static void *grow_array(void *old, size_t count, size_t bytes) {
    gs_free(old);
    return gs_alloc(count, bytes);
}

/* Room for so many chains. */
static gs_status make_room(gs_drawer *d, size_t room, gs_error *error) {
    size_t chain, all;
    bool fits = gs_mul_size(d->per_chain, d->image * sizeof(float), &chain) && gs_mul_size(room, chain, &all) &&
                (double)all <= gs_machine_bytes();
    if (!fits)
        return gs_fail(error, GS_ERROR_MEMORY,
                       "--keep-every: %zu samples of each of %zu chains take more memory than this process may use",
                       d->per_chain, room);
    d->room = room;
    d->samples = grow_array(d->samples, room, chain);
    bool ready = d->samples != NULL;
    if (d->run->judging.judge.plan)
        ready = (d->mapped = grow_array(d->mapped, room, chain)) && ready;
    if (d->per_chain > 1)
        ready = (d->labels = grow_array(d->labels, room, d->per_chain * sizeof(int))) && ready;
    if (d->walks) {
        ready = (d->x = grow_array(d->x, room, d->image * sizeof(float))) && ready;
        ready = (d->gradient = grow_array(d->gradient, room, d->image * sizeof(float))) && ready;
        ready = (d->numbers = grow_array(d->numbers, room, GS_WALK_NUMBERS * sizeof(double))) && ready;
    }
    return ready ? GS_OK : gs_fail_memory(error, "a block of samples");
}

static void put_command(const void *context, FILE *out) {
    gs_run_put_command(context, out);
}

static gs_status make_notes(gs_drawer *d, gs_error *error) {
    const gs_run *run = d->run;
    json_t *settings = json_object();
    gs_run_put_settings(run, settings);
    return gs_notes_make(&d->notes, run->setup.networks.info, gs_output_settings(settings),
                         gs_output_command(put_command, run), error);
}

gs_status gs_drawer_create(gs_drawer *d, gs_run *run, const gs_shards *shards, gs_error *error) {
    gs_plan_info plan = gs_plan_get_info(run->setup.networks.network[0].plan);
    *d = (gs_drawer){.run = run,
                     .shards = shards,
                     .walks = gs_sampler_walks(&run->setup.options),
                     .image = run->setup.networks.pixels,
                     .per_chain = gs_drawer_per_chain(&run->setup),
                     .stride = 1};
    size_t most = BLOCK_BYTES / sizeof(float) / d->image / d->per_chain, least = (size_t)plan.threads;
    least *= d->per_chain == 1 ? (size_t)plan.block : 1;
    most = most < least ? least : most > BLOCK_MOST ? BLOCK_MOST : most;
    uint64_t size = shards->manifest.shard_size < shards->manifest.n ? shards->manifest.shard_size : shards->manifest.n;
    most = most < size ? most : (size_t)size;
    d->block = least < most ? least : most;
    d->all = shards->manifest.n - gs_shards_chains(shards);
    gs_status status = make_notes(d, error);
    if (!status)
        status = make_room(d, most, error);
    if (!status && !run->setup.arguments->quiet && !run->setup.arguments->dry_run && !gs_ranks_rank())
        gs_progress_start(&d->progress, stderr, NULL);
    return status;
}

void gs_drawer_free(gs_drawer *d) {
    gs_progress_clear(&d->progress);
    gs_notes_free(&d->notes);
    gs_free(d->samples);
    gs_free(d->mapped);
    gs_free(d->labels);
    gs_free(d->x);
    gs_free(d->gradient);
    gs_free(d->numbers);
    *d = (gs_drawer){0};
}

/* ---- Finished chains ---- */

/* The labels of samples of the chains from number `at` of the shard on, or NULL. */
static const int *labels_of(gs_drawer *d, size_t at, size_t n) {
    const int *of_chain = d->run->setup.labels.of_chain;
    if (!of_chain || d->per_chain == 1)
        return of_chain ? of_chain + at : NULL;
    for (size_t i = 0; i < n * d->per_chain; i++)
        d->labels[i] = of_chain[at + i / d->per_chain];
    return d->labels;
}

static gs_status add_to_sums(job *j, size_t n, gs_error *error) {
    gs_drawer *d = j->drawer;
    const gs_network *judge = &d->run->judging.judge;
    if (!j->sums)
        return GS_OK;
    bool same = d->run->setup.labels.classes == gs_judge_classes(gs_model_get_info(judge->model));
    const int *labels = same ? labels_of(d, j->done, n) : NULL;
    size_t samples = n * d->per_chain;
    const float *images = gs_judge_map(judge, &d->run->setup.networks, d->samples, samples, d->mapped);
    return gs_quality_sums_add(j->sums, images, labels, samples, error);
}

/* Hand the samples of the next n chains on; those that are replayed are kept already. */
static gs_status take(job *j, size_t n, bool replayed, gs_error *error) {
    gs_drawer *d = j->drawer;
    size_t samples = n * d->per_chain;
    gs_status status = gs_sink_write(&j->sink, d->samples, samples, error);
    if (!status)
        status = add_to_sums(j, n, error);
    if (!status && !replayed)
        status = gs_checkpoint_add(&j->checkpoint, d->samples, samples, error);
    j->done += n;
    d->done += n;
    d->replayed += replayed ? n : 0;
    return status;
}

/* ---- Calls ---- */

/* An interruption waits for the end of a call, but not for long. */
static bool show_progress(void *context, double part, size_t done, size_t n) {
    job *j = context;
    gs_drawer *d = j->drawer;
    bool ends = d->begun + d->span >= 1;
    double moved = d->begun + fmin(part, d->span), drawn = (double)d->done + moved * (double)n;
    size_t finished = (size_t)d->done + (ends ? done : 0);
    if (d->dealer) {
        drawn = gs_dealer_tell(d->dealer, drawn);
        finished = (size_t)drawn;
    }
    gs_progress_update(&d->progress, drawn / (double)d->all, finished, (size_t)d->all);
    if (!gs_interrupted())
        return true;
    if (!(d->interrupted_s > 0))
        d->interrupted_s = gs_now_s();
    return gs_now_s() - d->interrupted_s < grace_s;
}

/* gs_sample for n chains from the next one on, to `out`; *seconds becomes how long it took. */
static gs_status call(job *j, size_t n, const gs_walk *walk, float *out, size_t *done, double *seconds,
                      gs_error *error) {
    gs_drawer *d = j->drawer;
    const gs_setup *setup = &d->run->setup;
    gs_sample_options o = setup->options;
    gs_outcome outcome = {0};
    o.first_chain = j->shard->first + j->done;
    o.labels = o.labels ? o.labels + j->done : NULL;
    for (int k = 0; k < o.term_count; k++) {
        d->terms[k] = o.terms[k];
        d->terms[k].labels = o.terms[k].labels ? o.terms[k].labels + j->done : NULL;
    }
    o.terms = d->terms;
    o.walk = walk;
    o.progress = show_progress;
    o.context = j;
    o.outcome = &outcome;
    d->begun = walk ? (double)walk->from / o.steps : 0;
    d->span = walk ? (double)walk->until / o.steps - d->begun : 1;
    double start_s = gs_now_s();
    gs_status status = gs_sample(setup->networks.network[0].plan, &o, n, out, done, error);
    *seconds = gs_now_s() - start_s;
    d->seconds += *seconds;
    if (walk && walk->until < o.steps)
        d->outcome.evaluations += outcome.evaluations; /* these chains are counted when they end */
    else
        gs_outcome_add(&d->outcome, &outcome);
    return status;
}

static gs_status fail_interrupted(gs_error *error) {
    return gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted");
}

/* A block of chains that go from their beginning to their end in one call. */
static gs_status draw_block(job *j, gs_error *error) {
    gs_drawer *d = j->drawer;
    size_t left = j->count - j->done, n = left < d->block ? left : d->block, finished = 0;
    double seconds = 0;
    gs_status drawn = call(j, n, NULL, d->samples, &finished, &seconds, error);
    gs_status status = !drawn || drawn == GS_ERROR_INTERRUPTED ? take(j, finished, false, error) : drawn;
    if (seconds < call_least_s && 2 * d->block <= d->room)
        d->block *= 2;
    bool stops = gs_interrupted() && j->done < j->count;
    if (!status && (stops || gs_checkpoint_is_due(&j->checkpoint)))
        status = gs_checkpoint_write(&j->checkpoint, NULL, 0, error);
    return !status && stops ? fail_interrupted(error) : status;
}

/* ---- Walks ---- */

/* How far a block of walks is. */
typedef struct place {
    int64_t n, step; /* chains; steps done */
} place;

enum { PIECES = 5 };

static void list_pieces(const gs_drawer *d, place *at, gs_piece pieces[PIECES]) {
    size_t n = (size_t)at->n, states = n * d->image * sizeof(float);
    pieces[0] = (gs_piece){at, sizeof *at};
    pieces[1] = (gs_piece){d->x, states};
    pieces[2] = (gs_piece){d->gradient, states};
    pieces[3] = (gs_piece){d->numbers, n * GS_WALK_NUMBERS * sizeof(double)};
    pieces[4] = (gs_piece){d->samples, states * d->per_chain};
}

/* The bytes of the pieces of a whole shard, which no state exceeds. */
static size_t state_most(const gs_drawer *d, const gs_shard *shard) {
    double chain = (double)d->image * sizeof(float) * (double)(2 + d->per_chain) + GS_WALK_NUMBERS * sizeof(double);
    return (size_t)fmin((double)sizeof(place) + (double)shard->count * chain, 0x1p46);
}

/* Take the walks of a checkpoint up again, or begin; a state that does not fit is left alone. */
static gs_status find_walks(job *j, place *at, gs_error *error) {
    gs_drawer *d = j->drawer;
    gs_checkpoint *c = &j->checkpoint;
    size_t left = j->count - j->done;
    int64_t n = (int64_t)(left < d->block ? left : d->block);
    gs_piece pieces[PIECES];
    *at = (place){.n = n};
    if (!c->chains || c->chains_bytes < sizeof *at)
        return GS_OK;
    memcpy(at, c->chains, sizeof *at);
    bool fits = at->n >= 1 && at->n <= (int64_t)left && at->step >= 1 && at->step < d->run->setup.options.steps;
    gs_status status = fits && (size_t)at->n > d->room ? make_room(d, (size_t)at->n, error) : GS_OK;
    if (fits && !status)
        list_pieces(d, at, pieces);
    fits = fits && !status && gs_checkpoint_chains(c, pieces, PIECES);
    c->chains = NULL;
    if (!fits)
        *at = (place){.n = n};
    return status;
}

static gs_status keep_walks(job *j, place *at, gs_error *error) {
    gs_piece pieces[PIECES];
    list_pieces(j->drawer, at, pieces);
    return gs_checkpoint_write(&j->checkpoint, pieces, PIECES, error);
}

/* The states that are samples, of chains one after the other. */
static void collect(gs_drawer *d, size_t n, size_t sample) {
    for (size_t i = 0; i < n; i++)
        memcpy(d->samples + (i * d->per_chain + sample) * d->image, d->x + i * d->image, d->image * sizeof(float));
}

/* Move a block on by some steps, to the next state that is a sample at most. */
static gs_status move(job *j, place *at, gs_error *error) {
    gs_drawer *d = j->drawer;
    const gs_setup *setup = &d->run->setup;
    size_t sample = 0, finished;
    while (sample < d->per_chain && kept_step(setup, sample) <= at->step)
        sample++;
    int until = sample < d->per_chain ? kept_step(setup, sample) : setup->options.steps, step = (int)at->step;
    bool kept = sample < d->per_chain && until - step <= d->stride;
    gs_walk walk = {.from = step,
                    .until = until - step <= d->stride ? until : step + d->stride,
                    .gradient = d->gradient,
                    .numbers = d->numbers};
    double seconds = 0;
    gs_status status = call(j, (size_t)at->n, &walk, d->x, &finished, &seconds, error);
    if (status)
        return status;
    if (kept)
        collect(d, (size_t)at->n, sample);
    at->step = walk.until;
    if (seconds < call_least_s && d->stride < setup->options.steps)
        d->stride *= 2;
    else if (seconds > call_most_s && d->stride > 1)
        d->stride /= 2;
    return GS_OK;
}

/* A block of chains that stop and go on between their steps, where they can be interrupted and kept. */
static gs_status draw_walks(job *j, gs_error *error) {
    gs_drawer *d = j->drawer;
    place at;
    double start_s = gs_now_s();
    gs_status status = find_walks(j, &at, error);
    while (!status && at.step < d->run->setup.options.steps) {
        status = move(j, &at, error);
        bool ended = at.step == d->run->setup.options.steps, stops = gs_interrupted() && !ended;
        if (!status && !ended && (stops || gs_checkpoint_is_due(&j->checkpoint)))
            status = keep_walks(j, &at, error);
        if (!status && stops)
            status = fail_interrupted(error);
    }
    if (!status)
        status = take(j, (size_t)at.n, false, error);
    if (!status && gs_now_s() - start_s < call_least_s && 2 * d->block <= d->room)
        d->block *= 2;
    if (!status && (gs_interrupted() || gs_checkpoint_is_due(&j->checkpoint)))
        status = gs_checkpoint_write(&j->checkpoint, NULL, 0, error);
    return !status && gs_interrupted() && j->done < j->count ? fail_interrupted(error) : status;
}

/* ---- A shard ---- */

/* Samples that an interrupted run has drawn of this shard. */
static gs_status replay(job *j, gs_error *error) {
    gs_drawer *d = j->drawer;
    size_t left = (size_t)(j->checkpoint.kept / d->per_chain);
    gs_status status = GS_OK;
    while (left && !status) {
        size_t n = left < d->room ? left : d->room;
        status = gs_checkpoint_replay(&j->checkpoint, d->samples, n * d->per_chain, error);
        if (!status)
            status = take(j, n, true, error);
        left -= n;
    }
    return status;
}

static gs_sink_input input_of(const gs_drawer *d, const gs_shard *shard) {
    const gs_setup *setup = &d->run->setup;
    gs_sink_input input = gs_output_input(setup->networks.info, 0, (size_t)shard->count * d->per_chain);
    input.labels = d->per_chain == 1 ? setup->labels.of_chain : NULL;
    input.scale = setup->arguments->scale;
    input.notes = d->notes.note;
    input.note_count = GS_NOTES - 1; /* without the command, which names the folder */
    input.is_durable = true;
    return input;
}

static gs_status draw_chains(job *j, gs_error *error) {
    gs_status status = replay(j, error);
    while (!status && j->done < j->count) {
        status = (j->drawer->walks ? draw_walks : draw_block)(j, error);
        if (j->drawer->dealer)
            gs_dealer_tell(j->drawer->dealer, (double)j->drawer->done);
    }
    return status;
}

/* Draw it into its sink, which is open. */
static gs_status fill(job *j, gs_error *error) {
    gs_drawer *d = j->drawer;
    const gs_arguments *a = d->run->setup.arguments;
    const gs_network *judge = &d->run->judging.judge;
    gs_status status = judge->plan ? gs_quality_sums_create(judge->plan, &j->sums, error) : GS_OK;
    if (!status) {
        status = gs_checkpoint_open(&j->checkpoint, d->shards, j->shard, d->image, a->checkpoint_s,
                                    d->walks ? state_most(d, j->shard) : 0, error);
        if (!status)
            status = draw_chains(j, error);
        gs_checkpoint_close(&j->checkpoint);
    }
    status = gs_sink_close(&j->sink, status, error);
    if (!status && j->sums)
        status = gs_shard_put_sums(d->shards, j->shard, j->sums, error);
    gs_quality_sums_free(j->sums);
    return status;
}

gs_status gs_drawer_draw(gs_drawer *d, gs_shard *shard, gs_error *error) {
    char name[GS_SHARD_NAME_ROOM], path[GS_SHARD_PATH_ROOM];
    job j = {.drawer = d, .shard = shard, .count = (size_t)shard->count};
    gs_shard_name(&d->shards->manifest, shard->index, name);
    gs_shards_path(d->shards, name, path);
    gs_status status = gs_shards_clear(d->shards, shard, error);
    if (!status)
        status = gs_setup_label(&d->run->setup, shard->first - d->shards->manifest.first, j.count, error);
    if (status)
        return status;
    gs_sink_input input = input_of(d, shard);
    status = gs_sink_open(&j.sink, d->shards->manifest.format, path, &input, error);
    if (!status)
        status = fill(&j, error);
    return !status ? gs_shards_seal(d->shards, shard, error) : status;
}
