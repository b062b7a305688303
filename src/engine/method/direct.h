/* Direct convolution of the common form, for all methods that end in one. */
#ifndef GS_DIRECT_H
#define GS_DIRECT_H

#include "engine/method/conv.h"
#include "engine/method/view.h"

typedef struct gs_mac_set gs_mac_set; /* direct.c */

/* A step's own data. */
typedef struct gs_direct {
    gs_conv conv; /* without its weights and bias */
    int planes;   /* of the result */
    float *weight, *bias;
    size_t weight_bytes;
    int sets;
    gs_mac_set *set;
    ptrdiff_t *offsets; /* what the sets point into */
    bool adds, multiplies, relu;
    ptrdiff_t out_plane, add_plane, mul_plane; /* floats */
} gs_direct;

/* Pack the weights of a step whose operands are set. `length`: inputs that are adjacent in memory. False when memory
 * runs out. */
bool gs_direct_prepare(gs_step *step, const gs_conv *conv, int length);

/* That length for blocked inputs. */
int gs_direct_length(const gs_conv *conv);

/* The rest of the method, for steps whose own data is a gs_direct. */
gs_status gs_direct_place(gs_plan *plan, gs_step *step, gs_error *error);
gs_step_run gs_direct_run;
void gs_direct_free(const gs_plan *plan, gs_step *step);
gs_cost gs_direct_cost(const gs_plan *plan, const gs_step *step);

#endif
