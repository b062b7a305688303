/* New weights for plans: the same bytes as from a plan of a file that has them, all tensors or some, again and again;
 * and after a failure the bytes of before. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/about.h"
#include "support/effort.h"
#include "support/graphs.h"
#include "support/networks.h"
#include "support/random.h"

enum { GRAPHS = 60, IMAGES = 3, TENSORS = 256 };

/* ---- Files and their weights ---- */

/* The file with all weights scaled, but for whole numbers, which may be positions. */
static gs_model *scaled(const unsigned char *bytes, size_t size, float factor) {
    unsigned char *copy = malloc(size);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    uint64_t header = 0;
    for (int i = 7; i >= 0; i--)
        header = header << 8 | copy[i];
    for (size_t at = 8 + (size_t)header; at + 4 <= size; at += 4) {
        float value;
        memcpy(&value, copy + at, sizeof value);
        value = value == floorf(value) ? value : value * factor;
        memcpy(copy + at, &value, sizeof value);
    }
    gs_model *model;
    gs_error error = {.status = GS_OK};
    if (gs_model_load_memory("scaled", copy, size, &model, &error))
        fail_msg("%s", error.message);
    free(copy);
    return model;
}

/* The model's tensors as values; those with `step` > 1 only every so many, from `first`. */
static size_t values_of(const gs_model *model, int first, int step, gs_tensor_values values[TENSORS]) {
    size_t count = 0;
    const char *name;
    for (int i = first; (name = gs_model_get_tensor_name(model, i)) && count < TENSORS; i += step) {
        gs_tensor_values *v = &values[count++];
        *v = (gs_tensor_values){.name = name};
        v->rank = gs_model_get_tensor(model, name, &v->data, v->shape);
    }
    return count;
}

static void update(gs_plan *plan, const gs_model *from, int first, int step) {
    gs_tensor_values values[TENSORS];
    size_t count = values_of(from, first, step, values);
    gs_error error = {.status = GS_OK};
    if (gs_plan_update(plan, values, count, &error))
        fail_msg("%s", error.message);
}

/* ---- Results ---- */

typedef struct results {
    size_t size[2];
    float *out[2];
} results;

static gs_plan *plan_of(const gs_model *model, gs_plan_options options) {
    options.gradient = gs_model_get_info(model)->kind == GS_KIND_ENERGY;
    return make_plan(model, options);
}

static results results_of(gs_plan *plan, const gs_model *model) {
    static const int classes[IMAGES] = {2, 3, 0};
    const gs_model_info *info = gs_model_get_info(model);
    bool energy = info->kind == GS_KIND_ENERGY;
    const int *labels = info->labels ? classes : NULL, *shape = info->shape;
    size_t size = (size_t)shape[0] * (size_t)shape[1] * (size_t)shape[2];
    results r = {.size = {info->output_size[0], energy ? size : info->output_size[1]}};
    float *x = malloc(IMAGES * size * sizeof *x);
    assert_non_null(x);
    uint64_t random = 5;
    for (size_t i = 0; i < IMAGES * size; i++)
        x[i] = random_float(&random);
    for (int k = 0; k < 2; k++) {
        r.out[k] = calloc(IMAGES * r.size[k] + 1, sizeof *r.out[k]);
        assert_non_null(r.out[k]);
    }
    gs_error error = {.status = GS_OK};
    if (energy ? gs_plan_gradient(plan, x, 0.75, labels, IMAGES, r.out[0], r.out[1], &error)
               : gs_plan_evaluate(plan, x, 0.75, labels, IMAGES, r.out, &error))
        fail_msg("%s", error.message);
    free(x);
    return r;
}

static void free_results(results *r) {
    free(r->out[0]);
    free(r->out[1]);
}

static bool same(const results *a, const results *b) {
    return !memcmp(a->out[0], b->out[0], IMAGES * a->size[0] * sizeof(float)) &&
           !memcmp(a->out[1], b->out[1], IMAGES * a->size[1] * sizeof(float));
}

