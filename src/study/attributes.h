/* The parts of study conditional: an energy of images with a label (conditional.c), sums of two energies
 * (attributes_sum.c) and their scales (attributes_scale.c), and whether the two attributes are independent in the data
 * (attributes_data.c). */
#ifndef GS_STUDY_ATTRIBUTES_H
#define GS_STUDY_ATTRIBUTES_H

#include "study/passage.h"

/* The widths of strokes in pixels that are told apart: the last two are thin ... thick, up to GS_STROKE_THICK. */
enum { GS_WIDTHS = 4 };

typedef struct gs_conditional_study {
    gs_study *study;
    size_t n;  /* samples of each label or weight */
    int digit; /* of the sums */
    const gs_numbers *lambdas;
    const gs_study_network *labelled, *unlabelled, *thick;
    gs_digits digits;
} gs_conditional_study;

/* What each part measures and shows. */
gs_status gs_attributes_labels(gs_conditional_study *attributes, gs_error *error);
gs_status gs_attributes_sum(gs_conditional_study *attributes, gs_error *error);
gs_status gs_attributes_scales(gs_conditional_study *attributes, gs_error *error);
gs_status gs_attributes_data(gs_conditional_study *attributes, gs_error *error);

#endif
