/* PNG files: one image, or a grid of them. libpng reads; everything becomes 16 bits first. */
#include "io/reader.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "io/cut.h"
#include "io/png_memory.h"

enum { MAGIC = 8, PIXELS_MAX = 1 << 24 };

/* A limit on the bytes of the file: more than that many pixels take, so that chunks which nobody reads come to an
 * end. */
static const uint64_t BYTES_MAX = (uint64_t)1 << 28;

typedef struct picture {
    gs_reader *reader;
    gs_png png;
    gs_raster raster;
    png_bytep *rows;
    size_t row;                  /* rows read */
    gs_description *description; /* NULL: the images are read */
} picture;

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
    if (!p->png.status && p->reader->source.taken > BYTES_MAX)
        p->png.status = gs_fail(p->png.error, GS_ERROR_FORMAT, "%s: a picture of more than %llu bytes", p->reader->path,
                                (unsigned long long)BYTES_MAX);
    if (p->png.status)
        png_error(png, "read");
}

static void count_row(png_structp png, png_uint_32 row, int pass) {
    picture *p = png_get_error_ptr(png);
    (void)pass;
    p->row = row;
}

static gs_status check_size(const picture *p) {
    const gs_reader *r = p->reader;
    const gs_raster *a = &p->raster;
    if (!gs_cut_may_fit(a->height, a->width, (size_t)r->shape[1], (size_t)r->shape[2])) {
        return gs_fail(r->error, GS_ERROR_FORMAT,
                       "%s: a picture of %zu x %zu pixels: expected %d x %d, the model's, or a grid of such images",
                       r->path, a->height, a->width, r->shape[1], r->shape[2]);
    }
    if (a->width > PIXELS_MAX / a->height) {
        return gs_fail(r->error, GS_ERROR_FORMAT, "%s: a picture of %zu x %zu pixels: expected at most %d", r->path,
                       a->height, a->width, PIXELS_MAX);
    }
    return GS_OK;
}

/* Sets p->png.status; the caller's setjmp ends it early. */
static void read_all(picture *p, png_structp png, png_infop info) {
    gs_raster *a = &p->raster;
    a->width = png_get_image_width(png, info);
    a->height = png_get_image_height(png, info);
    p->png.status = check_size(p);
    if (p->png.status)
        return;
    png_set_expand_16(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    a->channels = png_get_channels(png, info);
    size_t pitch = a->width * a->channels * 2;
    a->samples = gs_alloc(a->height, pitch);
    p->rows = gs_alloc(a->height, sizeof *p->rows);
    if (!a->samples || !p->rows) {
        p->png.status = gs_fail_memory(p->png.error, p->png.what);
        return;
    }
    for (size_t y = 0; y < a->height; y++)
        p->rows[y] = a->samples + y * pitch;
    png_set_read_status_fn(png, count_row);
    png_read_image(png, p->rows);
    png_read_end(png, NULL);
}

/* Reads everything before the pixels. */
static void describe(picture *p, png_structp png, png_infop info) {
    static const char *const colours[] = {[PNG_COLOR_TYPE_GRAY] = "grey",
                                          [PNG_COLOR_TYPE_GRAY_ALPHA] = "grey with transparency",
                                          [PNG_COLOR_TYPE_PALETTE] = "a palette",
                                          [PNG_COLOR_TYPE_RGB] = "RGB",
                                          [PNG_COLOR_TYPE_RGB_ALPHA] = "RGB with transparency"};
    gs_description *d = p->description;
    png_textp notes = NULL;
    int count = 0;
    snprintf(d->text, sizeof d->text, "PNG, %lu x %lu pixels, %d-bit %s",
             (unsigned long)png_get_image_height(png, info), (unsigned long)png_get_image_width(png, info),
             png_get_bit_depth(png, info), colours[png_get_color_type(png, info)]);
    d->shape[0] = png_get_color_type(png, info) & PNG_COLOR_MASK_COLOR ? 3 : 1;
    d->shape[1] = (int)png_get_image_height(png, info);
    d->shape[2] = (int)png_get_image_width(png, info);
    png_get_text(png, info, &notes, &count);
    for (int i = 0; i < count; i++)
        d->note(d->context, notes[i].key, notes[i].text);
}

static void read_picture(picture *p) {
    png_structp png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, p, png_complain, gs_png_ignore, &p->png,
                                               gs_png_take, gs_png_give);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info) {
        p->png.status = gs_fail_memory(p->png.error, p->png.what);
    } else if (setjmp(png_jmpbuf(png)) == 0) { /* a longjmp comes back here; nothing local changes in between */
        png_set_read_fn(png, p, png_get);
        gs_png_limit(png);
        png_read_info(png, info);
        (p->description ? describe : read_all)(p, png, info);
    }
    png_destroy_read_struct(&png, &info, NULL);
}

/* ---- Colours ---- */

static gs_status fail_at(const picture *p, size_t x, size_t y, const char *found, const char *expected) {
    return gs_fail(p->reader->error, GS_ERROR_FORMAT, "%s: is %s at row %zu, column %zu: expected %s", p->reader->path,
                   found, y, x, expected);
}

/* Checks that the picture's colours suit the model: they must be opaque, and grey if one channel is wanted. */
static gs_status check_colours(const picture *p, size_t left, size_t top, size_t width, size_t height) {
    const gs_raster *a = &p->raster;
    size_t colours = a->channels < 3 ? 1 : 3;
    bool need_grey = p->reader->shape[0] == 1 && colours == 3;
    for (size_t y = top; y < top + height; y++) {
        for (size_t x = left; x < left + width; x++) {
            if (a->channels > colours && gs_raster_sample(a, x, y, colours) != UINT16_MAX)
                return fail_at(p, x, y, "transparent", "opaque");
            unsigned red = gs_raster_sample(a, x, y, 0);
            if (need_grey && (gs_raster_sample(a, x, y, 1) != red || gs_raster_sample(a, x, y, 2) != red))
                return fail_at(p, x, y, "coloured", "grey, as the model has one channel");
        }
    }
    return GS_OK;
}

