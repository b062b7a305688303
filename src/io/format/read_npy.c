/* NumPy's formats 1.0 to 3.0: a magic, a header that is a Python dictionary, the elements. */
#include "io/format/npy_row.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    MAGIC = 6,
    PREFIX = 8,
    HEADER_MAX = 10000,
    RANK_MAX = GS_READER_RANK_MAX,
    WORD = 40,
    CHUNK = 1024,
    ITEM_MAX = 8
};

/* SLACK: the share of the range beyond which floats are clipped with a caution. CLIPPED_MOST: the share of the pixels
 * that may be clipped if all of them are on one side, as in data of another range: of digits on white in -1 ... 1, one
 * pixel in 25 is below -0.1. Samples leave their range on both sides. */
static const double SLACK = 0.1, CLIPPED_MOST = 0.02;

/* Points may be beyond the range by so many of its widths, which chains of sound runs never are (sample/bounds.h). */
static const double POINTS_WIDTHS = 1000;

typedef struct header {
    const char *at; /* what is parsed next; a 0 byte ends it */
    char descr[WORD];
    bool fortran;
    gs_array array;
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

/* Reads any number of digits; UINT64_MAX stands for every larger number. */
static bool parse_size(header *h, uint64_t *size) {
    const char *begin = h->at;
    *size = 0;
    for (; *h->at >= '0' && *h->at <= '9'; h->at++) {
        uint64_t digit = (uint64_t)(*h->at - '0');
        *size = *size > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *size * 10 + digit;
    }
    h->at += *h->at == 'L'; /* as Python 2 wrote it */
    return h->at != begin;
}

/* (2, 3) or (2,) or () */
static bool parse_shape(header *h) {
    gs_array *a = &h->array;
    h->at += strspn(h->at, " ");
    a->text = h->at;
    if (!eat(h, "("))
        return false;
    while (!eat(h, ")")) {
        h->at += strspn(h->at, " ");
        if (a->rank == RANK_MAX || !parse_size(h, &a->sizes[a->rank++]))
            return false;
        if (!eat(h, ",") && *h->at != ')')
            return false;
    }
    a->length = (int)(h->at - a->text);
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

/* Its length is 2 bytes in version 1, 4 in later ones. */
static gs_status read_header(gs_reader *r, char text[HEADER_MAX + 1]) {
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
    return status;
}

/* ---- Elements ---- */

typedef enum kind { BYTE, BOOL, SIGNED, UNSIGNED, FLOAT } kind;

/* NumPy's names, without the byte order, of the types whose meaning is certain. White may be 255 or 65535 in unsigned
 * 16-bit integers; nobody uses signed bytes or floats of other widths for pixels. */
static const struct type {
    const char *name;
    size_t bytes;
    kind kind;
} types[] = {{"u1", 1, BYTE},   {"b1", 1, BOOL},   {"?", 1, BOOL},      {"i2", 2, SIGNED},
             {"i4", 4, SIGNED}, {"i8", 8, SIGNED}, {"u4", 4, UNSIGNED}, {"u8", 8, UNSIGNED},
             {"f2", 2, FLOAT},  {"f4", 4, FLOAT},  {"f8", 8, FLOAT}};

/* The elements that are being read, and those of them that are to be clipped. */
typedef struct elements {
    const struct type *type;
    bool big;
    double low, high;        /* the range */
    double farthest;         /* beyond it, of those that are clipped */
    uint64_t clipped, below; /* how many, and how many of them at the lower end */
    uint64_t first;          /* the first one's place */
    double first_value;
} elements;

/* A type such as '<u1': a single byte has no order, so any sign will do; wider types need '<' or '>'. */
static gs_status choose_type(const gs_reader *r, const char *descr, elements *e) {
    const char *name = descr + (*descr && strchr("<>|=", *descr) != NULL);
    size_t i = 0;
    while (i < GS_COUNT(types) && strcmp(types[i].name, name) != 0)
        i++;
    if (i == GS_COUNT(types)) {
        return gs_fail(r->error, GS_ERROR_FORMAT,
                       "%s: elements of type '%s': expected float32, float64, float16, uint8, bool, or integers of at "
                       "least 16 bits that hold 0 ... 255 (but uint16, whose white may be 255 or 65535)",
                       r->path, descr);
    }
    e->type = &types[i];
    e->big = *descr == '>';
    if (types[i].bytes > 1 && *descr != '<' && *descr != '>') {
        return gs_fail(r->error, GS_ERROR_FORMAT,
                       "%s: elements of type '%s', of unknown byte order: expected '<%s' or '>%s'", r->path, descr,
                       name, name);
    }
    return GS_OK;
}

/* IEEE 754's binary16. */
static double half_float(unsigned bits) {
    int exponent = (int)(bits >> 10 & 31), fraction = (int)(bits & 1023);
    double v = exponent == 31 ? (fraction ? NAN : INFINITY)
               : exponent     ? ldexp(1024 + fraction, exponent - 25)
                              : ldexp(fraction, -24);
    return bits >> 15 ? -v : v;
}

static double signed_value(uint64_t word, size_t bytes) {
    uint64_t sign = (uint64_t)1 << (8 * bytes - 1);
    return word < sign ? (double)word : -(double)(sign - (word - sign));
}

/* The element of that type at `bytes`, as a number. */
static double element(const uint8_t *bytes, const elements *e) {
    uint64_t word = 0;
    size_t item = e->type->bytes;
    for (size_t i = 0; i < item; i++)
        word = word << 8 | bytes[e->big ? i : item - 1 - i];
    if (e->type->kind == SIGNED)
        return signed_value(word, item);
    if (e->type->kind != FLOAT)
        return (double)word;
    if (item == 2)
        return half_float((unsigned)word);
    float single;
    double value;
    uint32_t low = (uint32_t)word;
    memcpy(&single, &low, sizeof single);
    memcpy(&value, &word, sizeof value);
    return item == 4 ? (double)single : value;
}

/* Points of a plane or space, which no picture's range bounds. */
static bool are_points(const gs_reader *r) {
    return r->shape && r->shape[1] == 1 && r->shape[2] == 1;
}

static gs_status out_of_range(const gs_reader *r, double value, uint64_t at, const char *expected) {
    size_t pixel = (size_t)(at % r->pixels), width = (size_t)r->shape[2], plane = width * (size_t)r->shape[1];
    if (are_points(r))
        return gs_fail(r->error, GS_ERROR_FORMAT, "%s: %g at point %llu, coordinate %zu: expected %s", r->path, value,
                       (unsigned long long)(at / r->pixels), pixel, expected);
    return gs_fail(r->error, GS_ERROR_FORMAT, "%s: %g at image %llu, channel %zu, row %zu, column %zu: expected %s",
                   r->path, value, (unsigned long long)(at / r->pixels), pixel / plane, pixel % plane / width,
                   pixel % width, expected);
}

/* The error about floats that are not to be clipped: where the first one is, and how many there are. */
static gs_status refuse_float(const gs_reader *r, const elements *e, double value, uint64_t at) {
    char expected[240];
    int used = snprintf(expected, sizeof expected, "pixels in [%g, %g], %s", e->low, e->high, r->whose_range);
    if (e->clipped > 1)
        used += snprintf(expected + used, sizeof expected - (size_t)used, "; %llu are like it, up to %.3g beyond",
                         (unsigned long long)e->clipped, e->farthest);
    if (isfinite(value))
        snprintf(expected + used, sizeof expected - (size_t)used, "%s", r->advice);
    return out_of_range(r, value, at, expected);
}

/* A coordinate of a point. */
static gs_status take_coordinate(const gs_reader *r, const elements *e, double v, uint64_t at, float *coordinate) {
    double beyond = POINTS_WIDTHS * (e->high - e->low);
    char expected[240];
    if (v >= e->low - beyond && v <= e->high + beyond) {
        *coordinate = (float)v;
        return GS_OK;
    }
    snprintf(expected, sizeof expected, "coordinates in [%g, %g], no more than %g widths beyond [%g, %g], %s",
             e->low - beyond, e->high + beyond, POINTS_WIDTHS, e->low, e->high, r->whose_range);
    return out_of_range(r, v, at, expected);
}

/* An element as a pixel. `at`: its place among the images in row-major order. */
static gs_status take_element(gs_reader *r, elements *e, double v, uint64_t at, float *pixel) {
    if (e->type->kind == FLOAT) {
        if (are_points(r))
            return take_coordinate(r, e, v, at, pixel);
        double width = e->high - e->low, beyond = v < e->low ? e->low - v : v - e->high;
        if (!(beyond <= width)) /* a NaN too */
            return refuse_float(r, e, v, at);
        if (beyond > SLACK * width) {
            e->first = e->clipped ? e->first : at;
            e->first_value = e->clipped ? e->first_value : v;
            e->farthest = beyond > e->farthest ? beyond : e->farthest;
            e->below += v < e->low;
            e->clipped++;
        }
        *pixel = (float)fmin(fmax(v, e->low), e->high);
        return GS_OK;
    }
    bool one = e->type->kind == BOOL;
    if (v < 0 || v > (one ? 1 : 255))
        return out_of_range(r, v, at, one ? "0 or 1" : "0 ... 255, as bytes hold, or floats");
    *pixel = one ? r->range[v > 0] : gs_reader_pixel(r, (float)(v / 255.0));
    return GS_OK;
}

static gs_status check_clipped(const gs_reader *r, const elements *e) {
    double size = (double)r->images->n * (double)r->pixels;
    if (!e->clipped)
        return GS_OK;
    bool one_side = e->below == 0 || e->below == e->clipped;
    if (one_side && (double)e->clipped > CLIPPED_MOST * size)
        return refuse_float(r, e, e->first_value, e->first);
    snprintf(r->images->caution, GS_REMARK_MAX,
             "%llu of %.0f pixels are clipped to [%g, %g], being more than a tenth of that beyond it, up to %.3g",
             (unsigned long long)e->clipped, size, e->low, e->high, e->farthest);
    return GS_OK;
}

/* The place in a row-major array of element `at` of a column-major one. */
static uint64_t row_major_place(const gs_array *a, uint64_t at) {
    uint64_t place = 0;
    for (int i = 0; i < a->rank; i++) {
        place = place * a->sizes[i] + at % a->sizes[i];
        at /= a->sizes[i];
    }
    return place;
}

/* Elements are read in the file's order; the first images of a column-major array are spread over all of it. */
static gs_status read_elements(gs_reader *r, const gs_array *a, elements *e, bool column_major) {
    uint64_t wanted = (uint64_t)r->images->n * r->pixels, size = column_major ? a->total * r->pixels : wanted;
    gs_status status = GS_OK;
    for (uint64_t at = 0; !status && at < size; at += CHUNK) {
        uint8_t bytes[ITEM_MAX * CHUNK];
        size_t count = size - at < CHUNK ? (size_t)(size - at) : CHUNK;
        status = gs_reader_take_items(r, a, at, bytes, count);
        for (size_t i = 0; !status && i < count; i++) {
            uint64_t place = column_major ? row_major_place(a, at + i) : at + i;
            if (place < wanted)
                status = take_element(r, e, element(bytes + i * e->type->bytes, e), place, &r->images->data[place]);
        }
    }
    return status ? status : gs_reader_finish(r, a, size);
}

/* `text` holds what *h points into. */
static gs_status take_header(gs_reader *r, char text[HEADER_MAX + 1], header *h) {
    gs_status status = read_header(r, text);
    *h = (header){.at = text};
    return status || parse(h) ? status : bad_header(r, "cannot be read");
}

static gs_status describe_file(gs_reader *r, gs_description *description) {
    char text[HEADER_MAX + 1];
    header h;
    gs_status status = take_header(r, text, &h);
    if (!status)
        gs_reader_describe_shape(&h.array, description->shape);
    if (!status)
        snprintf(description->text, sizeof description->text, "NPY, elements '%s', shape %.*s, %s", h.descr,
                 h.array.length, h.array.text, h.fortran ? "column-major" : "row-major");
    return status;
}

static gs_status read_images(gs_reader *r) {
    char text[HEADER_MAX + 1];
    header h;
    elements e = {.low = (double)r->range[0], .high = (double)r->range[1]};
    gs_status status = take_header(r, text, &h);
    if (!status)
        status = choose_type(r, h.descr, &e);
    if (status)
        return status;
    h.array.item_bytes = e.type->bytes;
    status = gs_reader_accept(r, &h.array);
    if (!status)
        status = read_elements(r, &h.array, &e, h.fortran);
    return status ? status : check_clipped(r, &e);
}

/* ---- Rows ---- */

/* The number of an array's elements; false if it overflows. */
static bool count_elements(const gs_array *a, size_t item, uint64_t *count) {
    *count = 1;
    for (int i = 0; i < a->rank; i++) {
        if (a->sizes[i] && *count > UINT64_MAX / item / a->sizes[i])
            return false;
        *count *= a->sizes[i];
    }
    return true;
}

/* The elements from number `at` on, as far as they are wanted; values that are no labels make it none. */
static void keep_values(gs_npy_row *row, const elements *e, const uint8_t *bytes, uint64_t at, size_t count) {
    for (size_t i = 0; row->values && i < count && at + i < row->most; i++) {
        double v = element(bytes + i * e->type->bytes, e);
        if (v >= 0 && v <= 255) {
            row->values[at + i] = (int)v;
        } else {
            gs_free(row->values);
            row->values = NULL;
        }
    }
}

gs_status gs_npy_read_row(gs_reader *r, gs_npy_row *row) {
    char text[HEADER_MAX + 1];
    header h;
    elements e = {.low = 0};
    gs_status status = take_header(r, text, &h);
    if (!status)
        status = choose_type(r, h.descr, &e);
    if (!status && !count_elements(&h.array, e.type->bytes, &row->count))
        status = bad_header(r, "has sizes that are too large");
    if (!status && row->most && h.array.rank == 1 && e.type->kind != FLOAT) {
        size_t n = row->count < row->most ? (size_t)row->count : row->most;
        row->values = gs_alloc(n, sizeof *row->values);
        status = row->values ? GS_OK : gs_fail_memory(r->error, "reading labels");
    }
    for (uint64_t at = 0; !status && at < row->count; at += CHUNK) {
        uint8_t bytes[ITEM_MAX * CHUNK];
        size_t count = row->count - at < CHUNK ? (size_t)(row->count - at) : CHUNK;
        status = gs_reader_take(r, bytes, count * e.type->bytes);
        if (!status)
            keep_values(row, &e, bytes, at, count);
    }
    return status;
}

static bool knows(const unsigned char *head, size_t count) {
    return count >= MAGIC && !memcmp(head, "\x93NUMPY", MAGIC);
}

const gs_reader_format gs_reader_npy = {.knows = knows, .read = read_images, .describe = describe_file};
