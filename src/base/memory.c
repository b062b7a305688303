#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/os.h"

enum { ALIGNMENT = 64, LARGE = GS_LARGE_PAGE / 2 };

static atomic_size_t allocations, allocated_bytes, allocated_now;

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

/* In front of a block. */
typedef struct head {
    char *block; /* its own address */
    size_t bytes;
} head;

/* calloc gives fresh pages without writing to them, as aligned_alloc and memset would; so the alignment is done here,
 * and the block's head is kept in front of it. */
static void *allocate(size_t bytes, size_t alignment, size_t rest) {
    size_t room;
    if (!gs_add_size(bytes, alignment + rest + sizeof(head), &room))
        return NULL;
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&allocated_bytes, bytes, memory_order_relaxed);
    head h = {.block = calloc(1, room), .bytes = bytes + rest};
    if (!h.block)
        return NULL;
    atomic_fetch_add_explicit(&allocated_now, h.bytes, memory_order_relaxed);
    char *memory = h.block + sizeof h;
    memory += (alignment - (uintptr_t)memory % alignment) % alignment;
    memcpy(memory - sizeof h, &h, sizeof h);
    return memory;
}

void *gs_alloc(size_t count, size_t size) {
    size_t bytes;
    return gs_mul_size(count, size, &bytes) ? allocate(bytes, ALIGNMENT, 0) : NULL;
}

/* The rest of the last large page. */
static size_t behind(size_t bytes) {
    return (GS_LARGE_PAGE - bytes % GS_LARGE_PAGE) % GS_LARGE_PAGE;
}

size_t gs_alloc_large_bytes(size_t bytes) {
    return bytes < LARGE ? bytes : bytes + behind(bytes);
}

void *gs_alloc_large(size_t count, size_t size) {
    size_t bytes;
    if (!gs_mul_size(count, size, &bytes) || bytes < LARGE)
        return gs_alloc(count, size);
    void *memory = allocate(bytes, GS_LARGE_PAGE, behind(bytes));
    if (memory)
        gs_os_want_large_pages(memory, gs_alloc_large_bytes(bytes));
    return memory;
}

void *gs_grow(void *array, size_t count, size_t *room, size_t size) {
    enum { FIRST = 16 };
    size_t wanted = *room ? *room : FIRST;
    if (array && count < *room)
        return array;
    if (array && !gs_mul_size(2, *room, &wanted))
        return NULL;
    void *larger = gs_alloc(wanted, size);
    if (larger && array)
        memcpy(larger, array, count * size);
    if (larger)
        gs_free(array);
    *room = larger ? wanted : *room;
    return larger;
}

void gs_free(void *memory) {
    if (!memory)
        return;
    head h;
    memcpy(&h, (char *)memory - sizeof h, sizeof h);
    atomic_fetch_sub_explicit(&allocated_now, h.bytes, memory_order_relaxed);
    free(h.block);
}

size_t gs_allocations(void) {
    return atomic_load_explicit(&allocations, memory_order_relaxed);
}

size_t gs_allocated_bytes(void) {
    return atomic_load_explicit(&allocated_bytes, memory_order_relaxed);
}

size_t gs_allocated_now(void) {
    return atomic_load_explicit(&allocated_now, memory_order_relaxed);
}

char *gs_copy_string(const char *text) {
    size_t length = strlen(text);
    char *copy = gs_alloc(length + 1, 1);
    if (copy)
        memcpy(copy, text, length);
    return copy;
}
