/* What the statistics of steps, of samplers that accept by energies, say of chains. */
#ifndef GS_MEASURE_STEPPING_H
#define GS_MEASURE_STEPPING_H

#include "base/base.h"

/* Below this fraction of missing information, energies are explored badly (Betancourt 2016; Stan's threshold). */
#define GS_BFMI_LOW 0.3

/* Fill in the diagnosis' members from `divergences` to `gradients`, of the steps from number `first` on. Errors:
 * GS_ERROR_MEMORY. */
gs_status gs_stepping_measure(const gs_record *record, size_t first, gs_diagnosis *diagnosis, gs_error *error);

#endif
