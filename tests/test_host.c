/* Programs that use the library bring their own surroundings: a locale with decimal commas, subnormal numbers flushed
 * to zero, threads with small stacks. The results are the same bytes. */
#include <fenv.h>
#include <locale.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/model.h"
#include "support/files.h"
#include "support/effort.h"
#include "support/jobs.h"

enum { JOBS_MAX = 20 };
static float expected[JOBS_MAX][JOB_FLOATS];

/* ---- Jobs in these surroundings ---- */

static int compute_expected(void **state) {
    (void)state;
    jobs *w = jobs_new(1);
    assert_true(job_count() <= JOBS_MAX);
    for (int k = 0; k < job_count(); k++)
        if (job_rows[k].compute(w, expected[k]))
            fail_msg("%s fails", job_rows[k].name);
    jobs_free(w);
    return 0;
}

static void compare_jobs(jobs *w, const char *surroundings) {
    static float found[JOB_FLOATS];
    for (int k = 0; k < job_count(); k++) {
        memset(found, 0, sizeof found);
        gs_status status = job_rows[k].compute(w, found);
        if (status || memcmp(found, expected[k], sizeof found))
            fail_msg("%s, %s, %d threads: %s", surroundings, job_rows[k].name, jobs_threads(w),
                     status ? "an error" : "other bytes");
    }
}

/* ---- Locale ---- */

static bool set_comma(const char *folder) {
    char command[600];
    snprintf(command, sizeof command, "localedef --no-archive -i de_DE -f UTF-8 '%s/de_DE.UTF-8' 2>/dev/null", folder);
    if (system(command) == -1)
        return false;
    setenv("LOCPATH", folder, 1);
    return setlocale(LC_ALL, "de_DE.UTF-8") && !strcmp(localeconv()->decimal_point, ",");
}

static void test_decimal_commas(void **state) {
    (void)state;
    char *folder = temp_directory();
    bool comma = set_comma(folder);
    if (comma) {
        jobs *w = jobs_new(2);
        compare_jobs(w, "decimal commas");
        jobs_free(w);
    }
    setlocale(LC_ALL, "C");
    unsetenv("LOCPATH");
    remove_directory(folder);
    if (!comma) {
        print_message("skipped - decimal commas: no localedef, or not what it needs (package locales)\n");
        skip();
    }
}

/* ---- Floating point ---- */

/* Bits of the register that steers vector arithmetic. */
#if defined(__x86_64__)
#include <immintrin.h>
static const unsigned long flushes = 0x8040, traps = 0x680; /* FZ and DAZ; invalid, division by zero, overflow */
static unsigned long get_control(void) {
    return _mm_getcsr() & ~0x3fu; /* without what has happened */
}
static void set_control(unsigned long control) {
    _mm_setcsr((unsigned)control);
}
static unsigned long with_traps(unsigned long control) {
    return control & ~traps;
}
#elif defined(__aarch64__)
static const unsigned long flushes = 1ul << 24, traps = 0x700; /* FZ; many processors have no traps */
static unsigned long get_control(void) {
    unsigned long control;
    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
    return control;
}
static void set_control(unsigned long control) {
    __asm__ volatile("msr fpcr, %0" : : "r"(control));
}
static unsigned long with_traps(unsigned long control) {
    return control | traps;
}
#else
static const unsigned long flushes = 0;
static unsigned long get_control(void) {
    return 0;
}
static void set_control(unsigned long control) {
    (void)control;
}
static unsigned long with_traps(unsigned long control) {
    return control;
}
#endif

static unsigned long usual;

static int keep_environment(void **state) {
    (void)state;
    usual = get_control();
    return 0;
}

static int restore_environment(void **state) {
    (void)state;
    set_control(usual);
    fesetround(FE_TONEAREST);
    return 0;
}

