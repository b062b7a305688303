/* gs_restore: its arguments, and how measurements are made. */
#include <math.h>
#include <string.h>

#include "base/floats.h"
#include "inverse/operator.h"
#include "sample/chains.h"
#include "sample/given.h"
#include "sample/samplers.h"

static gs_status check_method(const gs_sample_options *o, gs_error *error) {
    const gs_sampler_row *row = gs_sampler_find(o->sampler);
    if (!row || !gs_sampler_restores(row))
        return gs_restorer_unknown(o->sampler, error);
    if (o->init || o->trajectory || o->trace || o->term_count)
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "the method %s: init, trajectory, trace and terms are for samplers: expected none",
                       row->info.name);
    return GS_OK;
}

gs_status gs_measurement_check(const gs_plan *plan, const gs_measurement *m, size_t n, gs_error *error) {
    const int *shape = plan->model->info.shape, *of = m->operator_->shape;
    size_t measured = gs_operator_measured(m->operator_);
    if (memcmp(shape, of, 3 * sizeof *shape) != 0)
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "the operator %s is of images of %d x %d x %d: expected %d x %d x %d, as of the model '%s'",
                       m->operator_->row->info.name, of[0], of[1], of[2], shape[0], shape[1], shape[2],
                       plan->model->info.name);
    if (!(m->noise >= 0 && m->noise <= 1e6))
        return gs_fail(error, GS_ERROR_ARGUMENT, "noise of the measurement %.9g: expected 0 ... 1e6", m->noise);
    for (size_t k = 0; k < n; k++)
        if (!gs_finite(m->y + k * measured, measured))
            return gs_fail(error, GS_ERROR_ARGUMENT, "measurement %zu has a number that is not finite", k);
    return GS_OK;
}

gs_status gs_restore(gs_plan *plan, const gs_measurement *measurement, const gs_sample_options *options, size_t n,
                     float *out, size_t *done, gs_error *error) {
    gs_sample_options o = *options;
    if (done)
        *done = 0;
    o.sampler = o.sampler ? o.sampler : gs_restorer_get(0)->name;
    gs_status status = check_method(&o, error);
    if (!status)
        status = gs_measurement_check(plan, measurement, n, error);
    if (status)
        return status;
    fenv_t callers = gs_floats_enter();
    status = gs_sample_given(plan, measurement, &o, n, out, done, error);
    gs_floats_leave(&callers);
    return status;
}

gs_status gs_operator_measure(const gs_operator *a, const float *x, double noise, uint64_t seed, uint64_t first,
                              size_t n, float *y, gs_error *error) {
    gs_status status = gs_operator_apply(a, x, n, y, error);
    return status ? status
                  : gs_random_add_noise(GS_STREAM_MEASURE, seed, first, noise, n, gs_operator_measured(a), y, error);
}
