/* genbench's runner on a scripted machine: the rows that are measured again, the repetitions that count, and the end of
 * the run. The script replaces the clock, the multiply-add peak and the operating system, and Google Benchmark behind
 * shim.h. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "again.h"
#include "runner.h"
#include "shim.h"

/* ---- The machine ---- */

enum { CALLS = 4, JOBS_MOST = 400, ROWS = 12 };
static const double CALL_S = 1; /* of the machine's time */
#define FIRST_S \
    (3 * ROWS * (CALL_S + CALL_S / CALLS + 2 * PEAK_S)) /* of a pass: each job calls once more, to warm up */
#define PEAK_S 0.01

typedef enum noise { CALM, TAKEN, STOLEN, CLOCK } noise;

static struct machine {
    double now, waited, stolen, process;
    noise (*noise)(double now);
    double later;               /* the multiply-add peak after the first pass, over that before; 0: the same */
    double slowness[JOBS_MOST]; /* by order of measurement: what Google Benchmark reports; 0: 1 s */
    int measured, checks, closed;
    int running; /* the row whose calls these are */
} machine;

static void pass_time(double seconds) {
    noise n = machine.noise ? machine.noise(machine.now) : CALM;
    machine.now += seconds;
    machine.process += seconds;
    machine.waited += n == TAKEN ? seconds : 0;
    machine.stolen += n == STOLEN ? seconds : 0;
}

static double gauge_peak(const char *isa, const char *dtype, int threads) {
    (void)isa;
    (void)dtype;
    noise n = machine.noise ? machine.noise(machine.now) : CALM;
    double peak = machine.later > 0 && machine.measured >= 3 * ROWS ? machine.later * 1e9 : 1e9;
    pass_time(PEAK_S);
    return threads * peak * (n == CLOCK ? 0.8 : 1);
}
static bench_times gauge_times(void) {
    return (bench_times){.stolen = machine.stolen, .process = machine.process, .waited = machine.waited};
}
static double gauge_now(void) {
    return machine.now;
}
static void gauge_pause(void) {
    pass_time(0.05);
}
static const bench_gauge gauge = {gauge_peak, gauge_times, gauge_now, gauge_pause};

/* ---- Google Benchmark ---- */

static struct {
    const bench_callbacks *callbacks;
    void *context;
} added[JOBS_MOST];
static int adds;

void bench_register(const char *name, const bench_callbacks *callbacks, void *context) {
    (void)name;
    assert_in_range(adds, 0, JOBS_MOST - 1);
    added[adds].callbacks = callbacks;
    added[adds++].context = context;
}

void bench_run(void (*report)(void *context, int number, const bench_timing *timings, size_t count), void *context,
               bool display) {
    (void)display;
    for (int i = 0; i < adds; i++) {
        const bench_callbacks *c = added[i].callbacks;
        bool ok = c->begin(added[i].context) && c->batch(added[i].context);
        c->end(added[i].context, ok);
        double slowness = machine.slowness[machine.measured];
        bench_timing timing = {.iterations = 1, .real_s = slowness > 0 ? slowness : 1, .cpu_s = 1};
        machine.measured += ok;
        report(context, i, &timing, ok);
    }
    adds = 0;
}

void bench_run_end(void) {}

void bench_initialize(int *argc, char **argv, double min_time_s) {
    (void)argc;
    (void)argv;
    (void)min_time_s;
}

const char *bench_filter(void) {
    return "";
}

/* ---- Rows ---- */

static gs_status open_row(bench_row *row, gs_error *error) {
    (void)error;
    machine.running = row->name[row->what_at] - 'a';
    row->ran = row->isa;
    return GS_OK;
}
static gs_status call(bench_row *row, gs_error *error) {
    (void)row;
    (void)error;
    pass_time(CALL_S / CALLS);
    return GS_OK;
}
static gs_status check(bench_row *row, gs_error *error) {
    (void)row;
    (void)error;
    machine.checks++;
    return GS_OK;
}
static void close_row(bench_row *row) {
    (void)row;
    machine.running = -1;
    machine.closed++;
}
static const bench_kind kind = {0, open_row, call, check, close_row, NULL};

typedef struct fixture {
    bench_settings settings;
    bench_rows rows;
    bench_result result;
} fixture;

