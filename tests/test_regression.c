/* genbench check and ab: statistics compared with tables and by simulation, comparison with a baseline, output for
 * GitHub. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "measure/statistics.h"
#include "regression/ab.h"
#include "regression/baseline.h"
#include "regression/pairs.h"
#include "support/about.h"
#include "support/random.h"

static void assert_near(double found, double expected, double tolerance) {
    if (!(fabs(found - expected) <= tolerance))
        fail_msg("%.17g is not within %g of %.17g", found, tolerance, expected);
}

/* ---- Wilcoxon ---- */

/* The p of n distinct magnitudes of which the positive ones have ranks that sum to w; the largest are taken first. */
static double p_of(size_t n, size_t w) {
    double x[60];
    size_t left = w;
    for (size_t rank = n; rank >= 1; rank--) {
        bool positive = left >= rank;
        left -= positive ? rank : 0;
        x[rank - 1] = positive ? (double)rank : -(double)rank;
    }
    assert_int_equal(left, 0);
    return gs_wilcoxon(x, n);
}

/* Upper tails of T+ from Hollander, Wolfe & Chicken 2014, table A.4, to its three digits. */
static void tails_are_the_table_s(void **state) {
    (void)state;
    static const struct {
        size_t n, w;
        double p;
    } rows[] = {{3, 6, .125},   {5, 15, .031},  {5, 14, .062},  {6, 21, .016},  {6, 19, .047},  {7, 28, .008},
                {7, 25, .039},  {8, 36, .004},  {8, 31, .039},  {9, 45, .002},  {9, 40, .020},  {10, 55, .001},
                {10, 45, .042}, {10, 50, .010}, {12, 61, .046}, {15, 90, .047}, {15, 101, .009}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        about("rows[%zu]", i);
        assert_near(p_of(rows[i].n, rows[i].w), rows[i].p, .00051);
    }
}

/* Their example 3.1, depression scores before and after: T+ = 5 of 9, so P(T+ >= 40) of the opposite is .0195. */
static void an_example_known(void **state) {
    (void)state;
    const double before[] = {1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30},
                 after[] = {0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29};
    double x[9];
    for (int i = 0; i < 9; i++)
        x[i] = before[i] - after[i];
    assert_near(gs_wilcoxon(x, 9), 0.01953125, 1e-12);
}

/* All outcomes of a few tied values, one by one. */
static void ties_share_their_rank(void **state) {
    (void)state;
    const double x[] = {1, 1, -1, 2, 0, 2, -3}; /* ranks 2, 2, 2, 4.5, 4.5, 6: T+ = 13 */
    const double ranks[] = {2, 2, 2, 4.5, 4.5, 6};
    int as_large = 0;
    for (int k = 0; k < 64; k++) {
        double sum = 0;
        for (int i = 0; i < 6; i++)
            sum += k >> i & 1 ? ranks[i] : 0;
        as_large += sum >= 13;
    }
    assert_near(gs_wilcoxon(x, 7), as_large / 64.0, 1e-12);
    assert_near(gs_wilcoxon((const double[]){0, 0}, 2), 1, 0);
    assert_near(gs_wilcoxon(x, 0), 1, 0);
}

/* The normal approximation begins where the exact distribution ends: 51 values compared with 50, and both tails. */
static void the_approximation_is_near(void **state) {
    (void)state;
    assert_near(p_of(50, 800), 0.05924, 1e-5); /* exact */
    for (size_t w = 663; w < 1000; w += 40) {
        about("w %zu", w);
        double z = ((double)w - 663 - .5) / sqrt(51.0 * 52 * 103 / 24);
        assert_near(p_of(51, w), erfc(z / sqrt(2)) / 2, 1e-12);
    }
    double x[60];
    for (int i = 0; i < 60; i++)
        x[i] = i % 4 ? 1 : -1; /* all of one rank, 30.5 */
    double rank = 30.5, mean = 60 * rank / 2, variance = 60 * rank * rank / 4;
    assert_near(gs_wilcoxon(x, 60), erfc((45 * rank - mean - .5) / sqrt(2 * variance)) / 2, 1e-9);
}

/* ---- Holm and medians ---- */

