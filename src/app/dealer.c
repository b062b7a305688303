#include "app/dealer.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "app/claims.h"
#include "app/interrupt.h"
#include "app/ranks.h"
#include "app/words.h"
#include "base/os.h"

/* Messages: to the first rank, that a rank asks for a shard and hands one in, how far it is, and that it ends; from it,
 * a shard or none, and that the run ends. */
enum { ASKS = GS_RANKS_OTHERS, TELLS, ENDS, SHARD, STOP };

/* Open MPI's mpirun kills a second after it has asked for an end; a rank ends its present block within five (see
 * cli/shard.c), and then writes its state. */
static const double tell_every_s = 0.5, soon_s = 0.4, long_s = 30;

/* The manifest grows with the shards, and many ranks finish many a second: it is written at most a twentieth of the
 * time, with all that has come meanwhile. */
static const double rest = 20;

/* While no rank asks, rank 0 looks for messages so rarely that it costs its chains nothing to speak of: looking every
 * millisecond took 2 % of a processor. */
static const long pause_most_ms = 8;

/* After so much silence a rank is looked for, and claims are looked at so often. */
static const double quiet_s = 3, look_every_s = 1;

/* What the first rank knows of one. */
typedef struct worker {
    double chains;  /* drawn, with parts of those on their way */
    gs_shard shard; /* that it has; without chains: none */
    bool waits;     /* has asked, and is answered when there is a shard, or no more to come */
    bool ended, lost, certain;
    gs_tally tally;
} worker;

struct gs_dealer {
    gs_shards *shards;
    const gs_dealer_watch *watch;
    pthread_t main, thread; /* the one that may write files, and the one that answers */
    int claim;              /* that this process lives */
    double told_s;          /* when another rank last said how far it is */
    double looked_s;        /* when it last looked for the first rank, which may be lost */
    bool orphan;
    double note_s; /* when the next shards may be noted */
    bool answers;  /* the thread runs: this is the first rank */

    pthread_mutex_t lock; /* of all below */
    bool stops, closes;   /* no more shards are dealt out; the thread is to end */
    gs_shard *finished;   /* that are not yet noted */
    size_t count, room;
    gs_shard *back; /* of ranks that are lost, to be dealt out again */
    size_t back_count, back_room;
    worker *worker; /* by rank */
    int ends;
    gs_status status; /* of noting */
    gs_error error;
};

static void sleep_ms(long ms) {
    const struct timespec pause = {.tv_nsec = ms * 1000000};
    nanosleep(&pause, NULL);
}