static void assert_equal_plans(gs_plan *a, gs_plan *b, const gs_model *model) {
    results first = results_of(a, model), second = results_of(b, model);
    if (!same(&first, &second))
        fail_msg("the results differ");
    free_results(&first);
    free_results(&second);
}

/* ---- Tests ---- */

/* All weights from one file to another, there and back and there again; the plans of the file keep theirs. */
static void check_update(const weights *w, gs_plan_options options) {
    size_t size;
    unsigned char *bytes = weights_bytes(w, &size);
    gs_model *model = scaled(bytes, size, 1), *other = scaled(bytes, size, 0.75F);
    free(bytes);
    gs_plan *plan = plan_of(model, options), *kept = plan_of(model, options), *wanted = plan_of(other, options);
    results before = results_of(plan, model);
    for (int turn = 0; turn < 2; turn++) {
        update(plan, other, 0, 1);
        assert_equal_plans(plan, wanted, model);
        update(plan, model, 0, 1);
        assert_equal_plans(plan, kept, model);
    }
    update(plan, other, 0, 2);
    update(plan, other, 1, 2);
    assert_equal_plans(plan, wanted, model);
    results after = results_of(kept, model);
    assert_true(same(&before, &after));
    free_results(&before);
    free_results(&after);
    gs_plan_free(plan);
    gs_plan_free(kept);
    gs_plan_free(wanted);
    gs_model_free(model);
    gs_model_free(other);
}

static void test_random(void **state) {
    (void)state;
    for (int seed = 0; seed < effort(GRAPHS); seed++) {
        about("seed %d", seed);
        weights *w = seed % 2 ? graph_random_energy((unsigned)seed) : graph_random((unsigned)seed);
        check_update(w,
                     (gs_plan_options){.threads = 1 + seed % 3, .block = seed % 5, .dtype = (gs_dtype)(seed / 2 % 4)});
        weights_free(w);
    }
}

static void test_backends(void **state) {
    (void)state;
    const char *name;
    bool built;
    char text[80];
    for (int i = 1; (name = gs_backend_name(i, &built, text, sizeof text)); i++) {
        weights *w = graph_random(4);
        if (built)
            check_update(w, (gs_plan_options){.threads = 2, .backend = name});
        weights_free(w);
    }
}

/* What was computed of the last noise level is not kept, nor does a sample know that a plan was another before. */
static void test_samples(void **state) {
    (void)state;
    weights *w = weights_small();
    size_t size;
    unsigned char *bytes = weights_bytes(w, &size);
    gs_model *model = scaled(bytes, size, 1), *other = scaled(bytes, size, 0.5F);
    free(bytes);
    weights_free(w);
    gs_plan *plan = plan_of(model, (gs_plan_options){.threads = 2}), *wanted = plan_of(other, (gs_plan_options){0});
    float a[IMAGES * 16], b[IMAGES * 16];
    const gs_sample_options options = {.seed = 3, .steps = 2, .sigma_low = 0.01, .sigma_high = 0.02};
    assert_int_equal(gs_sample(plan, &options, IMAGES, a, NULL, NULL), GS_OK);
    update(plan, other, 0, 1);
    assert_int_equal(gs_sample(plan, &options, IMAGES, a, NULL, NULL), GS_OK);
    assert_int_equal(gs_sample(wanted, &options, IMAGES, b, NULL, NULL), GS_OK);
    assert_memory_equal(a, b, sizeof a);
    gs_plan_free(plan);
    gs_plan_free(wanted);
    gs_model_free(model);
    gs_model_free(other);
}

/* ---- What is refused ---- */

static const float zeros[64];

static void assert_refused(gs_plan *plan, const gs_model *model, const gs_tensor_values *values, size_t count,
                           const char *words) {
    results before = results_of(plan, model);
    gs_error error = {.status = GS_OK};
    assert_int_equal(gs_plan_update(plan, values, count, &error), GS_ERROR_ARGUMENT);
    if (!strstr(error.message, words))
        fail_msg("'%s', expected '%s' in it", error.message, words);
    assert_int_equal(gs_plan_update(plan, values, count, NULL), GS_ERROR_ARGUMENT);
    results after = results_of(plan, model);
    assert_true(same(&before, &after));
    free_results(&before);
    free_results(&after);
}

