#include "io/axis.h"

#include <math.h>
#include <stdio.h>

enum { TICKS_UP = 5, TICKS_ACROSS = 8, DECADES_ALONE = 3, DECADES_MAX = 7, PLAIN_DIGITS = 7, DIGITS_MAX = 12 };
static const double most = 1e100, least = 1e-100, slack = 1e-9; /* slack: for rounding, in steps */

bool gs_axis_takes(bool log, double value) {
    return log ? value >= least && value <= most : fabs(value) <= most;
}

double gs_axis_place(const gs_axis *axis, double value) {
    if (axis->log)
        return log10(value / axis->low) / log10(axis->high / axis->low);
    return (value - axis->low) / (axis->high - axis->low);
}

/* The smallest of 1, 2, 5 times a power of ten that is not below v > 0, or with `down` the largest not above it. */
static double nice(double v, bool down) {
    static const double steps[] = {1, 2, 5, 10};
    double power = pow(10, floor(log10(v) + slack));
    int i = 0;
    while (i < 3 && steps[i] * power < v * (1 - slack))
        i++;
    if (down && i > 0 && steps[i] * power > v * (1 + slack))
        i--;
    return steps[i] * power;
}

/* Writes only as many digits as distinguish ticks that differ by `step`; numbers of more than seven digits get an
 * exponent. */
static void add_tick(gs_axis *axis, double value, double step) {
    double size = fmax(fabs(axis->low), fabs(axis->high));
    int whole = (int)floor(log10(size) + slack) + 1;
    int digits = (int)floor(log10(size / step) + slack) + 2;
    if (digits < whole && whole <= PLAIN_DIGITS)
        digits = whole;
    digits = digits < DIGITS_MAX ? digits : DIGITS_MAX;
    if (axis->count < GS_TICKS_MAX) {
        axis->ticks[axis->count] = value;
        snprintf(axis->labels[axis->count++], GS_TICK_ROOM, "%.*g", digits, value);
    }
}

static void fit_linear(gs_axis *axis, bool round) {
    double size = fmax(fabs(axis->low), fabs(axis->high));
    if (axis->high - axis->low <= slack * size || size < least) { /* a single value, up to rounding */
        double room = size >= least ? 0.1 * size : 1;
        axis->low -= room;
        axis->high += room;
    }
    double step = nice((axis->high - axis->low) / (round ? TICKS_UP : TICKS_ACROSS), false);
    double first = floor(axis->low / step + slack), last = ceil(axis->high / step - slack);
    if (round) {
        axis->low = first * step;
        axis->high = last * step;
    } else {
        first = ceil(axis->low / step - slack);
        last = floor(axis->high / step + slack);
    }
    for (double i = first; i <= last; i++)
        add_tick(axis, i * step + 0.0, step); /* avoids -0 */
}

static void fit_log(gs_axis *axis, bool round) {
    if (round || axis->high <= axis->low * (1 + slack)) {
        axis->low = nice(axis->low, true);
        axis->high = nice(axis->high, false);
    }
    if (axis->high <= axis->low * (1 + slack)) { /* a single value, which is a tick */
        axis->low /= 2;
        axis->high *= 2;
    }
    int first = (int)floor(log10(axis->low) + slack), last = (int)floor(log10(axis->high) + slack);
    bool alone = last - first >= DECADES_ALONE;
    int stride = (last - first) / DECADES_MAX + 1;
    for (int k = first; k <= last; k += alone ? stride : 1) {
        for (int i = 0; i < (alone ? 1 : 3); i++) {
            double value = pow(10, k) * (double[]){1, 2, 5}[i];
            if (value >= axis->low * (1 - slack) && value <= axis->high * (1 + slack))
                add_tick(axis, value, axis->high);
        }
    }
}

gs_axis gs_axis_fit(double low, double high, bool log, bool round) {
    gs_axis axis = {.log = log, .low = low, .high = high};
    if (low > high) {
        axis.low = log ? 1 : 0;
        axis.high = log ? 10 : 1;
    }
    if (log)
        fit_log(&axis, round);
    else
        fit_linear(&axis, round);
    return axis;
}
