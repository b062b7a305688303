/* What the parts of the weight file reader share: FORMAT.md in the order the file is read. */
#ifndef GS_LOADER_H
#define GS_LOADER_H

#include <jansson.h>

#include "model/arena.h"
#include "model/model.h"

enum { GS_SIZE_MAX = 1 << 26 }; /* elements of a value */

typedef struct gs_loader {
    const char *path;
    gs_error *error;
    gs_arena *arena;
    gs_model *model;                 /* in the arena */
    bool *tensor_used;               /* by position in model->tensor */
    bool input_used[GS_VALUE_NODES]; /* listed in "inputs" */
} gs_loader;

/* GS_ERROR_FORMAT "PATH: ...". */
gs_status gs_loader_fail(const gs_loader *loader, const char *format, ...) GS_PRINTF(2, 3);
gs_status gs_loader_memory(const gs_loader *loader);

/* ---- file.c: bytes ---- */

typedef struct gs_file gs_file;

/* Open a regular file; *size is its length. */
gs_status gs_file_open(gs_loader *loader, gs_file **file, uint64_t *size);
/* The next `bytes` bytes, which also go into the hash. */
gs_status gs_file_read(gs_loader *loader, gs_file *file, void *memory, size_t bytes);
/* SHA-256 of what was read, in lower-case hexadecimal. */
void gs_file_hash(gs_file *file, char text[65]);
void gs_file_close(gs_file *file);

/* ---- json.c: values with their place in the file ---- */

/* Parse `length` bytes; `what` ("header") goes into messages. */
gs_status gs_json_parse(gs_loader *loader, const char *text, size_t length, const char *what, json_t **value);
/* Refuse keys of `object` outside the NULL-ended list, and an `object` that is none. */
gs_status gs_json_keys(gs_loader *loader, const json_t *object, const char *what, const char *const *allowed);
gs_status gs_json_integer(gs_loader *loader, const json_t *value, const char *what, long long low, long long high,
                          int *out);
/* A number, finite also in single precision. */
gs_status gs_json_real(gs_loader *loader, const json_t *value, const char *what, double *out);
/* [low, high] with 0 < low < high, or 0 < low <= high. */
gs_status gs_json_sigmas(gs_loader *loader, const json_t *value, const char *what, bool may_equal, double *low,
                         double *high);
/* 1 ... 63 characters of a-z 0-9 - _ . */
gs_status gs_json_name(gs_loader *loader, const json_t *value, const char *what, char **out);
/* What kind of value was found: "a string". */
const char *gs_json_type(const json_t *value);

/* ---- safetensors.c: header and tensors ---- */

/* Read the whole file: fills model->tensor (sorted by name), info.parameters, info.hash, and *metadata. */
gs_status gs_safetensors_read(gs_loader *loader, json_t **metadata);
/* Position in model->tensor, or -1. */
int gs_tensor_find(const gs_model *model, const char *name);

/* ---- metadata.c: everything about the model but its graph ---- */

gs_status gs_metadata_read(gs_loader *loader, const json_t *model);

/* ---- graph.c, attributes.c, shape.c ---- */

gs_status gs_graph_read(gs_loader *loader, const json_t *graph);

/* One node while it is read. */
typedef struct gs_draft {
    gs_attributes attributes;
    gs_shape shape; /* reshape's attribute */
} gs_draft;

/* GS_ERROR_FORMAT "PATH: node 'NAME': ...". */
gs_status gs_node_fail(const gs_loader *loader, const gs_node *node, const char *format, ...) GS_PRINTF(3, 4);

gs_status gs_attributes_read(gs_loader *loader, const gs_node *node, const json_t *object, gs_draft *draft);

/* Infer node->shape and node->operations from the inputs, checking everything the operation demands; fills in
 * node->attributes from the draft. */
gs_status gs_shape_infer(gs_loader *loader, gs_node *node, const gs_draft *draft);

#endif
