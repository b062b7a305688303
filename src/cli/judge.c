#include "cli/judge.h"

#include <string.h>

#include "measure/judge.h"
#include "measure/quality.h"

gs_status gs_judge_load(gs_network *judge, const char *path, const gs_model_info *info, gs_error *error) {
    gs_status status = gs_network_load(path, &judge->model, error);
    if (status)
        return status;
    const gs_model_info *own = gs_model_get_info(judge->model);
    status = gs_option_blame("judge", gs_judge_check(own, error), error);
    if (status)
        return status;
    if (memcmp(own->shape, info->image, sizeof own->shape) != 0) {
        return gs_fail(error, GS_ERROR_ARGUMENT, "--judge: the network %s takes images of another shape than %s draws",
                       own->name, info->name);
    }
    return GS_OK;
}

/* Always the native backend and the block of its choice, so that the same samples get the same judgement. */
gs_status gs_judge_plan(gs_network *judge, const gs_arguments *arguments, gs_error *error) {
    gs_plan_options options = {.isa = arguments->isa, .threads = arguments->threads};
    return judge->model ? gs_plan_create(judge->model, &options, &judge->plan, error) : GS_OK;
}

const float *gs_judge_map(const gs_network *judge, const gs_networks *networks, const float *images, size_t n,
                          float *room) {
    const float *from = networks->info->range, *to = gs_model_get_info(judge->model)->range;
    if (!memcmp(from, to, sizeof networks->info->range))
        return images;
    gs_map_range(images, n * networks->pixels, from, to, room);
    return room;
}

gs_status gs_judge_classify(const gs_network *judge, const gs_networks *networks, const float *images, size_t n,
                            float *room, int *classes, gs_error *error) {
    return gs_quality_classify(judge->plan, gs_judge_map(judge, networks, images, n, room), n, classes, error);
}
