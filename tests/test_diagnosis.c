/* Diagnoses of made-up chains, each with one thing wrong. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "measure/statistics.h"
#include "support/about.h"
#include "support/random.h"
#include "support/record.h"

enum { STEPS = 199, CHAINS = 20, ROWS = STEPS + 1, CLASSES = 10, TEXT_ROOM = 320 };

static float energy[ROWS * CHAINS], gradient[ROWS * CHAINS], acceptance[STEPS * CHAINS];
static double shares[2 * CLASSES];
static const size_t marks[2] = {0, STEPS};

static double normal(uint64_t *state) {
    return gs_normal_quantile(((double)(random_next(state) >> 11) + 0.5) * 0x1p-53);
}

/* Energies that fall from 150 to 50 +- 2 in a dozen steps, in independent chains; equal classes. */
static gs_record healthy(uint64_t seed) {
    uint64_t state = seed;
    for (size_t t = 0; t < ROWS; t++) {
        for (size_t k = 0; k < CHAINS; k++) {
            energy[t * CHAINS + k] = (float)(50 + 100 * exp(-0.5 * (double)t) + 2 * normal(&state));
            gradient[t * CHAINS + k] = (float)(1 + 9 * exp(-0.5 * (double)t));
        }
    }
    for (size_t i = 0; i < STEPS * CHAINS; i++)
        acceptance[i] = i / CHAINS < STEPS / 2 ? 0.1F : i % 2 ? 0.5F : 0.75F;
    for (size_t i = 0; i < 2 * CLASSES; i++)
        shares[i] = 1.0 / CLASSES;
    return (gs_record){.steps = STEPS,
                       .chains = CHAINS,
                       .energy = energy,
                       .gradient = gradient,
                       .acceptance = acceptance,
                       .marks = 2,
                       .mark = marks,
                       .classes = CLASSES,
                       .shares = shares};
}

static void assert_near(double found, double expected, double tolerance) {
    if (!(fabs(found - expected) <= tolerance))
        fail_msg("%.17g is not within %g of %.17g", found, tolerance, expected);
}

/* Checks for these flags, the words of the first, and as many lines as there are flags. */
static void assert_warned(const gs_diagnosis *d, unsigned flags, const char *words) {
    char text[TEXT_ROOM] = "";
    int count = 0, expected = 0;
    while (gs_diagnosis_warning(d, count, text, sizeof text)) {
        if (count == 0 && !strstr(text, words))
            fail_msg("no '%s' in '%s'", words, text);
        assert_true(strlen(text) < TEXT_ROOM - 1 && !strchr(text, '\n'));
        count++;
    }
    for (unsigned bit = 1; bit; bit <<= 1)
        expected += (flags & bit) != 0;
    if (d->flags != flags || count != expected)
        fail_msg("flags %#x with %d lines instead of %#x; last '%s'", d->flags, count, flags, text);
}

/* Means of 20 energies have a standard error of 2 / sqrt(20) = 0.45; 5 of these are allowed (6e-7). */
static void healthy_chains(void **state) {
    (void)state;
    gs_record record = healthy(1);
    gs_diagnosis d = diagnose(&record);
    assert_warned(&d, 0, "");
    assert_int_equal(d.steps, STEPS);
    assert_int_equal(d.chains, CHAINS);
    assert_int_equal(d.kept, ROWS / 2);
    assert_int_equal(d.diverged, 0);
    assert_near(d.energy_first[0], 150, 2.3);
    assert_near(d.energy_last[0], 50, 2.3);
    assert_true(d.energy_last[1] > 1 && d.energy_last[1] < 3.5);
    assert_near(d.gradient_first, 10, 1e-6);
    assert_near(d.gradient_last, 1, 1e-6);
    assert_near(d.acceptance, 0.625, 1e-12);
    assert_near(d.drift, 0, 5 * d.drift_error);
    /* Changes between the means of two halves of 100 draws: sqrt(2 x 4 / 50 / 20). */
    assert_near(d.drift_error, 2 * sqrt(2.0 / 50 / CHAINS), 0.04);

    double draws[CHAINS * ROWS / 2], ess, rhat;
    for (size_t i = 0; i < CHAINS * ROWS / 2; i++)
        draws[i] = (double)energy[(ROWS / 2 + i % (ROWS / 2)) * CHAINS + i / (ROWS / 2)];
    gs_ess(draws, CHAINS, ROWS / 2, &ess, NULL);
    gs_rhat(draws, CHAINS, ROWS / 2, &rhat, NULL);
    assert_near(d.ess, ess, 0);
    assert_near(d.rhat, rhat, 0);
}

/* Of 20,000 such records, 138 raised a flag, most of them GS_FLAG_MOVING, so that more than 9 of 300 do so with
 * probability 1e-4. */
