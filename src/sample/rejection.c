/* gs_rejection: chunks of proposals over threads, in waves. After each wave, its accepted proposals are counted in
 * order, and the vectors of those that are wanted are drawn. Waves are long, since threads wait for each other at the
 * end of each. */
#include "base/floats.h"
#include "base/math64.h"
#include "base/os.h"
#include "base/parallel.h"
#include "engine/plan.h"
#include "random/random.h"
#include "sample/proposals.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static const double seconds_between_calls = 0.05, most_expected = 1e12, log_10 = 2.302585092994046;

/* A chunk takes at most about a millisecond: 2^20 numbers of vectors, or 2^17 radii. A wave's lists of accepted
 * proposals hold at most 2^22, or one chunk's number for each thread. */
enum { CHUNKS_A_THREAD = 64, CHUNK_NUMBERS = 1 << 20, CHUNK_RADII = 1 << 17, LISTS_MAX = 1 << 22, DIM_MAX = 1 << 24 };

typedef struct gs_chunk {
    uint64_t first, end; /* the proposals to decide about, and how far it got */
    gs_accepted *accepted;
    size_t count;
} gs_chunk;

/* One call. Proposals are decided in chunks that begin at a multiple of their size; those outside first ... end - 1 are
 * ignored. */
typedef struct rejection {
    const gs_rejection_options *options;
    const gs_rejection_row *row;
    gs_target target;
    int threads;
    double acceptance;
    uint64_t first, end, next;  /* next: all proposals before it are decided */
    size_t chunk, room, chunks; /* proposals per chunk, length of its list, most chunks per wave */
    gs_chunk *wave;
    gs_accepted *accepted; /* of all chunks */
    float *vector;         /* one for each thread */
    size_t vector_size;
    uint64_t wanted, done; /* samples; wanted = UINT64_MAX means as many as there are */
    float *out;
    atomic_bool stop;
    pthread_mutex_t lock;
    double asked; /* time of the last call of progress; under the lock */
} rejection;

static const gs_rejection_row rows[] = {
#define GS_REJECTION(name, decide, draw, drawn, help) {{name, help, drawn == GS_DRAWN_ALL}, decide, draw, drawn},
#include "sample/rejections.def"
#undef GS_REJECTION
};

const gs_rejection_info *gs_rejection_get(int i) {
    return i >= 0 && (size_t)i < GS_COUNT(rows) ? &rows[i].info : NULL;
}

static gs_status find_row(const char *name, const gs_rejection_row **row, gs_error *error) {
    char known[100] = "";
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        size_t at = strlen(known);
        if (!name || !strcmp(rows[i].info.name, name)) {
            *row = &rows[i];
            return GS_OK;
        }
        snprintf(known + at, sizeof known - at, "%s%s", at ? ", " : "", rows[i].info.name);
    }
    return gs_fail(error, GS_ERROR_ARGUMENT, "algorithm '%.40s' is unknown: expected one of %s", name, known);
}

/* log M = D log(sq/sp). */
static double log_m(const gs_rejection_options *o) {
    return o->dim * gs_log64(o->ratio);
}

static gs_status check_numbers(const gs_rejection_options *o, size_t n, const float *out, gs_error *error) {
    if (o->dim < 1 || o->dim > DIM_MAX)
        return gs_fail(error, GS_ERROR_ARGUMENT, "dim %d: expected 1 ... %d", o->dim, DIM_MAX);
    if (!(o->ratio >= 1) || isinf(o->ratio))
        return gs_fail(
            error, GS_ERROR_ARGUMENT,
            "ratio %g: expected sq/sp >= 1; with sq < sp, p/q grows without bound away from mu, and there is "
            "no M",
            o->ratio);
    if (o->sigma != 0 && !(o->sigma >= 1e-30 && o->sigma <= 1e30))
        return gs_fail(error, GS_ERROR_ARGUMENT, "sigma %g: expected 1e-30 ... 1e30", o->sigma);
    if (o->first_proposal > GS_CHAIN_MAX || o->proposals > GS_CHAIN_MAX + 1 - o->first_proposal)
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "first proposal %llu: with %llu proposals expected to end at 2^60 at most",
                       (unsigned long long)o->first_proposal, (unsigned long long)o->proposals);
    if (n == 0 && (o->proposals == 0 || out))
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "no samples are wanted: expected a number of proposals, and no output");
    return GS_OK;
}

