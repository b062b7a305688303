/* Memory that is released all at once: everything that a model owns. */
#ifndef GS_ARENA_H
#define GS_ARENA_H

#include <stddef.h>

typedef struct gs_arena gs_arena;

/* NULL when memory runs out. */
gs_arena *gs_arena_create(void);

/* NULL is allowed. */
void gs_arena_free(gs_arena *arena);

/* Zeroed memory of count * size bytes at a 64-byte boundary for large requests and a 16-byte one for others; NULL when
 * the product overflows or memory runs out. */
void *gs_arena_alloc(gs_arena *arena, size_t count, size_t size);

/* A copy of a string, or NULL. */
char *gs_arena_string(gs_arena *arena, const char *text);

#endif
