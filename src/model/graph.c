#include "model/graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/attributes.h"
#include "model/quant.h"
#include "op/operation.h"

enum { NODES_MAX = 65536, NAME_MAX_BYTES = 255 };

/* The name and number of a value, in an array sorted by name. */
typedef struct entry {
    const char *name;
    int value;
} entry;

typedef struct names {
    entry *entry;
    size_t count;
} names;

/* ---- Names ---- */

static int compare_names(const void *a, const void *b) {
    const entry *s = a, *t = b;
    return strcmp(s->name, t->name);
}

/* Unlike hashing, sorting cannot be made slow by a malicious choice of names. */
static gs_status sort_names(const gs_loader *loader, names *all) {
    static const char *const inputs[GS_VALUE_NODES] = {"x", "sigma", "label"};
    const gs_model *model = loader->model;
    all->count = (size_t)model->nodes + GS_VALUE_NODES;
    all->entry = gs_alloc(all->count, sizeof *all->entry);
    if (!all->entry)
        return gs_loader_memory(loader);
    for (size_t i = 0; i < all->count; i++) {
        all->entry[i].name = i < GS_VALUE_NODES ? inputs[i] : model->node[i - GS_VALUE_NODES].name;
        all->entry[i].value = (int)i;
    }
    qsort(all->entry, all->count, sizeof *all->entry, compare_names);
    for (size_t i = 1; i < all->count; i++)
        if (!strcmp(all->entry[i - 1].name, all->entry[i].name))
            return gs_loader_fail(loader, "node '%.80s': this name is taken, expected unique names",
                                  all->entry[i].name);
    return GS_OK;
}

/* The value with that name, or -1. */
static int find_value(const names *all, const char *name) {
    entry wanted = {.name = name};
    const entry *found = bsearch(&wanted, all->entry, all->count, sizeof wanted, compare_names);
    return found ? found->value : -1;
}

/* ---- Nodes ---- */

/* Reads what does not depend on other nodes: the name and the operation. */
static gs_status read_node_head(gs_loader *loader, const names *all, int i, const json_t *object) {
    (void)all;
    static const char *const keys[] = {"name", "op", "inputs", "attributes", "tensors", "quant", NULL};
    gs_node *node = &loader->model->node[i];
    char what[40];
    snprintf(what, sizeof what, "node %d", i);
    const char *name = json_string_value(json_object_get(object, "name"));
    if (gs_json_is(object, JSON_OBJECT) && (!name || !*name || strlen(name) > NAME_MAX_BYTES))
        return gs_loader_fail(loader, "%s: expected a name of 1 ... %d bytes", what, NAME_MAX_BYTES);
    gs_status status = gs_json_keys(loader, object, what, keys);
    if (status)
        return status;
    node->name = gs_arena_string(loader->arena, name);
    if (!node->name)
        return gs_loader_memory(loader);
    const char *op = json_string_value(json_object_get(object, "op"));
    node->op = op ? gs_op_find(op) : GS_OP_COUNT;
    return node->op < GS_OP_COUNT
               ? GS_OK
               : gs_node_fail(loader, node, "op: found '%.80s', expected an operation of models/FORMAT.md",
                              op ? op : "nothing");
}

static gs_status read_node_input(gs_loader *loader, const names *all, int i, const json_t *value, int *input) {
    const gs_node *node = &loader->model->node[i];
    const char *name = json_string_value(value);
    if (!name)
        return gs_node_fail(loader, node, "inputs: found %s, expected names", gs_json_type(value));
    *input = find_value(all, name);
    if (*input < 0)
        return gs_node_fail(loader, node, "input '%.80s': no node or model input has this name", name);
    if (*input < GS_VALUE_NODES && !loader->input_used[*input])
        return gs_node_fail(loader, node, "input '%.80s': the model does not list it in \"inputs\"", name);
    if (*input >= i + GS_VALUE_NODES)
        return gs_node_fail(loader, node, "input '%.80s': comes at or after this node, expected an earlier one", name);
    return GS_OK;
}

