/* Rejection sampling: the distribution from which every algorithm draws, the same bytes however it is run, and
 * refusals.
 *
 * Statistics must be within 4.5 standard deviations, or within bounds of the same false-alarm rate of 7e-6 per figure;
 * seeds are fixed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sample/proposals.h"
#include "support/about.h"
#include "support/effort.h"

static const double deviations_max = 4.5, ks_max = 2.51; /* 2 exp(-2 2.51^2) = 7e-6 */

static const char *algorithm_name(int i) {
    const gs_rejection_info *row = gs_rejection_get(i);
    return row ? row->name : NULL;
}

static void assert_small(const char *what, const char *algorithm, int dim, double value, double most) {
    if (!(fabs(value) <= most))
        fail_msg("%s of %s in %d dimensions: %.3f, expected at most %.2f", what, algorithm, dim, value, most);
}

static gs_rejection_result draw(const gs_rejection_options *o, size_t n, float *out) {
    gs_rejection_result result;
    gs_error error;
    if (gs_rejection(o, n, out, &result, &error))
        fail_msg("%s", error.message);
    return result;
}

/* ---- The share that is accepted ---- */

static const struct {
    int dim;
    double ratio;
    int proposals;
} shares[] = {{1, 1.5, 400000},  {2, 1.3, 400000},   {3, 2, 40000},       {16, 1.1, 40000},
              {64, 1.05, 40000}, {128, 1.03, 40000}, {784, 1.005, 40000}, {1000, 1.002, 20000}};

static void acceptance_is_that_of_theory(void **state) {
    (void)state;
    for (int a = 0; algorithm_name(a); a++)
        for (size_t i = 0; i < GS_COUNT(shares); i++) {
            about("shares[%zu]", i);
            gs_rejection_options o = {.dim = shares[i].dim,
                                      .ratio = shares[i].ratio,
                                      .algorithm = algorithm_name(a),
                                      .seed = 7,
                                      .proposals = (uint64_t)effort(shares[i].proposals)};
            gs_rejection_result r = draw(&o, 0, NULL);
            assert_int_equal(r.proposals, o.proposals);
            assert_true(fabs(r.acceptance / pow(o.ratio, -o.dim) - 1) < 1e-12);
            assert_small("acceptance", o.algorithm, o.dim, gs_binomial_score(r.accepted, r.proposals, r.acceptance),
                         deviations_max);
        }
}

/* (1/1.01)^784 = 4.093e-4 is within the 99 % interval around some 1,600 (early) and 8,000 accepted samples of these
 * seeds. */
static void the_reference_setting(void **state) {
    (void)state;
    const char *algorithms[] = {"early", "radius"};
    for (int a = 0; a < 2; a++) {
        about("a %d", a);
        gs_rejection_options o = {.dim = 784, .ratio = 1.01, .algorithm = algorithms[a], .seed = 3};
        o.proposals = (uint64_t)effort(a ? 20000000 : 4000000);
        gs_rejection_result r = draw(&o, 0, NULL);
        double low, high;
        assert_int_equal(gs_binomial_interval(r.accepted, r.proposals, 0.99, &low, &high, NULL), GS_OK);
        print_message("%s: %llu of %llu accepted, %.4g ... %.4g\n", o.algorithm, (unsigned long long)r.accepted,
                      (unsigned long long)r.proposals, low, high);
        assert_true(effort_percent() < 100 || r.accepted >= 1500);
        assert_true(low < 4.093e-4 && 4.093e-4 < high);
    }
}

