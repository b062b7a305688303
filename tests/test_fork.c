/* A child of a process that has computed on several threads computes too, to the same bytes. Each case forks for
 * itself, since what a child can do depends on what its parent did. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/parallel.h"
#include "support/about.h"
#include "support/jobs.h"

enum { THREADS = 4, JOBS_MAX = 20, STUCK_S = 300 /* so that a child that hangs ends after all */ };

static float expected[JOBS_MAX][JOB_FLOATS];

static int make_jobs(void **state) {
    assert_true(job_count() <= JOBS_MAX);
    *state = jobs_new(THREADS);
    return 0;
}

static int free_jobs(void **state) {
    jobs_free(*state);
    return 0;
}

/* In a child: 0 when every job gives the parent's bytes, else 1 + the job. */
static int compare_all(jobs *w) {
    static float found[JOB_FLOATS];
    for (int k = 0; k < job_count(); k++) {
        memset(found, 0, sizeof found);
        if (job_rows[k].compute(w, found) || memcmp(found, expected[k], sizeof found))
            return 1 + k;
    }
    return 0;
}

static int end_of(pid_t child) {
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

/* The child's answer is its exit status. */
#define IN_CHILD(expression)                                                        \
    do {                                                                            \
        pid_t child_ = fork();                                                      \
        assert_true(child_ >= 0);                                                   \
        if (child_ == 0) {                                                          \
            alarm(STUCK_S);                                                         \
            _exit(expression);                                                      \
        }                                                                           \
        int ended_ = end_of(child_);                                                \
        if (WIFSIGNALED(ended_))                                                    \
            fail_msg("the child ended with signal %d%s", WTERMSIG(ended_),          \
                     WTERMSIG(ended_) == SIGALRM ? ": it hung" : "");               \
        if (WEXITSTATUS(ended_))                                                    \
            fail_msg("%s in the child: an error, or other bytes than the parent's", \
                     job_rows[WEXITSTATUS(ended_) - 1].name);                       \
    } while (0)

/* This test runs first: no threads have been started yet, and the child has its own. */
static void test_a_child_before_any_thread(void **state) {
    jobs *w = *state;
    assert_int_equal(gs_parallel_threads(THREADS), THREADS);
    IN_CHILD(job_rows[0].compute(w, expected[0]) || gs_parallel_threads(THREADS) != THREADS);
}

static void test_a_child_of_a_process_with_threads(void **state) {
    jobs *w = *state;
    for (int k = 0; k < job_count(); k++) {
        about("%s", job_rows[k].name);
        assert_int_equal(job_rows[k].compute(w, expected[k]), GS_OK);
    }
    IN_CHILD(compare_all(w));
    assert_int_equal(gs_parallel_threads(THREADS), THREADS); /* the parent keeps its threads */
    assert_int_equal(compare_all(w), 0);
}

static int compare_in_grandchild(jobs *w) {
    int answer = compare_all(w);
    pid_t child = answer ? -1 : fork();
    if (child == 0)
        _exit(compare_all(w));
    int status = 0;
    return answer || (waitpid(child, &status, 0) == child && WIFEXITED(status)) ? answer + WEXITSTATUS(status) : 1;
}

static void test_a_grandchild(void **state) {
    IN_CHILD(compare_in_grandchild(*state));
}

static void test_several_children_at_once(void **state) {
    pid_t child[3];
    for (int i = 0; i < 3; i++) {
        about("i %d", i);
        child[i] = fork();
        assert_true(child[i] >= 0);
        if (child[i] == 0) {
            alarm(STUCK_S);
            _exit(compare_all(*state));
        }
    }
    assert_int_equal(compare_all(*state), 0);
    for (int i = 0; i < 3; i++)
        if (end_of(child[i]))
            fail_msg("child %d of 3 failed", i + 1);
}

static int told_threads(jobs *w) {
    return jobs_threads(w) != 1;
}

static void test_the_child_says_one_thread(void **state) {
    jobs *w = *state;
    assert_int_equal(jobs_threads(w), THREADS);
    IN_CHILD(told_threads(w));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_child_before_any_thread),
        cmocka_unit_test(test_a_child_of_a_process_with_threads),
        cmocka_unit_test(test_a_grandchild),
        cmocka_unit_test(test_several_children_at_once),
        cmocka_unit_test(test_the_child_says_one_thread),
    };
    return cmocka_run_group_tests(tests, make_jobs, free_jobs);
}
