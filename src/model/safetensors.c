#include "model/safetensors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/content.h"
#include "model/file.h"
#include "model/stored.h"

enum {
    HEADER_MAX = 16777216,
    TENSOR_RANK_MAX = 6,
    NAME_MAX_BYTES = 255,
    OWN_ORDER = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ /* this machine's byte order is the file's */
};

/* The span of a tensor's bytes, counted from the header's end. */
typedef struct span {
    gs_tensor tensor;
    const gs_stored *stored;
    uint64_t begin, end;
} span;

static uint64_t little_endian(const unsigned char *bytes, int n) {
    uint64_t value = 0;
    for (int i = n - 1; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

static bool is_header_length(uint64_t n) {
    return n >= 1 && n <= HEADER_MAX;
}

/* These bytes suffice to refuse a file. */
static bool has_bad_length(const unsigned char *bytes, size_t count) {
    return count >= 8 && !is_header_length(little_endian(bytes, 8));
}

static gs_status read_header_length(gs_loader *loader, gs_file *file, size_t *length) {
    unsigned char bytes[8];
    uint64_t size = loader->file_bytes;
    if (size < sizeof bytes)
        return gs_loader_fail(loader, "found %llu bytes, expected a weight file of at least 10",
                              (unsigned long long)size);
    gs_status status = gs_file_read(loader, file, bytes, sizeof bytes);
    if (status)
        return status;
    if (!memcmp(bytes, "version ", sizeof bytes))
        return gs_loader_fail(loader, "begins like a Git LFS pointer, expected the weight file it stands for "
                                      "(git lfs pull)");
    uint64_t n = little_endian(bytes, 8);
    if (!is_header_length(n)) {
        const char *name = gs_content_find(bytes, sizeof bytes).name;
        return name ? gs_loader_fail(loader,
                                     "is %s, expected a weight file (header length: found %llu, expected 1 ... %d)",
                                     name, (unsigned long long)n, HEADER_MAX)
                    : gs_loader_fail(loader, "header length: found %llu, expected 1 ... %d", (unsigned long long)n,
                                     HEADER_MAX);
    }
    if (n > size - sizeof bytes)
        return gs_loader_fail(loader, "header length: found %llu, but only %llu bytes follow", (unsigned long long)n,
                              (unsigned long long)(size - sizeof bytes));
    *length = (size_t)n;
    return GS_OK;
}

static gs_status parse_header(gs_loader *loader, gs_file *file, size_t length, json_t **header) {
    char *text = gs_alloc(length, 1);
    if (!text)
        return gs_loader_memory(loader);
    gs_status status = gs_file_read(loader, file, text, length);
    size_t used = length;
    while (!status && used > 0 && text[used - 1] == ' ')
        used--;
    if (!status && (used < 2 || text[0] != '{' || text[used - 1] != '}'))
        status =
            gs_loader_fail(loader, "header: expected one JSON object, its first byte '{', followed by spaces only");
    if (!status)
        status = gs_json_parse(loader, (gs_text){text, used}, (gs_text){NULL, 0}, "header", GS_SHARE_HEADER, header);
    gs_free(text);
    return status;
}

static gs_status fail_tensor(const gs_loader *loader, const span *s, const char *what) {
    return gs_loader_fail(loader, "tensor '%.80s': %s", s->tensor.name, what);
}

static gs_status read_tensor_shape(gs_loader *loader, span *s, const json_t *shape) {
    gs_tensor *t = &s->tensor;
    if (!gs_json_is(shape, JSON_ARRAY) || json_array_size(shape) > TENSOR_RANK_MAX)
        return fail_tensor(loader, s, "shape: expected an array of 0 ... 6 sizes");
    t->rank = (int)json_array_size(shape);
    t->size = 1;
    for (int i = 0; i < t->rank; i++) {
        const json_t *d = json_array_get(shape, (size_t)i);
        if (!gs_json_is(d, JSON_INTEGER) || json_integer_value(d) < 1)
            return fail_tensor(loader, s, "shape: expected positive integers");
        uint64_t value = (uint64_t)json_integer_value(d);
        t->shape[i] = (size_t)value;
        if (value > SIZE_MAX || !gs_mul_size(t->size, t->shape[i], &t->size))
            return fail_tensor(loader, s, "shape: the product of its sizes is too large");
    }
    return GS_OK;
}

static gs_status read_tensor_entry(gs_loader *loader, const json_t *entry, span *s) {
    static const char *const keys[] = {"dtype", "shape", "data_offsets", NULL};
    char what[128];
    snprintf(what, sizeof what, "tensor '%.80s'", s->tensor.name);
    gs_status status = gs_json_keys(loader, entry, what, keys);
    if (status)
        return status;
    const char *dtype = json_string_value(json_object_get(entry, "dtype"));
    s->stored = dtype ? gs_stored_find(dtype) : NULL;
    if (!s->stored)
        return gs_loader_fail(loader, "%s: dtype: found '%.80s', expected 'F32', 'F16' or 'BF16'", what,
                              dtype ? dtype : "nothing");
    if (s->stored->bytes < sizeof(float) && !loader->narrow)
        loader->narrow = s->tensor.name;
    status = read_tensor_shape(loader, s, json_object_get(entry, "shape"));
    if (status)
        return status;
    const json_t *offsets = json_object_get(entry, "data_offsets");
    const json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);
    if (json_array_size(offsets) != 2 || !gs_json_is(begin, JSON_INTEGER) || !gs_json_is(end, JSON_INTEGER) ||
        json_integer_value(begin) < 0 || json_integer_value(end) < json_integer_value(begin))
        return fail_tensor(loader, s, "data_offsets: expected integers [begin, end], 0 <= begin <= end");
    s->begin = (uint64_t)json_integer_value(begin);
    s->end = (uint64_t)json_integer_value(end);
    size_t bytes;
    if (!gs_mul_size(s->tensor.size, s->stored->bytes, &bytes) || s->end - s->begin != bytes)
        return gs_loader_fail(loader, "%s: data_offsets: found %llu bytes, expected %zu per value of the shape", what,
                              (unsigned long long)(s->end - s->begin), s->stored->bytes);
    return GS_OK;
}

static gs_status read_entries(gs_loader *loader, json_t *header, span *spans, int *count) {
    for (void *i = json_object_iter(header); i; i = json_object_iter_next(header, i)) {
        const char *name = json_object_iter_key(i);
        if (!strcmp(name, "__metadata__"))
            continue;
        if (!*name || strlen(name) > NAME_MAX_BYTES)
            return gs_loader_fail(loader, "tensor '%.80s': its name is %zu bytes long, expected 1 ... 255", name,
                                  strlen(name));
        span *s = &spans[(*count)++];
        s->tensor.name = gs_arena_string(loader->arena, name);
        if (!s->tensor.name)
            return gs_loader_memory(loader);
        gs_status status = read_tensor_entry(loader, json_object_iter_value(i), s);
        if (status)
            return status;
    }
    return GS_OK;
}

static int compare_begin(const void *a, const void *b) {
    const span *s = a, *t = b;
    return (s->begin > t->begin) - (s->begin < t->begin);
}

/* The spans, sorted by where they begin, must cover 0 ... bytes - 1 exactly. */
static gs_status check_cover(const gs_loader *loader, span *spans, int count, uint64_t bytes) {
    qsort(spans, (size_t)count, sizeof *spans, compare_begin);
    uint64_t next = 0;
    for (int i = 0; i < count; i++) {
        if (spans[i].begin != next)
            return gs_loader_fail(loader, "tensor '%.80s': data_offsets: begins at %llu, expected %llu (%s)",
                                  spans[i].tensor.name, (unsigned long long)spans[i].begin, (unsigned long long)next,
                                  spans[i].begin < next ? "tensors overlap" : "a gap lies before it");
        next = spans[i].end;
        if (next > bytes)
            return gs_loader_fail(loader, "tensor '%.80s': ends at %llu, but only %llu bytes follow the header",
                                  spans[i].tensor.name, (unsigned long long)next, (unsigned long long)bytes);
    }
    if (next != bytes)
        return gs_loader_fail(loader, "found %llu bytes after the last tensor, expected none",
                              (unsigned long long)(bytes - next));
    return GS_OK;
}

/* Whether all values are finite; there is no branch per value, so that compilers use vectors. */
static bool all_finite(const float *data, size_t size) {
    uint32_t bad = 0;
    for (size_t i = 0; i < size; i++) {
        uint32_t bits;
        memcpy(&bits, &data[i], 4);
        bad |= (bits & 0x7f800000) == 0x7f800000;
    }
    return !bad;
}

/* Bytes of a file, which may be at `data` itself, to this machine's floats; refuses infinities and NaN. */
static gs_status decode(const gs_loader *loader, const span *s, const unsigned char *bytes, float *data) {
    const gs_tensor *tensor = &s->tensor;
    if (!OWN_ORDER || s->stored->bytes < sizeof *data)
        s->stored->widen(bytes, tensor->size, data);
    else if (bytes != (const unsigned char *)data)
        memcpy(data, bytes, tensor->size * sizeof *data);
    if (all_finite(data, tensor->size))
        return GS_OK;
    size_t i = 0;
    while (isfinite(data[i]))
        i++;
    return gs_loader_fail(loader, "tensor '%.80s': value %zu is %s, expected finite values", tensor->name, i,
                          isnan(data[i]) ? "NaN" : "infinite");
}

/* Read the data's bytes into `bytes` and make the model's tensors of them in `data`, in the order of the file. */
static gs_status read_values(gs_loader *loader, gs_file *file, const span *spans, int count, unsigned char *raw,
                             size_t bytes, float *data) {
    gs_model *model = loader->model;
    gs_status status = gs_file_read(loader, file, raw, bytes);
    for (int i = 0; i < count && !status; i++) {
        model->tensor[i] = spans[i].tensor;
        model->tensor[i].data = data;
        status = decode(loader, &spans[i], raw + spans[i].begin, data);
        data += spans[i].tensor.size;
    }
    return status;
}

static gs_status read_data(gs_loader *loader, gs_file *file, const span *spans, int count, uint64_t bytes) {
    gs_model *model = loader->model;
    size_t values = 0;
    for (int i = 0; i < count; i++)
        values += spans[i].tensor.size; /* of which each takes bytes of the file */
    float *data = bytes <= SIZE_MAX ? gs_arena_alloc(loader->arena, values, sizeof *data) : NULL;
    unsigned char *narrow = loader->narrow && data ? gs_alloc((size_t)bytes, 1) : NULL;
    model->tensor = gs_arena_alloc(loader->arena, (size_t)count, sizeof *model->tensor);
    loader->tensor_used = gs_arena_alloc(loader->arena, (size_t)count, sizeof *loader->tensor_used);
    gs_status status = GS_OK;
    if (!data || !model->tensor || !loader->tensor_used || (loader->narrow && !narrow))
        status = gs_loader_memory(loader);
    if (!status && OWN_ORDER && !narrow) /* else what is hashed is changed, or freed */
        gs_hash_follow(&loader->hash, data, (size_t)bytes);
    if (!status)
        status = read_values(loader, file, spans, count, narrow ? narrow : (unsigned char *)data, (size_t)bytes, data);
    gs_free(narrow);
    if (status)
        return status;
    model->tensors = count;
    gs_tensors_sort(model);
    return GS_OK;
}

static gs_status read_tensors(gs_loader *loader, gs_file *file, json_t *header, uint64_t bytes) {
    span *spans = gs_alloc(json_object_size(header), sizeof *spans);
    if (!spans)
        return gs_loader_memory(loader);
    int count = 0;
    gs_status status = read_entries(loader, header, spans, &count);
    if (!status)
        status = check_cover(loader, spans, count, bytes);
    if (!status)
        status = read_data(loader, file, spans, count, bytes);
    gs_free(spans);
    return status;
}

static gs_status read_open_file(gs_loader *loader, gs_file *file, json_t **metadata) {
    size_t length = 0;
    json_t *header = NULL;
    gs_status status = read_header_length(loader, file, &length);
    if (!status)
        status = parse_header(loader, file, length, &header);
    /* The sizes are checked against the file's before memory for the data is allocated. */
    if (!status)
        status = read_tensors(loader, file, header, loader->file_bytes - 8 - length);
    if (!status)
        *metadata = json_incref(json_object_get(header, "__metadata__"));
    if (!status && !*metadata)
        status = gs_loader_fail(loader, "header: no '__metadata__', expected a gensample model");
    json_decref(header);
    return status;
}

gs_status gs_safetensors_read(gs_loader *loader, json_t **metadata) {
    gs_file *file = NULL;
    gs_status status = gs_file_open(loader, has_bad_length, &file);
    if (!status)
        status = read_open_file(loader, file, metadata);
    gs_file_close(file);
    return status;
}
