#include "cli/given.h"

#include <string.h>

#include "app/words.h"
#include "cli/images.h"

bool gs_given_is_told(const gs_arguments *a) {
    return a->given[GS_OPTION_TOLD] || a->given[GS_OPTION_TOLD_ALL];
}

gs_status gs_given_check(const gs_arguments *a, int inputs, gs_error *error) {
    if (!a->model && !a->compose.count)
        return gs_fail(error, GS_ERROR_ARGUMENT, "the network is missing: a weight file, or the name of a shipped one");
    if (!inputs)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--input: missing: the file of images");
    if (a->label == GS_LABEL_ALL || a->label == GS_LABEL_DATA) {
        return gs_fail(error, GS_ERROR_ARGUMENT, "--label %s: the images come from a file; name their class or none",
                       gs_label_word(a->label));
    }
    if (gs_given_is_told(a) && a->labels.count)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--labels: cannot go with --label, which says the same of all images");
    if (a->labels.count > inputs)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--labels: %d files for %d of images", a->labels.count, inputs);
    return GS_OK;
}

gs_status gs_given_check_networks(const gs_networks *networks, gs_error *error) {
    gs_kind kind = networks->info->kind;
    return kind == GS_KIND_CLASSIFIER || kind == GS_KIND_DECODER
               ? gs_fail(error, GS_ERROR_ARGUMENT,
                         "the network %s is a %s: expected an energy, score, noise or denoiser model",
                         networks->info->name, gs_kind_name(kind))
               : GS_OK;
}

/* ---- Reading ---- */

/* Whether the labels of a file beside the images are theirs; a warning if they cannot be read, as nobody asked for
 * them. */
static gs_status read_beside(gs_given *g) {
    gs_label_file file;
    gs_error why = {0};
    if (!gs_labels_beside(g->path, g->labels_path, sizeof g->labels_path))
        return GS_OK;
    gs_status status = gs_labels_read(g->labels_path, g->images.n, &file, &why);
    if (status == GS_ERROR_MEMORY)
        return status;
    if (status) {
        gs_warn("%s; its labels are left out", why.message);
    } else if (file.total != g->images.total) {
        gs_warn("%s: has %zu label%s for %zu image%s; they are left out", g->labels_path, file.total,
                file.total == 1 ? "" : "s", g->images.total, g->images.total == 1 ? "" : "s");
        gs_free(file.labels);
    } else {
        g->labels = file.labels;
    }
    return GS_OK;
}

static gs_status read_named(gs_given *g, const char *path, gs_error *error) {
    gs_label_file file;
    snprintf(g->labels_path, sizeof g->labels_path, "%s", path);
    gs_status status = gs_labels_read(path, g->images.n, &file, error);
    if (status)
        return status;
    g->labels = file.labels;
    return file.total == g->images.total
               ? GS_OK
               : gs_fail(error, GS_ERROR_FORMAT, "--labels: %s: has %zu label%s: expected %zu, one per image of %s",
                         path, file.total, file.total == 1 ? "" : "s", g->images.total, g->path);
}

/* Labels of the file of images itself come before those of a file beside it. */
static gs_status find_labels(gs_given *g) {
    gs_image_file *images = &g->images;
    if (images->labels_caution[0])
        gs_warn("%s: %s", g->path, images->labels_caution);
    if (!images->labels)
        return read_beside(g);
    snprintf(g->labels_path, sizeof g->labels_path, "%s", g->path);
    g->labels = images->labels;
    images->labels = NULL;
    return GS_OK;
}

gs_status gs_given_read_labels(gs_given *given, const char *labels_path, gs_error *error) {
    gs_status status = labels_path ? read_named(given, labels_path, error) : find_labels(given);
    if (!given->labels)
        given->labels_path[0] = 0;
    return status == GS_ERROR_MEMORY ? gs_fail_memory(error, "the labels") : status;
}

gs_status gs_given_read(gs_given *given, const char *path, const char *labels_path, const gs_arguments *arguments,
                        const gs_model_info *info, gs_error *error) {
    bool few = arguments->given[GS_OPTION_TAKEN];
    *given = (gs_given){.path = path};
    gs_status status = gs_images_take(path, info, few, few ? (size_t)arguments->n : SIZE_MAX, &given->images, error);
    return !status ? gs_given_read_labels(given, labels_path, error) : status;
}

/* ---- What a network is told ---- */

gs_status gs_given_check_labels(const gs_given *given, size_t n, int classes, const char *network, gs_error *error) {
    for (size_t k = 0; given->labels && k < n; k++)
        if (given->labels[k] >= classes)
            return gs_fail(error, GS_ERROR_FORMAT,
                           "%s: label %d at image %zu is no class of the network %s: they are 0 to %d",
                           given->labels_path, given->labels[k], k, network, classes - 1);
    return GS_OK;
}

gs_status gs_given_check_told(const gs_model_info *info, const int *labels, gs_error *error) {
    return labels || !info->needs_label
               ? GS_OK
               : gs_fail(error, GS_ERROR_ARGUMENT,
                         "--label: the network %s needs a label for every image: name their class, or --labels FILE",
                         info->name);
}

gs_status gs_given_labels(const gs_given *given, const gs_arguments *arguments, const gs_model_info *info, int *room,
                          const int **labels, gs_error *error) {
    int label = arguments->label;
    bool chosen = gs_given_is_told(arguments);
    gs_status status = GS_OK;
    *labels = NULL;
    if (chosen && label >= 0 && !info->labels)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--label: the network %s takes no labels", info->name);
    if (chosen && label >= info->labels && label >= 0) {
        return gs_fail(error, GS_ERROR_ARGUMENT, "--label: %d is no class of the network %s; they are 0 to %d", label,
                       info->name, info->labels - 1);
    }
    bool by_file = !chosen && given->labels;
    if (!info->labels || (!by_file && label < 0))
        return gs_given_check_told(info, *labels, error);
    if (by_file)
        status = gs_given_check_labels(given, given->images.n, info->labels, info->name, error);
    for (size_t k = 0; k < given->images.n; k++)
        room[k] = by_file ? given->labels[k] : label;
    *labels = room;
    return status;
}

json_t *gs_given_told_json(const gs_given *given, const gs_arguments *arguments, const int *labels) {
    if (!labels)
        return json_string(gs_label_word(GS_LABEL_NONE));
    return arguments->label >= 0 ? json_integer(arguments->label) : gs_text_json(gs_base_name(given->labels_path));
}

void gs_given_put_told(const gs_given *given, const gs_arguments *arguments, const int *labels, FILE *out) {
    if (!labels) {
        fputs("no label", out);
    } else if (arguments->label >= 0) {
        fprintf(out, "label %d", arguments->label);
    } else {
        fputs("the labels of ", out);
        gs_put_plain(given->labels_path, out);
    }
}

void gs_given_free(gs_given *given) {
    gs_images_free(&given->images);
    gs_free(given->labels);
    *given = (gs_given){0};
}