static void holm_is_known(void **state) {
    (void)state;
    const double p[] = {0.01, 0.04, 0.03, 0.005}, expected[] = {0.03, 0.06, 0.06, 0.02};
    double adjusted[4];
    gs_holm(p, adjusted, 4);
    for (int i = 0; i < 4; i++) {
        about("i %d", i);
        assert_near(adjusted[i], expected[i], 1e-12);
    }
    gs_holm((const double[]){0.5, 0.6, 0.5}, adjusted, 3);
    for (int i = 0; i < 3; i++) {
        about("i %d", i);
        assert_near(adjusted[i], 1, 0);
    }
}

/* Sign test: 8 values are the fewest with P(all on one side) at most 0.005 each; of 20 the 4th and 17th, table A.2. */
static void intervals_are_the_sign_test_s(void **state) {
    (void)state;
    double x[20], low, high;
    for (int i = 0; i < 20; i++)
        x[i] = i + 1;
    gs_median_interval(x, 8, &low, &high);
    assert_true(low == 1 && high == 8);
    gs_median_interval(x, 1, &low, &high);
    assert_true(low == 1 && high == 1);
    gs_median_interval(x, 20, &low, &high);
    assert_true(low == 4 && high == 17);
}

/* ---- Verdicts by simulation ---- */

enum { PAIRS = 60, ROWS = 70 };

/* A standard normal number, approximated by the sum of twelve uniform ones. */
static double noise(uint64_t *random) {
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += (double)(random_next(random) >> 11) * 0x1p-53;
    return sum;
}

static double head[ROWS][PAIRS], control[ROWS][PAIRS];

/* Rows whose r has this median and spread; the control's median is `off`. */
static int flagged(uint64_t *random, int rows, double median, double spread, double off) {
    bench_pairs pairs[ROWS];
    bench_pairs_verdict verdicts[ROWS];
    int count = 0;
    for (int i = 0; i < rows; i++) {
        for (int k = 0; k < PAIRS; k++) {
            head[i][k] = median + spread * noise(random);
            control[i][k] = off + spread * noise(random) / 4;
        }
        pairs[i] = (bench_pairs){head[i], control[i], PAIRS};
    }
    assert_true(bench_pairs_judge(pairs, (size_t)rows, verdicts));
    for (int i = 0; i < rows; i++)
        count += verdicts[i].slower;
    return count;
}

/* The Wilcoxon test when the median is exactly at its boundary: 1.05 % of 20,000 have a p of at most 1.05 %, within
 * four standard deviations, which normal numbers exceed in 6e-5 of all cases. */
static void false_alarms_are_as_rare_as_said(void **state) {
    (void)state;
    enum { TIMES = 20000, N = 12 };
    uint64_t random = 1;
    const double share = 43 / 4096.0; /* P(T+ >= 68), 0.0105 */
    int low = 0;
    for (int t = 0; t < TIMES; t++) {
        double x[N];
        for (int k = 0; k < N; k++)
            x[k] = noise(&random);
        low += gs_wilcoxon(x, N) <= share + 1e-9;
    }
    assert_true(fabs(low - share * TIMES) < 4 * sqrt(share * TIMES));
}

/* 200 runs of 70 equal rows, with ten times the noise of a quiet machine: none is flagged. If all rows are truly 3 %
 * slower, a run has a flagged row with probability 1 % at most, by Holm. A single row that is 15 % slower is always
 * found. */
static void runs_are_judged(void **state) {
    (void)state;
    uint64_t random = 2;
    int equal = 0, boundary = 0, slow = 0;
    for (int t = 0; t < 200; t++) {
        equal += flagged(&random, ROWS, 0, 0.1, 0);
        boundary += flagged(&random, ROWS, log(1.03), 0.1, 0) > 0;
        slow += flagged(&random, 1, log(1.15), 0.1, 0);
    }
    assert_int_equal(equal, 0);
    assert_true(boundary <= 8); /* P(Binomial(200, 0.01) > 8) = 2e-4 */
    assert_int_equal(slow, 200);
}

