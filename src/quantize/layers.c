/* Which layers can be computed in integers, and their scales. */
#include <string.h>

#include "base/math64.h"
#include "engine/method/winograd.h"
#include "quantize/domain.h"
#include "quantize/quantize.h"

enum { BATCH = 32, BANDS_USUAL = 8, POSITIONS_MOST = 49 };

/* Inputs' channels are balanced against the weights': of exponents 0, 0.5, 0.7 and 1, this one had the least error on
 * the shipped networks. */
static const double balance = 0.7;

/* What a channel is at least taken for, in units of the largest one at its position. */
static const double least_share = 1e-6;

/* Ranges are by so much wider than what occurred: other chains go beyond it now and then, and clipping costs more than
 * the coarser steps. Of ncsn's layers in 8 bits, without it the largest errors are twice as large, and the mean ones
 * alike; in 16 bits, where steps are fine enough, 1.2 has errors up to six times those of 4. */
static const double margin[GS_FORMS] = {[GS_FORM_INT8] = 1.2, [GS_FORM_INT16] = 4};

/* Layers of fewer operations, as a share of the network's, would save no time that is worth their error. */
static const double least_cost = 2e-3;

/* What transforms take per position, of an input and of an output, in float32's multiply-adds: about what profiles of
 * ncsn say. */
static const double in_cost = 4, out_cost = 4;

static const gs_dtype dtype_of[GS_FORMS] = {[GS_FORM_INT8] = GS_DTYPE_INT8, [GS_FORM_INT16] = GS_DTYPE_INT16};

static void free_form(gs_form *f) {
    gs_free(f->factors);
    gs_free(f->ranges);
    gs_free(f->most);
    gs_free(f->error);
    gs_free(f->squares);
}

void gs_layers_free(gs_layers *layers) {
    for (int i = 0; i < layers->count; i++)
        for (int k = 0; k < GS_FORMS; k++)
            free_form(&layers->layer[i].form[k]);
    gs_free(layers->layer);
    gs_free(layers->ends);
    *layers = (gs_layers){0};
}

/* ---- Which ---- */

static gs_shape input_shape(const gs_model *model, const gs_node *node) {
    return gs_value_shape(model, node->input[0]);
}

/* Winograd's domain where float32 has it, too, unless that is not wanted. */
static gs_quant_domain domain_of(const gs_layers *layers, const gs_node *node, gs_dtype dtype) {
    gs_shape in = input_shape(layers->model, node);
    if (layers->direct && dtype == GS_DTYPE_INT8)
        return GS_QUANT_DIRECT;
    gs_quant_domain winograd = gs_quant_winograd(dtype);
    if (gs_quant_problem(node, winograd) || !gs_domain_suits(node, winograd, in))
        return GS_QUANT_DIRECT;
    gs_conv conv = gs_conv_of(node, in);
    return gs_suits_winograd(&conv) ? winograd : GS_QUANT_DIRECT;
}

/* About what a layer takes in a domain with so many products at once as one of float32: these, and the transforms. That
 * is a model rather than a measurement, so that a choice is the same on every machine. */
static double time_of(const gs_model *model, const gs_node *node, gs_quant_domain domain, double at_once) {
    double positions = gs_domain_positions(node, domain, input_shape(model, node));
    double inputs = (double)gs_quant_channels(node), outputs = (double)node->weight->shape[0];
    return positions *
           (inputs * outputs / at_once + (gs_quant_is_winograd(domain) ? in_cost * inputs + out_cost * outputs : 0));
}

static bool is_worth_it(const gs_model *model, const gs_node *node) {
    return !gs_quant_problem(node, GS_QUANT_DIRECT) &&
           (double)node->operations >= least_cost * (double)model->info.operations;
}

/* Who wants layers of 8 bits direct has instructions for tiles of them: of ncsn's with AMX, these take half the time of
 * those of 16 bits in Winograd's domain. */
