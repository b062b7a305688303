/* What the parts of the weight file reader share while a file is read. */
#ifndef GS_LOADER_H
#define GS_LOADER_H

#include "base/arena.h"
#include "model/hash.h"
#include "model/json_text.h"
#include "model/model.h"

typedef struct gs_loader {
    const char *path;
    const void *bytes;   /* the file's bytes if they are in memory already; NULL: `path` is read */
    uint64_t file_bytes; /* their number; set by gs_file_open if `path` is read */
    gs_error *error;
    gs_hash hash; /* of all that was read */
    gs_arena *arena;
    gs_model *model;                 /* in the arena */
    unsigned char *tensor_used;      /* by position in model->tensor: GS_USED_... */
    const char *narrow;              /* the name of a tensor that is not stored as F32; NULL: all are */
    int version;                     /* of the format */
    bool input_used[GS_VALUE_NODES]; /* listed in "inputs" */
    bool has_quantization;           /* the model object has "quantization" */
    bool has_nodes;
    gs_text nodes; /* the inside of the array graph.nodes, which is parsed node by node */
} gs_loader;

/* What uses a tensor, a bit each: how a network is quantised is no part of what it computes. */
enum { GS_USED_TO_COMPUTE = 1, GS_USED_TO_QUANTISE = 2 };

/* GS_ERROR_FORMAT "PATH: ...". */
gs_status gs_loader_fail(const gs_loader *loader, const char *format, ...) GS_PRINTF(2, 3);
gs_status gs_loader_memory(const gs_loader *loader);

/* GS_ERROR_FORMAT "PATH: node 'NAME': ...". */
gs_status gs_node_fail(const gs_loader *loader, const gs_node *node, const char *format, ...) GS_PRINTF(3, 4);

/* How much memory a file may make its reader keep before it is refused: twice its size and 1 MiB, or four times its
 * size where tensors are stored in two bytes per value. The data may be as large as the file, or three times as large
 * while they are made floats; the rest, the file's size and 1 MiB, is shared out in sixteenths: 12 for the header's
 * tree and, once that is freed, 4 for the model's tree without its nodes, 1 for one node, and 8 for all nodes as
 * gs_node. */
enum { GS_SHARE_HEADER = 12, GS_SHARE_MODEL = 5, GS_SHARE_NODE = 1, GS_SHARE_NODES = 8 };
uint64_t gs_loader_share(const gs_loader *loader, unsigned sixteenths);

#endif