static void false_alarms_are_rare(void **state) {
    (void)state;
    int raised = 0;
    for (uint64_t seed = 0; seed < 300; seed++) {
        gs_record record = healthy(100 + seed);
        raised += diagnose(&record).flags != 0;
    }
    assert_true(raised <= 9);
}

enum { FEW_STEPS = 7, FEW_CHAINS = 8 };

/* Seven steps: chain k is k `apart`, and from step 6 onwards 1 + 0.01 k less. */
static gs_record small_record(size_t chains, float apart) {
    for (size_t i = 0; i < (FEW_STEPS + 1) * chains; i++) {
        size_t k = i % chains;
        energy[i] = 20 + apart * (float)k - (i / chains >= 6 ? 1 + 0.01F * (float)k : 0);
    }
    return (gs_record){.steps = FEW_STEPS, .chains = chains, .energy = energy};
}

static void numbers_of_a_small_record(void **state) {
    (void)state;
    const double deviation = sqrt(6); /* mean of 0, 1 ... 7 */
    gs_record record = small_record(FEW_CHAINS, 1);
    gs_diagnosis d = diagnose(&record);
    assert_near(d.energy_first[0], 23.5, 2e-6);
    assert_near(d.energy_first[1], deviation, 1e-6);
    assert_near(d.energy_last[0], 23.5 - 1.035, 2e-6);
    assert_near(d.energy_last[1], 0.99 * deviation, 1e-6);
    assert_near(d.drift, -1.035, 2e-6);
    assert_near(d.drift_error, 0.01 * deviation / sqrt(8), 1e-6);
    assert_true(d.flags & GS_FLAG_MOVING);
    assert_false(d.flags & GS_FLAG_COLLAPSED);
    record = small_record(FEW_CHAINS - 1, 1);
    assert_false(diagnose(&record).flags & GS_FLAG_MOVING);

    /* Along a chain the deviation is that of 0, 0, -1, -1: sqrt(1/3); 1 % of it is 0.0058; the last energies deviate by
     * 0.0065 and by 0.0049. */
    record = small_record(FEW_CHAINS, 0.013F);
    assert_false(diagnose(&record).flags & GS_FLAG_COLLAPSED);
    record = small_record(FEW_CHAINS, 0.012F);
    assert_true(diagnose(&record).flags & GS_FLAG_COLLAPSED);

    record = small_record(FEW_CHAINS, 1);
    energy[FEW_STEPS * FEW_CHAINS] = NAN;
    d = diagnose(&record);
    assert_int_equal(d.diverged, 1);
    assert_int_equal(d.diverged_step, FEW_STEPS);
}

static void chains_that_disagree(void **state) {
    (void)state;
    gs_record record = healthy(2);
    for (size_t i = 0; i < ROWS * CHAINS; i++)
        energy[i] += i % CHAINS < 3 ? 1 : 0;
    gs_diagnosis d = diagnose(&record);
    assert_true(d.rhat > 1.01 && d.rhat < 1.1);
    assert_warned(&d, GS_FLAG_DISAGREE, "disagree: R-hat 1.0");
    for (size_t i = 0; i < ROWS * CHAINS; i++)
        energy[i] += i % CHAINS < 3 ? 9 : 0;
    d = diagnose(&record);
    assert_true(d.rhat > 1.1);
    assert_true(d.ess < 100);
    assert_warned(&d, GS_FLAG_DISAGREE | GS_FLAG_FEW, "disagree strongly: R-hat 1.");
}

static void chains_that_diverge(void **state) {
    (void)state;
    gs_record record = healthy(3);
    energy[50 * CHAINS + 4] = NAN;
    gradient[30 * CHAINS + 6] = INFINITY;
    gs_diagnosis d = diagnose(&record);
    assert_int_equal(d.diverged, 2);
    assert_int_equal(d.diverged_step, 30);
    assert_warned(&d, GS_FLAG_DIVERGED, "2 of 20 chains diverged, the first at step 30");
    assert_true(isfinite(d.ess) && isfinite(d.energy_last[1]));
    for (size_t i = 0; i < CHAINS; i++)
        energy[i] = -INFINITY;
    d = diagnose(&record);
    assert_int_equal(d.diverged, CHAINS);
    assert_int_equal(d.diverged_step, 0);
    assert_warned(&d, GS_FLAG_DIVERGED, "20 of 20 chains diverged, the first at step 0");
    assert_true(isnan(d.ess) && isnan(d.energy_last[0]) && isnan(d.gradient_last));
}

