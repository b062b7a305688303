/* The declarations that the parts of the weight file reader share, in the order in which FORMAT.md describes the
 * file. */
#ifndef GS_LOADER_H
#define GS_LOADER_H

#include <jansson.h>

#include "model/arena.h"
#include "model/model.h"

enum { GS_SIZE_MAX = 1 << 26 }; /* most elements of a value */

/* Part of a text that belongs to someone else. */
typedef struct gs_text {
    const char *at;
    size_t length;
} gs_text;

typedef struct gs_loader {
    const char *path;
    const void *bytes;   /* the file's bytes if they are in memory already; NULL: `path` is read */
    uint64_t file_bytes; /* their number; set by gs_file_open if `path` is read */
    gs_error *error;
    gs_arena *arena;
    gs_model *model;                 /* in the arena */
    bool *tensor_used;               /* by position in model->tensor */
    bool input_used[GS_VALUE_NODES]; /* listed in "inputs" */
    bool has_nodes;
    gs_text nodes; /* the inside of the array graph.nodes, which is parsed node by node */
} gs_loader;

/* GS_ERROR_FORMAT "PATH: ...". */
gs_status gs_loader_fail(const gs_loader *loader, const char *format, ...) GS_PRINTF(2, 3);
gs_status gs_loader_memory(const gs_loader *loader);

/* ---- file.c: bytes ---- */

typedef struct gs_file gs_file;

/* Open the file, a pipe, which is read whole, or the loader's bytes. */
gs_status gs_file_open(gs_loader *loader, gs_file **file);
/* Read the next `bytes` bytes, which also go into the hash. */
gs_status gs_file_read(gs_loader *loader, gs_file *file, void *memory, size_t bytes);
/* The SHA-256 of what was read, in lower-case hexadecimal. */
void gs_file_hash(gs_file *file, char text[65]);
void gs_file_close(gs_file *file);

/* ---- json.c: values with their place in the file ---- */

/* How much memory a file may make its reader keep before it is refused: twice its size and 1 MiB. The data may be as
 * large as the file; the rest, the file's size and 1 MiB, is shared out in sixteenths: 12 for the header's tree and,
 * once that is freed, 4 for the model's tree without its nodes, 1 for one node, and 8 for all nodes as gs_node. */
enum { GS_SHARE_HEADER = 12, GS_SHARE_MODEL = 5, GS_SHARE_NODE = 1, GS_SHARE_NODES = 8 };
uint64_t gs_loader_share(const gs_loader *loader, unsigned sixteenths);

/* Parse `text` without its part `hole` (a .length of 0 means all of it), unless its tree might take more than its
 * share; `what` ("header") is used in messages. */
gs_status gs_json_parse(gs_loader *loader, gs_text text, gs_text hole, const char *what, unsigned sixteenths,
                        json_t **value);
/* Refuse keys of `object` that are not in the NULL-terminated list, and an `object` that is not one. */
gs_status gs_json_keys(gs_loader *loader, const json_t *object, const char *what, const char *const *allowed);
gs_status gs_json_integer(gs_loader *loader, const json_t *value, const char *what, long long low, long long high,
                          int *out);
/* A number that is finite in single precision too. */
gs_status gs_json_real(gs_loader *loader, const json_t *value, const char *what, double *out);
/* [low, high] with 0 < low < high, or 0 < low <= high. */
gs_status gs_json_sigmas(gs_loader *loader, const json_t *value, const char *what, bool may_equal, double *low,
                         double *high);
/* 1 ... 63 characters of a-z 0-9 - _ . */
gs_status gs_json_name(gs_loader *loader, const json_t *value, const char *what, char **out);
/* The kind of a value in words: "a string". */
const char *gs_json_type(const json_t *value);

/* ---- json_text.c: JSON before it is parsed ---- */

/* The memory that parsing takes, summed over parts of a text; to be zeroed first. */
typedef struct gs_json_cost {
    size_t bytes, longest; /* for all values, without the lexer's buffer; the length of the longest token */
    long depth, deepest;
} gs_json_cost;

void gs_json_count(gs_json_cost *cost, gs_text text);
/* An upper bound of what jansson will have allocated at any one time. */
size_t gs_json_bytes(const gs_json_cost *cost);

/* The text between the brackets of an object or array. */
bool gs_text_inside(gs_text value, char open, char close, gs_text *inside);
/* The next part of *rest before a comma outside strings and brackets; false at the end. */
bool gs_text_next(gs_text *rest, gs_text *part);
/* The value of an object's first member with this key, which must be written without escapes. */
bool gs_text_member(gs_text object, const char *key, gs_text *value);
/* The number of parts that gs_text_next finds; 0 for blank text. */
size_t gs_text_count(gs_text inside);

/* ---- safetensors.c: header and tensors ---- */

/* Whether a weight file may begin with these bytes, the header's length. */
bool gs_safetensors_length_is_good(const unsigned char bytes[8]);

/* Read the whole file: fills model->tensor (sorted by name), info.parameters, info.hash, and *metadata. */
gs_status gs_safetensors_read(gs_loader *loader, json_t **metadata);
/* Position in model->tensor, or -1. */
int gs_tensor_find(const gs_model *model, const char *name);

/* ---- metadata.c: everything about the model but its graph ---- */

gs_status gs_metadata_read(gs_loader *loader, const json_t *model);

/* ---- graph.c, attributes.c, shape.c ---- */

gs_status gs_graph_read(gs_loader *loader, const json_t *graph);

/* One node while it is being read. */
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