/* The number of a rank's claim, beside those of shards. */
static uint64_t claim_of(int rank) {
    return GS_SHARDS_MOST + (uint64_t)rank;
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

static void locked_add(gs_dealer *d, gs_shard **list, size_t *count, size_t *room, const gs_shard *shard) {
    gs_error error;
    gs_shard *grown = gs_grow(*list, *count, room, sizeof **list);
    if (!grown) {
        locked_fail(d, gs_fail_memory(&error, "the shards of ranks"), &error);
        return;
    }
    *list = grown;
    (*list)[(*count)++] = *shard;
}

static void locked_take(gs_dealer *d, int rank, const gs_shard *shard) {
    worker *w = &d->worker[rank];
    w->shard = (gs_shard){0};
    if (!shard->hash[0])
        return;
    w->tally.done += shard->count;
    locked_add(d, &d->finished, &d->count, &d->room, shard);
}

/* A shard, or one without chains. Of the run's only those that nobody has had are looked at, so that this may go on
 * beside gs_shards_commit. */
static gs_shard locked_deal(gs_dealer *d, int rank) {
    gs_shard *shard = &d->worker[rank].shard;
    gs_error error;
    bool found = false;
    if (d->stops || gs_interrupted())
        return (gs_shard){0};
    if (d->back_count) {
        *shard = d->back[--d->back_count];
        return *shard;
    }
    gs_status status = gs_shards_next(d->shards, shard, &found, &error);
    if (status)
        locked_fail(d, status, &error);
    if (!found)
        *shard = (gs_shard){0};
    return *shard;
}

/* Whether a shard may come back: another rank has one, and may be lost. */
static bool locked_may_come(const gs_dealer *d, int rank) {
    bool found = false;
    for (int i = 0; i < gs_ranks_count(); i++)
        found = found || (i != rank && d->worker[i].shard.count);
    return found && !d->stops && !gs_interrupted();
}

/* Answer the ranks that wait, as far as that is possible. */
static void locked_answer(gs_dealer *d) {
    for (int rank = 1; rank < gs_ranks_count(); rank++) {
        worker *w = &d->worker[rank];
        if (!w->waits)
            continue;
        gs_shard shard = locked_deal(d, rank);
        w->waits = !shard.count && locked_may_come(d, rank);
        if (!w->waits)
            gs_ranks_send(rank, SHARD, &shard, sizeof shard);
    }
}

/* The shard of a rank that draws no more. */
static void locked_return(gs_dealer *d, worker *w) {
    if (w->shard.count)
        locked_add(d, &d->back, &d->back_count, &d->back_room, &w->shard);
    w->shard = (gs_shard){0};
}

static void locked_leave(gs_dealer *d, worker *w) {
    d->ends += !w->ended;
    w->ended = true;
    w->waits = false;
}

static void locked_end(gs_dealer *d, int rank, const gs_tally *tally) {
    worker *w = &d->worker[rank];
    w->tally = *tally;
    w->chains = (double)tally->done;
    locked_leave(d, w);
    locked_return(d, w);
    d->stops = d->stops || tally->status;
}

/* A rank that is given up without being lost for certain may still write its shard, which is then not dealt out again.
 */
static void locked_lose(gs_dealer *d, int rank, bool certain) {
    worker *w = &d->worker[rank];
    w->lost = true;
    w->certain = certain;
    w->chains = (double)w->tally.done;
    locked_leave(d, w);
    if (certain)
        locked_return(d, w);
    w->shard = (gs_shard){0};
    gs_ranks_lose(rank, certain);
}

/* Look for the ranks that say nothing. */
static void look(gs_dealer *d) {
    for (int rank = 1; rank < gs_ranks_count(); rank++) {
        bool gone = d->worker[rank].ended || gs_ranks_silent_s(rank) < quiet_s; /* this thread alone changes `ended` */
        bool certain = !gone && gs_claim_is_left(d->shards->folder, claim_of(rank));
        if (gone || (!certain && !gs_ranks_is_silent(rank)))
            continue;
        pthread_mutex_lock(&d->lock);
        locked_lose(d, rank, certain);
        pthread_mutex_unlock(&d->lock);
    }
}

/* Tell the other ranks, once, that the run ends; this one too. */
static void locked_stop(gs_dealer *d) {
    gs_interrupt_request();
    for (int rank = 1; rank < gs_ranks_count(); rank++)
        if (!d->worker[rank].ended)
            gs_ranks_send(rank, STOP, "", 1);
}

/* Hear what has come; whether there was anything. */
static bool hear(gs_dealer *d) {
    gs_shard shard;
    gs_tally tally;
    double chains;
    int rank = -1;
    if (gs_ranks_take(ASKS, &rank, &shard, sizeof shard)) {
        pthread_mutex_lock(&d->lock);
        if (!d->worker[rank].lost) {
            locked_take(d, rank, &shard);
            d->worker[rank].waits = true;
        }
    } else if (gs_ranks_take(TELLS, &rank, &chains, sizeof chains)) {
        pthread_mutex_lock(&d->lock);
        if (!d->worker[rank].lost)
            d->worker[rank].chains = chains;
    } else if (gs_ranks_take(ENDS, &rank, &tally, sizeof tally)) {
        pthread_mutex_lock(&d->lock);
        if (!d->worker[rank].lost)
            locked_end(d, rank, &tally);
    } else {
        return false;
    }
    pthread_mutex_unlock(&d->lock);
    return true;
}

static void *answer_all(void *context) {
    gs_dealer *d = context;
    bool stopped = false, closes = false;
    long pause_ms = 1;
    while (!closes) {
        bool busy = hear(d);
        if (gs_now_s() - d->looked_s >= look_every_s) {
            d->looked_s = gs_now_s();
            look(d);
        }
        pthread_mutex_lock(&d->lock);
        d->stops = d->stops || gs_interrupted();
        if (d->stops && !stopped)
            locked_stop(d);
        stopped = d->stops;
        locked_answer(d);
        closes = d->closes;
        pthread_mutex_unlock(&d->lock);
        pause_ms = busy ? 1 : pause_ms < pause_most_ms ? 2 * pause_ms : pause_ms;
        if (!busy && !closes)
            sleep_ms(pause_ms);
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
        sum += d->worker[rank].chains;
    pthread_mutex_unlock(&d->lock);
    return sum;
}

/* ---- On any rank ---- */

/* The next shard of the first rank itself, which waits as the others do. */
static gs_status deal_own(gs_dealer *d, const gs_shard *finished, gs_shard *shard, gs_error *error) {
    bool waits = true;
    pthread_mutex_lock(&d->lock);
    locked_take(d, 0, finished);
    while (waits) {
        *shard = locked_deal(d, 0);
        waits = !shard->count && locked_may_come(d, 0);
        pthread_mutex_unlock(&d->lock);
        gs_status status = note_finished(d, false, error);
        if (status)
            return status;
        if (waits) {
            d->watch->show(d->watch->context, sum_chains(d));
            sleep_ms(1);
        }
        pthread_mutex_lock(&d->lock);
    }
    pthread_mutex_unlock(&d->lock);
    return GS_OK;
}

/* On other ranks: whether the first one is lost, which is looked for now and then. */
static bool is_orphan(gs_dealer *d) {
    if (d->orphan || gs_now_s() - d->looked_s < look_every_s)
        return d->orphan;
    d->looked_s = gs_now_s();
    if (gs_ranks_silent_s(0) < quiet_s)
        return false;
    bool certain = gs_claim_is_left(d->shards->folder, claim_of(0));
    d->orphan = certain || gs_ranks_is_silent(0);
    if (d->orphan)
        gs_ranks_lose(0, certain);
    return d->orphan;
}

/* The lowest of the ranks that live says so, in place of the first one. */
static gs_status fail_orphan(const gs_dealer *d, gs_error *error) {
    char name[GS_RANKS_NAME_ROOM];
    bool lowest = true;
    for (int rank = 1; rank < gs_ranks_rank(); rank++)
        lowest = lowest && gs_claim_is_left(d->shards->folder, claim_of(rank));
    if (lowest)
        gs_ranks_speak();
    gs_ranks_name(0, name);
    return gs_fail(error, GS_ERROR_INTERRUPTED, "%s was lost, which alone notes what is finished", name);
}

gs_status gs_dealer_next(gs_dealer *d, const gs_shard *finished, gs_shard *shard, bool *found, gs_error *error) {
    gs_status status = GS_OK;
    int first = 0;
    if (d->answers) {
        status = deal_own(d, finished, shard, error);
    } else {
        gs_ranks_send(0, ASKS, finished, sizeof *finished);
        while (!status && !gs_ranks_take(SHARD, &first, shard, sizeof *shard)) {
            if (is_orphan(d))
                status = fail_orphan(d, error);
            else if (gs_interrupted())
                status = gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted");
            sleep_ms(1);
        }
    }
    *found = !status && shard->count;
    return status;
}

double gs_dealer_tell(gs_dealer *d, double chains) {
    gs_error ignored; /* it is kept, and gs_dealer_next gives it */
    char stop;
    int first = 0;
    if (d->answers) {
        pthread_mutex_lock(&d->lock);
        d->worker[0].chains = chains;
        pthread_mutex_unlock(&d->lock);
        if (pthread_equal(pthread_self(), d->main))
            note_finished(d, false, &ignored);
        return sum_chains(d);
    }
    if (gs_now_s() - d->told_s >= tell_every_s) {
        d->told_s = gs_now_s();
        gs_ranks_send(0, TELLS, &chains, sizeof chains);
    }
    if (gs_ranks_take(STOP, &first, &stop, sizeof stop) || is_orphan(d))
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
        const worker *w = &d->worker[rank];
        const gs_tally *t = &w->tally;
        if (w->ended && t->status && (!status || (status == GS_ERROR_INTERRUPTED && t->status != status))) {
            status = t->status;
            gs_fail(error, status, "%s", t->message);
        }
    }
    pthread_mutex_unlock(&d->lock);
    return status;
}

/* A run of which only ranks that were given up have shards left ends before its time. */
static gs_status find_lost(const gs_dealer *d, gs_error *error) {
    bool whole = gs_shards_finished(d->shards) == d->shards->manifest.count;
    char name[GS_RANKS_NAME_ROOM];
    gs_status status = GS_OK;
    for (int rank = 1; rank < gs_ranks_count(); rank++) {
        const char *how = d->worker[rank].certain ? "was lost" : "no longer answers";
        if (!d->worker[rank].lost)
            continue;
        gs_ranks_name(rank, name);
        if (whole)
            gs_warn("%s %s; the others drew what it had not finished", name, how);
        else if (!status)
            status = gs_fail(error, GS_ERROR_INTERRUPTED, "%s %s", name, how);
    }
    return status;
}

/* Wait for the other ranks. */
static void wait_for_all(gs_dealer *d) {
    const gs_dealer_watch *watch = d->watch;
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
        if (waited_s > long_s)
            for (int rank = 1; rank < gs_ranks_count(); rank++) {
                pthread_mutex_lock(&d->lock);
                if (!d->worker[rank].ended)
                    locked_lose(d, rank, false);
                pthread_mutex_unlock(&d->lock);
            }
        sleep_ms(1);
    }
}

