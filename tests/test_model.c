#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "model/model.h"
#include "support/files.h"
#include "support/weights.h"

enum { PATH_ROOM = 512 };

/* ---- Failing allocations ---- */

/* Allocations that still succeed; negative: all. */
static long allocations_left = -1;

static bool may_allocate(void) {
    if (allocations_left == 0)
        return false;
    if (allocations_left > 0)
        allocations_left--;
    return true;
}

/* Stands in for the C library's in this program, so gs_alloc comes here. */
void *calloc(size_t count, size_t size) {
    void *memory;
    if (!may_allocate() || (size && count > SIZE_MAX / size) || posix_memalign(&memory, 16, count * size))
        return NULL;
    return memset(memory, 0, count * size);
}

static void *json_alloc(size_t size) {
    return may_allocate() ? malloc(size) : NULL;
}

/* ---- Fixtures ---- */

static char *directory;

static int make_directory(void **state) {
    (void)state;
    directory = temp_directory();
    return 0;
}

static int drop_directory(void **state) {
    (void)state;
    remove_directory(directory);
    return 0;
}

/* Tensors w, b and e; nodes conv, emb, mix, out. */
static weights *small_model(void) {
    weights *w = weights_new("denoiser", 1, 4, 4);
    weights_inputs(w, true, 3);
    weights_random(w, "w", 4, (const size_t[]){2, 1, 3, 3}, 1);
    weights_random(w, "b", 1, (const size_t[]){2}, 2);
    weights_random(w, "e", 2, (const size_t[]){4, 2}, 3);
    weights_node(w, "conv", "conv2d", "['x']", "{'padding': [1, 1]}", "{'weight': 'w', 'bias': 'b'}");
    weights_node(w, "emb", "embedding", "['label']", NULL, "{'weight': 'e'}");
    weights_node(w, "mix", "add", "['conv', 'emb']", NULL, NULL);
    weights_node(w, "out", "slice", "['mix']", "{'begin': 0, 'end': 1}", NULL);
    return w;
}

/* Loading `path` must fail with that status and one line that names the path and contains `fragment`. */
static void assert_refused(const char *path, gs_status status, const char *fragment) {
    gs_error error = {.status = GS_OK};
    gs_model *model = (gs_model *)&error;
    gs_status found = gs_model_load(path, &model, &error);
    assert_null(model);
    if (found != status || error.status != status || !strstr(error.message, path) || !strstr(error.message, fragment))
        fail_msg("status %d (expected %d), message '%s' (expected '%s')", found, status, error.message, fragment);
    assert_int_equal(gs_model_load(path, &model, NULL), status);
}

static void assert_bytes_refused(const void *bytes, size_t size, const char *fragment) {
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/hostile.bin", directory);
    write_file(path, bytes, size);
    assert_refused(path, GS_ERROR_FORMAT, fragment);
}

static void assert_weights_refused(weights *w, const char *fragment) {
    size_t size;
    unsigned char *bytes = weights_bytes(w, &size);
    assert_bytes_refused(bytes, size, fragment);
    free(bytes);
    weights_free(w);
}

/* ---- Good files ---- */

static void test_load(void **state) {
    (void)state;
    weights *w = small_model();
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
    gs_model_free(model);
}

/* A header whose length is no multiple of 4 leaves the data unaligned in the file. */
static void test_any_header_length(void **state) {
    (void)state;
    for (int spaces = 0; spaces < 5; spaces++) {
        weights *w = small_model();
        char name[16];
        snprintf(name, sizeof name, "'n%.*s'", spaces, "ooooo");
        weights_set(w, "name", name);
        gs_model *model = weights_load(w);
        assert_int_equal((uintptr_t)model->tensor[0].data % 4, 0);
        gs_model_free(model);
        weights_free(w);
    }
}

static void test_large_graph_is_fast(void **state) {
    (void)state;
    enum { NODES = 65536 };
    weights *w = weights_new("score", 1, 1, 1);
    char name[16] = "x", inputs[32];
    for (int i = 0; i < NODES; i++) {
        snprintf(inputs, sizeof inputs, "['%s']", name);
        snprintf(name, sizeof name, "node%d", i);
        weights_node(w, name, "neg", inputs, NULL, NULL);
    }
    gs_model *model = weights_load(w);
    assert_int_equal(model->nodes, NODES);
    gs_model_free(model);
    weights_node(w, "one more", "neg", "['x']", NULL, NULL);
    assert_weights_refused(w, "expected 1 ... 65536");
}

