#include "fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"

/* The limit of multiply-adds, or of floats of memory, per image. */
static const double work_max = 3e5;

/* The floats of a value with the halo that a convolution needs, in whole planes. */
static double room(gs_shape shape, int padding_h, int padding_w) {
    int pad = padding_h > padding_w ? padding_h : padding_w;
    return (double)((shape.d[0] + 15) / 16 * 16) * (shape.d[1] + 2.0 * pad + 4) * (shape.d[2] + 2.0 * pad + 4);
}

static double node_work(const gs_model *model, const gs_node *node) {
    const gs_attributes *a = &node->attributes;
    bool conv = node->op == GS_OP_CONV2D, pool = node->op == GS_OP_AVG_POOL || node->op == GS_OP_MAX_POOL;
    double work = room(node->shape, 0, 0) + (double)node->operations;
    for (int i = 0; i < node->inputs; i++) {
        gs_shape in = gs_value_shape(model, node->input[i]);
        work += room(in, conv ? a->padding[0] : 0, conv ? a->padding[1] : 0);
        if (node->op == GS_OP_ADAPTIVE_AVG_POOL)
            work += (double)gs_shape_size(node->shape) * in.d[1] * in.d[2];
    }
    if (pool)
        work += (double)gs_shape_size(node->shape) * a->kernel[0] * a->kernel[1];
    if (node->op == GS_OP_RESAMPLE)
        work += (double)gs_shape_size(node->shape) * (double)node->weight->shape[1];
    return node->per_sample ? work : work * (model->info.labels + 1);
}

static bool is_small(const gs_model *model) {
    double work = 0;
    for (int i = 0; i < model->nodes; i++)
        work += node_work(model, &model->node[i]);
    return work <= work_max;
}

static gs_plan *make_plan(const gs_model *model, const char *isa, int block) {
    const bool energy = gs_model_get_info(model)->kind == GS_KIND_ENERGY;
    const gs_plan_options options = {.isa = isa, .threads = 1, .block = block, .gradient = energy};
    gs_plan *plan;
    gs_error error = {.status = GS_OK};
    if (gs_plan_create(model, &options, &plan, &error))
        fuzz_finding("planning", error.message);
    char text[200];
    for (int i = 0; gs_plan_describe(plan, i, text, sizeof text); i++)
        continue;
    return plan;
}

static float *floats(size_t count) {
    float *memory = malloc(count * sizeof *memory + 1);
    if (!memory)
        fuzz_finding("memory", "the target's own");
    return memory;
}

enum { IMAGES = 3 };

/* The floats of all results. */
static size_t result_size(const gs_model *model) {
    const gs_model_info *info = gs_model_get_info(model);
    size_t x = gs_shape_size(gs_value_shape(model, GS_VALUE_X));
    return IMAGES * (info->output_size[0] + (info->kind == GS_KIND_ENERGY ? x : info->output_size[1]));
}

/* The first output for three different images, then the second output or an energy's gradient. */
static float *evaluate(const gs_model *model, const char *isa, int block) {
    const gs_model_info *info = gs_model_get_info(model);
    size_t size = IMAGES * gs_shape_size(gs_value_shape(model, GS_VALUE_X));
    float *x = floats(size), *out = floats(result_size(model)), *second;
    for (size_t i = 0; i < size; i++)
        x[i] = (float)((int)(i % 7) - 3) * 0.5F;
    const int labels[IMAGES] = {0, info->labels / 2, info->labels - info->needs_label};
    gs_plan *plan = make_plan(model, isa, block);
    gs_error error = {.status = GS_OK};
    second = out + IMAGES * info->output_size[0];
    if (block == 1 && gs_plan_update(plan, NULL, 0, &error)) /* the weights that it has */
        fuzz_finding("updating", error.message);
    if (gs_plan_evaluate(plan, x, 0.5, info->labels ? labels : NULL, IMAGES, (float *const[2]){out, second}, &error))
        fuzz_finding("evaluating", error.message);
    if (info->kind == GS_KIND_ENERGY &&
        gs_plan_gradient(plan, x, 0.5, info->labels ? labels : NULL, IMAGES, out, second, &error))
        fuzz_finding("the gradient", error.message);
    gs_plan_free(plan);
    free(x);
    return out;
}

/* All NaNs are equal, whatever their bits. */
static bool same(const float *a, const float *b, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (memcmp(&a[i], &b[i], sizeof *a) && !(isnan(a[i]) && isnan(b[i])))
            return false;
    return true;
}

/* Evaluates one image at a time in scalar code, and all together with every instruction set. */
static void evaluate_everywhere(const gs_model *model) {
    float *first = evaluate(model, "scalar", 1);
    bool supported;
    const char *isa;
    for (int i = 0; (isa = gs_isa_name(i, &supported)); i++) {
        if (!supported)
            continue;
        float *other = evaluate(model, isa, IMAGES);
        if (!same(first, other, result_size(model)))
            fuzz_finding("other bytes than one image at a time in scalar code", isa);
        free(other);
    }
    free(first);
}

/* The file's own settings must be usable or refused; only a few steps are taken. */
static void sample(const gs_model *model) {
    gs_sample_options options = {.seed = 1};
    const gs_model_info *info = gs_model_get_info(model);
    const int least = info->kind != GS_KIND_DECODER; /* a decoder has no levels */
    if (!gs_sample_resolve(model, &options, NULL) && gs_sample_levels(model, &options, NULL, 0) < least)
        fuzz_finding("sampling", "no levels in resolved settings");
    if (info->kind == GS_KIND_DECODER)
        options = (gs_sample_options){.sampler = "decode", .guidance = -1, .seed = 1};
    else if (info->takes_sigma)
        options = (gs_sample_options){
            .sampler = "heun", .steps = 2, .sigma_low = 0.5, .sigma_high = 1, .guidance = -1, .seed = 1};
    else
        options = (gs_sample_options){.sampler = "hmc", .steps = 2, .leapfrog = 2, .guidance = -1, .seed = 1};
    gs_plan *plan = make_plan(model, NULL, 1);
    float *out = floats((size_t)info->image[0] * (size_t)info->image[1] * (size_t)info->image[2]);
    gs_error error = {.status = GS_OK};
    gs_status status = gs_sample(plan, &options, 1, out, NULL, &error);
    if (status && status != GS_ERROR_ARGUMENT && status != GS_ERROR_UNSUPPORTED && status != GS_ERROR_DIVERGED)
        fuzz_finding("sampling", error.message);
    free(out);
    gs_plan_free(plan);
}

void fuzz_weight_file(const uint8_t *bytes, size_t size) {
    gs_model *model;
    gs_error error = {.status = GS_OK};
    gs_status status = gs_model_load_memory("input", bytes, size, &model, &error);
    if (status) {
        if (model || status != GS_ERROR_FORMAT || strncmp(error.message, "input: ", 7) || strchr(error.message, '\n'))
            fuzz_finding("an improper refusal", error.message);
        return;
    }
    if (is_small(model)) {
        evaluate_everywhere(model);
        sample(model);
    }
    gs_model_free(model);
}
