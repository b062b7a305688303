#include "io/canvas.h"

#include <math.h>
#include <string.h>

enum { GLYPH_WIDTH = 5, GLYPH_PITCH = 6 };

/* Seven rows of five bits, the leftmost pixel in bit 4. */
static const struct {
    char c;
    uint8_t rows[GS_TEXT_HEIGHT];
} glyphs[] = {{'A', {0x0E, 0x11, 0x11, 0x1F, 0x11, 0x11, 0x11}}, {'B', {0x1E, 0x11, 0x11, 0x1E, 0x11, 0x11, 0x1E}},
              {'C', {0x0E, 0x11, 0x10, 0x10, 0x10, 0x11, 0x0E}}, {'D', {0x1C, 0x12, 0x11, 0x11, 0x11, 0x12, 0x1C}},
              {'E', {0x1F, 0x10, 0x10, 0x1E, 0x10, 0x10, 0x1F}}, {'F', {0x1F, 0x10, 0x10, 0x1E, 0x10, 0x10, 0x10}},
              {'G', {0x0E, 0x11, 0x10, 0x17, 0x11, 0x11, 0x0F}}, {'H', {0x11, 0x11, 0x11, 0x1F, 0x11, 0x11, 0x11}},
              {'I', {0x0E, 0x04, 0x04, 0x04, 0x04, 0x04, 0x0E}}, {'J', {0x07, 0x02, 0x02, 0x02, 0x02, 0x12, 0x0C}},
              {'K', {0x11, 0x12, 0x14, 0x18, 0x14, 0x12, 0x11}}, {'L', {0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x1F}},
              {'M', {0x11, 0x1B, 0x15, 0x15, 0x11, 0x11, 0x11}}, {'N', {0x11, 0x19, 0x15, 0x13, 0x11, 0x11, 0x11}},
              {'O', {0x0E, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0E}}, {'P', {0x1E, 0x11, 0x11, 0x1E, 0x10, 0x10, 0x10}},
              {'Q', {0x0E, 0x11, 0x11, 0x11, 0x15, 0x12, 0x0D}}, {'R', {0x1E, 0x11, 0x11, 0x1E, 0x14, 0x12, 0x11}},
              {'S', {0x0F, 0x10, 0x10, 0x0E, 0x01, 0x01, 0x1E}}, {'T', {0x1F, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04}},
              {'U', {0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0E}}, {'V', {0x11, 0x11, 0x11, 0x11, 0x11, 0x0A, 0x04}},
              {'W', {0x11, 0x11, 0x11, 0x15, 0x15, 0x1B, 0x11}}, {'X', {0x11, 0x11, 0x0A, 0x04, 0x0A, 0x11, 0x11}},
              {'Y', {0x11, 0x11, 0x0A, 0x04, 0x04, 0x04, 0x04}}, {'Z', {0x1F, 0x01, 0x02, 0x04, 0x08, 0x10, 0x1F}},
              {'0', {0x0E, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0E}}, {'1', {0x04, 0x0C, 0x04, 0x04, 0x04, 0x04, 0x0E}},
              {'2', {0x0E, 0x11, 0x01, 0x06, 0x08, 0x10, 0x1F}}, {'3', {0x0E, 0x11, 0x01, 0x06, 0x01, 0x11, 0x0E}},
              {'4', {0x02, 0x06, 0x0A, 0x12, 0x1F, 0x02, 0x02}}, {'5', {0x1F, 0x10, 0x1E, 0x01, 0x01, 0x11, 0x0E}},
              {'6', {0x06, 0x08, 0x10, 0x1E, 0x11, 0x11, 0x0E}}, {'7', {0x1F, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08}},
              {'8', {0x0E, 0x11, 0x11, 0x0E, 0x11, 0x11, 0x0E}}, {'9', {0x0E, 0x11, 0x11, 0x0F, 0x01, 0x02, 0x0C}},
              {'.', {0x00, 0x00, 0x00, 0x00, 0x00, 0x0C, 0x0C}}, {'-', {0x00, 0x00, 0x00, 0x0E, 0x00, 0x00, 0x00}},
              {'e', {0x00, 0x00, 0x0E, 0x11, 0x1F, 0x10, 0x0E}}, {'s', {0x00, 0x00, 0x0F, 0x12, 0x11, 0x11, 0x0E}},
              {'t', {0x08, 0x08, 0x1C, 0x08, 0x08, 0x09, 0x06}}, {'x', {0x00, 0x00, 0x11, 0x0A, 0x04, 0x0A, 0x11}},
              {'y', {0x00, 0x00, 0x11, 0x11, 0x0F, 0x01, 0x0E}}};

