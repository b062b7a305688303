/* IDX files as MNIST has them: bytes (n, H, W) of one channel, else (n, C, H, W), mapped from the data range to
 * 0 ... 255. */
#include "io/sink.h"

enum { CHUNK = 4096 };

/* Magic 00 00 08 RANK, then big-endian sizes. */
static size_t idx_header(const gs_sink_input *input, size_t least, char header[GS_SINK_HEADER_MAX]) {
    size_t at = 4;
    (void)least; /* all numbers of items take four bytes */
    for (int i = 0; i < 4; i++) {
        if (i == 1 && input->sizes[1] == 1)
            continue;
        for (int shift = 24; shift >= 0; shift -= 8)
            header[at++] = (char)(input->sizes[i] >> shift & 0xFF);
    }
    header[0] = 0;
    header[1] = 0;
    header[2] = 8;
    header[3] = (char)(at / 4 - 1);
    return at;
}

static gs_status check(const char *path, const gs_sink_input *input, gs_error *error) {
    return input->sizes[0] > UINT32_MAX
               ? gs_fail(error, GS_ERROR_UNSUPPORTED, "%s: %zu images are more than an IDX file holds", path,
                         input->sizes[0])
               : GS_OK;
}

static gs_status put(gs_sink *sink, const float *data, size_t size, gs_error *error) {
    const float *range = sink->input.range;
    uint8_t chunk[CHUNK];
    gs_status status = GS_OK;
    for (size_t at = 0; !status && at < size; at += CHUNK) {
        size_t count = size - at < CHUNK ? size - at : CHUNK;
        for (size_t i = 0; i < count; i++)
            chunk[i] = gs_pixel(data[at + i], range[0], range[1]);
        status = gs_output_write(&sink->output, chunk, count, error);
    }
    return status;
}

const gs_sink_format gs_sink_idx = {.value_bytes = 1, .check = check, .header = idx_header, .put = put};
