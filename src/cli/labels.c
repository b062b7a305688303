#include "cli/labels.h"

#include "app/words.h"

/* All networks of a product that take labels get the same, so they must have the same classes. */
static gs_status check_classes(const gs_networks *n, gs_error *error) {
    for (int k = 0; k < n->count; k++) {
        const gs_model_info *info = gs_model_get_info(n->network[k].model);
        if (info->labels && info->labels != n->classes) {
            return gs_fail(error, GS_ERROR_ARGUMENT, "--compose: network %d, %s, has %d classes: expected %d, as of %s",
                           k + 1, info->name, info->labels, n->classes, gs_model_get_info(n->labelled)->name);
        }
    }
    return GS_OK;
}

gs_status gs_labels_take(gs_labels *labels, const gs_arguments *arguments, const gs_networks *networks,
                         gs_error *error) {
    int label = arguments->label, classes = networks->classes;
    const bool *given = arguments->given;
    const char *name = networks->info->name;
    *labels = (gs_labels){.label = label, .classes = classes};
    if (label == GS_LABEL_NONE) {
        return !given[GS_OPTION_GUIDANCE] && !given[GS_OPTION_GUIDANCE_SIGMAS]
                   ? GS_OK
                   : gs_fail(error, GS_ERROR_ARGUMENT, "%s: guidance is towards a label; add --label",
                             given[GS_OPTION_GUIDANCE] ? "--guidance" : "--guidance-sigmas");
    }
    if (!classes)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--label: the network %s takes no labels", name);
    gs_status status = check_classes(networks, error);
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

gs_status gs_labels_choose(gs_labels *labels, const gs_arguments *arguments, const gs_networks *networks, size_t n,
                           gs_error *error) {
    int label = labels->label;
    if (label == GS_LABEL_NONE)
        return GS_OK;
    labels->of_chain = gs_alloc(n, sizeof(int));
    if (!labels->of_chain)
        return gs_fail_memory(error, "the labels");
    if (label == GS_LABEL_DATA)
        return gs_model_draw_labels(networks->labelled, arguments->seed, arguments->first, n, labels->of_chain, error);
    for (size_t k = 0; k < n; k++)
        labels->of_chain[k] = label == GS_LABEL_ALL ? (int)(k % (size_t)labels->classes) : label;
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
    if (labels->of_chain)
        json_object_set_new(object, "guidance", json_real(guidance(options)));
    if (labels->of_chain && guidance(options) > 0) {
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
    if (labels->of_chain)
        fprintf(out, " --guidance %s", gs_shortest(guidance(options), low));
    if (labels->of_chain && guidance(options) > 0 && options->guidance_low > 0) {
        fprintf(out, " --guidance-sigmas %s,%s", gs_shortest(options->guidance_low, low),
                gs_shortest(options->guidance_high, high));
    }
}

void gs_labels_free(gs_labels *labels) {
    gs_free(labels->of_chain);
    *labels = (gs_labels){0};
}
