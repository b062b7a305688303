/* An axis of a plot: the positions of values on it, and its ticks. */
#ifndef GS_IO_AXIS_H
#define GS_IO_AXIS_H

#include <stdbool.h>

enum { GS_TICKS_MAX = 16, GS_TICK_ROOM = 24 };

typedef struct gs_axis {
    bool log;
    double low, high; /* its ends */
    int count;        /* of ticks */
    double ticks[GS_TICKS_MAX];
    char labels[GS_TICKS_MAX][GS_TICK_ROOM];
} gs_axis;

/* Whether a value can be placed: finite, at most 1e100 either way, and at least 1e-100 on a logarithmic axis. */
bool gs_axis_takes(bool log, double value);

/* An axis for values in [low, high], which must be placeable; low > high means that there are none. Ticks are 1, 2 or 5
 * times a power of ten. With `round`, meant for the shorter side of a plot, the ends are moved outwards to such numbers
 * and there are about five ticks; without it there are about eight. An axis of a single value is widened around it. */
gs_axis gs_axis_fit(double low, double high, bool log, bool round);

/* 0 ... 1 from `low` to `high`, for a placeable value within them. */
double gs_axis_place(const gs_axis *axis, double value);

#endif
