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

/* Bytes that were read for a part and belong behind it come first. */
static gs_status read_whole(gs_source *s, void *to, size_t room, size_t *got) {
    size_t left = s->head_count - s->head_taken;
    if (s->back_count) {
        *got = room < s->back_count ? room : s->back_count;
        memcpy(to, s->back, *got);
        s->back += *got;
        s->back_count -= *got;
        return GS_OK;
    }
    if (!left)
        return (s->packed ? unpack : read_kept)(s, to, room, got);
    *got = room < left ? room : left;
    memcpy(to, s->head + s->head_taken, *got);
    s->head_taken += *got;
    return GS_OK;
}

/* ---- Parts ---- */

/* At most `room` bytes of those left of the part as it is kept. */
static gs_status read_part_kept(gs_source *s, void *to, size_t room, size_t *got) {
    gs_part *p = &s->part;
    *got = 0;
    gs_status status = p->left ? read_whole(s, to, room < p->left ? room : (size_t)p->left, got) : GS_OK;
    if (p->left != UINT64_MAX)
        p->left -= *got;
    return status;
}

static gs_status inflate_part(gs_source *s, void *to, size_t room, size_t *got) {
    gs_part *p = &s->part;
    size_t most = room < GS_SOURCE_ROOM ? room : GS_SOURCE_ROOM;
    gs_status status = GS_OK;
    p->z.next_out = to;
    p->z.avail_out = (unsigned)most;
    while (!status && !p->ended && p->z.avail_out == most) {
        size_t count = p->z.avail_in;
        if (!count) {
            status = read_part_kept(s, p->buffer, GS_SOURCE_ROOM, &count);
            p->z.next_in = p->buffer;
            p->z.avail_in = status ? 0 : (unsigned)count;
        }
        int code = !status ? inflate(&p->z, Z_NO_FLUSH) : Z_OK;
        p->ended = code == Z_STREAM_END;
        if (code == Z_BUF_ERROR && !count) /* neither input nor what it holds back */
            status = gs_fail(s->error, GS_ERROR_FORMAT, "%s: is cut short within a packed part", s->path);
        else if (code == Z_MEM_ERROR)
            status = gs_fail_memory(s->error, "unpacking a file");
        else if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
            status = gs_fail(s->error, GS_ERROR_FORMAT, "%s: has a packed part that is damaged: %s", s->path,
                             p->z.msg ? p->z.msg : "no deflated data");
    }
    *got = status ? 0 : most - p->z.avail_out;
    return status;
}

static gs_status read_part(gs_source *s, void *to, size_t room, size_t *got) {
    gs_part *p = &s->part;
    gs_status status = (p->deflated ? inflate_part : read_part_kept)(s, to, room, got);
    if (!status) {
        p->sum = (uint32_t)crc32_z(p->sum, to, *got);
        p->size += *got;
    }
    return status;
}

gs_status gs_source_enter(gs_source *s, uint64_t left, bool deflated) {
    s->part = (gs_part){.on = true, .left = left, .deflated = deflated};
    s->sized = false;
    if (!deflated)
        return GS_OK;
    s->part.buffer = gs_alloc(GS_SOURCE_ROOM, 1);
    s->part.z = (z_stream){.zalloc = take_memory, .zfree = give_memory};
    enum { WINDOW_BITS = 15 };
    if (s->part.buffer && inflateInit2(&s->part.z, -WINDOW_BITS) == Z_OK)
        return GS_OK;
    s->part.deflated = false; /* there is nothing to end */
    return gs_fail_memory(s->error, "unpacking a file");
}

/* A part of unknown size has taken all that there was when it began, so what it has too much comes before the rest. */
void gs_source_leave(gs_source *s) {
    gs_part *p = &s->part;
    p->on = false;
    if (!p->deflated)
        return;
    inflateEnd(&p->z);
    p->deflated = false;
    if (p->left != UINT64_MAX) {
        gs_free(p->buffer);
    } else {
        gs_free(s->back_buffer);
        s->back_buffer = p->buffer;
        s->back = p->z.next_in;
        s->back_count = p->z.avail_in;
    }
    p->buffer = NULL;
}

gs_status gs_source_read(gs_source *s, void *to, size_t room, size_t *got) {
    gs_status status = (s->part.on ? read_part : read_whole)(s, to, room, got);
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
            return gs_fail(s->error, GS_ERROR_FORMAT, "%s: is cut short: ends at byte %llu", s->path,
                           (unsigned long long)s->taken);
        next += got;
        count -= got;
    }
    return GS_OK;
}

void gs_source_close(gs_source *s) {
    if (s->packed)
        inflateEnd(&s->z);
    if (s->part.deflated)
        inflateEnd(&s->part.z);
    if (s->open)
        gs_stream_close(&s->stream);
    gs_free(s->part.buffer);
    gs_free(s->back_buffer);
    gs_free(s->buffer);
    *s = (gs_source){0};
}
