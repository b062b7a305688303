#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support/hostile.h"

/* ---- One value of a valid file changed ---- */

#define TEN_BYTES "0123456789"
#define FIFTY_BYTES TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES
#define LONG_NAME "'" FIFTY_BYTES FIFTY_BYTES FIFTY_BYTES FIFTY_BYTES FIFTY_BYTES TEN_BYTES "'"

static const struct change {
    const char *path, *text, *fragment;
} header_changes[] = {
    {"__metadata__.gensample", "'3'", "found version '3', expected '1' or '2'"},
    {"__metadata__.gensample", "'12'", "found version '12', expected '1' or '2'"},
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
    {"name", "'a-name-of-sixty-four-characters-is-longer-than-one-in-a-file-may-be'", "1 ... 63 characters"},
    {"kind", "3", "kind: found 'an integer'"},
    {"kind", "'flow'", "kind: found 'flow'"},
    {"kind", "'energy'", "expected an energy's (1)"},
    {"kind", "'classifier'", "expected the classes of a classifier"},
    {"kind", "'decoder'", "inputs: found 'sigma', expected none of a decoder"},
    {"extra", "1", "unknown key 'extra'"},
    {"unlabelled", "0", "unlabelled: found an integer, expected true or false"},
    {"unlabelled", "'no'", "unlabelled: found a string"},
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
    {"data.ladder", "[1, '0.5']", "data.ladder: found a string"},
    {"data.shares", "{}", "data.shares: found 0, expected a share for each of 3 labels"},
    {"data.shares", "[0.5, 0.5]", "data.shares: found 2"},
    {"data.shares", "[0.5, '0.25', 0.25]", "data.shares: found a string"},
    {"data.shares", "[1.5, -0.25, -0.25]", "share 0 is 1.5"},
    {"data.shares", "[-0.5, 0.75, 0.75]", "share 0 is -0.5"},
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
    {"default", "{'rungs': 2}", "default.rungs: expected a list of 2 to 64 numbers"},
    {"default", "{'rungs': [1]}", "default.rungs: expected a list of 2 to 64 numbers"},
    {"default", "{'rungs': [1, '2']}", "default.rungs: found a string"},
    {"default", "{'rungs': [1, 0]}", "default.rungs: found 0, expected 1 ... 1e+06"},
    {"default", "{'rungs': [1, 1e7]}", "default.rungs: found 1e+07, expected 1 ... 1e+06"},
    {"default", "{'rungs': [1, 3, 2]}", "default.rungs: found 2 after 3, expected each greater"},
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
    {"default", "{'rho': -2000}", "default.rho: found -2000, expected 1 ... 1000 or -1000 ... -1"},
    {"default", "{'rho': '7'}", "default.rho: found a string"},
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
    {"graph.nodes.0.name", "''", "node 0: expected a name of 1 ... 255 bytes"},
    {"graph.nodes.0.name", "7", "node 0: expected a name"},
    {"graph.nodes.0.name", LONG_NAME, "node 0: expected a name of 1 ... 255 bytes"},
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
    {"graph.nodes.0.tensors", "{'weight': 3}", "tensor 'weight': found 'an integer'"},
    {"graph.nodes.1.tensors", "{'weight': 'e', 'extra': 'b'}", "tensors: found 2, embedding takes 'weight' only"},
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
    {"graph.outputs", "['emb']", "output: found a value of sigma and label only, expected it to depend on x"},
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

/* Classifiers of one pixel, with a change; one with one logit has none left for what it rejects. */
static void test_classifiers(void **state) {
    (void)state;
    static const struct change rows[] = {
        {"data.reject", "true", "data.reject: given with 1 logit, expected at least 2"},
        {"data.shares", "[1]", "data.shares: found 1, expected a share for each of 0 labels"},
        {"graph.outputs", "['logits', 'plane']", "output: rank 3, expected the features of a classifier, of rank 1"},
        {"graph.outputs", "['logits', 'logits', 'logits']", "graph.outputs: found 3 outputs, expected 1 or 2"},
    };
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        weights *w = weights_new("classifier", 1, 1, 1);
        weights_node(w, "plane", "neg", "['x']", NULL, NULL);
        weights_node(w, "logits", "reshape", "['plane']", "{'shape': [1]}", NULL);
        weights_outputs(w, "['logits']");
        weights_set(w, rows[i].path, rows[i].text);
        hostile_kind();
        hostile_weights_refused(w, rows[i].fragment);
    }
}

/* A network whose output is a reshape of x, with a change. */
static void refuse_reshaped(weights *w, const char *attributes, const struct change *change) {
    weights_node(w, "out", "reshape", "['x']", attributes, NULL);
    weights_outputs(w, "['out']");
    weights_set(w, change->path, change->text);
    hostile_kind();
    hostile_weights_refused(w, change->fragment);
}

