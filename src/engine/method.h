/* How operations are done fast: the record of a method, which makes steps for nodes of the graph and runs them.
 * methods.def lists all methods in order: the first that applies to a node computes it, and the last one, the
 * reference, applies to every node. A backend's methods come first. */
#ifndef GS_METHOD_H
#define GS_METHOD_H

#include "engine/data.h"

typedef struct gs_builder gs_builder; /* builder.h */

/* What a step takes beside its buffers. */
typedef struct gs_cost {
    size_t weight_bytes; /* packed weights, which all threads share */
    size_t room_bytes;   /* scratch memory of the worker that runs the step */
} gs_cost;

struct gs_method {
    const char *name;          /* for gs_plan_describe: "winograd-f4" */
    const gs_backend *backend; /* only plans of this backend use it; NULL: all plans may */
    gs_element element;        /* of its operands and its result */
    size_t own_bytes;          /* of a step's own data, which is zero when the step is made */

    /* Whether it computes node n: that depends on the node, on the shapes of its operands and on the layout that they
     * have already, never on the CPU. */
    bool (*applies)(const gs_builder *builder, int n);

    /* Whether the steps that it makes for node n, to which it applies, can take 16 images abreast (data.h), with the
     * same bytes as the method that computes the node otherwise. It asks for no layout. NULL: they cannot. */
    bool (*abreast)(const gs_builder *builder, int n);

    /* Add such a step, once it is placed, to the program that runs in its place (program.h). */
    void (*encode)(const gs_plan *plan, const gs_step *step, gs_program *program);

    /* Make steps of this method for node n and say which buffer holds its value, or the value of a later node that the
     * steps compute too. False when memory runs out. */
    bool (*prepare)(gs_builder *builder, const gs_method *method, int n);

    /* Finish a step once strides and segments are known; NULL if there is nothing to do. */
    gs_status (*place)(gs_plan *plan, gs_step *step, gs_error *error);

    /* Compute images i0 ... i1 - 1 of the step's buffer. Allocates nothing. */
    gs_step_run *run;

    /* Of a step that reads its operand as integers alone, the scales by which they are made of floats, else NULL; NULL:
     * no step does. And whether `run` stores what its result's buffer is made to hold (typed.h). */
    const struct gs_scales *(*reads)(const gs_step *step);
    bool stores;

    /* Whether `run` computes the share of its worker (share.h), so that a crew may share the step out. */
    bool shares;

    /* Free what the step's own data points to, of which planning may have made only part; NULL if there is nothing. */
    void (*free)(const gs_plan *plan, gs_step *step);

    /* What to say instead of the name; NULL: the name. */
    const char *(*describe)(const gs_step *step);

    /* The type of the operands of the step's products; NULL: float32. */
    const gs_product_type *(*product)(const gs_step *step);

    /* NULL: nothing. What is known only once the step is placed is 0 before. */
    gs_cost (*cost)(const gs_plan *plan, const gs_step *step);
};

/* Every method is defined with GS_DEFINE_METHOD, which does not compile unless methods.def has its row. */
enum {
#define GS_METHOD(name) GS_METHOD_##name,
#include "engine/methods.def"
#undef GS_METHOD
    GS_METHODS
};
#define GS_METHOD(name) extern const gs_method gs_method_##name;
#include "engine/methods.def"
#undef GS_METHOD
#define GS_DEFINE_METHOD(name)                                             \
    _Static_assert(GS_METHOD_##name < GS_METHODS, "a row of methods.def"); \
    const gs_method gs_method_##name

/* What the method says of the step, with its type unless that is float32: "winograd-f4 bf16". */
enum { GS_STEP_METHOD_ROOM = 64 };
const char *gs_step_method(const gs_step *step, char text[GS_STEP_METHOD_ROOM]);

static inline gs_cost gs_step_cost(const gs_plan *plan, const gs_step *step) {
    return step->method->cost ? step->method->cost(plan, step) : (gs_cost){0};
}

#endif
