/* PNG files: one image, or a grid of them. libpng reads; everything becomes 16 bits first. */
#include "io/reader.h"

#include <setjmp.h>
#include <string.h>

#include "io/images.h"
#include "io/png_memory.h"

enum { PIXELS_MAX = 1 << 24, CHUNK_BYTES_MAX = 1 << 20, CHUNKS_MAX = 64 };

typedef struct picture {
    gs_reader *reader;
    gs_png png;
    size_t width, height, channels; /* channels: 1 grey, 2 with alpha, 3 RGB, 4 with alpha */
    uint8_t *samples;               /* (height, width, channels), 2 bytes each, big-endian */
    png_bytep *rows;
    size_t row; /* rows read */
} picture;

/* How a picture is cut. */
typedef struct cut {
    size_t rows, columns, gap;
} cut;

static void png_complain(png_structp png, png_const_charp message) {
    picture *p = png_get_error_ptr(png);
    if (!p->png.status) {
        p->png.status =
            gs_fail(p->reader->error, GS_ERROR_FORMAT, "%s: row %zu: libpng: %s", p->reader->path, p->row, message);
    }
    png_longjmp(png, 1);
}

static void png_get(png_structp png, png_bytep bytes, size_t count) {
    picture *p = png_get_io_ptr(png);
    if (!p->png.status) /* libpng goes on without memory for a text */
        p->png.status = gs_reader_take(p->reader, bytes, count);
    if (p->png.status)
        png_error(png, "read");
}

static void count_row(png_structp png, png_uint_32 row, int pass) {
    picture *p = png_get_error_ptr(png);
    (void)pass;
    p->row = row;
}

/* Whether `length` pixels are whole cells of `side`, each with a gap before it and one at the end. */
static bool divides(size_t length, size_t side, size_t gap) {
    return length > gap && (length - gap) % (side + gap) == 0;
}

static bool fits(const picture *p, size_t gap) {
    return divides(p->width, (size_t)p->reader->shape[2], gap) && divides(p->height, (size_t)p->reader->shape[1], gap);
}

static gs_status wrong_size(const picture *p) {
    const gs_reader *r = p->reader;
    return gs_fail(r->error, GS_ERROR_FORMAT,
                   "%s: a picture of %zu x %zu pixels: expected %d x %d, the model's, or a grid of such images",
                   r->path, p->height, p->width, r->shape[1], r->shape[2]);
}

static gs_status check_size(const picture *p) {
    const gs_reader *r = p->reader;
    if (!fits(p, 0) && !fits(p, GS_GRID_GAP))
        return wrong_size(p);
    if (p->width > PIXELS_MAX / p->height) {
        return gs_fail(r->error, GS_ERROR_FORMAT, "%s: a picture of %zu x %zu pixels: expected at most %d", r->path,
                       p->height, p->width, PIXELS_MAX);
    }
    return GS_OK;
}

/* Sets p->png.status; the caller's setjmp ends it early. */
static void read_all(picture *p, png_structp png, png_infop info) {
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_chunk_malloc_max(png, CHUNK_BYTES_MAX);
    png_set_chunk_cache_max(png, CHUNKS_MAX);
    png_read_info(png, info);
    p->width = png_get_image_width(png, info);
    p->height = png_get_image_height(png, info);
    p->png.status = check_size(p);
    if (p->png.status)
        return;
    png_set_expand_16(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    p->channels = png_get_channels(png, info);
    size_t pitch = p->width * p->channels * 2;
    p->samples = gs_alloc(p->height, pitch);
    p->rows = gs_alloc(p->height, sizeof *p->rows);
    if (!p->samples || !p->rows) {
        p->png.status = gs_fail_memory(p->png.error, p->png.what);
        return;
    }
    for (size_t y = 0; y < p->height; y++)
        p->rows[y] = p->samples + y * pitch;
    png_set_read_status_fn(png, count_row);
    png_read_image(png, p->rows);
    png_read_end(png, NULL);
}

static void read_picture(picture *p) {
    png_structp png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, p, png_complain, gs_png_ignore, &p->png,
                                               gs_png_take, gs_png_give);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info) {
        p->png.status = gs_fail_memory(p->png.error, p->png.what);
    } else if (setjmp(png_jmpbuf(png)) == 0) { /* a longjmp comes back here; nothing local changes in between */
        png_set_read_fn(png, p, png_get);
        read_all(p, png, info);
    }
    png_destroy_read_struct(&png, &info, NULL);
}

static unsigned sample(const picture *p, size_t x, size_t y, size_t channel) {
    const uint8_t *at = p->samples + ((y * p->width + x) * p->channels + channel) * 2;
    return (unsigned)at[0] << 8 | at[1];
}

