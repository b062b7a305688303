/* How a command draws: by which networks, with which labels and settings. Commands of several draws change the settings
 * between them. */
#ifndef GS_CLI_SETUP_H
#define GS_CLI_SETUP_H

#include "cli/labels.h"

typedef struct gs_setup {
    const gs_arguments *arguments;
    gs_networks networks;
    gs_labels labels;
    gs_sample_options options;         /* resolved; may point into this struct, which stays where it is */
    const gs_measurement *measurement; /* that chains are given; NULL: none */
} gs_setup;

/* Load the networks and check --label. */
gs_status gs_setup_load(gs_setup *setup, const gs_arguments *arguments, gs_error *error);

/* Give each of the n chains from number `at` of the command on, of all networks, its label. */
gs_status gs_setup_label(gs_setup *setup, uint64_t at, size_t n, gs_error *error);

/* Free it; also after a failure. */
void gs_setup_free(gs_setup *setup);

#endif
