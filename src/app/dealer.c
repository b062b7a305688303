#include "app/dealer.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "app/interrupt.h"
#include "app/ranks.h"
#include "base/os.h"

/* Messages: to the first rank, that a rank asks for a shard and hands one in, how far it is, and that it ends; from it,
 * a shard or none, and that the run ends. */
enum { ASKS = 1, TELLS, ENDS, SHARD, STOP };

/* Open MPI's mpirun kills a second after it has asked for an end; a rank ends its present block within five (see
 * cli/shard.c), and then writes its state. */
static const double tell_every_s = 0.5, soon_s = 0.4, long_s = 30;

/* The manifest grows with the shards, and many ranks finish many a second: it is written at most a twentieth of the
 * time, with all that has come meanwhile. */
static const double rest = 20;

/* While no rank asks, rank 0 looks for messages so rarely that it costs its chains nothing to speak of: looking every
 * millisecond took 2 % of a processor. */
static const long pause_most_ms = 8;

struct gs_dealer {
    gs_shards *shards;
    pthread_t main, thread; /* the one that may write files, and the one that answers */
    double told_s;          /* when another rank last said how far it is */
    double note_s;          /* when the next shards may be noted */
    bool answers;           /* the thread runs: this is the first rank */

    pthread_mutex_t lock; /* of all below */
    bool stops, closes;   /* no more shards are dealt out; the thread is to end */
    gs_shard *finished;   /* that are not yet noted */
    size_t count, room;
    double *chains; /* by rank */
    gs_tally *tally;
    bool *ended;
    int ends;
    gs_status status; /* of noting */
    gs_error error;
};

static void sleep_ms(long ms) {
    const struct timespec pause = {.tv_nsec = ms * 1000000};
    nanosleep(&pause, NULL);
}

/* ---- On the first rank: dealing out ---- */

/* The functions whose names begin with "locked" are called with the lock. */
static void locked_fail(gs_dealer *d, gs_status status, const gs_error *error) {
    if (!d->status) {
        d->status = status;
        d->error = *error;
    }
    d->stops = true;
}

static void locked_take(gs_dealer *d, const gs_shard *shard) {
    gs_error error;
    gs_shard *grown;
    if (!shard->hash[0])
        return;
    grown = gs_grow(d->finished, d->count, &d->room, sizeof *d->finished);
    if (!grown) {
        locked_fail(d, gs_fail_memory(&error, "the finished shards"), &error);
        return;
    }
    d->finished = grown;
    d->finished[d->count++] = *shard;
}

/* A shard, or one without chains. Only those that nobody has had are looked at, so that this may go on beside
 * gs_shards_commit. */
static gs_shard locked_deal(gs_dealer *d) {
    gs_shard shard = {0};
    gs_error error;
    bool found = false;
    gs_status status = d->stops || gs_interrupted() ? GS_OK : gs_shards_next(d->shards, &shard, &found, &error);
    if (status)
        locked_fail(d, status, &error);
    return found ? shard : (gs_shard){0};
}

static void locked_end(gs_dealer *d, int rank, const gs_tally *tally) {
    d->tally[rank] = *tally;
    d->chains[rank] = (double)tally->drawn;
    d->ends += !d->ended[rank];
    d->ended[rank] = true;
    d->stops = d->stops || tally->status;
}

/* Tell the other ranks, once, that the run ends; this one too. */
static void locked_stop(gs_dealer *d) {
    gs_interrupt_request();
    for (int rank = 1; rank < gs_ranks_count(); rank++)
        if (!d->ended[rank])
            gs_ranks_send(rank, STOP, "", 1);
}

/* Answer what has come; whether there was anything. */
static bool answer(gs_dealer *d) {
    gs_shard shard;
    gs_tally tally;
    double chains;
    int rank;
    if (gs_ranks_take(ASKS, &rank, &shard, sizeof shard)) {
        pthread_mutex_lock(&d->lock);
        locked_take(d, &shard);
        shard = locked_deal(d);
        pthread_mutex_unlock(&d->lock);
        gs_ranks_send(rank, SHARD, &shard, sizeof shard);
    } else if (gs_ranks_take(TELLS, &rank, &chains, sizeof chains)) {
        pthread_mutex_lock(&d->lock);
        d->chains[rank] = chains;
        pthread_mutex_unlock(&d->lock);
    } else if (gs_ranks_take(ENDS, &rank, &tally, sizeof tally)) {
        pthread_mutex_lock(&d->lock);
        locked_end(d, rank, &tally);
        pthread_mutex_unlock(&d->lock);
    } else {
        return false;
    }
    return true;
}

