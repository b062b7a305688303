/* NumPy's NPZ files: ZIP archives of arrays in NPY format, samples.npy and, if there are labels, labels.npy, stored
 * without compression. Entries are in the form that needs no seeking (APPNOTE.TXT 6.3.10, section 4.3.9, with the sizes
 * and the checksum behind the data), and always in that for more than 4 GiB (4.5.3), so that every file is made in one
 * way. */
#include "io/format/npy.h"

#include <string.h>
#include <zlib.h>

enum {
    RECORD_MAX = 128,
    VERSION = 45,
    FLAG_SIZES_FOLLOW = 8,
    DATE = 0x21 /* 1 January 1980 */,
    LARGE = 1,
    ENTRIES = 2
};

static const char *const names[ENTRIES] = {"samples.npy", "labels.npy"};

typedef struct entry {
    uint64_t offset, size; /* size: of the data alone */
    uint32_t sum;
} entry;

typedef struct record {
    unsigned char bytes[RECORD_MAX];
    size_t used;
} record;

static void put_number(record *r, uint64_t v, int bytes) {
    for (int i = 0; i < bytes; i++)
        r->bytes[r->used++] = (unsigned char)(v >> 8 * i);
}

/* The fields that local and central headers share: the method is "stored"; the sizes are in the extra field or, before
 * they are known, 0 there. */
static void put_common(record *r, const entry *e, size_t name) {
    put_number(r, VERSION, 2);
    put_number(r, FLAG_SIZES_FOLLOW, 2);
    put_number(r, 0, 2);
    put_number(r, 0, 2);
    put_number(r, DATE, 2);
    put_number(r, e->sum, 4);
    put_number(r, UINT32_MAX, 4);
    put_number(r, UINT32_MAX, 4);
    put_number(r, name, 2);
}

static void put_name(record *r, const char *name) {
    memcpy(r->bytes + r->used, name, strlen(name));
    r->used += strlen(name);
}

static void put_large(record *r, const entry *e, bool has_offset) {
    put_number(r, LARGE, 2);
    put_number(r, has_offset ? 24 : 16, 2);
    put_number(r, e->size, 8);
    put_number(r, e->size, 8);
    if (has_offset)
        put_number(r, e->offset, 8);
}

static record local_header(int k) {
    record r = {.used = 0};
    put_number(&r, 0x04034b50, 4);
    put_common(&r, &(entry){0}, strlen(names[k]));
    put_number(&r, 20, 2);
    put_name(&r, names[k]);
    put_large(&r, &(entry){0}, false);
    return r;
}

static record central_header(const entry *e, int k) {
    record r = {.used = 0};
    put_number(&r, 0x02014b50, 4);
    put_number(&r, VERSION, 2);
    put_common(&r, e, strlen(names[k]));
    put_number(&r, 28, 2);
    put_number(&r, 0, 2); /* no comment */
    put_number(&r, 0, 8); /* the first disk, no attributes */
    put_number(&r, UINT32_MAX, 4);
    put_name(&r, names[k]);
    put_large(&r, e, true);
    return r;
}

static record descriptor(const entry *e) {
    record r = {.used = 0};
    put_number(&r, 0x08074b50, 4);
    put_number(&r, e->sum, 4);
    put_number(&r, e->size, 8);
    put_number(&r, e->size, 8);
    return r;
}

/* The end of the directory, in both forms and with the place of the first. */
static record directory_end(uint64_t count, uint64_t size, uint64_t offset) {
    record r = {.used = 0};
    put_number(&r, 0x06064b50, 4);
    put_number(&r, 44, 8);
    put_number(&r, VERSION, 2);
    put_number(&r, VERSION, 2);
    put_number(&r, 0, 8); /* one disk */
    put_number(&r, count, 8);
    put_number(&r, count, 8);
    put_number(&r, size, 8);
    put_number(&r, offset, 8);
    put_number(&r, 0x07064b50, 4);
    put_number(&r, 0, 4);
    put_number(&r, offset + size, 8);
    put_number(&r, 1, 4);
    put_number(&r, 0x06054b50, 4);
    put_number(&r, 0, 4);
    put_number(&r, count, 2);
    put_number(&r, count, 2);
    put_number(&r, UINT32_MAX, 4);
    put_number(&r, UINT32_MAX, 4);
    put_number(&r, 0, 2);
    return r;
}

