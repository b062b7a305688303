/* PNG files: 8-bit grey or RGB, with notes as text chunks. */
#include "io/sink.h"

#include <setjmp.h>
#include <stdlib.h>

#include "io/png_memory.h"

typedef struct png_sink {
    gs_output *output;
    png_bytep row; /* of the picture as it is written */
    gs_png png;
} png_sink;

/* This records libpng's own errors; png_put has already recorded those of the file. */
static void png_complain(png_structp png, png_const_charp message) {
    png_sink *sink = png_get_error_ptr(png);
    if (!sink->png.status) {
        sink->png.status =
            gs_fail(sink->png.error, GS_ERROR_FILE, "%s: cannot write: libpng: %s", sink->output->path, message);
    }
    png_longjmp(png, 1);
}

static void png_put(png_structp png, png_bytep bytes, size_t count) {
    png_sink *sink = png_get_io_ptr(png);
    sink->png.status = gs_output_write(sink->output, bytes, count, sink->png.error);
    if (sink->png.status)
        png_error(png, "write");
}

/* Nothing to do: stdio flushes at the end, where its errors are noticed. */
static void png_flush_nothing(png_structp png) {
    (void)png;
}

static void png_write_all(png_structp png, png_infop info, const gs_canvas *canvas, const gs_note *notes, int count,
                          png_bytep row) {
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_IHDR(png, info, (png_uint_32)gs_canvas_written_width(canvas), (png_uint_32)gs_canvas_written_height(canvas),
                 8, canvas->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    for (int i = 0; i < count; i++) {
        png_text text = {.compression = PNG_TEXT_COMPRESSION_NONE,
                         .key = (png_charp)(uintptr_t)notes[i].key,
                         .text = (png_charp)(uintptr_t)notes[i].text};
        png_set_text(png, info, &text, 1);
    }
    png_write_info(png, info);
    for (int y = 0; y < gs_canvas_written_height(canvas); y++) {
        gs_canvas_written_row(canvas, y, row);
        png_write_row(png, row);
    }
    png_write_end(png, info);
}

static gs_status encode(gs_output *output, const gs_canvas *canvas, const gs_note *notes, int count, gs_error *error) {
    png_sink sink = {.output = output, .png = {.error = error, .status = GS_OK, .what = "the PNG writer"}};
    png_structp png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, &sink, png_complain, gs_png_ignore, &sink.png,
                                                gs_png_take, gs_png_give);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    sink.row = gs_alloc((size_t)gs_canvas_written_width(canvas), (size_t)canvas->channels);
    if (!info || !sink.row) {
        sink.png.status = gs_fail_memory(error, sink.png.what);
    } else if (setjmp(png_jmpbuf(png)) == 0) { /* a longjmp comes back here; nothing local changes in between */
        png_set_write_fn(png, &sink, png_put, png_flush_nothing);
        png_write_all(png, info, canvas, notes, count, sink.row);
    }
    png_destroy_write_struct(&png, &info);
    gs_free(sink.row);
    return sink.png.status;
}

const gs_sink_format gs_sink_png = {.has_colours = true, .encode = encode};

gs_status gs_canvas_encode_png(const gs_canvas *canvas, char **bytes, size_t *size, gs_error *error) {
    gs_output output;
    gs_status status = gs_output_open_memory(&output, bytes, size, error);
    if (!status)
        status = gs_output_end_memory(&output, bytes, encode(&output, canvas, NULL, 0, error), error);
    return status;
}