static void test_kind_and_operation_names(void **state) {
    (void)state;
    assert_string_equal(gs_kind_name(GS_KIND_ENERGY), "energy");
    assert_string_equal(gs_kind_name((gs_kind)99), "unknown");
    assert_string_equal(gs_op_name(GS_OP_CONV2D), "conv2d");
    assert_string_equal(gs_op_name(GS_OP_COUNT), "unknown");
}

/* ---- Files that are none ---- */

static void test_missing_file(void **state) {
    (void)state;
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/none.bin", directory);
    assert_refused(path, GS_ERROR_FILE, "No such file");
    assert_refused(directory, GS_ERROR_FILE, "is a directory");
    assert_refused("/dev/null", GS_ERROR_FILE, "is not a regular file");
    snprintf(path, sizeof path, "%s/fifo", directory);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_refused(path, GS_ERROR_FILE, "is not a regular file");
    unlink(path);
}

static void test_unreadable_file(void **state) {
    (void)state;
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/secret", directory);
    write_file(path, "", 0);
    assert_int_equal(chmod(path, 0), 0);
    if (access(path, R_OK))
        assert_refused(path, GS_ERROR_FILE, "Permission denied");
    unlink(path);
}

/* ---- Hostile bytes ---- */

/* Every proper prefix of a good file. */
static void test_truncations(void **state) {
    (void)state;
    weights *w = small_model();
    size_t size;
    unsigned char *bytes = weights_bytes(w, &size);
    for (size_t keep = 0; keep < size; keep += keep < 16 || keep + 16 > size ? 1 : 29)
        assert_bytes_refused(bytes, keep, "");
    free(bytes);
    weights_free(w);
}

/* Every byte of the header and a few more changed in turn: any answer but a crash will do. */
static void test_changed_bytes(void **state) {
    (void)state;
    weights *w = small_model();
    size_t size;
    unsigned char *bytes = weights_bytes(w, &size);
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/changed.bin", directory);
    for (size_t i = 0; i < size; i += 3) {
        unsigned char before = bytes[i];
        bytes[i] = (unsigned char)(before ^ (1U << i % 8));
        write_file(path, bytes, size);
        gs_model *model;
        gs_error error;
        gs_status status = gs_model_load(path, &model, &error);
        assert_true(status == GS_OK ? model != NULL : status == GS_ERROR_FORMAT && !model);
        gs_model_free(model);
        bytes[i] = before;
    }
    free(bytes);
    weights_free(w);
}

static void test_header_lengths(void **state) {
    (void)state;
    static const struct {
        uint64_t length;
        const char *fragment;
    } rows[] = {
        {0, "found 0, expected 1 ... 16777216"},
        {16777217, "found 16777217, expected"},
        {(uint64_t)1 << 63, "found 9223372036854775808, expected"},
        {UINT64_MAX, "found 18446744073709551615, expected"},
        {UINT64_MAX - 7, "expected 1 ... 16777216"},
        {100000, "bytes follow"},
        {1, "expected one JSON object"},
    };
    weights *w = small_model();
    size_t size;
    unsigned char *bytes = weights_bytes(w, &size);
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        for (unsigned k = 0; k < 8; k++)
            bytes[k] = (unsigned char)(rows[i].length >> 8 * k);
        assert_bytes_refused(bytes, size, rows[i].fragment);
    }
    free(bytes);
    weights_free(w);
}

static void test_git_lfs_pointer(void **state) {
    (void)state;
    static const char text[] = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12345\n";
    assert_bytes_refused(text, sizeof text - 1, "Git LFS pointer");
}

#define EIGHT "aaaaaaaa" /* two floats */
#define META "\"__metadata__\":{}"

