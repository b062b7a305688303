/* The header of NumPy's arrays, in files of their own and in archives. */
#ifndef GS_IO_NPY_H
#define GS_IO_NPY_H

#include "io/sink.h"

/* Format 1.0, row-major: magic, version, length, dictionary, spaces and a newline up to a multiple of 64 bytes, at
 * least `least`. `type`: "f4", "i4". Returns how many bytes there are. */
size_t gs_npy_header(const char *type, const size_t *sizes, int rank, size_t least, char header[GS_SINK_HEADER_MAX]);

/* Whether an array of floats can be described and addressed. Errors: GS_ERROR_UNSUPPORTED. */
gs_status gs_npy_check(const char *path, const gs_sink_input *input, gs_error *error);

#endif
