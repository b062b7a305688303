/* What is kept of a shard that is being drawn, so that a run that is killed goes on within it: the finished samples as
 * they come, in a file DIR/state-NNNNN.part, and now and then, in DIR/state-NNNNN, how many of them count, and the
 * state of the chains that are on their way. Both are for this program on this machine, and are removed when the shard
 * is committed. A state that does not fit the run, or is damaged, is none: then the shard is drawn from its beginning,
 * which gives the same bytes. */
#ifndef GS_APP_CHECKPOINT_H
#define GS_APP_CHECKPOINT_H

#include "app/shards.h"
#include "model/hash.h"

typedef struct gs_checkpoint {
    char state[GS_SHARD_PATH_ROOM], part[GS_SHARD_PATH_ROOM]; /* paths; "": nothing is kept */
    char run[GS_HASH_ROOM];                                   /* hash of the manifest's head and the shard's number */
    FILE *file;                                               /* of the part */
    size_t item;                                              /* floats of a sample */
    uint64_t kept;                                            /* samples in the part */
    gs_hash hash;                                             /* of them */
    double every_s, last_s; /* seconds between states, and when the last one was written */
    unsigned char *read;    /* what was read of the state, or NULL */
    const void *chains;     /* in it: the state of the chains on their way */
    size_t chains_bytes;
} gs_checkpoint;

/* Some bytes that belong together with others. */
typedef struct gs_piece {
    void *at;
    size_t bytes;
} gs_piece;

/* Find what is kept of a shard with samples of `item` floats: checkpoint->kept samples, which gs_checkpoint_replay
 * gives, and the state of the chains that follow them, of at most `most` bytes. With every_s < 0 nothing is kept.
 * Errors: GS_ERROR_FILE, GS_ERROR_MEMORY; the checkpoint must be closed in any case. */
gs_status gs_checkpoint_open(gs_checkpoint *checkpoint, const gs_shards *shards, const gs_shard *shard, size_t item,
                             double every_s, size_t most, gs_error *error);

/* Read the next `count` of the samples that are kept, from the first one on. Errors: GS_ERROR_FILE. */
gs_status gs_checkpoint_replay(gs_checkpoint *checkpoint, float *samples, size_t count, gs_error *error);

/* Cut the state of the chains, as pieces of these sizes, out of what was read; false if it has another size, or there
 * is none. */
bool gs_checkpoint_chains(const gs_checkpoint *checkpoint, const gs_piece *pieces, int count);

/* Append finished samples. Errors: GS_ERROR_FILE. */
gs_status gs_checkpoint_add(gs_checkpoint *checkpoint, const float *samples, size_t count, gs_error *error);

/* Whether it is time to write a state. */
bool gs_checkpoint_is_due(const gs_checkpoint *checkpoint);

/* Put the samples and the state of the chains onto the disk. Errors: GS_ERROR_FILE. */
gs_status gs_checkpoint_write(gs_checkpoint *checkpoint, const gs_piece *pieces, int count, gs_error *error);

/* Close it. Its files stay until gs_shards_commit; samples that no state counts are removed. */
void gs_checkpoint_close(gs_checkpoint *checkpoint);

#endif
