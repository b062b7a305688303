#ifndef GS_IO_OUTPUT_NAME_H
#define GS_IO_OUTPUT_NAME_H

#include "base/base.h"

/* Refuse names of outputs that can only be a mistake: names that nobody means, and names that an empty shell variable
 * or a forgotten value leaves behind. Errors: GS_ERROR_ARGUMENT. */
gs_status gs_output_check_name(const char *path, gs_error *error);

#endif
