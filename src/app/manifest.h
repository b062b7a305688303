/* The manifest of a run in shards, DIR/manifest.json: what the run is, and which of its shards are finished.
 *
 * A JSON object. Its head says what the run is: "manifest" (1), "version" of the program, "model", "hash", "settings",
 * "n" chains from "first" on, "shard_size", "per_chain" samples of each chain, "format", "shape" of a sample, "judge"
 * (its hash, or null). "head_sha256" is the SHA-256 of all bytes before its line, so that what the run is cannot be
 * changed unnoticed. "shards" lists the finished shards in their order: number, first chain, count of chains, bytes,
 * SHA-256 and, with a judge, the SHA-256 of its sums. */
#ifndef GS_APP_MANIFEST_H
#define GS_APP_MANIFEST_H

#include <jansson.h>

#include "io/formats.h"

enum { GS_HASH_ROOM = 65, GS_SHARDS_MOST = 100000, GS_SHARD_NAME_ROOM = 64, GS_SHARD_PATH_ROOM = 4096 };

/* A shard: chains first ... first + count - 1 of the seed. It has no pointers, so that it can be sent to another
 * process as it is. */
typedef struct gs_shard {
    uint64_t index, first, count;
    uint64_t bytes;          /* of its file, or of all files of its folder */
    char hash[GS_HASH_ROOM]; /* SHA-256 of its bytes, of a folder of those of its files one after the other; "": the
                                shard is not finished */
    char sums[GS_HASH_ROOM]; /* of the file of its judge's sums; "": there is none */
} gs_shard;

typedef struct gs_manifest {
    json_t *head;
    uint64_t first, n, shard_size, per_chain;
    gs_format format;
    size_t shape[3];
    bool judged;
    size_t count;
    gs_shard *shard; /* (count), the unfinished ones too */
} gs_manifest;

/* A manifest without finished shards of a head, which is taken over, also on failure; NULL counts as a lack of memory.
 * Errors: GS_ERROR_FORMAT: a member is missing or not what it has to be, or there are too many shards; GS_ERROR_MEMORY;
 * it then needs no gs_manifest_free. `path` is for messages. */
gs_status gs_manifest_create(gs_manifest *manifest, json_t *head, const char *path, gs_error *error);

/* Read a manifest, which may have been written by anybody. Errors: GS_ERROR_FILE, GS_ERROR_FORMAT, GS_ERROR_MEMORY. */
gs_status gs_manifest_read(gs_manifest *manifest, const char *path, gs_error *error);

/* Put it in its place in one step, and onto the disk. Errors: GS_ERROR_FILE, GS_ERROR_MEMORY. */
gs_status gs_manifest_write(const gs_manifest *manifest, const char *path, gs_error *error);

/* Refuse to go on with another run than `have` is of, and name the first setting that differs. Errors:
 * GS_ERROR_ARGUMENT. */
gs_status gs_manifest_compare(const gs_manifest *have, const gs_manifest *want, const char *path, gs_error *error);

/* The names of a shard's file or folder, and of the file of its sums. */
void gs_shard_name(const gs_manifest *manifest, uint64_t index, char name[GS_SHARD_NAME_ROOM]);
void gs_shard_sums_name(uint64_t index, char name[GS_SHARD_NAME_ROOM]);

/* The path of picture i of a shard whose folder is `path`, which has fewer bytes than GS_SHARD_PATH_ROOM. */
enum { GS_PICTURE_PATH_ROOM = GS_SHARD_PATH_ROOM + GS_SHARD_NAME_ROOM };
void gs_shard_picture_path(const gs_manifest *manifest, const gs_shard *shard, const char *path, uint64_t i,
                           char picture[GS_PICTURE_PATH_ROOM]);

/* Of the state of one that is being drawn, or of the samples that it has: see checkpoint.h. */
void gs_shard_state_name(uint64_t index, bool samples, char name[GS_SHARD_NAME_ROOM]);

void gs_manifest_free(gs_manifest *manifest);

#endif