static void set_times(const gs_layers *layers, gs_layer *l) {
    static const double in_tiles = 16;
    const double at_once[] = {[GS_FORM_INT8] = layers->direct ? in_tiles : 4, [GS_FORM_INT16] = 2, [GS_FORMS] = 1};
    const gs_node *node = &layers->model->node[l->node];
    for (int k = 0; k <= GS_FORMS; k++) /* float32 has the domains of 16 bits */
        l->time[k] = time_of(layers->model, node, l->form[k < GS_FORMS ? k : GS_FORM_INT16].quant.domain, at_once[k]);
}

/* The tensor of these values, which may be NULL. */
static gs_tensor tensor_of(const float *values, size_t rows, size_t columns) {
    return (gs_tensor){.rank = 2, .shape = {rows, columns}, .size = rows * columns, .data = values};
}

static bool make_form(const gs_layers *layers, const gs_node *node, gs_dtype dtype, gs_form *f) {
    gs_quant_domain domain = domain_of(layers, node, dtype);
    size_t bands = (size_t)layers->bands, channels = gs_quant_channels(node);
    size_t positions = (size_t)gs_quant_positions(domain);
    f->factors = gs_alloc(positions * channels, sizeof *f->factors);
    f->ranges = gs_alloc(bands * positions, sizeof *f->ranges);
    f->factor = tensor_of(f->factors, positions, channels);
    f->range = tensor_of(f->ranges, bands, positions);
    f->quant = (gs_quant){
        .dtype = dtype, .domain = domain, .positions = (int)positions, .factor = &f->factor, .range = &f->range};
    f->most = gs_alloc(bands * positions * channels, sizeof *f->most);
    f->error = gs_alloc(bands, sizeof *f->error);
    f->squares = gs_alloc(bands, sizeof *f->squares);
    return f->factors && f->ranges && f->most && f->error && f->squares;
}

static gs_status make_layer(gs_layers *layers, gs_layer *l, int node, gs_error *error) {
    l->node = node;
    l->chosen = GS_FORMS;
    for (int k = 0; k < GS_FORMS; k++)
        if (!make_form(layers, &layers->model->node[node], dtype_of[k], &l->form[k]))
            return gs_fail_memory(error, "scales of layers");
    set_times(layers, l);
    return GS_OK;
}

gs_status gs_layers_find(gs_layers *layers, gs_error *error) {
    const gs_model *model = layers->model;
    layers->layer = gs_alloc((size_t)model->nodes, sizeof *layers->layer);
    if (!layers->layer)
        return gs_fail_memory(error, "layers");
    gs_status status = GS_OK;
    for (int i = 0; i < model->nodes && !status; i++)
        if (is_worth_it(model, &model->node[i]))
            status = make_layer(layers, &layers->layer[layers->count++], i, error);
    return status;
}

/* ---- Bands ---- */

static gs_status choose_bands(gs_layers *layers, const gs_states *states, int wanted, gs_error *error) {
    int levels = 0, bands = wanted ? wanted : BANDS_USUAL;
    double *level = gs_alloc(states->n + 1, sizeof *level);
    layers->ends = gs_alloc((size_t)bands, sizeof *layers->ends);
    if (!level || !layers->ends) {
        gs_free(level);
        return gs_fail_memory(error, "bands of noise levels");
    }
    for (size_t i = states->n; i-- > 0;) /* from the lowest, as states go down */
        if (!levels || states->sigma[i] > level[levels - 1])
            level[levels++] = states->sigma[i];
    layers->bands = !layers->model->info.takes_sigma ? 1 : bands < levels ? bands : levels;
    for (int b = 0; b + 1 < layers->bands; b++) {
        int above = (b + 1) * levels / layers->bands;
        layers->ends[b] = (double)(float)gs_pow64(level[above - 1] * level[above], 0.5);
    }
    gs_free(level);
    return GS_OK;
}

static int band_of(const gs_layers *layers, double sigma) {
    const gs_quantization q = {.bands = layers->bands, .ends = layers->ends};
    return gs_quantization_band(&q, sigma);
}

/* ---- What values occur ---- */

