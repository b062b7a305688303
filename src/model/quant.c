#include "model/quant.h"

#include <stdio.h>
#include <string.h>

/* ---- Domains ---- */

static const struct {
    const char *name;
    int positions;
} domains[GS_QUANT_DOMAINS] = {
    [GS_QUANT_DIRECT] = {"direct", 1},
    [GS_QUANT_WINOGRAD_F4] = {"winograd-f4", 36},
    [GS_QUANT_WINOGRAD_F5] = {"winograd-f5", 49},
};

const char *gs_quant_domain_name(gs_quant_domain domain) {
    return domains[domain].name;
}

int gs_quant_positions(gs_quant_domain domain) {
    return domains[domain].positions;
}

size_t gs_quant_channels(const gs_node *node) {
    return node->weight->shape[1];
}

/* A convolution as Winograd's transform wants it. */
static bool is_plain(const gs_attributes *a) {
    for (int k = 0; k < 2; k++)
        if (a->kernel[k] != 3 || a->stride[k] != 1 || a->dilation[k] != 1)
            return false;
    return true;
}

const char *gs_quant_problem(const gs_node *node, gs_quant_domain domain) {
    const gs_attributes *a = &node->attributes;
    bool conv = node->op == GS_OP_CONV2D;
    if (!conv && node->op != GS_OP_LINEAR)
        return "is not quantised, as only conv2d and linear are";
    if (!node->per_sample)
        return "does not depend on x, and is computed in f32";
    if (conv && a->groups != 1)
        return "is not quantised in groups";
    if (gs_quant_is_winograd(domain) && !(conv && is_plain(a)))
        return "has no domain of Winograd's, which are for 3 x 3 windows of stride and dilation 1";
    size_t length = gs_quant_channels(node), most = GS_QUANT_LENGTH_MAX;
    if (conv && domain == GS_QUANT_DIRECT)
        most /= (size_t)a->kernel[0] * (size_t)a->kernel[1];
    return length > most ? "has sums too long for integers, of more than 65536 products" : NULL;
}

/* ---- The model ---- */

static gs_status read_dtype(gs_loader *loader, const json_t *value) {
    const char *text = json_string_value(value);
    if (text && gs_dtype_find(text, &loader->model->quantization.dtype))
        return GS_OK;
    return gs_loader_fail(loader, "quantization.dtype: found '%.40s', expected f32, bf16, bf16-exact, int8 or int16",
                          text ? text : gs_json_type(value));
}

static gs_status read_bands(gs_loader *loader, const json_t *value) {
    gs_quantization *q = &loader->model->quantization;
    size_t count = json_array_size(value);
    if (value && !gs_json_is(value, JSON_ARRAY))
        return gs_loader_fail(loader, "quantization.bands: found %s, expected an array of noise levels",
                              gs_json_type(value));
    if (count && !loader->input_used[GS_VALUE_SIGMA])
        return gs_loader_fail(loader, "quantization.bands: found %zu noise levels, but 'sigma' is not an input", count);
    if (count > GS_BANDS_MAX - 1)
        return gs_loader_fail(loader, "quantization.bands: found %zu noise levels, expected at most %d", count,
                              GS_BANDS_MAX - 1);
    double *ends = gs_arena_alloc(loader->arena, count, sizeof *ends);
    if (!ends)
        return gs_loader_memory(loader);
    for (size_t i = 0; i < count; i++) {
        gs_status status = gs_json_real(loader, json_array_get(value, i), "quantization.bands", &ends[i]);
        if (status)
            return status;
        if (!(ends[i] > (i ? ends[i - 1] : 0)))
            return gs_loader_fail(loader,
                                  "quantization.bands: level %zu is %g, expected positive, strictly increasing levels",
                                  i, ends[i]);
    }
    q->bands = (int)count + 1;
    q->ends = count ? ends : NULL;
    return GS_OK;
}

