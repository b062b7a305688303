/* New weights for a plan. It is planned anew and takes the new plan's place: nine tenths of planning is packing of
 * weights, methods may choose by their values, and so nothing is changed before everything has worked. */
#include "base/floats.h"
#include "engine/plan.h"
#include "model/renew.h"

/* Each gets what the other has, but for the time that crews keep. */
static void exchange(gs_plan *plan, gs_plan *fresh) {
    gs_plan old = *plan;
    fresh->pace = old.pace;
    *plan = *fresh;
    *fresh = old;
    for (int t = 0; t < plan->threads; t++) {
        if (plan->worker[t].plan == fresh)
            plan->worker[t].plan = plan;
        if (fresh->worker[t].plan == plan)
            fresh->worker[t].plan = fresh;
    }
}

static gs_status update(gs_plan *plan, const gs_tensor_values *values, size_t count, gs_error *error) {
    gs_model *renewed;
    gs_plan *fresh;
    gs_status status = gs_model_renew(plan->source, values, count, &renewed, error);
    if (status)
        return status;
    status = gs_plan_create_again(plan, renewed, &fresh, error);
    if (status) {
        gs_model_free(renewed);
        return status;
    }
    fresh->renewed = renewed;
    exchange(plan, fresh);
    gs_plan_free(fresh);
    return GS_OK;
}

gs_status gs_plan_update(gs_plan *plan, const gs_tensor_values *values, size_t count, gs_error *error) {
    fenv_t callers = gs_floats_enter();
    gs_status status = update(plan, values, count, error);
    gs_floats_leave(&callers);
    return status;
}
