/* One run of gensample classify. */
#ifndef GS_CLI_CLASSIFY_H
#define GS_CLI_CLASSIFY_H

#include "cli/table.h"

typedef struct gs_classify_run {
    const gs_arguments *arguments;
    gs_networks networks;
    gs_input in;
    gs_classes_options options; /* without defaults */
    bool by_energy;
    size_t classes;
    double *log_p, *errors; /* (n, classes) */
    int *best;              /* (n) the most probable classes */
    bool is_judged;         /* whether there are labels: then the next is known */
    gs_classification judgement;
    double seconds;
} gs_classify_run;

/* Print the report, or one JSON object. */
gs_status gs_classify_report(const gs_classify_run *run, FILE *out, gs_error *error);

/* Draw accuracy by confidence. */
gs_status gs_classify_plot(const gs_classify_run *run, gs_error *error);

#endif
