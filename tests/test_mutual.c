/* Mutual information: of tables with a known one, and how often its interval has the true one. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "density/dice.h"
#include "study/mutual.h"

enum { ROWS = 4, COLUMNS = 3, IMAGES = 2000, TIMES = 300 };

static void tables(void **state) {
    (void)state;
    const uint64_t equal[] = {50, 0, 0, 50}, product[] = {2, 4, 6, 3, 6, 9}, gaps[] = {5, 0, 5, 0, 0, 0, 5, 0, 5};
    const gs_contingency same = {2, 2, equal}, none = {2, 3, product}, sparse = {3, 3, gaps};
    assert_true(fabs(gs_mutual_plain(&same) - log(2)) < 1e-12);
    assert_true(fabs(gs_mutual_plain(&none)) < 1e-12);
    assert_true(fabs(gs_mutual_bias(&none) - 2.0 / 60) < 1e-12);
    assert_true(fabs(gs_mutual_bias(&sparse) - 1.0 / 40) < 1e-12); /* of the two rows and columns that are not empty */
    assert_true(isnan(gs_mutual_plain(&(gs_contingency){2, 2, (const uint64_t[4]){0}})));
}

/* Shares of pairs: a mixture of equal attributes with the weight `common` and independent ones. */
static double share_of(double common, int i, int j) {
    return common * (i == j ? 1.0 / COLUMNS : 0) + (1 - common) / (ROWS * COLUMNS);
}

static double true_information(double common) {
    double row[ROWS] = {0}, column[COLUMNS] = {0}, sum = 0;
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        row[i / COLUMNS] += share_of(common, i / COLUMNS, i % COLUMNS);
        column[i % COLUMNS] += share_of(common, i / COLUMNS, i % COLUMNS);
    }
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        double p = share_of(common, i / COLUMNS, i % COLUMNS);
        sum += p * log(p / (row[i / COLUMNS] * column[i % COLUMNS]));
    }
    return sum;
}

static void draw_table(double common, uint64_t seed, uint64_t chain, uint64_t *count) {
    gs_dice dice = {.seed = seed, .chain = chain};
    memset(count, 0, ROWS * COLUMNS * sizeof *count);
    for (int k = 0; k < IMAGES; k++) {
        double u = gs_dice_unit(&dice);
        int at = 0;
        for (; at < ROWS * COLUMNS - 1 && u >= share_of(common, at / COLUMNS, at % COLUMNS); at++)
            u -= share_of(common, at / COLUMNS, at % COLUMNS);
        count[at]++;
    }
}

/* The mean of the estimates is true within 4 standard errors: a false alarm has a probability of 6e-5 each. Intervals
 * of 99.99 % miss it in one of 300 tables with a probability of 3 %, in more than two with one of 5e-6. */
static void estimates(void **state) {
    (void)state;
    static const double commons[] = {0, 0.05, 0.2, 0.6};
    for (size_t c = 0; c < GS_COUNT(commons); c++) {
        double truth = true_information(commons[c]), sum = 0, square = 0;
        int missed = 0;
        for (int t = 0; t < TIMES; t++) {
            uint64_t count[ROWS * COLUMNS];
            draw_table(commons[c], 5 + c, (uint64_t)t, count);
            const gs_contingency table = {ROWS, COLUMNS, count};
            gs_estimate e = gs_estimate_mutual(&table);
            double value = gs_mutual_plain(&table) - gs_mutual_bias(&table);
            missed += e.low > truth || e.high < truth;
            sum += value;
            square += value * value;
        }
        double mean = sum / TIMES, error = sqrt((square / TIMES - mean * mean) / TIMES);
        if (fabs(mean - truth) > 4 * error)
            fail_msg("common %g: mean %g +- %g: expected %g", commons[c], mean, error, truth);
        if (missed > 2)
            fail_msg("common %g: %d of %d intervals miss %g", commons[c], missed, TIMES, truth);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(tables), cmocka_unit_test(estimates)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
