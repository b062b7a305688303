/* The images of one of several files, and the labels that networks are told of them. */
#ifndef GS_CLI_INPUTS_H
#define GS_CLI_INPUTS_H

#include "cli/given.h"

typedef struct gs_input {
    gs_given given;
    int *room;         /* (n) */
    const int *labels; /* (n) that the networks are told, of those that take labels; or NULL */
} gs_input;

/* Check that there are --labels for every file of --input, or for none, where networks are told labels. Errors:
 * GS_ERROR_ARGUMENT. */
gs_status gs_input_check(const gs_arguments *arguments, const gs_networks *networks, gs_error *error);

/* Read the images of `path` and the labels of `labels_path`, as gs_given_read does, and choose the labels that the
 * networks are told; to be freed with gs_input_free, also on failure. Labels that no option named only sort what is
 * found: what a network says under different labels, and without, cannot be compared. Errors: those of gs_given_read
 * and gs_given_labels. */
gs_status gs_input_read(gs_input *input, const char *path, const char *labels_path, const gs_arguments *arguments,
                        const gs_networks *networks, gs_error *error);
void gs_input_free(gs_input *input);

/* The path of the labels of file number i of --input, or NULL. */
const char *gs_input_labels_path(const gs_arguments *arguments, int i);

#endif
