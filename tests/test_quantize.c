/* gs_quantize: what it writes is a network with known scales, the same in float32 and nearly the same in int8, and the
 * same bytes on every instruction set and number of threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "support/about.h"
#include "support/files.h"
#include "support/weights.h"

enum { SIDE = 12, CHANNELS = 32 };

/* A denoiser of x (1, 12, 12) and sigma with two convolutions of 32 channels for Winograd's method, and one of
 * stride 2. */
static weights *denoiser(void) {
    weights *w = weights_new("denoiser", 1, SIDE, SIDE);
    weights_inputs(w, true, 0);
    weights_random(w, "w0", 4, (size_t[]){CHANNELS, 1, 3, 3}, 1);
    weights_random(w, "w1", 4, (size_t[]){CHANNELS, CHANNELS, 3, 3}, 2);
    weights_random(w, "w2", 4, (size_t[]){CHANNELS, CHANNELS, 3, 3}, 3);
    weights_random(w, "w3", 4, (size_t[]){CHANNELS, CHANNELS, 3, 3}, 4);
    weights_random(w, "w4", 4, (size_t[]){1, CHANNELS, 3, 3}, 5);
    weights_random(w, "reference_a", 1, (size_t[]){3}, 6);
    weights_node(w, "in", "affine", "['x']", "{'scale': 0.1}", NULL);
    weights_node(w, "stem", "conv2d", "['in']", "{'padding': [1, 1]}", "{'weight': 'w0'}");
    weights_node(w, "stem-scaled", "affine", "['stem']", "{'scale': 0.08}", NULL);
    weights_node(w, "a0", "tanh", "['stem-scaled']", NULL, NULL);
    weights_node(w, "first", "conv2d", "['a0']", "{'padding': [1, 1]}", "{'weight': 'w1'}");
    weights_node(w, "first-scaled", "affine", "['first']", "{'scale': 0.08}", NULL);
    weights_node(w, "a1", "tanh", "['first-scaled']", NULL, NULL);
    weights_node(w, "second", "conv2d", "['a1']", "{'padding': [1, 1]}", "{'weight': 'w2'}");
    weights_node(w, "second-scaled", "affine", "['second']", "{'scale': 0.08}", NULL);
    weights_node(w, "a2", "tanh", "['second-scaled']", NULL, NULL);
    weights_node(w, "half", "conv2d", "['a2']", "{'padding': [1, 1], 'stride': [2, 2]}", "{'weight': 'w3'}");
    weights_node(w, "half-scaled", "affine", "['half']", "{'scale': 0.08}", NULL);
    weights_node(w, "up", "upsample_nearest", "['half-scaled']", "{'scale': [2, 2]}", NULL);
    weights_node(w, "a3", "tanh", "['up']", NULL, NULL);
    weights_node(w, "head", "conv2d", "['a3']", "{'padding': [1, 1]}", "{'weight': 'w4'}");
    weights_node(w, "head-scaled", "affine", "['head']", "{'scale': 0.08}", NULL);
    weights_node(w, "out", "tanh", "['head-scaled']", NULL, NULL);
    weights_set(w, "default", "{'sampler': 'heun', 'steps': 4}");
    return w;
}

static void write_model(weights *w) {
    weights_write(w, test_path);
    weights_free(w);
}

static gs_quantized *quantize(const gs_quantize_options *options) {
    gs_quantized *made = NULL;
    gs_error error = {.status = GS_OK};
    if (gs_quantize(test_path, options, &made, &error))
        fail_msg("%s", error.message);
    return made;
}

static void refused(const gs_quantize_options *options, gs_status status, const char *fragment) {
    gs_quantized *made = (gs_quantized *)test_path;
    gs_error error = {.status = GS_OK};
    assert_int_equal(gs_quantize(test_path, options, &made, &error), status);
    assert_null(made);
    if (!strstr(error.message, fragment))
        fail_msg("'%s', expected '%s'", error.message, fragment);
}

