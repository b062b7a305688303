#include "io/source.h"

#include <string.h>

/* zlib's memory goes through our allocator. */
static void *take_memory(void *opaque, unsigned count, unsigned size) {
    (void)opaque;
    return gs_alloc(count, size);
}

static void give_memory(void *opaque, void *memory) {
    (void)opaque;
    gs_free(memory);
}

/* ---- Bytes as they are kept ---- */

static gs_status read_kept(gs_source *s, void *to, size_t room, size_t *got) {
    if (s->open)
        return gs_stream_read(&s->stream, to, room, got);
    *got = room < s->left ? room : s->left;
    if (*got)
        memcpy(to, s->memory, *got);
    s->memory += *got;
    s->left -= *got;
    return GS_OK;
}

/* ---- Unpacking ---- */

static gs_status fail_packed(const gs_source *s, const char *what) {
    return gs_fail(s->error, GS_ERROR_FORMAT, "%s: is packed by gzip, and %s", s->path, what);
}

static gs_status refill(gs_source *s) {
    size_t got = 0;
    gs_status status = read_kept(s, s->buffer, GS_SOURCE_ROOM, &got);
    s->z.next_in = s->buffer;
    s->z.avail_in = (unsigned)got;
    return status;
}

static gs_status unpack_step(gs_source *s) {
    int code = s->ended ? inflateReset(&s->z) : Z_OK;
    s->ended = false;
    if (code == Z_OK)
        code = inflate(&s->z, Z_NO_FLUSH);
    if (code == Z_MEM_ERROR)
        return gs_fail_memory(s->error, "unpacking a file");
    s->ended = code == Z_STREAM_END;
    if (code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR)
        return GS_OK;
    return fail_packed(s, s->z.msg ? s->z.msg : "damaged");
}

/* Unpacks one member after another, as gzip does. */
static gs_status unpack(gs_source *s, void *to, size_t room, size_t *got) {
    size_t most = room < GS_SOURCE_ROOM ? room : GS_SOURCE_ROOM;
    s->z.next_out = to;
    s->z.avail_out = (unsigned)most;
    gs_status status = GS_OK;
    while (!status && s->z.avail_out == most) {
        if (s->z.avail_in == 0)
            status = refill(s);
        if (!status && s->z.avail_in == 0) {
            status = s->ended ? GS_OK : fail_packed(s, "cut short");
            break;
        }
        if (!status)
            status = unpack_step(s);
    }
    *got = status ? 0 : most - s->z.avail_out;
    return status;
}

static gs_status begin_unpacking(gs_source *s, size_t count) {
    s->buffer = gs_alloc(GS_SOURCE_ROOM, 1);
    if (!s->buffer)
        return gs_fail_memory(s->error, "unpacking a file");
    memcpy(s->buffer, s->head, count);
    s->z = (z_stream){.next_in = s->buffer, .avail_in = (unsigned)count, .zalloc = take_memory, .zfree = give_memory};
    enum { WINDOW_BITS = 15, GZIP = 16 };
    if (inflateInit2(&s->z, WINDOW_BITS + GZIP) != Z_OK)
        return gs_fail_memory(s->error, "unpacking a file");
    s->packed = true;
    s->sized = false;
    return GS_OK;
}

/* ---- Bytes as they are read ---- */

static gs_status fill_head(gs_source *s, gs_status (*next)(gs_source *, void *, size_t, size_t *)) {
    size_t got = 1;
    gs_status status = GS_OK;
    s->head_count = 0;
    while (!status && got && s->head_count < sizeof s->head) {
        status = next(s, s->head + s->head_count, sizeof s->head - s->head_count, &got);
        s->head_count += status ? 0 : got;
    }
    return status;
}

static bool is_packed(const gs_source *s) {
    return gs_content_find(s->head, s->head_count).kind == GS_CONTENT_GZIP;
}

static gs_status begin(gs_source *s) {
    gs_status status = fill_head(s, read_kept);
    if (status || !is_packed(s))
        return status;
    status = begin_unpacking(s, s->head_count);
    if (!status)
        status = fill_head(s, unpack);
    if (!status && is_packed(s))
        status = fail_packed(s, "so is what is in it: unpack it once with gunzip");
    return status;
}

static gs_status begin_or_close(gs_source *s) {
    gs_status status = begin(s);
    if (status)
        gs_source_close(s);
    return status;
}

gs_status gs_source_open(gs_source *s, const char *path, const char *expected, gs_error *error) {
    *s = (gs_source){.path = path, .error = error};
    gs_status status = gs_stream_open(&s->stream, path, expected, error);
    if (status)
        return status;
    s->open = true;
    s->sized = s->stream.sized;
    s->size = s->stream.size;
    return begin_or_close(s);
}

gs_status gs_source_open_memory(gs_source *s, const char *name, const void *bytes, size_t size, gs_error *error) {
    *s = (gs_source){.path = name, .error = error, .memory = bytes, .left = size, .sized = true, .size = size};
    return begin_or_close(s);
}

gs_status gs_source_read(gs_source *s, void *to, size_t room, size_t *got) {
    size_t left = s->head_count - s->head_taken;
    gs_status status = GS_OK;
    if (left) {
        *got = room < left ? room : left;
        memcpy(to, s->head + s->head_taken, *got);
        s->head_taken += *got;
    } else {
        status = (s->packed ? unpack : read_kept)(s, to, room, got);
    }
    s->taken += status ? 0 : *got;
    return status;
}

gs_status gs_source_take(gs_source *s, void *to, size_t count) {
    uint8_t *next = to;
    while (count) {
        size_t got;
        gs_status status = gs_source_read(s, next, count, &got);
        if (status)
            return status;
        s->spent = got == 0;
        if (s->spent)
            return gs_fail(s->error, GS_ERROR_FORMAT, "%s: ends at byte %llu", s->path, (unsigned long long)s->taken);
        next += got;
        count -= got;
    }
    return GS_OK;
}

void gs_source_close(gs_source *s) {
    if (s->packed)
        inflateEnd(&s->z);
    if (s->open)
        gs_stream_close(&s->stream);
    gs_free(s->buffer);
    *s = (gs_source){0};
}
