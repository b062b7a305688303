/* Likelihoods by the probability flow, and the flow itself, where they are known. A flow takes p_low to p_high, so that
 * for a density with a closed form at every noise level log p_low(x) = log p_high(x') + volume, whatever the prior. Of
 * Gaussians the flow itself is known: x' - m = sqrt((v + high^2) / (v + low^2)) (x - m), coordinate by coordinate.
 *
 * Statistical tests have fixed seeds and bounds of 5 standard errors: a false-alarm rate of 6e-7 each. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernels.h"
#include "support/about.h"
#include "support/effort.h"
#include "support/networks.h"
#include "support/weights.h"

enum { MANY = 100 };
#define LOG_2PI 1.8378770664093454836

/* A density, its network and samples of it at the lowest noise level. */
typedef struct subject {
    gs_density *density;
    gs_model *model;
    gs_plan *plan;
    const gs_model_info *info;
    size_t d, n;
    float *x, *latent;
    double *low, *high; /* (n) true energies of the images and of the latents */
    gs_likelihood *of;
} subject;

static subject subject_of(const char *text, size_t n) {
    subject s = {.n = n};
    assert_int_equal(gs_density_create(text, &s.density, NULL), GS_OK);
    assert_int_equal(gs_density_model(s.density, &s.model, NULL), GS_OK);
    s.info = gs_model_get_info(s.model);
    s.plan = make_plan(s.model, (gs_plan_options){.threads = 1, .gradient = true});
    s.d = (size_t)gs_density_dimensions(s.density);
    s.x = test_malloc(n * s.d * sizeof *s.x);
    s.latent = test_malloc(n * s.d * sizeof *s.latent);
    s.low = test_malloc(n * sizeof *s.low);
    s.high = test_malloc(n * sizeof *s.high);
    s.of = test_malloc(n * sizeof *s.of);
    assert_int_equal(gs_density_draw(s.density, s.info->sigma[0], 3, 0, n, s.x, NULL), GS_OK);
    return s;
}

static void free_subject(subject *s) {
    test_free(s->x);
    test_free(s->latent);
    test_free(s->low);
    test_free(s->high);
    test_free(s->of);
    gs_plan_free(s->plan);
    gs_model_free(s->model);
    gs_density_free(s->density);
}

static void find_energies(const subject *s, const float *x, double sigma, double *energy) {
    double *exact = test_malloc(s->n * s->d * sizeof *exact);
    for (size_t i = 0; i < s->n * s->d; i++)
        exact[i] = (double)x[i];
    assert_int_equal(gs_density_energy(s->density, exact, sigma, s->n, energy, NULL, NULL), GS_OK);
    test_free(exact);
}

static void measure(subject *s, const gs_flow_options *options) {
    assert_int_equal(gs_likelihood_measure(s->plan, s->x, s->n, options, s->of, NULL), GS_OK);
    assert_int_equal(gs_encode(s->plan, s->x, s->n, options, s->latent, NULL), GS_OK);
    find_energies(s, s->x, s->info->sigma[0], s->low);
    find_energies(s, s->latent, s->info->sigma[1], s->high);
}

/* ---- Likelihoods ---- */

static void gaussians_have_their_likelihood(void **state) {
    (void)state;
    static const double sd[] = {0.5, 1, 0.3}, mean[] = {1, -1, 0.2};
    subject s = subject_of("gaussian:mean=1/-1/0.2,sd=0.5/1/0.3", 20);
    const double low = s.info->sigma[0], high = s.info->sigma[1];
    measure(&s, &(gs_flow_options){.steps = 64});
    for (size_t k = 0; k < s.n; k++) {
        about("image %zu", k);
        double wanted = -3 * (LOG_2PI / 2 + log(high));
        for (size_t i = 0; i < 3; i++) {
            double ratio = (sd[i] * sd[i] + high * high) / (sd[i] * sd[i] + low * low);
            double x = mean[i] + sqrt(ratio) * ((double)s.x[3 * k + i] - mean[i]);
            assert_true(fabs((double)s.latent[3 * k + i] - x) < 2e-4 * high);
            wanted += log(ratio) / 2 - x * x / (2 * high * high);
        }
        assert_true(fabs(s.of[k].nats - wanted) < 2e-3);
        /* the prior is not quite p_high: it lacks the mean and the variance of the data */
        assert_true(fabs(s.of[k].nats + s.low[k]) < 0.05);
        assert_true(s.of[k].error == 0 && s.of[k].steps == 64 && isnan(s.of[k].change));
        assert_true(s.of[k].nats == s.of[k].prior + s.of[k].volume);
        assert_true(fabs(s.of[k].bits + s.of[k].nats / 3 / log(2)) < 1e-12 && s.of[k].bits_error == 0);
    }
    free_subject(&s);
}

