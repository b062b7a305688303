/* The graph target's mutator: mostly changes a network as someone who designs networks would, and now and then as
 * nobody would. */
#include "fuzz.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"
#include "op/operation.h"
#include "support/random.h"

typedef struct tree {
    json_t *model, *tensors, *nodes;
    uint64_t random;
} tree;

static size_t below(tree *t, size_t n) {
    return n ? (size_t)random_below(&t->random, (int)n) : 0;
}

static json_t *node_at(tree *t) {
    return json_array_get(t->nodes, below(t, json_array_size(t->nodes)));
}

static const char *name_of(const json_t *node) {
    const char *name = json_string_value(json_object_get(node, "name"));
    return name ? name : "none";
}

/* A model input or a node. */
static const char *value_name(tree *t) {
    static const char *const inputs[] = {"x", "x", "sigma", "label"};
    return below(t, 3) ? name_of(node_at(t)) : inputs[below(t, 4)];
}

static json_t *number(tree *t) {
    static const json_int_t some[] = {-1, 0,  1,  1,  2,  2,  3,    4,    5,     8,
                                      15, 16, 17, 32, 33, 64, 4096, 4097, 65536, INT32_MAX};
    return json_integer(some[below(t, sizeof some / sizeof *some)]);
}

/* The value of key or element number `i` of a container. */
static const char *key_at(json_t *object, size_t i) {
    void *at = json_object_iter(object);
    while (at && i--)
        at = json_object_iter_next(object, at);
    return at ? json_object_iter_key(at) : NULL;
}

static const char *tensor_name(tree *t) {
    const char *name = key_at(t->tensors, below(t, json_object_size(t->tensors)));
    return name ? name : "w";
}

/* ---- Changes ---- */

static void change_operation(tree *t) {
    json_object_set_new(node_at(t), "op", json_string(gs_op_name((gs_op)below(t, GS_OP_COUNT))));
}

static void change_input(tree *t) {
    json_t *inputs = json_object_get(node_at(t), "inputs");
    json_array_set_new(inputs, below(t, json_array_size(inputs)), json_string(value_name(t)));
}

static void add_input(tree *t) {
    json_array_append_new(json_object_get(node_at(t), "inputs"), json_string(value_name(t)));
}

static void drop_input(tree *t) {
    json_t *inputs = json_object_get(node_at(t), "inputs");
    json_array_remove(inputs, below(t, json_array_size(inputs)));
}

/* An attribute of any operation. */
static const gs_attribute *attribute_at(tree *t) {
    const gs_attribute *all = NULL;
    size_t count = 0;
    while (!all)
        all = gs_operation_of((gs_op)below(t, GS_OP_COUNT))->attributes;
    while (all[count].name)
        count++;
    return &all[below(t, count)];
}

/* A word that some attribute may be. */
static const char *choice_of(tree *t) {
    const gs_attribute *a = attribute_at(t);
    size_t count = 0;
    while (!a->choices)
        a = attribute_at(t);
    while (a->choices[count])
        count++;
    return a->choices[below(t, count)];
}

static void change_attribute(tree *t) {
    json_t *node = node_at(t), *attributes = json_object_get(node, "attributes");
    if (!attributes) {
        json_object_set_new(node, "attributes", json_object());
        attributes = json_object_get(node, "attributes");
    }
    const char *have = key_at(attributes, below(t, json_object_size(attributes)));
    const char *name = have && below(t, 4) ? have : attribute_at(t)->name;
    json_t *value;
    switch (below(t, 6)) {
    case 0:
        value = json_string(choice_of(t));
        break;
    case 1:
        value = json_pack("[o]", number(t));
        break;
    case 2:
        value = json_pack("[ooo]", number(t), number(t), number(t));
        break;
    case 3:
        value = json_real((double)random_float(&t->random) * (below(t, 8) ? 2 : 1e38));
        break;
    case 4:
        value = number(t);
        break;
    default:
        value = json_pack("[oo]", number(t), number(t));
    }
    json_object_set_new(attributes, name, value);
}

/* Swaps two numbers of an attribute that is an array, as sizes and orders are, or divides one into two factors. */
static void change_order(tree *t) {
    json_t *attributes = json_object_get(node_at(t), "attributes");
    const char *key = key_at(attributes, below(t, json_object_size(attributes)));
    json_t *array = key ? json_object_get(attributes, key) : NULL;
    size_t n = json_array_size(array), i = below(t, n), k = below(t, n);
    if (!n)
        return;
    json_int_t a = json_integer_value(json_array_get(array, i)), b = json_integer_value(json_array_get(array, k));
    if (below(t, 3)) {
        json_array_set_new(array, i, json_integer(b));
        json_array_set_new(array, k, json_integer(a));
    } else if (a % 2 == 0) {
        json_array_set_new(array, i, json_integer(a / 2));
        json_array_insert_new(array, k, json_integer(2));
    }
}

static void drop_attribute(tree *t) {
    json_t *attributes = json_object_get(node_at(t), "attributes");
    const char *key = key_at(attributes, below(t, json_object_size(attributes)));
    if (key)
        json_object_del(attributes, key);
}

