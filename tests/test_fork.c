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
#include "engine/plan.h"
#include "support/networks.h"

enum { IMAGES = 7, PIXELS = 28 * 28, DIM = 3, STUCK_S = 300 /* only so that a child that hangs ends at all */ };

/* What is computed on both sides of a fork. */
typedef struct work {
    gs_model *model, *energy, *judge;
    gs_plan *plan, *energy_plan, *judge_plan;
    gs_plan *onednn_plan; /* NULL: not in this build */
} work;

static gs_model *load(const char *name) {
    char path[512];
    gs_model *model;
    snprintf(path, sizeof path, GS_SOURCE_DIR "/models/%s.bin", name);
    assert_int_equal(gs_model_load(path, &model, NULL), GS_OK);
    return model;
}

static int make_work(void **state) {
    work *w = calloc(1, sizeof *w);
    w->model = load("ncsn");
    w->energy = load("ebm");
    w->judge = load("judge");
    w->plan = make_plan(w->model, (gs_plan_options){.threads = 4, .block = 1});
    w->energy_plan = make_plan(w->energy, (gs_plan_options){.threads = 4, .block = 1, .gradient = true});
    w->judge_plan = make_plan(w->judge, (gs_plan_options){.threads = 4, .block = 1});
    bool built;
    char about[80];
    for (int i = 0; gs_backend_name(i, &built, about, sizeof about); i++)
        if (built && !strcmp(gs_backend_name(i, &built, about, sizeof about), "onednn"))
            w->onednn_plan = make_plan(w->model, (gs_plan_options){.threads = 4, .block = 1, .backend = "onednn"});
    *state = w;
    return 0;
}

static int free_work(void **state) {
    work *w = *state;
    gs_plan_free(w->plan);
    gs_plan_free(w->energy_plan);
    gs_plan_free(w->judge_plan);
    gs_plan_free(w->onednn_plan);
    gs_model_free(w->model);
    gs_model_free(w->energy);
    gs_model_free(w->judge);
    free(w);
    return 0;
}

static gs_status sample(work *w, float *out) {
    gs_sample_options options = {.steps = 2, .seed = 5};
    return gs_sample(w->plan, &options, IMAGES, out, NULL, NULL);
}

static gs_status sample_by_onednn(work *w, float *out) {
    work own = *w;
    own.plan = w->onednn_plan;
    return own.plan ? sample(&own, out) : GS_OK;
}

static gs_status walk(work *w, float *out) {
    gs_sample_options options = {.sampler = "mala", .steps = 2, .seed = 5};
    return gs_sample(w->energy_plan, &options, IMAGES, out, NULL, NULL);
}

static gs_status evaluate_batch(work *w, float *out) {
    static float x[IMAGES * PIXELS];
    return gs_plan_evaluate(w->plan, x, 1.0, NULL, IMAGES, (float *const[2]){out, NULL}, NULL);
}

static gs_status gradient(work *w, float *out) {
    static float x[IMAGES * PIXELS];
    return gs_plan_gradient(w->energy_plan, x, 1.0, NULL, IMAGES, NULL, out, NULL);
}

static gs_status classify(work *w, float *out) {
    static float x[IMAGES * PIXELS];
    gs_quality quality;
    int classes[IMAGES];
    for (size_t i = 0; i < IMAGES * PIXELS; i++)
        x[i] = (float)(i % 31) / 31;
    gs_status status = gs_quality_classify(w->judge_plan, x, IMAGES, classes, NULL);
    for (size_t i = 0; i < IMAGES; i++)
        out[i] = (float)classes[i];
    if (!status)
        status = gs_quality_measure(w->judge_plan, x, NULL, IMAGES, &quality, NULL);
    return status;
}

static gs_status reject(work *w, float *out) {
    (void)w;
    gs_rejection_options options = {.dim = DIM, .ratio = 1.5, .seed = 3, .threads = 4};
    gs_rejection_result counts;
    return gs_rejection(&options, 100, out, &counts, NULL);
}

/* A new plan, by the default number of threads, and what it draws. */
static gs_status plan_and_sample(work *w, float *out) {
    work own = *w;
    gs_status status = gs_plan_create(w->model, NULL, &own.plan, NULL);
    if (!status)
        status = sample(&own, out);
    if (!status)
        gs_plan_free(own.plan);
    return status;
}

static gs_status load_plan_and_sample(work *w, float *out) {
    work own = *w;
    gs_status status = gs_model_load(GS_SOURCE_DIR "/models/ncsn.bin", &own.model, NULL);
    if (!status)
        status = plan_and_sample(&own, out);
    if (!status)
        gs_model_free(own.model);
    return status;
}

static const struct {
    const char *name;
    gs_status (*compute)(work *w, float *out);
} jobs[] = {{"gs_sample with dpmpp-2m", sample},
            {"gs_sample with mala", walk},
            {"gs_sample with oneDNN", sample_by_onednn},
            {"gs_plan_evaluate", evaluate_batch},
            {"gs_plan_gradient", gradient},
            {"gs_quality_classify and gs_quality_measure", classify},
            {"gs_rejection", reject},
            {"gs_plan_create", plan_and_sample},
            {"gs_model_load", load_plan_and_sample}};

enum { JOBS = sizeof jobs / sizeof *jobs };
static float expected[JOBS][IMAGES * PIXELS];

/* In a child: 0 when every job gives the parent's bytes, else 1 + the job. */
static int compare_all(work *w) {
    static float found[IMAGES * PIXELS];
    for (int k = 0; k < JOBS; k++) {
        memset(found, 0, sizeof found);
        if (jobs[k].compute(w, found) || memcmp(found, expected[k], sizeof found))
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
                     jobs[WEXITSTATUS(ended_) - 1].name);                           \
    } while (0)

/* First: the threads have not been begun, and the child has some of its own. */
static void test_a_child_before_any_thread(void **state) {
    work *w = *state;
    assert_int_equal(gs_parallel_threads(4), 4);
    IN_CHILD(sample(w, expected[0]) || gs_parallel_threads(4) != 4);
}

static void test_a_child_of_a_process_with_threads(void **state) {
    work *w = *state;
    for (int k = 0; k < JOBS; k++)
        assert_int_equal(jobs[k].compute(w, expected[k]), GS_OK);
    IN_CHILD(compare_all(w));
    assert_int_equal(gs_parallel_threads(4), 4); /* the parent keeps its threads */
    assert_int_equal(compare_all(w), 0);
}

static int compare_in_grandchild(work *w) {
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

static int told_threads(work *w) {
    return gs_plan_get_info(w->plan).threads != 1;
}

static void test_the_child_says_one_thread(void **state) {
    work *w = *state;
    assert_int_equal(gs_plan_get_info(w->plan).threads, 4);
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
    return cmocka_run_group_tests(tests, make_work, free_work);
}
