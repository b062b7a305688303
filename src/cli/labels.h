/* The labels of a command's chains. */
#ifndef GS_CLI_LABELS_H
#define GS_CLI_LABELS_H

#include <jansson.h>

#include "cli/networks.h"

typedef struct gs_labels {
    int label;     /* of --label: a class or GS_LABEL_... */
    int classes;   /* of the networks, 0: they take no labels */
    int *of_chain; /* (n), or NULL */
    bool guided;   /* chains have labels to which guidance may lead; it does not in decoders */
} gs_labels;

/* Take --label and check it against the networks. Errors: GS_ERROR_ARGUMENT: they have no such label, or there is
 * guidance without one. */
gs_status gs_labels_take(gs_labels *labels, const gs_arguments *arguments, const gs_networks *networks,
                         gs_error *error);

/* Give each of the n chains from number `at` of the command on its label, in place of those that had one before; none
 * is given if there is none. */
gs_status gs_labels_choose(gs_labels *labels, const gs_arguments *arguments, const gs_networks *networks, uint64_t at,
                           size_t n, gs_error *error);

/* The chains' labels for a network; NULL if it takes none. */
const int *gs_labels_for(const gs_labels *labels, const gs_model *model);

/* The label and its guidance, as members of a JSON object and as options. */
void gs_labels_put(const gs_labels *labels, const gs_sample_options *options, json_t *object);
void gs_labels_put_options(const gs_labels *labels, const gs_sample_options *options, FILE *out);

void gs_labels_free(gs_labels *labels);

#endif
