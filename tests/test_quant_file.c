/* Files of version 2 as models: how a network is quantised, and tensors that are stored in two bytes per value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "model/stored.h"
#include "support/about.h"
#include "support/weights.h"

static void test_quantised_model(void **state) {
    (void)state;
    weights *w = weights_quantised();
    gs_model *model = weights_load(w);
    const gs_quantization *q = gs_model_get_quantization(model);
    assert_int_equal(q->dtype, GS_DTYPE_INT8);
    assert_int_equal(q->nodes, 2);
    assert_int_equal(q->nodes_int16, 0);
    assert_int_equal(q->bands, 2);
    assert_true(q->ends[0] == 1 && q->error[0] == 0.5 && q->error[1] == 0.25 && q->error_most[1] == 2 &&
                q->error_rms[0] == 0.125);
    assert_int_equal(gs_quantization_band(q, 0.1), 0);
    assert_int_equal(gs_quantization_band(q, 1), 0);
    assert_int_equal(gs_quantization_band(q, 1.0000001), 1);
    assert_int_equal(gs_quantization_band(q, 1e30), 1);
    const gs_quant *quant = model->node[0].quant;
    assert_int_equal(quant->domain, GS_QUANT_WINOGRAD_F4);
    assert_int_equal(quant->positions, 36);
    assert_string_equal(quant->factor->name, "f1");
    assert_string_equal(quant->range->name, "r1");
    assert_int_equal(model->node[1].quant->domain, GS_QUANT_DIRECT);
    assert_int_equal(model->node[1].quant->positions, 1);
    assert_null(model->node[2].quant);
    assert_null(model->node[3].quant);
    /* Factors and ranges are none of the network's parameters. */
    assert_int_equal(gs_model_get_info(model)->parameters, 8 * 3 * 9 + 8 * 8 * 4 + 3 * 8 * 9 + 8);
    gs_model_free(model);
    weights_free(w);
}

/* A node in 16 bits: without a type, a node is in 8. */
static void test_two_types(void **state) {
    (void)state;
    weights *w = weights_quantised();
    weights_set(w, "graph.nodes.0.quant", "{'dtype': 'int8', 'domain': 'winograd-f4', 'factor': 'f1', 'range': 'r1'}");
    weights_set(w, "graph.nodes.1.quant", "{'dtype': 'int16', 'domain': 'direct', 'factor': 'f2', 'range': 'r2'}");
    gs_model *model = weights_load(w);
    assert_int_equal(model->quantization.nodes, 2);
    assert_int_equal(model->quantization.nodes_int16, 1);
    assert_int_equal(model->node[0].quant->dtype, GS_DTYPE_INT8);
    assert_int_equal(model->node[1].quant->dtype, GS_DTYPE_INT16);
    gs_model_free(model);
    weights_set(w, "quantization.dtype", "'int16'");
    model = weights_load(w);
    assert_int_equal(model->quantization.dtype, GS_DTYPE_INT16);
    gs_model_free(model);
    weights_free(w);
}

static void test_other_models(void **state) {
    (void)state;
    weights *w = weights_small();
    gs_model *model = weights_load(w);
    const gs_quantization *q = gs_model_get_quantization(model);
    assert_int_equal(q->dtype, GS_DTYPE_F32);
    assert_int_equal(q->nodes, 0);
    assert_int_equal(q->bands, 1);
    assert_null(q->ends);
    assert_null(q->error);
    assert_null(q->error_rms);
    assert_int_equal(gs_quantization_band(q, 3), 0);
    gs_model_free(model);
    weights_set(w, "quantization", "{'dtype': 'bf16'}");
    weights_set_header(w, "__metadata__.gensample", "'2'");
    model = weights_load(w);
    assert_int_equal(gs_model_get_quantization(model)->dtype, GS_DTYPE_BF16);
    gs_model_free(model);
    weights_free(w);
}

/* ---- Stored types ---- */

static bool same(float a, float b) {
    return !memcmp(&a, &b, sizeof a);
}

