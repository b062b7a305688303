/* Operations that must refuse their input, and networks that need more than a machine has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support/hostile.h"

/* ---- Operations that must refuse their input ---- */

/* Node "t" on x of (4, 6, 6), v, x as a vector, rows, x as (4, 36), part, 3 channels of x, and the numbers `one`, which
 * depends on x, and `known`; tensor t, of 1, 2, 3 and so on, is used where `tensors` says so. */
static const struct {
    const char *op, *inputs, *attributes, *tensors;
    int rank;
    size_t shape[4];
    const char *fragment;
} refusals[] = {
    {"constant", NULL, NULL, "{'value': 't'}", 4, {2, 2, 1, 1}, "rank 4, expected 1 ... 3"},
    {"conv2d", "['x']", "{'groups': 2}", "{'weight': 't'}", 4, {3, 2, 1, 1}, "expected multiples of groups 2"},
    {"conv2d", "['v']", NULL, "{'weight': 't'}", 4, {1, 4, 1, 1}, "input of rank 1, conv2d takes (C, H, W)"},
    {"conv2d", "['x']", NULL, "{'weight': 't'}", 3, {1, 4, 1}, "expected shape (O, C/groups, kh, kw)"},
    {"conv2d", "['x']", NULL, "{'weight': 't'}", 4, {1, 4, 4097, 1}, "kh and kw at most 4096"},
    {"conv2d", "['x']", NULL, "{'weight': 't'}", 4, {1, 4, 1, 4097}, "kh and kw at most 4096"},
    {"conv_transpose2d", "['v']", NULL, "{'weight': 't'}", 4, {4, 1, 1, 1}, "conv_transpose2d takes (C, H, W)"},
    {"conv_transpose2d", "['x']", NULL, "{'weight': 't'}", 2, {1, 4}, "expected shape (C, O/groups, kh, kw)"},
    {"conv_transpose2d", "['x']", NULL, NULL, 0, {0}, "tensor 'weight' is missing"},
    {"conv_transpose2d",
     "['x']",
     NULL,
     "{'weight': 't'}",
     4,
     {1, 4, 1, 1},
     "weight 't': shape (1, 4, 1, 1), expected (4, 4, 1, 1)"},
    {"conv_transpose2d",
     "['x']",
     NULL,
     "{'weight': 't', 'bias': 't'}",
     4,
     {4, 1, 1, 1},
     "bias 't': shape (4, 1, 1, 1), expected (1)"},
    {"conv_transpose2d",
     "['x']",
     "{'groups': 3}",
     "{'weight': 't'}",
     4,
     {4, 1, 1, 1},
     "4 input channels, expected a multiple of groups 3"},
    {"conv_transpose2d",
     "['x']",
     "{'padding': [0, 3]}",
     "{'weight': 't'}",
     4,
     {4, 1, 1, 1},
     "padding 3 leaves nothing of 6 elements"},
    {"conv_transpose2d",
     "['x']",
     "{'stride': [2, 3], 'output_padding': [2, 0]}",
     "{'weight': 't'}",
     4,
     {4, 1, 1, 1},
     "output_padding 2, expected at most 1 with stride 2 and dilation 1"},
    {"conv_transpose2d",
     "['x']",
     "{'stride': [0, 1]}",
     "{'weight': 't'}",
     4,
     {4, 1, 1, 1},
     "attribute 'stride': found 0"},
    {"conv_transpose2d",
     "['x']",
     "{'output_padding': [0, -1]}",
     "{'weight': 't'}",
     4,
     {4, 1, 1, 1},
     "attribute 'output_padding': found -1"},
    {"conv_transpose2d",
     "['x']",
     "{'stride': [4096, 4096]}",
     "{'weight': 't'}",
     4,
     {4, 1, 1, 1},
     "result (1, 20481, 20481) is too large"},
    {"linear", "['x']", NULL, "{'weight': 't'}", 2, {1, 4}, "input of rank 3, linear takes (C)"},
    {"linear", "['v']", NULL, "{'weight': 't'}", 2, {1, 4}, "shape (1, 4), expected (1, 144)"},
    {"linear", "['v']", NULL, "{'weight': 't'}", 0, {0}, "shape (), expected"},
    {"group_norm", "['x']", NULL, NULL, 0, {0}, "attribute 'groups' is missing"},
    {"group_norm", "['x']", "{'groups': 3}", NULL, 0, {0}, "expected a multiple of groups 3"},
    {"group_norm", "['x']", "{'groups': 2, 'eps': 0}", NULL, 0, {0}, "attribute 'eps': found 0"},
    {"group_norm", "['x']", "{'groups': 2, 'eps': 1e-60}", NULL, 0, {0}, "expected a positive number"},
    {"group_norm", "['x']", "{'groups': 2, 'eps': '1'}", NULL, 0, {0}, "'eps': found a string"},
    {"group_norm", "['x']", "{'groups': 2}", "{'weight': 't'}", 1, {2}, "weight 't': shape (2), expected (4)"},
    {"instance_norm", "['v']", NULL, NULL, 0, {0}, "takes rank 3"},
    {"layer_norm", "['x']", NULL, NULL, 0, {0}, "attribute 'over' is missing"},
    {"layer_norm", "['x']", "{'over': 'positions'}", NULL, 0, {0}, "expected 'channels' or 'all'"},
    {"layer_norm", "['x']", "{'over': ''}", NULL, 0, {0}, "expected 'channels' or 'all'"},
    {"layer_norm", "['x']", "{'over': 'all'}", "{'bias': 't'}", 1, {4}, "shape (4), expected (4, 6, 6)"},
    {"leaky_relu", "['x']", "{'slope': 1e40}", NULL, 0, {0}, "single precision"},
    {"gelu", "['x']", "{'approximate': 'erf'}", NULL, 0, {0}, "expected 'none' or 'tanh'"},
    {"add", "['x', 'v']", NULL, NULL, 0, {0}, "expected equal sizes or 1"},
    {"concat", "['x', 'v']", NULL, NULL, 0, {0}, "input 1 is (144, 1, 1) of rank 1"},
    {"concat", "[]", NULL, NULL, 0, {0}, "found 0 inputs, concat takes 1 ... 64"},
    {"reshape", "['x']", "{'shape': [143]}", NULL, 0, {0}, "143 elements, the input has 144"},
    {"reshape", "['x']", "{'shape': [65536, 65536, 65536]}", NULL, 0, {0}, "too large"},
    {"reshape", "['x']", "{'shape': [1, 1, 1, 144]}", NULL, 0, {0}, "1 ... 3 sizes"},
    {"upsample_nearest", "['x']", "{'scale': [17, 1]}", NULL, 0, {0}, "'scale': found 17"},
    {"upsample_nearest", "['v']", "{'scale': [2, 1]}", NULL, 0, {0}, "takes (C, H, W)"},
    {"avg_pool", "['x']", NULL, NULL, 0, {0}, "attribute 'kernel' is missing"},
    {"avg_pool", "['x']", "{'kernel': [7, 1]}", NULL, 0, {0}, "a window of 7"},
    {"avg_pool", "['x']", "{'kernel': [3, 3], 'count_padding': 2}", NULL, 0, {0}, "'count_padding': found 2"},
    {"max_pool", "['x']", "{'kernel': [3, 3], 'padding': [2, 0]}", NULL, 0, {0}, "at most half the kernel 3"},
    {"max_pool", "['x']", "{'kernel': [3, 3], 'count_padding': 1}", NULL, 0, {0}, "max_pool has no attribute"},
    {"adaptive_avg_pool", "['x']", "{'size': [0, 1]}", NULL, 0, {0}, "'size': found 0"},
    {"pixel_shuffle", "['x']", "{'factor': 4}", NULL, 0, {0}, "expected a multiple of factor 4 squared"},
    {"pixel_unshuffle", "['x']", "{'factor': 4}", NULL, 0, {0}, "expected multiples of factor 4"},
    {"pixel_unshuffle", "['v']", "{'factor': 2}", NULL, 0, {0}, "takes (C, H, W)"},
    {"sum", "['x']", "{'over': 'rows'}", NULL, 0, {0}, "expected 'channels' or 'positions' or 'all'"},
    {"mean", "['v']", "{'over': 'channels'}", NULL, 0, {0}, "takes (C, H, W)"},
    {"permute", "['x']", "{'shape': [144], 'order': [0]}", NULL, 0, {0}, "attribute 'result' is missing"},
    {"permute", "['x']", "{'shape': [143], 'order': [0], 'result': [144]}", NULL, 0, {0}, "a product other than 144"},
    {"permute",
     "['x']",
     "{'shape': [67108864, 67108864, 67108864, 67108864, 67108864, 67108864], 'order': [0, 1, 2, 3, 4, 5], "
     "'result': [144]}",
     NULL,
     0,
     {0},
     "a product other than 144"},
    {"permute", "['x']", "{'shape': [144], 'order': [0], 'result': [12, 11]}", NULL, 0, {0}, "'result': 132 elements"},
    {"permute",
     "['x']",
     "{'shape': [144], 'order': [0], 'result': [65536, 65536, 65536]}",
     NULL,
     0,
     {0},
     "is too large"},
    {"permute",
     "['x']",
     "{'shape': [12, 12], 'order': [0], 'result': [144]}",
     NULL,
     0,
     {0},
     "found 1 numbers, expected 2"},
    {"permute", "['x']", "{'shape': [12, 12], 'order': [1, 1], 'result': [144]}", NULL, 0, {0}, "each of 0 ... 1 once"},
    {"permute", "['x']", "{'shape': [12, 12], 'order': [0, 2], 'result': [144]}", NULL, 0, {0}, "each of 0 ... 1 once"},
    {"permute", "['x']", "{'shape': [12, 12], 'order': [0, -1], 'result': [144]}", NULL, 0, {0}, "'order': found -1"},
    {"permute", "['x']", "{'shape': [12, 12], 'order': [0, 6], 'result': [144]}", NULL, 0, {0}, "'order': found 6"},
    {"permute", "['x']", "{'shape': [], 'order': [], 'result': [144]}", NULL, 0, {0}, "an array of 1 ... 6 integers"},
    {"permute", "['x']", "{'shape': 144, 'order': [0], 'result': [144]}", NULL, 0, {0}, "an array of 1 ... 6 integers"},
    {"permute",
     "['x']",
     "{'shape': [144, 1, 1, 1, 1, 1, 1], 'order': [0], 'result': [144]}",
     NULL,
     0,
     {0},
     "an array of 1 ... 6 integers"},
    {"resample", "['x']", "{'axis': 0}", NULL, 0, {0}, "tensor 'index' is missing"},
    {"resample", "['x']", NULL, "{'index': 't'}", 2, {2, 2}, "attribute 'axis' is missing"},
    {"resample", "['x']", "{'axis': 3}", "{'index': 't'}", 2, {2, 2}, "'axis': found 3"},
    {"resample", "['v']", "{'axis': 1}", "{'index': 't'}", 2, {2, 2}, "less than the input's rank 1"},
    {"resample", "['x']", "{'axis': 1}", "{'index': 't'}", 1, {4}, "rank 1, expected shape (n, t)"},
    {"resample",
     "['x']",
     "{'axis': 0}",
     "{'index': 't'}",
     2,
     {4, 1},
     "value 3 is 4, expected a whole number of -1 ... 3"},
    {"resample",
     "['x']",
     "{'axis': 1}",
     "{'index': 't', 'weight': 'u'}",
     2,
     {4, 1},
     "weight 'u': shape (5), expected (4, 1)"},
    {"resample", "['x']", "{'axis': 1}", "{'index': 'u'}", 2, {4, 1}, "index 'u': rank 1"},
    {"resample", "['x']", "{'axis': 1}", "{'index': 'fraction'}", 0, {0}, "value 1 is 0.5, expected a whole number"},
    {"resample", "['x']", "{'axis': 1}", "{'index': 'negative'}", 0, {0}, "value 0 is -2, expected a whole number"},
    {"matmul", "['x', 'v']", NULL, NULL, 0, {0}, "input 1 of rank 1, matmul takes rank 2 or 3"},
    {"matmul", "['x']", NULL, NULL, 0, {0}, "found 1 inputs, matmul takes 2"},
    {"matmul", "['x', 'x']", "{'transpose_a': 2}", NULL, 0, {0}, "'transpose_a': found 2"},
    {"matmul", "['x', 'part']", NULL, NULL, 0, {0}, "4 matrices times 3, expected equal numbers or 1"},
    {"matmul",
     "['x', 'rows']",
     NULL,
     NULL,
     0,
     {0},
     "6 x 6 matrices times 4 x 36 ones, expected as many columns as rows"},
    {"attention", "['x', 'x']", "{'heads': 2}", NULL, 0, {0}, "found 2 inputs, attention takes 3 ... 4"},
    {"attention", "['x', 'x', 'x']", NULL, NULL, 0, {0}, "attribute 'heads' is missing"},
    {"attention", "['x', 'x', 'x']", "{'heads': 0}", NULL, 0, {0}, "'heads': found 0"},
    {"attention", "['x', 'x', 'x']", "{'heads': 3}", NULL, 0, {0}, "expected multiples of heads 3"},
    {"attention", "['x', 'x', 'part']", "{'heads': 2}", NULL, 0, {0}, "expected multiples of heads 2"},
    {"attention", "['x', 'x', 'x']", "{'heads': 2, 'scale': 'd'}", NULL, 0, {0}, "'scale': found a string"},
    {"attention", "['x', 'part', 'x']", "{'heads': 1}", NULL, 0, {0}, "keys of 3 channels, queries of 4"},
    {"attention", "['x', 'x', 'v']", "{'heads': 2}", NULL, 0, {0}, "values at 1 positions, keys at 36"},
    {"attention",
     "['x', 'x', 'x', 'x']",
     "{'heads': 2}",
     NULL,
     0,
     {0},
     "mask (4, 6, 6) of rank 3, expected (1 or 2, 36, 36)"},
    {"clamp", "['x']", "{'low': 'none'}", NULL, 0, {0}, "'low': found a string"},
    {"clamp", "['x']", "{'high': 1e39}", NULL, 0, {0}, "single precision"},
    {"power", "['x']", NULL, NULL, 0, {0}, "attribute 'exponent' is missing"},
    {"greater", "['x']", NULL, NULL, 0, {0}, "found 1 inputs, greater takes 2"},
    {"minimum", "['x', 'v']", NULL, NULL, 0, {0}, "expected equal sizes or 1"},
    {"max", "['v']", "{'over': 'channels'}", NULL, 0, {0}, "takes (C, H, W)"},
    {"lookup", "['x']", NULL, "{'weight': 't'}", 2, {2, 2}, "lookup takes one number, (1)"},
    {"lookup", "['one']", NULL, "{'weight': 't'}", 2, {2, 2}, "input depends on x"},
    {"lookup", "['known']", NULL, "{'weight': 't'}", 1, {4}, "weight 't': rank 1, expected shape (N, O)"},
    {"lookup", "['known']", NULL, NULL, 0, {0}, "tensor 'weight' is missing"},
    {"interpolate", "['v']", NULL, "{'points': 't', 'values': 't'}", 1, {4}, "takes one number, (1)"},
    {"interpolate", "['one']", NULL, "{'points': 't', 'values': 't'}", 1, {4}, "input depends on x"},
    {"interpolate", "['known']", NULL, "{'points': 't'}", 1, {4}, "tensor 'values' is missing"},
    {"interpolate", "['known']", NULL, "{'values': 't'}", 1, {4}, "tensor 'points' is missing"},
    {"interpolate", "['known']", NULL, "{'points': 't', 'values': 't'}", 2, {4, 1}, "points 't': rank 2"},
    {"interpolate", "['known']", NULL, "{'points': 't', 'values': 'u'}", 1, {4}, "values 'u': shape (5), expected (4)"},
    {"interpolate", "['known']", NULL, "{'points': 'level', 'values': 'level'}", 0, {0}, "value 1 is 1 after 1"},
};

