#include "base/arena.h"

#include <string.h>

#include "base/base.h"

/* Requests above LARGE get a chunk of their own, the others share chunks of CHUNK bytes. */
enum { CHUNK = 16384, LARGE = 4096, ALIGNMENT = 16 };

typedef struct chunk {
    struct chunk *next;
    unsigned char *memory;
} chunk;

struct gs_arena {
    chunk *chunks;
    unsigned char *free; /* unused part of the current shared chunk */
    size_t room;
};

gs_arena *gs_arena_create(void) {
    return gs_alloc(1, sizeof(gs_arena));
}

void gs_arena_free(gs_arena *arena) {
    if (!arena)
        return;
    for (chunk *next, *c = arena->chunks; c; c = next) {
        next = c->next;
        gs_free(c->memory);
        gs_free(c);
    }
    gs_free(arena);
}

static unsigned char *add_chunk(gs_arena *arena, size_t bytes) {
    chunk *added = gs_alloc(1, sizeof *added);
    if (!added)
        return NULL;
    added->memory = gs_alloc_large(bytes, 1);
    if (!added->memory) {
        gs_free(added);
        return NULL;
    }
    added->next = arena->chunks;
    arena->chunks = added;
    return added->memory;
}

void *gs_arena_alloc(gs_arena *arena, size_t count, size_t size) {
    size_t bytes;
    if (!gs_mul_size(count, size, &bytes))
        return NULL;
    if (bytes > LARGE)
        return add_chunk(arena, bytes);
    bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (bytes > arena->room) {
        unsigned char *memory = add_chunk(arena, CHUNK);
        if (!memory)
            return NULL;
        arena->free = memory;
        arena->room = CHUNK;
    }
    void *result = arena->free;
    arena->free += bytes;
    arena->room -= bytes;
    return result;
}

char *gs_arena_string(gs_arena *arena, const char *text) {
    size_t length = strlen(text);
    char *copy = gs_arena_alloc(arena, length + 1, 1);
    if (copy)
        memcpy(copy, text, length);
    return copy;
}
