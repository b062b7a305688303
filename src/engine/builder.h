/* A plan in the making: what methods ask about the graph while they turn it into steps, and how they add steps and
 * buffers. Functions that may fail for lack of memory return false, NULL or -1. */
#ifndef GS_BUILDER_H
#define GS_BUILDER_H

#include "engine/method.h"

/* What is known so far of a value of the graph. */
typedef struct gs_planned {
    bool needed;           /* whether an output depends on it */
    bool absorbed;         /* whether the step of an earlier node computes it */
    int users, reader;     /* needed nodes that read it, outputs included; the last of these nodes, or -1 */
    int slope;             /* the node of its slope, where the same step computes that, or -1 */
    bool is_slope;         /* it is such a slope */
    int buffer;            /* its primary buffer, or -1 */
    int other[GS_LAYOUTS]; /* its buffer in this layout, where that is not the primary one, or -1 */
} gs_planned;

struct gs_builder {
    gs_plan *plan;
    const gs_model *model;
    gs_planned *value; /* by value; node n computes value n + GS_VALUE_NODES */
    int room_buffers, room_steps;
    bool abreast; /* all buffers have 16 images abreast */
};

/* ---- Questions ---- */

/* The shape of node n's operand k. */
gs_shape gs_builder_shape(const gs_builder *b, int n, int k);

bool gs_same_sizes(gs_shape x, gs_shape y);

/* Whether node n's products are computed in integers, and then, in which domain. */
bool gs_builder_quantises(const gs_builder *b, int n, gs_quant_domain *domain);

/* The type of the operands of node n's products, whose inputs come in runs of `length`, in a domain: the plan's, where
 * it applies. */
const gs_product_type *gs_builder_product(const gs_builder *b, int n, int length, gs_quant_domain domain);

/* Whether a value has one element per channel of a result with so many channels. */
bool gs_is_channel_vector(gs_shape shape, int channels);

/* The node that is the only reader of value v, if it is a binary `op`; *operand is set to its other operand. Else -1.
 */
int gs_builder_reader(const gs_builder *b, int v, gs_op op, int *operand);

/* The node that is the only reader of value v, or -1. */
int gs_builder_sole_reader(const gs_builder *b, int v);

/* ---- Buffers and steps ---- */

/* Values of rank 1 are the same in both usual layouts and count as blocked. With images abreast, all have that layout,
 * whatever is asked for. */
int gs_builder_add_buffer(gs_builder *b, gs_shape shape, gs_layout layout);

/* A step with `sources` operands, yet to be set, into buffer `out`. Node -1: a change of layout. */
gs_step *gs_builder_add_step(gs_builder *b, const gs_method *method, int node, int sources, int out);

/* The buffer as an operand. */
gs_source gs_builder_from_buffer(const gs_builder *b, int buffer);

/* Value v as an operand in the condition vector, where it gets room. */
gs_source gs_builder_from_condition(gs_builder *b, int v);

/* Value v as an operand: its buffer in this layout, or, where it does not depend on x, in the condition vector. False
 * when memory runs out. */
bool gs_builder_source(gs_builder *b, int v, gs_layout layout, gs_source *source);

/* Value v's buffer in this layout, made by a change of layout if need be. */
int gs_builder_buffer_in(gs_builder *b, int v, gs_layout layout);

/* Value v is computed into this buffer; v belongs to the step's node or to a later one that the step absorbs. */
void gs_builder_set_value(gs_builder *b, int v, int buffer);

/* The steps that compute value *v also compute that of node `reader`, which *v becomes. */
void gs_builder_absorb(gs_builder *b, int reader, int *v);

/* The step of node n, whose result is in this layout, with one operand per input. */
gs_step *gs_builder_add_node(gs_builder *b, const gs_method *method, int n, const gs_source *source, gs_layout layout);

/* The same where all operands are buffers in that layout. */
gs_step *gs_builder_add_simple(gs_builder *b, const gs_method *method, int n, gs_layout layout);

/* Convolutions read their input with a halo. */
void gs_builder_want_halo(gs_builder *b, int buffer, int before, int after);

#endif