static void test_floating_point_environments(void **state) {
    const struct {
        const char *name;
        unsigned long control;
        int rounding;
    } hosts[] = {{"subnormal numbers flushed to zero", usual | flushes, FE_TONEAREST},
                 {"traps", with_traps(usual), FE_TONEAREST},
                 {"rounding up", usual, FE_UPWARD},
                 {"rounding to zero, and flushing", usual | flushes, FE_TOWARDZERO}};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        for (int threads = effort_percent() < 50 ? 3 : 1; threads <= 3; threads += 2) {
            set_control(hosts[i].control);
            fesetround(hosts[i].rounding);
            unsigned long before = get_control();
            jobs *w = jobs_new(threads);
            compare_jobs(w, hosts[i].name);
            unsigned long after = get_control();
            int rounding = fegetround();
            restore_environment(state);
            jobs_free(w);
            if (after != before || rounding != hosts[i].rounding)
                fail_msg("%s: the caller's environment is not restored", hosts[i].name);
        }
}

/* ---- Small stacks ---- */

/* The stack of a thread with musl. Sanitizers and builds without optimisation use more. */
#if defined(GS_SANITIZED) || !defined(__OPTIMIZE__)
enum { STACK = 1 << 20 };
#else
enum { STACK = 128 << 10 };
#endif

/* cmocka's checks work only in the main thread, which reads the notes that the other thread leaves here. */
typedef struct notes {
    jobs *work;
    const char *wrong; /* NULL: nothing */
    int depth;
} notes;

static void *compute_all(void *context) {
    static float found[JOB_FLOATS];
    notes *n = context;
    for (int k = 0; k < job_count() && !n->wrong; k++) {
        memset(found, 0, sizeof found);
        if (job_rows[k].compute(n->work, found) || memcmp(found, expected[k], sizeof found))
            n->wrong = job_rows[k].name;
    }
    return NULL;
}

static bool loads(const char *format, const char *nest) {
    static char file[1 << 20];
    gs_model *model;
    size_t length = (size_t)snprintf(file + 8, sizeof file - 8, format, nest);
    for (unsigned i = 0; i < 8; i++)
        file[i] = (char)(length >> 8 * i);
    gs_status status = gs_model_load_memory("nest", file, 8 + length, &model, NULL);
    gs_model_free(model);
    return !status;
}

/* JSON that nests deeply, in the header and in the model's text. */
static void *refuse_nests(void *context) {
    static const char *const formats[] = {"{\"a\":%s",
                                          "{\"__metadata__\":{\"gensample\":\"1\",\"model\":\"{\\\"a\\\":%s\"}}"};
    static char nest[300001];
    notes *n = context;
    for (n->depth = 10; n->depth <= 300000; n->depth += 1 + n->depth / 3) {
        memset(nest, '[', (size_t)n->depth);
        nest[n->depth] = '\0';
        for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
            if (loads(formats[i], nest)) {
                n->wrong = formats[i];
                return NULL;
            }
    }
    return NULL;
}

static void run_on_small_stack(void *(*run)(void *), void *context) {
    pthread_attr_t attributes;
    pthread_t thread;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, STACK), 0);
    assert_int_equal(pthread_create(&thread, &attributes, run, context), 0);
    pthread_attr_destroy(&attributes);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void test_small_stacks(void **state) {
    (void)state;
    notes n = {.work = jobs_new(1)};
    run_on_small_stack(compute_all, &n);
    jobs_free(n.work);
    if (n.wrong)
        fail_msg("%s on a stack of %d bytes: an error, or other bytes", n.wrong, STACK);
    run_on_small_stack(refuse_nests, &n);
    if (n.wrong)
        fail_msg("%s with %d brackets loads", n.wrong, n.depth);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decimal_commas),
        cmocka_unit_test_setup_teardown(test_floating_point_environments, keep_environment, restore_environment),
        cmocka_unit_test(test_small_stacks),
    };
    return cmocka_run_group_tests(tests, compute_expected, NULL);
}