/* Measure ROWS rows three times on the machine as it has been set up. */
static fixture measure(int patience, uint64_t seed) {
    static const bench_variant variant = {.threads = 1, .isa = "scalar", .dtype = "f32"};
    static fixture f;
    gs_error error = {0};
    f = (fixture){.settings = {.repetitions = 3, .patience = patience, .seed = seed}};
    f.rows = (bench_rows){.settings = &f.settings};
    for (int i = 0; i < ROWS; i++) {
        const char name[] = {(char)('a' + i), '\0'};
        bench_row *row = bench_row_add(&f.rows, "test", NULL, name, &variant, &kind);
        assert_non_null(row);
        row->calls = CALLS;
        row->unit = "things/s";
        row->items = 1;
    }
    f.result = (bench_result){.rows = &f.rows, .settings = &f.settings, .gauge = &gauge};
    assert_int_equal(bench_measure(&f.result, &error), GS_OK);
    return f;
}

static int reset(void **state) {
    (void)state;
    machine = (struct machine){.running = -1};
    return 0;
}

/* The reasons for which a row is not valid, except those about the build. */
static const char *reason_of(const bench_row *row) {
    for (int i = 0; i < row->reasons; i++)
        if (!strstr(row->reason[i], "the build"))
            return row->reason[i];
    return NULL;
}

static void assert_counts(const fixture *f, int repetitions, int aside_in_all) {
    int aside = 0;
    for (int i = 0; i < f->rows.count; i++) {
        const bench_row *row = &f->rows.row[i];
        aside += row->aside;
        if (row->repetitions != repetitions || reason_of(row))
            fail_msg("row %s: %d repetitions count, expected %d; %s", row->name, row->repetitions, repetitions,
                     reason_of(row) ? reason_of(row) : "valid");
        for (int k = 0; k < row->repetitions + row->aside; k++)
            if ((row->repetition[k].disturbed[0] != '\0') != (k >= row->repetitions))
                fail_msg("row %s, repetition %d of %d: \"%s\"", row->name, k, row->repetitions,
                         row->repetition[k].disturbed);
    }
    assert_int_equal(aside, aside_in_all);
    assert_int_equal(f->result.disturbed, aside_in_all);
}

/* ---- The rules for one repetition ---- */

static void rules(void **state) {
    (void)state;
    static const struct {
        bench_conditions c;
        double usual;
        const char *expected;
    } cases[] = {{{{1e9, 1e9}, 1, 0, 0}, 0, ""},
                 {{{1e9, 0.951e9}, 1, 0, 0}, 0, ""},
                 {{{1e9, 0.94e9}, 1, 0, 0}, 0, "peak moved 6 %"},
                 {{{0.94e9, 1e9}, 1, 0, 0}, 0, "peak moved 6 %"},
                 {{{1e9, 1e9}, 0.99, 0.019, 0}, 0, ""},
                 {{{1e9, 1e9}, 0.97, 0.03, 0}, 0, "hypervisor took 3 %"},
                 {{{1e9, 1e9}, 0.75, 0, 0.25}, 0, "other programs took 25 %"},
                 {{{1e9, 1e9}, 1, 0, 0}, 1.04e9, ""},
                 {{{1e9, 1e9}, 1, 0, 0}, 1.25e9, "peak is 20 % from"},
                 {{{1e9, 1e9}, 1, 0, 0}, 0.8e9, "peak is 25 % from"},
                 {{{0, 0}, 1, 0, 0}, 0, ""},      /* no peak is known */
                 {{{1e9, 1e9}, 0, 0, 0}, 0, ""}}; /* nor any time */
    for (size_t i = 0; i < GS_COUNT(cases); i++) {
        char why[BENCH_WHY_ROOM];
        bool disturbed = bench_disturbed(&cases[i].c, cases[i].usual, why);
        if (disturbed != (cases[i].expected[0] != '\0') || strncmp(why, cases[i].expected, strlen(cases[i].expected)))
            fail_msg("case %zu: \"%s\", expected \"%s\"", i, why, cases[i].expected);
    }
}

/* ---- Runs ---- */

static void a_calm_machine_measures_once(void **state) {
    (void)state;
    fixture f = measure(100, 0);
    assert_counts(&f, 3, 0);
    assert_int_equal(machine.measured, 3 * ROWS);
    assert_int_equal(machine.checks, ROWS);
    bench_rows_free(&f.rows);
}

/* Another program runs for a while, beginning after one second. */
static noise taken_early(double now) {
    return now > 2 && now < 6 ? TAKEN : CALM;
}
static noise stolen_early(double now) {
    return now > 2 && now < 6 ? STOLEN : CALM;
}
static noise clock_early(double now) {
    return now > 2 && now < 6 ? CLOCK : CALM;
}

