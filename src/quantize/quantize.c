/* gs_quantize: from a weight file to one that says how its network is quantised. */
#include "quantize/quantize.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/floats.h"
#include "model/compose.h"
#include "model/file.h"

/* What is made of a file. `made` is what the caller gets, first. */
typedef struct work {
    gs_quantized made;
    gs_quantize_options options;
    const char *path;
    unsigned char *old; /* the file */
    size_t old_bytes;
    gs_model *model;         /* of the file, then of the file with its weights as they will be stored */
    const gs_stored *stored; /* the type of weights */
    json_t *header, *object; /* of the file: without "__metadata__"; the model's */
    gs_states states[GS_STATES];
    gs_layers layers;
    gs_deviation total;
    gs_quantized_layer *layer;
    double *error, *error_most, *error_rms;
} work;

/* ---- The old file ---- */

static gs_status read_file(work *w, gs_error *error) {
    gs_loader loader = {.path = w->path, .error = error};
    gs_file *file = NULL;
    gs_hash_begin(&loader.hash);
    gs_status status = gs_file_open(&loader, NULL, &file);
    if (!status) {
        w->old_bytes = (size_t)loader.file_bytes;
        w->old = gs_alloc(w->old_bytes, 1);
        status = w->old ? gs_file_read(&loader, file, w->old, w->old_bytes) : gs_loader_memory(&loader);
    }
    gs_file_close(file);
    char hash[65];
    gs_hash_end(&loader.hash, hash);
    return !status ? gs_model_load_memory(w->path, w->old, w->old_bytes, &w->model, error) : status;
}

/* The JSON of a checked file, whose graph is not read node by node here: its tree may take many times the file's size.
 */
enum { SHARE = 1024 };

static gs_status parse(work *w, gs_error *error) {
    gs_loader loader = {.path = w->path, .file_bytes = w->old_bytes, .error = error};
    const gs_text none = {NULL, 0};
    size_t length = 0;
    for (int i = 7; i >= 0; i--)
        length = length << 8 | w->old[i];
    gs_text text = {(const char *)w->old + 8, length};
    gs_status status = gs_json_parse(&loader, text, none, "header", SHARE, &w->header);
    if (status)
        return status;
    const json_t *model = json_object_get(json_object_get(w->header, "__metadata__"), "model");
    text = (gs_text){json_string_value(model), json_string_length(model)};
    status = gs_json_parse(&loader, text, none, "model", SHARE, &w->object);
    if (!status)
        json_object_del(w->header, "__metadata__");
    return status;
}

/* Forget how it was quantised. */
static void strip(work *w) {
    static const char *const roles[] = {"factor", "range"};
    json_t *nodes = json_object_get(json_object_get(w->object, "graph"), "nodes");
    for (size_t i = 0; i < json_array_size(nodes); i++) {
        json_t *node = json_array_get(nodes, i), *quant = json_object_get(node, "quant");
        for (size_t k = 0; quant && k < GS_COUNT(roles); k++)
            json_object_del(w->header, json_string_value(json_object_get(quant, roles[k])));
        json_object_del(node, "quant");
    }
    json_object_del(w->object, "quantization");
}

/* ---- New files ---- */

/* Whether a tensor is the weights of a layer, which may be stored in two bytes per value. */
static bool is_weight(const gs_model *model, const gs_tensor *tensor) {
    for (int i = 0; i < model->nodes; i++) {
        const gs_node *n = &model->node[i];
        bool layer = n->op == GS_OP_CONV2D || n->op == GS_OP_CONV_TRANSPOSE2D || n->op == GS_OP_LINEAR ||
                     n->op == GS_OP_EMBEDDING;
        if (layer && n->weight == tensor)
            return true;
    }
    return false;
}

/* The file's tensors in their order, weights in the type that is wanted, others in their own. */
static gs_status add_tensors(work *w, gs_draft *draft, gs_error *error) {
    for (void *i = json_object_iter(w->header); i; i = json_object_iter_next(w->header, i)) {
        const char *name = json_object_iter_key(i);
        const gs_tensor *t = &w->model->tensor[gs_tensor_find(w->model, name)];
        const gs_stored *stored =
            is_weight(w->model, t)
                ? w->stored
                : gs_stored_find(json_string_value(json_object_get(json_object_iter_value(i), "dtype")));
        if (!gs_draft_tensor(draft, name, stored, t->rank, t->shape, t->data))
            return gs_fail(error, GS_ERROR_ARGUMENT, "tensor '%.80s': has values too large for %s", name, stored->name);
    }
    return GS_OK;
}

static void quantise_node(work *w, gs_draft *draft, int number, const gs_form *f) {
    json_t *node = json_array_get(json_object_get(json_object_get(w->object, "graph"), "nodes"), (size_t)number);
    char factor[40], range[40];
    snprintf(factor, sizeof factor, "quant.%d.factor", number);
    snprintf(range, sizeof range, "quant.%d.range", number);
    const gs_stored *f32 = gs_stored_find("F32");
    gs_draft_tensor(draft, factor, f32, 2, f->factor.shape, f->factors);
    gs_draft_tensor(draft, range, f32, 2, f->range.shape, f->ranges);
    json_t *quant = json_pack("{s: s, s: s, s: s, s: s}", "dtype", gs_dtype_name(f->quant.dtype), "domain",
                              gs_quant_domain_name(f->quant.domain), "factor", factor, "range", range);
    draft->failed |= !quant || json_object_set_new(node, "quant", quant) != 0;
}

