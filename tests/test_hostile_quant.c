/* Files of version 2 that must be refused: quantised networks, and tensors that are stored in two bytes per value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support/about.h"
#include "support/hostile.h"

/* ---- One value of a quantised file changed ---- */

static const struct change {
    const char *path, *text, *fragment;
} changes[] = {
    {"quantization", NULL, "node 'conv': quant: the model has no \"quantization\""},
    {"quantization", "3", "quantization: found an integer, expected an object"},
    {"quantization.scale", "3", "quantization: unknown key 'scale'"},
    {"quantization.dtype", NULL, "quantization.dtype: found 'nothing', expected f32, bf16, bf16-exact, int8 or int16"},
    {"quantization.dtype", "'default'", "quantization.dtype: found 'default'"},
    {"quantization.dtype", "8", "quantization.dtype: found 'an integer'"},
    {"quantization.bands", NULL, "quantization.error.mean: found 2 numbers, expected one for each of 1 bands"},
    {"quantization.bands", "1", "quantization.bands: found an integer, expected an array"},
    {"quantization.bands", "[0]", "quantization.bands: level 0 is 0, expected positive"},
    {"quantization.bands", "['1']", "quantization.bands: found a string, expected a number"},
    {"quantization.bands", "[2, 1]", "quantization.bands: level 1 is 1, expected positive, strictly increasing"},
    {"quantization.bands", "[1, 1]", "quantization.bands: level 1 is 1"},
    {"quantization.bands", "[1e99]", "single precision"},
    {"quantization.bands", "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]", "found 16 noise levels"},
    {"quantization.error", "[]", "quantization.error: found an array, expected an object"},
    {"quantization.error", "{}", "quantization.error.mean: found 0 numbers"},
    {"quantization.error.median", "[1, 1]", "quantization.error: unknown key 'median'"},
    {"quantization.error.max", "[1, -1]", "quantization.error.max: found -1, expected 0 or more"},
    {"quantization.error.max", "[1, '1']", "quantization.error.max: found a string"},
    {"quantization.error.rms", "[1]", "quantization.error.rms: found 1 numbers"},
    {"graph.nodes.0.quant", "3", "node 'conv': quant: found an integer, expected an object"},
    {"graph.nodes.0.quant.scale", "3", "node 'conv': quant: unknown key 'scale'"},
    {"graph.nodes.0.quant.domain", NULL, "node 'conv': quant.domain: found 'nothing'"},
    {"graph.nodes.0.quant.domain", "'winograd-f5'", "expected 'direct' or 'winograd-f4' of int8"},
    {"graph.nodes.0.quant.dtype", "8", "node 'conv': quant.dtype: found 'an integer', expected 'int8' or 'int16'"},
    {"graph.nodes.0.quant.dtype", "'f32'", "node 'conv': quant.dtype: found 'f32', expected 'int8' or 'int16'"},
    {"graph.nodes.0.quant.dtype", "'int32'", "node 'conv': quant.dtype: found 'int32'"},
    {"graph.nodes.0.quant.dtype", "'int16'",
     "quant.domain: found 'winograd-f4', expected 'direct' or 'winograd-f5' of int16"},
    {"graph.nodes.0.quant", "{'dtype': 'int16', 'domain': 'winograd-f5', 'factor': 'f1', 'range': 'r1'}",
     "node 'conv': quant.factor: tensor 'f1': expected the shape (49, 3)"},
    {"quantization.dtype", "'int16'", "quantization.dtype: found 'int16', but no node has \"quant\" of that type"},
    {"graph.nodes.0.quant.domain", "'direct'", "node 'conv': quant.factor: tensor 'f1': expected the shape (1, 3)"},
    {"graph.nodes.0.quant.factor", NULL, "node 'conv': quant.factor: found 'nothing', expected the name of a tensor"},
    {"graph.nodes.0.quant.factor", "'f9'", "node 'conv': quant.factor: found 'f9'"},
    {"graph.nodes.0.quant.factor", "'b1'", "node 'conv': quant.factor: tensor 'b1': expected the shape (36, 3)"},
    {"graph.nodes.0.quant.range", "'f1'", "node 'conv': quant.range: tensor 'f1': expected the shape (2, 36)"},
    {"graph.nodes.0.quant.range", "1", "node 'conv': quant.range: found 'an integer'"},
    {"graph.nodes.0.attributes.stride", "[1, 2]", "conv2d has no domain of Winograd's"},
    {"graph.nodes.0.attributes.dilation", "[2, 1]", "conv2d has no domain of Winograd's"},
    {"graph.nodes.1.quant.domain", "'winograd-f4'", "node 'stride': quant: conv2d has no domain of Winograd's"},
    {"graph.nodes.1.attributes.groups", "8", "expected (8, 1, 2, 2)"},
    {"graph.nodes.2.quant", "{'domain': 'direct', 'factor': 'f2', 'range': 'r2'}",
     "node 'up': quant: upsample_nearest is not quantised, as only conv2d and linear are"},
    {"graph.nodes.3.quant", "{}", "node 'out': quant.domain: found 'nothing'"},
};

