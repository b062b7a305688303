/* Statuses and error texts, checked arithmetic, memory. */
#ifndef GS_BASE_H
#define GS_BASE_H

#include <stdarg.h>
#include <stddef.h>

#include "gensample/gensample.h"

#if defined(__GNUC__)
#define GS_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define GS_PRINTF(f, a)
#endif

#define GS_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Fill `error` (may be NULL) and return `status`. Bytes of the message outside printable ASCII become '?'. */
gs_status gs_fail(gs_error *error, gs_status status, const char *format, ...) GS_PRINTF(3, 4);

/* Out of memory: `what` is what there is none for. */
gs_status gs_fail_memory(gs_error *error, const char *what);

/* *out = a * b or a + b; false, with *out untouched, on overflow. */
bool gs_mul_size(size_t a, size_t b, size_t *out);
bool gs_add_size(size_t a, size_t b, size_t *out);

/* Zeroed memory of count * size bytes at a 64-byte boundary (count * size = 0 gives a valid pointer), or NULL when the
 * product overflows or memory runs out. To be freed with gs_free. Every allocation of the library goes through this
 * function or gs_alloc_large and is counted by gs_allocations. */
void *gs_alloc(size_t count, size_t size);

/* The same for memory all of which will be used, again and again: a block of 1 MiB or more gets large pages of 2 MiB to
 * itself where the system has them, and may take up to 4 MiB more of address space. Not to be used for sizes that a
 * file asks for. */
void *gs_alloc_large(size_t count, size_t size);
void gs_free(void *memory);

/* The bytes that gs_alloc_large takes for so many once all of them are used: whole large pages where it has these. */
size_t gs_alloc_large_bytes(size_t bytes);

/* The array itself while its `count` items of `size` bytes leave room for another; else, in its place, a copy in memory
 * for twice as many, zeroed behind the items. A NULL array becomes one of *room items, or of 16 if that is 0. NULL when
 * memory runs out; the array is then as it was. */
void *gs_grow(void *array, size_t count, size_t *room, size_t size);

/* The number of gs_alloc calls of this process so far, for tests that nothing allocates after planning. */
size_t gs_allocations(void);

/* The bytes that these calls asked for, including those freed since. */
size_t gs_allocated_bytes(void);

/* The bytes that this process has at the moment, those of gs_alloc_large as they are once all of them are used. */
size_t gs_allocated_now(void);

/* A copy of a string; NULL when memory runs out. */
char *gs_copy_string(const char *text);

#endif