/* Whole headers, and the data after them. */
static void test_headers(void **state) {
    (void)state;
    static const struct {
        const char *header, *data, *fragment;
    } rows[] = {
        {"{}", "", "no '__metadata__'"},
        {"{" META "}", "", "gensample: found version 'none'"},
        {"[]", "", "expected one JSON object"},
        {" {}", "", "expected one JSON object"},
        {"{}\n", "", "expected one JSON object"},
        {"{}{}", "", "expected JSON"},
        {"{\"a\":1,}", "", "expected JSON"},
        {"{\"a\xff\":1}", "", "expected JSON"},
        {"{" META "," META "}", "", "duplicate"},
        {"{\"a\":1}", "", "tensor 'a': found an integer, expected an object"},
        {"{\"\":{}}", "", "expected 1 ... 255"},
        {"{\"a\":{}}", "", "dtype: found 'nothing'"},
        {"{\"a\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[0,8]}}", EIGHT, "found 'F16', expected 'F32'"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"extra\":1}}", EIGHT, "unknown key 'extra'"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":2,\"data_offsets\":[0,8]}}", EIGHT, "shape: expected an array"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", EIGHT, "expected positive integers"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}}", EIGHT, "expected positive integers"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2,0],\"data_offsets\":[0,8]}}", EIGHT, "expected positive integers"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}", "", "too large"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904],\"data_offsets\":[0,0]}}", "", "found 0 bytes"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[9223372036854775808],\"data_offsets\":[0,0]}}", "", "expected JSON"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,2],\"data_offsets\":[0,8]}}", EIGHT, "0 ... 6 sizes"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", EIGHT, "0 <= begin <= end"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,8]}}", EIGHT, "expected integers [begin, end]"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-8,0]}}", EIGHT, "0 <= begin <= end"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", EIGHT, "found 4 bytes"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", EIGHT "aaaa", "a gap lies before"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", "aaaa", "only 4 bytes follow"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1099511627776],\"data_offsets\":[0,4398046511104]}}", EIGHT,
         "only 8 bytes follow"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", EIGHT "b", "found 1 bytes after the last"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
         "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}",
         EIGHT "aaaa", "tensors overlap"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
         "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]}}",
         EIGHT EIGHT, "duplicate"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", "aaaa\xff\xff\xff\x7f", "value 1 is NaN"},
    };
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        unsigned char bytes[1024] = {0};
        size_t length = strlen(rows[i].header), data = strlen(rows[i].data);
        bytes[0] = (unsigned char)length;
        bytes[1] = (unsigned char)(length >> 8);
        memcpy(bytes + 8, rows[i].header, length);
        memcpy(bytes + 8 + length, rows[i].data, data);
        assert_bytes_refused(bytes, 8 + length + data, rows[i].fragment);
    }
}

static void test_deep_nesting(void **state) {
    (void)state;
    enum { DEPTH = 1000000 };
    static const char start[] = "{\"a\":";
    unsigned char *bytes = malloc(8 + sizeof start + DEPTH);
    assert_non_null(bytes);
    size_t length = sizeof start - 1 + DEPTH;
    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (unsigned char)((uint64_t)length >> 8 * i);
    memcpy(bytes + 8, start, sizeof start - 1);
    memset(bytes + 8 + sizeof start - 1, '[', DEPTH - 1);
    bytes[8 + length - 1] = '}';
    assert_bytes_refused(bytes, 8 + length, "depth");
    free(bytes);
}

static void test_infinite_weight(void **state) {
    (void)state;
    const uint32_t patterns[] = {0x7f800000, 0xff800000, 0x7fc00000, 0xff800001};
    for (size_t i = 0; i < GS_COUNT(patterns); i++) {
        float value[1];
        memcpy(value, &patterns[i], sizeof value);
        weights *w = small_model();
        weights_tensor(w, "bad", 1, (const size_t[]){1}, value);
        assert_weights_refused(w, "tensor 'bad': value 0 is ");
    }
}

/* ---- Hostile models: one value of a good one changed ---- */

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
    {"default", "[]", "default: found an array"},
    {"default", "{'extra': 1}", "default: unknown key"},
    {"default", "{'sampler': 3}", "default.sampler"},
    {"default", "{'steps': 0}", "default.steps: found 0"},
    {"default", "{'sigmas': [3, 2]}", "expected 0 < low <= high"},
    {"default", "{'epsilon': 0}", "default.epsilon"},
    {"default", "{'steps_per_level': 1000001}", "default.steps_per_level"},
    {"default", "{'denoise': 2}", "default.denoise"},
    {"default", "{'eta': -1}", "default.eta: found -1"},
    {"default", "{'guidance': -1}", "default.guidance: found -1"},
    {"default", "{'guidance_sigmas': [3, 2]}", "default.guidance_sigmas"},
    {"provenance", "'me'", "provenance: found a string"},
    {"provenance", "{'year': 2020}", "provenance.year: found an integer"},
    {"graph", NULL, "graph: found nothing"},
    {"graph.extra", "1", "graph: unknown key"},
    {"graph.nodes", "[]", "found 0 nodes"},
    {"graph.nodes", "{}", "found 0 nodes"},
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
    {"graph.outputs", "[]", "found 0 outputs"},
    {"graph.outputs", "['out', 'out']", "found 2 outputs"},
    {"graph.outputs", "['x']", "found 'x', expected the name of a node"},
    {"graph.outputs", "[3]", "found 'an integer'"},
};

