/* A network as data, after validation. Only load.c builds one; everything else just reads it. */
#ifndef GS_MODEL_H
#define GS_MODEL_H

#include "op/node.h"

typedef struct gs_pair {
    char *key, *value;
} gs_pair;

enum { GS_SIDE_MAX = 4096 /* of images */, GS_WEIGHT_MAX = 1000, GS_TERMS_MAX = 16 };

struct gs_model {
    gs_model_info info;
    char *name;
    double *ladder;
    double *shares;
    gs_sample_options defaults; /* the file's; zero where it says nothing */
    gs_quantization quantization;
    int tensors;
    gs_tensor *tensor;
    int nodes;
    gs_node *node;
    int output[2]; /* value numbers */
    int provenances;
    gs_pair *provenance;
    struct gs_arena *memory; /* all of the above, and what it points to */
};

/* The kind of model with this name; false where there is none. */
bool gs_kind_find(const char *name, gs_kind *kind);

/* The type with this name, "f32"; false where there is none. */
bool gs_dtype_find(const char *name, gs_dtype *dtype);

/* The band of a noise level; 0 for networks that take none. */
int gs_quantization_band(const gs_quantization *quantization, double sigma);

/* The shape of value v (0, 1, 2 are the inputs). */
gs_shape gs_value_shape(const gs_model *model, int v);

/* Whether value v depends on x. */
bool gs_value_per_sample(const gs_model *model, int v);

/* Whether a noise level is in the trained range, up to a millionth of it: people copy ends as they are printed. */
static inline bool gs_sigma_is_trained(const gs_model_info *info, double sigma) {
    return sigma >= info->sigma[0] * (1 - 1e-6) && sigma <= info->sigma[1] * (1 + 1e-6);
}

/* Sort model->tensor by name, which gs_tensor_find wants; its result is a position there, or -1. */
void gs_tensors_sort(gs_model *model);
int gs_tensor_find(const gs_model *model, const char *name);

#endif