gs_status gs_canvas_create(gs_canvas *canvas, size_t width, size_t height, int channels, int fill, gs_error *error) {
    *canvas = (gs_canvas){0};
    if (channels != 1 && channels != 3)
        return gs_fail(error, GS_ERROR_UNSUPPORTED, "a picture of %d channels; only 1 and 3 can be drawn", channels);
    if (width < 1 || height < 1 || width > INT32_MAX || height > INT32_MAX) {
        return gs_fail(error, GS_ERROR_UNSUPPORTED, "a picture of %zu x %zu pixels is more than a PNG file holds",
                       width, height);
    }
    size_t size;
    if (!gs_mul_size(width, height, &size) || !gs_mul_size(size, (size_t)channels, &size))
        return gs_fail_memory(error, "the picture");
    canvas->pixels = gs_alloc(size, 1);
    if (!canvas->pixels)
        return gs_fail_memory(error, "the picture");
    memset(canvas->pixels, fill, size);
    canvas->width = (int)width;
    canvas->height = (int)height;
    canvas->channels = channels;
    return GS_OK;
}

gs_status gs_canvas_check(double width, double height, int scale, gs_error *error) {
    double s = scale > 1 ? scale : 1, fits = floor(sqrt(GS_CANVAS_WRITTEN_MAX / (width * height)));
    if (s <= fits)
        return GS_OK;
    if (fits < 1) {
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "--out: a picture of %.0f x %.0f pixels: expected at most %d; draw fewer images, or into .npy",
                       height, width, GS_CANVAS_WRITTEN_MAX);
    }
    return gs_fail(error, GS_ERROR_ARGUMENT,
                   "--scale %d: a picture of %.0f x %.0f pixels: expected at most %d, as with --scale %.0f", scale,
                   s * height, s * width, GS_CANVAS_WRITTEN_MAX, fits);
}

void gs_canvas_free(gs_canvas *canvas) {
    gs_free(canvas->pixels);
    *canvas = (gs_canvas){0};
}

uint8_t gs_pixel(float v, float low, float high) {
    float t = (v - low) / (high - low) * 255.0F;
    if (!(t > 0.0F))
        return 0;
    return t >= 255.0F ? 255 : (uint8_t)(t + 0.5F);
}

static uint8_t *pixel_at(gs_canvas *canvas, int x, int y) {
    return canvas->pixels + ((size_t)y * (size_t)canvas->width + (size_t)x) * (size_t)canvas->channels;
}

void gs_canvas_image(gs_canvas *canvas, int x, int y, const float *image, const int shape[3], const float range[2]) {
    for (int c = 0; c < shape[0]; c++) {
        for (int i = 0; i < shape[1]; i++) {
            uint8_t *row = pixel_at(canvas, x, y + i);
            for (int j = 0; j < shape[2]; j++)
                row[j * shape[0] + c] = gs_pixel(*image++, range[0], range[1]);
        }
    }
}

static void draw_glyph(gs_canvas *canvas, int x, int y, const uint8_t *rows, int ink) {
    for (int i = 0; i < GS_TEXT_HEIGHT; i++) {
        for (int j = 0; j < GLYPH_WIDTH; j++) {
            bool inside = x + j >= 0 && x + j < canvas->width && y + i >= 0 && y + i < canvas->height;
            if (inside && (rows[i] >> (GLYPH_WIDTH - 1 - j) & 1))
                memset(pixel_at(canvas, x + j, y + i), ink, (size_t)canvas->channels);
        }
    }
}

void gs_canvas_text(gs_canvas *canvas, int x, int y, const char *text, int ink) {
    for (; *text; text++, x += GLYPH_PITCH) {
        for (size_t g = 0; g < GS_COUNT(glyphs); g++)
            if (glyphs[g].c == *text)
                draw_glyph(canvas, x, y, glyphs[g].rows, ink);
    }
}

int gs_text_width(const char *text) {
    int count = (int)strlen(text);
    return count ? count * GLYPH_PITCH - (GLYPH_PITCH - GLYPH_WIDTH) : 0;
}

static int scale_of(const gs_canvas *canvas) {
    return canvas->scale > 1 ? canvas->scale : 1;
}

int gs_canvas_written_width(const gs_canvas *canvas) {
    return canvas->width * scale_of(canvas);
}

int gs_canvas_written_height(const gs_canvas *canvas) {
    return canvas->height * scale_of(canvas);
}

void gs_canvas_written_row(const gs_canvas *canvas, int y, uint8_t *row) {
    int scale = scale_of(canvas);
    size_t channels = (size_t)canvas->channels;
    const uint8_t *from = canvas->pixels + (size_t)(y / scale) * (size_t)canvas->width * channels;
    for (int x = 0; x < canvas->width; x++, from += channels)
        for (int i = 0; i < scale; i++, row += channels)
            memcpy(row, from, channels);
}
