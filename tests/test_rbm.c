/* The restricted Boltzmann machine of the study of contrastive divergence beside sums over its hidden units,
 * differences and frequencies. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "study/rbm.h"

enum { V = GS_RBM_VISIBLE, H = GS_RBM_HIDDEN, IMAGES = GS_RBM_IMAGES, CAUSES = GS_RBM_CAUSES };

static gs_rbm_tables tables;
static gs_rbm_steps steps;

static gs_rbm random_machine(uint64_t seed) {
    gs_dice dice = {.seed = seed};
    gs_rbm rbm;
    for (int i = 0; i < GS_RBM_PARAMETERS; i++)
        rbm.at[i] = gs_dice_normal(&dice);
    return rbm;
}

static void near(double is, double expected, double error) {
    if (!(fabs(is - expected) <= error * (1 + fabs(expected))))
        fail_msg("%.17g instead of %.17g", is, expected);
}

/* exp(b'v + c'h + v'Wh). */
static double joint(const gs_rbm *rbm, int v, int h) {
    double sum = 0;
    for (int i = 0; i < V; i++)
        sum += (v >> i & 1) * rbm->at[i];
    for (int j = 0; j < H; j++)
        sum += (h >> j & 1) * rbm->at[V + j];
    for (int i = 0; i < V; i++)
        for (int j = 0; j < H; j++)
            sum += (v >> i & 1) * (h >> j & 1) * rbm->at[V + H + i * H + j];
    return exp(sum);
}

static void tables_are_sums(void **state) {
    (void)state;
    gs_rbm rbm = random_machine(1);
    double z = 0;
    gs_rbm_tabulate(&rbm, &tables);
    gs_rbm_tabulate_steps(&tables, &steps);
    for (int v = 0; v < IMAGES; v++) {
        double all = 0;
        for (int h = 0; h < CAUSES; h++)
            all += joint(&rbm, v, h);
        z += all;
        near(tables.energy[v], -log(all), 1e-12);
        near(steps.up[v][37], joint(&rbm, v, 37) / all, 1e-12);
    }
    near(tables.log_z, log(z), 1e-12);
    for (int h = 0; h < CAUSES; h++) {
        double all = 0;
        for (int v = 0; v < IMAGES; v++)
            all += joint(&rbm, v, h);
        near(steps.down[h][300], joint(&rbm, 300, h) / all, 1e-12);
    }
}

static void steps_keep_the_distribution(void **state) {
    (void)state;
    gs_rbm rbm = random_machine(2);
    double q[IMAGES];
    gs_rbm_tabulate(&rbm, &tables);
    gs_rbm_tabulate_steps(&tables, &steps);
    memcpy(q, tables.p, sizeof q);
    gs_rbm_advance(&steps, q);
    for (int v = 0; v < IMAGES; v++)
        near(q[v], tables.p[v], 1e-14);
}

/* Each unit's frequency within 5 standard errors: a false alarm once in 190,000 seeds. */
static void steps_by_chance(void **state) {
    (void)state;
    enum { N = 40000 };
    gs_rbm rbm = random_machine(3);
    gs_dice dice = {.seed = 4};
    double q[IMAGES] = {[170] = 1}, expected[V] = {0}, seen[V] = {0};
    gs_rbm_tabulate(&rbm, &tables);
    gs_rbm_tabulate_steps(&tables, &steps);
    gs_rbm_advance(&steps, q);
    for (int n = 0; n < N; n++) {
        unsigned image = gs_rbm_step(&tables, 170, &dice);
        for (int i = 0; i < V; i++)
            seen[i] += (image >> i & 1) / (double)N;
    }
    for (int i = 0; i < V; i++) {
        for (int v = 0; v < IMAGES; v++)
            expected[i] += (v >> i & 1) * q[v];
        assert_true(fabs(seen[i] - expected[i]) <= 5 * sqrt(expected[i] * (1 - expected[i]) / N));
    }
}

static void slopes_are_differences(void **state) {
    (void)state;
    const double step = 1e-5;
    enum { IMAGE = 345 };
    gs_rbm rbm = random_machine(5);
    double slopes[GS_RBM_PARAMETERS] = {0};
    gs_rbm_tabulate(&rbm, &tables);
    gs_rbm_add_slopes(&tables, IMAGE, 1, slopes);
    for (int i = 0; i < GS_RBM_PARAMETERS; i++) {
        double energy[2];
        for (int k = 0; k < 2; k++) {
            gs_rbm moved = rbm;
            moved.at[i] += k ? step : -step;
            gs_rbm_tabulate(&moved, &tables);
            energy[k] = tables.energy[IMAGE];
        }
        near(slopes[i], -(energy[1] - energy[0]) / (2 * step), 1e-8);
    }
}

/* Where one pair of units alone is coupled, the eigenvalue is their correlation squared. */
static void eigenvalue_of_one_pair(void **state) {
    (void)state;
    gs_rbm rbm = {.at = {0}};
    gs_rbm_tabulate(&rbm, &tables);
    gs_rbm_tabulate_steps(&tables, &steps);
    near(gs_rbm_second_eigenvalue(&tables, &steps), 0, 1e-12);
    rbm.at[V + H + 4 * H + 3] = 2;
    gs_rbm_tabulate(&rbm, &tables);
    gs_rbm_tabulate_steps(&tables, &steps);
    double z = 3 + exp(2), one = (1 + exp(2)) / z, correlation = (exp(2) / z - one * one) / (one * (1 - one));
    near(gs_rbm_second_eigenvalue(&tables, &steps), correlation * correlation, 1e-10);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(tables_are_sums), cmocka_unit_test(steps_keep_the_distribution),
                                       cmocka_unit_test(steps_by_chance), cmocka_unit_test(slopes_are_differences),
                                       cmocka_unit_test(eigenvalue_of_one_pair)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
