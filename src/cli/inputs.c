#include "cli/inputs.h"

#include "model/model.h"

static gs_status choose_labels(gs_input *input, const gs_arguments *a, const gs_networks *networks, gs_error *error) {
    gs_status status = GS_OK;
    bool told = a->labels.count || gs_given_is_told(a);
    for (int k = 0; k < networks->count && !status; k++) {
        const gs_model_info *info = gs_model_get_info(networks->network[k].model);
        const int *labels;
        if (!told)
            status = gs_given_check_told(info, NULL, error);
        if (!told || (!info->labels && networks->labelled))
            continue;
        status = gs_given_labels(&input->given, a, info, input->room, &labels, error);
        input->labels = labels ? labels : input->labels;
    }
    return status;
}

gs_status gs_input_check(const gs_arguments *a, const gs_networks *networks, gs_error *error) {
    return networks->classes && a->labels.count && a->labels.count < a->inputs.count
               ? gs_fail(error, GS_ERROR_ARGUMENT, "--labels: %d file%s for %d of images: expected one for each",
                         a->labels.count, a->labels.count == 1 ? "" : "s", a->inputs.count)
               : GS_OK;
}

gs_status gs_input_read(gs_input *input, const char *path, const char *labels_path, const gs_arguments *arguments,
                        const gs_networks *networks, gs_error *error) {
    gs_status status = gs_given_read(&input->given, path, labels_path, arguments, networks->info, error);
    if (status)
        return status;
    input->room = gs_alloc(input->given.images.n, sizeof *input->room);
    return input->room ? choose_labels(input, arguments, networks, error) : gs_fail_memory(error, "the labels");
}

void gs_input_free(gs_input *input) {
    gs_given_free(&input->given);
    gs_free(input->room);
    *input = (gs_input){0};
}

const char *gs_input_labels_path(const gs_arguments *arguments, int i) {
    return i < arguments->labels.count ? arguments->labels.values[i] : NULL;
}
