/* PNG files: one image, or a grid of them. libpng reads; everything becomes 16 bits first. */
#include "io/format/pictured.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "io/png_memory.h"

enum { MAGIC = 8 };

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

/* Sets p->png.status; the caller's setjmp ends it early. */
static void read_all(picture *p, png_structp png, png_infop info) {
    gs_raster *a = &p->raster;
    a->width = png_get_image_width(png, info);
    a->height = png_get_image_height(png, info);
    p->png.status = gs_pictured_check(p->reader, a);
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
    p->png.path = p->reader->path;
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
        p->png.path = p->reader->path;
        png_read_info(png, info);
        p->png.path = NULL;
        (p->description ? describe : read_all)(p, png, info);
    }
    png_destroy_read_struct(&png, &info, NULL);
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
    gs_status status = !p.png.status ? gs_pictured_take(r, &p.raster) : p.png.status;
    gs_free(p.raster.samples);
    gs_free(p.rows);
    return status;
}

static bool knows(const unsigned char *head, size_t count) {
    return count >= MAGIC && !png_sig_cmp(head, 0, MAGIC);
}

const gs_reader_format gs_reader_png = {.knows = knows, .read = read_images, .describe = describe_file};
