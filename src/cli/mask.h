/* The mask of gensample restore. */
#ifndef GS_CLI_MASK_H
#define GS_CLI_MASK_H

#include "base/base.h"

/* Make the operator of --mask: of a shape's text, as in gs_operator_create, or of a file with one picture. Warn of grey
 * pixels. Errors: GS_ERROR_ARGUMENT: it is no shape, hides all, is more than one picture, or images have no rows and
 * columns; GS_ERROR_FILE: there is no such file; those of gs_images_read. */
gs_status gs_mask_make(const char *text, const gs_model_info *info, gs_operator **mask, gs_error *error);

#endif
