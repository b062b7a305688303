/* The SHA-256 of bytes that come in order. Many of them are hashed on a thread of its own (parallel.h), while the
 * caller reads on and uses what it has read: a weight file's data takes a processor with instructions for SHA-256 about
 * as long as all else that loading does. */
#ifndef GS_HASH_H
#define GS_HASH_H

#include <nettle/sha2.h>

#include "base/base.h"

typedef struct gs_follower gs_follower; /* hash.c */

typedef struct gs_hash {
    struct sha256_ctx context;
    gs_follower *follower; /* NULL: bytes are hashed where they are added */
} gs_hash;

void gs_hash_begin(gs_hash *hash);

/* All bytes that are added from now on begin at `memory`, one after the other. They are hashed beside the caller where
 * `bytes`, as many as will come, are worth a thread and there is one; none may change before gs_hash_end. */
void gs_hash_follow(gs_hash *hash, const void *memory, size_t bytes);

void gs_hash_add(gs_hash *hash, const void *bytes, size_t count);

/* Wait until all bytes are hashed; the hash in lower-case hexadecimal. To be called once for every gs_hash_begin. */
void gs_hash_end(gs_hash *hash, char text[65]);

#endif
