/* A readable report on a weight file. */
#ifndef GS_INSPECT_H
#define GS_INSPECT_H

#include <stdio.h>

#include "gensample/gensample.h"

/* Print what `model`, loaded from `path`, holds: its data, settings, size and origin, then a table of its nodes.
 * Errors: GS_ERROR_FILE when `out` can't be written (errno tells why). */
gs_status gs_inspect_print(const gs_model *model, const char *path, FILE *out);

#endif