/* Energies whose output is no single number. */
static void test_energies(void **state) {
    (void)state;
    static const struct change rows[] = {
        {"graph.nodes.0.attributes", "{'shape': [16]}", "output: (16, 1, 1) of rank 1, expected an energy's (1)"},
        {"graph.nodes.0.attributes", "{'shape': [1, 16]}", "output: (1, 16, 1) of rank 2, expected an energy's (1)"},
    };
    for (size_t i = 0; i < GS_COUNT(rows); i++)
        refuse_reshaped(weights_new("energy", 1, 4, 4), NULL, &rows[i]);
}

/* A decoder of latents (4, 1, 1) whose image is one of their reshapes, with a change. */
static void test_decoders(void **state) {
    (void)state;
    static const struct change rows[] = {
        {"graph.nodes.0.attributes", "{'shape': [4]}", "output: (4, 1, 1) of rank 1, expected a decoder's image"},
        {"graph.nodes.0.attributes", "{'shape': [2, 2]}", "of rank 2, expected a decoder's image (C, H, W)"},
        {"graph.outputs", "['x']", "found 'x', expected the name of a node"},
        {"data.ladder", "[2, 1]", "data.ladder: given, expected none of a decoder"},
        {"data.sigma", "[1, 2]", "data.sigma: given, but 'sigma' is not an input"},
        {"data.reject", "true", "given for the kind decoder"},
        {"inputs", "['x', 'sigma']", "inputs: found 'sigma', expected none of a decoder"},
        {"default", "{'guidance': 1}", "default.guidance: found 1, expected none of a decoder"},
        {"unlabelled", "false", "unlabelled: given, but 'label' is not an input"},
    };
    for (size_t i = 0; i < GS_COUNT(rows); i++)
        refuse_reshaped(weights_new("decoder", 4, 1, 1), "{'shape': [1, 2, 2]}", &rows[i]);
    static const struct {
        const char *attributes, *fragment;
    } large[] = {
        {"{'shape': [8192, 1, 1]}",
         "output: (8192, 1, 1) of rank 3, expected a decoder's image (C, H, W), each 1 ... 4096"},
        {"{'shape': [1, 8192, 1]}", "output: (1, 8192, 1) of rank 3, expected a decoder's image"},
        {"{'shape': [1, 1, 8192]}", "output: (1, 1, 8192) of rank 3, expected a decoder's image"},
    };
    for (size_t i = 0; i < GS_COUNT(large); i++) {
        hostile_kind();
        weights *w = weights_new("decoder", 4096, 2, 1);
        weights_node(w, "out", "reshape", "['x']", large[i].attributes, NULL);
        hostile_weights_refused(w, large[i].fragment);
    }
}

/* Networks that need a label for every image: their tables may lack the row of "none", but no other. */
static void test_needed_labels(void **state) {
    (void)state;
    hostile_kind();
    weights *w = weights_small();
    weights_set(w, "unlabelled", "false");
    weights_set(w, "default", "{'guidance': 2}");
    hostile_weights_refused(w, "default.guidance: found 2, expected none of a network that always needs a label");
    hostile_kind();
    w = weights_small();
    weights_set(w, "unlabelled", "false");
    weights_set(w, "labels", "5");
    hostile_weights_refused(w, "N at least 5 for 5 labels");
    static const char *const loads[][2] = {{"4", "false"}, {"3", "true"}};
    for (size_t i = 0; i < GS_COUNT(loads); i++) {
        w = weights_small();
        weights_set(w, "labels", loads[i][0]);
        weights_set(w, "unlabelled", loads[i][1]);
        gs_model_free(weights_load(w));
        weights_free(w);
    }
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
        {"[{'name': 'a', 'op': 'neg', 'inputs': ['sigma']}]", "input 'sigma': the model does not list it in"},
        {"[{'name': 'a', 'op': 'reshape', 'inputs': ['x'], 'attributes': {'shape': [16]}}]",
         "output: (16, 1, 1) of rank 1, expected the shape (1, 4, 4) of x for a score"},
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changed_headers), cmocka_unit_test(test_changed_models),
        cmocka_unit_test(test_classifiers),     cmocka_unit_test(test_energies),
        cmocka_unit_test(test_decoders),        cmocka_unit_test(test_needed_labels),
        cmocka_unit_test(test_texts_of_models), cmocka_unit_test(test_texts_of_nodes),
    };
    return cmocka_run_group_tests(tests, hostile_begin, hostile_end);
}