static void test_changed_headers(void **state) {
    (void)state;
    for (size_t i = 0; i < GS_COUNT(header_changes); i++) {
        weights *w = small_model();
        weights_set_header(w, header_changes[i].path, header_changes[i].text);
        assert_weights_refused(w, header_changes[i].fragment);
    }
}

static void test_changed_models(void **state) {
    (void)state;
    for (size_t i = 0; i < GS_COUNT(model_changes); i++) {
        weights *w = small_model();
        weights_outputs(w, "['out']");
        weights_set(w, model_changes[i].path, model_changes[i].text);
        assert_weights_refused(w, model_changes[i].fragment);
    }
}

static void test_repeated_key_in_the_model(void **state) {
    (void)state;
    weights *w = small_model();
    weights_set_header(w, "__metadata__.model", "'{\\'name\\': \\'a\\', \\'name\\': \\'b\\'}'");
    assert_weights_refused(w, "duplicate");
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
        weights *w = weights_new("score", 4, 6, 6);
        if (refusals[i].tensors)
            weights_tensor(w, "t", refusals[i].rank, refusals[i].shape, values);
        weights_node(w, "v", "reshape", "['x']", "{'shape': [144]}", NULL);
        weights_node(w, "t", refusals[i].op, refusals[i].inputs, refusals[i].attributes, refusals[i].tensors);
        weights_node(w, "out", "neg", "['x']", NULL, NULL);
        assert_weights_refused(w, refusals[i].fragment);
    }
}

/* Nodes may multiply sizes; no value may pass 2^26 elements. */
static void test_values_that_grow(void **state) {
    (void)state;
    weights *w = weights_new("score", 1, 64, 64);
    weights_node(w, "a", "upsample_nearest", "['x']", "{'scale': [16, 8]}", NULL);
    weights_node(w, "b", "upsample_nearest", "['a']", "{'scale': [16, 8]}", NULL);
    weights_node(w, "out", "neg", "['x']", NULL, NULL);
    gs_model *model = weights_load(w);
    assert_int_equal(gs_shape_size(model->node[1].shape), 1 << 26);
    gs_model_free(model);
    weights_set(w, "graph.nodes.1.attributes", "{'scale': [16, 9]}");
    assert_weights_refused(w, "node 'b': result (1, 16384, 4608) is too large");
}

/* ---- Memory ---- */

/* Each allocation of a load fails in turn, ours and jansson's; the sanitizers see what leaks. */
static void test_memory_failures(void **state) {
    (void)state;
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/small.bin", directory);
    weights *w = small_model();
    weights_write(w, path);
    weights_free(w);
    json_malloc_t before_alloc;
    json_free_t before_free;
    json_get_alloc_funcs(&before_alloc, &before_free);
    json_set_alloc_funcs(json_alloc, free);
    gs_status status = GS_ERROR_MEMORY;
    for (long n = 0; status != GS_OK; n++) {
        gs_model *model;
        gs_error error = {.status = GS_OK};
        allocations_left = n;
        status = gs_model_load(path, &model, &error);
        allocations_left = -1;
        if (status != GS_OK && (status != GS_ERROR_MEMORY || error.status != status || model))
            fail_msg("after %ld allocations: status %d, %s", n, status, error.message);
        gs_model_free(model);
    }
    json_set_alloc_funcs(before_alloc, before_free);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load),
        cmocka_unit_test(test_tensors_by_name),
        cmocka_unit_test(test_any_header_length),
        cmocka_unit_test(test_large_graph_is_fast),
        cmocka_unit_test(test_kind_and_operation_names),
        cmocka_unit_test(test_missing_file),
        cmocka_unit_test(test_unreadable_file),
        cmocka_unit_test(test_truncations),
        cmocka_unit_test(test_changed_bytes),
        cmocka_unit_test(test_header_lengths),
        cmocka_unit_test(test_git_lfs_pointer),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_deep_nesting),
        cmocka_unit_test(test_infinite_weight),
        cmocka_unit_test(test_changed_headers),
        cmocka_unit_test(test_changed_models),
        cmocka_unit_test(test_repeated_key_in_the_model),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_values_that_grow),
        cmocka_unit_test(test_memory_failures),
    };
    return cmocka_run_group_tests(tests, make_directory, drop_directory);
}
