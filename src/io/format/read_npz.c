/* NumPy's NPZ files: ZIP archives of arrays in NPY format (APPNOTE.TXT 6.3.10). What is read are the images,
 * samples.npy, which gensample writes first, or the only array beside labels, and their labels, stored or deflated. The
 * archive is read from its begin on, so that it may be a pipe; its directory at the end says no more than whether all
 * of it is there. */
#include "io/format/npy_row.h"

#include <stdio.h>
#include <string.h>

enum {
    LOCAL = 0x04034b50,
    DESCRIPTOR = 0x08074b50,
    CENTRAL = 0x02014b50,
    LARGE_END = 0x06064b50,
    LOCATOR = 0x07064b50,
    END = 0x06054b50,
    HEADER = 30, /* bytes of a local header before the name, of a central one, and of the end before its comment */
    CENTRAL_HEADER = 46,
    END_HEADER = 22,
    NAME_MAX_BYTES = 200,
    EXTRA_MAX = 1024,
    ENCRYPTED = 1,
    CHUNK = 4096,
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

/* What was found of an archive: entries, and their checksums, combined. */
typedef struct contents {
    uint64_t count;
    uint32_t sums;
} contents;

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

/* The local header of an entry behind its first four bytes, which say what it is. */
static gs_status take_entry(gs_reader *r, entry *e) {
    enum { BEGUN = 4 };
    uint8_t h[HEADER] = {0};
    *e = (entry){.flags = 0};
    gs_status status = gs_reader_take(r, h + BEGUN, sizeof h - BEGUN);
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
    if (!status && e->flags & ENCRYPTED)
        status = damaged(r, "that is encrypted");
    if (!status && e->method != STORED && e->method != DEFLATED)
        status = damaged(r, "that is packed in another way than by deflate");
    return status;
}

static gs_status take_first(gs_reader *r, entry *e) {
    uint8_t signature[4];
    gs_status status = gs_reader_take(r, signature, sizeof signature);
    if (!status)
        status = take_entry(r, e);
    return status || is_array(e->name, strlen(e->name)) ? status : damaged(r, "whose first entry is no array NAME.npy");
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

/* Checks what was read against what the archive says, and counts it. */
static gs_status check_entry(gs_reader *r, entry *e, contents *found) {
    gs_part read = r->source.part;
    gs_source_leave(&r->source);
    gs_status status = e->flags & SIZES_FOLLOW ? take_descriptor(r, e) : GS_OK;
    found->count++;
    found->sums ^= e->sum;
    if (!status && (read.size != e->size || read.sum != e->sum)) {
        return gs_fail(r->error, GS_ERROR_FORMAT,
                       "%s: its array %s is damaged: %llu bytes with checksum %08lx, expected %llu with %08lx", r->path,
                       e->name, (unsigned long long)read.size, (unsigned long)read.sum, (unsigned long long)e->size,
                       (unsigned long)e->sum);
    }
    return status;
}

/* ---- What follows the images ---- */

static bool are_labels(const entry *e) {
    return !strcmp(e->name, "labels.npy") || !strcmp(e->name, "y.npy");
}

/* Labels that do not fit are left out, with a caution: nobody asked for them. Where the images are trajectories, (rows,
 * n, ...), there is one label per column. */
static void keep_labels(gs_reader *r, const entry *e, const gs_npy_row *row) {
    gs_image_file *images = r->images;
    uint64_t expected = r->columns ? r->columns : images->total;
    if (!row->values || row->count != expected) {
        snprintf(images->labels_caution, GS_REMARK_MAX,
                 "its array %.40s is no row of %llu whole numbers from 0 to 255, one per image; it is left out",
                 e->name, (unsigned long long)expected);
        return;
    }
    images->labels = gs_alloc(images->n, sizeof *images->labels);
    for (size_t k = 0; images->labels && k < images->n; k++)
        images->labels[k] = row->values[k % expected];
}

/* An entry behind the images. The end of one whose size is not known is met by reading it as the array that it is; of
 * others, labels that cannot be read are passed over. */
static gs_status take_further(gs_reader *r, entry *e, contents *found) {
    gs_image_file *images = r->images;
    bool labels = are_labels(e) && !images->labels && !images->labels_caution[0];
    bool has_end = e->method == DEFLATED || !(e->flags & SIZES_FOLLOW);
    gs_npy_row row = {.most = labels ? images->n : 0};
    uint8_t bytes[CHUNK];
    size_t got = sizeof bytes;
    gs_status status = enter(r, e);
    if (!status && (labels || !has_end))
        status = gs_npy_read_row(r, &row);
    if (status == GS_ERROR_FORMAT && has_end) {
        status = GS_OK;
        row.count = 0;
    }
    while (!status && has_end && got)
        status = gs_source_read(&r->source, bytes, sizeof bytes, &got);
    if (!status)
        status = check_entry(r, e, found);
    if (!status && labels) {
        keep_labels(r, e, &row);
        status = images->labels || images->labels_caution[0] ? GS_OK : gs_fail_memory(r->error, "reading labels");
    }
    gs_free(row.values);
    return status;
}

/* Of several arrays, but for labels, the first must be the samples. */
static gs_status take_further_entry(gs_reader *r, const entry *first, contents *found) {
    entry e;
    gs_status status = take_entry(r, &e);
    if (!status && strcmp(first->name, "samples.npy") != 0 && !are_labels(&e)) {
        return gs_fail(r->error, GS_ERROR_FORMAT,
                       "%s: has several arrays, of which the first is %s: expected one array, or samples.npy first",
                       r->path, first->name);
    }
    return !status ? take_further(r, &e, found) : status;
}

/* ---- The directory ---- */

static gs_status skip(gs_reader *r, uint64_t count) {
    uint8_t bytes[CHUNK];
    gs_status status = GS_OK;
    for (size_t n; !status && count; count -= n) {
        n = count < sizeof bytes ? (size_t)count : sizeof bytes;
        status = gs_reader_take(r, bytes, n);
    }
    return status;
}

static gs_status take_central_header(gs_reader *r, contents *listed) {
    uint8_t h[CENTRAL_HEADER];
    gs_status status = gs_reader_take(r, h + 4, sizeof h - 4);
    if (status)
        return status;
    listed->count++;
    listed->sums ^= (uint32_t)number(h + 16, 4);
    return skip(r, number(h + 28, 2) + number(h + 30, 2) + number(h + 32, 2));
}

/* The end of the directory's 8-byte form, which begins with its length. */
static gs_status take_large_end(gs_reader *r) {
    uint8_t length[8];
    gs_status status = gs_reader_take(r, length, sizeof length);
    return !status ? skip(r, number(length, 8)) : status;
}

static gs_status take_end(gs_reader *r) {
    uint8_t h[END_HEADER];
    size_t got = 0;
    gs_status status = gs_reader_take(r, h + 4, sizeof h - 4);
    if (!status)
        status = skip(r, number(h + 20, 2)); /* the comment */
    if (!status)
        status = gs_source_read(&r->source, h, 1, &got);
    return !status && got ? damaged(r, "that more bytes follow") : status;
}

/* From behind the first signature that is none of an entry to the end of the file. */
static gs_status take_directory(gs_reader *r, uint32_t signature, const contents *found) {
    contents listed = {.count = 0};
    gs_status status = GS_OK;
    while (!status && signature != END) {
        uint8_t next[4];
        if (signature == CENTRAL)
            status = take_central_header(r, &listed);
        else if (signature == LARGE_END)
            status = take_large_end(r);
        else if (signature == LOCATOR)
            status = skip(r, 16);
        else
            status = damaged(r, "whose directory is damaged");
        if (!status)
            status = gs_reader_take(r, next, sizeof next);
        signature = !status ? (uint32_t)number(next, sizeof next) : END;
    }
    if (!status && (listed.count != found->count || listed.sums != found->sums))
        return damaged(r, "whose directory lists other entries than there are");
    return !status ? take_end(r) : status;
}

/* All that follows the images, so that a file that is cut short is not taken for a whole one. */
static gs_status take_rest(gs_reader *r, entry *first) {
    contents found = {.count = 0};
    uint8_t bytes[4];
    gs_status status = check_entry(r, first, &found);
    if (!status)
        status = gs_reader_take(r, bytes, sizeof bytes);
    while (!status && number(bytes, 4) == LOCAL) {
        status = take_further_entry(r, first, &found);
        if (!status)
            status = gs_reader_take(r, bytes, sizeof bytes);
    }
    if (!status)
        status = take_directory(r, (uint32_t)number(bytes, 4), &found);
    if (!status || !r->source.spent)
        return status;
    return gs_fail(r->error, GS_ERROR_FORMAT, "%s: is cut short: ends at byte %llu, behind its images", r->path,
                   (unsigned long long)r->source.taken);
}

static gs_status read_images(gs_reader *r) {
    entry e;
    gs_status status = take_first(r, &e);
    if (!status)
        status = enter(r, &e);
    if (!status)
        status = gs_reader_npy.read(r);
    return !status ? take_rest(r, &e) : status;
}

static gs_status describe_file(gs_reader *r, gs_description *description) {
    char array[GS_REMARK_MAX];
    entry e;
    gs_status status = take_first(r, &e);
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
