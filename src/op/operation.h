/* What an operation means: a record, from which the reader of weight files, the reference, the gradient, `gensample
 * inspect` and the table of FORMAT.md come. How it is done fast is the engine's business. */
#ifndef GS_OPERATION_H
#define GS_OPERATION_H

#include "op/node.h"

typedef struct gs_operation gs_operation;
typedef struct gs_reverse gs_reverse; /* op/reverse.h */

/* ---- Attributes ---- */

typedef enum gs_attribute_type {
    GS_INTEGER, /* an int of low ... high */
    GS_PAIR,    /* int[2], both of low ... high */
    GS_REAL,    /* a double */
    GS_FLAG,    /* a bool, 0 or 1 in files */
    GS_CHOICE,  /* an int, the index of one of `choices` */
    GS_SIZES,   /* a gs_shape, of sizes low ... high */
    GS_LIST     /* a gs_list of 1 ... 6 integers low ... high */
} gs_attribute_type;

typedef struct gs_attribute {
    const char *name;
    gs_attribute_type type;
    size_t offset; /* in gs_node; see GS_AT */
    bool required;
    int low, high;
    double fallback;            /* the default, of a pair for both, of a choice its index */
    const char *const *choices; /* ends with NULL; an empty name cannot be chosen */
    const char *form;           /* FORMAT.md: what stands beside the name, or NULL: the default or the choices */
    const char *shown; /* what `inspect` puts before the value ("groups "), or NULL; it leaves default choices out */
} gs_attribute;

enum { GS_ATTRIBUTE_MAX = 4096 }; /* the largest stride, padding, kernel and the like */

#define GS_AT(field) offsetof(gs_node, attributes.field)

/* The rows of a record's table, which ends with a row without a name. */
#define GS_ATTRIBUTES(...) ((const gs_attribute[]){__VA_ARGS__, {.name = NULL}})

/* ---- Tensors ---- */

/* What a tensor of the node is for. */
typedef struct gs_role {
    const char *name; /* in files; NULL: the operation has no such tensor */
    const char *form; /* its shape, for FORMAT.md */
    bool required;
} gs_role;

/* ---- The parts of a record ---- */

/* A node whose inputs, attributes and tensors have been read, while it is checked. */
typedef struct gs_check {
    gs_node *node;
    const gs_operation *operation; /* its record, which gs_op_check fills in */
    gs_shape in[GS_INPUT_MAX];     /* the inputs' shapes */
    int labels;                    /* the model's number of classes */
    bool needs_label;              /* whether it has no label "none" beside them */
    char problem[GS_MESSAGE_MAX];
} gs_check;

/* Check everything the operation demands, and set node->shape. Errors: GS_ERROR_FORMAT, with `problem` filled in. */
typedef gs_status gs_op_infer(gs_check *check);

/* The operands of an operation for one image: in[i] is the row-major array of input i, out that of the result. */
typedef struct gs_call {
    const gs_node *node;
    const gs_node *of;             /* of adjoints: the node that is differentiated */
    const gs_operation *operation; /* the record of that, of others the node's; gs_op_evaluate fills it in */
    const double *const *in;
    gs_shape shape[GS_INPUT_MAX]; /* of the inputs */
    double *out;
} gs_call;

/* The specification, in double precision: plain and readable, slow on purpose, with the same bytes on every IEEE
 * machine. */
typedef void gs_op_reference(const gs_call *call);

/* y = f(x) of one number, or f'(x). */
typedef double gs_op_function(const gs_attributes *attributes, double x);

/* What node n, given the derivative dy with respect to its result, passes to its inputs; see reverse.h. */
typedef void gs_op_derivative(gs_reverse *r, int n, int dy);

/* Floating-point operations per image: 2 x multiply-adds. */
typedef uint64_t gs_op_cost(const gs_node *node);

/* The attributes in a few characters that begin with a blank, for `inspect`. */
typedef void gs_op_describe(const gs_node *node, char *text, size_t room);

/* Bits of gs_operation.ranks. */
#define GS_RANK(n) (1u << (n))

struct gs_operation {
    const char *name;
    int inputs[2];     /* the least and the most */
    unsigned ranks;    /* of the input: GS_RANK(...) | ...; 0: any */
    const char *takes; /* the input in words, for messages and FORMAT.md: "(C, H, W)" */
    gs_role weight, bias;
    const gs_attribute *attributes; /* NULL: none */
    const char *result;             /* FORMAT.md: the result */
    gs_op_infer *infer;             /* NULL: the result has the shape of the input */
    gs_op_reference *reference;
    gs_op_function *function, *slope; /* of operations that work element by element on one input */
    gs_op_derivative *derivative;     /* NULL: the result never depends on x */
    gs_op_cost *cost;                 /* NULL: not counted */
    gs_op_describe *describe;         /* NULL: what the table of attributes shows */
};

/* ---- All records ---- */

#define GS_OP(id, record) extern const gs_operation gs_op_##record;
#define GS_ADJOINT(id, record) extern const gs_operation gs_op_##record;
#include "op/ops.def"

/* The record of an operation. */
const gs_operation *gs_operation_of(gs_op op);

/* The operation that a weight file calls so; GS_OP_COUNT where there is none. */
gs_op gs_op_find(const char *name);

/* Check a node and set its shape and its number of operations, which wants check->node, in and labels. */
gs_status gs_op_check(gs_check *check);

/* Compute a node from its inputs. Never allocates; thread-safe. */
void gs_op_evaluate(gs_call *call);

/* The attributes that matter most, for `inspect`; "" where there are none. */
void gs_op_describe_node(const gs_node *node, char *text, size_t room);

/* ---- For records ---- */

/* H W. */
static inline size_t gs_positions(gs_shape shape) {
    return (size_t)shape.d[1] * (size_t)shape.d[2];
}

/* The index of element (i, j, k) of a larger array in one whose sizes of 1 stretch. */
static inline size_t gs_stretched(gs_shape shape, int i, int j, int k) {
    size_t a = shape.d[0] == 1 ? 0 : (size_t)i, b = shape.d[1] == 1 ? 0 : (size_t)j,
           e = shape.d[2] == 1 ? 0 : (size_t)k;
    return (a * (size_t)shape.d[1] + b) * (size_t)shape.d[2] + e;
}

/* The index of channel k, row h, column w. */
static inline size_t gs_pixel(gs_shape shape, int k, int h, int w) {
    return ((size_t)k * (size_t)shape.d[1] + (size_t)h) * (size_t)shape.d[2] + (size_t)w;
}

/* Zero the result. */
static inline void gs_call_clear(const gs_call *call) {
    for (size_t i = 0; i < gs_shape_size(call->node->shape); i++)
        call->out[i] = 0;
}

#endif
