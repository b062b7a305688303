/* NumPy's NPY files of float32. */
#include "io/format/npy.h"

#include <string.h>

enum { ALIGNMENT = 64, PREFIX = 10 };

size_t gs_npy_header(const char *type, const size_t *sizes, int rank, size_t least, char header[GS_SINK_HEADER_MAX]) {
    const char order = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? '<' : '>';
    const size_t room = GS_SINK_HEADER_MAX;
    size_t at = PREFIX;
    at += (size_t)snprintf(header + at, room - at, "{'descr': '%c%s', 'fortran_order': False, 'shape': (", order, type);
    for (int i = 0; i < rank; i++)
        at += (size_t)snprintf(header + at, room - at, "%s%zu", i ? ", " : "", sizes[i]);
    at += (size_t)snprintf(header + at, room - at, "%s), }", rank == 1 ? "," : "");
    size_t end = (at + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    end = end > least ? end : least;
    memset(header + at, ' ', end - at - 1);
    header[end - 1] = '\n';
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    header[8] = (char)((end - PREFIX) & 0xFF);
    header[9] = (char)((end - PREFIX) >> 8);
    return end;
}

static size_t header_of(const gs_sink_input *input, size_t least, char header[GS_SINK_HEADER_MAX]) {
    return gs_npy_header("f4", input->sizes, input->rank, least, header);
}

gs_status gs_npy_check(const char *path, const gs_sink_input *input, gs_error *error) {
    if (input->rank < 1 || input->rank > GS_SINK_RANK_MAX) {
        return gs_fail(error, GS_ERROR_UNSUPPORTED, "%s: an array of rank %d, this writer takes 1 to %d", path,
                       input->rank, GS_SINK_RANK_MAX);
    }
    size_t size = sizeof(float);
    for (int i = 0; i < input->rank; i++)
        if (!gs_mul_size(size, input->sizes[i], &size))
            return gs_fail(error, GS_ERROR_UNSUPPORTED, "%s: the array is too large to address", path);
    return GS_OK;
}

static gs_status put(gs_sink *sink, const float *data, size_t count, gs_error *error) {
    return gs_output_write(&sink->output, data, count * sizeof *data, error);
}

const gs_sink_format gs_sink_npy = {
    .value_bytes = sizeof(float), .check = gs_npy_check, .header = header_of, .put = put};