/* Other tensors that they may use. */
static void add_tensors(weights *w, const char *wanted) {
    static const struct {
        const char *name;
        int rank;
        size_t shape[2];
        float data[5];
    } rows[] = {{"u", 1, {5}, {1, 2, 3, 4, 5}},
                {"level", 1, {3}, {1, 1, 2}},
                {"fraction", 2, {2, 1}, {0, 0.5F}},
                {"negative", 2, {2, 1}, {-2, 0}}};
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        char quoted[20];
        snprintf(quoted, sizeof quoted, "'%s'", rows[i].name);
        if (wanted && strstr(wanted, quoted))
            weights_tensor(w, rows[i].name, rows[i].rank, rows[i].shape, rows[i].data);
    }
}

static void test_refusals(void **state) {
    (void)state;
    static float values[4 * 4097]; /* of the largest tensor */
    for (size_t k = 0; k < GS_COUNT(values); k++)
        values[k] = (float)(k + 1);
    for (size_t i = 0; i < GS_COUNT(refusals); i++) {
        hostile_kind();
        weights *w = weights_new("score", 4, 6, 6);
        if (refusals[i].tensors)
            weights_tensor(w, "t", refusals[i].rank, refusals[i].shape, values);
        add_tensors(w, refusals[i].tensors);
        weights_node(w, "v", "reshape", "['x']", "{'shape': [144]}", NULL);
        weights_node(w, "rows", "reshape", "['x']", "{'shape': [4, 36]}", NULL);
        weights_node(w, "part", "slice", "['x']", "{'begin': 0, 'end': 3}", NULL);
        weights_tensor(w, "two", 1, (size_t[]){1}, (const float[]){2});
        weights_node(w, "known", "constant", NULL, NULL, "{'value': 'two'}");
        weights_node(w, "one", "mean", "['x']", "{'over': 'all'}", NULL);
        weights_node(w, "t", refusals[i].op, refusals[i].inputs, refusals[i].attributes, refusals[i].tensors);
        weights_node(w, "out", "neg", "['x']", NULL, NULL);
        hostile_weights_refused(w, refusals[i].fragment);
    }
}