static void *answer_all(void *context) {
    gs_dealer *d = context;
    bool stopped = false, closes = false;
    long pause_ms = 1;
    while (!closes) {
        bool busy = answer(d);
        pause_ms = busy ? 1 : pause_ms < pause_most_ms ? 2 * pause_ms : pause_ms;
        if (!busy)
            sleep_ms(pause_ms);
        pthread_mutex_lock(&d->lock);
        d->stops = d->stops || gs_interrupted();
        if (d->stops && !stopped)
            locked_stop(d);
        stopped = d->stops;
        closes = d->closes;
        pthread_mutex_unlock(&d->lock);
    }
    return NULL;
}

/* ---- On the first rank: noting ---- */

/* Note the shards of a list, which is freed. */
static void note(gs_dealer *d, gs_shard *list, size_t count) {
    gs_error why;
    double start_s = gs_now_s();
    gs_status status = gs_shards_commit_all(d->shards, list, count, &why);
    d->note_s = gs_now_s() + rest * (gs_now_s() - start_s);
    gs_free(list);
    pthread_mutex_lock(&d->lock);
    if (status)
        locked_fail(d, status, &why);
    pthread_mutex_unlock(&d->lock);
}

/* Note what has been finished, if it is time or the run ends; only the main thread writes files, and without the
 * lock. */
static gs_status note_finished(gs_dealer *d, bool ends, gs_error *error) {
    pthread_mutex_lock(&d->lock);
    if (d->count && !d->status && (ends || d->stops || gs_now_s() >= d->note_s)) {
        gs_shard *list = d->finished;
        size_t count = d->count;
        d->finished = NULL;
        d->count = d->room = 0;
        pthread_mutex_unlock(&d->lock);
        note(d, list, count);
        pthread_mutex_lock(&d->lock);
    }
    gs_status status = d->status;
    if (status)
        gs_fail(error, status, "%s", d->error.message);
    pthread_mutex_unlock(&d->lock);
    return status;
}

static double sum_chains(gs_dealer *d) {
    double sum = 0;
    pthread_mutex_lock(&d->lock);
    for (int rank = 0; rank < gs_ranks_count(); rank++)
        sum += d->chains[rank];
    pthread_mutex_unlock(&d->lock);
    return sum;
}

/* ---- On any rank ---- */

gs_status gs_dealer_next(gs_dealer *d, const gs_shard *finished, gs_shard *shard, bool *found, gs_error *error) {
    gs_status status = GS_OK;
    int from;
    if (d->answers) {
        pthread_mutex_lock(&d->lock);
        locked_take(d, finished);
        *shard = locked_deal(d);
        pthread_mutex_unlock(&d->lock);
        status = note_finished(d, false, error);
    } else {
        gs_ranks_send(0, ASKS, finished, sizeof *finished);
        while (!gs_ranks_take(SHARD, &from, shard, sizeof *shard))
            sleep_ms(1);
    }
    *found = !status && shard->count;
    return status;
}

double gs_dealer_tell(gs_dealer *d, double chains) {
    gs_error ignored; /* it is kept, and gs_dealer_next gives it */
    char stop;
    int from;
    if (d->answers) {
        pthread_mutex_lock(&d->lock);
        d->chains[0] = chains;
        pthread_mutex_unlock(&d->lock);
        if (pthread_equal(pthread_self(), d->main))
            note_finished(d, false, &ignored);
        return sum_chains(d);
    }
    if (gs_now_s() - d->told_s >= tell_every_s) {
        d->told_s = gs_now_s();
        gs_ranks_send(0, TELLS, &chains, sizeof chains);
    }
    if (gs_ranks_take(STOP, &from, &stop, sizeof stop))
        gs_interrupt_request();
    return chains;
}

/* ---- Ending ---- */

