/* The calls of gs_sample, or of gs_restore, that a command makes. */
#ifndef GS_CLI_DRAWS_H
#define GS_CLI_DRAWS_H

#include "cli/setup.h"

typedef struct gs_draws {
    double seconds;       /* spent in gs_sample alone */
    uint64_t evaluations; /* of networks, and the chains that they were for */
    size_t chains;
    json_t *warnings; /* texts about the results of all calls */
    bool interrupted; /* during the last call */
} gs_draws;

/* Add the outcome of later chains. */
void gs_outcome_add(gs_outcome *sum, const gs_outcome *outcome);

/* Call gs_sample for n chains and show a line of progress; *done becomes the number of finished chains. An interruption
 * gives GS_OK and sets draws->interrupted. `what` tells one of several calls from the others in the line and in the
 * warnings; NULL if there is one call. Where there are several ranks, all must call it; each draws a share of the
 * chains, and the first gets all samples: elsewhere only those of the share are set. An
 * interruption then leaves no samples. Errors: also GS_ERROR_FILE: a rank is lost. */
gs_status gs_draws_add(gs_draws *draws, const gs_setup *setup, const char *what, size_t n, float *samples, size_t *done,
                       gs_error *error);

/* Print the warnings. */
void gs_draws_warn(const gs_draws *draws, FILE *out);

void gs_draws_free(gs_draws *draws);

#endif
