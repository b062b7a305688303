#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support/hostile.h"

/* ---- One value of a valid file changed ---- */

static const struct change {
    const char *path, *text, *fragment;
} header_changes[] = {
    {"__metadata__.gensample", "'2'", "found version '2', expected '1'"},
    {"__metadata__.gensample", "1", "found version 'none'"},
    {"__metadata__.extra", "'1'", "unknown key 'extra'"},
    {"__metadata__.model", "1", "model: found an integer"},
    {"__metadata__.model", NULL, "model: found nothing"},
    {"__metadata__.model", "'x'", "model: at byte"},
    {"__metadata__.model", "'[]'", "model: found an array, expected an object"},
    {"__metadata__", "[]", "found an array, expected an object"},
    {"w.shape", "[2, 1, 9, 1]", "node 'conv': a window of 9"},
    {"w.shape", "[1, 2, 3, 3]", "weight 'w': shape (1, 2, 3, 3), expected (1, 1, 3, 3)"},
    {"w.shape", "[18]", "expected shape (O, C/groups, kh, kw)"},
    {"b.shape", "[1, 2]", "bias 'b': shape (1, 2), expected (2)"},
    {"e.shape", "[2, 4]", "N at least 4"},
    {"e.shape", "[8]", "expected shape (N, O)"},
    {"e.shape", "[8, 1, 1]", "expected shape (N, O)"},
};

