/* The images of an --input with their labels, for commands that measure a network on them. */
#ifndef GS_CLI_GIVEN_H
#define GS_CLI_GIVEN_H

#include <jansson.h>

#include "cli/networks.h"
#include "io/label_file.h"
#include "io/read.h"

typedef struct gs_given {
    const char *path; /* of the images */
    gs_image_file images;
    int *labels;                    /* (images.n) of the images, or NULL: they are not known */
    char labels_path[GS_PATH_ROOM]; /* the file of the labels, which may be that of the images; "": none */
} gs_given;

/* Check --input and --labels, of which there are at most as many as files of images, `inputs`; and the network, which
 * has to be named. Errors: GS_ERROR_ARGUMENT. */
gs_status gs_given_check(const gs_arguments *arguments, int inputs, gs_error *error);

/* Whether --label is given, as far as it says what a network is told. */
bool gs_given_is_told(const gs_arguments *arguments);

/* Refuse networks without a score. Errors: GS_ERROR_ARGUMENT. */
gs_status gs_given_check_networks(const gs_networks *networks, gs_error *error);

/* Read the first -n images, or all, and the labels of `labels_path` or, where that is NULL, of the file of images
 * itself or of the one that MNIST's names put beside, if there are any that fit. Print cautions on standard error.
 * Errors: those of gs_images_read and gs_labels_read; GS_ERROR_ARGUMENT: there are fewer images than asked for;
 * GS_ERROR_FORMAT: there are not as many labels. */
gs_status gs_given_read(gs_given *given, const char *path, const char *labels_path, const gs_arguments *arguments,
                        const gs_model_info *info, gs_error *error);

/* Read the labels alone, of images that are read, as gs_given_read does. */
gs_status gs_given_read_labels(gs_given *given, const char *labels_path, gs_error *error);

/* Whether the first n labels, if there are any, are of these classes of that network. Errors: GS_ERROR_FORMAT. */
gs_status gs_given_check_labels(const gs_given *given, size_t n, int classes, const char *network, gs_error *error);

/* The labels that a network is told of these images: NULL where it takes none or --label is none, else those of --label
 * or of the images. `room` has place for one per image. Errors: GS_ERROR_ARGUMENT: it has no such label; those of
 * gs_given_check_labels. */
gs_status gs_given_labels(const gs_given *given, const gs_arguments *arguments, const gs_model_info *info, int *room,
                          const int **labels, gs_error *error);

/* Check that a network is told labels if it needs them. Errors: GS_ERROR_ARGUMENT. */
gs_status gs_given_check_told(const gs_model_info *info, const int *labels, gs_error *error);

/* What a network is told, as JSON: "none", a class, or the file's name; and as a text, "no label", .... */
json_t *gs_given_told_json(const gs_given *given, const gs_arguments *arguments, const int *labels);
void gs_given_put_told(const gs_given *given, const gs_arguments *arguments, const int *labels, FILE *out);

void gs_given_free(gs_given *given);

#endif