/* A number of four digits, which is as much as is known of it. */
static json_t *rounded(double x) {
    char text[32];
    snprintf(text, sizeof text, "%.3e", x);
    return json_real(strtod(text, NULL));
}

/* NULL when memory runs out. */
static json_t *numbers(const double *values, int count, bool exact) {
    json_t *array = json_array();
    for (int i = 0; i < count && array; i++)
        if (json_array_append_new(array, exact ? json_real(values[i]) : rounded(values[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static void add_quantization(work *w, gs_draft *draft) {
    int bands = w->layers.bands;
    json_t *q = json_pack("{s: s, s: o}", "dtype", gs_dtype_name(w->options.dtype), "bands",
                          numbers(w->layers.ends, bands - 1, true));
    json_t *errors = w->error
                         ? json_pack("{s: o, s: o, s: o}", "mean", numbers(w->error, bands, false), "max",
                                     numbers(w->error_most, bands, false), "rms", numbers(w->error_rms, bands, false))
                         : NULL;
    draft->failed |= !q || (w->error && (!errors || json_object_set(q, "error", errors) != 0));
    json_decref(errors);
    draft->failed |= !q || json_object_set(w->object, "quantization", q) != 0;
    json_decref(q);
}

/* The file with the layers that are chosen, if it is the `last`, else without any: to be freed with gs_free. */
static gs_status compose(work *w, bool last, unsigned char **bytes, size_t *size, gs_error *error) {
    gs_draft draft;
    gs_draft_begin(&draft);
    gs_status status = add_tensors(w, &draft, error);
    for (int i = 0; i < w->layers.count && last; i++) {
        const gs_layer *l = &w->layers.layer[i];
        if (l->chosen < GS_FORMS)
            quantise_node(w, &draft, l->node, &l->form[l->chosen]);
    }
    if (last)
        add_quantization(w, &draft);
    *bytes = status ? NULL : gs_draft_compose(&draft, w->object, "2", size);
    gs_draft_end(&draft);
    return status || *bytes ? status : gs_fail_memory(error, "the new file");
}

/* From here on the model's weights are what the new file will have. */
static gs_status store_weights(work *w, gs_error *error) {
    unsigned char *bytes = NULL;
    size_t size = 0;
    gs_model *model = NULL;
    gs_status status = compose(w, false, &bytes, &size, error);
    if (!status)
        status = gs_model_load_memory(w->path, bytes, size, &model, error);
    gs_free(bytes);
    if (status)
        return status;
    gs_model_free(w->model);
    w->model = model;
    return GS_OK;
}

/* ---- All ---- */

static gs_status check_options(work *w, const gs_quantize_options *options, gs_error *error) {
    static const char *const names[] = {"f32", "f16", "bf16"}, *const types[] = {"F32", "F16", "BF16"};
    gs_quantize_options *o = &w->options;
    *o = options ? *options : (gs_quantize_options){0};
    if (!o->dtype)
        o->dtype = GS_DTYPE_INT8;
    if (!gs_dtype_name(o->dtype))
        return gs_fail(error, GS_ERROR_ARGUMENT, "dtype %d: expected one of gs_dtype", (int)o->dtype);
    if (o->bands < 0 || o->bands > GS_BANDS_MAX)
        return gs_fail(error, GS_ERROR_ARGUMENT, "bands %d: expected 1 ... %d", o->bands, GS_BANDS_MAX);
    if (!(o->error >= 0 && o->error < HUGE_VAL))
        return gs_fail(error, GS_ERROR_ARGUMENT, "error %g: expected a positive number", o->error);
    for (size_t i = 0; i < GS_COUNT(names); i++)
        if (!strcmp(o->weights ? o->weights : "f32", names[i]))
            w->stored = gs_stored_find(types[i]);
    return w->stored ? GS_OK
                     : gs_fail(error, GS_ERROR_ARGUMENT, "weights '%.40s': expected f32, f16 or bf16", o->weights);
}

static gs_status keep_errors(work *w, gs_error *error) {
    size_t bands = (size_t)w->layers.bands;
    w->error = gs_alloc(bands, sizeof *w->error);
    w->error_most = gs_alloc(bands, sizeof *w->error_most);
    w->error_rms = gs_alloc(bands, sizeof *w->error_rms);
    if (!w->error || !w->error_most || !w->error_rms)
        return gs_fail_memory(error, "errors");
    for (size_t b = 0; b < bands; b++) {
        w->error[b] = w->total.error[b];
        w->error_most[b] = w->total.most[b];
        w->error_rms[b] = sqrt(w->total.square[b]);
    }
    return GS_OK;
}

static gs_status calibrate(work *w, gs_error *error) {
    gs_status status = gs_states_make(w->model, &w->options, w->states, error);
    if (!status)
        status = gs_layers_calibrate(&w->layers, &w->states[GS_STATES_CALIBRATE], &w->options, error);
    if (!status)
        status = gs_layers_choose(&w->layers, &w->states[GS_STATES_CHECK], &w->options, &w->total, error);
    if (status)
        return status;
    for (int i = 0; i < w->layers.count; i++)
        if (w->layers.layer[i].chosen < GS_FORMS)
            return keep_errors(w, error);
    return gs_fail(error, GS_ERROR_UNSUPPORTED,
                   "network %s: none of %d layer%s can be computed in integers with an error of at most %g",
                   w->model->info.name, w->layers.count, w->layers.count == 1 ? "" : "s",
                   w->options.error > 0 ? w->options.error : GS_QUANTIZE_ERROR);
}

/* Of the other types, the error is that of their exact form, which is the same on every machine. */
static gs_status measure_other(work *w, gs_error *error) {
    if (w->options.dtype == GS_DTYPE_F32 || w->model->info.kind == GS_KIND_CLASSIFIER)
        return GS_OK;
    gs_status status = gs_states_make(w->model, &w->options, w->states, error);
    if (!status)
        status = gs_deviation_measure(w->model, GS_DTYPE_BF16_EXACT, &w->states[GS_STATES_CHECK], &w->options,
                                      &w->total, error);
    return !status ? keep_errors(w, error) : status;
}

static void tell_layer(work *w, const gs_layer *l, gs_quantized_layer *told) {
    const gs_node *node = &w->model->node[l->node];
    const gs_form *chosen = l->chosen < GS_FORMS ? &l->form[l->chosen] : NULL;
    *told = (gs_quantized_layer){.node = node->name,
                                 .dtype = chosen ? chosen->quant.dtype : GS_DTYPE_F32,
                                 .domain = chosen ? gs_quant_domain_name(chosen->quant.domain) : NULL,
                                 .operations = node->operations};
    for (int k = 0; k < GS_FORMS; k++) {
        double square = 0;
        for (int b = 0; b < w->layers.bands; b++) {
            told->error[k] = fmax(told->error[k], l->form[k].error[b]);
            square = fmax(square, l->form[k].squares[b]);
        }
        told->error_rms[k] = sqrt(square);
        w->made.operations_in[k] += l->chosen == (gs_form_type)k ? node->operations : 0;
    }
}

static gs_status tell_layers(work *w, gs_error *error) {
    gs_quantized *made = &w->made;
    w->layer = gs_alloc((size_t)w->layers.count, sizeof *w->layer);
    if (!w->layer)
        return gs_fail_memory(error, "layers");
    for (int i = 0; i < w->layers.count; i++)
        tell_layer(w, &w->layers.layer[i], &w->layer[i]);
    made->operations = w->model->info.operations;
    made->layers = w->layers.count;
    made->layer = w->layer;
    made->bands = w->layers.bands;
    made->ends = w->layers.bands > 1 ? w->layers.ends : NULL;
    made->error = w->error;
    made->error_most = w->error_most;
    made->error_rms = w->error_rms;
    made->states = w->states[GS_STATES_CALIBRATE].n;
    return GS_OK;
}

static gs_status quantize(work *w, const gs_quantize_options *options, gs_error *error) {
    gs_status status = check_options(w, options, error);
    if (!status)
        status = read_file(w, error);
    if (!status)
        status = parse(w, error);
    if (status)
        return status;
    strip(w);
    status = store_weights(w, error);
    w->layers.model = w->model;
    w->layers.bands = 1;
    if (!status)
        status = w->options.dtype == GS_DTYPE_INT8 || w->options.dtype == GS_DTYPE_INT16 ? calibrate(w, error)
                                                                                         : measure_other(w, error);
    if (!status)
        status = tell_layers(w, error);
    unsigned char *bytes = NULL;
    if (!status)
        status = compose(w, true, &bytes, &w->made.size, error);
    w->made.bytes = bytes;
    return status;
}

gs_status gs_quantize(const char *path, const gs_quantize_options *options, gs_quantized **quantized, gs_error *error) {
    *quantized = NULL;
    work *w = gs_alloc(1, sizeof *w);
    if (!w)
        return gs_fail_memory(error, "quantising");
    w->path = path;
    fenv_t callers = gs_floats_enter();
    gs_status status = quantize(w, options, error);
    gs_floats_leave(&callers);
    if (status)
        gs_quantized_free(&w->made);
    else
        *quantized = &w->made;
    return status;
}

void gs_quantized_free(gs_quantized *quantized) {
    work *w = (work *)quantized; /* of which it is the first member */
    if (!w)
        return;
    gs_free((void *)(uintptr_t)w->made.bytes);
    gs_free(w->old);
    gs_free(w->layer);
    gs_free(w->error);
    gs_free(w->error_most);
    gs_free(w->error_rms);
    gs_layers_free(&w->layers);
    for (int i = 0; i < GS_STATES; i++)
        gs_states_free(&w->states[i]);
    json_decref(w->header);
    json_decref(w->object);
    gs_model_free(w->model);
    gs_free(w);
}