/* One error per band. */
static gs_status read_errors(gs_loader *loader, const json_t *value, const char *what, const double **out) {
    size_t bands = (size_t)loader->model->quantization.bands;
    if (json_array_size(value) != bands)
        return gs_loader_fail(loader, "%s: found %zu numbers, expected one for each of %zu bands", what,
                              json_array_size(value), bands);
    double *error = gs_arena_alloc(loader->arena, bands, sizeof *error);
    if (!error)
        return gs_loader_memory(loader);
    for (size_t i = 0; i < bands; i++) {
        gs_status status = gs_json_real(loader, json_array_get(value, i), what, &error[i]);
        if (status)
            return status;
        if (!(error[i] >= 0))
            return gs_loader_fail(loader, "%s: found %g, expected 0 or more", what, error[i]);
    }
    *out = error;
    return GS_OK;
}

static gs_status read_error(gs_loader *loader, const json_t *object) {
    static const char *const keys[] = {"mean", "max", "rms", NULL};
    gs_quantization *q = &loader->model->quantization;
    if (!object)
        return GS_OK;
    gs_status status = gs_json_keys(loader, object, "quantization.error", keys);
    if (!status)
        status = read_errors(loader, json_object_get(object, "mean"), "quantization.error.mean", &q->error);
    if (!status)
        status = read_errors(loader, json_object_get(object, "max"), "quantization.error.max", &q->error_most);
    if (!status)
        status = read_errors(loader, json_object_get(object, "rms"), "quantization.error.rms", &q->error_rms);
    return status;
}

gs_status gs_quantization_read(gs_loader *loader, const json_t *object) {
    static const char *const keys[] = {"dtype", "bands", "error", NULL};
    loader->model->quantization = (gs_quantization){.dtype = GS_DTYPE_F32, .bands = 1};
    if (!object)
        return GS_OK;
    if (loader->version < 2)
        return gs_loader_fail(loader, "quantization: given in a file of version 1, expected version 2");
    loader->has_quantization = true;
    gs_status status = gs_json_keys(loader, object, "quantization", keys);
    if (!status)
        status = read_dtype(loader, json_object_get(object, "dtype"));
    if (!status)
        status = read_bands(loader, json_object_get(object, "bands"));
    return status ? status : read_error(loader, json_object_get(object, "error"));
}

gs_status gs_quantization_check(gs_loader *loader) {
    gs_model *model = loader->model;
    gs_quantization *q = &model->quantization;
    for (int i = 0; i < model->nodes; i++) {
        q->nodes += model->node[i].quant != NULL;
        q->nodes_int16 += model->node[i].quant && model->node[i].quant->dtype == GS_DTYPE_INT16;
    }
    if (q->dtype == GS_DTYPE_INT8 && !q->nodes)
        return gs_loader_fail(loader, "quantization.dtype: found 'int8', but no node has \"quant\"");
    if (q->dtype == GS_DTYPE_INT16 && !q->nodes_int16)
        return gs_loader_fail(loader, "quantization.dtype: found 'int16', but no node has \"quant\" of that type");
    return GS_OK;
}

/* ---- Nodes ---- */

static gs_status read_node_dtype(gs_loader *loader, const gs_node *node, const json_t *value, gs_dtype *dtype) {
    const char *text = json_string_value(value);
    *dtype = GS_DTYPE_INT8;
    if (!value || (text && gs_dtype_find(text, dtype) && (*dtype == GS_DTYPE_INT8 || *dtype == GS_DTYPE_INT16)))
        return GS_OK;
    return gs_node_fail(loader, node, "quant.dtype: found '%.40s', expected 'int8' or 'int16'",
                        text ? text : gs_json_type(value));
}