/* ---- Images ---- */

/* The mean over scale x scale pixels, as a share of white. */
static float mean(const gs_raster *a, size_t x, size_t y, size_t channel, size_t scale) {
    uint64_t sum = 0;
    for (size_t i = 0; i < scale; i++)
        for (size_t j = 0; j < scale; j++)
            sum += gs_raster_sample(a, x + j, y + i, channel);
    return scale == 1 ? (float)sum / (float)UINT16_MAX
                      : (float)((double)sum / ((double)UINT16_MAX * (double)(scale * scale)));
}

static void take_image(const picture *p, size_t x, size_t y, size_t scale, float *image) {
    gs_reader *r = p->reader;
    for (int c = 0; c < r->shape[0]; c++) {
        for (int i = 0; i < r->shape[1]; i++) {
            for (int j = 0; j < r->shape[2]; j++) {
                size_t channel = p->raster.channels < 3 ? 0 : (size_t)c;
                *image++ =
                    gs_reader_pixel(r, mean(&p->raster, x + (size_t)j * scale, y + (size_t)i * scale, channel, scale));
            }
        }
    }
}

/* Cut the picture into images; if `images` is NULL, only check their colours and count them. */
static gs_status cut_up(const picture *p, const gs_cut *c, float *images, size_t most, size_t *n) {
    const gs_raster *a = &p->raster;
    size_t w = (size_t)p->reader->shape[2], h = (size_t)p->reader->shape[1];
    gs_status status = GS_OK;
    *n = 0;
    for (size_t k = 0; !status && k < c->rows * c->columns && *n < most; k++) {
        size_t x = c->margin + k % c->columns * (w + c->gap), y = c->margin + k / c->columns * (h + c->gap);
        if (c->gap && gs_raster_is_plain(a, x, y, w, h, c->x, c->y))
            continue;
        if (images)
            take_image(p, x, y, c->scale, images + *n * p->reader->pixels);
        else
            status = check_colours(p, x, y, w * c->scale, h * c->scale);
        ++*n;
    }
    return status;
}

static void tell(const picture *p, const gs_cut *c, size_t total) {
    const gs_reader *r = p->reader;
    gs_image_file *images = r->images;
    int h = r->shape[1], w = r->shape[2];
    size_t cells = c->rows * c->columns;
    if (c->scale > 1) {
        snprintf(images->taken, GS_REMARK_MAX, "one drawing of %zu x %zu, scaled down to %d x %d", p->raster.height,
                 p->raster.width, h, w);
        snprintf(images->caution, GS_REMARK_MAX,
                 "taken as one drawing of %zu x %zu, scaled down, because its lines run on across the borders of %zu x "
                 "%zu images of %d x %d",
                 p->raster.height, p->raster.width, c->scale, c->scale, h, w);
    } else if (cells > 1 || c->gap) {
        int used =
            snprintf(images->taken, GS_REMARK_MAX, "cut into %zu x %zu images of %d x %d", c->rows, c->columns, h, w);
        if (c->gap)
            used += snprintf(images->taken + used, GS_REMARK_MAX - (size_t)used, " with gaps of %zu pixel%s", c->gap,
                             c->gap == 1 ? "" : "s");
        if (total < cells)
            snprintf(images->taken + used, GS_REMARK_MAX - (size_t)used, ", of which %zu %s empty", cells - total,
                     cells - total == 1 ? "is" : "are");
    }
}

static gs_status take_images(const picture *p) {
    gs_reader *r = p->reader;
    gs_cut c = {0};
    size_t total = 0, taken;
    if (r->shape[0] != 1 && r->shape[0] != 3) {
        return gs_fail(r->error, GS_ERROR_FORMAT, "%s: a picture has 1 or 3 channels: expected %d, the model's",
                       r->path, r->shape[0]);
    }
    gs_status status = gs_cut_choose(&p->raster, (size_t)r->shape[1], (size_t)r->shape[2], &c, r->path, r->error);
    if (!status)
        status = cut_up(p, &c, NULL, SIZE_MAX, &total);
    if (!status && total == 0)
        status = gs_fail(r->error, GS_ERROR_FORMAT, "%s: has no images", r->path);
    if (!status)
        status = gs_reader_make_room(r, total);
    if (status)
        return status;
    tell(p, &c, total);
    return cut_up(p, &c, r->images->data, r->images->n, &taken);
}

static gs_status describe_file(gs_reader *r, gs_description *description) {
    picture p = {.reader = r,
                 .png = {.error = r->error, .status = GS_OK, .what = "reading a PNG file"},
                 .description = description};
    read_picture(&p);
    return p.png.status;
}

static gs_status read_images(gs_reader *r) {
    picture p = {.reader = r, .png = {.error = r->error, .status = GS_OK, .what = "reading a PNG file"}};
    read_picture(&p);
    gs_status status = !p.png.status ? take_images(&p) : p.png.status;
    gs_free(p.raster.samples);
    gs_free(p.rows);
    return status;
}

static bool knows(const unsigned char *head, size_t count) {
    return count >= MAGIC && !png_sig_cmp(head, 0, MAGIC);
}

const gs_reader_format gs_reader_png = {.knows = knows, .read = read_images, .describe = describe_file};
