/* Measures the disturbances of measurements. */
#ifndef BENCH_NOISE_H
#define BENCH_NOISE_H

#include <stdbool.h>
#include <stddef.h>

/* How the multiply-add peak varies over some thirty measurements. */
typedef struct bench_wobble {
    double spread; /* from the 10th to the 90th percentile, divided by the median */
    double median; /* FLOP/s */
} bench_wobble;

bench_wobble bench_measure_wobble(const char *isa, int threads);

/* The interruptions that threads see while they do nothing but read the clock for half a second. */
typedef struct bench_pauses {
    double longest_s;
    double lost; /* share of the time that passed in pauses of 20 microseconds or more */
} bench_pauses;

bench_pauses bench_measure_pauses(int threads);

/* The CPU time that other programs used in one second, in processors, and the busiest of them. */
typedef struct bench_others {
    bool known;
    double processors;
    char names[160]; /* "cc1 0.72, python 0.30" */
} bench_others;

bench_others bench_measure_others(void);

/* The advice of `genbench doctor` against a symptom by its name, such as "boost"; NULL if it knows no such symptom. */
const char *bench_doctor_remedy(const char *name);

#endif
