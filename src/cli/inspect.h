/* Readable reports on files. */
#ifndef GS_INSPECT_H
#define GS_INSPECT_H

#include <stdio.h>

#include "gensample/gensample.h"

/* Print what `model`, loaded from `path`, holds: its data, settings, size and origin, then a table of its nodes.
 * Errors: GS_ERROR_FILE when `out` cannot be written (errno tells why). */
gs_status gs_inspect_print(const gs_model *model, const char *path, FILE *out);

/* Print what the file is and what it holds. A weight file is described as above; a picture drawn by this program, with
 * the command and settings that drew it; a file of images, with their number and kind; any other file, by its kind.
 * Errors: GS_ERROR_FILE, GS_ERROR_FORMAT: it is none that is known, or damaged; GS_ERROR_MEMORY. */
gs_status gs_inspect_file(const char *path, FILE *out, gs_error *error);

#endif
