#include "cli/setup.h"

gs_status gs_setup_load(gs_setup *setup, const gs_arguments *arguments, gs_error *error) {
    *setup = (gs_setup){.arguments = arguments};
    gs_status status = gs_networks_load(&setup->networks, arguments, error);
    return !status ? gs_labels_take(&setup->labels, arguments, &setup->networks, error) : status;
}

gs_status gs_setup_label(gs_setup *setup, uint64_t at, size_t n, gs_error *error) {
    gs_networks *networks = &setup->networks;
    gs_status status = gs_labels_choose(&setup->labels, setup->arguments, networks, at, n, error);
    if (status)
        return status;
    setup->options.labels = gs_labels_for(&setup->labels, networks->network[0].model);
    for (int k = 1; k < networks->count; k++)
        networks->terms[k - 1].labels = gs_labels_for(&setup->labels, networks->network[k].model);
    return GS_OK;
}

void gs_setup_free(gs_setup *setup) {
    gs_labels_free(&setup->labels);
    gs_networks_free(&setup->networks);
    *setup = (gs_setup){0};
}
