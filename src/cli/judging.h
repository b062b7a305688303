/* What judges find of the samples of gensample sample. */
#ifndef GS_CLI_JUDGING_H
#define GS_CLI_JUDGING_H

#include "cli/result.h"
#include "cli/start.h"
#include "io/progress.h"

/* The measurements of a row of samples. */
typedef struct gs_judged {
    gs_quality quality;
    double stroke, thick, both; /* mean stroke width in pixels; share of thick samples; of those that are also of the
                                   label they were drawn for. NaN where there are none */
} gs_judged;

/* A second judge, which reports beside the one by which settings may have been chosen. */
typedef struct gs_second_judge {
    gs_network network; /* zeros: there is none */
    gs_quality quality;
    gs_comparison comparison;
} gs_second_judge;

typedef struct gs_judging {
    gs_network judge;           /* zeros: there is none */
    gs_judged row[GS_LIST_MAX]; /* (rows) */
    gs_comparison comparison;   /* of the samples, where there is no sweep */
    gs_second_judge second;
    double *kept; /* of chains that begin at images, by state, the result last: share of chains that kept their image's
                     class; or NULL */
    bool done;    /* the above is measured */
} gs_judging;

/* Load the judges that --quality and --judge ask for; plan them. */
gs_status gs_judging_load(gs_judging *judging, const gs_setup *setup, gs_error *error);
gs_status gs_judging_plan(gs_judging *judging, const gs_setup *setup, gs_error *error);

/* Measure the samples of all rows, in that many stages. */
int gs_judging_stages(const gs_judging *judging, const gs_result *result, const gs_start *start);
gs_status gs_judging_measure(gs_judging *judging, const gs_setup *setup, const gs_result *result, const gs_start *start,
                             gs_progress *progress, gs_error *error);

/* The measurements, as members of a JSON object and as lines of text; and one line "warning: ..." for each reason why a
 * figure means less than it seems to. */
void gs_judging_put(const gs_judging *judging, const gs_setup *setup, const gs_result *result, json_t *object);
void gs_judging_report(const gs_judging *judging, const gs_setup *setup, const gs_result *result, FILE *out);
void gs_judging_warn(const gs_judging *judging, const gs_setup *setup, FILE *out);

void gs_judging_free(gs_judging *judging);

#endif
