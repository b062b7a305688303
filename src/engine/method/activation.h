/* The activation that a step applies to its result as it stores it, and the slope of that activation, which gradients
 * need. */
#ifndef GS_ACTIVATION_H
#define GS_ACTIVATION_H

#include "engine/builder.h"
#include "engine/method/view.h"

typedef struct gs_applied {
    gs_activation activation;
    float parameter;
    bool has_slope;
    gs_view slope;
} gs_applied;

/* The activation that a node computes, or GS_ACT_COUNT where the reference must. */
gs_activation gs_activation_of(const gs_node *node);

/* Let the step compute activation n, and its slope where the gradient needs it; false when memory runs out. */
bool gs_activation_set(gs_builder *b, gs_step *step, gs_applied *applied, int n);

/* The same for the activation that is the only reader of value *v, if there is one. */
bool gs_activation_absorb(gs_builder *b, gs_step *step, gs_applied *applied, int *v);

/* To be called when strides are known. */
void gs_activation_place(const gs_plan *plan, const gs_step *step, gs_applied *applied);

/* Run the affine kernel on one plane, with the activation, and with its slope if the step has one. */
void gs_activation_run(const gs_applied *applied, const gs_worker *worker, int image, int plane, gs_affine_args *args);

#endif
