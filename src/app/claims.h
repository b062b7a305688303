/* Claims by which several processes share the shards of a run: a file of the shard, which its process keeps locked. The
 * system lets go of the lock when the process ends, however it ends, so that another one takes the shard over. Ranks
 * claim that they live, by numbers beyond those of shards. Works
 * between machines where their file system has locks (NFS from version 3 on, Lustre with -o flock). */
#ifndef GS_APP_CLAIMS_H
#define GS_APP_CLAIMS_H

#include "base/base.h"

/* Claim shard `index` of a run in `folder`, which ends with a slash: *claim becomes a descriptor, or -1 if another
 * process has it. Errors: GS_ERROR_FILE: no claim can be made, or the file system has no locks. */
gs_status gs_claim_take(const char *folder, uint64_t index, int *claim, gs_error *error);
void gs_claim_release(const char *folder, uint64_t index, int claim);

/* Whether a claim is there, but no process has it: the one that had it has ended without releasing it. */
bool gs_claim_is_left(const char *folder, uint64_t index);
void gs_claim_remove(const char *folder, uint64_t index);

/* Wait for the right to replace the manifest; *lock becomes a descriptor, which is to be closed. Errors: GS_ERROR_FILE.
 */
gs_status gs_claim_manifest(const char *folder, int *lock, gs_error *error);

/* Remove all claims, also those of processes that died, when every shard is finished. */
void gs_claims_end(const char *folder);

/* Whether a file is one of claims. */
bool gs_claim_is_one(const char *name);

#endif