static void both_conditions_are_needed(void **state) {
    (void)state;
    uint64_t random = 3;
    assert_int_equal(flagged(&random, 1, log(1.045), 0.001, 0), 0); /* certain, but small */
    assert_int_equal(flagged(&random, 1, log(1.06), 0.001, 0), 1);
    assert_int_equal(flagged(&random, 1, log(1.08), 0.5, 0), 0);           /* large, but not certain */
    assert_int_equal(flagged(&random, 1, log(1.15), 0.001, log(1.03)), 0); /* the control is off */
    assert_int_equal(flagged(&random, 1, log(1.15), 0.001, -log(1.03)), 0);
    assert_int_equal(flagged(&random, 1, -log(1.15), 0.001, 0), 0); /* faster */
}

static int exit_of(bench_ab_state a, bench_ab_state b, double off) {
    bench_ab_row rows[2] = {{.state = a}, {.state = b}};
    return bench_ab_exit(&(bench_ab_result){.row = rows, .rows = 2, .control = off});
}

static void statuses_of_ab(void **state) {
    (void)state;
    assert_int_equal(exit_of(BENCH_AB_SAME, BENCH_AB_SAME, 0.01), BENCH_PASS);
    assert_int_equal(exit_of(BENCH_AB_SAME, BENCH_AB_ONE_SIDE, 0), BENCH_PASS);
    assert_int_equal(exit_of(BENCH_AB_SAME, BENCH_AB_SLOWER, 0), BENCH_REGRESSION);
    assert_int_equal(exit_of(BENCH_AB_FAILED, BENCH_AB_SLOWER, 0), BENCH_REGRESSION);
    assert_int_equal(exit_of(BENCH_AB_SAME, BENCH_AB_SLOWER, 0.03), BENCH_INCONCLUSIVE);
    assert_int_equal(exit_of(BENCH_AB_SAME, BENCH_AB_SAME, -0.03), BENCH_INCONCLUSIVE);
    assert_int_equal(exit_of(BENCH_AB_SAME, BENCH_AB_NOISY, 0), BENCH_INCONCLUSIVE);
    assert_int_equal(exit_of(BENCH_AB_SAME, BENCH_AB_FAILED, 0), BENCH_ERROR);
    assert_int_equal(exit_of(BENCH_AB_ONE_SIDE, BENCH_AB_ONE_SIDE, 0), BENCH_ERROR);
}

/* ---- Baselines ---- */

static bench_tally_row tally_row(const char *name, long long instructions, long long allocations) {
    bench_tally_row row = {.of = {[BENCH_COUNT_instructions] = instructions, [BENCH_COUNT_allocations] = allocations}};
    snprintf(row.name, sizeof row.name, "%s", name);
    return row;
}

/* Compare one row with another; returns the exit status, and the findings in *c unless that is NULL. */
static int compare(bench_tally_row before, bench_tally_row now, bool some, const char *compiler, bench_comparison *c) {
    bench_tally a = {.row = &before, .count = 1}, b = {.row = &now, .count = 1};
    bench_comparison own;
    snprintf(b.surrounding[1], sizeof b.surrounding[1], "%s", compiler);
    assert_int_equal(bench_tally_compare(&a, &b, some, &own, NULL), GS_OK);
    int status = bench_comparison_exit(&own);
    if (c)
        *c = own;
    bench_comparison_free(&own);
    return status;
}

static void one_per_cent_is_the_limit(void **state) {
    (void)state;
    const bench_tally_row row = tally_row("a", 100000, 10);
    bench_comparison c;
    assert_int_equal(compare(row, row, false, "", NULL), BENCH_PASS);
    assert_int_equal(compare(row, tally_row("a", 101000, 10), false, "", &c), BENCH_PASS);
    assert_int_equal(c.findings, 0);
    assert_int_equal(compare(row, tally_row("a", 101001, 10), false, "", NULL), BENCH_REGRESSION);
    assert_int_equal(compare(row, tally_row("a", 98000, 10), false, "", &c), BENCH_PASS);
    assert_int_equal(c.of[BENCH_BETTER], 1);
    assert_int_equal(compare(row, tally_row("a", 98000, 11), false, "", &c), BENCH_REGRESSION);
    assert_int_equal(c.of[BENCH_BETTER], 1);
    assert_int_equal(compare(tally_row("a", 1, 0), tally_row("a", 1, 1), false, "", NULL), BENCH_REGRESSION);
}