/* The error of the run, if there is one: the first that is no interruption. */
static gs_status find_error(gs_dealer *d, gs_error *error) {
    pthread_mutex_lock(&d->lock);
    gs_status status = d->status;
    if (status)
        gs_fail(error, status, "%s", d->error.message);
    for (int rank = 0; rank < gs_ranks_count(); rank++) {
        const gs_tally *t = &d->tally[rank];
        if (d->ended[rank] && t->status && (!status || (status == GS_ERROR_INTERRUPTED && t->status != status))) {
            status = t->status;
            gs_fail(error, status, "%s", t->message);
        }
    }
    pthread_mutex_unlock(&d->lock);
    return status;
}

/* Wait for the other ranks. */
static void wait_for_all(gs_dealer *d, const gs_dealer_watch *watch) {
    gs_error error;
    double stopped_s = 0;
    bool told = false;
    for (int ends = 0; ends < gs_ranks_count();) {
        note_finished(d, false, &error);
        watch->show(watch->context, sum_chains(d));
        pthread_mutex_lock(&d->lock);
        ends = d->ends;
        if (d->stops && !(stopped_s > 0))
            stopped_s = gs_now_s();
        pthread_mutex_unlock(&d->lock);
        double waited_s = stopped_s > 0 ? gs_now_s() - stopped_s : 0;
        if (waited_s > soon_s && !told && ends < gs_ranks_count()) {
            gs_status status = find_error(d, &error);
            watch->late(watch->context, status, &error);
            told = true;
        }
        if (waited_s > long_s && ends < gs_ranks_count()) {
            gs_ranks_lose();
            return;
        }
        sleep_ms(1);
    }
}

gs_status gs_dealer_end(gs_dealer *d, const gs_tally *own, const gs_dealer_watch *watch, gs_error *error) {
    gs_tally named = *own;
    if (!d->answers) {
        char name[GS_RANKS_NAME_ROOM];
        gs_ranks_name(name);
        if (own->status != GS_ERROR_INTERRUPTED)
            snprintf(named.message, sizeof named.message, "%s%.*s", name, (int)(GS_MESSAGE_MAX - sizeof name),
                     own->message);
        gs_ranks_send(0, ENDS, &named, sizeof named);
        return own->status ? gs_fail(error, own->status, "%s", own->message) : GS_OK;
    }
    pthread_mutex_lock(&d->lock);
    locked_end(d, 0, &named);
    pthread_mutex_unlock(&d->lock);
    wait_for_all(d, watch);
    gs_status status = note_finished(d, true, error);
    return status ? status : find_error(d, error);
}

const gs_tally *gs_dealer_tally(const gs_dealer *d, int rank) {
    return &d->tally[rank];
}

size_t gs_dealer_bytes(void) {
    return 2 * sizeof(gs_shard);
}

/* ---- Beginning ---- */

/* The thread handles no signals. */
static gs_status start(gs_dealer *d, gs_error *error) {
    sigset_t every, before;
    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before);
    d->answers = pthread_create(&d->thread, NULL, answer_all, d) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return d->answers ? GS_OK : gs_fail_memory(error, "a thread that deals out shards");
}

gs_status gs_dealer_create(gs_dealer **dealer, gs_shards *shards, gs_error *error) {
    size_t ranks = (size_t)gs_ranks_count();
    gs_dealer *d = gs_alloc(1, sizeof *d);
    *dealer = NULL;
    if (!d)
        return gs_fail_memory(error, "what deals out shards");
    *d = (gs_dealer){.shards = shards, .main = pthread_self()};
    pthread_mutex_init(&d->lock, NULL);
    gs_status status = GS_OK;
    if (!gs_ranks_rank()) {
        d->chains = gs_alloc(ranks, sizeof *d->chains);
        d->tally = gs_alloc(ranks, sizeof *d->tally);
        d->ended = gs_alloc(ranks, sizeof *d->ended);
        status = d->chains && d->tally && d->ended ? start(d, error) : gs_fail_memory(error, "the ranks");
    }
    if (status)
        gs_dealer_free(d);
    else
        *dealer = d;
    return status;
}

void gs_dealer_free(gs_dealer *d) {
    if (!d)
        return;
    if (d->answers) {
        pthread_mutex_lock(&d->lock);
        d->closes = true;
        pthread_mutex_unlock(&d->lock);
        pthread_join(d->thread, NULL);
    }
    pthread_mutex_destroy(&d->lock);
    gs_free(d->finished);
    gs_free(d->chains);
    gs_free(d->tally);
    gs_free(d->ended);
    gs_free(d);
}