static void what_was_disturbed_is_measured_again(void **state) {
    (void)state;
    static noise (*const early[])(double) = {taken_early, stolen_early};
    for (size_t i = 0; i < GS_COUNT(early); i++) {
        reset(NULL);
        machine.noise = early[i];
        fixture f = measure(100, 0);
        assert_true(f.result.disturbed >= 3 && f.result.disturbed <= 5);
        assert_counts(&f, 3, f.result.disturbed);
        assert_int_equal(machine.measured, 3 * ROWS + f.result.disturbed);
        assert_int_equal(machine.checks, ROWS);
        assert_int_equal(machine.closed, machine.measured);
        bench_rows_free(&f.rows);
    }
    reset(NULL);
    machine.noise = clock_early; /* which moves where it begins and ends; in between it is lower, but steady */
    fixture f = measure(100, 0);
    assert_int_equal(f.result.disturbed, 2);
    assert_counts(&f, 3, 2);
    bench_rows_free(&f.rows);
}

static noise always(double now) {
    (void)now;
    return TAKEN;
}

static void a_machine_that_stays_busy_gives_up(void **state) {
    (void)state;
    machine.noise = always;
    fixture f = measure(86400, 0);
    assert_int_equal(machine.measured, BENCH_TRIES_MOST * 3 * ROWS);
    for (int i = 0; i < ROWS; i++) {
        const bench_row *row = &f.rows.row[i];
        assert_int_equal(row->repetitions, BENCH_TRIES_MOST * 3);
        assert_int_equal(row->aside, 0);
        assert_non_null(reason_of(row));
        assert_non_null(strstr(reason_of(row), "other programs took"));
    }
    bench_rows_free(&f.rows);
}

static void patience_ends(void **state) {
    (void)state;
    machine.noise = always;
    fixture f = measure(0, 0);
    assert_int_equal(machine.measured, 3 * ROWS);
    bench_rows_free(&f.rows);
    reset(NULL);
    machine.noise = always;
    f = measure(5, 0); /* a job begins only before; waiting for calm takes a second, measuring another */
    assert_in_range(machine.measured, 3 * ROWS + 1, 3 * ROWS + 5);
    assert_true(machine.now < FIRST_S + 5 + 2.5);
    bench_rows_free(&f.rows);
    reset(NULL);
    machine.noise = always;
    f = measure(-1, 0); /* as long as the first pass took */
    assert_in_range(machine.measured, 3 * ROWS + 3, 6 * ROWS);
    assert_true(fabs(f.result.patience_s - FIRST_S) < 1e-6);
    bench_rows_free(&f.rows);
}

/* The machine is busy for 0.9 of every 2.2 seconds, while a measurement takes one: a runner that waits for calm
 * measures in it. */
static noise mostly(double now) {
    return fmod(now, 2.2) < 0.9 ? TAKEN : CALM;
}

static void calm_moments_are_waited_for(void **state) {
    (void)state;
    machine.noise = mostly;
    fixture f = measure(86400, 0);
    assert_true(f.result.disturbed > ROWS);
    assert_counts(&f, 3, f.result.disturbed);
    assert_int_equal(machine.measured, 3 * ROWS + f.result.disturbed); /* none was disturbed in the second pass */
    bench_rows_free(&f.rows);
}

/* All repetitions are disturbed at first, and then there is time for half of them: as many rows are finished as that
 * time allows. */
static noise at_first(double now) {
    (void)now;
    return machine.measured < 3 * ROWS ? TAKEN : CALM;
}

static void some_rows_are_done_when_time_is_over(void **state) {
    (void)state;
    machine.noise = at_first;
    fixture f = measure((int)(FIRST_S / 2), 0);
    int valid = 0;
    for (int i = 0; i < ROWS; i++)
        valid += reason_of(&f.rows.row[i]) == NULL;
    if (valid != ROWS / 2)
        fail_msg("%d of %d rows are valid", valid, ROWS);
    bench_rows_free(&f.rows);
}

/* Rows that fail again and again do not keep others waiting: one row makes its own noise. */
static noise of_one_row(double now) {
    (void)now;
    return machine.measured < 3 * ROWS || machine.running == 0 ? TAKEN : CALM;
}

