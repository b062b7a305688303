#include "cli/networks.h"

#include <string.h>

#include "sample/field.h"

static const gs_model_info *info_of(const gs_networks *n, int k) {
    return gs_model_get_info(n->network[k].model);
}

static gs_status load(gs_networks *n, int k, const gs_arguments *a, gs_error *error) {
    gs_model **model = &n->network[k].model;
    gs_status status = gs_network_load(k ? a->composed[k].path : a->model, model, error);
    if (status)
        return status;
    const gs_model_info *info = gs_model_get_info(*model);
    if (k == 0) {
        n->info = info;
        n->pixels = (size_t)info->shape[0] * (size_t)info->shape[1] * (size_t)info->shape[2];
    } else {
        n->terms[k - 1].weight = a->composed[k].weight;
    }
    status = a->compose.count ? gs_option_blame("compose", gs_field_check(n->info, info, k, error), error) : GS_OK;
    if (!n->labelled && info->labels) {
        n->labelled = *model;
        n->classes = info->labels;
    }
    return status;
}

gs_status gs_networks_load(gs_networks *networks, const gs_arguments *arguments, gs_error *error) {
    *networks = (gs_networks){.count = arguments->compose.count ? arguments->compose.count : 1};
    gs_status status = GS_OK;
    for (int k = 0; k < networks->count && !status; k++)
        status = load(networks, k, arguments, error);
    return status;
}

gs_status gs_networks_check_levels(const gs_networks *networks, const gs_sample_options *o, gs_error *error) {
    const gs_model *first = networks->network[0].model;
    gs_status status = GS_OK;
    for (int k = 1; k < networks->count && !status; k++)
        status = gs_field_check_levels(first, o, info_of(networks, k), k, error);
    return gs_option_blame("sigmas", status, error);
}

gs_status gs_networks_plan(gs_networks *networks, const gs_arguments *a, gs_error *error) {
    gs_plan_options options = {.isa = a->isa, .threads = a->threads, .block = a->block, .backend = a->backend};
    gs_status status = GS_OK;
    for (int k = 0; k < networks->count && !status; k++) {
        gs_network *network = &networks->network[k];
        options.gradient = info_of(networks, k)->kind == GS_KIND_ENERGY;
        status = gs_plan_create(network->model, &options, &network->plan, error);
        if (!status && k == 0)
            options.block = gs_plan_get_info(network->plan).block;
        else if (!status)
            networks->terms[k - 1].plan = network->plan;
    }
    return status;
}

bool gs_networks_have_energy(const gs_networks *networks) {
    bool all = true;
    for (int k = 0; k < networks->count; k++)
        all = all && info_of(networks, k)->kind == GS_KIND_ENERGY;
    return all;
}

const char *gs_networks_foreign_backend(const gs_networks *networks) {
    const char *name = gs_plan_get_info(networks->network[0].plan).backend;
    return strcmp(name, "native") ? name : NULL;
}

void gs_network_free(gs_network *network) {
    gs_plan_free(network->plan);
    gs_model_free(network->model);
    *network = (gs_network){0};
}

void gs_networks_free(gs_networks *networks) {
    for (int k = 0; k < networks->count; k++)
        gs_network_free(&networks->network[k]);
    *networks = (gs_networks){0};
}
