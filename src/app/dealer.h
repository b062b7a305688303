/* Shards dealt out to ranks. The first rank has the folder open: a thread of it answers the ranks that ask for shards,
 * whatever that rank itself computes, and its main thread notes in the manifest what all have finished, between and
 * during its own shards. There is no fixed share: who is done with a shard asks for the next one. Every rank does
 *
 *     gs_dealer_create(&dealer, shards, &watch, error);
 *     while (!gs_dealer_next(dealer, &finished, &shard, &found, error) && found)
 *         ... draw the shard, calling gs_dealer_tell now and then ...
 *     gs_dealer_end(dealer, &tally, error);
 *     gs_dealer_free(dealer);
 *
 * A shard takes two messages, of gs_dealer_bytes() in all, whatever is in it: samples go into files, not to other
 * ranks.
 *
 * A rank that is lost costs the chains that it had not finished. Each rank has a claim in the folder
 * (claims.h), which the system lets go of when the process ends, however it ends: one that is silent for some seconds
 * and has no claim is lost for certain, and its shard is dealt out again. Therefore ranks that ask when nothing is left
 * wait until all others have handed in theirs. Where a rank keeps its claim, but says nothing for long
 * (gs_ranks_is_silent), or where the file system has no locks, nobody can know whether it still writes: it is given up,
 * its shard is left to a run that goes on, and so is the rest if the first rank is the lost one, since that alone
 * writes the manifest. */
#ifndef GS_APP_DEALER_H
#define GS_APP_DEALER_H

#include "app/shards.h"

/* What a rank has done, and how that ended. */
typedef struct gs_tally {
    uint64_t done, replayed; /* chains, and those of them that an interrupted run had drawn */
    double seconds;
    gs_outcome outcome;
    gs_status status;
    char message[GS_MESSAGE_MAX];
} gs_tally;

typedef struct gs_dealer gs_dealer;

/* What the first rank calls while it waits: show() with the chains of all; and late() if ranks have not answered
 * shortly after the run was told to end, so that something is said before the launcher kills what is left. */
typedef struct gs_dealer_watch {
    void (*show)(void *context, double chains);
    void (*late)(void *context, gs_status status, gs_error *error);
    void *context;
} gs_dealer_watch;

/* Begin; the shards are open on the first rank, and viewed on the others. The main thread calls it; `watch` must live
 * as long as the dealer. Errors: GS_ERROR_MEMORY; then the dealer need not be freed. */
gs_status gs_dealer_create(gs_dealer **dealer, gs_shards *shards, const gs_dealer_watch *watch, gs_error *error);

/* Hand in the shard that was drawn, which is sealed, or none if it has no hash, and get the next one; *found becomes
 * false when there is none, or when the run ends. Errors, on the first rank: those of gs_shards_commit; elsewhere
 * GS_ERROR_INTERRUPTED: the first rank is lost. */
gs_status gs_dealer_next(gs_dealer *dealer, const gs_shard *finished, gs_shard *shard, bool *found, gs_error *error);

/* Say how many chains this rank has drawn, with parts of those on their way, and get those of all. Any one thread at a
 * time may call it. Where the run is to end, gs_interrupted() becomes true. */
double gs_dealer_tell(gs_dealer *dealer, double chains);

/* Hand in what this rank did. On the first rank: wait until all have done so or are lost, and get the error of the run,
 * or GS_OK if it ended before its time by an interruption alone; ranks that do not answer long after the run was told
 * to end are given up. Another rank only gets its own error back, or that the first rank is lost. Errors: those of any
 * rank. */
gs_status gs_dealer_end(gs_dealer *dealer, const gs_tally *own, gs_error *error);

/* On the first rank, after gs_dealer_end: what a rank handed in; of a lost one the chains of its finished shards. */
const gs_tally *gs_dealer_tally(const gs_dealer *dealer, int rank);

/* The bytes of the messages for one shard. */
size_t gs_dealer_bytes(void);

void gs_dealer_free(gs_dealer *dealer);

#endif