static void mixtures_have_their_likelihood(void **state) {
    (void)state;
    static const char *const texts[] = {"mixture:means=-2/0,2/0,sd=0.5,0.2", "mixture:dim=5,means=-1,0,3,weights=1,3,2",
                                        "rings:radii=1"};
    for (size_t i = 0; i < 2 + (effort_percent() == 100); i++) {
        subject s = subject_of(texts[i], 20);
        measure(&s, &(gs_flow_options){.steps = 64});
        for (size_t k = 0; k < s.n; k++) {
            about("%s, image %zu", texts[i], k);
            assert_true(fabs(s.of[k].volume - (s.high[k] - s.low[k])) < (i < 2 ? 0.02 : 0.1));
        }
        free_subject(&s);
    }
}

/* Off the diagonal the Jacobian is not 0, so that the estimate has a variance, which is that of directions. */
static void traces_are_estimated_within_their_errors(void **state) {
    (void)state;
    static const gs_trace_method methods[] = {GS_TRACE_SIGNS, GS_TRACE_NORMAL};
    subject s = subject_of("correlated:dim=20,correlation=0.8", (size_t)effort(MANY));
    double spread[2];
    for (size_t i = 0; i < GS_COUNT(methods); i++) {
        about("method %zu", i);
        measure(&s, &(gs_flow_options){.trace = methods[i], .seed = 4, .probes = 3, .steps = 32});
        double sum = 0, squares = 0, variance = 0, n = (double)s.n;
        for (size_t k = 0; k < s.n; k++) {
            double off = s.of[k].volume - (s.high[k] - s.low[k]);
            sum += off;
            squares += off * off;
            variance += s.of[k].error * s.of[k].error;
        }
        assert_true(fabs(sum) < 5 * sqrt(variance) + 0.01 * n);
        /* squares of normal numbers deviate by sqrt(2) in the mean, the variance itself by less */
        assert_true(fabs(squares / variance - 1) < 5 * sqrt(2 / n) + 0.1);
        spread[i] = variance;
    }
    assert_true(s.n < MANY || spread[0] < spread[1]);
    free_subject(&s);
}

static void exact_traces_are_what_probes_estimate(void **state) {
    (void)state;
    subject s = subject_of("correlated:dim=20,correlation=0.8", 3);
    measure(&s, &(gs_flow_options){.trace = GS_TRACE_EXACT, .probes = 7});
    for (size_t k = 0; k < s.n; k++)
        assert_true(s.of[k].error == 0 && fabs(s.of[k].volume - (s.high[k] - s.low[k])) < 0.01);
    measure(&s, &(gs_flow_options){.probes = 1, .steps = 8});
    assert_true(isnan(s.of[0].error));
    free_subject(&s);
}

static void steps_are_doubled_until_they_suffice(void **state) {
    (void)state;
    subject s = subject_of("mixture:means=-2/0,2/0,sd=0.5,0.2", 20);
    gs_likelihood alone;
    const gs_flow_options o = {.steps = 3, .tolerance = 0.01};
    int least = 1 << 20, most = 0;
    measure(&s, &o);
    for (size_t k = 0; k < s.n; k++) {
        about("image %zu", k);
        assert_true(s.of[k].change <= 0.01);
        least = s.of[k].steps < least ? s.of[k].steps : least;
        most = s.of[k].steps > most ? s.of[k].steps : most;
    }
    assert_true(least >= 8 && least < most && most <= 4 * 128);
    assert_int_equal(gs_likelihood_measure(s.plan, s.x + 2 * s.d, 1, &o, &alone, NULL), GS_OK);
    assert_memory_equal(&alone, &s.of[2], sizeof alone);
    free_subject(&s);
}