/* Whether the call comes to an end. */
static gs_status check_work(const gs_rejection_options *o, size_t n, gs_error *error) {
    double digits = (log_m(o) + gs_log64((double)n)) / log_10;
    if (o->proposals == 0 && digits > gs_log64(most_expected) / log_10)
        return gs_fail(
            error, GS_ERROR_ARGUMENT,
            "ratio %g: %zu sample%s would take 10^%.1f proposals on average, as (sq/sp)^D = 10^%.1f: expected at most "
            "%g proposals; take fewer dimensions D, sq nearer to sp, fewer samples, or say how many "
            "proposals to make",
            o->ratio, n, n == 1 ? "" : "s", digits, log_m(o) / log_10, most_expected);
    return GS_OK;
}

/* Roughly how many proposals remain to be made. */
static double needed(const rejection *run) {
    double left = (double)(run->end - run->next);
    return run->wanted == UINT64_MAX ? left : fmin(left, (double)(run->wanted - run->done) / run->acceptance);
}

/* A power of two, so that no chunk's numbers cross a multiple of 2^32. In small runs, too, each thread gets a few
 * chunks. */
static size_t chunk_size(const rejection *run) {
    size_t chunk = CHUNK_RADII, numbers = run->row->drawn == GS_DRAWN_NONE ? 0 : run->vector_size;
    double share = needed(run) / run->threads / 4;
    while (chunk > 16 && (chunk * numbers > CHUNK_NUMBERS || (chunk > GS_PROPOSAL_BATCH && (double)chunk > share)))
        chunk /= 2;
    return chunk;
}

static gs_status choose(rejection *run, gs_error *error) {
    const gs_rejection_options *o = run->options;
    gs_status status = find_row(o->algorithm, &run->row, error);
    if (!status)
        status = gs_threads_choose(o->threads, &run->threads, error);
    if (!status)
        status = gs_kernels_choose(o->isa, &run->target.kernels, error);
    run->target.seed = o->seed;
    run->target.dim = o->dim;
    run->target.mu = o->mu;
    run->target.wide = o->ratio * (o->sigma != 0 ? o->sigma : 1);
    run->target.steepness = (o->ratio - 1) * (o->ratio + 1) / 2;
    run->acceptance = gs_exp64(-log_m(o));
    run->first = run->next = o->first_proposal;
    run->end = o->proposals ? run->first + o->proposals : GS_CHAIN_MAX + 1;
    return status;
}

/* A list has room for four times the expected number; a chunk whose list is full ends early. */
static gs_status allocate(rejection *run, gs_error *error) {
    run->vector_size = ((size_t)run->options->dim + 63) / 64 * 64;
    run->chunk = chunk_size(run);
    size_t room = (size_t)(4 * run->acceptance * (double)run->chunk) + 2 * GS_PROPOSAL_BATCH;
    run->room = room < run->chunk ? room : run->chunk;
    size_t threads = (size_t)run->threads, chunks = threads * CHUNKS_A_THREAD, most = LISTS_MAX / run->room;
    run->chunks = chunks < most ? chunks : most > threads ? most : threads;
    run->vector = gs_alloc(threads * run->vector_size, sizeof(float));
    run->wave = gs_alloc(run->chunks, sizeof *run->wave);
    run->accepted = gs_alloc(run->chunks * run->room, sizeof *run->accepted);
    return run->vector && run->wave && run->accepted ? GS_OK : gs_fail_memory(error, "the proposals");
}

/* Tell the caller how far it is. */
static void tell(rejection *run) {
    const gs_rejection_options *o = run->options;
    bool counting = run->wanted == UINT64_MAX;
    if (!o->progress(o->context, counting ? run->next - run->first : run->done, counting ? o->proposals : run->wanted))
        atomic_store(&run->stop, true);
}

/* The same, and whether to go on, at most every seconds_between_calls. */
static bool ask(rejection *run) {
    if (run->options->progress && !atomic_load(&run->stop)) {
        pthread_mutex_lock(&run->lock);
        double now = gs_now_s();
        if (now - run->asked >= seconds_between_calls) {
            run->asked = now;
            tell(run);
        }
        pthread_mutex_unlock(&run->lock);
    }
    return !atomic_load(&run->stop);
}

static float *own_vector(const rejection *run, int thread) {
    return run->vector + (size_t)thread * run->vector_size;
}

