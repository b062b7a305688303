/* NumPy's formats 1.0 to 3.0: a magic, a header that is a Python dictionary, the elements. */
#include "io/reader.h"

#include <math.h>
#include <string.h>

enum { PREFIX = 8, HEADER_MAX = 10000, RANK_MAX = 8, WORD = 40, CHUNK = 1024 };

static const double SLACK = 0.1; /* of the range, beyond which floats are another range's */

typedef struct header {
    const char *at; /* what is parsed next; a 0 byte ends it */
    char descr[WORD];
    bool fortran;
    int rank;
    uint64_t sizes[RANK_MAX];
    unsigned seen; /* bits of the keys */
} header;

static bool eat(header *h, const char *text) {
    h->at += strspn(h->at, " ");
    size_t length = strlen(text);
    if (strncmp(h->at, text, length) != 0)
        return false;
    h->at += length;
    return true;
}

/* 'text' or "text" */
static bool parse_string(header *h, char text[WORD]) {
    const char quote = eat(h, "'") ? '\'' : '"';
    if (quote == '"' && !eat(h, "\""))
        return false;
    const char *end = strchr(h->at, quote);
    if (!end || end - h->at >= WORD)
        return false;
    memcpy(text, h->at, (size_t)(end - h->at));
    text[end - h->at] = 0;
    h->at = end + 1;
    return true;
}

/* (2, 3) or (2,) or () */
static bool parse_shape(header *h) {
    if (!eat(h, "("))
        return false;
    while (!eat(h, ")")) {
        uint64_t v = 0;
        const char *begin = h->at;
        for (; *h->at >= '0' && *h->at <= '9'; h->at++) {
            if (v > UINT32_MAX)
                return false;
            v = v * 10 + (uint64_t)(*h->at - '0');
        }
        if (h->at == begin || h->rank == RANK_MAX)
            return false;
        h->sizes[h->rank++] = v;
        if (!eat(h, ",") && *h->at != ')')
            return false;
    }
    return true;
}

static bool parse_entry(header *h) {
    static const char *const keys[] = {"descr", "fortran_order", "shape"};
    char key[WORD];
    unsigned i = 0;
    if (!parse_string(h, key) || !eat(h, ":"))
        return false;
    while (i < GS_COUNT(keys) && strcmp(key, keys[i]) != 0)
        i++;
    if (i == GS_COUNT(keys) || h->seen >> i & 1)
        return false;
    h->seen |= 1u << i;
    if (i == 0)
        return parse_string(h, h->descr);
    if (i == 2)
        return parse_shape(h);
    h->fortran = eat(h, "True");
    return h->fortran || eat(h, "False");
}

static bool parse(header *h) {
    if (!eat(h, "{"))
        return false;
    while (!eat(h, "}")) {
        bool good = parse_entry(h);
        if (!good || (!eat(h, ",") && *h->at != '}'))
            return false;
    }
    return h->seen == 7 && h->at[strspn(h->at, " \n")] == 0;
}

static gs_status bad_header(const gs_reader *r, const char *found) {
    return gs_fail(r->error, GS_ERROR_FORMAT,
                   "%s: its NPY header %s: expected NumPy's, of 'descr', 'fortran_order', "
                   "'shape'",
                   r->path, found);
}

/* Its length is 2 bytes in version 1, 4 in later ones; *start gets where the elements begin. */
static gs_status read_header(gs_reader *r, char text[HEADER_MAX + 1], uint64_t *start) {
    uint8_t prefix[PREFIX], length[4] = {0};
    gs_status status = gs_reader_take(r, prefix, PREFIX);
    if (status)
        return status;
    if (memcmp(prefix, "\x93NUMPY", 6) != 0 || prefix[6] < 1 || prefix[6] > 3)
        return bad_header(r, "has no known version");
    size_t bytes = prefix[6] == 1 ? 2 : 4;
    status = gs_reader_take(r, length, bytes);
    size_t count = (size_t)length[0] | (size_t)length[1] << 8 | (size_t)length[2] << 16 | (size_t)length[3] << 24;
    if (!status && count > HEADER_MAX)
        return bad_header(r, "is longer than 10000 bytes");
    if (!status)
        status = gs_reader_take(r, text, count);
    if (!status && memchr(text, 0, count))
        return bad_header(r, "has a 0 byte");
    text[!status ? count : 0] = 0;
    *start = PREFIX + bytes + count;
    return status;
}

/* The element at `bytes`: a byte as a share of 255, else a float of 4 or 8 bytes. */
static double element(const uint8_t *bytes, size_t item, bool big) {
    uint64_t word = 0;
    for (size_t i = 0; i < item; i++)
        word = word << 8 | bytes[big ? i : item - 1 - i];
    float single;
    double value;
    uint32_t low = (uint32_t)word;
    memcpy(&single, &low, sizeof single);
    memcpy(&value, &word, sizeof value);
    return item == 1 ? (double)word / 255.0 : item == 4 ? (double)single : value;
}

static gs_status out_of_range(const gs_reader *r, double value, size_t at) {
    size_t pixel = at % r->pixels, width = (size_t)r->shape[2], plane = width * (size_t)r->shape[1];
    return gs_fail(r->error, GS_ERROR_FORMAT,
                   "%s: %g at image %zu, channel %zu, row %zu, column %zu: expected pixels in [%g, %g], the model's",
                   r->path, value, at / r->pixels, pixel / plane, pixel % plane / width, pixel % width,
                   (double)r->range[0], (double)r->range[1]);
}

static gs_status read_elements(gs_reader *r, size_t item, bool big) {
    size_t size = r->images->n * r->pixels;
    double low = (double)r->range[0], high = (double)r->range[1], slack = SLACK * (high - low);
    gs_status status = GS_OK;
    for (size_t at = 0; !status && at < size; at += CHUNK) {
        uint8_t bytes[8 * CHUNK];
        size_t count = size - at < CHUNK ? size - at : CHUNK;
        status = gs_reader_take(r, bytes, count * item);
        for (size_t i = 0; !status && i < count; i++) {
            double v = element(bytes + i * item, item, big);
            if (item == 1)
                v = (double)gs_reader_pixel(r, (float)v);
            else if (!(v >= low - slack && v <= high + slack)) /* a NaN too */
                return out_of_range(r, v, at + i);
            r->images->data[at + i] = (float)fmin(fmax(v, low), high);
        }
    }
    return status;
}

gs_status gs_read_npy(gs_reader *r) {
    static const struct {
        const char *descr;
        size_t item;
        bool big;
    } types[] = {{"|u1", 1, false}, {"<f4", 4, false}, {">f4", 4, true}, {"<f8", 8, false}, {">f8", 8, true}};
    char text[HEADER_MAX + 1];
    header h = {.at = text};
    uint64_t start = 0;
    gs_status status = read_header(r, text, &start);
    if (status)
        return status;
    if (!parse(&h))
        return bad_header(r, "can't be read");
    size_t i = 0;
    while (i < GS_COUNT(types) && strcmp(types[i].descr, h.descr) != 0)
        i++;
    if (i == GS_COUNT(types)) {
        return gs_fail(r->error, GS_ERROR_FORMAT, "%s: elements of type '%s': expected float32, float64 or uint8",
                       r->path, h.descr);
    }
    if (h.fortran)
        return gs_fail(r->error, GS_ERROR_FORMAT, "%s: is column-major (fortran_order): expected row-major", r->path);
    status = gs_reader_accept(r, h.rank, h.sizes, types[i].item, start);
    return !status ? read_elements(r, types[i].item, types[i].big) : status;
}