/* What libpng gives to what the model takes: opaque, and grey where one channel is wanted. */
static gs_status check_colours(const picture *p) {
    const gs_reader *r = p->reader;
    size_t colours = p->channels < 3 ? 1 : 3;
    bool need_grey = r->shape[0] == 1 && colours == 3;
    if (r->shape[0] != 1 && r->shape[0] != 3) {
        return gs_fail(r->error, GS_ERROR_FORMAT, "%s: a picture has 1 or 3 channels: expected %d, the model's",
                       r->path, r->shape[0]);
    }
    for (size_t y = 0; y < p->height; y++) {
        for (size_t x = 0; x < p->width; x++) {
            if (p->channels > colours && sample(p, x, y, colours) != UINT16_MAX) {
                return gs_fail(r->error, GS_ERROR_FORMAT, "%s: is transparent at row %zu, column %zu: expected opaque",
                               r->path, y, x);
            }
            unsigned red = sample(p, x, y, 0);
            if (need_grey && (sample(p, x, y, 1) != red || sample(p, x, y, 2) != red)) {
                return gs_fail(r->error, GS_ERROR_FORMAT,
                               "%s: is coloured at row %zu, column %zu: expected grey, as the model has one channel",
                               r->path, y, x);
            }
        }
    }
    return GS_OK;
}

/* Whether a rectangle has the colour of what gs_write_grid leaves empty. */
static bool is_empty(const picture *p, size_t x, size_t y, size_t width, size_t height) {
    for (size_t i = y; i < y + height; i++) {
        for (size_t j = x; j < x + width; j++)
            if (sample(p, j, i, 0) != GS_GRID_BACKGROUND * 257)
                return false;
    }
    return true;
}

static cut choose_cut(const picture *p) {
    size_t w = (size_t)p->reader->shape[2], h = (size_t)p->reader->shape[1], gap = GS_GRID_GAP;
    bool drawn = fits(p, gap);
    for (size_t x = 0; drawn && x < p->width; x += w + gap)
        drawn = is_empty(p, x, 0, gap, p->height);
    for (size_t y = 0; drawn && y < p->height; y += h + gap)
        drawn = is_empty(p, 0, y, p->width, gap);
    gap = drawn ? gap : 0;
    return (cut){.rows = (p->height - gap) / (h + gap), .columns = (p->width - gap) / (w + gap), .gap = gap};
}

static void take_image(const picture *p, size_t x, size_t y, float *image) {
    const gs_reader *r = p->reader;
    for (int c = 0; c < r->shape[0]; c++) {
        for (int i = 0; i < r->shape[1]; i++) {
            for (int j = 0; j < r->shape[2]; j++) {
                unsigned v = sample(p, x + (size_t)j, y + (size_t)i, p->channels < 3 ? 0 : (size_t)c);
                *image++ = gs_reader_pixel(r, (float)v / (float)UINT16_MAX);
            }
        }
    }
}

/* Cut into images; where `images` is NULL, count them. */
static size_t cut_up(const picture *p, cut c, float *images, size_t most) {
    size_t w = (size_t)p->reader->shape[2], h = (size_t)p->reader->shape[1], n = 0;
    for (size_t k = 0; k < c.rows * c.columns && n < most; k++) {
        size_t x = c.gap + k % c.columns * (w + c.gap), y = c.gap + k / c.columns * (h + c.gap);
        if (c.gap && is_empty(p, x, y, w, h))
            continue;
        if (images)
            take_image(p, x, y, images + n * p->reader->pixels);
        n++;
    }
    return n;
}

static gs_status take_images(const picture *p) {
    gs_reader *r = p->reader;
    gs_status status = check_colours(p);
    cut c = choose_cut(p);
    if (!status && !c.gap && !fits(p, 0))
        return wrong_size(p);
    size_t total = cut_up(p, c, NULL, SIZE_MAX);
    if (!status && total == 0)
        status = gs_fail(r->error, GS_ERROR_FORMAT, "%s: has no images", r->path);
    if (!status)
        status = gs_reader_make_room(r, total);
    if (!status)
        cut_up(p, c, r->images->data, r->images->n);
    return status;
}

gs_status gs_read_png(gs_reader *r) {
    picture p = {.reader = r, .png = {.error = r->error, .status = GS_OK, .what = "reading a PNG file"}};
    read_picture(&p);
    gs_status status = !p.png.status ? take_images(&p) : p.png.status;
    gs_free(p.samples);
    gs_free(p.rows);
    return status;
}