/* Every proposal that the bounds in single precision decide is decided the same in double precision. */
static void bounds_hold(void **state) {
    (void)state;
    static const struct {
        int dim;
        double ratio;
    } cases[] = {{1, 1.001},    {1, 3},      {2, 1.5}, {3, 1.01},         {16, 1.1},
                 {784, 1.0001}, {784, 1.01}, {784, 2}, {1 << 20, 1.00001}};
    for (size_t i = 0; i < GS_COUNT(cases); i++) {
        about("cases[%zu]", i);
        gs_target t = {.kernels = gs_kernels_find("scalar"), .seed = 11, .dim = cases[i].dim};
        t.steepness = (cases[i].ratio * cases[i].ratio - 1) / 2;
        size_t settled = 0;
        for (int k = 0; k < effort(400); k++) {
            gs_accepted accepted[GS_PROPOSAL_BATCH];
            uint64_t first = (uint64_t)k * GS_PROPOSAL_BATCH;
            size_t n = gs_decide_radius(&t, first, GS_PROPOSAL_BATCH, NULL, accepted), at = 0;
            for (uint64_t p = first; p < first + GS_PROPOSAL_BATCH; p++) {
                double square;
                bool found = at < n && accepted[at].proposal == p;
                if (gs_radius_accepts(&t, p, &square) != found || (found && accepted[at].square != square))
                    fail_msg("proposal %llu in %d dimensions", (unsigned long long)p, t.dim);
                at += found;
            }
            settled += at == n;
        }
        assert_int_equal(settled, effort(400));
    }
}

/* ---- The distribution of what is accepted ---- */

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* P(chi-square of an even number of degrees <= x): 1 - exp(-x/2) sum over i < degrees/2 of (x/2)^i / i!. */
static double chi_square_below(double x, int degrees) {
    double sum = 0;
    for (int i = 0; i < degrees / 2; i++)
        sum += exp(i * log(x / 2) - lgamma(i + 1.0) - x / 2);
    return 1 - sum;
}

/* sqrt(n) times Kolmogorov & Smirnov's distance of sorted values from their distribution function. */
static double ks_distance(double *sorted, size_t n, int degrees) {
    double most = 0;
    qsort(sorted, n, sizeof *sorted, compare_doubles);
    for (size_t i = 0; i < n; i++) {
        double f = degrees ? chi_square_below(sorted[i], degrees) : 0.5 * erfc(-sorted[i] * sqrt(0.5));
        most = fmax(most, fmax(f - (double)i / (double)n, (double)(i + 1) / (double)n - f));
    }
    return sqrt((double)n) * most;
}

/* Checks of n samples x: the coordinates' means, as a chi-square number; the sum of squares; products of neighbours;
 * sums of fourth powers (of mean 3 and variance 96); the distributions of the squared radii and of the first
 * coordinates. */
static void check_samples(const char *algorithm, const float *x, size_t n, int dim) {
    double *radius = calloc(n, sizeof *radius), *first = calloc(n, sizeof *first);
    double means = 0, squares = 0, products = 0, fourths = 0, count = (double)n * dim;
    assert_non_null(radius);
    assert_non_null(first);
    for (int i = 0; i < dim; i++) {
        double mean = 0;
        for (size_t k = 0; k < n; k++) {
            double v = (double)x[k * (size_t)dim + (size_t)i];
            mean += v / (double)n;
            squares += v * v;
            fourths += v * v * v * v;
            products += i ? v * (double)x[k * (size_t)dim + (size_t)i - 1] : 0;
            radius[k] += v * v;
        }
        means += mean * mean * (double)n;
    }
    for (size_t k = 0; k < n; k++)
        first[k] = (double)x[k * (size_t)dim];
    assert_small("means", algorithm, dim, (means - dim) / sqrt(2 * dim), deviations_max + 2); /* chi-square is skewed */
    assert_small("squares", algorithm, dim, (squares - count) / sqrt(2 * count), deviations_max);
    assert_small("products", algorithm, dim, products / sqrt(count), deviations_max);
    assert_small("fourth powers", algorithm, dim, (fourths - 3 * count) / sqrt(96 * count), deviations_max);
    assert_small("first coordinates", algorithm, dim, ks_distance(first, n, 0), ks_max);
    if (dim % 2 == 0)
        assert_small("squared radii", algorithm, dim, ks_distance(radius, n, dim), ks_max);
    free(first);
    free(radius);
}

