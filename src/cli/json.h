/* Values of JSON objects. */
#ifndef GS_CLI_JSON_H
#define GS_CLI_JSON_H

#include <math.h>

#include <jansson.h>

/* JSON has no NaN and no infinity. */
static inline json_t *real_or_null(double v) {
    return isfinite(v) ? json_real(v) : json_null();
}

#endif
