#include "support/weights.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/stored.h"
#include "support/files.h"

struct weights {
    json_t *model, *header; /* the header without its metadata */
    json_t *changes;        /* pairs of path and text for the header */
    json_t *metadata;       /* texts that replace those of "__metadata__" */
    unsigned char *data;
    size_t bytes;
};

/* A copy with double quotes instead of single ones; to be freed. */
static char *with_double_quotes(const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    assert_non_null(copy);
    for (size_t i = 0; i < size; i++)
        copy[i] = (char)(text[i] == '\'' ? '"' : text[i]);
    return copy;
}

json_t *weights_json(const char *text) {
    char *copy = with_double_quotes(text);
    json_error_t problem;
    json_t *value = json_loads(copy, JSON_DECODE_ANY, &problem);
    if (!value)
        fail_msg("%s: %s", copy, problem.text);
    free(copy);
    return value;
}

weights *weights_new(const char *kind, int c, int h, int w) {
    weights *result = calloc(1, sizeof *result);
    assert_non_null(result);
    result->header = json_object();
    result->changes = json_array();
    result->metadata = json_object();
    result->model =
        json_pack("{s:s, s:s, s:{s:[iii], s:[ii]}, s:[s], s:{s:[]}, s:{s:s}}", "name", "test", "kind", kind, "data",
                  "shape", c, h, w, "range", 0, 1, "inputs", "x", "graph", "nodes", "provenance", "made by", "a test");
    assert_non_null(result->model);
    return result;
}

void weights_free(weights *w) {
    if (!w)
        return;
    json_decref(w->model);
    json_decref(w->header);
    json_decref(w->changes);
    json_decref(w->metadata);
    free(w->data);
    free(w);
}

void weights_inputs(weights *w, bool sigma, int labels) {
    json_t *inputs = json_object_get(w->model, "inputs");
    if (sigma) {
        assert_int_equal(json_array_append_new(inputs, json_string("sigma")), 0);
        weights_set(w, "data.sigma", "[0.01, 30]");
    }
    if (labels) {
        assert_int_equal(json_array_append_new(inputs, json_string("label")), 0);
        assert_int_equal(json_object_set_new(w->model, "labels", json_integer(labels)), 0);
    }
}

void weights_stored(weights *w, const char *name, const char *dtype, int rank, const size_t *shape, const float *data) {
    const gs_stored *stored = gs_stored_find(dtype);
    size_t count = 1;
    json_t *sizes = json_array();
    for (int i = 0; i < rank; i++) {
        json_array_append_new(sizes, json_integer((json_int_t)shape[i]));
        count *= shape[i];
    }
    size_t bytes = count * stored->bytes;
    w->data = realloc(w->data, w->bytes + bytes);
    assert_non_null(w->data);
    for (size_t i = 0; i < count; i++)
        stored->store(data[i], w->data + w->bytes + stored->bytes * i);
    json_t *entry = json_pack("{s:s, s:o, s:[II]}", "dtype", dtype, "shape", sizes, "data_offsets",
                              (json_int_t)w->bytes, (json_int_t)(w->bytes + bytes));
    assert_int_equal(json_object_set_new(w->header, name, entry), 0);
    w->bytes += bytes;
}

void weights_tensor(weights *w, const char *name, int rank, const size_t *shape, const float *data) {
    weights_stored(w, name, "F32", rank, shape, data);
}

void weights_random(weights *w, const char *name, int rank, const size_t *shape, unsigned seed) {
    size_t count = 1;
    for (int i = 0; i < rank; i++)
        count *= shape[i];
    float *data = malloc(count * sizeof *data);
    assert_non_null(data);
    /* Knuth's multiplier; the upper bits are good enough for weights. */
    uint64_t state = seed * 2654435761U + 12345;
    for (size_t i = 0; i < count; i++) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        data[i] = (float)(int32_t)(state >> 32) * 0x1p-31F;
    }
    weights_tensor(w, name, rank, shape, data);
    free(data);
}

