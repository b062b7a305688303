#include "io/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

const gs_sink_format *gs_sink_format_of(gs_format format) {
    static const gs_sink_format *const formats[GS_FORMAT_COUNT] = {
#define GS_SINK(id, file, ...) &gs_sink_##file,
#include "io/sinks.def"
    };
    return formats[format];
}

size_t gs_format_value_bytes(gs_format format) {
    return format == GS_FORMAT_DIRECTORY ? 0 : gs_sink_format_of(format)->value_bytes;
}

static void image_shape(const gs_sink *sink, int shape[3]) {
    for (int i = 0; i < 3; i++)
        shape[i] = (int)sink->input.sizes[1 + i];
}

static bool is_picture(const gs_sink *sink) {
    return sink->format != GS_FORMAT_DIRECTORY && gs_format_holds(sink->format) == GS_HOLDS_PICTURE;
}

/* ---- Pictures ---- */

gs_status gs_sink_put_canvas(gs_format format, const char *path, const gs_canvas *canvas, const gs_note *notes,
                             int count, gs_error *error) {
    gs_output output;
    gs_status status = gs_output_open(&output, path, error);
    if (status)
        return status;
    status = gs_sink_format_of(format)->encode(&output, canvas, notes, count, error);
    return gs_output_end(&output, status, error);
}

/* ---- Directories ---- */

static gs_status open_directory(gs_sink *sink, const int shape[3], gs_error *error) {
    gs_status status = gs_canvas_create(&sink->canvas, (size_t)shape[2], (size_t)shape[1], shape[0], 0, error);
    if (status)
        return status;
    sink->canvas.scale = sink->input.scale;
    status = gs_directory_open(&sink->directory, sink->path, sink->input.sizes[0], error);
    sink->directory.is_durable = sink->input.is_durable;
    if (status)
        gs_canvas_free(&sink->canvas);
    return status;
}

static gs_status put_file(gs_sink *sink, size_t k, const float *image, const int shape[3], gs_error *error) {
    gs_temporary *temporary = sink->directory.temporary;
    gs_canvas_image(&sink->canvas, 0, 0, image, shape, sink->input.range);
    gs_status status = gs_sink_put_canvas(GS_FORMAT_PNG, gs_temporary_file(temporary, k), &sink->canvas,
                                          sink->input.notes, sink->input.note_count, error);
    temporary->files += !status;
    return status;
}

static gs_status put_images(gs_sink *sink, const float *data, size_t items, gs_error *error) {
    int shape[3];
    gs_status status = GS_OK;
    image_shape(sink, shape);
    const int *labels = is_picture(sink) && sink->input.grid.has_captions ? sink->input.labels : NULL;
    for (size_t i = 0; i < items && !status; i++) {
        const float *image = data + i * sink->item;
        if (labels)
            gs_grid_caption(&sink->canvas, sink->input.grid, sink->done + i, shape, labels[sink->done + i]);
        if (is_picture(sink))
            gs_grid_image(&sink->canvas, sink->input.grid, sink->done + i, image, shape, sink->input.range);
        else
            status = put_file(sink, sink->done + i, image, shape, error);
    }
    return status;
}

static gs_status close_directory(gs_sink *sink, gs_status status, gs_error *error) {
    if (!status)
        return gs_directory_commit(&sink->directory, error);
    gs_directory_abandon(&sink->directory);
    return status;
}

/* ---- Files of items ---- */

static gs_status open_file(gs_sink *sink, gs_error *error) {
    const gs_sink_format *format = gs_sink_format_of(sink->format);
    gs_status status = format->check(sink->path, &sink->input, error);
    if (!status)
        status = gs_output_open(&sink->output, sink->path, error);
    if (status)
        return status;
    sink->output.is_durable = sink->input.is_durable;
    char header[GS_SINK_HEADER_MAX];
    sink->header = format->header(&sink->input, 0, header);
    sink->start = ftello(sink->output.file);
    status = gs_output_write(&sink->output, header, sink->header, error);
    if (status)
        gs_output_abandon(&sink->output);
    return status;
}

/* Correct the number of items in the header. In a stream that appends, the bytes would not land in the header. */
static gs_status correct_header(gs_sink *sink, gs_error *error) {
    FILE *file = sink->output.file;
    char header[GS_SINK_HEADER_MAX];
    gs_sink_input input = sink->input;
    input.sizes[0] = sink->done;
    bool is_appended = (fcntl(fileno(file), F_GETFL) & O_APPEND) != 0;
    if (sink->start < 0 || is_appended || fseeko(file, sink->start, SEEK_SET) != 0)
        return gs_fail(error, GS_ERROR_FILE, "%s: it has %zu of the %zu rows that its header says", sink->output.path,
                       sink->done, sink->input.sizes[0]);
    size_t length = gs_sink_format_of(sink->format)->header(&input, sink->header, header);
    gs_status status = gs_output_write(&sink->output, header, length, error);
    if (!status && fseeko(file, 0, SEEK_END) != 0)
        status = gs_fail(error, GS_ERROR_FILE, "%s: cannot write: %s", sink->output.path, strerror(errno));
    return status;
}

static gs_status close_file(gs_sink *sink, gs_status status, gs_error *error) {
    if (!status && sink->done != sink->input.sizes[0])
        status = correct_header(sink, error);
    const gs_sink_format *format = gs_sink_format_of(sink->format);
    if (!status && format->end)
        status = format->end(sink, error);
    return gs_output_end(&sink->output, status, error);
}

/* ---- Any sink ---- */

gs_status gs_sink_open(gs_sink *sink, gs_format format, const char *path, const gs_sink_input *input, gs_error *error) {
    *sink = (gs_sink){.format = format, .path = path, .input = *input, .item = 1};
    for (int i = 1; i < input->rank && i < GS_SINK_RANK_MAX; i++)
        sink->item *= input->sizes[i];
    int shape[3];
    image_shape(sink, shape);
    if (format == GS_FORMAT_DIRECTORY)
        return open_directory(sink, shape, error);
    if (!is_picture(sink))
        return open_file(sink, error);
    gs_status status = gs_grid_create(&sink->canvas, input->grid, shape, error);
    sink->canvas.scale = input->scale;
    return status;
}

gs_status gs_sink_write(gs_sink *sink, const float *data, size_t items, gs_error *error) {
    gs_status status = sink->canvas.pixels
                           ? put_images(sink, data, items, error)
                           : gs_sink_format_of(sink->format)->put(sink, data, items * sink->item, error);
    sink->done += items;
    return status;
}

gs_status gs_sink_close(gs_sink *sink, gs_status status, gs_error *error) {
    if (sink->format == GS_FORMAT_DIRECTORY)
        status = close_directory(sink, status, error);
    else if (!is_picture(sink))
        status = close_file(sink, status, error);
    else if (!status)
        status = gs_sink_put_canvas(sink->format, sink->path, &sink->canvas, sink->input.notes, sink->input.note_count,
                                    error);
    gs_canvas_free(&sink->canvas);
    *sink = (gs_sink){0};
    return status;
}

void gs_sink_abandon(gs_sink *sink) {
    gs_sink_close(sink, GS_ERROR_INTERRUPTED, NULL);
}

bool gs_sink_is_straight(const gs_sink *sink) {
    return sink->output.file && !sink->output.temporary;
}

gs_status gs_sink_put_all(gs_format format, const char *path, const gs_sink_input *input, const float *data,
                          gs_error *error) {
    gs_sink sink;
    gs_status status = gs_sink_open(&sink, format, path, input, error);
    return !status ? gs_sink_close(&sink, gs_sink_write(&sink, data, input->sizes[0], error), error) : status;
}
