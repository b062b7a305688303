/* A picture in memory: 8-bit grey or RGB, with images and small text drawn on it. */
#ifndef GS_IO_CANVAS_H
#define GS_IO_CANVAS_H

#include "io/output.h"

typedef struct gs_canvas {
    int width, height, channels; /* channels: 1 grey, 3 RGB */
    int scale;                   /* each pixel is written as scale x scale; 0 counts as 1 */
    uint8_t *pixels;             /* (height, width, channels) */
} gs_canvas;

/* A canvas filled with the grey value `fill`. Errors: GS_ERROR_UNSUPPORTED (channels, sizes above 2^31 - 1),
 * GS_ERROR_MEMORY. */
gs_status gs_canvas_create(gs_canvas *canvas, size_t width, size_t height, int channels, int fill, gs_error *error);
void gs_canvas_free(gs_canvas *canvas);

/* Refuse a picture whose height x width pixels, written as scale x scale each (0 counts as 1), are more than
 * GS_CANVAS_WRITTEN_MAX: few programs open more. To be called before the work. Errors: GS_ERROR_ARGUMENT, which names
 * the scale that fits. */
enum { GS_CANVAS_WRITTEN_MAX = 1 << 28 };
gs_status gs_canvas_check(double width, double height, int scale, gs_error *error);

/* Maps v in [low, high] to 0 ... 255, rounded to nearest; values outside are clipped, NaN becomes 0. */
uint8_t gs_pixel(float v, float low, float high);

/* Draw one image (C, H, W) with its top left corner at (x, y); it must fit. */
void gs_canvas_image(gs_canvas *canvas, int x, int y, const float *image, const int shape[3], const float range[2]);

/* Draw text of a 5 x 7 font (digits, capitals, '.', '-', 'e', 't', 'x', 'y', and 's' as a small sigma) in the grey
 * value `ink`, cut at the canvas's edges. Other characters are blank. */
void gs_canvas_text(gs_canvas *canvas, int x, int y, const char *text, int ink);

/* The width of a text in pixels. */
int gs_text_width(const char *text);

enum { GS_TEXT_HEIGHT = 7 };

enum { GS_CANVAS_SCALE_MAX = 64 };

/* Sizes of the picture as it is written; and its row y, (written width, channels). */
int gs_canvas_written_width(const gs_canvas *canvas);
int gs_canvas_written_height(const gs_canvas *canvas);
void gs_canvas_written_row(const gs_canvas *canvas, int y, uint8_t *row);

/* A text kept in a picture, as a PNG text chunk: Latin-1 key of 1 ... 79 characters, printable text. */
typedef struct gs_note {
    const char *key, *text;
} gs_note;

/* The bytes of its PNG file without notes, to be freed with free(); NULL on failure. Errors: GS_ERROR_MEMORY. */
gs_status gs_canvas_encode_png(const gs_canvas *canvas, char **bytes, size_t *size, gs_error *error);

#endif
