/* Drawing with a measurement or without. */
#ifndef GS_GIVEN_H
#define GS_GIVEN_H

#include "model/model.h"

/* Whether a measurement, with n arrays of numbers, is one of the network's images. Errors: GS_ERROR_ARGUMENT. */
gs_status gs_measurement_check(const gs_plan *plan, const gs_measurement *measurement, size_t n, gs_error *error);

/* gs_sample, or, of a measurement that is not NULL, gs_restore once its arguments are checked; in the library's
 * floating point environment. */
gs_status gs_sample_given(gs_plan *plan, const gs_measurement *measurement, const gs_sample_options *options, size_t n,
                          float *out, size_t *done, gs_error *error);

#endif
