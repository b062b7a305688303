/* The scales of a step whose products are of integers, from its node's gs_quant. All are computed in float64 and
 * rounded once. */
#ifndef GS_SCALES_H
#define GS_SCALES_H

#include "engine/weights.h"

typedef struct gs_scales {
    const gs_product_type *type;
    int positions, in_planes, out_planes; /* positions: of Winograd's transform, or 1 */
    int sets;                             /* of weights: one per position, or of one position any number */
    int share;  /* inputs of the node that follow each other and share a scale, by the largest of their factors; 0: 1 */
    float *inv; /* (bands, input planes, positions, 16): what inputs are multiplied by before they are rounded; NULL:
                   the step's products are not of integers */
    float *scale;   /* (bands, positions, output planes, 16): what sums of integers are multiplied by */
    int32_t *init;  /* (sets, output planes, 16): what these sums begin with; NULL: 0 */
    double *weight; /* (positions, output planes, 16): while weights are packed, what theirs are multiples of; until
                       they are measured, the largest */
    double *sum;    /* (sets, output planes, 16): while weights are measured, the sums of their absolute values */
    int *count;     /* (sets): while weights are measured, products of an output */
} gs_scales;

/* Make room; type, positions, in_planes and out_planes are set. False when memory runs out. */
bool gs_scales_make(gs_plan *plan, gs_scales *scales, int sets);

/* Weights of 16 outputs times the factor of their input, where position `at` of the step is position q of the node's:
 * first let the scales of these outputs be large enough for all that come, then round them to integers and subtract
 * what inputs' offset makes of them from what sums of `set` begin with. */
void gs_scales_measure(gs_scales *scales, const gs_quant *quant, int at, int q, int plane, int set, int input,
                       const double lane[16]);
void gs_scales_round(gs_scales *scales, const gs_quant *quant, int at, int q, int plane, int set, int input,
                     double lane[16]);

/* Fill in what belongs to position `at`, once its weights are measured. */
void gs_scales_finish(const gs_plan *plan, gs_scales *scales, const gs_quant *quant, int at, int q, int channels);

/* Free what only packing needs. */
void gs_scales_packed(gs_scales *scales);

/* Where position `at` of a band begins. */
static inline const float *gs_scales_inv(const gs_scales *s, int band, int at, int plane) {
    return s->inv ? s->inv + (((ptrdiff_t)band * s->in_planes + plane) * s->positions + at) * GS_F32_LANES : NULL;
}
static inline const float *gs_scales_of(const gs_scales *s, int band, int at, int plane) {
    return s->inv ? s->scale + (((ptrdiff_t)band * s->positions + at) * s->out_planes + plane) * GS_F32_LANES : NULL;
}
static inline const int32_t *gs_scales_init(const gs_scales *s, int set, int plane) {
    return s->init ? s->init + ((ptrdiff_t)set * s->out_planes + plane) * GS_F32_LANES : NULL;
}

#endif
