#include "support/allocation.h"

#include <jansson.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/arena.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__real_gs_arena_alloc(gs_arena *arena, size_t number, size_t size);
char *__real_gs_arena_string(gs_arena *arena, const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);
void *__wrap_gs_arena_alloc(gs_arena *arena, size_t number, size_t size);
char *__wrap_gs_arena_string(gs_arena *arena, const char *text);

static atomic_long blocks, bytes, peak;
/* 1 + the allocations that succeed before one fails; 0 and below after it. */
static atomic_long until_failure = INT64_MAX / 2;
static atomic_long failures;
static atomic_bool all_fail;

static bool fails(void) {
    long left = atomic_fetch_sub(&until_failure, 1);
    if (left > 1 || (left < 1 && !atomic_load(&all_fail)))
        return false;
    atomic_fetch_add(&failures, 1);
    return true;
}

static void *count(void *memory) {
    if (!memory)
        return NULL;
    atomic_fetch_add(&blocks, 1);
    long added = (long)malloc_usable_size(memory), now = atomic_fetch_add(&bytes, added) + added;
    for (long seen = atomic_load(&peak); seen < now && !atomic_compare_exchange_weak(&peak, &seen, now);)
        continue;
    return memory;
}

static void uncount(void *memory) {
    if (!memory)
        return;
    atomic_fetch_sub(&blocks, 1);
    atomic_fetch_sub(&bytes, (long)malloc_usable_size(memory));
}

void *__wrap_malloc(size_t size) {
    return fails() ? NULL : count(__real_malloc(size));
}

void *__wrap_calloc(size_t number, size_t size) {
    return fails() ? NULL : count(__real_calloc(number, size));
}

/* Behaves as if the block always moved. */
void *__wrap_realloc(void *memory, size_t size) {
    if (fails())
        return NULL;
    long before = memory ? (long)malloc_usable_size(memory) : 0;
    void *moved = __real_realloc(memory, size);
    if (moved) {
        count(moved);
        atomic_fetch_sub(&blocks, memory != NULL);
        atomic_fetch_sub(&bytes, before);
    }
    return moved;
}

void __wrap_free(void *memory) {
    uncount(memory);
    __real_free(memory);
}

/* Pieces of a block that is there already fail as if each were one of its own. */
void *__wrap_gs_arena_alloc(gs_arena *arena, size_t number, size_t size) {
    return fails() ? NULL : __real_gs_arena_alloc(arena, number, size);
}

char *__wrap_gs_arena_string(gs_arena *arena, const char *text) {
    return fails() ? NULL : __real_gs_arena_string(arena, text);
}

void allocation_watch_jansson(void) {
    json_set_alloc_funcs(__wrap_malloc, __wrap_free);
}

long allocation_blocks(void) {
    return atomic_load(&blocks);
}

long allocation_bytes(void) {
    return atomic_load(&bytes);
}

void allocation_start_peak(void) {
    atomic_store(&peak, atomic_load(&bytes));
}

long allocation_peak(void) {
    return atomic_load(&peak);
}

void allocation_start_failing(long succeed, bool all) {
    atomic_store(&failures, 0);
    atomic_store(&all_fail, all);
    atomic_store(&until_failure, succeed + 1);
}

long allocation_stop_failing(void) {
    atomic_store(&until_failure, INT64_MAX / 2);
    return atomic_load(&failures);
}