/* Each comes after a tensor with good values, which must not be taken either. */
static void test_refused(void **state) {
    (void)state;
    weights *w = weights_small();
    weights_tensor(w, "reference_mean", 1, (const size_t[]){2}, zeros);
    gs_model *model = weights_load(w);
    weights_free(w);
    gs_plan *plan = plan_of(model, (gs_plan_options){.threads = 2});
    const float *data;
    gs_tensor_values good = {.name = "b", .data = zeros}, values[2];
    good.rank = gs_model_get_tensor(model, "b", &data, good.shape);
    float broken[64] = {0};
    broken[1] = NAN;
    float infinite[64] = {0};
    infinite[2] = -INFINITY;
    gs_tensor_values weight = {.name = "w", .data = zeros};
    weight.rank = gs_model_get_tensor(model, "w", &data, weight.shape);
    const struct {
        gs_tensor_values values;
        const char *words;
    } cases[] = {
        {{.name = "no", .rank = 1, .shape = {1}, .data = zeros}, "no tensor of this name"},
        {{.name = "\x01%s\xff", .rank = 1, .shape = {1}, .data = zeros}, "no tensor of this name"},
        {{.name = NULL, .rank = 1, .shape = {1}, .data = zeros}, "no tensor of this name"},
        {{.name = "reference_mean", .rank = 1, .shape = {2}, .data = zeros}, "describes data"},
        {{.name = "b", .rank = good.rank, .shape = {good.shape[0]}, .data = zeros}, "given twice"},
        {{.name = "w", .rank = -1, .data = zeros}, "rank -1"},
        {{.name = "w", .rank = 7, .data = zeros}, "rank 7"},
        {{.name = "w", .rank = 0, .data = zeros}, "shape (), expected (2, 1, 3, 3)"},
        {{.name = "w", .rank = 6, .shape = {SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX}, .data = zeros},
         "expected (2, 1, 3, 3)"},
        {{.name = "w", .rank = 4, .shape = {2, 1, 9, 1}, .data = zeros}, "shape (2, 1, 9, 1), expected (2, 1, 3, 3)"},
        {{.name = "w", .rank = 4, .shape = {2, 1, 3, 3}, .data = NULL}, "no data"},
        {{.name = "w", .rank = 4, .shape = {2, 1, 3, 3}, .data = broken}, "value 1 is NaN"},
        {{.name = "w", .rank = 4, .shape = {2, 1, 3, 3}, .data = infinite}, "value 2 is infinite"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        about("case %zu", i);
        values[0] = good;
        values[1] = cases[i].values;
        assert_refused(plan, model, values, 2, cases[i].words);
    }
    assert_int_equal(gs_plan_update(plan, NULL, 0, NULL), GS_OK);
    values[0] = good;
    values[1] = weight;
    assert_int_equal(gs_plan_update(plan, values, 2, NULL), GS_OK);
    gs_plan_free(plan);
    gs_model_free(model);
}

/* Tensors and provenance by number. */
static void test_lists(void **state) {
    (void)state;
    weights *w = weights_small();
    weights_set(w, "provenance", "{'data': 'none', 'licence': 'any'}");
    gs_model *model = weights_load(w);
    weights_free(w);
    const char *names[] = {"b", "e", "w"}, *value = "untouched";
    for (int i = 0; i < 3; i++)
        assert_string_equal(gs_model_get_tensor_name(model, i), names[i]);
    assert_null(gs_model_get_tensor_name(model, 3));
    assert_null(gs_model_get_tensor_name(model, -1));
    assert_null(gs_model_get_provenance(model, 2, &value));
    assert_null(gs_model_get_provenance(model, -1, &value));
    assert_string_equal(value, "untouched");
    assert_string_equal(gs_model_get_provenance(model, 1, &value), "licence");
    assert_string_equal(value, "any");
    gs_model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),  cmocka_unit_test(test_backends), cmocka_unit_test(test_samples),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
