#include "op/operation.h"

#include <stdio.h>
#include <string.h>

static const gs_operation *const operations[GS_OP_ALL] = {
#define GS_OP(id, record) [GS_OP_##id] = &gs_op_##record,
#define GS_ADJOINT(id, record) [GS_OP_##id] = &gs_op_##record,
#include "op/ops.def"
};

const gs_operation *gs_operation_of(gs_op op) {
    return operations[op];
}

const char *gs_op_name(gs_op op) {
    return (unsigned)op < GS_OP_ALL && operations[op] ? operations[op]->name : "unknown";
}

gs_op gs_op_find(const char *name) {
    int op = 0;
    while (op < GS_OP_COUNT && strcmp(name, operations[op]->name))
        op++;
    return (gs_op)op;
}

size_t gs_shape_size(gs_shape shape) {
    size_t size = 1;
    for (int i = 0; i < shape.rank; i++)
        size *= (size_t)shape.d[i];
    return size;
}

void gs_op_evaluate(const gs_call *call) {
    operations[call->node->op]->reference(call);
}

/* ---- Checks ---- */

gs_status gs_check_fail(gs_check *check, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(check->problem, sizeof check->problem, format, arguments) < 0)
        check->problem[0] = '\0';
    va_end(arguments);
    return GS_ERROR_FORMAT;
}

/* "(8, 3, 3)" */
static void print_shape(char *text, size_t room, int rank, const size_t *d) {
    size_t used = (size_t)snprintf(text, room, "(");
    for (int i = 0; i < rank && used < room; i++)
        used += (size_t)snprintf(text + used, room - used, "%s%zu", i ? ", " : "", d[i]);
    if (used < room)
        snprintf(text + used, room - used, ")");
}

gs_status gs_check_tensor(gs_check *check, const char *role, const gs_tensor *tensor, int rank, const size_t *d) {
    if (!tensor || (tensor->rank == rank && !memcmp(tensor->shape, d, (size_t)rank * sizeof *d)))
        return GS_OK;
    char found[160], expected[160];
    print_shape(found, sizeof found, tensor->rank, tensor->shape);
    print_shape(expected, sizeof expected, rank, d);
    return gs_check_fail(check, "%s '%.60s': shape %s, expected %s", role, tensor->name, found, expected);
}

gs_status gs_check_vector(gs_check *check, const char *role, const gs_tensor *tensor, int size) {
    size_t d = (size_t)size;
    return gs_check_tensor(check, role, tensor, 1, &d);
}

gs_status gs_check_rank(gs_check *check, unsigned ranks, const char *takes) {
    int rank = check->in[0].rank;
    return ranks & GS_RANK(rank)
               ? GS_OK
               : gs_check_fail(check, "input of rank %d, %s takes %s", rank, gs_op_name(check->node->op), takes);
}

gs_status gs_check_result(gs_check *check, int rank, uint64_t d0, uint64_t d1, uint64_t d2) {
    /* Each factor below 2^26 + 1 keeps the products below 2^52. */
    if (d0 > GS_SIZE_MAX || d1 > GS_SIZE_MAX || d2 > GS_SIZE_MAX || d0 * d1 > GS_SIZE_MAX || d0 * d1 * d2 > GS_SIZE_MAX)
        return gs_check_fail(check, "result (%llu, %llu, %llu) is too large, expected at most %d elements",
                             (unsigned long long)d0, (unsigned long long)d1, (unsigned long long)d2, GS_SIZE_MAX);
    check->node->shape = (gs_shape){.rank = rank, .d = {(int)d0, (int)d1, (int)d2}};
    return GS_OK;
}

gs_status gs_op_check(gs_check *check) {
    gs_node *node = check->node;
    const gs_operation *operation = operations[node->op];
    gs_status status = operation->ranks ? gs_check_rank(check, operation->ranks, operation->takes) : GS_OK;
    if (status)
        return status;
    if (operation->infer)
        status = operation->infer(check);
    else
        node->shape = check->in[0];
    if (!status && operation->cost)
        node->operations = operation->cost(node);
    return status;
}

/* ---- Attributes in words ---- */

static void append_attribute(const gs_attribute *a, const void *field, char *text, size_t room) {
    const int *integer = field;
    switch (a->type) {
    case GS_INTEGER:
        snprintf(text, room, " %s%d", a->shown, *integer);
        break;
    case GS_PAIR:
    case GS_SIZES:
        snprintf(text, room, " %s%dx%d", a->shown, integer[0], integer[1]);
        break;
    case GS_REAL:
        snprintf(text, room, " %s%g", a->shown, *(const double *)field);
        break;
    case GS_FLAG:
        snprintf(text, room, " %s%d", a->shown, *(const bool *)field);
        break;
    case GS_CHOICE:
        if (a->required || *integer != (int)a->fallback)
            snprintf(text, room, " %s%s", a->shown, a->choices[*integer]);
        break;
    }
}

void gs_op_describe_node(const gs_node *node, char *text, size_t room) {
    const gs_operation *operation = operations[node->op];
    text[0] = '\0';
    if (operation->describe)
        operation->describe(node, text, room);
    for (const gs_attribute *a = operation->attributes; !operation->describe && a && a->name; a++) {
        size_t used = strlen(text);
        if (a->shown)
            append_attribute(a, (const char *)node + a->offset, text + used, room - used);
    }
}
