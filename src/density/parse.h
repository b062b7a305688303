/* Reading densities' texts. */
#ifndef GS_DENSITY_PARSE_H
#define GS_DENSITY_PARSE_H

#include "density/density.h"

/* Read "name" or "name:key=value,key=value ..." into the density: row, values and given. Errors: GS_ERROR_ARGUMENT,
 * GS_ERROR_MEMORY. */
gs_status gs_density_parse(gs_density *density, const char *text, gs_error *error);

#endif