static void chains_that_collapse(void **state) {
    (void)state;
    gs_record record = healthy(4);
    for (size_t i = 0; i < ROWS * CHAINS; i++)
        energy[i] = energy[i - i % CHAINS]; /* copies of one chain */
    gs_diagnosis d = diagnose(&record);
    assert_true(d.flags & GS_FLAG_COLLAPSED);
    assert_near(d.energy_last[1], 0, 0);
    for (size_t i = 0; i < ROWS * CHAINS; i++)
        energy[i] = (float)(-1000 + exp(-0.5 * (double)(i / CHAINS)) * (double)(i % CHAINS)); /* one resting place */
    d = diagnose(&record);
    assert_true(d.flags & GS_FLAG_COLLAPSED);
    char text[TEXT_ROOM];
    assert_true(gs_diagnosis_warning(&d, 0, text, sizeof text));
    assert_non_null(strstr(text, "collapsed: at the last step their energies differ by only 0 around -1000;"));
}

static void classes_that_are_uneven(void **state) {
    (void)state;
    gs_record record = healthy(5);
    double *last = shares + CLASSES;
    last[3] = 0.55;
    last[7] = 0.002;
    gs_diagnosis d = diagnose(&record);
    assert_int_equal(d.largest, 3);
    assert_int_equal(d.smallest, 7);
    assert_near(d.largest_share, 0.55, 0);
    assert_near(d.smallest_share, 0.002, 0);
    assert_warned(&d, GS_FLAG_CLASSES, "55 % of the chains ended in class 3");
    last[3] = 0.1;
    d = diagnose(&record);
    assert_warned(&d, 0, ""); /* a class may well be missing among 20 chains */
    record.energy = record.gradient = record.acceptance = NULL;
    record.chains = 100;
    d = diagnose(&record);
    assert_warned(&d, GS_FLAG_CLASSES, "class 7 has 0.2 % of the chains");
    record.marks = 1;
    d = diagnose(&record);
    assert_warned(&d, 0, "");
    record.classes = 2;
    shares[0] = 0.9;
    d = diagnose(&record);
    assert_warned(&d, 0, ""); /* one of two classes may have the majority */
}

static void energies_that_still_move(void **state) {
    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        about("sign %d", sign);
        gs_record record = healthy(6);
        for (size_t i = 0; i < ROWS * CHAINS; i++)
            energy[i] += (float)sign * 0.01F * (float)(i / CHAINS);
        gs_diagnosis d = diagnose(&record);
        assert_near(d.drift, 0.5 * sign, 5 * d.drift_error);
        assert_true(d.flags & GS_FLAG_MOVING);
        char text[TEXT_ROOM];
        assert_true(gs_diagnosis_warning(&d, 0, text, sizeof text));
        assert_non_null(strstr(text, sign < 0 ? "still falls" : "still rises"));
    }
}

static void chains_that_hardly_move(void **state) {
    (void)state;
    gs_record record = healthy(7);
    for (size_t i = 0; i < STEPS * CHAINS; i++)
        acceptance[i] = i % 40 == 0;
    gs_diagnosis d = diagnose(&record);
    assert_warned(&d, GS_FLAG_REJECTED, "2.5 % of the proposals are accepted");

    uint64_t random = 1;
    for (size_t k = 0; k < CHAINS; k++) {
        double x = normal(&random);
        for (size_t t = 0; t < ROWS; t++) {
            energy[t * CHAINS + k] = (float)x;
            x = 0.95 * x + sqrt(1 - 0.95 * 0.95) * normal(&random);
        }
    }
    record.acceptance = NULL;
    d = diagnose(&record);
    assert_true(isnan(d.acceptance));
    assert_true(d.ess < 100);
    assert_warned(&d, GS_FLAG_DISAGREE | GS_FLAG_FEW, "disagree");
}

static void runs_that_are_short(void **state) {
    (void)state;
    gs_record record = healthy(8);
    record.marks = 0;
    record.steps = 6;
    gs_diagnosis d = diagnose(&record);
    assert_warned(&d, GS_FLAG_SHORT, "too few steps (6)");
    assert_true(isnan(d.ess) && isnan(d.rhat) && isnan(d.drift) && d.kept == 0);
    assert_int_equal(d.largest, -1);
    record.steps = 7;
    d = diagnose(&record);
    assert_int_equal(d.kept, 4);
    assert_true(isfinite(d.drift));
    record.steps = 38;
    d = diagnose(&record);
    assert_warned(&d, GS_FLAG_SHORT, "too few steps (38) to tell whether the chains agree; 39 are needed");
    assert_true(isnan(d.ess) && isnan(d.rhat) && isfinite(d.drift));
    record.steps = 39;
    d = diagnose(&record);
    assert_int_equal(d.kept, 20);
    assert_true(isfinite(d.rhat) && isfinite(d.ess) && !(d.flags & GS_FLAG_SHORT));
}