/* Nodes may multiply sizes, but no value may exceed 2^26 elements. */
static void test_values_that_grow(void **state) {
    (void)state;
    weights *w = weights_new("score", 1, 64, 64);
    weights_node(w, "a", "upsample_nearest", "['x']", "{'scale': [16, 8]}", NULL);
    weights_node(w, "b", "upsample_nearest", "['a']", "{'scale': [16, 8]}", NULL);
    weights_node(w, "out", "neg", "['x']", NULL, NULL);
    gs_model *model = weights_load(w);
    assert_int_equal(gs_shape_size(model->node[1].shape), 1 << 26);
    gs_model_free(model);
    hostile_kind();
    weights_set(w, "graph.nodes.1.attributes", "{'scale': [16, 9]}");
    hostile_weights_refused(w, "node 'b': result (1, 16384, 4608) is too large");
}

/* 2^20 x 2^20 elements out of 2^20. */
static void test_activation_of_2_to_the_40(void **state) {
    (void)state;
    hostile_kind();
    weights *w = weights_new("score", 1, 1024, 1024);
    weights_node(w, "row", "reshape", "['x']", "{'shape': [1, 1048576]}", NULL);
    weights_node(w, "column", "reshape", "['x']", "{'shape': [1048576, 1]}", NULL);
    weights_node(w, "all", "add", "['row', 'column']", NULL, NULL);
    weights_node(w, "out", "neg", "['x']", NULL, NULL);
    hostile_weights_refused(w, "node 'all': result (1048576, 1048576, 1) is too large, expected at most 67108864");
}

