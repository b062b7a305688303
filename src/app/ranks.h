/* The processes that a launcher such as mpirun or srun has started, as ranks of one run. Without a launcher there is
 * one, and every function here does as little as that asks for.
 *
 * Each rank says every second that it lives, from a thread of its own: workers to the first rank, that to all. Silence
 * alone does not show that a rank is lost, as machines stand still at times; after GENSAMPLE_MPI_WAIT seconds (120) it
 * is given up all the same. Seconds in which this process itself stood still do not count. */
#ifndef GS_APP_RANKS_H
#define GS_APP_RANKS_H

#include "base/base.h"

/* Kinds of messages: those of this file, of shares (shares.h), and of others from GS_RANKS_OTHERS on. */
enum { GS_RANKS_BEAT = 1, GS_RANKS_SAYS, GS_RANKS_HEARS, GS_RANKS_HALT, GS_RANKS_SHARE, GS_RANKS_OTHERS };

/* Become a rank, if a launcher has started several processes; the main thread calls this, once. GENSAMPLE_MPI=off in
 * the environment leaves each process by itself. If the other processes do not become ranks too within
 * GENSAMPLE_MPI_WAIT seconds, the process ends with a message. Errors: GS_ERROR_FILE: there are several, and
 * this program has no plugin for MPI; GS_ERROR_ARGUMENT: GENSAMPLE_MPI_WAIT is no number of seconds;
 * GS_ERROR_MEMORY. */
gs_status gs_ranks_begin(gs_error *error);

/* Whether the plugin is there. */
bool gs_ranks_can(void);

int gs_ranks_rank(void);
int gs_ranks_count(void);

/* Every rank calls it with what became of its own part, and gets what became of all: the error of the first rank that
 * has one, with the rank's number and machine, an interruption only if there is no other. Once all ranks have an error
 * it is theirs for good. Ranks that are lost are left out; where that is the first one, all others get
 * GS_ERROR_INTERRUPTED. */
gs_status gs_ranks_agree(gs_status status, gs_error *error);

/* The same for ranks that are about to do what the text says, at most GS_RANKS_WHAT_ROOM - 1 bytes, which must be the
 * same on all. Errors: GS_ERROR_ARGUMENT: it is not. */
enum { GS_RANKS_WHAT_ROOM = 300 };
gs_status gs_ranks_match(const char *what, gs_error *error);

/* Print an error, "gensample: ...", on the first rank, or on the one that speaks in its place, and only once. */
void gs_ranks_tell(const gs_error *error);
void gs_ranks_speak(void);

/* "rank 3 on node7". */
enum { GS_RANKS_NAME_ROOM = 100 };
void gs_ranks_name(int rank, char name[GS_RANKS_NAME_ROOM]);

/* Messages between ranks: see link.h. */
void gs_ranks_send(int to, int kind, const void *message, size_t bytes);
bool gs_ranks_take(int kind, int *from, void *message, size_t bytes);

/* Wait until all that was sent has left. False: the rank to which it goes is lost, or is given up now. */
bool gs_ranks_deliver(int to);

/* Wait for a message of a rank. False: it is lost, or is given up now. */
bool gs_ranks_await(int kind, int from, void *message, size_t bytes);

/* For how many seconds a rank has not been heard of: on the first rank of any other, elsewhere of the first one.
 * Whether that is long enough to give it up. */
double gs_ranks_silent_s(int rank);
bool gs_ranks_is_silent(int rank);

/* From now on nobody waits for this rank. `certain`: its process has ended; else all ranks are ended by force in the
 * end, as it may be stuck. */
void gs_ranks_lose(int rank, bool certain);
bool gs_ranks_is_lost(int rank);

/* End the link, with the exit status of this process. */
void gs_ranks_end(int code);

#endif
