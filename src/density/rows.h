/* All records of densities. */
#ifndef GS_DENSITY_ROWS_H
#define GS_DENSITY_ROWS_H

#include "density/density.h"

/* The row with number i of densities.def; NULL past the last one. */
const gs_density_row *gs_density_row_get(int i);

#endif
