/* Decoders, which make images of latents, and networks that need a label for every image. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "support/about.h"
#include "support/networks.h"
#include "support/statistics.h"
#include "support/weights.h"

enum { LATENT = 6, CHANNELS = 2, HEIGHT = 6, WIDTH = 10, PIXELS = CHANNELS * HEIGHT * WIDTH, CLASSES = 3, N = 37 };

/* G(x, y) = tanh of a transposed convolution of the latent, to which the class's row is added. */
static weights *decoder_weights(int labels) {
    weights *w = weights_new("decoder", LATENT, 1, 1);
    const char *last = "x";
    weights_random(w, "w", 4, (const size_t[]){LATENT, CHANNELS, HEIGHT, WIDTH}, 1);
    weights_random(w, "b", 1, (const size_t[]){CHANNELS}, 2);
    if (labels) {
        weights_inputs(w, false, labels);
        weights_random(w, "e", 2, (const size_t[]){(size_t)labels + 1, LATENT}, 3);
        weights_node(w, "row", "embedding", "['label']", NULL, "{'weight': 'e'}");
        weights_node(w, "z", "add", "['x', 'row']", NULL, NULL);
        last = "z";
    }
    char inputs[16];
    snprintf(inputs, sizeof inputs, "['%s']", last);
    weights_node(w, "up", "conv_transpose2d", inputs, NULL, "{'weight': 'w', 'bias': 'b'}");
    weights_node(w, "out", "tanh", "['up']", NULL, NULL);
    return w;
}

static gs_model *load(weights *w) {
    gs_model *model = weights_load(w);
    weights_free(w);
    return model;
}

static void draw(gs_plan *plan, gs_sample_options o, size_t n, float *out) {
    gs_error error = {.status = GS_OK};
    size_t done = 0;
    if (gs_sample(plan, &o, n, out, &done, &error))
        fail_msg("%s", error.message);
    assert_int_equal(done, n);
}

static void refuse(gs_plan *plan, gs_sample_options o, gs_status expected, const char *why) {
    float out[2 * PIXELS];
    gs_error error = {.status = GS_OK};
    about("%s", why);
    assert_int_equal(gs_sample(plan, &o, 2, out, NULL, &error), expected);
    if (!strstr(error.message, why))
        fail_msg("no '%s' in: %s", why, error.message);
}

/* ---- Decoders ---- */

static void decoders_say_what_they_make(void **state) {
    (void)state;
    gs_model *model = load(decoder_weights(0));
    const gs_model_info *info = gs_model_get_info(model);
    assert_int_equal(info->kind, GS_KIND_DECODER);
    assert_string_equal(gs_kind_name(info->kind), "decoder");
    assert_memory_equal(info->shape, ((int[]){LATENT, 1, 1}), sizeof info->shape);
    assert_memory_equal(info->image, ((int[]){CHANNELS, HEIGHT, WIDTH}), sizeof info->image);
    assert_int_equal(info->output_size[0], PIXELS);
    gs_sample_options o = {.steps = 9};
    assert_int_equal(gs_sample_resolve(model, &o, NULL), GS_OK);
    assert_string_equal(o.sampler, "decode");
    assert_int_equal(gs_sample_evaluations(model, &o), 1);
    assert_int_equal(gs_sample_levels(model, &o, NULL, 0), 0);
    assert_int_equal(gs_sample_trace_steps(&o), 0);
    gs_model_free(model);
    model = load(weights_small());
    info = gs_model_get_info(model);
    assert_memory_equal(info->image, info->shape, sizeof info->shape);
    gs_model_free(model);
}

/* Samples are what the network makes of the noise that chains begin with. */
static void samples_are_decoded_noise(void **state) {
    (void)state;
    gs_model *model = load(decoder_weights(CLASSES));
    gs_plan *plan = make_plan(model, (gs_plan_options){.threads = 2});
    float z[N * LATENT] = {0}, out[N * PIXELS], expected[N * PIXELS];
    int labels[N];
    for (int i = 0; i < N; i++)
        labels[i] = i % (CLASSES + 1);
    assert_int_equal(gs_sample_add_noise(5, 100, 1, N, LATENT, z, NULL), GS_OK);
    assert_int_equal(gs_plan_evaluate(plan, z, 0, labels, N, (float *const[2]){expected, NULL}, NULL), GS_OK);
    draw(plan, (gs_sample_options){.seed = 5, .first_chain = 100, .labels = labels}, N, out);
    assert_memory_equal(out, expected, sizeof out);
    draw(plan, (gs_sample_options){.init = z, .labels = labels}, N, out);
    assert_memory_equal(out, expected, sizeof out);
    gs_plan_free(plan);
    gs_model_free(model);
}

