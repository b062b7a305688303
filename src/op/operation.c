#include "op/operation.h"

#include <stdio.h>
#include <string.h>

#include "op/check.h"

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

void gs_op_evaluate(gs_call *call) {
    call->operation = operations[call->of ? call->of->op : call->node->op];
    operations[call->node->op]->reference(call);
}

gs_status gs_op_check(gs_check *check) {
    gs_node *node = check->node;
    const gs_operation *operation = check->operation = operations[node->op];
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
    case GS_SIZES: /* the result's shape, which is shown beside it */
    case GS_LIST:
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
