/* What gs_sample shows of chains on their way is what it keeps of them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "support/about.h"

enum { CHAINS = 5, STEPS = 12, DIM = 3 };

static float seen[STEPS + 1][CHAINS][DIM], trajectory[STEPS + 1][CHAINS][DIM], energy[STEPS + 1][CHAINS];
static double shown_energy[STEPS + 1][CHAINS];
static int next_step[CHAINS], stop_at;

/* Each chain is shown by one thread at a time. */
static bool take(void *context, const gs_step_view *view) {
    (void)context;
    if (view->chain >= CHAINS || view->step != next_step[view->chain])
        return false;
    next_step[view->chain]++;
    memcpy(seen[view->step][view->chain], view->x, sizeof seen[0][0]);
    shown_energy[view->step][view->chain] = view->energy;
    return view->step != stop_at;
}

static gs_status sample(const char *sampler, const char *text, gs_error *error) {
    gs_model *model = NULL;
    gs_plan *plan = NULL;
    const gs_plan_options planned = {.gradient = true, .threads = 2, .block = 2};
    const gs_trace trace = {.energy = &energy[0][0]};
    gs_sample_options options = {.sampler = sampler,
                                 .steps = STEPS,
                                 .seed = 3,
                                 .every = 1,
                                 .denoise = -1,
                                 .trajectory = &trajectory[0][0][0],
                                 .trace = &trace,
                                 .watch = take};
    static float out[CHAINS][DIM];
    memset(next_step, 0, sizeof next_step);
    gs_status status = gs_model_create_density(text, &model, error);
    if (!status)
        status = gs_plan_create(model, &planned, &plan, error);
    if (!status)
        status = gs_sample(plan, &options, CHAINS, &out[0][0], NULL, error);
    gs_plan_free(plan);
    gs_model_free(model);
    return status;
}

static void every_state_is_shown(void **state) {
    (void)state;
    gs_error error = {0};
    stop_at = -1;
    for (int i = 0; gs_sampler_get(i); i++) {
        const char *name = gs_sampler_get(i)->name;
        gs_sample_options options = {.sampler = name, .steps = STEPS};
        gs_model *model = NULL;
        assert_int_equal(gs_model_create_density("gaussian:dim=3,levels=no", &model, &error), GS_OK);
        bool stays = !gs_sample_resolve(model, &options, &error) && gs_sample_trace_steps(&options) == STEPS;
        gs_model_free(model);
        if (!stays)
            continue;
        about("sampler %s", name);
        assert_int_equal(sample(name, "gaussian:dim=3,levels=no", &error), GS_OK);
        for (int k = 0; k < CHAINS; k++)
            assert_int_equal(next_step[k], STEPS + 1);
        /* The result of particles is one of them by chance, which is none of the steps'. */
        int states = STEPS + !strstr(gs_sampler_get(i)->parameters, "particles");
        assert_memory_equal(seen, trajectory, (size_t)states * sizeof *seen);
        for (int t = 0; t <= STEPS; t++)
            for (int k = 0; k < CHAINS; k++)
                assert_true(shown_energy[t][k] == (double)energy[t][k]);
    }
}

static void who_watches_may_stop(void **state) {
    (void)state;
    gs_error error = {0};
    stop_at = 4;
    assert_int_equal(sample("hmc", "gaussian:dim=3,levels=no", &error), GS_ERROR_INTERRUPTED);
    for (int k = 0; k < CHAINS; k++)
        assert_true(next_step[k] <= stop_at + 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_is_shown),
        cmocka_unit_test(who_watches_may_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