static gs_status read_node_inputs(gs_loader *loader, const names *all, int i, const json_t *array) {
    gs_node *node = &loader->model->node[i];
    if (array && !gs_json_is(array, JSON_ARRAY))
        return gs_node_fail(loader, node, "inputs: found %s, expected an array", gs_json_type(array));
    size_t count = json_array_size(array);
    const gs_operation *operation = gs_operation_of(node->op);
    int least = operation->inputs[0], most = operation->inputs[1];
    if (count < (size_t)least || count > (size_t)most)
        return gs_node_fail(loader, node, "found %zu inputs, %s takes %d%s%.0d", count, operation->name, least,
                            most > least ? " ... " : "", most > least ? most : 0);
    node->input = gs_arena_alloc(loader->arena, count, sizeof *node->input);
    if (!node->input)
        return gs_loader_memory(loader);
    node->inputs = (int)count;
    for (size_t k = 0; k < count; k++) {
        gs_status status = read_node_input(loader, all, i, json_array_get(array, k), &node->input[k]);
        if (status)
            return status;
        node->per_sample |= gs_value_per_sample(loader->model, node->input[k]);
    }
    return GS_OK;
}

/* Sets *out to the tensor that a role names; counts the roles found. */
static gs_status read_role(gs_loader *loader, const gs_node *node, const json_t *object, const gs_role *role,
                           const gs_tensor **out, size_t *found) {
    const json_t *value = role->name ? json_object_get(object, role->name) : NULL;
    if (!value)
        return GS_OK;
    ++*found;
    const char *name = json_string_value(value);
    int i = name ? gs_tensor_find(loader->model, name) : -1;
    if (i < 0)
        return gs_node_fail(loader, node, "tensor '%s': found '%.80s', expected the name of a tensor of the file",
                            role->name, name ? name : gs_json_type(value));
    *out = &loader->model->tensor[i];
    loader->tensor_used[i] |= GS_USED_TO_COMPUTE;
    return GS_OK;
}

static gs_status read_node_tensors(gs_loader *loader, gs_node *node, const json_t *object) {
    const gs_operation *operation = gs_operation_of(node->op);
    const char *weight = operation->weight.name, *bias = operation->bias.name;
    if (object && !gs_json_is(object, JSON_OBJECT))
        return gs_node_fail(loader, node, "tensors: found %s, expected an object", gs_json_type(object));
    size_t found = 0;
    gs_status status = read_role(loader, node, object, &operation->weight, &node->weight, &found);
    if (!status)
        status = read_role(loader, node, object, &operation->bias, &node->bias, &found);
    if (status)
        return status;
    if ((operation->weight.required && !node->weight) || (operation->bias.required && !node->bias))
        return gs_node_fail(loader, node, "tensor '%s' is missing", node->weight ? bias : weight);
    if (found != json_object_size(object) && !weight)
        return gs_node_fail(loader, node, "tensors: found %zu, %s takes none", json_object_size(object),
                            operation->name);
    if (found != json_object_size(object))
        return gs_node_fail(loader, node, "tensors: found %zu, %s takes '%s'%s%s%s only", json_object_size(object),
                            operation->name, weight, bias ? " and '" : "", bias ? bias : "", bias ? "'" : "");
    return GS_OK;
}

static gs_status check_node(gs_loader *loader, gs_node *node) {
    gs_check check = {
        .node = node, .labels = loader->model->info.labels, .needs_label = loader->model->info.needs_label};
    for (int i = 0; i < node->inputs; i++)
        check.in[i] = gs_value_shape(loader->model, node->input[i]);
    return gs_op_check(&check) ? gs_node_fail(loader, node, "%s", check.problem) : GS_OK;
}

