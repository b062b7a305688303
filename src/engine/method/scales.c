#include "engine/method/scales.h"

#include <math.h>

enum { LANES = GS_F32_LANES };

bool gs_scales_make(gs_plan *plan, gs_scales *s, int sets) {
    size_t bands = (size_t)plan->model->quantization.bands, positions = (size_t)s->positions;
    size_t in = (size_t)s->in_planes * LANES, out = (size_t)s->out_planes * LANES;
    s->sets = sets;
    s->inv = gs_weights_alloc(plan, bands * positions * in);
    s->scale = gs_weights_alloc(plan, bands * positions * out);
    s->init = s->type->input_offset ? (int32_t *)gs_weights_alloc(plan, (size_t)sets * out) : NULL;
    s->weight = gs_alloc(positions * out, sizeof *s->weight);
    s->sum = gs_alloc((size_t)sets * out, sizeof *s->sum);
    s->count = gs_alloc((size_t)sets, sizeof *s->count);
    return s->inv && s->scale && (s->init || !s->type->input_offset) && s->weight && s->sum && s->count;
}

static double factor_of(const gs_scales *s, const gs_quant *quant, int q, int input) {
    const int share = s->share ? s->share : 1;
    const float *factor = quant->factor->data + (size_t)q * quant->factor->shape[1] + (size_t)input * (size_t)share;
    float largest = factor[0];
    for (int i = 1; i < share; i++)
        largest = factor[i] > largest ? factor[i] : largest;
    return (double)largest;
}

void gs_scales_measure(gs_scales *s, const gs_quant *quant, int at, int q, int plane, int set, int input,
                       const double lane[16]) {
    double *most = s->weight + ((ptrdiff_t)at * s->out_planes + plane) * LANES, factor = factor_of(s, quant, q, input);
    double *sum = s->sum + ((ptrdiff_t)set * s->out_planes + plane) * LANES;
    s->count[set] += plane == 0;
    for (int l = 0; l < LANES; l++) {
        double size = fabs(lane[l] * factor);
        most[l] = fmax(most[l], size);
        sum[l] += size;
    }
}

/* From the largest weights to what they are multiples of. Rounding adds at most 1/2 to each weight, so that with as
 * much less for their sum, and 1 for what is rounded here, it is what the type allows. */
static void set_units(gs_scales *s, int at) {
    const gs_product_type *type = s->type;
    const int lanes = s->out_planes * LANES;
    double *unit = s->weight + (ptrdiff_t)at * lanes;
    for (int l = 0; l < lanes; l++)
        unit[l] /= type->weight_most;
    for (int set = s->positions > 1 ? at : 0, end = s->positions > 1 ? at + 1 : s->sets; set < end; set++)
        for (int l = 0; l < lanes && type->weights_most; l++)
            unit[l] =
                fmax(unit[l], s->sum[(ptrdiff_t)set * lanes + l] / (type->weights_most - 1 - 0.5 * s->count[set]));
}

/* Where all weights are 0, so is their scale. */
void gs_scales_round(gs_scales *s, const gs_quant *quant, int at, int q, int plane, int set, int input,
                     double lane[16]) {
    const double *unit = s->weight + ((ptrdiff_t)at * s->out_planes + plane) * LANES;
    const double factor = factor_of(s, quant, q, input), most = s->type->weight_most;
    for (int l = 0; l < LANES; l++)
        lane[l] = unit[l] > 0 ? fmax(-most, fmin(most, rint(lane[l] * factor / unit[l]))) : 0;
    int32_t *init = s->init ? s->init + ((ptrdiff_t)set * s->out_planes + plane) * LANES : NULL;
    for (int l = 0; init && l < LANES; l++)
        init[l] -= s->type->input_offset * (int32_t)lane[l];
}

void gs_scales_finish(const gs_plan *plan, gs_scales *s, const gs_quant *quant, int at, int q, int channels) {
    const double *unit = s->weight + (ptrdiff_t)at * s->out_planes * LANES, most = s->type->input_most;
    set_units(s, at);
    for (int b = 0; b < plan->model->quantization.bands; b++) {
        double range = (double)quant->range->data[b * quant->positions + q];
        float *scale = s->scale + ((ptrdiff_t)b * s->positions + at) * s->out_planes * LANES;
        for (int c = 0; c < channels; c++)
            s->inv[(((ptrdiff_t)b * s->in_planes + c / LANES) * s->positions + at) * LANES + c % LANES] =
                (float)(most / (range * factor_of(s, quant, q, c)));
        for (int o = 0; o < s->out_planes * LANES; o++)
            scale[o] = (float)(range / most * unit[o]);
    }
}

void gs_scales_packed(gs_scales *s) {
    gs_free(s->weight);
    gs_free(s->sum);
    gs_free(s->count);
    s->weight = s->sum = NULL;
    s->count = NULL;
}