static void a_hopeless_row_keeps_none_waiting(void **state) {
    (void)state;
    machine.noise = of_one_row;
    fixture f = measure((int)(1.5 * FIRST_S), 0);
    for (int i = 0; i < ROWS; i++)
        if ((reason_of(&f.rows.row[i]) == NULL) != (i > 0))
            fail_msg("row %d: %s", i, reason_of(&f.rows.row[i]) ? reason_of(&f.rows.row[i]) : "valid");
    bench_rows_free(&f.rows);
}

/* ---- No bias ---- */

enum { ORDERS = BENCH_TRIES_MOST * 3 * ROWS };

/* kept[order]: 1 counts, 2 does not. */
static void collect(const fixture *f, int kept[ORDERS]) {
    memset(kept, 0, ORDERS * sizeof *kept);
    for (int i = 0; i < f->rows.count; i++)
        for (int k = 0; k < f->rows.row[i].repetitions + f->rows.row[i].aside; k++) {
            int order = f->rows.row[i].repetition[k].order;
            assert_in_range(order, 0, ORDERS - 1);
            assert_int_equal(kept[order], 0);
            kept[order] = k < f->rows.row[i].repetitions ? 1 : 2;
        }
}

/* Whatever times Google Benchmark reports, the same repetitions are measured again, and the same ones count. */
static void figures_choose_nothing(void **state) {
    (void)state;
    int expected[ORDERS], found[ORDERS];
    uint64_t random = 1;
    for (int trial = 0; trial < 20; trial++) {
        reset(NULL);
        machine.noise = taken_early;
        for (int i = 0; trial && i < JOBS_MOST; i++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
            machine.slowness[i] = exp((double)(random >> 40) * 0x1p-24 * 10 - 5); /* 1/148 ... 148 */
        }
        fixture f = measure(100, 0);
        collect(&f, trial ? found : expected);
        if (trial && memcmp(found, expected, sizeof found))
            fail_msg("trial %d: other repetitions count", trial);
        bench_rows_free(&f.rows);
    }
}

/* The clock is a tenth faster by the time of the second pass: its measurements do not count beside the rest. */
static void a_clock_that_drifts_is_noticed(void **state) {
    (void)state;
    machine.noise = taken_early;
    machine.later = 1.1;
    fixture f = measure(86400, 0);
    int counted = 0, drifted = 0;
    for (int i = 0; i < ROWS; i++)
        for (int k = 0; k < f.rows.row[i].repetitions + f.rows.row[i].aside; k++) {
            const bench_repetition *r = &f.rows.row[i].repetition[k];
            drifted += r->pass > 0 && strstr(r->disturbed, "from the first measurements") != NULL;
            counted += r->pass > 0 && k < f.rows.row[i].repetitions && !r->disturbed[0];
        }
    assert_int_equal(counted, 0);
    assert_true(drifted > 0);
    bench_rows_free(&f.rows);
}

/* Later passes, too, have rows in a random order that the seed determines. */
static void orders_follow_the_seed(void **state) {
    (void)state;
    char orders[3][ORDERS + 1];
    for (int trial = 0; trial < 3; trial++) {
        reset(NULL);
        machine.noise = always;
        fixture f = measure(86400, trial < 2 ? 5 : 6);
        memset(orders[trial], 0, sizeof orders[trial]);
        for (int i = 0; i < ROWS; i++)
            for (int k = 0; k < f.rows.row[i].repetitions; k++)
                orders[trial][f.rows.row[i].repetition[k].order] = (char)('a' + i);
        bench_rows_free(&f.rows);
    }
    assert_string_equal(orders[0], orders[1]);
    assert_string_not_equal(orders[0], orders[2]);
    assert_memory_not_equal(orders[0], orders[0] + 3 * ROWS, 3 * ROWS); /* the passes' own */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules),
        cmocka_unit_test_setup(a_calm_machine_measures_once, reset),
        cmocka_unit_test_setup(what_was_disturbed_is_measured_again, reset),
        cmocka_unit_test_setup(a_machine_that_stays_busy_gives_up, reset),
        cmocka_unit_test_setup(patience_ends, reset),
        cmocka_unit_test_setup(calm_moments_are_waited_for, reset),
        cmocka_unit_test_setup(some_rows_are_done_when_time_is_over, reset),
        cmocka_unit_test_setup(a_hopeless_row_keeps_none_waiting, reset),
        cmocka_unit_test_setup(figures_choose_nothing, reset),
        cmocka_unit_test_setup(a_clock_that_drifts_is_noticed, reset),
        cmocka_unit_test_setup(orders_follow_the_seed, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