static const struct change model_changes[] = {
    {"name", NULL, "name: found nothing"},
    {"name", "''", "1 ... 63 characters"},
    {"name", "'Upper'", "1 ... 63 characters"},
    {"name", "3", "name: found an integer"},
    {"kind", "'flow'", "kind: found 'flow'"},
    {"kind", "'energy'", "expected an energy's (1)"},
    {"kind", "'classifier'", "expected the classes of a classifier"},
    {"extra", "1", "unknown key 'extra'"},
    {"inputs", "[]", "inputs: expected 'x'"},
    {"inputs", "['sigma']", "inputs: expected 'x'"},
    {"inputs", "['x', 'label', 'sigma']", "inputs: expected 'x'"},
    {"inputs", "['x', 'x']", "inputs: expected 'x'"},
    {"inputs", "['x', 1]", "inputs: expected 'x'"},
    {"inputs", "['x', 'label']", "'sigma' is not an input"},
    {"inputs", "['x', 'sigma']", "labels (without the input 'label')"},
    {"labels", "0", "labels: found 0"},
    {"labels", "65536", "labels: found 65536"},
    {"labels", "4", "N at least 5"},
    {"data", NULL, "data: found nothing, expected an object"},
    {"data.extra", "1", "data: unknown key 'extra'"},
    {"data.shape", "[1, 4]", "expected [C, H, W]"},
    {"data.shape", "[1, 4, 0]", "data.shape: found 0"},
    {"data.shape", "[1, 4, 4097]", "data.shape: found 4097"},
    {"data.shape", "[4096, 4096, 4096]", "at most 67108864 elements"},
    {"data.shape", "[1, 4, 4.0]", "data.shape: found a real number"},
    {"data.shape", "[2, 4, 4]", "expected (2, 2, 3, 3)"},
    {"data.range", "[1, 1]", "expected low < high"},
    {"data.range", "[0, 1e39]", "single precision"},
    {"data.range", "[0]", "expected [low, high]"},
    {"data.sigma", NULL, "data.sigma: found nothing"},
    {"data.sigma", "[0, 30]", "expected 0 < low < high"},
    {"data.sigma", "[-1, 30]", "expected 0 < low < high"},
    {"data.sigma", "[2, 1]", "expected 0 < low < high"},
    {"data.sigma", "['a', 1]", "data.sigma: found a string"},
    {"data.ladder", "[]", "1 ... 4096 noise levels"},
    {"data.ladder", "[1, 1]", "level 1 is 1"},
    {"data.ladder", "[1, 2]", "level 1 is 2"},
    {"data.ladder", "[1, 0]", "level 1 is 0"},
    {"data.shares", "{}", "data.shares: found 0, expected a share for each of 3 labels"},
    {"data.shares", "[0.5, 0.5]", "data.shares: found 2"},
    {"data.shares", "[0.5, '0.25', 0.25]", "data.shares: found a string"},
    {"data.shares", "[1.5, -0.25, -0.25]", "share 0 is 1.5"},
    {"data.shares", "[0.5, 0.25, 0.125]", "their sum is 0.875"},
    {"data.reject", "true", "data.reject: given for the kind denoiser, expected of a classifier only"},
    {"data.reject", "false", "data.reject: given for the kind denoiser"},
    {"data.reject", "1", "data.reject: found an integer, expected true or false"},
    {"data.reject", "'yes'", "data.reject: found a string"},
    {"default", "[]", "default: found an array"},
    {"default", "{'extra': 1}", "default: unknown key"},
    {"default", "{'sampler': 3}", "default.sampler"},
    {"default", "{'steps': 0}", "default.steps: found 0"},
    {"default", "{'sigmas': [3, 2]}", "expected 0 < low <= high"},
    {"default", "{'epsilon': 0}", "default.epsilon"},
    {"default", "{'step_size': 0}", "default.step_size: found 0"},
    {"default", "{'step_size': '1'}", "default.step_size: found a string"},
    {"default", "{'step_size': 1e31}", "default.step_size: found 1e+31, expected 1e-30 ... 1e+30"},
    {"default", "{'noise': -1}", "default.noise: found -1, expected 0"},
    {"default", "{'noise': true}", "default.noise"},
    {"default", "{'temperature': 0}", "default.temperature: found 0"},
    {"default", "{'clip': -0.03}", "default.clip: found -0.03"},
    {"default", "{'clip': 0}", "default.clip: found 0"},
    {"default", "{'clamp': 2}", "default.clamp: found 2"},
    {"default", "{'clamp': true}", "default.clamp"},
    {"default", "{'noise_first': -1}", "default.noise_first: found -1"},
    {"default", "{'leapfrog': 1001}", "default.leapfrog: found 1001"},
    {"default", "{'leapfrog': 1.5}", "default.leapfrog"},
    {"default", "{'burn_in': -1}", "default.burn_in: found -1"},
    {"default", "{'target': 1}", "default.target: found 1, expected 0.05 ... 0.99"},
    {"default", "{'step-size': 1}", "default: unknown key"},
    {"default", "{'steps_per_level': 1000001}", "default.steps_per_level"},
    {"default", "{'denoise': 2}", "default.denoise"},
    {"default", "{'eta': -1}", "default.eta: found -1"},
    {"default", "{'noise_scale': 2.5}", "default.noise_scale: found 2.5, expected 0 ... 2"},
    {"default", "{'rho': 0.5}", "default.rho: found 0.5, expected 1 ... 1000 or -1000 ... -1"},
    {"default", "{'rho': 0}", "default.rho: found 0, expected 1 ... 1000 or -1000 ... -1"},
    {"default", "{'guidance': -1}", "default.guidance: found -1"},
    {"default", "{'guidance_sigmas': [3, 2]}", "default.guidance_sigmas"},
    {"provenance", "'me'", "provenance: found a string"},
    {"provenance", "{'year': 2020}", "provenance.year: found an integer"},
    {"graph", NULL, "graph: found nothing"},
    {"graph.extra", "1", "graph: unknown key"},
    {"graph.nodes", "[]", "found 0 nodes"},
    {"graph.nodes", "{}", "graph.nodes: found an object, expected an array"},
    {"graph.nodes", "3", "graph.nodes: found an integer, expected an array"},
    {"graph.nodes", NULL, "graph.nodes: found nothing, expected an array"},
    {"graph", "[]", "graph: found an array, expected an object"},
    {"graph.nodes.0", "1", "node 0: found an integer"},
    {"graph.nodes.0", "{}", "node 0: expected a name"},
    {"graph.nodes.0.extra", "1", "node 0: unknown key 'extra'"},
    {"graph.nodes.0.name", "'sigma'", "'sigma': this name is taken"},
    {"graph.nodes.1.name", "'conv'", "'conv': this name is taken"},
    {"graph.nodes.0.op", "'conv9'", "op: found 'conv9'"},
    {"graph.nodes.0.op", NULL, "op: found 'nothing'"},
    {"graph.nodes.0.inputs", "['conv']", "node 'conv': input 'conv': comes at or after"},
    {"graph.nodes.0.inputs", "['out']", "input 'out': comes at or after"},
    {"graph.nodes.0.inputs", "['y']", "input 'y': no node"},
    {"graph.nodes.0.inputs", "[0]", "inputs: found an integer"},
    {"graph.nodes.0.inputs", "'x'", "inputs: found a string"},
    {"graph.nodes.0.inputs", "[]", "found 0 inputs, conv2d takes 1"},
    {"graph.nodes.2.inputs", "['conv', 'emb', 'emb']", "found 3 inputs, add takes 2"},
    {"graph.nodes.1.inputs", "['sigma']", "takes the model input 'label' only"},
    {"graph.nodes.0.tensors", "[]", "tensors: found an array"},
    {"graph.nodes.0.tensors", NULL, "tensor 'weight' is missing"},
    {"graph.nodes.0.tensors", "{'weight': 'none'}", "tensor 'weight': found 'none'"},
    {"graph.nodes.0.tensors", "{'weight': 'w'}", "tensor 'b': no node uses it"},
    {"graph.nodes.0.tensors", "{'weight': 'w', 'bias': 'b', 'extra': 'b'}", "takes 'weight' and 'bias' only"},
    {"graph.nodes.2.tensors", "{'weight': 'w'}", "tensors: found 1"},
    {"graph.nodes.0.attributes", "[]", "attributes: found an array"},
    {"graph.nodes.0.attributes", "{'pads': 1}", "conv2d has no attribute 'pads'"},
    {"graph.nodes.0.attributes", "{'stride': [0, 1]}", "attribute 'stride': found 0"},
    {"graph.nodes.0.attributes", "{'stride': 1}", "an array of 2 integers"},
    {"graph.nodes.0.attributes", "{'padding': [-1, 0]}", "attribute 'padding': found -1"},
    {"graph.nodes.0.attributes", "{'dilation': [4097, 1]}", "attribute 'dilation': found 4097"},
    {"graph.nodes.0.attributes", "{'dilation': [2, 1]}", "does not fit"},
    {"graph.nodes.0.attributes", "{'groups': 2}", "expected multiples of groups 2"},
    {"graph.nodes.0.attributes", "{'groups': 1.5}", "attribute 'groups': found a real number"},
    {"graph.nodes.3.attributes", "{'begin': 0}", "attribute 'end' is missing"},
    {"graph.nodes.3.attributes", "{'begin': 1, 'end': 1}", "0 <= begin < end <= 2"},
    {"graph.nodes.3.attributes", "{'begin': 0, 'end': 3}", "0 <= begin < end <= 2"},
    {"graph.nodes.3.attributes", "{'begin': 0, 'end': 2}", "expected the shape (1, 4, 4) of x"},
    {"graph.nodes.2", "{'name': 'mix', 'op': 'softmax', 'inputs': ['conv']}", "attribute 'over' is missing"},
    {"graph.nodes.2", "{'name': 'mix', 'op': 'softmax', 'inputs': ['conv'], 'attributes': {'over': 'rows'}}",
     "node 'mix': attribute 'over': found 'rows', expected 'channels' or 'last'"},
    {"graph.nodes.2", "{'name': 'mix', 'op': 'softmax', 'inputs': ['conv'], 'attributes': {'over': 1}}",
     "attribute 'over': found 'an integer', expected 'channels' or 'last'"},
    {"graph.nodes.2", "{'name': 'mix', 'op': 'softmax', 'inputs': ['conv'], 'attributes': {'over': 'last', 'axis': 1}}",
     "softmax has no attribute 'axis'"},
    {"graph.nodes.2", "{'name': 'mix', 'op': 'softmax', 'inputs': ['conv', 'emb'], 'attributes': {'over': 'last'}}",
     "found 2 inputs, softmax takes 1"},
    {"graph.nodes.2",
     "{'name': 'mix', 'op': 'softmax', 'inputs': ['conv'], 'attributes': {'over': 'last'}, 'tensors': {'weight': 'w'}}",
     "tensors: found 1, softmax takes none"},
    {"graph.outputs", "[]", "found 0 outputs"},
    {"graph.outputs", "['out', 'out']", "found 2 outputs"},
    {"graph.outputs", "['x']", "found 'x', expected the name of a node"},
    {"graph.outputs", "[3]", "found 'an integer'"},
};

