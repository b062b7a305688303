/* Weight files for tests, built in memory:
 *
 *     weights *w = weights_new("denoiser", 1, 8, 8);
 *     weights_inputs(w, true, 10);                                     // sigma, and labels 0 ... 9
 *     weights_random(w, "w", 4, (size_t[]){1, 1, 3, 3}, 7);            // seed 7
 *     weights_node(w, "conv", "conv2d", "['x']", "{'padding': [1, 1]}", "{'weight': 'w'}");
 *     weights_node(w, "out", "mul", "['conv', 'sigma']", NULL, NULL);  // the last node is the output
 *     gs_model *model = weights_load(w);                               // fails the test if it does not load
 *     gs_model_free(model);
 *     weights_free(w);
 *
 * JSON texts may be written with single quotes. Any failure here fails the running test. */
#ifndef TEST_WEIGHTS_H
#define TEST_WEIGHTS_H

#include <jansson.h>

#include "model/model.h"

typedef struct weights weights;

/* A model "test" of that kind for x of (C, H, W) in [0, 1], whose only input is x; it has no nodes yet. */
weights *weights_new(const char *kind, int c, int h, int w);
void weights_free(weights *w);

/* More inputs: sigma, trained on [0.01, 30], and label with `labels` classes if that is not 0. */
void weights_inputs(weights *w, bool sigma, int labels);

/* A tensor of given data (copied), or of random values in [-1, 1), the same for the same seed. */
void weights_tensor(weights *w, const char *name, int rank, const size_t *shape, const float *data);
/* A tensor that is stored as F32, F16 or BF16. */
void weights_stored(weights *w, const char *name, const char *dtype, int rank, const size_t *shape, const float *data);
void weights_random(weights *w, const char *name, int rank, const size_t *shape, unsigned seed);

/* A node; texts that are NULL are left out of the file. */
void weights_node(weights *w, const char *name, const char *op, const char *inputs, const char *attributes,
                  const char *tensors);

/* The outputs, "['logits', 'features']"; without this call, the last node. */
void weights_outputs(weights *w, const char *names);

/* Set `key` of the model object ("data", "default", ...), or of the object at "data.range" and the like, to a JSON
 * text; NULL removes it. Numbers in the path step into arrays: "graph.nodes.0.op". */
void weights_set(weights *w, const char *path, const char *text);

/* The same for the safetensors header: "conv.dtype", "__metadata__.gensample". Applied by weights_bytes, in order,
 * after everything else. Tensor names with dots cannot be reached. */
void weights_set_header(weights *w, const char *path, const char *text);

/* A text of "__metadata__", with single quotes made double, applied after everything else. */
void weights_set_metadata(weights *w, const char *key, const char *text);

/* The file's bytes, to be freed with free(). */
unsigned char *weights_bytes(const weights *w, size_t *size);

void weights_write(const weights *w, const char *path);

/* Write a temporary file, load it and remove it. */
gs_model *weights_load(const weights *w);

/* A denoiser of x (1, 4, 4), sigma and one of 3 labels: tensors w, b and e; nodes conv, emb, mix, out. */
weights *weights_small(void);

/* A quantised score of x (3, 6, 6) and sigma in two bands, 1 and below, and above: conv (8 channels, 'winograd-f4'),
 * stride (8, 'direct'), out (a convolution of 3 channels that is not quantised, of its nearest upsampling). Factors and
 * ranges are random in 0.5 ... 2. */
weights *weights_quantised(void);

/* A JSON text with single quotes made double, parsed. */
json_t *weights_json(const char *text);

#endif
