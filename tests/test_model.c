#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/model.h"
#include "support/about.h"
#include "support/weights.h"

static void test_load(void **state) {
    (void)state;
    weights *w = weights_small();
    weights_set(w, "default", "{'sampler': 'dpmpp-2m', 'steps': 12, 'sigmas': [0.02, 30], 'denoise': 0}");
    weights_set(w, "data.ladder", "[30, 1.5, 0.02]");
    weights_set(w, "data.shares", "[0.5, 0, 0.5]");
    gs_model *model = weights_load(w);
    weights_free(w);
    const gs_model_info *info = gs_model_get_info(model);
    assert_string_equal(info->name, "test");
    assert_int_equal(info->kind, GS_KIND_DENOISER);
    assert_memory_equal(info->shape, ((int[]){1, 4, 4}), sizeof info->shape);
    assert_true(info->range[0] == 0 && info->range[1] == 1);
    assert_true(info->takes_sigma && info->sigma[0] == 0.01 && info->sigma[1] == 30);
    assert_true(info->labels == 3 && info->ladder_length == 3 && info->ladder[1] == 1.5);
    assert_memory_equal(info->shares, ((double[]){0.5, 0, 0.5}), 3 * sizeof *info->shares);
    assert_true(info->outputs == 1 && info->output_size[0] == 16 && info->parameters == 28);
    assert_int_equal(info->operations, 2 * 2 * 16 * 9);
    assert_int_equal(strlen(info->hash), 64);
    assert_string_equal(model->defaults.sampler, "dpmpp-2m");
    assert_true(model->defaults.steps == 12 && model->defaults.sigma_low == 0.02 && model->defaults.sigma_high == 30);
    assert_int_equal(model->defaults.denoise, -1);
    assert_true(model->node[0].per_sample && !model->node[1].per_sample && model->node[2].per_sample);
    assert_true(model->provenances == 1 && !strcmp(model->provenance[0].value, "a test"));
    gs_model_free(model);
    gs_model_free(NULL);
}

static void test_tensors_by_name(void **state) {
    (void)state;
    const float bias[2] = {0.25F, -3};
    weights *w = weights_new("score", 2, 1, 1);
    weights_tensor(w, "reference_mean", 0, NULL, bias);
    weights_tensor(w, "k", 1, (const size_t[]){2}, bias);
    weights_node(w, "k", "constant", NULL, NULL, "{'value': 'k'}");
    weights_node(w, "out", "add", "['x', 'k']", NULL, NULL);
    gs_model *model = weights_load(w);
    weights_free(w);
    const float *data;
    size_t shape[6];
    assert_int_equal(gs_model_get_tensor(model, "k", &data, shape), 1);
    assert_true(shape[0] == 2 && data[0] == 0.25F && data[1] == -3);
    assert_int_equal(gs_model_get_tensor(model, "reference_mean", &data, shape), 0);
    assert_true(data[0] == 0.25F);
    assert_int_equal(gs_model_get_tensor(model, "none", &data, shape), -1);
    assert_string_equal(gs_model_get_tensor_name(model, 0), "k");
    assert_string_equal(gs_model_get_tensor_name(model, 1), "reference_mean");
    assert_null(gs_model_get_tensor_name(model, -1));
    assert_null(gs_model_get_tensor_name(model, 2));
    const char *text;
    assert_non_null(gs_model_get_provenance(model, 0, &text));
    assert_string_equal(text, "a test");
    assert_null(gs_model_get_provenance(model, -1, &text));
    assert_null(gs_model_get_provenance(model, 1, &text));
    gs_model_free(model);
}

/* The last logit may stand for no class; tensors about data are no parameters, and no node need use them. */
static void test_classifier_that_rejects(void **state) {
    (void)state;
    static const char *const prefixes[] = {"reference_x", "label_x", "real_x"};
    for (int rejects = 0; rejects < 2; rejects++) {
        weights *w = weights_new("classifier", 3, 1, 1);
        weights_random(w, "w", 2, (const size_t[]){2, 3}, 1);
        weights_node(w, "flat", "reshape", "['x']", "{'shape': [3]}", NULL);
        weights_node(w, "logits", "linear", "['flat']", NULL, "{'weight': 'w'}");
        for (size_t i = 0; i < 3; i++)
            weights_random(w, prefixes[i], 1, (const size_t[]){50}, 2);
        weights_set(w, "data.reject", rejects ? "true" : "false");
        gs_model *model = weights_load(w);
        weights_free(w);
        assert_int_equal(gs_model_get_info(model)->rejects, rejects);
        assert_int_equal(gs_model_get_info(model)->parameters, 6);
        gs_model_free(model);
    }
}

