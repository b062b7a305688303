/* One run of gensample partition: log Z, and how probable the images of some files are. */
#ifndef GS_CLI_PARTITION_H
#define GS_CLI_PARTITION_H

#include "cli/given.h"
#include "cli/setup.h"

/* What is measured of the images of one file. */
typedef struct gs_probable {
    gs_given given;
    int *room;     /* (n) labels */
    float *energy; /* (n) */
} gs_probable;

typedef struct gs_partition_run {
    gs_setup setup;
    size_t chains;
    double *log_weight; /* (chains) */
    gs_trace trace;
    gs_outcome outcome;
    gs_partition partition;
    double known; /* log Z of a density, NAN: not known */
    int count;
    gs_probable *input; /* (count) */
    double seconds;
} gs_partition_run;

/* log p = -E / T - log Z. */
static inline double gs_partition_log_p(const gs_partition_run *run, const gs_probable *input, size_t k) {
    return -(double)input->energy[k] / run->setup.options.temperature - run->partition.log_z;
}

/* Print the results or, with --json, one JSON object. */
gs_status gs_partition_report(const gs_partition_run *run, gs_error *error);

#endif