static void test_changed_quantisation(void **state) {
    (void)state;
    for (size_t i = 0; i < GS_COUNT(changes); i++) {
        about("%s = %s", changes[i].path, changes[i].text ? changes[i].text : "nothing");
        hostile_kind();
        weights *w = weights_quantised();
        weights_set(w, changes[i].path, changes[i].text);
        hostile_weights_refused(w, changes[i].fragment);
    }
}

static void test_nothing_quantised(void **state) {
    (void)state;
    hostile_kind();
    weights *w = weights_small();
    weights_set(w, "quantization", "{'dtype': 'int8'}");
    weights_set_header(w, "__metadata__.gensample", "'2'");
    hostile_weights_refused(w, "quantization.dtype: found 'int8', but no node has \"quant\"");
}

static void test_bands_without_sigma(void **state) {
    (void)state;
    hostile_kind();
    weights *w = weights_new("score", 1, 4, 4);
    weights_node(w, "out", "neg", "['x']", NULL, NULL);
    weights_set(w, "quantization", "{'dtype': 'f32', 'bands': [1]}");
    weights_set_header(w, "__metadata__.gensample", "'2'");
    hostile_weights_refused(w, "quantization.bands: found 1 noise levels, but 'sigma' is not an input");
}

/* What depends on noise level and label alone is computed once per level, in double precision. */
static void test_of_the_condition(void **state) {
    (void)state;
    hostile_kind();
    weights *w = weights_quantised();
    weights_random(w, "w4", 2, (size_t[]){3, 1}, 9);
    weights_tensor(w, "f4", 2, (size_t[]){1, 1}, (float[]){1});
    weights_node(w, "shift", "linear", "['sigma']", NULL, "{'weight': 'w4'}");
    weights_node(w, "last", "add", "['out', 'shift']", NULL, NULL);
    weights_outputs(w, "['last']");
    weights_set(w, "graph.nodes.4.quant", "{'domain': 'direct', 'factor': 'f4', 'range': 'r2'}");
    hostile_weights_refused(w, "node 'shift': quant: linear does not depend on x");
}

static void test_groups(void **state) {
    (void)state;
    hostile_kind();
    weights *w = weights_quantised();
    weights_random(w, "w4", 4, (size_t[]){3, 1, 1, 1}, 9);
    weights_tensor(w, "f4", 2, (size_t[]){1, 1}, (float[]){1});
    weights_node(w, "last", "conv2d", "['out']", "{'groups': 3}", "{'weight': 'w4'}");
    weights_outputs(w, "['last']");
    weights_set(w, "graph.nodes.4.quant", "{'domain': 'direct', 'factor': 'f4', 'range': 'r2'}");
    hostile_weights_refused(w, "node 'last': quant: conv2d is not quantised in groups");
}

/* 65537 products, which 32 bits need not hold. */
static void test_long_sums(void **state) {
    (void)state;
    enum { LONG = 65537 };
    float *ones = malloc(LONG * sizeof *ones);
    assert_non_null(ones);
    for (size_t i = 0; i < LONG; i++)
        ones[i] = 1;
    weights *w = weights_new("energy", 4095, 17, 1);
    weights_node(w, "flat", "reshape", "['x']", "{'shape': [69615]}", NULL);
    weights_node(w, "part", "slice", "['flat']", "{'begin': 0, 'end': 65537}", NULL);
    weights_tensor(w, "w", 2, (size_t[]){1, LONG}, ones);
    weights_tensor(w, "f", 2, (size_t[]){1, LONG}, ones);
    weights_tensor(w, "r", 2, (size_t[]){1, 1}, ones);
    weights_node(w, "e", "linear", "['part']", NULL, "{'weight': 'w'}");
    weights_outputs(w, "['e']");
    weights_set(w, "graph.nodes.2.quant", "{'domain': 'direct', 'factor': 'f', 'range': 'r'}");
    weights_set(w, "quantization", "{'dtype': 'int8'}");
    weights_set_header(w, "__metadata__.gensample", "'2'");
    hostile_kind();
    hostile_weights_refused(w, "node 'e': quant: linear has sums too long for integers");
    free(ones);
}

/* ---- Values ---- */