static gs_status read_node(gs_loader *loader, const names *all, int i, const json_t *object) {
    gs_node *node = &loader->model->node[i];
    gs_status status = read_node_inputs(loader, all, i, json_object_get(object, "inputs"));
    if (!status)
        status = gs_attributes_read(loader, node, json_object_get(object, "attributes"));
    if (!status)
        status = read_node_tensors(loader, node, json_object_get(object, "tensors"));
    if (!status)
        status = check_node(loader, node);
    return status ? status : gs_quant_read(loader, node, json_object_get(object, "quant"));
}

/* Parse each node's text in turn and hand it to `read`. */
static gs_status for_each_node(gs_loader *loader, const names *all,
                               gs_status (*read)(gs_loader *, const names *, int, const json_t *)) {
    gs_text rest = loader->nodes, part;
    gs_status status = GS_OK;
    for (int i = 0; !status && gs_text_next(&rest, &part); i++) {
        char what[40];
        json_t *object = NULL;
        snprintf(what, sizeof what, "node %d", i);
        status = gs_json_parse(loader, part, (gs_text){NULL, 0}, what, GS_SHARE_NODE, &object);
        if (!status)
            status = read(loader, all, i, object);
        json_decref(object);
    }
    return status;
}

/* The bytes that nodes may take in memory, with their names, their inputs and the array for sorting. */
enum { NODE_BYTES = 256 };

static gs_status count_nodes(gs_loader *loader, const json_t *array) {
    if (!loader->has_nodes)
        return gs_loader_fail(loader, "graph.nodes: found %s, expected an array, its key written without escapes",
                              gs_json_type(array));
    size_t count = gs_text_count(loader->nodes);
    uint64_t most = gs_loader_share(loader, GS_SHARE_NODES) / NODE_BYTES;
    if (count < 1 || count > NODES_MAX)
        return gs_loader_fail(loader, "graph.nodes: found %zu nodes, expected 1 ... %d", count, NODES_MAX);
    if (count > most)
        return gs_loader_fail(loader, "graph.nodes: found %zu nodes, expected at most %llu in a file of %llu bytes",
                              count, (unsigned long long)most, (unsigned long long)loader->file_bytes);
    loader->model->nodes = (int)count;
    return GS_OK;
}

static gs_status read_nodes(gs_loader *loader, const json_t *array) {
    gs_model *model = loader->model;
    gs_status status = count_nodes(loader, array);
    if (status)
        return status;
    model->node = gs_arena_alloc(loader->arena, (size_t)model->nodes, sizeof *model->node);
    if (!model->node)
        return gs_loader_memory(loader);
    names all = {NULL, 0};
    status = for_each_node(loader, &all, read_node_head);
    if (!status)
        status = sort_names(loader, &all);
    if (!status)
        status = for_each_node(loader, &all, read_node);
    gs_free(all.entry);
    return status;
}

/* ---- The graph as a whole ---- */

static int find_node(const gs_model *model, const char *name) {
    for (int i = 0; name && i < model->nodes; i++)
        if (!strcmp(model->node[i].name, name))
            return i;
    return -1;
}

/* An image of a decoder may have any shape that data.shape may have. */
static gs_status check_image(const gs_loader *loader, const gs_node *node) {
    const int *d = node->shape.d;
    bool fits = node->shape.rank == 3 && d[0] <= GS_SIDE_MAX && d[1] <= GS_SIDE_MAX && d[2] <= GS_SIDE_MAX;
    return fits ? GS_OK
                : gs_node_fail(loader, node,
                               "output: (%d, %d, %d) of rank %d, expected a decoder's image (C, H, W), each 1 ... %d",
                               d[0], d[1], d[2], node->shape.rank, GS_SIDE_MAX);
}