static gs_model *model_of(const gs_quantized *made) {
    gs_model *model;
    gs_error error = {.status = GS_OK};
    if (gs_model_load_memory("made", made->bytes, made->size, &model, &error))
        fail_msg("%s", error.message);
    return model;
}

/* What the network makes of one image, in a type. */
static void evaluate(const gs_model *model, gs_dtype dtype, float *out) {
    gs_plan_options options = {.dtype = dtype, .threads = 1};
    float x[SIDE * SIDE];
    gs_plan *plan;
    for (int i = 0; i < SIDE * SIDE; i++)
        x[i] = (float)(i * 37 % 64) / 32 - 1;
    assert_int_equal(gs_plan_create(model, &options, &plan, NULL), GS_OK);
    assert_int_equal(gs_plan_evaluate(plan, x, 1, NULL, 1, (float *[2]){out, NULL}, NULL), GS_OK);
    gs_plan_free(plan);
}

static const gs_quantized_layer *layer_of(const gs_quantized *made, const char *node) {
    for (int i = 0; i < made->layers; i++)
        if (!strcmp(made->layer[i].node, node))
            return &made->layer[i];
    return NULL;
}

/* ---- A network ---- */

static void test_network(void **state) {
    (void)state;
    write_model(denoiser());
    const gs_quantize_options options = {.n = 8, .error = 0.2, .threads = 1};
    gs_quantized *made = quantize(&options);
    gs_model *old, *model = model_of(made);
    assert_int_equal(gs_model_load(test_path, &old, NULL), GS_OK);
    const gs_quantization *q = gs_model_get_quantization(model);
    assert_int_equal(q->dtype, GS_DTYPE_INT8);
    assert_int_equal(q->bands, 4);
    assert_int_equal(made->bands, 4);
    assert_true(q->ends[0] < q->ends[1] && q->ends[1] < q->ends[2]);
    assert_int_equal(made->states, 4 * 4);
    assert_string_equal(layer_of(made, "first")->domain, "winograd-f4");
    assert_string_equal(layer_of(made, "second")->domain, "winograd-f4");
    assert_string_equal(layer_of(made, "half")->domain, "direct");
    for (int b = 0; b < q->bands; b++) {
        about("band %d", b);
        assert_true(q->error[b] > 0 && q->error[b] <= 0.2 && q->error[b] <= q->error_most[b]);
        assert_true(q->error_rms[b] < q->error[b]);
    }
    /* The same in float32, and nearly the same in int8. */
    float before[SIDE * SIDE], after[SIDE * SIDE], narrow[SIDE * SIDE];
    evaluate(old, GS_DTYPE_F32, before);
    evaluate(model, GS_DTYPE_F32, after);
    evaluate(model, GS_DTYPE_DEFAULT, narrow);
    assert_memory_equal(before, after, sizeof before);
    bool differs = false;
    for (int i = 0; i < SIDE * SIDE; i++) {
        differs |= narrow[i] != before[i];
        assert_true(fabsf(narrow[i] - before[i]) < 0.4F);
    }
    assert_true(differs);
    gs_model_free(old);
    gs_model_free(model);
    gs_quantized_free(made);
}

/* With `direct`, layers in 8 bits are in no domain of Winograd's, and those of 16 bits are as without. */
static void test_direct(void **state) {
    (void)state;
    write_model(denoiser());
    gs_quantize_options options = {.n = 8, .error = 0.2, .threads = 1};
    gs_quantized *usual = quantize(&options);
    options.direct = true;
    gs_quantized *direct = quantize(&options);
    const gs_quantized_layer *first = layer_of(direct, "first");
    assert_int_equal(first->dtype, GS_DTYPE_INT8);
    assert_string_equal(first->domain, "direct");
    assert_true(first->error[0] < layer_of(usual, "first")->error[0]);
    assert_true(first->error[1] == layer_of(usual, "first")->error[1]);
    gs_model *model = model_of(direct);
    float exact[SIDE * SIDE], narrow[SIDE * SIDE];
    evaluate(model, GS_DTYPE_F32, exact);
    evaluate(model, GS_DTYPE_DEFAULT, narrow);
    for (int i = 0; i < SIDE * SIDE; i++)
        assert_true(fabsf(narrow[i] - exact[i]) < 0.4F);
    gs_model_free(model);
    gs_quantized_free(usual);
    gs_quantized_free(direct);
}