static void test_changed_headers(void **state) {
    (void)state;
    for (size_t i = 0; i < GS_COUNT(header_changes); i++) {
        hostile_kind();
        weights *w = weights_small();
        weights_set_header(w, header_changes[i].path, header_changes[i].text);
        hostile_weights_refused(w, header_changes[i].fragment);
    }
}

static void test_changed_models(void **state) {
    (void)state;
    for (size_t i = 0; i < GS_COUNT(model_changes); i++) {
        hostile_kind();
        weights *w = weights_small();
        weights_outputs(w, "['out']");
        weights_set(w, model_changes[i].path, model_changes[i].text);
        hostile_weights_refused(w, model_changes[i].fragment);
    }
}

/* A classifier with one logit has none left for what it rejects. */
static void test_rejection_without_classes(void **state) {
    (void)state;
    weights *w = weights_new("classifier", 1, 1, 1);
    weights_set(w, "data.reject", "true");
    weights_node(w, "logits", "reshape", "['x']", "{'shape': [1]}", NULL);
    hostile_kind();
    hostile_weights_refused(w, "data.reject: given with 1 logit, expected at least 2");
}

/* Model texts that cannot be made from a tree of values. */
static void test_texts_of_models(void **state) {
    (void)state;
    static const struct {
        const char *text, *fragment;
    } rows[] = {
        {"{'name': 'a', 'name': 'b'}", "duplicate"},
        {"{'graph': {'nodes': [], 'outputs': []}, 'graph': {'nodes': []}}", "duplicate"},
        {"{'graph': {'nodes': [], 'nodes': []}}", "duplicate"},
        {"{'graph': {'nodes': []}", "expected JSON"},
        {"{}, {}", "end of file expected"},
        {"{}, {'graph': {'nodes': []}}", "end of file expected"},
        {"{'graph': {'nodes': [{]}]}}", "found nothing, expected a string"},
        {"{'graph' {'nodes': []}}", "expected JSON"},
        {"{'graph': {'nodes' []}}", "expected JSON"},
        {"{'graph': {'nodes': [}}", "expected JSON"},
        {"{'graph': {'nodes': [], }}", "expected JSON"},
        {"", "model: found no value, expected JSON"},
    };
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        hostile_kind();
        weights *w = weights_small();
        weights_set_metadata(w, "model", rows[i].text);
        hostile_weights_refused(w, rows[i].fragment);
    }
}

