#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/quantised.h"
#include "support/random.h"

static gs_tensor random_tensor(size_t rows, size_t columns, float low, float high, uint64_t *random) {
    float *data = malloc(rows * columns * sizeof *data);
    assert_non_null(data);
    for (size_t i = 0; i < rows * columns; i++)
        data[i] = low * powf(high / low, (random_float(random) + 1) / 2);
    return (gs_tensor){.data = data, .rank = 2, .shape = {rows, columns}, .size = rows * columns};
}

void quantise(gs_model *model, quantised *q, unsigned seed) {
    static const double ends[] = {1};
    uint64_t random = seed;
    int wide = 0;
    q->nodes = 0;
    for (int n = 0; n < model->nodes; n++) {
        gs_node *node = &model->node[n];
        bool winograd = node->op == GS_OP_CONV2D && node->attributes.kernel[0] == 3 &&
                        node->attributes.kernel[1] == 3 && node->attributes.stride[0] == 1 &&
                        node->attributes.stride[1] == 1 && node->attributes.dilation[0] == 1 &&
                        node->attributes.dilation[1] == 1;
        if ((node->op != GS_OP_CONV2D && node->op != GS_OP_LINEAR) || !node->per_sample || q->nodes == QUANTISED_MOST ||
            (node->op == GS_OP_CONV2D && node->attributes.groups > 1))
            continue;
        winograd = winograd && random_below(&random, 4) > 0;
        gs_dtype dtype = random_below(&random, 2) ? GS_DTYPE_INT16 : GS_DTYPE_INT8;
        gs_quant_domain domain = !winograd                 ? GS_QUANT_DIRECT
                                 : dtype == GS_DTYPE_INT16 ? GS_QUANT_WINOGRAD_F5
                                                           : GS_QUANT_WINOGRAD_F4;
        size_t positions = !winograd ? 1 : dtype == GS_DTYPE_INT16 ? 49 : 36;
        int k = q->nodes++;
        q->factor[k] = random_tensor(positions, node->weight->shape[1], 0.5F, 2, &random);
        q->range[k] = random_tensor(2, positions, 2, 8, &random);
        q->quant[k] = (gs_quant){.dtype = dtype,
                                 .domain = domain,
                                 .positions = (int)positions,
                                 .factor = &q->factor[k],
                                 .range = &q->range[k]};
        node->quant = &q->quant[k];
        wide += dtype == GS_DTYPE_INT16;
    }
    model->quantization =
        (gs_quantization){.dtype = GS_DTYPE_INT8, .nodes = q->nodes, .nodes_int16 = wide, .bands = 2, .ends = ends};
}

void free_quantised(quantised *q) {
    for (int k = 0; k < q->nodes; k++) {
        free((void *)q->factor[k].data);
        free((void *)q->range[k].data);
    }
}

void quantise_as(gs_model *model, quantised *q, gs_dtype dtype, gs_quant_domain domain) {
    unsigned seed = 1;
    for (quantise(model, q, seed); model->node[0].quant->domain != domain || model->node[0].quant->dtype != dtype;) {
        free_quantised(q);
        quantise(model, q, ++seed);
    }
}

gs_plan *plan_of(const gs_model *model, const char *isa, int threads, int block, gs_dtype dtype) {
    return make_plan(model, (gs_plan_options){.isa = isa, .threads = threads, .block = block, .dtype = dtype});
}
