#include "cli/networks.h"

#include <string.h>

#include "cli/choice.h"

static const gs_model_info *info_of(const gs_networks *n, int k) {
    return gs_model_get_info(n->network[k].model);
}

static gs_status check_kind(const gs_model_info *info, int k, gs_error *error) {
    return info->kind == GS_KIND_CLASSIFIER
               ? gs_fail(
                     error, GS_ERROR_ARGUMENT,
                     "--compose: network %d, %s, is a classifier: expected an energy, score, noise or denoiser model",
                     k + 1, info->name)
               : GS_OK;
}

/* A further network must describe the same kind of images as the first, and the same classes if there is a label. */
static gs_status check_fit(const gs_networks *n, int k, int label, gs_error *error) {
    const gs_model_info *first = n->info, *info = info_of(n, k);
    const int *a = first->shape, *b = info->shape;
    if (memcmp(a, b, sizeof first->shape) != 0) {
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "--compose: network %d, %s, has images of %d x %d x %d: expected %d x %d x %d, as of %s", k + 1,
                       info->name, b[0], b[1], b[2], a[0], a[1], a[2], first->name);
    }
    if (memcmp(first->range, info->range, sizeof first->range) != 0) {
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "--compose: network %d, %s, has pixels in [%g, %g]: expected [%g, %g], as of %s", k + 1,
                       info->name, (double)info->range[0], (double)info->range[1], (double)first->range[0],
                       (double)first->range[1], first->name);
    }
    if (n->classes && info->labels && info->labels != n->classes && label != GS_LABEL_NONE) {
        return gs_fail(error, GS_ERROR_ARGUMENT, "--compose: network %d, %s, has %d classes: expected %d, as of %s",
                       k + 1, info->name, info->labels, n->classes, gs_model_get_info(n->labelled)->name);
    }
    return GS_OK;
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
    status = a->compose.count ? check_kind(info, k, error) : GS_OK;
    if (!status && k)
        status = check_fit(n, k, a->label, error);
    if (!n->labelled && info->labels) {
        n->labelled = *model;
        n->classes = info->labels;
    }
    return status;
}

gs_status gs_networks_load(gs_networks *networks, const gs_arguments *arguments, gs_error *error) {
    *networks = (gs_networks){.count = arguments->compose.count ? arguments->compose.count : 1};
    gs_status status = gs_check_isa(arguments->isa, error);
    if (!status)
        status = gs_check_backend(arguments->backend, error);
    for (int k = 0; k < networks->count && !status; k++)
        status = load(networks, k, arguments, error);
    return status;
}

gs_status gs_networks_check_levels(const gs_networks *networks, const gs_sample_options *o, gs_error *error) {
    const gs_model_info *first = networks->info;
    for (int k = 1; k < networks->count; k++) {
        const gs_model_info *info = info_of(networks, k);
        if (!first->takes_sigma && info->takes_sigma && o->sigma_high < info->sigma[0]) {
            return gs_fail(error, GS_ERROR_ARGUMENT,
                           "--compose: network %d, %s, needs a noise level of %g ... %g, of which the first, %s, knows "
                           "none: name %s first, or choose the level with --sigmas S,S",
                           k + 1, info->name, info->sigma[0], info->sigma[1], first->name, info->name);
        }
        if (first->takes_sigma && info->takes_sigma &&
            (o->sigma_low < info->sigma[0] || o->sigma_high > info->sigma[1])) {
            return gs_fail(error, GS_ERROR_ARGUMENT,
                           "--sigmas %g,%g: network %d of --compose, %s, was trained on %g,%g", o->sigma_low,
                           o->sigma_high, k + 1, info->name, info->sigma[0], info->sigma[1]);
        }
    }
    return GS_OK;
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