/* ---- Images ---- */

enum { SIDE = 5, PIXELS = SIDE * SIDE };

/* Pixels that are normal with mean 1/2 and deviation 1/4: D = 1/2 + (x - 1/2) / (1 + 16 sigma^2). */
static gs_model *pixels_of(const char *kind) {
    weights *w = weights_new(kind, 1, SIDE, SIDE);
    weights_inputs(w, true, 0);
    weights_node(w, "s2", "square", "['sigma']", NULL, NULL);
    weights_node(w, "a", "affine", "['s2']", "{'scale': 16, 'shift': 1}", NULL);
    weights_node(w, "r", "reciprocal", "['a']", NULL, NULL);
    weights_node(w, "c", "affine", "['x']", "{'shift': -0.5}", NULL);
    weights_node(w, "d", "mul", "['c', 'r']", NULL, NULL);
    if (!strcmp(kind, "denoiser"))
        weights_node(w, "out", "affine", "['d']", "{'shift': 0.5}", NULL);
    if (!strcmp(kind, "score"))
        weights_node(w, "out", "affine", "['d']", "{'scale': -16}", NULL);
    if (!strcmp(kind, "noise")) {
        weights_node(w, "e", "mul", "['d', 'sigma']", NULL, NULL);
        weights_node(w, "out", "affine", "['e']", "{'scale': 16}", NULL);
    }
    gs_model *model = weights_load(w);
    weights_free(w);
    return model;
}

static double mean_of(const gs_likelihood *of, size_t n) {
    double sum = 0;
    for (size_t k = 0; k < n; k++)
        sum += of[k].nats / (double)n;
    return sum;
}

static void kinds_agree(void **state) {
    (void)state;
    static const char *const kinds[] = {"denoiser", "score", "noise"};
    float x[2 * PIXELS];
    gs_likelihood first[2], of[2];
    for (size_t i = 0; i < GS_COUNT(x); i++)
        x[i] = (float)(i % 7) / 7;
    for (size_t i = 0; i < 2 * GS_COUNT(kinds); i++) {
        about("%s, %s", kinds[i / 2], i % 2 ? "differences" : "reverse mode");
        gs_model *model = pixels_of(kinds[i / 2]);
        gs_plan *plan = make_plan(model, (gs_plan_options){.threads = 1, .gradient = i % 2 == 0});
        assert_int_equal(gs_likelihood_measure(plan, x, 2, NULL, i ? of : first, NULL), GS_OK);
        assert_true(!i || fabs(of[1].nats - first[1].nats) < 0.05);
        gs_plan_free(plan);
        gs_model_free(model);
    }
}

/* Bytes k / 255 become (k + u) / 256, whose likelihood under a normal density of deviation 1/4 differs from that of
 * another u by far less than that of another k. */
static void pixels_are_dequantised(void **state) {
    (void)state;
    enum { IMAGES = 40 };
    float x[IMAGES * PIXELS], middle[PIXELS];
    gs_likelihood of[IMAGES], again[IMAGES], plain[IMAGES], wanted;
    gs_model *model = pixels_of("denoiser");
    gs_plan *plan = make_plan(model, (gs_plan_options){.threads = 1});
    gs_flow_options o = {.dequantize = 4, .seed = 1, .probes = 1, .steps = 16};
    for (size_t i = 0; i < GS_COUNT(x); i++)
        x[i] = 1; /* the last of four levels, 3/4 ... 1 */
    assert_int_equal(gs_likelihood_measure(plan, x, IMAGES, &o, of, NULL), GS_OK);
    for (size_t i = 0; i < PIXELS; i++)
        middle[i] = 0.875F;
    double spread = 0, width = 1 / 4.0, v = 1 / 16.0 + 1e-4;
    assert_int_equal(
        gs_likelihood_measure(plan, middle, 1, &(gs_flow_options){.probes = 1, .steps = 16}, &wanted, NULL), GS_OK);
    for (size_t k = 0; k < IMAGES; k++) {
        spread += fabs(of[k].nats - of[0].nats);
        assert_true(fabs(of[k].bits + of[k].nats / PIXELS / log(2) - 2) < 1e-9);
    }
    /* E of -(u - 1/2)^2 / 2v is that at the middle and -width^2 / 12 / 2v; by a normal u's square it has deviation 1 */
    double expected = wanted.nats - PIXELS * width * width / 12 / (2 * v);
    assert_true(spread > 1 && fabs(mean_of(of, IMAGES) - expected) < 5 * 3.0 / sqrt(IMAGES));
    assert_int_equal(gs_likelihood_measure(plan, x, IMAGES, &o, again, NULL), GS_OK);
    assert_memory_equal(of, again, 8 * sizeof *of / 8);
    o.dequantize = 0;
    assert_int_equal(gs_likelihood_measure(plan, x, IMAGES, &o, plain, NULL), GS_OK);
    assert_true(plain[0].nats == plain[1].nats && plain[0].nats < mean_of(of, IMAGES));
    gs_plan_free(plan);
    gs_model_free(model);
}

