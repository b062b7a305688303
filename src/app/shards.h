/* A run in shards: a folder with a manifest and one file, or one folder of pictures, per shard. Shards are independent
 * of each other, as chain k is a function of the seed and of k alone, so they may be drawn in any order by anybody; one
 * process, which has the folder open here, hands them out and notes those that are finished:
 *
 *     gs_shards_open(&shards, folder, head, mode, error);
 *     while (!gs_shards_next(&shards, &shard, &found, error) && found) {
 *         ... draw shard.count chains from shard.first on, put them into the file of gs_shards_path, durably ...
 *         gs_shards_seal(&shards, &shard, error);
 *         gs_shards_commit(&shards, &shard, error);
 *     }
 *     gs_shards_close(&shards);
 *
 * Between gs_shards_next and gs_shards_commit a shard may be with another process, which needs the manifest's head and
 * seals what it has drawn; a gs_shard has no pointers. A shard that never comes back is drawn by the next run. */
#ifndef GS_APP_SHARDS_H
#define GS_APP_SHARDS_H

#include "app/manifest.h"

/* How a run is opened: it must be new; it may have begun; or several processes draw its shards at the same time, each
 * of which has it open. */
typedef enum gs_shards_mode { GS_SHARDS_NEW, GS_SHARDS_RESUME, GS_SHARDS_SHARE } gs_shards_mode;

typedef struct gs_shards {
    char *folder; /* with a slash at its end */
    gs_manifest manifest;
    gs_shards_mode mode;
    int lock;      /* a descriptor of the folder, which one process has, or those that share it; -1: it is viewed */
    int claim;     /* of the shard that was handed out last, where the run is shared: see claims.h; or -1 */
    size_t busy;   /* shards that other processes had, when gs_shards_next looked last */
    size_t next;   /* shards before this one are finished or handed out */
    size_t found;  /* shards that were finished already when the folder was opened */
    size_t redone; /* finished shards that were damaged, and are drawn again */
} gs_shards;

/* Begin a run in a folder, which is made if need be, or go on with one, if there is one. With GS_SHARDS_RESUME all
 * finished shards are checked first; those that are damaged are told by gs_warn, and drawn again. `head` is the
 * manifest's and is taken over, also on failure. What killed runs left is cleared. Errors: GS_ERROR_ARGUMENT: the
 * folder has a run already and the mode is GS_SHARDS_NEW, or the manifest there is of another run, and which setting
 * differs; GS_ERROR_FILE: also if another process has the folder, or if it has other files and no manifest;
 * GS_ERROR_FORMAT, GS_ERROR_MEMORY, GS_ERROR_INTERRUPTED. *shards then needs no gs_shards_close. */
gs_status gs_shards_open(gs_shards *shards, const char *folder, json_t *head, gs_shards_mode mode, gs_error *error);

/* Check all that gs_shards_open would, and write nothing: what a run in the folder would find there. Damaged shards are
 * counted in shards->redone, and not finished. *shards is to be closed. Errors: those of gs_shards_open. */
gs_status gs_shards_foresee(gs_shards *shards, const char *folder, json_t *head, gs_shards_mode mode, gs_error *error);

/* Open a run to look at it, or to draw shards that another process commits. Errors: GS_ERROR_FILE, GS_ERROR_FORMAT,
 * GS_ERROR_MEMORY. */
gs_status gs_shards_view(gs_shards *shards, const char *folder, gs_error *error);

/* The next shard that is neither finished nor handed out; *found becomes false when there is none. Where the run is
 * shared, the manifest is read again, the shard is claimed, and shards->busy are left that other processes have.
 * Errors, where the run is shared: GS_ERROR_FILE, GS_ERROR_FORMAT, GS_ERROR_MEMORY. */
gs_status gs_shards_next(gs_shards *shards, gs_shard *shard, bool *found, gs_error *error);

/* Leave the shard that was claimed last to others. */
void gs_shards_release(gs_shards *shards);

/* The number of finished shards, and of their chains. */
size_t gs_shards_finished(const gs_shards *shards);
uint64_t gs_shards_chains(const gs_shards *shards);

/* The path of a file of the run, by its name: see gs_shard_name. */
void gs_shards_path(const gs_shards *shards, const char *name, char path[GS_SHARD_PATH_ROOM]);

/* Remove what is in the place of a shard that is not finished, so that it can be written. Errors: GS_ERROR_FILE. */
gs_status gs_shards_clear(const gs_shards *shards, const gs_shard *shard, gs_error *error);

/* Fill in bytes and hashes of a shard whose files are complete. Errors: GS_ERROR_FILE, GS_ERROR_FORMAT. */
gs_status gs_shards_seal(const gs_shards *shards, gs_shard *shard, gs_error *error);

/* Note a sealed shard in the manifest, on the disk too, beside those that other processes have noted where the run is
 * shared. Errors: GS_ERROR_FILE, GS_ERROR_MEMORY. */
gs_status gs_shards_commit(gs_shards *shards, const gs_shard *shard, gs_error *error);

/* The same for several at once, with one change of the manifest, where the run is not shared. */
gs_status gs_shards_commit_all(gs_shards *shards, const gs_shard *sealed, size_t count, gs_error *error);

/* Compare a shard's files with its record in the manifest. Errors: GS_ERROR_FILE, GS_ERROR_FORMAT, with the reason. */
gs_status gs_shards_check(const gs_shards *shards, size_t index, gs_error *error);

void gs_shards_close(gs_shards *shards);

#endif