/* A header whose length is no multiple of 4 leaves the data unaligned in the file. */
static void test_any_header_length(void **state) {
    (void)state;
    for (int spaces = 0; spaces < 5; spaces++) {
        about("spaces %d", spaces);
        weights *w = weights_small();
        char name[16];
        snprintf(name, sizeof name, "'n%.*s'", spaces, "ooooo");
        weights_set(w, "name", name);
        gs_model *model = weights_load(w);
        assert_int_equal((uintptr_t)model->tensor[0].data % 4, 0);
        gs_model_free(model);
        weights_free(w);
    }
}

/* The largest allowed number of nodes, each the input of the next. */
static void test_large_graph(void **state) {
    (void)state;
    enum { NODES = 65536 };
    weights *w = weights_new("score", 1, 1, 1);
    char name[16] = "x", inputs[32];
    for (int i = 0; i < NODES; i++) {
        snprintf(inputs, sizeof inputs, "['%s']", name);
        snprintf(name, sizeof name, "node%d", i);
        weights_node(w, name, "neg", inputs, NULL, NULL);
    }
    /* A file must be as large as its nodes are in memory. */
    weights_random(w, "reference_weight", 1, (const size_t[]){NODES * 128}, 1);
    gs_model *model = weights_load(w);
    weights_free(w);
    assert_int_equal(model->nodes, NODES);
    gs_model_free(model);
}

/* The largest allowed number of noise levels, in a file with little else. */
static void test_long_ladder(void **state) {
    (void)state;
    enum { LEVELS = 4096 };
    char text[LEVELS * 24];
    size_t used = 0;
    for (int i = 0; i < LEVELS; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%c%.17g", i ? ',' : '[', 50.0 / (i + 1.1));
    snprintf(text + used, sizeof text - used, "]");
    weights *w = weights_small();
    weights_set(w, "data.ladder", text);
    gs_model *model = weights_load(w);
    snprintf(text + used, sizeof text - used, ",0.001]");
    weights_set(w, "data.ladder", text);
    size_t size;
    unsigned char *bytes = weights_bytes(w, &size);
    gs_model *none;
    gs_error error;
    assert_int_equal(gs_model_load_memory("long", bytes, size, &none, &error), GS_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "data.ladder: expected an array of 1 ... 4096 noise levels"));
    free(bytes);
    weights_free(w);
    assert_int_equal(model->info.ladder_length, LEVELS);
    assert_true(model->ladder[LEVELS - 1] == 50.0 / (LEVELS - 1 + 1.1));
    gs_model_free(model);
}

/* A network of nodes alone has no tensors to find. */
static void test_no_tensors(void **state) {
    (void)state;
    weights *w = weights_new("score", 1, 1, 1);
    weights_node(w, "out", "neg", "['x']", NULL, NULL);
    gs_model *model = weights_load(w);
    weights_free(w);
    const float *data;
    size_t shape[6];
    assert_int_equal(gs_model_get_tensor(model, "k", &data, shape), -1);
    assert_null(gs_model_get_tensor_name(model, 0));
    gs_model_free(model);
}

static void test_kind_and_operation_names(void **state) {
    (void)state;
    assert_string_equal(gs_kind_name(GS_KIND_ENERGY), "energy");
    assert_string_equal(gs_kind_name((gs_kind)99), "unknown");
    assert_string_equal(gs_op_name(GS_OP_CONV2D), "conv2d");
    assert_string_equal(gs_op_name(GS_OP_COUNT), "unknown");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load),
        cmocka_unit_test(test_tensors_by_name),
        cmocka_unit_test(test_classifier_that_rejects),
        cmocka_unit_test(test_any_header_length),
        cmocka_unit_test(test_large_graph),
        cmocka_unit_test(test_long_ladder),
        cmocka_unit_test(test_no_tensors),
        cmocka_unit_test(test_kind_and_operation_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