/* Also that it does not depend on how many images are measured with it. */
static void it_is_the_same_bytes_everywhere(void **state) {
    (void)state;
    enum { IMAGES = 9 };
    float x[IMAGES * PIXELS];
    gs_likelihood first[IMAGES], of[IMAGES];
    gs_model *model = pixels_of("noise");
    const gs_flow_options o = {.trace = GS_TRACE_NORMAL, .dequantize = 8, .tolerance = 1, .steps = 8};
    const gs_kernels *kernels;
    for (size_t i = 0; i < GS_COUNT(x); i++)
        x[i] = (float)(i % 7) / 7;
    for (int i = 0; (kernels = gs_kernels_at(i)); i++) {
        bool supported;
        if (!gs_isa_name(i, &supported) || !supported)
            continue;
        about("%s", kernels->isa);
        gs_plan *plan = make_plan(model, (gs_plan_options){.isa = kernels->isa, .threads = 1 + i % 3, .block = 1 + i});
        size_t n = i ? IMAGES - 4 : IMAGES;
        assert_int_equal(gs_likelihood_measure(plan, x, n, &o, i ? of : first, NULL), GS_OK);
        assert_true(!i || !memcmp(of, first, n * sizeof *of));
        gs_plan_free(plan);
    }
    gs_model_free(model);
}

/* ---- Latents ---- */

static void what_is_encoded_is_decoded(void **state) {
    (void)state;
    subject s = subject_of("mixture:means=-2/0,2/0,sd=0.5,0.2", 50);
    float *back = test_malloc(s.n * s.d * sizeof *back);
    double error[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        const gs_flow_options o = {.steps = i ? 64 : 16};
        assert_int_equal(gs_encode(s.plan, s.x, s.n, &o, s.latent, NULL), GS_OK);
        assert_int_equal(gs_decode(s.plan, s.latent, s.n, &o, back, NULL), GS_OK);
        for (size_t k = 0; k < s.n * s.d; k++) { /* not by fmax(): GCC 12 for 64-bit ARM fails to vectorise that */
            double e = fabs((double)back[k] - (double)s.x[k]);
            error[i] = e > error[i] ? e : error[i];
        }
    }
    assert_true(error[1] < 1e-3 && error[1] < error[0]);
    /* in place, and a single image */
    memcpy(back, s.x, s.n * s.d * sizeof *back);
    assert_int_equal(gs_encode(s.plan, back + s.d, 1, &(gs_flow_options){.steps = 64}, back + s.d, NULL), GS_OK);
    assert_memory_equal(back + s.d, s.latent + s.d, s.d * sizeof *back);
    test_free(back);
    free_subject(&s);
}