/* The network up to one of its values, of which it is the output. */
static gs_model cut_at(const gs_model *model, int value) {
    gs_model cut = *model;
    cut.nodes = value - GS_VALUE_NODES + 1;
    cut.output[0] = value;
    cut.info.kind = GS_KIND_CLASSIFIER; /* which may have any output */
    cut.info.outputs = 1;
    cut.info.output_size[0] = gs_shape_size(gs_value_shape(model, value));
    return cut;
}

typedef struct watching {
    const gs_layers *layers;
    gs_plan *plan; /* NULL: the value is x */
    gs_layer *layer;
    float *value; /* (BATCH, its size) */
} watching;

/* most(p, c) of one band from that of sixteen channels. */
static void raise(gs_form *l, size_t channels, int band, int first, const float *most) {
    for (int p = 0; p < l->quant.positions; p++)
        for (int k = 0; k < GS_WIDE && (size_t)(first + k) < channels; k++) {
            float *to =
                &l->most[((size_t)band * (size_t)l->quant.positions + (size_t)p) * channels + (size_t)(first + k)];
            *to = most[p * GS_WIDE + k] > *to ? most[p * GS_WIDE + k] : *to;
        }
}

static void watch_image(const watching *w, gs_form *f, gs_shape in, const float *x, int band) {
    const gs_node *node = &w->layers->model->node[w->layer->node];
    size_t channels = gs_quant_channels(node);
    for (int c = 0; c < (int)channels; c += GS_WIDE) {
        float most[POSITIONS_MOST * GS_WIDE] = {0};
        gs_domain_most(node, f->quant.domain, in, x, c, most);
        raise(f, channels, band, c, most);
    }
}

static gs_status watch(void *context, const gs_states *states, size_t first, size_t count, gs_error *error) {
    watching *w = context;
    const gs_node *node = &w->layers->model->node[w->layer->node];
    gs_shape in = input_shape(w->layers->model, node);
    size_t size = gs_shape_size(in);
    const float *x = states->x + first * states->pixels;
    gs_status status =
        w->plan ? gs_plan_evaluate(w->plan, x, states->sigma[first], states->labels ? states->labels + first : NULL,
                                   count, (float *[2]){w->value, NULL}, error)
                : GS_OK;
    if (node->op == GS_OP_LINEAR)
        in = (gs_shape){.rank = 3, .d = {(int)gs_quant_channels(node), 1, 1}};
    for (size_t i = 0; i < count && !status; i++)
        for (int k = 0; k < GS_FORMS; k++)
            watch_image(w, &w->layer->form[k], in, (w->plan ? w->value : x) + i * size,
                        band_of(w->layers, states->sigma[first]));
    return status;
}

static gs_status watch_layer(const gs_layers *layers, gs_layer *l, const gs_states *states,
                             const gs_quantize_options *options, gs_error *error) {
    int value = layers->model->node[l->node].input[0];
    gs_model cut = cut_at(layers->model, value);
    gs_plan_options plan_options = {.isa = options->isa, .threads = options->threads, .dtype = GS_DTYPE_F32};
    watching w = {.layers = layers, .layer = l};
    gs_status status = value == GS_VALUE_X ? GS_OK : gs_plan_create(&cut, &plan_options, &w.plan, error);
    if (status)
        return status;
    w.value = gs_alloc(BATCH * gs_shape_size(gs_value_shape(layers->model, value)), sizeof *w.value);
    status = w.value ? gs_states_each(states, BATCH, watch, &w, error) : gs_fail_memory(error, "values of layers");
    gs_free(w.value);
    gs_plan_free(w.plan);
    return status;
}

/* ---- Scales ---- */

static double within(double scale) {
    return scale < GS_QUANT_MIN ? GS_QUANT_MIN : scale > GS_QUANT_MAX ? GS_QUANT_MAX : scale;
}

/* At least that share of the largest of all, or 1 where all are 0. */
static void fill_up(double *most, size_t count) {
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = most[i] > largest ? most[i] : largest;
    for (size_t i = 0; i < count; i++)
        most[i] = largest > 0 ? most[i] > least_share * largest ? most[i] : least_share * largest : 1;
}