/* Nothing more is needed once one chunk alone has all that are wanted. */
static void decide_chunk(rejection *run, gs_chunk *c, int thread) {
    uint64_t end = c->first + run->chunk;
    int batch = run->chunk < GS_PROPOSAL_BATCH ? (int)run->chunk : GS_PROPOSAL_BATCH;
    while (c->end < end && c->end < run->end && c->count + (size_t)batch <= run->room &&
           c->count < run->wanted - run->done) {
        gs_accepted *found = c->accepted + c->count;
        size_t n = run->row->decide(&run->target, c->end, batch, own_vector(run, thread), found);
        for (size_t k = 0; k < n; k++)
            if (found[k].proposal >= run->next && found[k].proposal < run->end)
                c->accepted[c->count++] = found[k];
        c->end += (uint64_t)batch;
    }
}

/* Collect without gaps the wanted accepted proposals of the wave, up to where a chunk ended early; returns their
 * number. run->next becomes the first proposal that is undecided or not needed. */
static size_t gather(rejection *run, size_t chunks) {
    size_t n = 0;
    bool whole = true;
    for (size_t i = 0; i < chunks && whole && n < run->wanted - run->done; i++) {
        const gs_chunk *c = &run->wave[i];
        size_t left = (size_t)(run->wanted - run->done) - n, count = c->count < left ? c->count : left;
        memmove(run->accepted + n, c->accepted, count * sizeof *c->accepted);
        n += count;
        whole = c->end == c->first + run->chunk;
        run->next = c->end > run->next ? c->end : run->next;
    }
    if (n == run->wanted - run->done)
        run->next = run->accepted[n - 1].proposal + 1;
    return n;
}

static void take_chunk(void *context, size_t i, int thread) {
    rejection *run = context;
    gs_chunk *c = &run->wave[i];
    uint64_t first = run->next / run->chunk * run->chunk;
    *c = (gs_chunk){.first = first + i * run->chunk, .accepted = run->accepted + i * run->room};
    c->end = c->first;
    if (ask(run))
        decide_chunk(run, c, thread);
}

static void draw_vector(void *context, size_t k, int thread) {
    rejection *run = context;
    size_t dim = (size_t)run->target.dim;
    run->row->draw(&run->target, &run->accepted[k], own_vector(run, thread), run->out + (size_t)(run->done + k) * dim);
}

static void run_wave(rejection *run) {
    double wish = needed(run) / (double)run->chunk + 2;
    size_t chunks = wish < (double)run->chunks ? (size_t)wish : run->chunks;
    gs_parallel_for(run->threads, chunks, take_chunk, run);
    size_t n = gather(run, chunks);
    if (run->out)
        gs_parallel_for(run->threads, n, draw_vector, run);
    run->done += n;
    run->next = run->next < run->end ? run->next : run->end;
}

static gs_status reject(const gs_rejection_options *options, size_t n, float *out, gs_rejection_result *result,
                        gs_error *error) {
    gs_status status = check_numbers(options, n, out, error);
    if (!status && n)
        status = check_work(options, n, error);
    if (status)
        return status;
    double start = gs_now_s();
    rejection run = {.options = options,
                     .wanted = n ? n : UINT64_MAX,
                     .out = out,
                     .lock = PTHREAD_MUTEX_INITIALIZER,
                     .asked = start};
    status = choose(&run, error);
    if (!status)
        status = allocate(&run, error);
    if (!status) {
        if (options->progress)
            tell(&run);
        while (run.done < run.wanted && run.next < run.end && !atomic_load(&run.stop))
            run_wave(&run);
        if (run.done < run.wanted && run.next == run.end && !options->proposals)
            status = gs_fail(error, GS_ERROR_ARGUMENT, "first proposal %llu: the numbers end with %llu of %zu samples",
                             (unsigned long long)run.first, (unsigned long long)run.done, n);
        else if (run.done < run.wanted && run.next < run.end)
            status = gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted with %llu samples accepted of %llu proposals",
                             (unsigned long long)run.done, (unsigned long long)(run.next - run.first));
        else if (options->progress)
            tell(&run);
        *result = (gs_rejection_result){.proposals = run.next - run.first,
                                        .accepted = run.done,
                                        .acceptance = run.acceptance,
                                        .seconds = gs_now_s() - start,
                                        .algorithm = run.row->info.name,
                                        .isa = run.target.kernels->isa,
                                        .threads = gs_parallel_threads(run.threads)};
    }
    gs_free(run.accepted);
    gs_free(run.wave);
    gs_free(run.vector);
    return status;
}

gs_status gs_rejection(const gs_rejection_options *options, size_t n, float *out, gs_rejection_result *result,
                       gs_error *error) {
    fenv_t callers = gs_floats_enter();
    gs_status status = reject(options, n, out, result, error);
    gs_floats_leave(&callers);
    return status;
}
