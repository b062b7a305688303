/* Runs in shards over ranks: see app/dealer.h. */
#ifndef GS_CLI_DEALT_H
#define GS_CLI_DEALT_H

#include "cli/shard.h"

/* gs_shards_open for all ranks together: once they are sure that they have the same run, the first opens the folder,
 * and the others view it. Takes the head over. Errors: those of gs_shards_open and gs_manifest_compare, on all ranks.
 */
gs_status gs_dealt_open(gs_shards *shards, const char *folder, json_t *head, gs_shards_mode mode, gs_error *error);

/* Draw shards until there is none. On the first rank the drawer then has what all ranks drew, and the seconds of the
 * one that took longest. `tell_end` says, of an error, what is kept. */
typedef gs_status gs_dealt_end(const gs_shards *shards, gs_status status, gs_error *error);
gs_status gs_dealt_draw(gs_drawer *drawer, gs_shards *shards, gs_dealt_end *tell_end, gs_error *error);

#endif
