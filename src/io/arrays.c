/* Files of plain numbers: NPY and IDX formats. */
#include "io/images.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { NPY_ALIGNMENT = 64, NPY_PREFIX = 10, NPY_HEADER_MAX = 512, CHUNK = 4096 };

/* The whole header: magic, version, length, dictionary, spaces and a newline up to a multiple of 64 bytes, at least as
 * long as `least`. */
static size_t npy_header(char header[NPY_HEADER_MAX], const size_t *shape, int rank, size_t least) {
    const char order = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? '<' : '>';
    size_t at = NPY_PREFIX;
    at += (size_t)snprintf(header + at, NPY_HEADER_MAX - at, "{'descr': '%cf4', 'fortran_order': False, 'shape': (",
                           order);
    for (int i = 0; i < rank; i++)
        at += (size_t)snprintf(header + at, NPY_HEADER_MAX - at, "%s%zu", i ? ", " : "", shape[i]);
    at += (size_t)snprintf(header + at, NPY_HEADER_MAX - at, "%s), }", rank == 1 ? "," : "");
    size_t end = (at + 1 + NPY_ALIGNMENT - 1) / NPY_ALIGNMENT * NPY_ALIGNMENT;
    end = end > least ? end : least;
    memset(header + at, ' ', end - at - 1);
    header[end - 1] = '\n';
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    header[8] = (char)((end - NPY_PREFIX) & 0xFF);
    header[9] = (char)((end - NPY_PREFIX) >> 8);
    return end;
}

gs_status gs_npy_open(gs_npy *npy, const char *path, const size_t *shape, int rank, gs_error *error) {
    *npy = (gs_npy){.rank = rank, .row = 1};
    if (rank < 1 || rank > GS_NPY_RANK_MAX) {
        return gs_fail(error, GS_ERROR_UNSUPPORTED, "%s: an array of rank %d, this writer takes 1 to %d", path, rank,
                       GS_NPY_RANK_MAX);
    }
    memcpy(npy->shape, shape, (size_t)rank * sizeof *shape);
    size_t size = sizeof(float);
    for (int i = 0; i < rank; i++) {
        npy->row *= i ? shape[i] : 1;
        if (!gs_mul_size(size, shape[i], &size))
            return gs_fail(error, GS_ERROR_UNSUPPORTED, "%s: the array is too large to address", path);
    }
    char header[NPY_HEADER_MAX];
    npy->header = npy_header(header, shape, rank, 0);
    gs_status status = gs_output_open(&npy->output, path, error);
    if (status)
        return status;
    npy->start = ftello(npy->output.file);
    status = gs_output_write(&npy->output, header, npy->header, error);
    if (status)
        gs_output_abandon(&npy->output);
    return status;
}

gs_status gs_npy_write(gs_npy *npy, const float *data, size_t rows, gs_error *error) {
    npy->rows += rows;
    return gs_output_write(&npy->output, data, rows * npy->row * sizeof *data, error);
}

/* Correct the number of rows in the header. In a stream that appends, the bytes would not land in the header. */
static gs_status correct_header(gs_npy *npy, gs_error *error) {
    FILE *file = npy->output.file;
    char header[NPY_HEADER_MAX];
    size_t announced = npy->shape[0];
    npy->shape[0] = npy->rows;
    bool is_appended = (fcntl(fileno(file), F_GETFL) & O_APPEND) != 0;
    if (npy->start < 0 || is_appended || fseeko(file, npy->start, SEEK_SET) != 0)
        return gs_fail(error, GS_ERROR_FILE, "%s: it has %zu of the %zu rows that its header says", npy->output.path,
                       npy->rows, announced);
    size_t length = npy_header(header, npy->shape, npy->rank, npy->header);
    gs_status status = gs_output_write(&npy->output, header, length, error);
    if (!status && fseeko(file, 0, SEEK_END) != 0)
        status = gs_fail(error, GS_ERROR_FILE, "%s: cannot write: %s", npy->output.path, strerror(errno));
    return status;
}

gs_status gs_npy_end(gs_npy *npy, gs_status status, gs_error *error) {
    if (!status && npy->rows != npy->shape[0])
        status = correct_header(npy, error);
    return gs_output_end(&npy->output, status, error);
}

gs_status gs_write_npy(const char *path, const float *data, const size_t *shape, int rank, gs_error *error) {
    gs_npy npy;
    gs_status status = gs_npy_open(&npy, path, shape, rank, error);
    if (!status)
        status = gs_npy_end(&npy, gs_npy_write(&npy, data, shape[0], error), error);
    return status;
}

/* Magic 00 00 08 RANK, then big-endian sizes. */
static size_t idx_header(uint8_t header[4 + 4 * 4], const gs_images *images) {
    size_t sizes[4] = {images->n, (size_t)images->shape[0], (size_t)images->shape[1], (size_t)images->shape[2]};
    size_t at = 4;
    for (int i = 0; i < 4; i++) {
        if (i == 1 && sizes[1] == 1)
            continue;
        for (int shift = 24; shift >= 0; shift -= 8)
            header[at++] = (uint8_t)(sizes[i] >> shift);
    }
    header[0] = 0;
    header[1] = 0;
    header[2] = 8;
    header[3] = (uint8_t)(at / 4 - 1);
    return at;
}

static gs_status idx_pixels(gs_output *output, const gs_images *images, gs_error *error) {
    size_t size = images->n * (size_t)images->shape[0] * (size_t)images->shape[1] * (size_t)images->shape[2];
    uint8_t chunk[CHUNK];
    gs_status status = GS_OK;
    for (size_t at = 0; !status && at < size; at += CHUNK) {
        size_t count = size - at < CHUNK ? size - at : CHUNK;
        for (size_t i = 0; i < count; i++)
            chunk[i] = gs_pixel(images->data[at + i], images->range[0], images->range[1]);
        status = gs_output_write(output, chunk, count, error);
    }
    return status;
}

gs_status gs_write_idx(const char *path, const gs_images *images, gs_error *error) {
    if (images->n > UINT32_MAX)
        return gs_fail(error, GS_ERROR_UNSUPPORTED, "%s: %zu images are more than an IDX file holds", path, images->n);
    uint8_t header[4 + 4 * 4];
    size_t length = idx_header(header, images);
    gs_output output;
    gs_status status = gs_output_open(&output, path, error);
    if (status)
        return status;
    status = gs_output_write(&output, header, length, error);
    if (!status)
        status = idx_pixels(&output, images, error);
    return gs_output_end(&output, status, error);
}
