/* The functions that measure samples and are not part of the public interface. */
#ifndef GS_MEASURE_QUALITY_H
#define GS_MEASURE_QUALITY_H

#include "base/base.h"

/* out = x mapped linearly from the range `from` to the range `to`, count elements; out may be x. */
void gs_map_range(const float *x, size_t count, const float from[2], const float to[2], float *out);

#endif