/* Factors and ranges at one position, of C inputs and weights; the largest V / factor of all bands is 1. */
static void set_position(const gs_layers *layers, gs_form *l, size_t channels, size_t p, double *input,
                         double *weight) {
    float *factor = l->factors + p * channels;
    size_t positions = (size_t)l->quant.positions, bands = (size_t)layers->bands;
    double largest = 0;
    for (size_t c = 0; c < channels; c++) {
        input[c] = 0;
        for (size_t b = 0; b < bands; b++) {
            double most = (double)l->most[(b * positions + p) * channels + c];
            input[c] = most > input[c] ? most : input[c];
        }
    }
    fill_up(input, channels);
    fill_up(weight, channels);
    for (size_t c = 0; c < channels; c++) {
        double quotient = gs_pow64(input[c], 1 - balance) * gs_pow64(weight[c], 1 - balance);
        largest = quotient > largest ? quotient : largest;
    }
    for (size_t c = 0; c < channels; c++)
        factor[c] = (float)within(largest * gs_pow64(input[c], balance) / gs_pow64(weight[c], 1 - balance));
    for (size_t b = 0; b < bands; b++) {
        double most = 0;
        for (size_t c = 0; c < channels; c++) {
            double v = (double)l->most[(b * positions + p) * channels + c] / (double)factor[c];
            most = v > most ? v : most;
        }
        l->ranges[b * positions + p] =
            (float)within(margin[l->quant.dtype == GS_DTYPE_INT16] * (most > least_share ? most : least_share));
    }
}

static gs_status set_scales(const gs_layers *layers, const gs_node *node, gs_form *l, gs_error *error) {
    size_t channels = gs_quant_channels(node), positions = (size_t)l->quant.positions;
    double *weight = gs_alloc(positions * channels, sizeof *weight), *input = gs_alloc(channels, sizeof *input);
    gs_status status = weight && input ? GS_OK : gs_fail_memory(error, "scales of layers");
    if (!status)
        gs_domain_weights(node, l->quant.domain, weight);
    for (size_t p = 0; p < positions && !status; p++)
        set_position(layers, l, channels, p, input, weight + p * channels);
    gs_free(weight);
    gs_free(input);
    return status;
}

gs_status gs_layers_calibrate(gs_layers *layers, const gs_states *states, const gs_quantize_options *options,
                              gs_error *error) {
    layers->direct = options->direct;
    gs_status status = choose_bands(layers, states, options->bands, error);
    if (!status)
        status = gs_layers_find(layers, error);
    for (int i = 0; i < layers->count && !status; i++) {
        status = watch_layer(layers, &layers->layer[i], states, options, error);
        for (int k = 0; k < GS_FORMS && !status; k++)
            status = set_scales(layers, &layers->model->node[layers->layer[i].node], &layers->layer[i].form[k], error);
        if (!status && options->progress && !options->progress(options->context, 0.1 + 0.4 * i / layers->count))
            status = gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted");
    }
    return status;
}

/* ---- A model in integers ---- */

gs_model *gs_layers_model(const gs_layers *layers, const gs_form_type *wanted) {
    const gs_model *model = layers->model;
    gs_model *made = gs_alloc(1, sizeof *made + (size_t)model->nodes * sizeof *model->node);
    if (!made)
        return NULL;
    *made = *model;
    made->node = (gs_node *)(made + 1);
    memcpy(made->node, model->node, (size_t)model->nodes * sizeof *model->node);
    gs_quantization *q = &made->quantization;
    *q = (gs_quantization){.dtype = GS_DTYPE_INT8, .bands = layers->bands, .ends = layers->ends};
    for (int i = 0; i < layers->count; i++) {
        gs_form_type k = wanted ? wanted[i] : layers->layer[i].chosen;
        if (k == GS_FORMS)
            continue;
        made->node[layers->layer[i].node].quant = &layers->layer[i].form[k].quant;
        q->nodes++;
        q->nodes_int16 += k == GS_FORM_INT16;
    }
    return made;
}
