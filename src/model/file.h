/* The bytes of a weight file. */
#ifndef GS_FILE_H
#define GS_FILE_H

#include "model/loader.h"

typedef struct gs_file gs_file;

/* Open the file, a pipe, which is read whole, or the loader's bytes. A pipe is not read to its end where its first
 * bytes are `enough` to refuse it. */
gs_status gs_file_open(gs_loader *loader, bool (*enough)(const unsigned char *bytes, size_t count), gs_file **file);
/* Read the next `bytes` bytes, which also go into the loader's hash. */
gs_status gs_file_read(gs_loader *loader, gs_file *file, void *memory, size_t bytes);
void gs_file_close(gs_file *file);

#endif
