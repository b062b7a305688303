/* The processes that a launcher such as mpirun or srun has started, as ranks of one run. Without a launcher there is
 * one, and every function here does as little as that asks for. */
#ifndef GS_APP_RANKS_H
#define GS_APP_RANKS_H

#include "base/base.h"

/* Become a rank, if a launcher has started several processes; the main thread calls this, once. GENSAMPLE_MPI=off in
 * the environment leaves each process by itself. Errors: GS_ERROR_FILE: there are several, and this program has
 * no plugin for MPI. */
gs_status gs_ranks_begin(gs_error *error);

/* Whether the plugin is there. */
bool gs_ranks_can(void);

int gs_ranks_rank(void);
int gs_ranks_count(void);

/* Every rank calls it with what became of its own part, and gets what became of all: the error of the first rank that
 * has one, with the rank's number and machine, an interruption only if there is no other. Once all ranks have an error
 * it is theirs for good. */
gs_status gs_ranks_agree(gs_status status, gs_error *error);

/* Print an error, "gensample: ...", on the first rank, and only once. */
void gs_ranks_tell(const gs_error *error);

/* "rank 3 on node7: ", before what that rank itself has to say; "" on the first rank. */
enum { GS_RANKS_NAME_ROOM = 100 };
void gs_ranks_name(char name[GS_RANKS_NAME_ROOM]);

/* Messages between ranks: see link.h. */
void gs_ranks_send(int to, int kind, const void *message, size_t bytes);
bool gs_ranks_take(int kind, int *from, void *message, size_t bytes);

/* From now on no rank waits for all others, since one does not answer. */
void gs_ranks_lose(void);

/* End the link, with the exit status of this process. */
void gs_ranks_end(int code);

#endif
