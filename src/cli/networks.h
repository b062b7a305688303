/* The networks of a command: one, or several whose densities are multiplied, so that their energies and scores are
 * added. */
#ifndef GS_CLI_NETWORKS_H
#define GS_CLI_NETWORKS_H

#include <jansson.h>

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
    size_t pixels;              /* elements per image, of a decoder those that it makes */
    const gs_model *labelled;   /* the first that takes labels; NULL: none does */
    int classes;                /* of it, or 0 */
    bool differentiated;        /* whether their plans have the gradient, whatever kind they are of */
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

/* Of network k, the name of its products' type. */
const char *gs_networks_dtype(const gs_networks *networks, int k);

/* The name that all networks' types have, or "mixed". */
const char *gs_networks_dtypes(const gs_networks *networks);

/* Whether the type of any is another than f32. */
bool gs_networks_are_narrow(const gs_networks *networks);

/* ", int8" or ", mixed types (f32, int8)" of networks that are narrow, network by network; nothing of the others. */
void gs_networks_put_dtypes(const gs_networks *networks, FILE *out);

/* Why products that --dtype asks for in int8 are not: a sentence; NULL if they are, or it does not ask. */
const char *gs_networks_caution(const gs_networks *networks, const gs_arguments *arguments);

/* The same as a warning, if there is one. */
void gs_networks_warn(const gs_networks *networks, const gs_arguments *arguments);

/* What computes the first network, and what computing promises of all: instruction set, backend, type, and whether the
 * bytes are the same on every instruction set. */
void gs_networks_put(const gs_networks *networks, json_t *object);

/* Free them; also after a failure. */
void gs_networks_free(gs_networks *networks);

/* The lowest noise level that all networks know, unless --sigma is given; 0 where none takes one. Errors:
 * GS_ERROR_ARGUMENT: none takes the given one, or one was not trained on it. */
gs_status gs_networks_choose_sigma(const gs_networks *networks, const gs_arguments *arguments, double *sigma,
                                   gs_error *error);

#endif
