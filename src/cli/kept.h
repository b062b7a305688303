/* The file of chains, --out FILE.nc: every step of chains at one noise level goes into it while they are drawn. */
#ifndef GS_CLI_KEPT_H
#define GS_CLI_KEPT_H

#include <pthread.h>

#include "cli/output.h"
#include "cli/setup.h"
#include "io/chain_file.h"

enum { GS_KEPT_ATTRIBUTES = 13, GS_KEPT_NUMBERS = 5 };

typedef struct gs_kept {
    gs_chain_file *file;    /* NULL: there is none */
    gs_chain_layout layout; /* of the chains that are finished */
    size_t chains;          /* all chains */
    gs_chain_layout fewer;  /* where the run was interrupted */
    gs_notes notes;
    gs_note attributes[GS_KEPT_ATTRIBUTES];
    char number[GS_KEPT_NUMBERS][24]; /* those that are numbers: seed, steps, burn-in, every, diagnosed-every */
    char draws[320];                  /* what the draws are, and those of which --diagnose has its figures */
    size_t size, block;               /* floats of a state; draws of a chain that are written at once */
    int burn_in, every, max_depth;
    double temperature;
    float *x;       /* (chains, block, size): states that are not written yet */
    double *values; /* (chains, GS_CHAIN_STATISTIC_COUNT, block): the statistics of the layout; as LP the energy */
    pthread_mutex_t lock;
    gs_status status; /* of what was written; under the lock, as its message */
    gs_error error;
} gs_kept;

/* What the settings must be for a file of chains, before anything is drawn. Errors: GS_ERROR_ARGUMENT,
 * GS_ERROR_UNSUPPORTED. */
gs_status gs_kept_check(const gs_setup *setup, gs_error *error);

/* States per chain that will be written. */
size_t gs_kept_draws(const gs_setup *setup);

/* Begin the file for n chains; without an inverse mass there are no statistics of steps either. `settings` and
 * `command` are freed, and become attributes. Errors: GS_ERROR_FILE, GS_ERROR_MEMORY, GS_ERROR_UNSUPPORTED. */
gs_status gs_kept_open(gs_kept *kept, const gs_setup *setup, size_t n, const float *inverse_mass, char *settings,
                       char *command, gs_error *error);

/* Take what gs_sample shows; false when writing failed. */
bool gs_kept_watch(gs_kept *kept, const gs_step_view *view);

/* Complete the file, with the first `done` chains, at least 1, and their inverse masses, (n, C, H, W), or NULL. Errors:
 * GS_ERROR_FILE, GS_ERROR_MEMORY. */
gs_status gs_kept_finish(gs_kept *kept, size_t done, const float *inverse_mass, gs_error *error);

void gs_kept_free(gs_kept *kept);

#endif
