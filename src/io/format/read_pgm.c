/* Netpbm's PGM files, raw ("P5"): a header of text with comments, then a grey sample of one or two bytes per pixel; one
 * image, or a grid of them. */
#include "io/format/pictured.h"

#include <stdio.h>
#include <string.h>

enum { MAGIC = 3, COMMENT = 4096, HEADER_MAX = 1 << 20, SIDE_MAX = 1 << 24, CHUNK = 4096, WHITE = 65535 };

typedef struct header {
    gs_reader *reader;
    gs_description *description; /* receives the comments; or NULL */
    uint64_t begin;              /* where the file begins */
    unsigned number[3];          /* width, height, the sample of white */
} header;

static bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static gs_status bad_header(const gs_reader *r, const char *found) {
    return gs_fail(r->error, GS_ERROR_FORMAT,
                   "%s: its PGM header %s: expected P5, width, height, and the sample of white, 1 ... 65535", r->path,
                   found);
}

static gs_status next(header *h, char *c) {
    const gs_source *s = &h->reader->source;
    if (s->taken - h->begin > HEADER_MAX)
        return bad_header(h->reader, "is longer than a megabyte");
    return gs_reader_take(h->reader, c, 1);
}

/* "KEY: TEXT", as gensample writes it. */
static void tell(const header *h, char *comment) {
    char *colon = strstr(comment, ": ");
    if (!h->description || !colon)
        return;
    *colon = '\0';
    h->description->note(h->description->context, comment + strspn(comment, " "), colon + 2);
}

/* From behind # to the end of the line; what is beyond COMMENT is left out. */
static gs_status take_comment(header *h) {
    char text[COMMENT], c = 0;
    size_t used = 0;
    gs_status status = GS_OK;
    while (!status && c != '\n' && c != '\r') {
        status = next(h, &c);
        if (used + 1 < sizeof text && c && c != '\n' && c != '\r')
            text[used++] = c;
    }
    text[used] = '\0';
    if (!status)
        tell(h, text);
    return status;
}

/* Reads blanks and comments, a number, and the blank behind it. */
static gs_status take_number(header *h, unsigned *number) {
    char c = ' ';
    gs_status status = GS_OK;
    while (!status && (is_blank(c) || c == '#')) {
        if (c == '#')
            status = take_comment(h);
        if (!status)
            status = next(h, &c);
    }
    if (!status && (c < '0' || c > '9'))
        return bad_header(h->reader, "lacks a number");
    for (*number = 0; !status && c >= '0' && c <= '9'; status = next(h, &c)) {
        *number = *number * 10 + (unsigned)(c - '0');
        if (*number > SIDE_MAX)
            return bad_header(h->reader, "has a number that is too large");
    }
    return status || is_blank(c) ? status : bad_header(h->reader, "has more than digits in a number");
}

static gs_status take_header(header *h) {
    char magic[MAGIC - 1];
    h->begin = h->reader->source.taken;
    gs_status status = gs_reader_take(h->reader, magic, sizeof magic);
    for (size_t i = 0; i < GS_COUNT(h->number) && !status; i++)
        status = take_number(h, &h->number[i]);
    if (status)
        return status;
    if (!h->number[0] || !h->number[1] || !h->number[2] || h->number[2] > WHITE)
        return bad_header(h->reader, "has a number out of range");
    return GS_OK;
}

/* Samples become shares of 65535, rounded to nearest. */
static gs_status take_samples(gs_reader *r, unsigned white, gs_raster *a) {
    size_t bytes = white > 255 ? 2 : 1, count = a->width * a->height;
    gs_status status = GS_OK;
    for (size_t at = 0; !status && at < count; at += CHUNK) {
        uint8_t room[2 * CHUNK];
        size_t n = count - at < CHUNK ? count - at : CHUNK;
        status = gs_reader_take(r, room, n * bytes);
        for (size_t i = 0; !status && i < n; i++) {
            unsigned v = bytes == 1 ? room[i] : (unsigned)room[2 * i] << 8 | room[2 * i + 1];
            if (v > white) {
                return gs_fail(r->error, GS_ERROR_FORMAT,
                               "%s: is %u at row %zu, column %zu: expected at most %u, white", r->path, v,
                               (at + i) / a->width, (at + i) % a->width, white);
            }
            unsigned share = (v * (unsigned)WHITE + white / 2) / white;
            a->samples[2 * (at + i)] = (uint8_t)(share >> 8);
            a->samples[2 * (at + i) + 1] = (uint8_t)share;
        }
    }
    return status;
}

/* Nothing may follow. */
static gs_status check_end(gs_reader *r) {
    uint8_t byte;
    size_t got = 0;
    gs_status status = gs_source_read(&r->source, &byte, 1, &got);
    return status || !got ? status
                          : gs_fail(r->error, GS_ERROR_FORMAT, "%s: more bytes follow its last pixel", r->path);
}

static gs_status read_images(gs_reader *r) {
    header h = {.reader = r};
    gs_status status = take_header(&h);
    gs_raster a = {.width = h.number[0], .height = h.number[1], .channels = 1};
    if (!status)
        status = gs_pictured_check(r, &a);
    if (status)
        return status;
    a.samples = gs_alloc(a.width * a.height, 2);
    status = a.samples ? take_samples(r, h.number[2], &a) : gs_fail_memory(r->error, "reading a PGM file");
    if (!status)
        status = check_end(r);
    if (!status)
        status = gs_pictured_take(r, &a);
    gs_free(a.samples);
    return status;
}

static gs_status describe_file(gs_reader *r, gs_description *description) {
    header h = {.reader = r, .description = description};
    gs_status status = take_header(&h);
    if (status)
        return status;
    description->shape[0] = 1;
    description->shape[1] = (int)h.number[1];
    description->shape[2] = (int)h.number[0];
    snprintf(description->text, sizeof description->text, "PGM, %u x %u pixels, %d-bit grey", h.number[1], h.number[0],
             h.number[2] > 255 ? 16 : 8);
    return GS_OK;
}

static bool knows(const unsigned char *head, size_t count) {
    return count >= MAGIC && head[0] == 'P' && head[1] == '5' && (is_blank((char)head[2]) || head[2] == '#');
}

const gs_reader_format gs_reader_pgm = {.knows = knows, .read = read_images, .describe = describe_file};