/* The first output must be what the kind of model demands; a classifier's second holds features. */
static gs_status check_output(const gs_loader *loader, const gs_node *node, bool first) {
    const gs_model *model = loader->model;
    const int *x = model->info.shape, *d = node->shape.d;
    const char *kind = gs_kind_name(model->info.kind);
    if (!node->per_sample)
        return gs_node_fail(loader, node, "output: found a value of sigma and label only, expected it to depend on x");
    if (model->info.kind == GS_KIND_CLASSIFIER)
        return node->shape.rank == 1 ? GS_OK
                                     : gs_node_fail(loader, node,
                                                    "output: rank %d, expected the %s of a classifier, of "
                                                    "rank 1",
                                                    node->shape.rank, first ? "classes" : "features");
    if (model->info.kind == GS_KIND_ENERGY)
        return node->shape.rank == 1 && d[0] == 1
                   ? GS_OK
                   : gs_node_fail(loader, node, "output: (%d, %d, %d) of rank %d, expected an energy's (1)", d[0], d[1],
                                  d[2], node->shape.rank);
    if (model->info.kind == GS_KIND_DECODER)
        return check_image(loader, node);
    if (node->shape.rank == 3 && !memcmp(d, x, 3 * sizeof *x))
        return GS_OK;
    return gs_node_fail(loader, node, "output: (%d, %d, %d) of rank %d, expected the shape (%d, %d, %d) of x for a %s",
                        d[0], d[1], d[2], node->shape.rank, x[0], x[1], x[2], kind);
}

static gs_status read_outputs(gs_loader *loader, const json_t *array) {
    gs_model *model = loader->model;
    size_t most = model->info.kind == GS_KIND_CLASSIFIER ? 2 : 1, count = json_array_size(array);
    if (count < 1 || count > most)
        return gs_loader_fail(loader, "graph.outputs: found %zu outputs, expected 1%s", count, most > 1 ? " or 2" : "");
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(array, i));
        int node = find_node(model, name);
        if (node < 0)
            return gs_loader_fail(loader, "graph.outputs: found '%.80s', expected the name of a node",
                                  name ? name : gs_json_type(json_array_get(array, i)));
        gs_status status = check_output(loader, &model->node[node], i == 0);
        if (status)
            return status;
        model->output[i] = node + GS_VALUE_NODES;
        model->info.output_size[i] = gs_shape_size(model->node[node].shape);
    }
    model->info.outputs = (int)count;
    const int *shape = model->info.kind == GS_KIND_DECODER ? model->node[model->output[0] - GS_VALUE_NODES].shape.d
                                                           : model->info.shape;
    memcpy(model->info.image, shape, sizeof model->info.image);
    if (model->info.rejects && model->info.output_size[0] < 2)
        return gs_loader_fail(loader, "data.reject: given with %zu logit, expected at least 2, of which it is the last",
                              model->info.output_size[0]);
    return GS_OK;
}

static bool describes_data(const char *name) {
    static const char *const prefixes[] = {"reference_", "label_", "real_"};
    for (size_t i = 0; i < GS_COUNT(prefixes); i++)
        if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
            return true;
    return false;
}

/* Tensors that describe data rather than the network need no node. */
static gs_status check_all_used(const gs_loader *loader) {
    gs_model *model = loader->model;
    for (int i = 0; i < model->tensors; i++)
        if (loader->tensor_used[i] & GS_USED_TO_COMPUTE)
            model->info.parameters += model->tensor[i].size;
        else if (!loader->tensor_used[i] && !describes_data(model->tensor[i].name))
            return gs_loader_fail(loader, "tensor '%.80s': no node uses it", model->tensor[i].name);
    return GS_OK;
}

static void count_operations(gs_model *model) {
    for (int i = 0; i < model->nodes; i++) {
        uint64_t sum = model->info.operations + model->node[i].operations;
        model->info.operations = sum < model->node[i].operations ? UINT64_MAX : sum;
    }
}

gs_status gs_graph_read(gs_loader *loader, const json_t *graph) {
    static const char *const keys[] = {"nodes", "outputs", NULL};
    gs_status status = gs_json_keys(loader, graph, "graph", keys);
    if (!status)
        status = read_nodes(loader, json_object_get(graph, "nodes"));
    if (!status)
        status = read_outputs(loader, json_object_get(graph, "outputs"));
    if (!status)
        status = check_all_used(loader);
    if (!status)
        status = gs_quantization_check(loader);
    if (!status)
        count_operations(loader->model);
    return status;
}