static void test_scales_out_of_range(void **state) {
    (void)state;
    static const float values[] = {0, -1, 1e-20F, 1e20F};
    static const char *const words[] = {"value 1 is 0, ", "value 1 is -1, ", "value 1 is 1e-20, ",
                                        "value 1 is 1e+20, "};
    for (size_t i = 0; i < GS_COUNT(values); i++) {
        hostile_kind();
        weights *w = weights_quantised();
        weights_tensor(w, "r9", 2, (size_t[]){2, 1}, (float[]){1, values[i]});
        weights_tensor(w, "f9", 2, (size_t[]){1, 8}, (float[]){1, values[i], 1, 1, 1, 1, 1, 1});
        weights_set(w, "graph.nodes.1.quant.factor", "'f9'");
        weights_set(w, "graph.nodes.1.quant.range", "'r9'");
        hostile_weights_refused(w, words[i]);
    }
}

/* ---- Version 1 has nothing of this ---- */

static void test_version_1(void **state) {
    (void)state;
    static const size_t shape[] = {1};
    static const float one = 1;
    hostile_kind();
    weights *w = weights_quantised();
    weights_set_header(w, "__metadata__.gensample", "'1'");
    hostile_weights_refused(w, "quantization: given in a file of version 1, expected version 2");
    hostile_kind();
    w = weights_quantised();
    weights_set(w, "quantization", NULL);
    weights_set_header(w, "__metadata__.gensample", "'1'");
    hostile_weights_refused(w, "node 'conv': quant: given in a file of version 1, expected version 2");
    hostile_kind();
    w = weights_small();
    weights_stored(w, "reference_a", "F16", 1, shape, &one);
    hostile_weights_refused(w, "tensor 'reference_a': dtype: expected 'F32' in a file of version 1");
}

/* ---- Stored types ---- */

static void test_values_that_are_not_finite(void **state) {
    (void)state;
    static const struct {
        const char *dtype, *fragment;
        unsigned char bytes[2];
    } rows[] = {{"F16", "tensor 'reference_a': value 2 is infinite", {0, 0x7c}},
                {"F16", "tensor 'reference_a': value 2 is NaN", {1, 0xfc}},
                {"BF16", "tensor 'reference_a': value 2 is infinite", {0x80, 0xff}},
                {"BF16", "tensor 'reference_a': value 2 is NaN", {0xff, 0x7f}}};
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        hostile_kind();
        weights *w = weights_small();
        weights_stored(w, "reference_a", rows[i].dtype, 1, (size_t[]){3}, (float[]){1, 2, 3});
        weights_set_header(w, "__metadata__.gensample", "'2'");
        size_t size;
        unsigned char *bytes = weights_bytes(w, &size);
        weights_free(w);
        memcpy(bytes + size - 2, rows[i].bytes, 2);
        hostile_bytes_refused(bytes, size, rows[i].fragment);
        free(bytes);
    }
}

/* A large tensor of two bytes per value, of which the last is wrong: both its bytes and its floats are in memory. */
static void test_memory_of_narrow_tensors(void **state) {
    (void)state;
    enum { MANY = 4000000 };
    float *zeros = calloc(MANY, sizeof *zeros);
    assert_non_null(zeros);
    weights *w = weights_small();
    weights_stored(w, "reference_a", "BF16", 1, (size_t[]){MANY}, zeros);
    weights_set_header(w, "__metadata__.gensample", "'2'");
    size_t size;
    unsigned char *bytes = weights_bytes(w, &size);
    weights_free(w);
    free(zeros);
    bytes[size - 1] = 0xff;
    bytes[size - 2] = 0xff;
    hostile_kind();
    hostile_allow(4);
    hostile_bytes_refused(bytes, size, "tensor 'reference_a': value 3999999 is NaN");
    hostile_allow(2);
    free(bytes);
}

/* ---- Every prefix ---- */

static void test_cut_files(void **state) {
    (void)state;
    weights *w = weights_quantised();
    size_t size;
    unsigned char *bytes = weights_bytes(w, &size);
    weights_free(w);
    hostile_kind();
    for (size_t i = 0; i < size; i += 37)
        assert_true(hostile_bytes_refused_or_loaded(bytes, i));
    free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changed_quantisation),
        cmocka_unit_test(test_nothing_quantised),
        cmocka_unit_test(test_bands_without_sigma),
        cmocka_unit_test(test_of_the_condition),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_long_sums),
        cmocka_unit_test(test_scales_out_of_range),
        cmocka_unit_test(test_version_1),
        cmocka_unit_test(test_values_that_are_not_finite),
        cmocka_unit_test(test_memory_of_narrow_tensors),
        cmocka_unit_test(test_cut_files),
    };
    return cmocka_run_group_tests(tests, hostile_begin, hostile_end);
}
