/* The networks of a command: one, or several whose densities are multiplied, so that their energies and scores are
 * added. */
#ifndef GS_CLI_NETWORKS_H
#define GS_CLI_NETWORKS_H

#include "cli/arguments.h"

/* A network and its plan; zeros are none. */
typedef struct gs_network {
    gs_model *model;
    gs_plan *plan;
} gs_network;

void gs_network_free(gs_network *network);

typedef struct gs_networks {
    gs_network network[GS_LIST_MAX]; /* (count) */
    int count;
    const gs_model_info *info;  /* of the first, whose kind of images all have */
    size_t pixels;              /* elements per image */
    const gs_model *labelled;   /* the first that takes labels; NULL: none does */
    int classes;                /* of it, or 0 */
    gs_term terms[GS_LIST_MAX]; /* (count - 1) the further ones as gs_sample takes them */
} gs_networks;

/* Load the networks of --model or --compose, which must fit the first. */
gs_status gs_networks_load(gs_networks *networks, const gs_arguments *arguments, gs_error *error);

/* Check that the further networks know the noise levels. */
gs_status gs_networks_check_levels(const gs_networks *networks, const gs_sample_options *options, gs_error *error);

/* Plan them all, to work on the same blocks of chains. */
gs_status gs_networks_plan(gs_networks *networks, const gs_arguments *arguments, gs_error *error);

/* Whether all are energies. */
bool gs_networks_have_energy(const gs_networks *networks);

/* The backend's name, or NULL for the native one, whose bytes are the same everywhere. */
const char *gs_networks_foreign_backend(const gs_networks *networks);

/* Free them; also after a failure. */
void gs_networks_free(gs_networks *networks);

#endif
