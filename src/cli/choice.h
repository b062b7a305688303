/* Checks of choices that --isa and --backend name. */
#ifndef GS_CLI_CHOICE_H
#define GS_CLI_CHOICE_H

#include "base/base.h"

/* Check --isa or, if it is NULL, GENSAMPLE_ISA. Errors: GS_ERROR_ARGUMENT. */
gs_status gs_check_isa(const char *isa, gs_error *error);

/* Check --backend, which may be NULL. Errors: GS_ERROR_ARGUMENT. */
gs_status gs_check_backend(const char *backend, gs_error *error);

#endif
