/* The larger of two errors. NaN is the largest, and stays it; fmax would lose it. */
#ifndef WORST_H
#define WORST_H

static inline double worst_of(double worst, double error) {
    return error <= worst || worst != worst ? worst : error;
}
#endif
