/* One run of gensample likelihood. */
#ifndef GS_CLI_LIKELIHOOD_H
#define GS_CLI_LIKELIHOOD_H

#include "cli/table.h"

enum { GS_TRACE_EXACT_MOST = 16 }; /* dimensions up to which traces are exact unless told otherwise */

/* What is measured of the images of one file. */
typedef struct gs_likelihoods {
    gs_input in;
    gs_likelihood *of; /* (n) */
} gs_likelihoods;

typedef struct gs_likelihood_run {
    const gs_arguments *arguments;
    gs_networks networks;
    gs_flow_options options; /* without defaults */
    const char *trace;       /* the name of its method */
    int count;
    gs_likelihoods *input; /* (count) */
    double seconds;
} gs_likelihood_run;

/* Print the means or, with --json, one JSON object. */
gs_status gs_likelihood_report(const gs_likelihood_run *run, FILE *out, gs_error *error);

#endif