static void rows_without_counterpart_are_errors(void **state) {
    (void)state;
    const bench_tally_row a = tally_row("a", 1, 1), b = tally_row("b", 1, 1),
                          other = tally_row("k/t:1/isa:pdp11/f32", 1, 1);
    bench_comparison c;
    assert_int_equal(compare(a, b, false, "", &c), BENCH_ERROR);
    assert_true(c.of[BENCH_GONE] == 1 && c.of[BENCH_UNKNOWN] == 1);
    assert_int_equal(compare(a, b, true, "", &c), BENCH_ERROR); /* nothing is compared */
    bench_tally_row two[] = {a, other};
    bench_tally before = {.row = two, .count = 2}, now = {.row = two, .count = 1};
    assert_int_equal(bench_tally_compare(&before, &now, false, &c, NULL), GS_OK);
    assert_int_equal(bench_comparison_exit(&c), BENCH_INCONCLUSIVE); /* this CPU lacks what the row asks for */
    bench_comparison_free(&c);
    two[1] = b;
    assert_int_equal(bench_tally_compare(&before, &now, true, &c, NULL), GS_OK);
    assert_int_equal(bench_comparison_exit(&c), BENCH_PASS);
    assert_int_equal(c.left_out, 1);
    bench_comparison_free(&c);
}

static void another_compiler_compares_no_instructions(void **state) {
    (void)state;
    const bench_tally_row row = tally_row("a", 100, 10);
    bench_comparison c;
    assert_int_equal(compare(row, tally_row("a", 200, 10), false, "other", &c), BENCH_INCONCLUSIVE);
    assert_string_equal(bench_surrounding_name(c.differs), "compiler");
    assert_int_equal(compare(row, tally_row("a", 100, 11), false, "other", NULL), BENCH_REGRESSION);
}

/* ---- GitHub ---- */

static void commands_are_escaped(void **state) {
    (void)state;
    char text[300] = "";
    FILE *file = tmpfile();
    assert_non_null(file);
    bench_github_command(file, BENCH_ALARM, "a:b,c%d.json", "t,1:2\r\n", "100 % worse:\r\n::error::x, y");
    bench_github_command(file, BENCH_WARNING, NULL, "t", "b");
    rewind(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    fclose(file);
    assert_string_equal(text,
                        "::error file=a%3Ab%2Cc%25d.json,title=t%2C1%3A2%0D%0A::100 %25 worse:%0D%0A::error::x, y\n"
                        "::warning title=t::b\n");
}

static void summaries_are_written_on(void **state) {
    (void)state;
    char path[] = "/tmp/gensample-summary-XXXXXX", text[20] = "";
    FILE *file;
    close(mkstemp(path));
    setenv("GITHUB_STEP_SUMMARY", path, 1);
    for (int i = 0; i < 2; i++) {
        about("i %d", i);
        assert_int_equal(bench_github_summary(&file, NULL), GS_OK);
        fputs("line\n", file);
        fclose(file);
    }
    file = fopen(path, "r");
    assert_int_equal(fread(text, 1, sizeof text - 1, file), 10);
    fclose(file);
    unlink(path);
    setenv("GITHUB_STEP_SUMMARY", "/nowhere/at/all", 1);
    assert_int_equal(bench_github_summary(&file, NULL), GS_ERROR_FILE);
    unsetenv("GITHUB_STEP_SUMMARY");
    assert_int_equal(bench_github_summary(&file, NULL), GS_OK);
    assert_null(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tails_are_the_table_s),
        cmocka_unit_test(an_example_known),
        cmocka_unit_test(ties_share_their_rank),
        cmocka_unit_test(the_approximation_is_near),
        cmocka_unit_test(holm_is_known),
        cmocka_unit_test(intervals_are_the_sign_test_s),
        cmocka_unit_test(false_alarms_are_as_rare_as_said),
        cmocka_unit_test(runs_are_judged),
        cmocka_unit_test(both_conditions_are_needed),
        cmocka_unit_test(statuses_of_ab),
        cmocka_unit_test(one_per_cent_is_the_limit),
        cmocka_unit_test(rows_without_counterpart_are_errors),
        cmocka_unit_test(another_compiler_compares_no_instructions),
        cmocka_unit_test(commands_are_escaped),
        cmocka_unit_test(summaries_are_written_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
