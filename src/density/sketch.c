#include "density/sketch.h"

#include <string.h>

void gs_sketch_begin(gs_sketch *s) {
    *s = (gs_sketch){.nodes = json_array()};
    s->failed = !s->nodes;
    gs_draft_begin(&s->draft);
}

void gs_sketch_end(gs_sketch *s) {
    json_decref(s->nodes);
    gs_draft_end(&s->draft);
    *s = (gs_sketch){0};
}

/* ---- Nodes ---- */

static void add(gs_sketch *s, json_t *node) {
    s->failed |= !node || json_array_append_new(s->nodes, node) != 0;
}

void gs_sketch_node(gs_sketch *s, const char *name, const char *op, const char *a, const char *b,
                    const char *attributes, ...) {
    json_t *values = NULL;
    if (attributes) {
        va_list arguments;
        va_start(arguments, attributes);
        values = json_vpack_ex(NULL, 0, attributes, arguments);
        va_end(arguments);
        s->failed |= !values;
    }
    json_t *inputs = b ? json_pack("[s, s]", a, b) : json_pack("[s]", a);
    add(s, json_pack("{s: s, s: s, s: o, s: o*}", "name", name, "op", op, "inputs", inputs, "attributes", values));
}

void gs_sketch_reshape(gs_sketch *s, const char *name, const char *of, int d0, int d1) {
    if (d1)
        gs_sketch_node(s, name, "reshape", of, NULL, "{s: [i, i, i]}", "shape", d0, d1, 1);
    else
        gs_sketch_node(s, name, "reshape", of, NULL, "{s: [i]}", "shape", d0);
}

void gs_sketch_constant(gs_sketch *s, const char *name, int d0, int d1, const double *values) {
    const size_t shape[3] = {(size_t)d0, (size_t)(d1 ? d1 : 1), 1}, count = shape[0] * shape[1];
    float *rounded = gs_alloc(count, sizeof *rounded);
    s->failed |= !rounded;
    for (size_t i = 0; i < count && rounded; i++)
        rounded[i] = (float)values[i];
    if (rounded)
        gs_draft_tensor(&s->draft, name, gs_stored_find("F32"), d1 ? 3 : 1, shape, rounded);
    gs_free(rounded);
    add(s, json_pack("{s: s, s: s, s: [], s: {s: s}}", "name", name, "op", "constant", "inputs", "tensors", "value",
                     name));
}

/* ---- The file ---- */

/* The file, to be freed with gs_free; NULL when memory runs out. */
static unsigned char *compose(gs_sketch *s, json_t *model, size_t *size) {
    json_t *graph = json_pack("{s: O, s: [s]}", "nodes", s->nodes, "outputs", "energy");
    if (s->failed || !graph || json_object_set(model, "graph", graph) != 0) {
        json_decref(graph);
        return NULL;
    }
    json_decref(graph);
    return gs_draft_compose(&s->draft, model, "1", size);
}

gs_status gs_sketch_load(gs_sketch *s, json_t *model, const char *name, gs_model **result, gs_error *error) {
    size_t size = 0;
    unsigned char *file = model ? compose(s, model, &size) : NULL;
    gs_status status =
        file ? gs_model_load_memory(name, file, size, result, error) : gs_fail_memory(error, "a density");
    gs_free(file);
    json_decref(model);
    return status;
}
