#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"

enum { ALIGNMENT = 64 };

static atomic_size_t allocations;

bool gs_mul_size(size_t a, size_t b, size_t *out) {
    if (a && b > SIZE_MAX / a)
        return false;
    *out = a * b;
    return true;
}

bool gs_add_size(size_t a, size_t b, size_t *out) {
    if (b > SIZE_MAX - a)
        return false;
    *out = a + b;
    return true;
}

void *gs_alloc(size_t count, size_t size) {
    size_t bytes, room;
    if (!gs_mul_size(count, size, &bytes) || !gs_add_size(bytes, ALIGNMENT - 1, &room))
        return NULL;
    /* aligned_alloc wants a multiple of the alignment; nothing at all still gets a pointer of its own. */
    room -= room % ALIGNMENT;
    if (!room)
        room = ALIGNMENT;
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    void *memory = aligned_alloc(ALIGNMENT, room);
    if (memory)
        memset(memory, 0, room);
    return memory;
}

void gs_free(void *memory) {
    free(memory);
}

size_t gs_allocations(void) {
    return atomic_load_explicit(&allocations, memory_order_relaxed);
}

char *gs_copy_string(const char *text) {
    size_t length = strlen(text);
    char *copy = gs_alloc(length + 1, 1);
    if (copy)
        memcpy(copy, text, length);
    return copy;
}
