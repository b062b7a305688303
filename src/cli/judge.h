/* A network that judges images. */
#ifndef GS_CLI_JUDGE_H
#define GS_CLI_JUDGE_H

#include "cli/networks.h"

/* Load a judge, which must take images of the network's shape. Errors: GS_ERROR_ARGUMENT: it does not. */
gs_status gs_judge_load(gs_network *judge, const char *path, const gs_model_info *info, gs_error *error);

gs_status gs_judge_plan(gs_network *judge, const gs_arguments *arguments, gs_error *error);

/* The network's n images in the judge's data range: the images themselves, or a converted copy in `room`, which has the
 * same size. */
const float *gs_judge_map(const gs_network *judge, const gs_networks *networks, const float *images, size_t n,
                          float *room);

/* The classes that it assigns to the network's n images, -1 for those that it rejects. `room` has the images' size. */
gs_status gs_judge_classify(const gs_network *judge, const gs_networks *networks, const float *images, size_t n,
                            float *room, int *classes, gs_error *error);

#endif