void weights_node(weights *w, const char *name, const char *op, const char *inputs, const char *attributes,
                  const char *tensors) {
    json_t *node = json_pack("{s:s, s:s}", "name", name, "op", op);
    assert_non_null(node);
    if (inputs)
        json_object_set_new(node, "inputs", weights_json(inputs));
    if (attributes)
        json_object_set_new(node, "attributes", weights_json(attributes));
    if (tensors)
        json_object_set_new(node, "tensors", weights_json(tensors));
    json_t *graph = json_object_get(w->model, "graph");
    assert_int_equal(json_array_append_new(json_object_get(graph, "nodes"), node), 0);
}

void weights_outputs(weights *w, const char *names) {
    weights_set(w, "graph.outputs", names);
}

/* Go to the container of the path's last part, which is copied into `last`. */
static json_t *walk(json_t *value, const char *path, char *last, size_t room) {
    const char *dot;
    while ((dot = strchr(path, '.'))) {
        snprintf(last, room, "%.*s", (int)(dot - path), path);
        value = json_is_array(value) ? json_array_get(value, strtoul(last, NULL, 10)) : json_object_get(value, last);
        assert_non_null(value);
        path = dot + 1;
    }
    snprintf(last, room, "%s", path);
    return value;
}

static void set_at(json_t *root, const char *path, const char *text) {
    char last[400];
    json_t *container = walk(root, path, last, sizeof last);
    if (!text)
        json_object_del(container, last);
    else if (json_is_array(container))
        assert_int_equal(json_array_set_new(container, strtoul(last, NULL, 10), weights_json(text)), 0);
    else
        assert_int_equal(json_object_set_new(container, last, weights_json(text)), 0);
}

void weights_set(weights *w, const char *path, const char *text) {
    set_at(w->model, path, text);
}

void weights_set_header(weights *w, const char *path, const char *text) {
    json_array_append_new(w->changes, json_pack("[ss?]", path, text));
}

void weights_set_metadata(weights *w, const char *key, const char *text) {
    char *copy = with_double_quotes(text);
    assert_int_equal(json_object_set_new(w->metadata, key, json_string(copy)), 0);
    free(copy);
}

/* The model with its outputs filled in, as a text to be freed. */
static char *model_text(const weights *w) {
    json_t *model = json_deep_copy(w->model), *graph = json_object_get(model, "graph");
    json_t *nodes = json_object_get(graph, "nodes");
    if (json_is_object(graph) && !json_object_get(graph, "outputs") && json_array_size(nodes)) {
        json_t *last = json_array_get(nodes, json_array_size(nodes) - 1);
        json_object_set_new(graph, "outputs", json_pack("[O]", json_object_get(last, "name")));
    }
    char *text = json_dumps(model, JSON_COMPACT);
    assert_non_null(text);
    json_decref(model);
    return text;
}

unsigned char *weights_bytes(const weights *w, size_t *size) {
    json_t *header = json_deep_copy(w->header);
    char *model = model_text(w);
    json_object_set_new(header, "__metadata__", json_pack("{s:s, s:s}", "gensample", "1", "model", model));
    free(model);
    for (size_t i = 0; i < json_array_size(w->changes); i++) {
        const json_t *change = json_array_get(w->changes, i);
        set_at(header, json_string_value(json_array_get(change, 0)), json_string_value(json_array_get(change, 1)));
    }
    if (json_object_size(w->metadata))
        assert_int_equal(json_object_update(json_object_get(header, "__metadata__"), w->metadata), 0);
    char *text = json_dumps(header, JSON_COMPACT);
    assert_non_null(text);
    json_decref(header);
    size_t length = strlen(text);
    *size = 8 + length + w->bytes;
    unsigned char *bytes = malloc(*size);
    assert_non_null(bytes);
    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (unsigned char)((uint64_t)length >> 8 * i);
    memcpy(bytes + 8, text, length);
    if (w->bytes)
        memcpy(bytes + 8 + length, w->data, w->bytes);
    free(text);
    return bytes;
}

