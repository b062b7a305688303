#include <errno.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/machine.h"
#include "base/os.h"
#include "engine/plan.h"
#include "measure/peak.h"
#include "support/about.h"
#include "support/files.h"
#include "support/machine.h"

/* A file of a tree that stands for '/', with its folders. */
typedef struct entry {
    const char *path, *text;
} entry;

typedef struct tree {
    const char *name;
    entry file[9];
    double processors, bytes; /* expected; 0: no limit */
} tree;

#define V2_MOUNT "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
#define V1_MOUNTS                                                                 \
    "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"                  \
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n" \
    "33 31 0:30 / /sys/fs/cgroup/memory rw shared:7 - cgroup cgroup rw,memory\n"

static const tree trees[] = {
    {"no control groups", {{"proc/self/status", "Name: x\n"}}, 0, 0},
    {"version 2 without limits",
     {{"proc/self/cgroup", "0::/user.slice\n"},
      {"proc/self/mountinfo", V2_MOUNT},
      {"sys/fs/cgroup/user.slice/cpu.max", "max 100000\n"},
      {"sys/fs/cgroup/user.slice/memory.max", "max\n"}},
     0,
     0},
    {"version 2 in a namespace",
     {{"proc/self/cgroup", "0::/\n"},
      {"proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n" V2_MOUNT},
      {"sys/fs/cgroup/cpu.max", "150000 100000\n"},
      {"sys/fs/cgroup/memory.max", "1073741824\n"}},
     1.5,
     1073741824},
    {"version 2, the limit of a group above",
     {{"proc/self/cgroup", "0::/system.slice/job.service/step\n"},
      {"proc/self/mountinfo", V2_MOUNT},
      {"sys/fs/cgroup/system.slice/cpu.max", "400000 100000\n"},
      {"sys/fs/cgroup/system.slice/memory.max", "500\n"},
      {"sys/fs/cgroup/system.slice/job.service/cpu.max", "50000 100000\n"},
      {"sys/fs/cgroup/system.slice/job.service/memory.max", "900\n"},
      {"sys/fs/cgroup/system.slice/job.service/step/cpu.max", "max 100000\n"}},
     0.5,
     500},
    {"version 1",
     {{"proc/self/cgroup", "4:memory:/job\n3:cpu,cpuacct:/job\n1:name=systemd:/\n0::/\n"},
      {"proc/self/mountinfo", V1_MOUNTS},
      {"sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "300000\n"},
      {"sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "100000\n"},
      {"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n"},
      {"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"},
      {"sys/fs/cgroup/memory/job/memory.limit_in_bytes", "2147483648\n"},
      {"sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"}},
     3,
     2147483648},
    {"version 1, mounted from the container's own group on",
     {{"proc/self/cgroup", "4:memory:/docker/1f\n3:cpuacct:/docker/1f\n2:cpu:/docker/1f\n"},
      {"proc/self/mountinfo", "32 31 0:29 /docker/1f /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
                              "33 31 0:30 /docker/1f /a\\040place rw - cgroup cgroup rw,memory\n"},
      {"sys/fs/cgroup/cpu/cpu.cfs_quota_us", "25000\n"},
      {"sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"},
      {"a place/memory.limit_in_bytes", "4096\n"}},
     0.25,
     4096},
    {"a process from outside its namespace",
     {{"proc/self/cgroup", "0::/../other\n"},
      {"proc/self/mountinfo", V2_MOUNT},
      {"sys/fs/cgroup/cpu.max", "200000 100000\n"},
      {"sys/fs/other/cpu.max", "100000 100000\n"}},
     2,
     0},
    {"files that say nothing",
     {{"proc/self/cgroup", "\n0:\n0::\n:::::\n0::/\n"},
      {"proc/self/mountinfo", "\n - \n30 23 0:26 / - cgroup2\n" V2_MOUNT},
      {"sys/fs/cgroup/cpu.max", "-3 0\n"},
      {"sys/fs/cgroup/memory.max", "\n"}},
     0,
     0},
};

static void test_limits_of_control_groups(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof trees / sizeof *trees; i++) {
        const tree *t = &trees[i];
        char *root = temp_directory();
        for (const entry *e = t->file; e < t->file + 9 && e->path; e++)
            machine_file(root, e->path, e->text);
        double processors, bytes, expected = t->processors > 0 ? t->processors : (double)INFINITY,
                                  most = t->bytes > 0 ? t->bytes : (double)INFINITY;
        gs_os_group_limits(root, &processors, &bytes);
        if (!(processors == expected) || !(fabs(bytes - most) < 1 || bytes == most || (t->bytes <= 0 && bytes > 9e18)))
            fail_msg("%s: %g processors and %g bytes, expected %g and %g", t->name, processors, bytes, expected, most);
        remove_directory(root);
    }
}

static void test_default_number_of_threads(void **state) {
    (void)state;
    static const struct {
        const char *openmp; /* NULL: not set */
        double quota;
        int processors, threads;
        const char *why;
    } cases[] = {{NULL, INFINITY, 8, 8, "processors this process may run on"},
                 {NULL, 8, 8, 8, "processors this process may run on"},
                 {NULL, 1.5, 8, 2, "cgroup quota 1.5"},
                 {NULL, 0.1, 8, 1, "cgroup quota 0.1"},
                 {NULL, 64, 8, 8, "processors this process may run on"},
                 {NULL, INFINITY, 5000, 1024, "processors this process may run on"},
                 {"3", INFINITY, 8, 3, "OMP_NUM_THREADS"},
                 {"12", 2, 8, 12, "OMP_NUM_THREADS"},
                 {"4,2", INFINITY, 8, 4, "OMP_NUM_THREADS"},
                 {" 5 ", INFINITY, 8, 5, "OMP_NUM_THREADS"},
                 {"99999999999999999999", INFINITY, 8, 1024, "OMP_NUM_THREADS"},
                 {"", INFINITY, 8, 8, "processors this process may run on"},
                 {"0", INFINITY, 8, 8, "processors this process may run on"},
                 {"-2", 1, 8, 1, "cgroup quota 1"},
                 {"two", INFINITY, 8, 8, "processors this process may run on"},
                 {"2x", INFINITY, 8, 8, "processors this process may run on"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        about("cases[%zu]", i);
        char why[64];
        gs_machine machine = {.processors = cases[i].processors, .quota = cases[i].quota};
        cases[i].openmp ? setenv("OMP_NUM_THREADS", cases[i].openmp, 1) : unsetenv("OMP_NUM_THREADS");
        int threads = gs_machine_threads(&machine, why, sizeof why);
        if (threads != cases[i].threads || strcmp(why, cases[i].why))
            fail_msg("OMP_NUM_THREADS=%s, quota %g, %d processors: %d threads (%s), expected %d (%s)",
                     cases[i].openmp ? cases[i].openmp : "(not set)", cases[i].quota, cases[i].processors, threads, why,
                     cases[i].threads, cases[i].why);
        assert_int_equal(gs_machine_threads(&machine, NULL, 0), threads);
    }
}

static void test_plans_take_the_default(void **state) {
    (void)state;
    gs_model *model;
    gs_plan *plan;
    setenv("OMP_NUM_THREADS", "3", 1);
    assert_int_equal(gs_model_load(GS_SOURCE_DIR "/tests/golden/tiny.bin", &model, NULL), GS_OK);
    assert_int_equal(gs_plan_create(model, NULL, &plan, NULL), GS_OK);
    assert_int_equal(gs_plan_get_info(plan).threads, 3);
    gs_plan_free(plan);
    assert_int_equal(gs_plan_create(model, &(gs_plan_options){.threads = 2}, &plan, NULL), GS_OK);
    assert_int_equal(gs_plan_get_info(plan).threads, 2);
    gs_plan_free(plan);
    gs_model_free(model);
}

static void test_memory_is_the_lower_of_both(void **state) {
    (void)state;
    gs_machine machine = gs_machine_read("");
    assert_true(gs_machine_bytes() > 0 && gs_machine_bytes() <= machine.machine_bytes);
}

/* Every type of products has its peak on every instruction set that this machine has. */
static void test_types_have_peaks(void **state) {
    static const char *const types[] = {
#define GS_DTYPE(ID, name, mac, stored, what) name,
#include "model/dtypes.def"
    };
    const char *isa;
    bool supported;
    (void)state;
    for (int k = 0; (isa = gs_isa_name(k, &supported)); k++)
        for (size_t i = 0; supported && i < GS_COUNT(types); i++) {
            assert_string_equal(gs_peak_type((int)i), types[i]);
            assert_true(gs_peak_run(isa, types[i], 1, 1) > 0);
            assert_float_equal(gs_peak_result(isa, types[i], 1), 1, 0);
        }
    assert_null(gs_peak_type(GS_COUNT(types)));
    assert_true(gs_peak_run(gs_isa_best(), "int4", 1, 1) == 0);
}

/* The opening of a file may have been interrupted: then nothing is locked, and nothing waited for. */
static void test_nothing_is_locked_without_a_file(void **state) {
    (void)state;
    errno = EINTR;
    assert_false(gs_os_lock(-1, GS_LOCK_WAIT));
    assert_int_equal(errno, EINTR);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits_of_control_groups), cmocka_unit_test(test_default_number_of_threads),
        cmocka_unit_test(test_plans_take_the_default),   cmocka_unit_test(test_memory_is_the_lower_of_both),
        cmocka_unit_test(test_types_have_peaks),         cmocka_unit_test(test_nothing_is_locked_without_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
