#include "io/png_memory.h"

/* libpng complains of a chunk longer than its limit no more than of an unknown one, and takes memory for all that the
 * chunk's head claims. */
enum { CLAIM_BYTES_MAX = 1 << 24 };

void gs_png_ignore(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

png_voidp gs_png_take(png_structp png, png_alloc_size_t size) {
    gs_png *p = png_get_mem_ptr(png);
    bool claims = p->path && size > CLAIM_BYTES_MAX;
    if (claims && !p->status)
        p->status = gs_fail(p->error, GS_ERROR_FORMAT, "%s: a chunk needs %zu bytes of memory; expected at most %d",
                            p->path, size, CLAIM_BYTES_MAX);
    void *memory = claims ? NULL : gs_alloc(size, 1);
    if (!memory && !p->status)
        p->status = gs_fail_memory(p->error, p->what);
    return memory;
}

void gs_png_give(png_structp png, png_voidp memory) {
    (void)png;
    gs_free(memory);
}

void gs_png_limit(png_structp png) {
    enum { CHUNK_BYTES_MAX = 1 << 20, CHUNKS_MAX = 64 };
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_chunk_malloc_max(png, CHUNK_BYTES_MAX);
    png_set_chunk_cache_max(png, CHUNKS_MAX);
}
