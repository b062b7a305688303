/* Every shape of convolution and linear layer that the networks have, each as a network of its own, one image after the
 * other on one thread. The steps that compute the layer are timed, from the layout before it to the layout after it,
 * without the changes of layout at the ends of such a network. */
#include <stdio.h>
#include <string.h>

#include "engine/plan.h"
#include "engine/single.h"
#include "network.h"
#include "text.h"

enum { IMAGES = 8, SHAPE_ROOM = 96 };

typedef struct state {
    gs_model *model; /* of the layer alone */
    bench_model wrapped;
    bench_network network;
} state;

static gs_shape input_shape(const gs_model *model, const gs_node *node) {
    return gs_value_shape(model, node->input[0]);
}

/* The row's data is the node in the model from which it comes. */
static gs_status open(bench_row *row, gs_error *error) {
    state *s = row->state;
    const gs_model *model = row->model->model;
    gs_status status = gs_single_create(model, (int)((const gs_node *)row->data - model->node), &s->model, error);
    if (status)
        return status;
    s->wrapped = (bench_model){.model = s->model, .info = &s->model->info};
    bench_row one = *row;
    one.model = &s->wrapped;
    status = bench_network_open(&s->network, &one, IMAGES, false, error);
    row->ran = one.ran;
    return status ? status : bench_network_evaluate(&s->network, error); /* fills the buffers that steps read */
}

static gs_status call(bench_row *row, gs_error *error) {
    (void)error;
    const state *s = row->state;
    gs_plan_run_node(s->network.plan, s->model->nodes - 1, IMAGES);
    return GS_OK;
}

static gs_status check(bench_row *row, gs_error *error) {
    state *s = row->state;
    bench_row one = *row;
    one.model = &s->wrapped;
    gs_status status = bench_network_evaluate(&s->network, error);
    if (!status)
        status = bench_network_check(&s->network, &one, error);
    for (int i = row->reasons; i < one.reasons; i++)
        bench_doubt(row, "%s", one.reason[i]);
    row->check = one.check;
    return status;
}

static void close(bench_row *row) {
    state *s = row->state;
    bench_network_close(&s->network);
    gs_model_free(s->model);
}

/* Check the whole network, which `open` evaluated. */
static uint64_t digest(const bench_row *row) {
    const bench_network *network = &((const state *)row->state)->network;
    return bench_digest(network->y, network->n * network->out * sizeof *network->y);
}

static const bench_kind layer_kind = {sizeof(state), open, call, check, close, digest};

/* "conv-48x14x14-3x3-96" and anything unusual: "-s2" stride, "-p0" padding, "-d2" dilation. */
static void describe(const gs_model *model, const gs_node *node, char text[SHAPE_ROOM]) {
    gs_shape in = input_shape(model, node);
    const gs_attributes *a = &node->attributes;
    if (node->op == GS_OP_LINEAR) {
        snprintf(text, SHAPE_ROOM, "linear-%d-%d", in.d[0], node->shape.d[0]);
        return;
    }
    snprintf(text, SHAPE_ROOM, "conv-%dx%dx%d-%dx%d-%d", in.d[0], in.d[1], in.d[2], a->kernel[0], a->kernel[1],
             node->shape.d[0]);
    if (a->stride[0] != 1 || a->stride[1] != 1)
        bench_append(text, SHAPE_ROOM, "-s%d", a->stride[0]);
    if (a->padding[0] != a->kernel[0] / 2 || a->padding[1] != a->kernel[1] / 2)
        bench_append(text, SHAPE_ROOM, "-p%d", a->padding[0]);
    if (a->dilation[0] != 1 || a->dilation[1] != 1)
        bench_append(text, SHAPE_ROOM, "-d%d", a->dilation[0]);
}

static bool is_layer(const gs_node *node) {
    bool conv = node->op == GS_OP_CONV2D && node->attributes.groups == 1;
    return (conv || node->op == GS_OP_LINEAR) && node->per_sample;
}

/* Whether an earlier layer or network had the same shape. */
static bool is_there(const bench_rows *rows, int first, const char *what) {
    bool found = false;
    for (int i = first; i < rows->count; i++) {
        const bench_row *row = &rows->row[i];
        found =
            found || (strlen(what) == row->what_length && !strncmp(row->name + row->what_at, what, row->what_length));
    }
    return found;
}

/* The bytes of one call: inputs and outputs of all images, and the weights once. */
static double traffic(const gs_model *model, const gs_node *node) {
    double in = (double)gs_shape_size(input_shape(model, node)), out = (double)gs_shape_size(node->shape);
    const gs_attributes *a = &node->attributes;
    double weights = node->op == GS_OP_LINEAR
                         ? in * out
                         : (double)input_shape(model, node).d[0] * a->kernel[0] * a->kernel[1] * node->shape.d[0];
    return sizeof(float) * (IMAGES * (in + out) + weights);
}

static void add(bench_rows *rows, const char *what, const gs_node *node, const bench_variant *v) {
    bench_variant anonymous = *v; /* the shape says everything */
    anonymous.model = NULL;
    anonymous.batch = IMAGES;
    bench_row *row = bench_row_add(rows, "layers", NULL, what, &anonymous, &layer_kind);
    row->model = v->model;
    row->data = node;
    row->unit = "FLOP/s";
    row->items = row->operations = IMAGES * (double)node->operations;
    row->bytes = traffic(v->model->model, node);
}

/* Rows of different backends and instruction sets follow each other. */
static void add_shape(bench_rows *rows, const char *what, const bench_model *model, const gs_node *node) {
    static const bench_axes axes = {.takes = bench_any, .threads = {1, {1}}, .all_backends = true};
    for (bench_variant v = {0}; bench_next(rows->settings, &axes, &v);)
        if (v.model == model && v.threads == 1)
            add(rows, what, node, &v);
}

void bench_add_layers(bench_rows *rows) {
    const bench_settings *s = rows->settings;
    int first = rows->count;
    for (int m = 0; m < s->models.count; m++) {
        const bench_model *model = &s->models.model[m];
        for (int n = 0; n < model->model->nodes && (!s->quick || bench_is_usual(s, model)); n++) {
            const gs_node *node = &model->model->node[n];
            char what[SHAPE_ROOM];
            if (!is_layer(node))
                continue;
            describe(model->model, node, what);
            if (!is_there(rows, first, what))
                add_shape(rows, what, model, node);
        }
    }
}