/* Every value of two bytes is stored as itself. */
static void test_all_halves(void **state) {
    (void)state;
    static const char *const names[] = {"F16", "BF16"};
    for (size_t k = 0; k < GS_COUNT(names); k++) {
        const gs_stored *type = gs_stored_find(names[k]);
        for (unsigned i = 0; i < 65536; i++) {
            about("%s %04x", names[k], i);
            const unsigned char bytes[2] = {(unsigned char)i, (unsigned char)(i >> 8)};
            unsigned char back[2];
            float x;
            type->widen(bytes, 1, &x);
            if (!isfinite(x)) {
                assert_false(type->store(x, back));
                continue;
            }
            assert_true(type->store(x, back));
            assert_memory_equal(back, bytes, 2);
        }
    }
}

/* Between two neighbours, the nearer one is stored, and half way the even one. */
static void test_rounding(void **state) {
    (void)state;
    static const char *const names[] = {"F16", "BF16"};
    for (size_t k = 0; k < GS_COUNT(names); k++) {
        const gs_stored *type = gs_stored_find(names[k]);
        for (unsigned i = 0; i + 1 < 0x7c00; i++) { /* of BF16, some below infinity */
            about("%s %04x", names[k], i);
            const unsigned char bytes[4] = {(unsigned char)i, (unsigned char)(i >> 8), (unsigned char)(i + 1),
                                            (unsigned char)((i + 1) >> 8)};
            unsigned char back[2];
            float x[2], half;
            type->widen(bytes, 2, x);
            half = x[0] + (x[1] - x[0]) / 2;
            const float values[] = {half, nextafterf(half, x[0]), nextafterf(half, x[1])};
            const unsigned expected[] = {i + i % 2, i, i + 1};
            for (size_t j = 0; j < (half > 0x1p-140F ? 3 : 1); j++) {
                assert_true(type->store(-values[j], back));
                assert_int_equal(back[0] | back[1] << 8, expected[j] | 0x8000);
            }
        }
    }
}

static void test_largest(void **state) {
    (void)state;
    static const struct {
        const char *dtype;
        float x;
        bool fits;
    } rows[] = {{"F16", 65519, true},      {"F16", 65520, false},          {"F16", -65520, false},
                {"F16", NAN, false},       {"BF16", 3.3961775e38F, false}, {"BF16", 3.3961771e38F, true},
                {"BF16", -INFINITY, false}};
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        unsigned char bytes[2];
        about("%s %g", rows[i].dtype, (double)rows[i].x);
        assert_int_equal(gs_stored_find(rows[i].dtype)->store(rows[i].x, bytes), rows[i].fits);
    }
    assert_null(gs_stored_find("F64"));
}

/* Tensors of all types in one file, one with an odd number of bytes before the next. */
static void test_mixed_file(void **state) {
    (void)state;
    static const float data[] = {1, -0.5F, 0x1.02p-3F, 0, -0.0F, 0x1p-24F, 3, 7.75F, 1};
    weights *w = weights_small();
    weights_stored(w, "label_a", "F16", 1, (size_t[]){3}, data);
    weights_stored(w, "label_b", "BF16", 2, (size_t[]){3, 3}, data);
    weights_stored(w, "label_c", "F32", 1, (size_t[]){5}, data);
    weights_set_header(w, "__metadata__.gensample", "'2'");
    gs_model *model = weights_load(w);
    static const char *const names[] = {"label_a", "label_b", "label_c"};
    for (size_t k = 0; k < GS_COUNT(names); k++) {
        const float *found;
        size_t shape[6], count = 1;
        int rank = gs_model_get_tensor(model, names[k], &found, shape);
        for (int i = 0; i < rank; i++)
            count *= shape[i];
        assert_int_equal(count, k == 0 ? 3 : k == 1 ? 9 : 5);
        for (size_t i = 0; i < count; i++)
            assert_true(same(found[i], data[i]));
    }
    gs_model_free(model);
    weights_free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantised_model), cmocka_unit_test(test_two_types), cmocka_unit_test(test_other_models),
        cmocka_unit_test(test_all_halves),      cmocka_unit_test(test_rounding),  cmocka_unit_test(test_largest),
        cmocka_unit_test(test_mixed_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