static void arcs_keep_their_length(void **state) {
    (void)state;
    const float a[] = {3, 0, 0}, b[] = {0, 4, 0}, zero[] = {0, 0, 0}, behind[] = {-3, 0, 0};
    float out[3];
    gs_slerp(a, b, 3, 0, out);
    assert_true(out[0] == 3 && fabsf(out[1]) < 1e-6F);
    gs_slerp(a, b, 3, 1, out);
    assert_true(fabsf(out[0]) < 1e-6F && out[1] == 4);
    gs_slerp(a, b, 3, 0.5, out);
    assert_true(fabs((double)out[0] - 3 * sqrt(0.5)) < 1e-6 && fabs((double)out[1] - 4 * sqrt(0.5)) < 1e-6);
    gs_slerp(a, a, 3, 0.3, out);
    assert_true(fabsf(out[0] - 3) < 1e-6F);
    gs_slerp(a, zero, 3, 0.25, out);
    assert_true(out[0] == 2.25F);
    gs_slerp(a, behind, 3, 0.5, out);
    assert_true(out[0] == 0);
}

/* ---- Mistakes ---- */

static bool stop_halfway(void *context, double part) {
    *(double *)context = part;
    return part < 0.4;
}

static void mistakes_are_refused(void **state) {
    (void)state;
    gs_model *model = pixels_of("denoiser"), *energy, *plain;
    assert_int_equal(gs_model_create_density("gaussian:dim=2", &energy, NULL), GS_OK);
    assert_int_equal(gs_model_create_density("gaussian:dim=2,levels=no", &plain, NULL), GS_OK);
    gs_plan *plan = make_plan(model, (gs_plan_options){.threads = 1});
    gs_plan *without = make_plan(energy, (gs_plan_options){.threads = 1});
    gs_plan *levelless = make_plan(plain, (gs_plan_options){.threads = 1, .gradient = true});
    float x[PIXELS] = {0}, far[PIXELS] = {NAN};
    gs_likelihood of;
    gs_error error;
    double part = 0;
    const int label = 1;
    const gs_flow_options bad[] = {{.steps = 1},
                                   {.steps = 4097},
                                   {.sigma_low = 31},
                                   {.sigma_high = 0.001},
                                   {.probes = -1},
                                   {.probes = 1001},
                                   {.dequantize = 1},
                                   {.dequantize = 65537},
                                   {.tolerance = -1},
                                   {.tolerance = NAN},
                                   {.labels = &label},
                                   {.trace = (gs_trace_method)9},
                                   {.sigma_low = 2, .sigma_high = 1}};
    for (size_t i = 0; i < GS_COUNT(bad); i++) {
        about("bad[%zu]", i);
        assert_int_equal(gs_likelihood_measure(plan, x, 1, &bad[i], &of, &error), GS_ERROR_ARGUMENT);
    }
    assert_int_equal(gs_encode(plan, x, 1, &(gs_flow_options){.steps = 5000}, x, &error), GS_ERROR_ARGUMENT);
    assert_int_equal(gs_likelihood_measure(without, x, 1, NULL, &of, &error), GS_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "with the gradient"));
    assert_int_equal(gs_likelihood_measure(levelless, x, 1, NULL, &of, &error), GS_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "takes no noise level"));
    assert_int_equal(gs_encode(plan, far, 1, NULL, x, &error), GS_ERROR_DIVERGED);
    const gs_flow_options stopped = {.progress = stop_halfway, .context = &part};
    memset(x, 0, sizeof x);
    assert_int_equal(gs_likelihood_measure(plan, x, 1, &stopped, &of, &error), GS_ERROR_INTERRUPTED);
    assert_true(part >= 0.4 && part < 1);
    assert_int_equal(gs_likelihood_measure(plan, x, 0, NULL, &of, NULL), GS_OK);
    gs_plan_free(plan);
    gs_plan_free(without);
    gs_plan_free(levelless);
    gs_model_free(model);
    gs_model_free(energy);
    gs_model_free(plain);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gaussians_have_their_likelihood),
                                       cmocka_unit_test(mixtures_have_their_likelihood),
                                       cmocka_unit_test(traces_are_estimated_within_their_errors),
                                       cmocka_unit_test(exact_traces_are_what_probes_estimate),
                                       cmocka_unit_test(steps_are_doubled_until_they_suffice),
                                       cmocka_unit_test(kinds_agree),
                                       cmocka_unit_test(pixels_are_dequantised),
                                       cmocka_unit_test(it_is_the_same_bytes_everywhere),
                                       cmocka_unit_test(what_is_encoded_is_decoded),
                                       cmocka_unit_test(arcs_keep_their_length),
                                       cmocka_unit_test(mistakes_are_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
