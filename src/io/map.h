/* A density in the plane as one SVG file, with points, ways and arrows on it; light, or dark where the reader prefers
 * that. */
#ifndef GS_IO_MAP_H
#define GS_IO_MAP_H

#include "io/output.h"

/* Squares of a side on which densities, and arrows, are given. */
enum { GS_MAP_SIDE = 150, GS_MAP_ARROWS = 20 };

typedef struct gs_map {
    const char *title, *caption;
    double low, high;    /* of both coordinates, as far as they are shown; low < high */
    const float *energy; /* (GS_MAP_SIDE, GS_MAP_SIDE) at the squares' centres, of which the first coordinate varies
                            fastest; NULL: no density is shown */
    const float *score;  /* (GS_MAP_ARROWS, GS_MAP_ARROWS, 2) likewise, or NULL */
    const float *points; /* (n, 2); what is not shown is left out */
    size_t n;
    const float *ways; /* (states, n, 2) states of the points' ways, or NULL */
    size_t states;
} gs_map;

/* The centre of square i of `side`. */
double gs_map_centre(const gs_map *map, int side, int i);

/* Write the map under a temporary name and rename it to `path`. Errors: GS_ERROR_FILE, GS_ERROR_MEMORY; nothing is left
 * then. */
gs_status gs_map_write(const char *path, const gs_map *map, gs_error *error);

/* The same file in memory, to be freed with free(); NULL on failure. Errors: GS_ERROR_MEMORY. */
gs_status gs_map_encode(const gs_map *map, char **bytes, size_t *size, gs_error *error);

#endif