static void accepted_samples_are_normal(void **state) {
    (void)state;
    static const struct {
        int dim;
        double ratio;
    } cases[] = {{1, 1.5}, {2, 1.3}, {3, 2}, {16, 1.15}, {64, 1.05}, {128, 1.03}, {784, 1.004}};
    for (int a = 0; algorithm_name(a); a++)
        for (size_t i = 0; i < GS_COUNT(cases); i++) {
            size_t n = (size_t)effort(2000);
            gs_rejection_options o = {
                .dim = cases[i].dim, .ratio = cases[i].ratio, .algorithm = algorithm_name(a), .seed = 5};
            float *x = calloc(n * (size_t)o.dim, sizeof *x);
            assert_non_null(x);
            draw(&o, n, x);
            check_samples(o.algorithm, x, n, o.dim);
            free(x);
        }
}

/* Kolmogorov & Smirnov's distance of two samples' squared radii, (n m/(n + m))^(1/2) times. */
static void algorithms_agree(void **state) {
    (void)state;
    enum { DIM = 64 };
    const size_t n = (size_t)effort(4000);
    double *radius[2];
    for (int a = 0; a < 2; a++) {
        about("a %d", a);
        gs_rejection_options o = {.dim = DIM, .ratio = 1.05, .algorithm = algorithm_name(a), .seed = 21};
        float *x = calloc(n * DIM, sizeof *x);
        radius[a] = calloc(n, sizeof **radius);
        assert_true(x && radius[a]);
        draw(&o, n, x);
        for (size_t i = 0; i < n * DIM; i++)
            radius[a][i / DIM] += (double)x[i] * (double)x[i];
        qsort(radius[a], n, sizeof **radius, compare_doubles);
        free(x);
    }
    double most = 0;
    for (size_t i = 0, j = 0; i < n && j < n;) {
        if (radius[0][i] < radius[1][j])
            i++;
        else
            j++;
        most = fmax(most, fabs((double)i - (double)j) / (double)n);
    }
    assert_small("radii", "plain beside radius", DIM, sqrt((double)n / 2) * most, ks_max);
    free(radius[0]);
    free(radius[1]);
}

/* ---- The same bytes ---- */

enum { SAME_DIM = 100, SAME_N = 700 };

static void run_is_the_same(const gs_rejection_options *o, const float *expected, const gs_rejection_result *r) {
    static float x[SAME_N * SAME_DIM];
    memset(x, 0, sizeof x);
    gs_rejection_result found = draw(o, SAME_N, x);
    if (found.proposals != r->proposals || found.accepted != r->accepted || memcmp(x, expected, sizeof x))
        fail_msg("%s with %s and %d threads: other samples", o->algorithm, o->isa, o->threads);
}

static void same_bytes_however_it_is_run(void **state) {
    (void)state;
    static float expected[SAME_N * SAME_DIM], plain[SAME_N * SAME_DIM];
    for (int a = 0; algorithm_name(a); a++) {
        about("a %d", a);
        gs_rejection_options o = {
            .dim = SAME_DIM, .ratio = 1.02, .algorithm = algorithm_name(a), .seed = 9, .isa = "scalar", .threads = 1};
        gs_rejection_result r = draw(&o, SAME_N, expected);
        assert_int_equal(r.accepted, SAME_N);
        const char *isa;
        bool supported;
        for (int i = 0; (isa = gs_isa_name(i, &supported)); i++)
            for (o.isa = isa, o.threads = 1; supported && o.threads <= 3; o.threads++)
                run_is_the_same(&o, expected, &r);
        if (a == 0)
            memcpy(plain, expected, sizeof plain);
        if (!strcmp(o.algorithm, "early"))
            assert_memory_equal(expected, plain, sizeof plain);
        else
            assert_true(a == 0 || memcmp(expected, plain, sizeof plain));
    }
}

