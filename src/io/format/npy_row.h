/* Arrays of an archive that are no images. */
#ifndef GS_IO_NPY_ROW_H
#define GS_IO_NPY_ROW_H

#include "io/reader.h"

typedef struct gs_npy_row {
    size_t most;    /* values wanted at most */
    uint64_t count; /* elements of the array */
    int *values;    /* the first of them, to be freed with gs_free; NULL: it is no row of whole numbers from 0 to 255 */
} gs_npy_row;

/* Read an array in NPY format to its end. Errors: GS_ERROR_FORMAT, also for elements of a type that images cannot have;
 * GS_ERROR_MEMORY. row->values may have to be freed after an error too. */
gs_status gs_npy_read_row(gs_reader *reader, gs_npy_row *row);

#endif