/* 64 inputs of 2^26 elements, and paddings whose sum passes an int. */
static void test_operations_that_grow(void **state) {
    (void)state;
    hostile_kind();
    weights *w = weights_new("score", 1024, 256, 256);
    char inputs[64 * 6] = "['x'";
    for (int i = 1; i < 64; i++)
        strcat(inputs, ", 'x'");
    strcat(inputs, "]");
    weights_node(w, "all", "concat", inputs, NULL, NULL);
    hostile_weights_refused(w, "node 'all': result (65536, 256, 256) is too large");
    hostile_kind();
    w = weights_new("score", 4096, 4, 4);
    weights_node(w, "pad", "max_pool", "['x']", "{'kernel': [4096, 4096], 'padding': [2048, 2048]}", NULL);
    hostile_weights_refused(w, "node 'pad': output: (4096, 1, 1)");
    hostile_kind();
    w = weights_new("score", 2, 4096, 4096);
    weights_random(w, "w", 4, (const size_t[]){2, 2, 1, 1}, 1);
    weights_node(w, "pad", "conv2d", "['x']", "{'padding': [4096, 4096]}", "{'weight': 'w'}");
    hostile_weights_refused(w, "node 'pad': result (2, 12288, 12288) is too large");
    hostile_kind();
    w = weights_new("score", 1, 4096, 4096);
    weights_random(w, "w", 4, (const size_t[]){1, 1, 1, 2}, 1);
    weights_node(w, "far", "conv_transpose2d", "['x']",
                 "{'stride': [4096, 4096], 'dilation': [4096, 4096], 'output_padding': [4095, 4095]}",
                 "{'weight': 'w'}");
    hostile_weights_refused(w, "node 'far': result (1, 16777216, 16781312) is too large");
}

