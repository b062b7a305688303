/* NumPy's NPZ files: ZIP archives of arrays in NPY format (APPNOTE.TXT 6.3.10). What is read is the array samples.npy,
 * which gensample writes first, or the only one, stored or deflated. The archive is read from its begin on, so that it
 * may be a pipe; its directory at the end is not needed. */
#include "io/reader.h"

#include <stdio.h>
#include <string.h>

enum {
    LOCAL = 0x04034b50,
    DESCRIPTOR = 0x08074b50,
    HEADER = 30, /* bytes of a local header before the name */
    NAME_MAX_BYTES = 200,
    EXTRA_MAX = 1024,
    ENCRYPTED = 1,
    SIZES_FOLLOW = 8,
    STORED = 0,
    DEFLATED = 8,
    LARGE = 1
};

typedef struct entry {
    char name[NAME_MAX_BYTES + 1];
    unsigned flags, method;
    bool large; /* its sizes have 8 bytes */
    uint32_t sum;
    uint64_t kept, size; /* packed and unpacked; not known where they follow the data */
} entry;

static uint64_t number(const uint8_t *bytes, int count) {
    uint64_t v = 0;
    while (count--)
        v = v << 8 | bytes[count];
    return v;
}

static gs_status damaged(const gs_reader *r, const char *what) {
    return gs_fail(r->error, GS_ERROR_FORMAT, "%s: a ZIP archive %s: expected one that numpy.savez or gensample wrote",
                   r->path, what);
}

/* The sizes of entries that may have more than 4 GiB are in an extra field. */
static gs_status take_extra(gs_reader *r, entry *e, size_t length) {
    uint8_t extra[EXTRA_MAX];
    if (length > sizeof extra)
        return damaged(r, "with an extra field of more than 1024 bytes");
    gs_status status = gs_reader_take(r, extra, length);
    for (size_t at = 0; !status && at + 4 <= length;) {
        size_t id = (size_t)number(extra + at, 2), bytes = (size_t)number(extra + at + 2, 2);
        at += 4;
        if (bytes > length - at)
            return damaged(r, "with an extra field that is cut short");
        if (id == LARGE && bytes >= 16) {
            e->large = true;
            e->size = e->size == UINT32_MAX ? number(extra + at, 8) : e->size;
            e->kept = e->kept == UINT32_MAX ? number(extra + at + 8, 8) : e->kept;
        }
        at += bytes;
    }
    return status;
}

static bool is_array(const char *name, size_t length) {
    static const char npy[] = ".npy";
    size_t end = sizeof npy - 1;
    return length > end && !memcmp(name + length - end, npy, end);
}

/* The local header of the first entry. */
static gs_status take_entry(gs_reader *r, entry *e) {
    uint8_t h[HEADER];
    *e = (entry){.flags = 0};
    gs_status status = gs_reader_take(r, h, sizeof h);
    if (status)
        return status;
    size_t length = (size_t)number(h + 26, 2), extra = (size_t)number(h + 28, 2);
    e->flags = (unsigned)number(h + 6, 2);
    e->method = (unsigned)number(h + 8, 2);
    e->sum = (uint32_t)number(h + 14, 4);
    e->kept = number(h + 18, 4);
    e->size = number(h + 22, 4);
    if (length > NAME_MAX_BYTES)
        return damaged(r, "with a name of more than 200 bytes");
    status = gs_reader_take(r, e->name, length);
    if (!status)
        status = take_extra(r, e, extra);
    if (!status && !is_array(e->name, strlen(e->name)))
        status = damaged(r, "whose first entry is no array NAME.npy");
    if (!status && e->flags & ENCRYPTED)
        status = damaged(r, "that is encrypted");
    if (!status && e->method != STORED && e->method != DEFLATED)
        status = damaged(r, "that is packed in another way than by deflate");
    return status;
}

static gs_status enter(gs_reader *r, const entry *e) {
    return gs_source_enter(&r->source, e->flags & SIZES_FOLLOW ? UINT64_MAX : e->kept, e->method == DEFLATED);
}

/* What follows the data of an entry whose size was not known before. */
static gs_status take_descriptor(gs_reader *r, entry *e) {
    uint8_t bytes[24];
    int size = e->large ? 8 : 4;
    gs_status status = gs_reader_take(r, bytes, 8 + 2 * (size_t)size);
    if (!status && number(bytes, 4) != DESCRIPTOR)
        return damaged(r, "whose array is not followed by its size");
    if (!status) {
        e->sum = (uint32_t)number(bytes + 4, 4);
        e->size = number(bytes + 8 + size, size);
    }
    return status;
}

/* Checks what was read against what the archive says. */
static gs_status check_entry(gs_reader *r, entry *e) {
    gs_part read = r->source.part;
    gs_source_leave(&r->source);
    gs_status status = e->flags & SIZES_FOLLOW ? take_descriptor(r, e) : GS_OK;
    if (!status && (read.size != e->size || read.sum != e->sum)) {
        return gs_fail(r->error, GS_ERROR_FORMAT,
                       "%s: its array %s is damaged: %llu bytes with checksum %08lx, expected %llu with %08lx", r->path,
                       e->name, (unsigned long long)read.size, (unsigned long)read.sum, (unsigned long long)e->size,
                       (unsigned long)e->sum);
    }
    return status;
}

/* Of several arrays the first must be the samples. */
static gs_status check_alone(gs_reader *r, const entry *e) {
    uint8_t next[4];
    if (!strcmp(e->name, "samples.npy"))
        return GS_OK;
    gs_status status = gs_reader_take(r, next, sizeof next);
    if (status || number(next, 4) != LOCAL)
        return status;
    return gs_fail(r->error, GS_ERROR_FORMAT,
                   "%s: has several arrays, of which the first is %s: expected one array, or samples.npy first",
                   r->path, e->name);
}

static gs_status read_images(gs_reader *r) {
    entry e;
    gs_status status = take_entry(r, &e);
    if (!status)
        status = enter(r, &e);
    if (!status)
        status = gs_reader_npy.read(r);
    if (!status)
        status = check_entry(r, &e);
    return !status ? check_alone(r, &e) : status;
}

static gs_status describe_file(gs_reader *r, gs_description *description) {
    char array[GS_REMARK_MAX];
    entry e;
    gs_status status = take_entry(r, &e);
    if (!status)
        status = enter(r, &e);
    if (!status)
        status = gs_reader_npy.describe(r, description);
    snprintf(array, sizeof array, "%s", description->text);
    if (!status)
        snprintf(description->text, sizeof description->text, "NPZ, %.40s: %.180s", e.name, array);
    return status;
}

/* Other archives have other entries first. */
static bool knows(const unsigned char *head, size_t count) {
    if (count < HEADER || memcmp(head, "PK\3\4", 4) != 0)
        return false;
    size_t length = (size_t)number(head + 26, 2);
    return HEADER + length <= count && is_array((const char *)head + HEADER, length);
}

const gs_reader_format gs_reader_npz = {.knows = knows, .read = read_images, .describe = describe_file};