static void latents_are_standard_normal(void **state) {
    (void)state;
    enum { MANY = 2000 };
    weights *w = weights_new("decoder", LATENT, 1, 1);
    weights_node(w, "wide", "reshape", "['x']", "{'shape': [1, 2, 3]}", NULL);
    gs_model *model = load(w);
    gs_plan *plan = make_plan(model, (gs_plan_options){.threads = 2});
    float *out = malloc(MANY * LATENT * sizeof *out);
    assert_non_null(out);
    draw(plan, (gs_sample_options){.seed = 3}, MANY, out);
    assert_moments(out, MANY * LATENT, 0, 1, "latents");
    free(out);
    gs_plan_free(plan);
    gs_model_free(model);
}

static void samples_are_the_same_bytes(void **state) {
    (void)state;
    gs_model *model = load(decoder_weights(CLASSES));
    float first[N * PIXELS], out[N * PIXELS];
    gs_plan *plan = make_plan(model, (gs_plan_options){.isa = "scalar", .threads = 1, .block = 1});
    draw(plan, (gs_sample_options){.seed = 7}, N, first);
    gs_plan_free(plan);
    bool supported;
    const char *isa;
    for (int i = 0; (isa = gs_isa_name(i, &supported)); i++)
        for (int block = 1; supported && block <= 16; block *= 4) {
            about("%s, blocks of %d", isa, block);
            plan = make_plan(model, (gs_plan_options){.isa = isa, .threads = 1 + block % 3, .block = block});
            draw(plan, (gs_sample_options){.seed = 7}, N, out);
            assert_memory_equal(out, first, sizeof out);
            draw(plan, (gs_sample_options){.seed = 7, .first_chain = 30}, N - 30, out);
            assert_memory_equal(out, first + 30 * PIXELS, (N - 30) * PIXELS * sizeof *out);
            gs_plan_free(plan);
        }
    gs_model_free(model);
}

static void what_decoders_lack_is_refused(void **state) {
    (void)state;
    gs_model *model = load(decoder_weights(CLASSES)), *denoiser = load(weights_small());
    gs_plan *plan = make_plan(model, (gs_plan_options){.threads = 1}),
            *other = make_plan(denoiser, (gs_plan_options){.threads = 1});
    const int labels[2] = {0, CLASSES + 1};
    float room[8 * PIXELS];
    const gs_term term = {.plan = other, .weight = 1}, decoder = {.plan = plan, .weight = 1};
    refuse(plan, (gs_sample_options){.sampler = "heun"}, GS_ERROR_UNSUPPORTED, "expected decode");
    refuse(plan, (gs_sample_options){.sampler = "langevin"}, GS_ERROR_UNSUPPORTED, "expected decode");
    refuse(other, (gs_sample_options){.sampler = "decode"}, GS_ERROR_UNSUPPORTED, "the sampler decode needs a decoder");
    refuse(plan, (gs_sample_options){.trajectory = room}, GS_ERROR_ARGUMENT,
           "trajectory: the sampler decode leaves no");
    refuse(plan, (gs_sample_options){.guidance = 1}, GS_ERROR_ARGUMENT, "is a decoder, expected none");
    refuse(plan, (gs_sample_options){.sigma_low = 1, .sigma_high = 1}, GS_ERROR_ARGUMENT, "takes no noise level");
    refuse(plan, (gs_sample_options){.labels = labels}, GS_ERROR_ARGUMENT, "label 4 of image 1: expected 0 ... 3");
    refuse(plan, (gs_sample_options){.terms = &term, .term_count = 1}, GS_ERROR_UNSUPPORTED,
           "network 1, test, is a decoder: expected an energy");
    refuse(other, (gs_sample_options){.terms = &decoder, .term_count = 1}, GS_ERROR_UNSUPPORTED,
           "network 2, test, is a decoder: expected an energy");
    assert_int_equal(gs_energy_measure(&decoder, 1, room, 1, 1, NULL, room, NULL), GS_ERROR_UNSUPPORTED);
    gs_loss loss[10], mean;
    assert_int_equal(
        gs_loss_measure(plan, room, 1, &(gs_loss_options){.sigma_low = 1, .sigma_high = 2}, loss, &mean, NULL),
        GS_ERROR_UNSUPPORTED);
    gs_plan_free(plan);
    gs_plan_free(other);
    gs_model_free(model);
    gs_model_free(denoiser);
}

/* An image that is no number, or far from the range, is an error that names its chain. */
static void images_that_are_none_are_refused(void **state) {
    (void)state;
    weights *w = decoder_weights(0);
    weights_node(w, "far", "affine", "['out']", "{'scale': 1e6}", NULL);
    weights_outputs(w, "['far']");
    gs_model *model = load(w);
    gs_plan *plan = make_plan(model, (gs_plan_options){.threads = 2});
    refuse(plan, (gs_sample_options){.first_chain = 4}, GS_ERROR_DIVERGED, "chain 4 diverged");
    gs_plan_free(plan);
    gs_model_free(model);
}

static bool stop(void *context, double part, size_t done, size_t n) {
    (void)part;
    (void)done;
    (void)n;
    return (*(int *)context)-- > 0;
}