/* Fewer samples are the first of more; proposals after the last accepted one continue them; a limit cuts them off. */
static void proposals_depend_on_their_number_alone(void **state) {
    (void)state;
    enum { N = 300, PART = 123, DIM = 5 };
    static float all[N * DIM], part[N * DIM];
    for (int a = 0; algorithm_name(a); a++) {
        about("a %d", a);
        gs_rejection_options o = {.dim = DIM, .ratio = 1.5, .algorithm = algorithm_name(a), .seed = 2};
        gs_rejection_result whole = draw(&o, N, all), r = draw(&o, PART, part);
        assert_memory_equal(part, all, PART * DIM * sizeof(float));
        o.first_proposal = r.proposals;
        gs_rejection_result rest = draw(&o, N - PART, part);
        assert_memory_equal(part, all + PART * DIM, (N - PART) * DIM * sizeof(float));
        assert_int_equal(r.proposals + rest.proposals, whole.proposals);
        o = (gs_rejection_options){.dim = DIM, .ratio = 1.5, .algorithm = o.algorithm, .seed = 2};
        o.proposals = r.proposals - 1;
        rest = draw(&o, N, part);
        assert_int_equal(rest.accepted, PART - 1);
        assert_int_equal(rest.proposals, r.proposals - 1);
        assert_int_equal(draw(&o, 0, NULL).accepted, PART - 1);
        /* Proposal numbers beyond 2^32, and the last ones. */
        o.first_proposal = (1ULL << 60) - 50;
        o.proposals = 50;
        assert_int_equal(draw(&o, 0, NULL).proposals, 50);
        o.first_proposal = (1ULL << 32) - 100;
        o.proposals = 200;
        uint64_t both = draw(&o, 0, NULL).accepted;
        o.proposals = 100;
        uint64_t below = draw(&o, 0, NULL).accepted;
        o.first_proposal += 100;
        assert_int_equal(below + draw(&o, 0, NULL).accepted, both);
    }
}

static void mean_and_deviation_are_applied(void **state) {
    (void)state;
    enum { N = 50, DIM = 7 };
    const float mu[DIM] = {0, 1, -2, 3, 100, -0.5F, 8};
    float x[N * DIM], y[N * DIM];
    for (int a = 0; algorithm_name(a); a++) {
        about("a %d", a);
        gs_rejection_options o = {.dim = DIM, .ratio = 1.2, .algorithm = algorithm_name(a)};
        gs_rejection_result standard = draw(&o, N, x);
        o.mu = mu;
        o.sigma = 0.25;
        assert_int_equal(draw(&o, N, y).proposals, standard.proposals);
        for (int i = 0; i < N * DIM; i++) {
            about("a %d, i %d", a, i);
            assert_true(fabsf(y[i] - (mu[i % DIM] + 0.25F * x[i])) <= 1e-6F * (fabsf(y[i]) + fabsf(mu[i % DIM]) + 1));
        }
    }
}

static void ratio_one_accepts_all(void **state) {
    (void)state;
    enum { DIM = 70, N = 1000 };
    static float x[N * DIM];
    for (int a = 0; algorithm_name(a); a++) {
        about("a %d", a);
        gs_rejection_options o = {.dim = DIM, .ratio = 1, .algorithm = algorithm_name(a)};
        assert_int_equal(draw(&o, N, x).proposals, N);
        check_samples(o.algorithm, x, N, DIM);
    }
}

/* ---- Refusals and interruptions ---- */

static void refuse(gs_rejection_options o, size_t n, gs_status status, const char *text) {
    static float out[64];
    gs_rejection_result result;
    gs_error error;
    assert_int_equal(gs_rejection(&o, n, n ? out : NULL, &result, &error), status);
    if (!strstr(error.message, text))
        fail_msg("\"%s\" lacks \"%s\"", error.message, text);
}

#define REFUSE(n, text, ...) refuse((gs_rejection_options){__VA_ARGS__}, n, GS_ERROR_ARGUMENT, text)