gs_status gs_dealer_end(gs_dealer *d, const gs_tally *own, gs_error *error) {
    gs_tally named = *own;
    if (!d->answers) {
        char name[GS_RANKS_NAME_ROOM];
        gs_ranks_name(gs_ranks_rank(), name);
        if (d->orphan)
            return fail_orphan(d, error);
        if (own->status != GS_ERROR_INTERRUPTED)
            snprintf(named.message, sizeof named.message, "%s: %.*s", name, (int)(GS_MESSAGE_MAX - sizeof name - 2),
                     own->message);
        gs_ranks_send(0, ENDS, &named, sizeof named);
        return own->status ? gs_fail(error, own->status, "%s", own->message) : GS_OK;
    }
    pthread_mutex_lock(&d->lock);
    locked_end(d, 0, &named);
    pthread_mutex_unlock(&d->lock);
    wait_for_all(d);
    gs_status status = note_finished(d, true, error);
    if (!status)
        status = find_error(d, error);
    return !status ? find_lost(d, error) : status;
}

const gs_tally *gs_dealer_tally(const gs_dealer *d, int rank) {
    return &d->worker[rank].tally;
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

gs_status gs_dealer_create(gs_dealer **dealer, gs_shards *shards, const gs_dealer_watch *watch, gs_error *error) {
    gs_dealer *d = gs_alloc(1, sizeof *d);
    gs_error ignored;
    *dealer = NULL;
    if (!d)
        return gs_fail_memory(error, "what deals out shards");
    *d = (gs_dealer){.shards = shards, .watch = watch, .main = pthread_self(), .claim = -1};
    pthread_mutex_init(&d->lock, NULL);
    gs_status status = GS_OK;
    /* Without locks ranks are noticed by their silence alone; a file that nobody has locked would say that this one is
     * lost. */
    if (gs_claim_take(shards->folder, claim_of(gs_ranks_rank()), &d->claim, &ignored))
        gs_claim_remove(shards->folder, claim_of(gs_ranks_rank()));
    if (!gs_ranks_rank()) {
        d->worker = gs_alloc((size_t)gs_ranks_count(), sizeof *d->worker);
        status = d->worker ? start(d, error) : gs_fail_memory(error, "the ranks");
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
    if (d->claim >= 0)
        gs_claim_release(d->shards->folder, claim_of(gs_ranks_rank()), d->claim);
    for (int rank = 1; d->worker && rank < gs_ranks_count(); rank++)
        if (d->worker[rank].lost)
            gs_claim_remove(d->shards->folder, claim_of(rank));
    pthread_mutex_destroy(&d->lock);
    gs_free(d->finished);
    gs_free(d->back);
    gs_free(d->worker);
    gs_free(d);
}
