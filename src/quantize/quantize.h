/* What the parts of quantising a network share; the order of use is states, layers, choice. */
#ifndef GS_QUANTIZE_H
#define GS_QUANTIZE_H

#include "engine/plan.h"
#include "model/quant.h"

/* ---- States: what the network is evaluated on ---- */

/* Images with their noise levels and labels. Those of one level lie together. */
typedef struct gs_states {
    size_t n, pixels;
    float *x;      /* (n, pixels) */
    double *sigma; /* (n); 1 for networks that take none */
    int *labels;   /* (n); NULL: the network takes none */
} gs_states;

void gs_states_free(gs_states *states);

/* The states of half of the chains, by which ranges are chosen, and of the others, on which errors are measured. */
enum { GS_STATES_CALIBRATE, GS_STATES_CHECK, GS_STATES };

/* Make both: of the options' images, with noise where the network takes a noise level; else of the chains of the
 * network's own default sampler, or latents of decoders. Errors: GS_ERROR_ARGUMENT: a classifier without images;
 * those of gs_sample. */
gs_status gs_states_make(const gs_model *model, const gs_quantize_options *options, gs_states states[GS_STATES],
                         gs_error *error);

/* Call `use` with each run of at most `most` states of one noise level, and its first state, until it fails. */
typedef gs_status gs_states_use(void *context, const gs_states *states, size_t first, size_t count, gs_error *error);
gs_status gs_states_each(const gs_states *states, size_t most, gs_states_use *use, void *context, gs_error *error);

/* ---- Layers ---- */

/* The types of integers in which a layer may be computed, the coarser one first; GS_FORMS stands for float32. */
typedef enum gs_form_type { GS_FORM_INT8, GS_FORM_INT16, GS_FORMS } gs_form_type;

/* A layer in one of these types. Its quant names tensors of its own, not the model's. */
typedef struct gs_form {
    gs_quant quant;
    gs_tensor factor, range; /* without names */
    float *factors, *ranges; /* their values */
    float *most;             /* (bands, P, C): the largest |V| */
    double *error, *squares; /* (bands) of the outputs, if it alone is computed so */
    bool allowed;            /* whether it may be chosen */
} gs_form;

/* A node that may be computed in integers. */
typedef struct gs_layer {
    int node;
    gs_form form[GS_FORMS];
    gs_form_type chosen;
    double time[GS_FORMS + 1]; /* about what it takes in each type, in float32's multiply-adds */
} gs_layer;

typedef struct gs_layers {
    const gs_model *model;
    bool direct; /* layers in 8 bits are in no domain of Winograd's */
    int bands;
    double *ends; /* (bands - 1) */
    int count;
    gs_layer *layer;
} gs_layers;

void gs_layers_free(gs_layers *layers);

/* The nodes that may be computed in integers, with the domain of each; without factors and ranges. Errors:
 * GS_ERROR_MEMORY. */
gs_status gs_layers_find(gs_layers *layers, gs_error *error);

/* The factors and ranges, by the network's values on these states. Errors: those of plans; GS_ERROR_INTERRUPTED. */
gs_status gs_layers_calibrate(gs_layers *layers, const gs_states *states, const gs_quantize_options *options,
                              gs_error *error);

/* The model with its layers in the types `wanted`, or in those that are chosen if that is NULL: shares all else with
 * it, to be freed by gs_free. NULL when memory runs out. */
gs_model *gs_layers_model(const gs_layers *layers, const gs_form_type *wanted);

/* ---- Errors ---- */

#define GS_QUANTIZE_ERROR 0.015 /* the largest error of a band, unless the options say otherwise */

/* Errors of each band: the mean over images of an image's largest error, and the largest of all, over the largest
 * element of the outputs; and the mean square, over the square of that. */
typedef struct gs_deviation {
    double error[GS_BANDS_MAX], most[GS_BANDS_MAX], square[GS_BANDS_MAX];
} gs_deviation;

/* The largest of the bands' mean errors. */
double gs_deviation_worst(const gs_deviation *deviation, int bands);

/* Measure each layer's share in each type, and choose the layers' types: such that the error stays below the options'
 * limit, and layers take as little time as that allows. Of options->dtype GS_DTYPE_INT16, none is in 8 bits. *total is
 * the error of the choice. */
gs_status gs_layers_choose(gs_layers *layers, const gs_states *states, const gs_quantize_options *options,
                           gs_deviation *total, gs_error *error);

/* The error of the model's own type of plans, for networks that are not quantised. */
gs_status gs_deviation_measure(const gs_model *model, gs_dtype dtype, const gs_states *states,
                               const gs_quantize_options *options, gs_deviation *deviation, gs_error *error);

#endif