static void drawing_can_be_stopped(void **state) {
    (void)state;
    gs_model *model = load(decoder_weights(0));
    gs_plan *plan = make_plan(model, (gs_plan_options){.threads = 1, .block = 1});
    float out[N * PIXELS];
    int calls = 0;
    gs_outcome outcome = {0};
    gs_sample_options o = {.progress = stop, .context = &calls, .outcome = &outcome};
    size_t done = 1;
    assert_int_equal(gs_sample(plan, &o, N, out, &done, NULL), GS_ERROR_INTERRUPTED);
    assert_int_equal(done, 0);
    calls = 100;
    assert_int_equal(gs_sample(plan, &o, N, out, &done, NULL), GS_OK);
    assert_int_equal(outcome.chains, N);
    assert_int_equal(outcome.far, 0);
    gs_plan_free(plan);
    gs_model_free(model);
}

/* ---- Networks that need a label ---- */

/* The small denoiser with a table of as many rows as it has classes. */
static weights *needy_weights(void) {
    weights *w = weights_new("denoiser", 1, 4, 4);
    weights_inputs(w, true, CLASSES);
    weights_set(w, "unlabelled", "false");
    weights_random(w, "e", 2, (const size_t[]){CLASSES, 1}, 4);
    weights_node(w, "row", "embedding", "['label']", NULL, "{'weight': 'e'}");
    weights_node(w, "out", "mul", "['x', 'row']", NULL, NULL);
    return w;
}

static void labels_are_needed(void **state) {
    (void)state;
    gs_model *model = load(needy_weights());
    gs_plan *plan = make_plan(model, (gs_plan_options){.threads = 1});
    const int labels[2] = {0, CLASSES - 1}, none[2] = {0, CLASSES};
    float x[32] = {1}, out[2 * PIXELS];
    gs_error error;
    assert_true(gs_model_get_info(model)->needs_label);
    assert_int_equal(gs_plan_evaluate(plan, x, 1, labels, 2, (float *const[2]){out, NULL}, NULL), GS_OK);
    assert_int_equal(gs_plan_evaluate(plan, x, 1, NULL, 2, (float *const[2]){out, NULL}, &error), GS_ERROR_ARGUMENT);
    assert_string_equal(error.message, "labels: the model 'test' needs a label for every image, 0 ... 2");
    assert_int_equal(gs_plan_evaluate(plan, x, 1, none, 2, (float *const[2]){out, NULL}, &error), GS_ERROR_ARGUMENT);
    assert_string_equal(error.message, "label 3 of image 1: expected 0 ... 2");
    draw(plan, (gs_sample_options){.labels = labels}, 2, out);
    assert_int_equal(gs_plan_update(plan, NULL, 0, NULL), GS_OK); /* the table has no row too few */
    const gs_term term = {.plan = plan, .weight = 1, .labels = labels};
    refuse(plan, (gs_sample_options){0}, GS_ERROR_ARGUMENT, "needs a label for every image");
    refuse(plan, (gs_sample_options){.labels = none}, GS_ERROR_ARGUMENT, "label 3 of image 1");
    refuse(plan, (gs_sample_options){.labels = labels, .guidance = 1}, GS_ERROR_ARGUMENT,
           "guidance 1: the model 'test'");
    gs_model *guided = load(weights_small());
    gs_plan *first = make_plan(guided, (gs_plan_options){.threads = 1});
    refuse(first, (gs_sample_options){.labels = labels, .guidance = 1, .terms = &term, .term_count = 1},
           GS_ERROR_ARGUMENT, "guidance 1: the model 'test' needs a label");
    gs_plan_free(first);
    gs_plan_free(plan);
    gs_model_free(guided);
    gs_model_free(model);
}

/* Without shares every run of labels has every class equally often, but for a few. */
static void labels_without_shares_are_uniform(void **state) {
    (void)state;
    enum { MANY = 3000 };
    gs_model *model = load(needy_weights());
    int labels[MANY], count[CLASSES] = {0};
    assert_int_equal(gs_model_draw_labels(model, 9, 5, MANY, labels, NULL), GS_OK);
    for (int i = 0; i < MANY; i++) {
        assert_in_range(labels[i], 0, CLASSES - 1);
        count[labels[i]]++;
    }
    for (int k = 0; k < CLASSES; k++)
        assert_in_range(count[k], MANY / CLASSES - 10, MANY / CLASSES + 10);
    gs_model_free(model);
    model = load(weights_small());
    assert_false(gs_model_get_info(model)->needs_label);
    assert_int_equal(gs_model_draw_labels(model, 9, 5, MANY, labels, NULL), GS_ERROR_UNSUPPORTED);
    gs_model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decoders_say_what_they_make),
        cmocka_unit_test(samples_are_decoded_noise),
        cmocka_unit_test(latents_are_standard_normal),
        cmocka_unit_test(samples_are_the_same_bytes),
        cmocka_unit_test(what_decoders_lack_is_refused),
        cmocka_unit_test(images_that_are_none_are_refused),
        cmocka_unit_test(drawing_can_be_stopped),
        cmocka_unit_test(labels_are_needed),
        cmocka_unit_test(labels_without_shares_are_uniform),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