static void bad_options_are_refused(void **state) {
    (void)state;
    REFUSE(1, "p/q grows without bound", .dim = 4, .ratio = 0.99);
    REFUSE(1, "ratio nan", .dim = 4, .ratio = NAN);
    REFUSE(1, "ratio inf", .dim = 4, .ratio = INFINITY);
    REFUSE(1, "ratio -1", .dim = 4, .ratio = -1);
    REFUSE(1, "dim 0", .ratio = 2);
    REFUSE(1, "dim -1", .dim = -1, .ratio = 2);
    REFUSE(1, "dim 16777217", .dim = 16777217, .ratio = 2);
    REFUSE(1, "sigma -1", .dim = 4, .ratio = 2, .sigma = -1);
    REFUSE(1, "sigma nan", .dim = 4, .ratio = 2, .sigma = NAN);
    REFUSE(1, "expected one of plain, radius, early", .dim = 4, .ratio = 2, .algorithm = "slow");
    REFUSE(1, "is no instruction set of this build; known are", .dim = 4, .ratio = 2, .isa = "sse9");
    REFUSE(1, "threads 1025", .dim = 4, .ratio = 2, .threads = 1025);
    REFUSE(0, "expected a number of proposals", .dim = 4, .ratio = 2);
    REFUSE(1, "at most", .dim = 784, .ratio = 1.1);
    REFUSE(1, "10^308.3", .dim = 1024, .ratio = 2);
    REFUSE(1, "2^60", .dim = 4, .ratio = 2, .first_proposal = (1ULL << 60) + 1);
    REFUSE(1, "2^60", .dim = 4, .ratio = 2, .first_proposal = 2, .proposals = (1ULL << 60) - 1);
    REFUSE(10, "the numbers end", .dim = 4, .ratio = 2, .first_proposal = (1ULL << 60) - 3);
}

/* A limit on proposals ends a run that would never reach its number of samples. */
static void a_limit_ends_hopeless_runs(void **state) {
    (void)state;
    for (int a = 0; algorithm_name(a); a++)
        for (double ratio = 4; ratio < 1e300; ratio *= 1e200) {
            about("ratio %g", ratio);
            gs_rejection_options o = {.dim = 784, .ratio = ratio, .algorithm = algorithm_name(a), .proposals = 1000};
            gs_rejection_result r = draw(&o, 1, NULL);
            assert_int_equal(r.accepted, 0);
            assert_int_equal(r.proposals, 1000);
        }
}

static bool stop_later(void *context, uint64_t done, uint64_t n) {
    int *calls = context;
    assert_true(done <= n);
    return ++*calls < 3;
}

static void interrupted_runs_keep_the_first_samples(void **state) {
    (void)state;
    enum { DIM = 2, N = 30000000 };
    float *x = calloc((size_t)N * DIM, sizeof *x), *y = calloc((size_t)N * DIM, sizeof *y);
    assert_true(x && y);
    for (int a = 0; algorithm_name(a); a++) {
        about("a %d", a);
        int calls = 0;
        gs_rejection_options o = {.dim = DIM, .ratio = 1.4, .algorithm = algorithm_name(a)};
        o.progress = stop_later;
        o.context = &calls;
        gs_rejection_result r, again;
        gs_error error;
        assert_int_equal(gs_rejection(&o, N, x, &r, &error), GS_ERROR_INTERRUPTED);
        assert_non_null(strstr(error.message, "interrupted"));
        assert_int_equal(calls, 3);
        assert_true(r.accepted > 0 && r.accepted < N);
        o.progress = NULL;
        o.proposals = r.proposals;
        again = draw(&o, N, y);
        assert_int_equal(again.accepted, r.accepted);
        assert_memory_equal(x, y, r.accepted * DIM * sizeof *x);
    }
    free(x);
    free(y);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acceptance_is_that_of_theory),
        cmocka_unit_test(the_reference_setting),
        cmocka_unit_test(bounds_hold),
        cmocka_unit_test(accepted_samples_are_normal),
        cmocka_unit_test(algorithms_agree),
        cmocka_unit_test(same_bytes_however_it_is_run),
        cmocka_unit_test(proposals_depend_on_their_number_alone),
        cmocka_unit_test(mean_and_deviation_are_applied),
        cmocka_unit_test(ratio_one_accepts_all),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(a_limit_ends_hopeless_runs),
        cmocka_unit_test(interrupted_runs_keep_the_first_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
