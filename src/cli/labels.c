#include "cli/labels.h"

#include "app/words.h"

/* All networks of a product that take labels get the same, so they must have the same classes. */
static gs_status check_classes(const gs_networks *n, gs_error *error) {
    for (int k = 0; k < n->count; k++) {
        const gs_model_info *info = gs_model_get_info(n->network[k].model);
        if (info->labels && info->labels != n->classes) {
            return gs_fail(error, GS_ERROR_ARGUMENT, "--compose: network %d, %s, has %d class%s: expected %d, as of %s",
                           k + 1, info->name, info->labels, info->labels == 1 ? "" : "es", n->classes,
                           gs_model_get_info(n->labelled)->name);
        }
    }
    return GS_OK;
}

/* The first network that has no label "none"; NULL: they all have, or take no labels. */
static const gs_model_info *find_needy(const gs_networks *n) {
    for (int k = 0; k < n->count; k++)
        if (gs_model_get_info(n->network[k].model)->needs_label)
            return gs_model_get_info(n->network[k].model);
    return NULL;
}

/* --label none, or none given, where a network needs one: samples then have labels as the data have. */
static gs_status supply(gs_labels *labels, const gs_arguments *arguments, const gs_networks *networks,
                        gs_error *error) {
    const gs_model_info *needy = find_needy(networks);
    const bool *given = arguments->given;
    if (labels->label != GS_LABEL_NONE || !needy || (arguments->command == GS_PLAN && !given[GS_OPTION_CLASS]))
        return GS_OK;
    if (arguments->command != GS_SAMPLE || given[GS_OPTION_LABEL])
        return gs_fail(error, GS_ERROR_ARGUMENT, "--label: the network %s needs a label for every image: 0 to %d%s",
                       needy->name, needy->labels - 1, arguments->command == GS_SAMPLE ? ", all or data" : "");
    labels->label = GS_LABEL_DATA;
    return GS_OK;
}

gs_status gs_labels_take(gs_labels *labels, const gs_arguments *arguments, const gs_networks *networks,
                         gs_error *error) {
    int classes = networks->classes;
    const bool *given = arguments->given;
    const char *name = networks->info->name;
    *labels = (gs_labels){.label = arguments->label, .classes = classes};
    gs_status status = supply(labels, arguments, networks, error);
    if (status)
        return status;
    int label = labels->label;
    if (label == GS_LABEL_NONE) {
        return !given[GS_OPTION_GUIDANCE] && !given[GS_OPTION_GUIDANCE_SIGMAS]
                   ? GS_OK
                   : gs_fail(error, GS_ERROR_ARGUMENT, "%s: guidance is towards a label; add --label",
                             given[GS_OPTION_GUIDANCE] ? "--guidance" : "--guidance-sigmas");
    }
    if (!classes)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--label: the network %s takes no labels", name);
    status = check_classes(networks, error);
    if (!status && label == GS_LABEL_DATA)
        status = gs_option_blame("label", gs_model_draw_labels(networks->labelled, 0, 0, 0, NULL, error), error);
    if (status)
        return status;
    if (label >= classes) {
        return gs_fail(error, GS_ERROR_ARGUMENT, "--label: %d is no class of the network %s; they are 0 to %d", label,
                       name, classes - 1);
    }
    return GS_OK;
}

gs_status gs_labels_choose(gs_labels *labels, const gs_arguments *arguments, const gs_networks *networks, uint64_t at,
                           size_t n, gs_error *error) {
    int label = labels->label;
    if (label == GS_LABEL_NONE)
        return GS_OK;
    labels->guided = networks->info->kind != GS_KIND_DECODER;
    gs_free(labels->of_chain);
    labels->of_chain = gs_alloc(n, sizeof(int));
    if (!labels->of_chain)
        return gs_fail_memory(error, "the labels");
    if (label == GS_LABEL_DATA)
        return gs_model_draw_labels(networks->labelled, arguments->seed, arguments->first + at, n, labels->of_chain,
                                    error);
    for (size_t k = 0; k < n; k++)
        labels->of_chain[k] = label == GS_LABEL_ALL ? (int)((at + k) % (uint64_t)labels->classes) : label;
    return GS_OK;
}

const int *gs_labels_for(const gs_labels *labels, const gs_model *model) {
    return gs_model_get_info(model)->labels ? labels->of_chain : NULL;
}

static double guidance(const gs_sample_options *o) {
    return o->guidance > 0 ? o->guidance : 0;
}

void gs_labels_put(const gs_labels *labels, const gs_sample_options *options, json_t *object) {
    const char *word = gs_label_word(labels->label);
    if (labels->classes)
        json_object_set_new(object, "label", word ? json_string(word) : json_integer(labels->label));
    if (labels->guided)
        json_object_set_new(object, "guidance", json_real(guidance(options)));
    if (labels->guided && guidance(options) > 0) {
        json_object_set_new(object, "guidance_sigmas",
                            json_pack("[f, f]", options->guidance_low, options->guidance_high));
    }
}

void gs_labels_put_options(const gs_labels *labels, const gs_sample_options *options, FILE *out) {
    const char *word = gs_label_word(labels->label);
    char low[32], high[32];
    if (labels->label >= 0)
        fprintf(out, " --label %d", labels->label);
    else if (labels->label != GS_LABEL_NONE)
        fprintf(out, " --label %s", word);
    if (labels->guided)
        fprintf(out, " --guidance %s", gs_shortest(guidance(options), low));
    if (labels->guided && guidance(options) > 0 && options->guidance_low > 0) {
        fprintf(out, " --guidance-sigmas %s,%s", gs_shortest(options->guidance_low, low),
                gs_shortest(options->guidance_high, high));
    }
}

void gs_labels_free(gs_labels *labels) {
    gs_free(labels->of_chain);
    *labels = (gs_labels){0};
}
