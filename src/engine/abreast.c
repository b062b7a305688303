#include "engine/abreast.h"

#include <string.h>

enum { LANES = GS_F32_LANES };

/* Elements k ... k + 15 of 16 rows of x, as far as they are among its `left` floats: what lies past a row's end belongs
 * to the next. */
static void read_rows(const float *x, size_t size, size_t k, size_t left, float to[LANES * LANES]) {
    for (size_t l = 0; l < LANES; l++) {
        size_t at = l * size + k;
        if (at + LANES <= left)
            memcpy(to + l * LANES, x + at, GS_VECTOR_BYTES);
        else
            for (size_t i = 0; i < LANES; i++)
                to[l * LANES + i] = at + i < left ? x[at + i] : 0;
    }
}

void gs_abreast_take(const gs_kernels *kernels, const float *x, int n, size_t size, float *to) {
    float rows[LANES * LANES], columns[LANES * LANES];
    for (size_t left = (size_t)n * size; left; x += LANES * size, to += LANES * size) {
        for (size_t k = 0; k < size; k += LANES) {
            size_t count = size - k < LANES ? size - k : LANES;
            bool whole = count == LANES && left >= LANES * size;
            if (!whole)
                read_rows(x, size, k, left, rows);
            kernels->transpose16(whole ? x + k : rows, whole ? (ptrdiff_t)size : LANES,
                                 count == LANES ? to + k * LANES : columns, LANES);
            if (count < LANES)
                memcpy(to + k * LANES, columns, count * GS_VECTOR_BYTES);
        }
        left -= left < LANES * size ? left : LANES * size;
    }
}

/* The same back: what is written past a row's end is written again with the next row. */
static void write_rows(const float from[LANES * LANES], size_t size, size_t k, size_t left, float *x) {
    for (size_t l = 0; l < LANES && l * size < left; l++) {
        size_t at = l * size + k;
        if (at + LANES <= left)
            memcpy(x + at, from + l * LANES, GS_VECTOR_BYTES);
        else
            for (size_t i = 0; i < LANES && at + i < left; i++)
                x[at + i] = from[l * LANES + i];
    }
}

void gs_abreast_give(const gs_kernels *kernels, const float *from, int n, size_t size, float *x) {
    float columns[LANES * LANES] = {0}, rows[LANES * LANES];
    for (size_t left = (size_t)n * size; left; x += LANES * size, from += LANES * size) {
        /* The last elements come first, as they are written over the first ones of the next row. */
        for (size_t k = (size - 1) / LANES * LANES + LANES; k > 0;) {
            k -= LANES;
            size_t count = size - k < LANES ? size - k : LANES;
            bool whole = count == LANES && left >= LANES * size;
            if (count < LANES)
                memcpy(columns, from + k * LANES, count * GS_VECTOR_BYTES);
            kernels->transpose16(count == LANES ? from + k * LANES : columns, LANES, whole ? x + k : rows,
                                 whole ? (ptrdiff_t)size : LANES);
            if (!whole)
                write_rows(rows, size, k, left, x);
        }
        left -= left < LANES * size ? left : LANES * size;
    }
}
