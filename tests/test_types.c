/* Plans whose products are of narrow types: as near to float32 as the type is, and the same bytes in every way to run
 * them where that is promised. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/method.h"
#include "engine/plan.h"
#include "support/about.h"
#include "support/classifiers.h"
#include "support/effort.h"
#include "support/files.h"
#include "support/graphs.h"
#include "support/quantised.h"

enum { GRAPHS = 40, BATCH = 11 };

/* ---- Random networks ---- */

static double larger(double a, double b) {
    return a > b ? a : b;
}

/* The largest difference of two results in units of the largest element. */
static double difference(const result *a, const result *b, size_t n) {
    double worst = 0;
    for (int k = 0; k < 2; k++) {
        double most = 0, differs = 0;
        for (size_t i = 0; i < n * a->size[k]; i++) {
            most = larger(fabs((double)a->out[k][i]), most);
            differs = larger(fabs((double)a->out[k][i] - (double)b->out[k][i]), differs);
        }
        worst = most > 0 ? larger(differs / most, worst) : worst;
    }
    return worst;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Networks compare and round values, so that a small change may make a large one: most of them are as near as a type of
 * 8 bits for the mantissa allows, and few are far. */
static void bf16_is_near_float32(void **state) {
    (void)state;
    double error[GRAPHS];
    int graphs = effort(GRAPHS);
    for (int seed = 0; seed < graphs; seed++) {
        about("seed %d", seed);
        weights *w = graph_random((unsigned)seed);
        gs_model *model = weights_load(w);
        float *x = random_images(model, 2, (unsigned)seed);
        gs_plan *plan = plan_of(model, NULL, 1, 0, GS_DTYPE_F32);
        result exact = evaluate(plan, x, 0.75, (int[]){1, 0}, 2);
        gs_plan_free(plan);
        error[seed] = 0;
        for (gs_dtype dtype = GS_DTYPE_BF16; dtype <= GS_DTYPE_BF16_EXACT; dtype++) {
            plan = plan_of(model, NULL, 1, 0, dtype);
            result r = evaluate(plan, x, 0.75, (int[]){1, 0}, 2);
            error[seed] = larger(difference(&exact, &r, 2), error[seed]);
            free_result(r);
            gs_plan_free(plan);
        }
        free_result(exact);
        free(x);
        gs_model_free(model);
        weights_free(w);
    }
    qsort(error, (size_t)graphs, sizeof *error, compare);
    print_message("bf16 errs by %.2g of the largest in half of the networks, %.2g in nine tenths, %.2g at most\n",
                  error[graphs / 2], error[graphs * 9 / 10], error[graphs - 1]);
    assert_true(error[graphs / 2] < 0.02);
    assert_true(error[graphs * 9 / 10] < 0.02); /* 0.007 is seen, and 0.035 at most */
    assert_true(error[graphs - 1] < 0.1);
    assert_true(effort_percent() < 100 || error[graphs - 1] > 0.001); /* the type is really another */
}

/* A plan whose crews share out all that they can. */
static gs_plan *sharing_plan(const gs_model *model, const char *isa, gs_dtype dtype) {
    gs_plan *plan;
    gs_error error = {.status = GS_OK};
    if (gs_plan_create_sharing(model, &(gs_plan_options){.isa = isa, .threads = 2, .block = 4, .dtype = dtype}, &plan,
                               &error))
        fail_msg("%s", error.message);
    return plan;
}

/* The instruction set of plans for which none is asked, but for those in bf16, which may take another. */
static const char *usual_isa(const gs_model *model) {
    gs_plan *plan = plan_of(model, NULL, 1, 1, GS_DTYPE_F32);
    const char *isa = gs_plan_get_info(plan).isa;
    gs_plan_free(plan);
    return isa;
}

/* Every way to run a network. Blocks and threads are varied together; of types that are not exact, on one instruction
 * set. */
static void check_same_bytes(const gs_model *model, gs_dtype dtype, unsigned seed, double sigma) {
    static const int blocks[] = {1, 3, 8};
    float *x = random_images(model, BATCH, seed);
    const int labels[BATCH] = {0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2};
    const char *usual = usual_isa(model);
    gs_plan *plan = plan_of(model, dtype == GS_DTYPE_BF16 ? usual : "scalar", 1, 1, dtype);
    bool all = gs_plan_get_info(plan).exact;
    assert_true(all || dtype == GS_DTYPE_BF16);
    assert_int_equal(gs_plan_get_info(plan).dtype, dtype);
    result first = evaluate(plan, x, sigma, labels, BATCH);
    gs_plan_free(plan);
    const char *isa;
    for (int k = 0; (isa = isa_at(k)); k++)
        for (int b = 0; b < 3; b++) {
            char what[100];
            snprintf(what, sizeof what, "%s, %s, %d threads, block %d", gs_dtype_name(dtype), isa, 1 + (b + k) % 3,
                     blocks[b]);
            plan = plan_of(model, all ? isa : usual, 1 + (b + k) % 3, blocks[b], dtype);
            size_t n = (b + k) % 2 ? BATCH : 1;
            result r = evaluate(plan, x, sigma, labels, n);
            assert_same_results(first, r, n, what);
            free_result(r);
            gs_plan_free(plan);
        }
    plan = sharing_plan(model, usual, dtype);
    for (size_t n = 1; n <= 3; n += 2) {
        result r = evaluate(plan, x, sigma, labels, n);
        if (all || dtype == GS_DTYPE_BF16)
            assert_same_results(first, r, n, "a crew");
        free_result(r);
    }
    gs_plan_free(plan);
    free_result(first);
    free(x);
}

static void results_are_the_same_bytes(void **state) {
    (void)state;
    quantised q;
    for (unsigned seed = 0; seed < (unsigned)effort(GRAPHS); seed++) {
        about("seed %u", seed);
        weights *w = graph_random(seed);
        gs_model *model = weights_load(w);
        quantise(model, &q, seed);
        for (gs_dtype dtype = GS_DTYPE_F32; dtype <= GS_DTYPE_INT16; dtype++)
            if (dtype < GS_DTYPE_INT8 || q.nodes)
                check_same_bytes(model, dtype, seed, seed % 2 ? 0.75 : 1.5);
        gs_model_free(model);
        free_quantised(&q);
        weights_free(w);
    }
}

/* ---- Halos ---- */

enum { SIDE = 6 };

/* Two convolutions of `channels` channels, whose buffers in between have a halo and, with `dtype`, may be narrow. */
static gs_model *padded(weights *w, size_t channels, quantised *q, gs_dtype dtype) {
    weights_inputs(w, false, 0);
    weights_random(w, "v", 4, (size_t[]){channels, 1, 3, 3}, 3);
    weights_random(w, "w", 4, (size_t[]){channels, channels, 3, 3}, 4);
    weights_node(w, "one", "conv2d", "['x']", "{'padding': [1, 1]}", "{'weight': 'v'}");
    weights_node(w, "two", "conv2d", "['one']", "{'padding': [1, 1]}", "{'weight': 'w'}");
    weights_node(w, "three", "conv2d", "['two']", "{'padding': [1, 1]}", "{'weight': 'w'}");
    char shape[40];
    snprintf(shape, sizeof shape, "{'shape': [%zu]}", channels * SIDE * SIDE);
    weights_node(w, "logits", "reshape", "['three']", shape, NULL);
    gs_model *model = weights_load(w);
    if (dtype == GS_DTYPE_INT8)
        quantise_as(model, q, GS_DTYPE_INT8, GS_QUANT_DIRECT);
    return model;
}

/* Every buffer's halo is zeros whatever was in memory before, also where its elements are narrow and all channels of a
 * pixel lie beside each other: with one plane, that is the whole plane. */
static void halos_of_narrow_buffers_are_cleared(void **state) {
    (void)state;
    static const gs_dtype types[] = {GS_DTYPE_BF16, GS_DTYPE_INT8};
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        for (size_t channels = 16; channels <= 48; channels += 16) {
            about("%s, %zu channels", gs_dtype_name(types[t]), channels);
            weights *w = weights_new("classifier", 1, SIDE, SIDE);
            quantised q = {.nodes = 0};
            gs_model *model = padded(w, channels, &q, types[t]);
            gs_plan *plan = plan_of(model, NULL, 1, 0, types[t]);
            for (int b = 0; b < plan->buffers; b++) {
                const gs_buffer *buffer = &plan->buffer[b];
                bool pixels = buffer->planes > 1 && buffer->plane < buffer->column;
                assert_true(buffer->layout != GS_BLOCKED || pixels ||
                            buffer->plane == buffer->row * (buffer->shape.d[1] + buffer->before + buffer->after));
            }
            float *x = random_images(model, 5, 7);
            result clean = evaluate(plan, x, 0, NULL, 5);
            memset(plan->worker[0].scratch[0], 0xff, plan->scratch_bytes);
            result again = evaluate(plan, x, 0, NULL, 5);
            assert_memory_equal(clean.out[0], again.out[0], 5 * clean.size[0] * sizeof(float));
            free_result(clean);
            free_result(again);
            free(x);
            gs_plan_free(plan);
            gs_model_free(model);
            free_quantised(&q);
            weights_free(w);
        }
}

/* ---- Energies ---- */

/* Plans of energies keep one in float32, which reads the same condition. */
static void energies_are_exact_too(void **state) {
    (void)state;
    for (unsigned seed = 0; seed < (unsigned)effort(10); seed++) {
        about("seed %u", seed);
        weights *w = graph_random_energy(seed);
        gs_model *model = weights_load(w);
        gs_plan *plan = make_plan(model, (gs_plan_options){.gradient = true, .dtype = GS_DTYPE_BF16});
        assert_non_null(plan->exact);
        assert_int_equal(gs_plan_get_info(plan->exact).dtype, GS_DTYPE_F32);
        assert_int_equal(plan->condition_size, plan->exact->condition_size);
        for (int v = 0; v < plan->model->nodes + GS_VALUE_NODES; v++)
            assert_true(plan->condition_offset[v] == plan->exact->condition_offset[v]);
        gs_plan_free(plan);
        gs_model_free(model);
        weights_free(w);
    }
}

/* ---- Options ---- */

static void bad_types_are_refused(void **state) {
    (void)state;
    golden g = golden_load("tiny-cond");
    gs_plan *plan;
    gs_error error;
    for (int i = 0; i < 2; i++) {
        int dtype = i ? -1 : GS_DTYPE_INT16 + 1;
        assert_int_equal(gs_plan_create(g.model, &(gs_plan_options){.dtype = (gs_dtype)dtype}, &plan, &error),
                         GS_ERROR_ARGUMENT);
        assert_non_null(strstr(error.message, "expected a value of gs_dtype"));
    }
    assert_int_equal(gs_plan_create(g.model, &(gs_plan_options){.dtype = GS_DTYPE_INT8}, &plan, &error),
                     GS_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "gensample quantize"));
    assert_null(plan);
    assert_null(gs_dtype_name((gs_dtype)(GS_DTYPE_INT16 + 1)));
    assert_string_equal(gs_dtype_name(GS_DTYPE_DEFAULT), "default");
    gs_dtype found;
    for (gs_dtype dtype = GS_DTYPE_F32; dtype <= GS_DTYPE_INT16; dtype++) {
        assert_true(gs_dtype_find(gs_dtype_name(dtype), &found));
        assert_int_equal(found, dtype);
    }
    assert_false(gs_dtype_find("default", &found));
    golden_free(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bf16_is_near_float32),
        cmocka_unit_test(results_are_the_same_bytes),
        cmocka_unit_test(energies_are_exact_too),
        cmocka_unit_test(bad_types_are_refused),
        cmocka_unit_test(halos_of_narrow_buffers_are_cleared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
