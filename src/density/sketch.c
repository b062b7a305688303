#include "density/sketch.h"

#include <string.h>

void gs_sketch_begin(gs_sketch *s) {
    *s = (gs_sketch){.header = json_object(), .nodes = json_array()};
    s->failed = !s->header || !s->nodes;
}

void gs_sketch_end(gs_sketch *s) {
    json_decref(s->header);
    json_decref(s->nodes);
    gs_free(s->data);
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

/* Room for `count` more floats; NULL when memory runs out. */
static float *extend(gs_sketch *s, size_t count) {
    if (s->count + count > s->room) {
        size_t room = 2 * (s->count + count);
        float *data = gs_alloc(room, sizeof *data);
        if (!data)
            return NULL;
        if (s->count)
            memcpy(data, s->data, s->count * sizeof *data);
        gs_free(s->data);
        s->data = data;
        s->room = room;
    }
    s->count += count;
    return s->data + s->count - count;
}

void gs_sketch_constant(gs_sketch *s, const char *name, int d0, int d1, const double *values) {
    size_t count = (size_t)d0 * (size_t)(d1 ? d1 : 1), bytes = 4 * s->count;
    float *data = extend(s, count);
    if (!data) {
        s->failed = true;
        return;
    }
    for (size_t i = 0; i < count; i++)
        data[i] = (float)values[i];
    json_t *shape = d1 ? json_pack("[i, i, i]", d0, d1, 1) : json_pack("[i]", d0);
    json_t *tensor = json_pack("{s: s, s: o, s: [I, I]}", "dtype", "F32", "shape", shape, "data_offsets",
                               (json_int_t)bytes, (json_int_t)(bytes + 4 * count));
    s->failed |= !tensor || json_object_set_new(s->header, name, tensor) != 0;
    add(s, json_pack("{s: s, s: s, s: [], s: {s: s}}", "name", name, "op", "constant", "inputs", "tensors", "value",
                     name));
}

/* ---- The file ---- */

/* The value's text, to be freed with gs_free; NULL when memory runs out, which json_dumps does not always notice. */
static char *write_text(const json_t *value) {
    size_t size = json_dumpb(value, NULL, 0, JSON_COMPACT);
    char *text = size ? gs_alloc(size + 1, 1) : NULL;
    if (text && json_dumpb(value, text, size, JSON_COMPACT) == size)
        return text;
    gs_free(text);
    return NULL;
}

/* The header's text, likewise. */
static char *write_header(gs_sketch *s, json_t *model) {
    json_t *graph = json_pack("{s: O, s: [s]}", "nodes", s->nodes, "outputs", "energy");
    if (s->failed || !graph || json_object_set(model, "graph", graph) != 0) {
        json_decref(graph);
        return NULL;
    }
    json_decref(graph);
    char *text = write_text(model);
    json_t *metadata = text ? json_pack("{s: s, s: s}", "gensample", "1", "model", text) : NULL;
    gs_free(text);
    if (!metadata || json_object_set_new(s->header, "__metadata__", metadata) != 0)
        return NULL;
    return write_text(s->header);
}

gs_status gs_sketch_load(gs_sketch *s, json_t *model, const char *name, gs_model **result, gs_error *error) {
    char *header = model ? write_header(s, model) : NULL;
    size_t length = header ? strlen(header) : 0, size = 8 + length + 4 * s->count;
    unsigned char *file = header ? gs_alloc(size, 1) : NULL;
    gs_status status;
    if (file) {
        for (int i = 0; i < 8; i++)
            file[i] = (unsigned char)((uint64_t)length >> 8 * i);
        memcpy(file + 8, header, length);
        if (s->count)
            memcpy(file + 8 + length, s->data, 4 * s->count);
        status = gs_model_load_memory(name, file, size, result, error);
    } else {
        status = gs_fail_memory(error, "a density");
    }
    gs_free(file);
    gs_free(header);
    json_decref(model);
    return status;
}