/* ---- Known scales ---- */

/* Logits of an image (4, 1, 1) by one linear layer. */
static void write_linear(void) {
    static const float matrix[2][4] = {{1, -2, 0, 0.5F}, {0.25F, 1, 0, -4}};
    weights *w = weights_new("classifier", 4, 1, 1);
    weights_tensor(w, "w", 2, (size_t[]){2, 4}, &matrix[0][0]);
    weights_node(w, "flat", "reshape", "['x']", "{'shape': [4]}", NULL);
    weights_node(w, "logits", "linear", "['flat']", NULL, "{'weight': 'w'}");
    weights_outputs(w, "['logits']");
    write_model(w);
}

/* Images 0 and 2 calibrate: |x| is at most 2, 1, 3, 8. A channel without weights counts as a millionth of the
 * largest's. */
static void test_scales(void **state) {
    (void)state;
    static const float images[4][4] = {{-2, 0.5F, 3, 8}, {9, 9, 9, 1}, {1, 1, 0, -4}, {5, -1, 2, 8}};
    static const double input[4] = {2, 1, 3, 8}, weight[4] = {1, 2, 4e-6, 4};
    const gs_quantize_options options = {.images = &images[0][0], .n = 4, .error = 1e9, .threads = 1};
    write_linear();
    gs_quantized *made = quantize(&options);
    gs_model *model = model_of(made);
    const gs_quant *quant = model->node[1].quant;
    assert_non_null(quant);
    double largest = 0, most = 0;
    for (int c = 0; c < 4; c++)
        largest = fmax(largest, pow(input[c], 0.3) * pow(weight[c], 0.3));
    for (int c = 0; c < 4; c++) {
        about("channel %d", c);
        double factor = largest * pow(input[c], 0.7) / pow(weight[c], 0.3);
        assert_true(fabs((double)quant->factor->data[c] / factor - 1) < 1e-6);
        most = fmax(most, input[c] / factor);
    }
    assert_int_equal(quant->range->size, 1);
    assert_true(fabs((double)quant->range->data[0] - 1.2) < 1e-6 && fabs(most - 1) < 1e-6);
    gs_model_free(model);
    gs_quantized_free(made);
}

/* ---- The same everywhere ---- */

static void test_same_bytes(void **state) {
    (void)state;
    write_model(denoiser());
    gs_quantize_options options = {.n = 4, .error = 0.2, .threads = 1};
    gs_quantized *expected = quantize(&options);
    bool supported;
    const char *isa;
    for (int i = 0; (isa = gs_isa_name(i, &supported)); i++) {
        if (!supported)
            continue;
        about("%s", isa);
        options.isa = isa;
        options.threads = 1 + i % 3;
        gs_quantized *made = quantize(&options);
        assert_int_equal(made->size, expected->size);
        assert_memory_equal(made->bytes, expected->bytes, made->size);
        gs_quantized_free(made);
    }
    /* A quantised file is quantised anew, to the same. */
    write_file(test_path, expected->bytes, expected->size);
    gs_quantized *again = quantize(&options);
    assert_int_equal(again->size, expected->size);
    assert_memory_equal(again->bytes, expected->bytes, again->size);
    gs_quantized_free(again);
    gs_quantized_free(expected);
}

/* ---- The error that is allowed ---- */

static gs_quantized *quantize_within(double error) {
    return quantize(&(gs_quantize_options){.n = 4, .error = error, .threads = 1});
}

