/* Images that a picture shows: one, or a grid of them. */
#ifndef GS_IO_PICTURED_H
#define GS_IO_PICTURED_H

#include "io/cut.h"
#include "io/reader.h"

/* Check the picture's width and height, before there is room for its samples. Errors: GS_ERROR_FORMAT. */
gs_status gs_pictured_check(const gs_reader *reader, const gs_raster *raster);

/* Take the images from a picture of that size. Errors: GS_ERROR_FORMAT, GS_ERROR_MEMORY. */
gs_status gs_pictured_take(gs_reader *reader, const gs_raster *raster);

#endif
