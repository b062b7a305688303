/* Shapes of AMX's tiles. */
#ifndef GS_TILE_SHAPES_H
#define GS_TILE_SHAPES_H

#include "kernels.h"
#include "tile_instructions.h"

enum {
    GS_TILE_SIDE = 16,  /* rows of a tile at most */
    GS_TILE_BYTES = 64, /* of a row at most */
    GS_LANE_BYTES = 4   /* `depth` elements */
};

/* Let tiles 0 ... sums - 1 be for sums of so many rows, the next one for inputs, of `step` bytes each, and the one
 * after that for weights. */
static inline void gs_tiles_begin(int sums, int rows, int step) {
    struct {
        uint8_t palette, start, reserved[14];
        uint16_t bytes[16];
        uint8_t rows[16];
    } shape = {.palette = 1};
    for (int t = 0; t < sums + 2; t++) {
        shape.bytes[t] = (uint16_t)(t == sums ? step : GS_VECTOR_BYTES);
        shape.rows[t] = (uint8_t)(t <= sums ? rows : step / GS_LANE_BYTES);
    }
    gs_tiles_written();
    gs_tile_configure(&shape);
}

#endif
