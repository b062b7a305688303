/* Netpbm's PGM files, raw ("P5"): 8-bit grey, with notes as comments. */
#include "io/sink.h"

#include <errno.h>
#include <string.h>

/* A comment ends with its line, so control characters become blanks. */
static void put_note(FILE *file, const gs_note *note) {
    fprintf(file, "# %s: ", note->key);
    for (const char *at = note->text; *at; at++)
        fputc((unsigned char)*at < ' ' ? ' ' : *at, file);
    fputc('\n', file);
}

static gs_status put_rows(gs_output *output, const gs_canvas *canvas, gs_error *error) {
    size_t width = (size_t)gs_canvas_written_width(canvas);
    uint8_t *row = gs_alloc(width, 1);
    gs_status status = row ? GS_OK : gs_fail_memory(error, "the PGM writer");
    for (int y = 0; y < gs_canvas_written_height(canvas) && !status; y++) {
        gs_canvas_written_row(canvas, y, row);
        status = gs_output_write(output, row, width, error);
    }
    gs_free(row);
    return status;
}

static gs_status encode(gs_output *output, const gs_canvas *canvas, const gs_note *notes, int count, gs_error *error) {
    FILE *file = output->file;
    if (canvas->channels != 1)
        return gs_fail(error, GS_ERROR_UNSUPPORTED, "%s: a picture of %d channels; a PGM file holds 1", output->path,
                       canvas->channels);
    fputs("P5\n", file);
    for (int i = 0; i < count; i++)
        put_note(file, &notes[i]);
    fprintf(file, "%d %d\n255\n", gs_canvas_written_width(canvas), gs_canvas_written_height(canvas));
    if (ferror(file))
        return gs_fail(error, GS_ERROR_FILE, "%s: cannot write: %s", output->path, strerror(errno));
    return put_rows(output, canvas, error);
}

const gs_sink_format gs_sink_pgm = {.encode = encode};
