/* Files of labels: IDX of bytes, one per image, as MNIST has them, packed by gzip or not. */
#ifndef GS_IO_LABEL_FILE_H
#define GS_IO_LABEL_FILE_H

#include "base/base.h"

typedef struct gs_label_file {
    int *labels;  /* (n); to be freed with gs_free */
    size_t n;     /* labels read */
    size_t total; /* labels in the file */
} gs_label_file;

/* Read the first `most` labels of a file or a pipe. Errors: GS_ERROR_FILE, GS_ERROR_FORMAT, GS_ERROR_MEMORY; nothing is
 * left to free then. */
gs_status gs_labels_read(const char *path, size_t most, gs_label_file *file, gs_error *error);

/* The file of labels that MNIST's names put beside a file of images: the same name with "labels" for "images" and
 * "idx1" for "idx3", packed or not. False if there is none. */
bool gs_labels_beside(const char *images, char *path, size_t room);

#endif
