/* The activation that a step applies to its result as it stores it, and the slope of that activation, which gradients
 * need. */
#ifndef GS_ACTIVATION_H
#define GS_ACTIVATION_H

#include "engine/builder.h"
#include "engine/method/view.h"

typedef struct gs_applied {
    gs_activation activation;
    float parameter, limit;
    bool has_slope;
    gs_view slope;
    gs_source factor; /* of the slope: one number per channel, from the condition; or none */
} gs_applied;

/* The activation that a node computes, or GS_ACT_COUNT where the reference must. */
gs_activation gs_activation_of(const gs_node *node);

/* Whether node n multiplies or adds, by its op, a vector of the condition, which is *vector, to each channel of a value
 * of the node's shape, which is *x. */
bool gs_film_of(const gs_builder *b, int n, gs_op op, int *x, int *vector);

/* The same for the only reader of value *v: its vector becomes operand k of the step, which computes that node too. */
void gs_film_absorb(gs_builder *b, gs_step *step, int k, gs_op op, int *v);

/* The step of node n between blocked buffers, which multiplies by the condition's scale, operand 1, and adds its shift,
 * operand 2, where these follow; NULL when memory runs out. *v is set to the value that it computes, whose buffer the
 * caller sets when nothing more is absorbed. */
gs_step *gs_film_add_step(gs_builder *b, const gs_method *method, int n, int *v);

/* The vector of one plane for an image, if operand k of the step is one, else NULL. */
const float *gs_film_at(const gs_step *step, const gs_worker *worker, int k, int image, int plane);

/* Let the step compute activation n, and its slope where the gradient needs it, times the condition's factor if only
 * that product is read; false when memory runs out. */
bool gs_activation_set(gs_builder *b, gs_step *step, gs_applied *applied, int n);

/* The same for the activation that is the only reader of value *v, if there is one. */
bool gs_activation_absorb(gs_builder *b, gs_step *step, gs_applied *applied, int *v);

/* To be called when strides are known. */
void gs_activation_place(const gs_plan *plan, const gs_step *step, gs_applied *applied);

/* Run the affine kernel on one plane, with the activation, and with its slope if the step has one. */
void gs_activation_run(const gs_applied *applied, const gs_worker *worker, int image, int plane, gs_affine_args *args);

#endif