static size_t array_header(const gs_sink_input *input, size_t least, char header[GS_SINK_HEADER_MAX]) {
    return gs_npy_header("f4", input->sizes, input->rank, least, header);
}

static size_t header_of(const gs_sink_input *input, size_t least, char header[GS_SINK_HEADER_MAX]) {
    record local = local_header(0);
    char array[GS_SINK_HEADER_MAX];
    size_t length = array_header(input, least > local.used ? least - local.used : 0, array);
    memcpy(header, local.bytes, local.used);
    memcpy(header + local.used, array, length);
    return local.used + length;
}

static gs_status put(gs_sink *sink, const float *data, size_t count, gs_error *error) {
    sink->sum = (uint32_t)crc32_z(sink->sum, (const unsigned char *)data, count * sizeof *data);
    return gs_output_write(&sink->output, data, count * sizeof *data, error);
}

static gs_status put_record(gs_sink *sink, record r, gs_error *error) {
    return gs_output_write(&sink->output, r.bytes, r.used, error);
}

/* The samples' entry, whose header has its checksum too. */
static entry samples_entry(const gs_sink *sink) {
    gs_sink_input input = sink->input;
    char array[GS_SINK_HEADER_MAX];
    input.sizes[0] = sink->done;
    size_t length = array_header(&input, sink->header - local_header(0).used, array);
    uint64_t bytes = (uint64_t)sink->done * sink->item * sizeof(float);
    uLong sum = crc32_z(0, (const unsigned char *)array, length);
    return (entry){.size = length + bytes, .sum = (uint32_t)crc32_combine(sum, sink->sum, (z_off_t)bytes)};
}

static gs_status put_labels(gs_sink *sink, entry *e, gs_error *error) {
    size_t n = sink->input.rank == 5 ? sink->input.sizes[1] : sink->done, bytes = n * sizeof(int);
    const unsigned char *labels = (const unsigned char *)sink->input.labels;
    char type[8], array[GS_SINK_HEADER_MAX];
    snprintf(type, sizeof type, "i%zu", sizeof(int));
    size_t length = gs_npy_header(type, &n, 1, 0, array);
    e->size = length + bytes;
    e->sum = (uint32_t)crc32_z(crc32_z(0, (const unsigned char *)array, length), labels, bytes);
    gs_status status = put_record(sink, local_header(1), error);
    if (!status)
        status = gs_output_write(&sink->output, array, length, error);
    if (!status)
        status = gs_output_write(&sink->output, labels, bytes, error);
    return !status ? put_record(sink, descriptor(e), error) : status;
}

static gs_status end(gs_sink *sink, gs_error *error) {
    entry entries[ENTRIES] = {samples_entry(sink)};
    uint64_t after = descriptor(&entries[0]).used, size = 0;
    uint64_t offset = local_header(0).used + entries[0].size + after;
    int count = sink->input.labels ? ENTRIES : 1;
    gs_status status = put_record(sink, descriptor(&entries[0]), error);
    if (!status && count > 1) {
        entries[1].offset = offset;
        status = put_labels(sink, &entries[1], error);
        offset += local_header(1).used + entries[1].size + after;
    }
    for (int k = 0; k < count && !status; k++) {
        record r = central_header(&entries[k], k);
        status = put_record(sink, r, error);
        size += r.used;
    }
    return !status ? put_record(sink, directory_end((uint64_t)count, size, offset), error) : status;
}

const gs_sink_format gs_sink_npz = {
    .value_bytes = sizeof(float), .check = gs_npy_check, .header = header_of, .put = put, .end = end};