static void test_default_error(void **state) {
    (void)state;
    write_model(denoiser());
    gs_quantized *usual = quantize_within(0), *same = quantize_within(0.015), *coarse = quantize_within(0.02);
    assert_int_equal(usual->size, same->size);
    assert_memory_equal(usual->bytes, same->bytes, same->size);
    assert_int_not_equal(usual->size, coarse->size);
    gs_quantized_free(usual);
    gs_quantized_free(same);
    gs_quantized_free(coarse);
}

/* ---- Stored weights and other types ---- */

static void test_weights(void **state) {
    (void)state;
    static const char *const types[] = {"f32", "bf16", "f16"};
    size_t size[3], shape[6];
    write_model(denoiser());
    for (size_t i = 0; i < GS_COUNT(types); i++) {
        about("%s", types[i]);
        const gs_quantize_options options = {.dtype = GS_DTYPE_F32, .weights = types[i]};
        gs_quantized *made = quantize(&options);
        gs_model *model = model_of(made);
        const float *w, *reference;
        assert_int_equal(gs_model_get_tensor(model, "w1", &w, shape), 4);
        assert_int_equal(gs_model_get_tensor(model, "reference_a", &reference, shape), 1);
        assert_int_equal(gs_model_get_quantization(model)->dtype, GS_DTYPE_F32);
        assert_null(gs_model_get_quantization(model)->error);
        size[i] = made->size;
        gs_model_free(model);
        gs_quantized_free(made);
    }
    assert_true(size[1] < size[0] * 11 / 20 + 2000 && size[2] < size[0] * 11 / 20 + 2000);
}

/* ---- What is refused ---- */

static bool stop(void *context, double part) {
    return part < 0.3 && !context;
}

static void test_refusals(void **state) {
    (void)state;
    write_model(denoiser());
    refused(&(gs_quantize_options){.bands = 17}, GS_ERROR_ARGUMENT, "bands 17: expected 1 ... 16");
    refused(&(gs_quantize_options){.bands = -1}, GS_ERROR_ARGUMENT, "bands -1");
    refused(&(gs_quantize_options){.error = -1}, GS_ERROR_ARGUMENT, "error -1: expected a positive number");
    refused(&(gs_quantize_options){.error = NAN}, GS_ERROR_ARGUMENT, "expected a positive number");
    refused(&(gs_quantize_options){.weights = "f8"}, GS_ERROR_ARGUMENT, "weights 'f8': expected f32, f16 or bf16");
    refused(&(gs_quantize_options){.dtype = (gs_dtype)99}, GS_ERROR_ARGUMENT, "dtype 99");
    refused(&(gs_quantize_options){.n = 1}, GS_ERROR_ARGUMENT, "1 images or chains to quantise by: expected 2 ... ");
    refused(&(gs_quantize_options){.isa = "mmx"}, GS_ERROR_ARGUMENT, "mmx");
    refused(&(gs_quantize_options){.n = 4, .progress = stop}, GS_ERROR_INTERRUPTED, "interrupted");
    refused(&(gs_quantize_options){.n = 4, .error = 1e-12}, GS_ERROR_UNSUPPORTED,
            "can be computed in integers with an error of at most 1e-12");
    write_linear();
    refused(NULL, GS_ERROR_ARGUMENT, "network test: a classifier is quantised by images such as it is used for");
    weights *w = weights_new("score", 1, 1, 1);
    weights_tensor(w, "w", 4, (size_t[]){1, 1, 1, 1}, (float[]){70000});
    weights_node(w, "out", "conv2d", "['x']", NULL, "{'weight': 'w'}");
    write_model(w);
    refused(&(gs_quantize_options){.dtype = GS_DTYPE_F32, .weights = "f16"}, GS_ERROR_ARGUMENT,
            "tensor 'w': has values too large for F16");
    write_file(test_path, "no weight file", 14);
    refused(NULL, GS_ERROR_FORMAT, "header length");
    gs_quantized_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_network),    cmocka_unit_test(test_direct),        cmocka_unit_test(test_scales),
        cmocka_unit_test(test_same_bytes), cmocka_unit_test(test_default_error), cmocka_unit_test(test_weights),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, make_test_path, remove_test_path);
}
