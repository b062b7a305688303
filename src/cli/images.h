/* Images that a command takes from a file. */
#ifndef GS_CLI_IMAGES_H
#define GS_CLI_IMAGES_H

#include <stdio.h>

#include "io/read.h"

/* Read the first images of a file for a network, `most` or fewer, but no fewer if that many were asked for (`given`).
 * Print cautions on standard error. Errors: those of gs_images_read; GS_ERROR_ARGUMENT: there are fewer. */
gs_status gs_images_take(const char *path, const gs_model_info *info, bool given, size_t most, gs_image_file *images,
                         gs_error *error);

/* The same for what is wished, whose `most` it is. */
gs_status gs_images_take_wished(const char *path, const gs_image_wish *wish, bool given, gs_image_file *images,
                                gs_error *error);

/* A line on how a picture was cut, if it was. */
void gs_images_put_taken(const char *path, const gs_image_file *images, FILE *out);

#endif