/* ---- Valid files whose networks need another machine ---- */

/* A padding of 4000 around one pixel is 4 GB, for each image of a block and each thread; the result is small. */
static void test_scratch_memory(void **state) {
    (void)state;
    weights *w = weights_new("score", 1, 1, 1);
    weights_random(w, "w", 4, (const size_t[]){1, 1, 1, 1}, 1);
    weights_node(w, "c", "conv2d", "['x']", "{'padding': [4000, 4000], 'stride': [4096, 4096]}", "{'weight': 'w'}");
    weights_node(w, "s", "slice", "['c']", "{'begin': 0, 'end': 1}", NULL);
    weights_node(w, "m", "mean", "['s']", "{'over': 'all'}", NULL);
    weights_node(w, "out", "add", "['x', 'm']", NULL, NULL);
    gs_model *model = weights_load(w);
    weights_free(w);
    const gs_plan_options options = {.threads = 1024, .block = 64};
    gs_plan *plan;
    gs_error error = {.status = GS_OK};
    assert_int_equal(gs_plan_create(model, &options, &plan, &error), GS_ERROR_MEMORY);
    assert_null(plan);
    assert_non_null(strstr(error.message, "network test: 1024 threads with blocks of 64 take"));
    gs_model_free(model);
}

/* One pixel becomes 2^18, each a phase of its own, for which plans would have to keep taps and weights. */
static void test_many_phases(void **state) {
    (void)state;
    enum { HEIGHT = 4096, WIDTH = 64 };
    const float weight = 3, x = 2;
    weights *w = weights_new("decoder", 1, 1, 1);
    weights_tensor(w, "w", 4, (const size_t[]){1, 1, 1, 1}, &weight);
    weights_node(w, "out", "conv_transpose2d", "['x']", "{'stride': [4096, 64], 'output_padding': [4095, 63]}",
                 "{'weight': 'w'}");
    gs_model *model = weights_load(w);
    weights_free(w);
    gs_plan *plan;
    float *out = calloc((size_t)HEIGHT * WIDTH, sizeof *out);
    assert_non_null(out);
    assert_int_equal(gs_plan_create(model, &(gs_plan_options){.threads = 1}, &plan, NULL), GS_OK);
    assert_true(gs_plan_get_info(plan).weight_bytes < 1 << 16);
    assert_int_equal(gs_plan_evaluate(plan, &x, 1, NULL, 1, (float *const[2]){out, NULL}, NULL), GS_OK);
    for (size_t i = 0; i < (size_t)HEIGHT * WIDTH; i++)
        assert_true(out[i] == (i ? 0.0F : weight * x));
    gs_plan_free(plan);
    gs_model_free(model);
    free(out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_values_that_grow),
        cmocka_unit_test(test_activation_of_2_to_the_40),
        cmocka_unit_test(test_operations_that_grow),
        cmocka_unit_test(test_scratch_memory),
        cmocka_unit_test(test_many_phases),
    };
    return cmocka_run_group_tests(tests, hostile_begin, hostile_end);
}
