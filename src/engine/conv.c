/* Direct convolution and linear layers, as chains of multiply-adds over pixels or images (gs_mac_args). */
#include "engine/plan.h"

enum { GS_ROWS_AT_ONCE = 48 };

static int gcd(int a, int b) {
    return b ? gcd(b, a % b) : a;
}

/* Pack (O, I, kh, kw) as out plane, (tap, input segment, k), lane; the bias padded to whole planes. */
static bool pack(gs_plan *plan, gs_step *step, const gs_node *node, int inputs, int taps) {
    int outputs = node->shape.d[0];
    step->out_planes = (outputs + 15) / 16;
    size_t chain = (size_t)inputs * (size_t)taps;
    step->weight = gs_alloc((size_t)step->out_planes * chain, 16 * sizeof(float));
    step->bias = gs_alloc((size_t)step->out_planes, 16 * sizeof(float));
    if (!step->weight || !step->bias)
        return false;
    for (int o = 0; o < outputs; o++) {
        float *plane = step->weight + (size_t)(o / 16) * chain * 16 + o % 16;
        const float *w = node->weight->data + (size_t)o * chain;
        for (int t = 0; t < taps; t++)
            for (int i = 0; i < inputs; i++)
                plane[((size_t)t * (size_t)inputs + (size_t)i) * 16] = w[(size_t)i * (size_t)taps + (size_t)t];
        step->bias[o] = node->bias ? node->bias->data[o] : 0.0f;
    }
    plan->weight_size += (size_t)step->out_planes * (chain + 1) * 16;
    return true;
}

static gs_mac_args arguments(const gs_step *step) {
    return (gs_mac_args){.segment = step->taps, .segments = step->segments, .length = step->length};
}

/* All output planes of one set of rows. */
static void run_planes(const gs_step *step, const gs_worker *worker, gs_mac_args *args) {
    const gs_plan *plan = worker->plan;
    size_t chain = (size_t)step->segments * (size_t)step->length * 16;
    for (int p = 0; p < step->out_planes; p++) {
        args->w = step->weight + (size_t)p * chain;
        args->init = step->bias + 16 * p;
        args->out_shift = p * plan->buffer[step->out].plane;
        args->add_shift = step->sources > 1 ? p * plan->buffer[step->source[1].index].plane : 0;
        plan->kernels->mac(args);
    }
}

static void conv_run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const gs_plan *plan = worker->plan;
    const gs_buffer *in = &plan->buffer[step->source[0].index], *out = &plan->buffer[step->out];
    const gs_buffer *add = step->sources > 1 ? &plan->buffer[step->source[1].index] : NULL;
    const float *a[GS_ROWS_AT_ONCE], *residual[GS_ROWS_AT_ONCE];
    float *y[GS_ROWS_AT_ONCE];
    gs_mac_args args = arguments(step);
    args.a = a;
    args.add = add ? residual : NULL;
    args.out = y;
    int height = out->shape.d[1], width = out->shape.d[2], rows = 0;
    for (int i = i0; i < i1; i++)
        for (int r = 0; r < height; r++)
            for (int c = 0; c < width; c++) {
                a[rows] = gs_buffer_at(worker, step->source[0].index, i) + r * step->kernel_stride[0] * in->row +
                          c * step->kernel_stride[1] * 16;
                y[rows] = gs_buffer_at(worker, step->out, i) + r * out->row + c * 16;
                if (add)
                    residual[rows] = gs_buffer_at(worker, step->source[1].index, i) + r * add->row + c * 16;
                rows++;
                bool last = i == i1 - 1 && r == height - 1 && c == width - 1;
                if (rows == GS_ROWS_AT_ONCE || last) {
                    args.rows = rows;
                    run_planes(step, worker, &args);
                    rows = 0;
                }
            }
}

/* Taps wait for the strides of the input, which are known after layout: see gs_conv_place. */
bool gs_conv_prepare(gs_plan *plan, gs_step *step, const gs_node *node) {
    const gs_attributes *a = &node->attributes;
    int inputs = step->source[0].shape.d[0], taps = a->kernel[0] * a->kernel[1];
    step->run = conv_run;
    step->method = "direct";
    step->length = gcd(inputs, 16);
    step->segments = taps * (inputs / step->length);
    step->taps = gs_alloc((size_t)step->segments, sizeof *step->taps);
    for (int i = 0; i < 2; i++) {
        step->kernel_stride[i] = a->stride[i];
        step->padding[i] = a->padding[i];
    }
    return step->taps && pack(plan, step, node, inputs, taps);
}

void gs_conv_place(gs_plan *plan, gs_step *step) {
    const gs_attributes *a = &plan->model->node[step->node].attributes;
    const gs_buffer *in = &plan->buffer[step->source[0].index];
    ptrdiff_t *tap = step->taps;
    for (int r = 0; r < a->kernel[0]; r++)
        for (int c = 0; c < a->kernel[1]; c++)
            for (int i = 0; i < in->shape.d[0]; i += step->length)
                *tap++ = (r * a->dilation[0] - step->padding[0]) * in->row +
                         (c * a->dilation[1] - step->padding[1]) * 16 + i / 16 * in->plane + i % 16;
}

static void linear_run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const float *a[GS_ROWS_AT_ONCE], *residual[GS_ROWS_AT_ONCE];
    float *y[GS_ROWS_AT_ONCE];
    gs_mac_args args = arguments(step);
    args.a = a;
    args.add = step->sources > 1 ? residual : NULL;
    args.out = y;
    for (int i = i0; i < i1; i += GS_ROWS_AT_ONCE) {
        args.rows = i1 - i < GS_ROWS_AT_ONCE ? i1 - i : GS_ROWS_AT_ONCE;
        for (int k = 0; k < args.rows; k++) {
            a[k] = gs_buffer_at(worker, step->source[0].index, i + k);
            y[k] = gs_buffer_at(worker, step->out, i + k);
            if (args.add)
                residual[k] = gs_buffer_at(worker, step->source[1].index, i + k);
        }
        run_planes(step, worker, &args);
    }
}

bool gs_linear_prepare(gs_plan *plan, gs_step *step, const gs_node *node) {
    step->run = linear_run;
    step->method = "linear";
    step->length = step->source[0].shape.d[0];
    step->segments = 1;
    step->taps = gs_alloc(1, sizeof *step->taps);
    return step->taps && pack(plan, step, node, step->length, 1);
}