/* 20,000 steps: every third of the second half is used. */
static void runs_that_are_long(void **state) {
    (void)state;
    enum { LONG = 20000 };
    static float values[LONG + 1];
    uint64_t random = 9;
    for (size_t t = 0; t <= LONG; t++) {
        bool counts = t > LONG / 2 && (LONG - t) % 3 == 0;
        values[t] = counts ? (float)normal(&random) : 1000;
    }
    gs_record record = {.steps = LONG, .chains = 1, .energy = values};
    gs_diagnosis d = diagnose(&record);
    assert_int_equal(d.kept, LONG / 2 / 3);
    assert_true(d.rhat < 1.01 && d.ess > 2000);
    assert_true(isnan(d.drift_error));
    assert_warned(&d, 0, "");
}

/* A record of every third step has the figures of all of them: those of energies, of which every third counts in any
 * case, and those of steps by their sums. The Hamiltonian's are equal to rounding, as sums are taken in another order
 * than by gs_chain_bfmi. */
static void records_of_some_steps(void **state) {
    (void)state;
    enum { LONG = 19998, EVERY = 3, SOME = LONG / EVERY };
    static float all[LONG + 1], some[SOME + 1], accepted[LONG];
    static double hamiltonian[LONG];
    static uint8_t divergent[LONG], depth[LONG];
    static size_t step[SOME + 1];
    uint64_t random = 11;
    for (size_t t = 0; t <= LONG; t++)
        all[t] = (float)normal(&random);
    gs_step_sums sums = {0};
    for (size_t t = 0; t < LONG; t++) {
        accepted[t] = t % 4 ? 0.75F : 0.5F;
        hamiltonian[t] = 40 + 3 * normal(&random);
        divergent[t] = t % 1000 == 0;
        depth[t] = (uint8_t)(t % 3);
        const gs_step_stats one = {
            .divergent = divergent[t], .depth = depth[t], .energy = hamiltonian[t], .acceptance = (double)accepted[t]};
        if (t >= LONG / 2)
            gs_step_sums_add(&sums, &one, 2);
    }
    some[0] = all[0];
    for (size_t row = 1; row <= SOME; row++) {
        step[row] = LONG - (SOME - row) * EVERY;
        some[row] = all[step[row]];
    }
    const gs_sample_stats stats = {.energy = hamiltonian, .divergent = divergent, .depth = depth};
    gs_record record = {
        .steps = LONG, .chains = 1, .energy = all, .acceptance = accepted, .stats = &stats, .max_depth = 2};
    gs_diagnosis whole = diagnose(&record);
    record = (gs_record){.steps = SOME, .chains = 1, .energy = some, .acceptance = accepted, .step = step};
    record.sums = &sums;
    gs_diagnosis part = diagnose(&record);
    double bfmi;
    gs_chain_bfmi(hamiltonian + LONG / 2, 1, LONG / 2, &bfmi, NULL);
    assert_int_equal(part.steps, LONG);
    assert_int_equal(part.kept, whole.kept);
    assert_true(part.ess == whole.ess && part.rhat == whole.rhat && part.drift == whole.drift);
    assert_true(part.acceptance == whole.acceptance && part.depth == whole.depth && part.deepest == whole.deepest);
    assert_int_equal(part.divergences, 10);
    assert_int_equal(whole.divergences, 10);
    assert_near(part.bfmi, bfmi, 1e-12);
    assert_near(whole.bfmi, bfmi, 1e-12);
}

static void records_that_are_refused(void **state) {
    (void)state;
    gs_diagnosis d;
    gs_error error = {0};
    gs_record record = healthy(10);
    record.steps = 0;
    assert_int_equal(gs_diagnose(&record, &d, &error), GS_ERROR_ARGUMENT);
    assert_string_equal(error.message, "a record of 0 steps of 20 chains; at least 1 of each is needed");
    record = healthy(10);
    record.steps = STEPS - 1;
    assert_int_equal(gs_diagnose(&record, &d, &error), GS_ERROR_ARGUMENT);
    assert_string_equal(error.message, "mark 1 of the record is at step 199; marks increase and are at most 198");
    record = healthy(10);
    record.classes = 65;
    assert_int_equal(gs_diagnose(&record, &d, &error), GS_ERROR_ARGUMENT);
    assert_string_equal(error.message, "a record with 65 classes; 1 to 64 are counted");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(healthy_chains),
        cmocka_unit_test(false_alarms_are_rare),
        cmocka_unit_test(numbers_of_a_small_record),
        cmocka_unit_test(chains_that_disagree),
        cmocka_unit_test(chains_that_diverge),
        cmocka_unit_test(chains_that_collapse),
        cmocka_unit_test(classes_that_are_uneven),
        cmocka_unit_test(energies_that_still_move),
        cmocka_unit_test(chains_that_hardly_move),
        cmocka_unit_test(runs_that_are_short),
        cmocka_unit_test(runs_that_are_long),
        cmocka_unit_test(records_of_some_steps),
        cmocka_unit_test(records_that_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