static gs_status read_domain(gs_loader *loader, const gs_node *node, const json_t *value, gs_quant *quant) {
    const char *text = json_string_value(value);
    const gs_quant_domain allowed[] = {GS_QUANT_DIRECT, gs_quant_winograd(quant->dtype)};
    for (size_t i = 0; text && i < GS_COUNT(allowed); i++)
        if (!strcmp(domains[allowed[i]].name, text)) {
            quant->domain = allowed[i];
            quant->positions = domains[allowed[i]].positions;
            const char *problem = gs_quant_problem(node, quant->domain);
            return problem ? gs_node_fail(loader, node, "quant: %s %s", gs_op_name(node->op), problem) : GS_OK;
        }
    return gs_node_fail(loader, node, "quant.domain: found '%.40s', expected 'direct' or '%s' of %s",
                        text ? text : gs_json_type(value), domains[allowed[1]].name, gs_dtype_name(quant->dtype));
}

/* Once per tensor, however many nodes name it. */
static gs_status check_values(gs_loader *loader, const gs_node *node, const char *what, int tensor) {
    const gs_tensor *t = &loader->model->tensor[tensor];
    if (loader->tensor_used[tensor] & GS_USED_TO_QUANTISE)
        return GS_OK;
    loader->tensor_used[tensor] |= GS_USED_TO_QUANTISE;
    for (size_t k = 0; k < t->size; k++)
        if (!(t->data[k] >= (float)GS_QUANT_MIN && t->data[k] <= (float)GS_QUANT_MAX))
            return gs_node_fail(loader, node, "quant.%s: tensor '%.80s': value %zu is %g, expected %g ... %g", what,
                                t->name, k, (double)t->data[k], GS_QUANT_MIN, GS_QUANT_MAX);
    return GS_OK;
}

/* Sets *out to the tensor of that name, of this shape and with values in range. */
static gs_status read_tensor(gs_loader *loader, const gs_node *node, const json_t *value, const char *what, size_t rows,
                             size_t columns, const gs_tensor **out) {
    const char *name = json_string_value(value);
    int i = name ? gs_tensor_find(loader->model, name) : -1;
    if (i < 0)
        return gs_node_fail(loader, node, "quant.%s: found '%.80s', expected the name of a tensor of the file", what,
                            name ? name : gs_json_type(value));
    const gs_tensor *t = &loader->model->tensor[i];
    if (t->rank != 2 || t->shape[0] != rows || t->shape[1] != columns)
        return gs_node_fail(loader, node, "quant.%s: tensor '%.80s': expected the shape (%zu, %zu)", what, t->name,
                            rows, columns);
    *out = t;
    return check_values(loader, node, what, i);
}

gs_status gs_quant_read(gs_loader *loader, gs_node *node, const json_t *object) {
    static const char *const keys[] = {"dtype", "domain", "factor", "range", NULL};
    char what[128];
    if (!object)
        return GS_OK;
    if (loader->version < 2)
        return gs_node_fail(loader, node, "quant: given in a file of version 1, expected version 2");
    if (!loader->has_quantization)
        return gs_node_fail(loader, node, "quant: the model has no \"quantization\"");
    snprintf(what, sizeof what, "node '%.80s': quant", node->name);
    gs_status status = gs_json_keys(loader, object, what, keys);
    if (status)
        return status;
    gs_quant *quant = gs_arena_alloc(loader->arena, 1, sizeof *quant);
    if (!quant)
        return gs_loader_memory(loader);
    status = read_node_dtype(loader, node, json_object_get(object, "dtype"), &quant->dtype);
    if (!status)
        status = read_domain(loader, node, json_object_get(object, "domain"), quant);
    if (status)
        return status;
    size_t positions = (size_t)quant->positions;
    status = read_tensor(loader, node, json_object_get(object, "factor"), "factor", positions, gs_quant_channels(node),
                         &quant->factor);
    if (!status)
        status = read_tensor(loader, node, json_object_get(object, "range"), "range",
                             (size_t)loader->model->quantization.bands, positions, &quant->range);
    node->quant = quant;
    return status;
}
