#include "model/renew.h"

#include <string.h>

#include "base/arena.h"
#include "op/check.h"

typedef struct renewal {
    const gs_model *model;
    gs_model *copy;
    bool *used;                     /* by tensor: whether a node computes with it */
    const gs_tensor_values **given; /* by tensor: its new values, or NULL */
    gs_error *error;
} renewal;

/* ---- What is given ---- */

static size_t position(const gs_model *model, const gs_tensor *tensor) {
    return (size_t)(tensor - model->tensor);
}

static void find_used(renewal *r) {
    for (int n = 0; n < r->model->nodes; n++) {
        const gs_node *node = &r->model->node[n];
        if (node->weight)
            r->used[position(r->model, node->weight)] = true;
        if (node->bias)
            r->used[position(r->model, node->bias)] = true;
    }
}

static gs_status check_values(const renewal *r, const gs_tensor *tensor, const gs_tensor_values *values) {
    if (values->rank < 0 || values->rank > 6)
        return gs_fail(r->error, GS_ERROR_ARGUMENT, "tensor '%.80s': rank %d, expected %d", tensor->name, values->rank,
                       tensor->rank);
    gs_tensor found = {.name = tensor->name, .rank = values->rank};
    memcpy(found.shape, values->shape, sizeof found.shape);
    gs_check check = {.node = NULL};
    if (gs_check_tensor(&check, "tensor", &found, tensor->rank, tensor->shape))
        return gs_fail(r->error, GS_ERROR_ARGUMENT, "%s", check.problem);
    if (!values->data && tensor->size)
        return gs_fail(r->error, GS_ERROR_ARGUMENT, "tensor '%.80s': no data", tensor->name);
    for (size_t i = 0; i < tensor->size; i++) {
        uint32_t bits;
        memcpy(&bits, &values->data[i], sizeof bits);
        if ((bits & 0x7f800000u) == 0x7f800000u)
            return gs_fail(r->error, GS_ERROR_ARGUMENT, "tensor '%.80s': value %zu is %s, expected finite values",
                           tensor->name, i, bits & 0x7fffffu ? "NaN" : "infinite");
    }
    return GS_OK;
}

static gs_status take(renewal *r, const gs_tensor_values *values) {
    int i = values->name ? gs_tensor_find(r->model, values->name) : -1;
    if (i < 0)
        return gs_fail(r->error, GS_ERROR_ARGUMENT, "tensor '%.80s': the network %s has no tensor of this name",
                       values->name ? values->name : "", r->model->info.name);
    if (!r->used[i])
        return gs_fail(r->error, GS_ERROR_ARGUMENT,
                       "tensor '%.80s': describes data, expected a tensor with which the network %s computes",
                       values->name, r->model->info.name);
    if (r->given[i])
        return gs_fail(r->error, GS_ERROR_ARGUMENT, "tensor '%.80s': given twice, expected each name once",
                       values->name);
    r->given[i] = values;
    return check_values(r, &r->model->tensor[i], values);
}

/* ---- The copy ---- */

static bool copy_tensors(renewal *r, gs_arena *arena) {
    gs_model *copy = r->copy;
    memcpy(copy->tensor, r->model->tensor, (size_t)copy->tensors * sizeof *copy->tensor);
    for (int i = 0; i < copy->tensors; i++) {
        gs_tensor *tensor = &copy->tensor[i];
        if (!r->used[i])
            continue;
        float *data = gs_arena_alloc(arena, tensor->size, sizeof *data);
        if (!data)
            return false;
        const float *values = r->given[i] ? r->given[i]->data : tensor->data;
        if (tensor->size)
            memcpy(data, values, tensor->size * sizeof *data);
        tensor->data = data;
    }
    return true;
}

/* The copy's tensor in the place of one of the model's. */
static const gs_tensor *moved(const renewal *r, const gs_tensor *tensor) {
    return tensor ? &r->copy->tensor[position(r->model, tensor)] : NULL;
}

/* Operations may demand more of values than that they are finite. */
static gs_status check_node(const renewal *r, const gs_node *node) {
    gs_node checked = *node;
    gs_check check = {.node = &checked, .labels = r->copy->info.labels, .needs_label = r->copy->info.needs_label};
    for (int i = 0; i < node->inputs; i++)
        check.in[i] = gs_value_shape(r->copy, node->input[i]);
    return gs_op_check(&check) ? gs_fail(r->error, GS_ERROR_ARGUMENT, "node '%.80s': %s", node->name, check.problem)
                               : GS_OK;
}

static gs_status copy_nodes(renewal *r) {
    gs_model *copy = r->copy;
    gs_status status = GS_OK;
    memcpy(copy->node, r->model->node, (size_t)copy->nodes * sizeof *copy->node);
    for (int n = 0; n < copy->nodes && !status; n++) {
        gs_node *node = &copy->node[n];
        node->weight = moved(r, node->weight);
        node->bias = moved(r, node->bias);
        if (node->weight || node->bias)
            status = check_node(r, node);
    }
    return status;
}

static gs_status renew(renewal *r, gs_arena *arena, const gs_tensor_values *values, size_t count) {
    size_t tensors = (size_t)r->model->tensors;
    r->copy = gs_arena_alloc(arena, 1, sizeof *r->copy);
    r->used = gs_arena_alloc(arena, tensors, sizeof *r->used);
    r->given = gs_arena_alloc(arena, tensors, sizeof *r->given);
    if (!r->copy || !r->used || !r->given)
        return gs_fail_memory(r->error, "new weights");
    *r->copy = *r->model;
    r->copy->memory = arena;
    r->copy->tensor = gs_arena_alloc(arena, tensors, sizeof *r->copy->tensor);
    r->copy->node = gs_arena_alloc(arena, (size_t)r->model->nodes, sizeof *r->copy->node);
    if (!r->copy->tensor || !r->copy->node)
        return gs_fail_memory(r->error, "new weights");
    find_used(r);
    gs_status status = GS_OK;
    for (size_t k = 0; k < count && !status; k++)
        status = take(r, &values[k]);
    if (status)
        return status;
    return copy_tensors(r, arena) ? copy_nodes(r) : gs_fail_memory(r->error, "new weights");
}

gs_status gs_model_renew(const gs_model *model, const gs_tensor_values *values, size_t count, gs_model **renewed,
                         gs_error *error) {
    *renewed = NULL;
    gs_arena *arena = gs_arena_create();
    if (!arena)
        return gs_fail_memory(error, "new weights");
    renewal r = {.model = model, .error = error};
    gs_status status = renew(&r, arena, values, count);
    if (status)
        gs_arena_free(arena);
    else
        *renewed = r.copy;
    return status;
}
