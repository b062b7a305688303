#include "cli/networks.h"

#include <string.h>

#include "app/words.h"
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
        n->pixels = (size_t)info->image[0] * (size_t)info->image[1] * (size_t)info->image[2];
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
    gs_plan_options options = {
        .isa = a->isa, .threads = a->threads, .block = a->block, .backend = a->backend, .dtype = a->dtype};
    gs_status status = GS_OK;
    for (int k = 0; k < networks->count && !status; k++) {
        gs_network *network = &networks->network[k];
        options.gradient = networks->differentiated || info_of(networks, k)->kind == GS_KIND_ENERGY;
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

const char *gs_networks_dtype(const gs_networks *networks, int k) {
    return gs_dtype_name(gs_plan_get_info(networks->network[k].plan).dtype);
}

const char *gs_networks_dtypes(const gs_networks *networks) {
    const char *first = gs_networks_dtype(networks, 0);
    bool alike = true;
    for (int k = 1; k < networks->count; k++)
        alike = alike && !strcmp(gs_networks_dtype(networks, k), first);
    return alike ? first : "mixed";
}

bool gs_networks_are_narrow(const gs_networks *networks) {
    return strcmp(gs_networks_dtypes(networks), gs_dtype_name(GS_DTYPE_F32)) != 0;
}

void gs_networks_put_dtypes(const gs_networks *networks, FILE *out) {
    const char *all = gs_networks_dtypes(networks);
    if (!gs_networks_are_narrow(networks))
        return;
    fprintf(out, ", %s", all);
    if (strcmp(all, gs_networks_dtype(networks, 0)) == 0)
        return;
    for (int k = 0; k < networks->count; k++)
        fprintf(out, "%s%s", k ? ", " : " types (", gs_networks_dtype(networks, k));
    fputc(')', out);
}

const char *gs_networks_caution(const gs_networks *networks, const gs_arguments *arguments) {
    bool stays = false;
    for (int k = 0; k < networks->count; k++)
        stays = stays || gs_plan_get_info(networks->network[k].plan).dtype == GS_DTYPE_F32;
#define CAUTION(name) "--dtype " name ": what needs the gradient of an energy, as this does, computes the energy in f32"
    if (!stays)
        return NULL;
    return arguments->dtype == GS_DTYPE_INT8    ? CAUTION("int8")
           : arguments->dtype == GS_DTYPE_INT16 ? CAUTION("int16")
                                                : NULL;
}

void gs_networks_warn(const gs_networks *networks, const gs_arguments *arguments) {
    const char *caution = gs_networks_caution(networks, arguments);
    if (caution)
        gs_warn("%s", caution);
}

void gs_networks_put(const gs_networks *networks, json_t *object) {
    gs_plan_info info = gs_plan_get_info(networks->network[0].plan);
    bool exact = true;
    for (int k = 0; k < networks->count; k++)
        exact = exact && gs_plan_get_info(networks->network[k].plan).exact;
    json_object_set_new(object, "isa", json_string(info.isa));
    json_object_set_new(object, "backend", json_string(info.backend));
    json_object_set_new(object, "dtype", json_string(gs_networks_dtypes(networks)));
    json_object_set_new(object, "exact", json_boolean(exact));
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

gs_status gs_networks_choose_sigma(const gs_networks *networks, const gs_arguments *a, double *sigma, gs_error *error) {
    bool given = a->given[GS_OPTION_SIGMA], taken = false;
    *sigma = given ? a->sigma : 0;
    for (int k = 0; k < networks->count; k++) {
        const gs_model_info *info = gs_model_get_info(networks->network[k].model);
        taken = taken || info->takes_sigma;
        if (!given && info->takes_sigma && info->sigma[0] > *sigma)
            *sigma = info->sigma[0];
    }
    if (given && !taken)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--sigma: the network %s takes no noise level", networks->info->name);
    for (int k = 0; k < networks->count; k++) {
        const gs_model_info *info = gs_model_get_info(networks->network[k].model);
        if (info->takes_sigma && !gs_sigma_is_trained(info, *sigma))
            return gs_fail(error, GS_ERROR_ARGUMENT, "--sigma %g: the network %s was trained on %g ... %g", *sigma,
                           info->name, info->sigma[0], info->sigma[1]);
    }
    return GS_OK;
}