static void change_tensor(tree *t) {
    static const char *const roles[] = {"weight", "weight", "bias", "value", "index", "points", "values"};
    json_t *node = node_at(t);
    if (!json_object_get(node, "tensors"))
        json_object_set_new(node, "tensors", json_object());
    json_object_set_new(json_object_get(node, "tensors"), roles[below(t, sizeof roles / sizeof *roles)],
                        json_string(tensor_name(t)));
}

static void drop_tensors(tree *t) {
    json_object_del(node_at(t), "tensors");
}

static void change_size(tree *t, json_t *shape) {
    size_t i = below(t, json_array_size(shape) + 1);
    if (i == json_array_size(shape))
        json_array_append_new(shape, number(t));
    else if (below(t, 6))
        json_array_set_new(shape, i, number(t));
    else
        json_array_remove(shape, i);
}

static void change_tensor_shape(tree *t) {
    change_size(t, json_object_get(t->tensors, tensor_name(t)));
}

static void change_data_shape(tree *t) {
    json_t *shape = json_object_get(json_object_get(t->model, "data"), "shape");
    json_array_set_new(shape, below(t, 3), number(t));
}

/* Adds a copy under a new name somewhere later, which often reads the original. */
static void add_node(tree *t) {
    size_t from = below(t, json_array_size(t->nodes));
    json_t *original = json_array_get(t->nodes, from), *copy = json_deep_copy(original);
    char name[24];
    snprintf(name, sizeof name, "n%d", random_below(&t->random, 1 << 20));
    json_object_set_new(copy, "name", json_string(name));
    if (below(t, 2))
        json_array_set_new(json_object_get(copy, "inputs"), 0, json_string(name_of(original)));
    json_array_insert_new(t->nodes, from + 1 + below(t, json_array_size(t->nodes) - from), copy);
}

static void drop_node(tree *t) {
    if (json_array_size(t->nodes) > 1)
        json_array_remove(t->nodes, below(t, json_array_size(t->nodes)));
}

static void swap_nodes(tree *t) {
    size_t n = json_array_size(t->nodes), i = below(t, n), k = below(t, n);
    json_t *a = json_incref(json_array_get(t->nodes, i));
    json_array_set(t->nodes, i, json_array_get(t->nodes, k));
    json_array_set_new(t->nodes, k, a);
}

static void change_output(tree *t) {
    json_t *graph = json_object_get(t->model, "graph"), *outputs = json_array();
    for (size_t i = below(t, 3) ? 1 : 2; i > 0; i--)
        json_array_append_new(outputs, json_string(name_of(node_at(t))));
    json_object_set_new(graph, "outputs", outputs);
}

static void change_kind(tree *t) {
    json_object_set_new(t->model, "kind", json_string(gs_kind_name((gs_kind)below(t, 6))));
}

static void change_labels(tree *t) {
    json_object_set_new(t->model, "labels", number(t));
    if (below(t, 4) == 0)
        json_object_set_new(t->model, "unlabelled", json_boolean(below(t, 2)));
}

/* Replaces any value anywhere by one of another type. */
static void break_a_value(tree *t) {
    json_t *at = t->model;
    for (int depth = 0; depth < 8; depth++) {
        const char *key = key_at(at, below(t, json_object_size(at)));
        json_t *next = json_is_array(at) ? json_array_get(at, below(t, json_array_size(at))) : json_object_get(at, key);
        if ((json_is_object(next) || json_is_array(next)) && below(t, 5)) {
            at = next;
            continue;
        }
        json_t *values[] = {json_null(),  json_true(),   json_real(1e300), number(t),
                            json_array(), json_object(), json_string("x"), json_string("")};
        size_t chosen = below(t, 8);
        for (size_t i = 0; i < 8; i++)
            if (i != chosen)
                json_decref(values[i]);
        if (json_is_array(at) && json_array_size(at))
            json_array_set_new(at, below(t, json_array_size(at)), values[chosen]);
        else if (key)
            json_object_set_new(at, key, values[chosen]);
        else
            json_decref(values[chosen]);
        return;
    }
}

static void (*const changes[])(tree *) = {
    change_operation,  change_operation, change_operation, change_input,     change_input,        change_input,
    add_input,         drop_input,       change_attribute, change_attribute, change_attribute,    change_order,
    change_order,      drop_attribute,   change_tensor,    drop_tensors,     change_tensor_shape, change_tensor_shape,
    change_data_shape, add_node,         add_node,         drop_node,        swap_nodes,          change_output,
    change_kind,       change_labels,    break_a_value,
};

static size_t change_tree(json_t *input, uint8_t *data, size_t size, size_t room, unsigned seed) {
    tree t = {.model = json_object_get(input, "model"), .tensors = json_object_get(input, "tensors"), .random = seed};
    t.nodes = json_object_get(json_object_get(t.model, "graph"), "nodes");
    for (size_t i = 1 + below(&t, 4); i > 0; i--)
        changes[below(&t, sizeof changes / sizeof *changes)](&t);
    char *text = json_dumps(input, JSON_COMPACT);
    size_t length = text ? strlen(text) : room + 1;
    if (length <= room) {
        memcpy(data, text, length);
        size = length;
    }
    free(text);
    return size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed) {
    json_t *input = seed % 16 ? json_loadb((const char *)data, size, 0, NULL) : NULL;
    size_t changed = input ? change_tree(input, data, size, room, seed) : LLVMFuzzerMutate(data, size, room);
    json_decref(input);
    return changed;
}