void weights_write(const weights *w, const char *path) {
    size_t size;
    unsigned char *bytes = weights_bytes(w, &size);
    write_file(path, bytes, size);
    free(bytes);
}

gs_model *weights_load(const weights *w) {
    char *directory = temp_directory(), path[512];
    snprintf(path, sizeof path, "%s/model.bin", directory);
    weights_write(w, path);
    gs_model *model = NULL;
    gs_error error = {.status = GS_OK};
    if (gs_model_load(path, &model, &error))
        fail_msg("%s", error.message);
    remove_directory(directory);
    return model;
}

weights *weights_small(void) {
    weights *w = weights_new("denoiser", 1, 4, 4);
    weights_inputs(w, true, 3);
    weights_random(w, "w", 4, (const size_t[]){2, 1, 3, 3}, 1);
    weights_random(w, "b", 1, (const size_t[]){2}, 2);
    weights_random(w, "e", 2, (const size_t[]){4, 2}, 3);
    weights_node(w, "conv", "conv2d", "['x']", "{'padding': [1, 1]}", "{'weight': 'w', 'bias': 'b'}");
    weights_node(w, "emb", "embedding", "['label']", NULL, "{'weight': 'e'}");
    weights_node(w, "mix", "add", "['conv', 'emb']", NULL, NULL);
    weights_node(w, "out", "slice", "['mix']", "{'begin': 0, 'end': 1}", NULL);
    return w;
}

/* (rows, columns) numbers in 0.5 ... 2. */
static void add_scales(weights *w, const char *name, size_t rows, size_t columns, unsigned seed) {
    size_t count = rows * columns;
    float *data = malloc(count * sizeof *data);
    assert_non_null(data);
    for (size_t i = 0; i < count; i++)
        data[i] = 0.5F + 1.5F * (float)((i + seed) * 37 % 64) / 63;
    weights_tensor(w, name, 2, (size_t[]){rows, columns}, data);
    free(data);
}

weights *weights_quantised(void) {
    weights *w = weights_new("score", 3, 6, 6);
    weights_inputs(w, true, 0);
    weights_random(w, "w1", 4, (size_t[]){8, 3, 3, 3}, 1);
    weights_random(w, "w2", 4, (size_t[]){8, 8, 2, 2}, 2);
    weights_random(w, "w3", 4, (size_t[]){3, 8, 3, 3}, 3);
    weights_random(w, "b1", 1, (size_t[]){8}, 4);
    add_scales(w, "f1", 36, 3, 5);
    add_scales(w, "r1", 2, 36, 6);
    add_scales(w, "f2", 1, 8, 7);
    add_scales(w, "r2", 2, 1, 8);
    weights_node(w, "conv", "conv2d", "['x']", "{'padding': [1, 1]}", "{'weight': 'w1', 'bias': 'b1'}");
    weights_node(w, "stride", "conv2d", "['conv']", "{'stride': [2, 2]}", "{'weight': 'w2'}");
    weights_node(w, "up", "upsample_nearest", "['stride']", "{'scale': [2, 2]}", NULL);
    weights_node(w, "out", "conv2d", "['up']", "{'padding': [1, 1]}", "{'weight': 'w3'}");
    weights_outputs(w, "['out']");
    weights_set(w, "graph.nodes.0.quant", "{'domain': 'winograd-f4', 'factor': 'f1', 'range': 'r1'}");
    weights_set(w, "graph.nodes.1.quant", "{'domain': 'direct', 'factor': 'f2', 'range': 'r2'}");
    weights_set(w, "quantization",
                "{'dtype': 'int8', 'bands': [1], 'error': {'mean': [0.5, 0.25], 'max': [1, 2], 'rms': [0.125, 0]}}");
    weights_set_header(w, "__metadata__.gensample", "'2'");
    return w;
}