/* The same for the text of graph.nodes, in a model that is otherwise right. */
static void test_texts_of_nodes(void **state) {
    (void)state;
    static const struct {
        const char *text, *fragment;
    } rows[] = {
        {"[{'name': 'a', 'op': 'neg', 'inputs': ['x']},]", "node 1: found no value, expected JSON"},
        {"[,{'name': 'a', 'op': 'neg', 'inputs': ['x']}]", "node 0: found no value, expected JSON"},
        {"[{'name': 'a', 'op': 'neg', 'inputs': ['x']} {}]", "node 0: at byte"},
        {"[{'name': 'a', 'op': 'neg', 'inputs': ['x'}]]", "node 0: at byte"},
        {"[{'name': 'a', 'name': 'b', 'op': 'neg', 'inputs': ['x']}]", "duplicate"},
        {"[{'name': 'a, 'op': 'neg', 'inputs': ['x']}]", "node 0: at byte"},
        {"[{'name': 'a', 'op': 'neg', 'inputs': ['x']}, 1]", "node 1: found an integer, expected an object"},
        {"[]]", "node 0: found no value"},
        {"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "node 0: found an array, expected an object"},
        {"[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]", "node 0: nested 17 deep, expected at most 16"},
    };
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        char text[400];
        snprintf(text, sizeof text,
                 "{'name': 't', 'kind': 'score', 'data': {'shape': [1, 4, 4], 'range': [0, 1]}, 'inputs': ['x'], "
                 "'graph': {'outputs': ['a'], 'nodes': %s}}",
                 rows[i].text);
        hostile_kind();
        weights *w = weights_new("score", 1, 4, 4);
        weights_set_metadata(w, "model", text);
        hostile_weights_refused(w, rows[i].fragment);
    }
}

/* ---- Operations that must refuse their input ---- */

/* Node "t" on x of (4, 6, 6) and v, x as a vector; tensor t, of 4 values unless it has a rank, is used where `tensors`
 * says so. */
static const struct {
    const char *op, *inputs, *attributes, *tensors;
    int rank;
    size_t shape[4];
    const char *fragment;
} refusals[] = {
    {"constant", NULL, NULL, "{'value': 't'}", 4, {2, 2, 1, 1}, "rank 4, expected 1 ... 3"},
    {"conv2d", "['v']", NULL, "{'weight': 't'}", 4, {1, 4, 1, 1}, "input of rank 1, conv2d takes (C, H, W)"},
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
};

static void test_refusals(void **state) {
    (void)state;
    const float values[4] = {1, 2, 3, 4};
    for (size_t i = 0; i < GS_COUNT(refusals); i++) {
        hostile_kind();
        weights *w = weights_new("score", 4, 6, 6);
        if (refusals[i].tensors)
            weights_tensor(w, "t", refusals[i].rank, refusals[i].shape, values);
        weights_node(w, "v", "reshape", "['x']", "{'shape': [144]}", NULL);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changed_headers),
        cmocka_unit_test(test_changed_models),
        cmocka_unit_test(test_rejection_without_classes),
        cmocka_unit_test(test_texts_of_models),
        cmocka_unit_test(test_texts_of_nodes),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_values_that_grow),
        cmocka_unit_test(test_activation_of_2_to_the_40),
        cmocka_unit_test(test_operations_that_grow),
        cmocka_unit_test(test_scratch_memory),
    };
    return cmocka_run_group_tests(tests, hostile_begin, hostile_end);
}
