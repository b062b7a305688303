/* Work that ranks share without a folder: each computes a part, and the first gets the results. Nothing of it is kept
 * when a rank is lost. */
#ifndef GS_APP_SHARES_H
#define GS_APP_SHARES_H

#include "base/base.h"

/* The share of this rank, or of another, of n things: number first ... first + count - 1. */
typedef struct gs_share {
    size_t first, count;
} gs_share;
gs_share gs_share_of(int rank, size_t n);

/* Make sure that all ranks have the same command, network and images, and where the plan's bytes depend on it the same
 * instruction set; `command` is freed. Errors: GS_ERROR_ARGUMENT: they have not; GS_ERROR_MEMORY: `command` is NULL. */
gs_status gs_shares_match(char *command, const char *network, gs_plan_info plan, const float *images, size_t count,
                          gs_error *error);

/* Tell the other ranks to end, as this one does; hear whether one has said so, which makes gs_interrupted() true. */
void gs_shares_halt(void);
void gs_shares_hear_halt(void);

/* Send bytes to a rank, and wait until they have left; get those that a rank sends, as many as it does. Errors:
 * GS_ERROR_FILE: the other rank is lost. */
gs_status gs_shares_send(int rank, const void *bytes, size_t count, gs_error *error);
gs_status gs_shares_receive(int rank, void *bytes, size_t count, gs_error *error);

#endif
