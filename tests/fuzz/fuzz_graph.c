/* Fuzz target: a graph. The input is a JSON text {"tensors": {name: shape, ...}, "model": the file's model object},
 * which is turned into a weight file with values for the tensors; the mutator (mutate.c) changes it as a tree. */
#include "fuzz.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes the header's entries; returns the size of the data, or SIZE_MAX if a shape is invalid or too large to be
 * worthwhile. */
static size_t describe_tensors(json_t *tensors, json_t *header) {
    enum { ELEMENTS_MAX = 1 << 16 };
    size_t bytes = 0;
    const char *name;
    json_t *shape, *size;
    json_object_foreach(tensors, name, shape) {
        size_t i;
        json_int_t elements = 1;
        json_array_foreach(shape, i, size) {
            json_int_t d = json_integer_value(size);
            if (d < 1 || d > ELEMENTS_MAX || elements > ELEMENTS_MAX)
                return SIZE_MAX;
            elements *= d;
        }
        if (elements > ELEMENTS_MAX || !json_is_array(shape))
            return SIZE_MAX;
        size_t end = bytes + 4 * (size_t)elements;
        json_object_set_new(header, name,
                            json_pack("{s:s, s:O, s:[II]}", "dtype", "F32", "shape", shape, "data_offsets",
                                      (json_int_t)bytes, (json_int_t)end));
        bytes = end;
    }
    return bytes;
}

/* Whether a node has this tensor in that role. */
static bool has_role(const json_t *model, const char *role, const char *tensor) {
    size_t i;
    json_t *node;
    json_array_foreach(json_object_get(json_object_get(model, "graph"), "nodes"), i, node) {
        const char *name = json_string_value(json_object_get(json_object_get(node, "tensors"), role));
        if (name && !strcmp(name, tensor))
            return true;
    }
    return false;
}

/* Indices are whole numbers from -1 on, points increase, weights are neither. */
static void fill(uint8_t *data, const json_t *tensors, const json_t *model) {
    const char *name;
    json_t *shape, *size;
    json_object_foreach((json_t *)(uintptr_t)tensors, name, shape) {
        size_t elements = 1, k;
        json_array_foreach(shape, k, size) elements *= (size_t)json_integer_value(size);
        bool index = has_role(model, "index", name), points = has_role(model, "points", name);
        for (size_t i = 0; i < elements; i++, data += 4) {
            float value = (float)((int)(i * 7 % 15) - 7) / 8;
            value = index ? (float)((int)(i * 5 % 4) - 1) : points ? (float)i / 2 : value;
            memcpy(data, &value, 4);
        }
    }
}

static void run(json_t *tensors, const json_t *model) {
    json_t *header = json_object();
    char *text = json_dumps(model, JSON_COMPACT | JSON_ENCODE_ANY), *all = NULL;
    size_t bytes = describe_tensors(tensors, header);
    if (text && bytes != SIZE_MAX) {
        json_object_set_new(header, "__metadata__", json_pack("{s:s, s:s}", "gensample", "1", "model", text));
        all = json_dumps(header, JSON_COMPACT);
    }
    uint8_t *file = all ? malloc(8 + strlen(all) + bytes) : NULL;
    if (file) {
        size_t length = strlen(all);
        for (size_t i = 0; i < 8; i++)
            file[i] = (uint8_t)((uint64_t)length >> 8 * i);
        memcpy(file + 8, all, length);
        fill(file + 8 + length, tensors, model);
        fuzz_weight_file(file, 8 + length + bytes);
    }
    free(file);
    free(all);
    free(text);
    json_decref(header);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    json_t *input = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    json_t *tensors = json_object_get(input, "tensors"), *model = json_object_get(input, "model");
    if (json_is_object(tensors) && model)
        run(tensors, model);
    json_decref(input);
    return 0;
}
