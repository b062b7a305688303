#include "model/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static const char *const kind_names[] = {"energy", "score", "denoiser", "noise", "classifier", "decoder"};

const char *gs_kind_name(gs_kind kind) {
    return (unsigned)kind < GS_COUNT(kind_names) ? kind_names[kind] : "unknown";
}

bool gs_kind_find(const char *name, gs_kind *kind) {
    for (size_t i = 0; i < GS_COUNT(kind_names); i++)
        if (!strcmp(name, kind_names[i])) {
            *kind = (gs_kind)i;
            return true;
        }
    return false;
}

static const char *const dtype_names[] = {
    "default",
#define GS_DTYPE(ID, name, mac, stored, what) [GS_DTYPE_##ID] = name,
#include "model/dtypes.def"
};

const char *gs_dtype_name(gs_dtype dtype) {
    return (unsigned)dtype < GS_COUNT(dtype_names) ? dtype_names[dtype] : NULL;
}

bool gs_dtype_find(const char *name, gs_dtype *dtype) {
    for (size_t i = GS_DTYPE_DEFAULT + 1; i < GS_COUNT(dtype_names); i++)
        if (!strcmp(name, dtype_names[i])) {
            *dtype = (gs_dtype)i;
            return true;
        }
    return false;
}

const gs_quantization *gs_model_get_quantization(const gs_model *model) {
    return &model->quantization;
}

int gs_quantization_band(const gs_quantization *quantization, double sigma) {
    int band = 0;
    while (band < quantization->bands - 1 && sigma > quantization->ends[band])
        band++;
    return band;
}

void gs_model_free(gs_model *model) {
    if (model)
        gs_arena_free(model->memory);
}

const gs_model_info *gs_model_get_info(const gs_model *model) {
    return &model->info;
}

int gs_model_get_tensor(const gs_model *model, const char *name, const float **data, size_t shape[6]) {
    int i = gs_tensor_find(model, name);
    if (i < 0)
        return -1;
    *data = model->tensor[i].data;
    memcpy(shape, model->tensor[i].shape, (size_t)model->tensor[i].rank * sizeof *shape);
    return model->tensor[i].rank;
}

const char *gs_model_get_tensor_name(const gs_model *model, int i) {
    return i >= 0 && i < model->tensors ? model->tensor[i].name : NULL;
}

const char *gs_model_get_provenance(const gs_model *model, int i, const char **value) {
    if (i < 0 || i >= model->provenances)
        return NULL;
    *value = model->provenance[i].value;
    return model->provenance[i].key;
}

gs_shape gs_value_shape(const gs_model *model, int v) {
    const int *x = model->info.shape;
    if (v >= GS_VALUE_NODES)
        return model->node[v - GS_VALUE_NODES].shape;
    if (v == GS_VALUE_X)
        return (gs_shape){.rank = 3, .d = {x[0], x[1], x[2]}};
    return (gs_shape){.rank = 1, .d = {1, 1, 1}};
}

bool gs_value_per_sample(const gs_model *model, int v) {
    return v >= GS_VALUE_NODES ? model->node[v - GS_VALUE_NODES].per_sample : v == GS_VALUE_X;
}

/* ---- Tensors by name ---- */

static int compare_name(const void *a, const void *b) {
    const gs_tensor *s = a, *t = b;
    return strcmp(s->name, t->name);
}

void gs_tensors_sort(gs_model *model) {
    qsort(model->tensor, (size_t)model->tensors, sizeof *model->tensor, compare_name);
}

int gs_tensor_find(const gs_model *model, const char *name) {
    gs_tensor wanted = {.name = (char *)(uintptr_t)name};
    const gs_tensor *found =
        model->tensors ? bsearch(&wanted, model->tensor, (size_t)model->tensors, sizeof wanted, compare_name) : NULL;
    return found ? (int)(found - model->tensor) : -1;
}
