#ifndef GS_IO_OUTPUT_NAME_H
#define GS_IO_OUTPUT_NAME_H

#include "base/base.h"

/* Refuse names of outputs that can only be a mistake: what nobody means, and what an empty variable of a shell or a
 * forgotten value leaves. Errors: GS_ERROR_ARGUMENT. */
gs_status gs_output_check_name(const char *path, gs_error *error);

#endif
