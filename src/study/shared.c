/* What studies share: networks, files beside them, digits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/mnist.h"
#include "app/words.h"
#include "io/label_file.h"
#include "io/read.h"
#include "study/private.h"

enum { SIDE = 28, PIXELS = SIDE * SIDE, DIGITS = 10 };

/* ---- Networks ---- */

static gs_status make_network(gs_lab *lab, const char *name, gs_kept_network *kept, gs_error *error) {
    char path[GS_PATH_ROOM];
    const char *found = name;
    gs_status status = gs_network_find(&found, path, error);
    if (!status)
        status = gs_network_load(found, &kept->model, error);
    if (status)
        return status;
    const gs_model_info *info = gs_model_get_info(kept->model);
    gs_plan_options options = {
        .isa = lab->options->isa, .threads = lab->options->threads, .gradient = info->kind == GS_KIND_ENERGY};
    kept->network = (gs_study_network){.model = kept->model, .info = info};
    kept->network.pixels = (size_t)info->shape[0] * (size_t)info->shape[1] * (size_t)info->shape[2];
    kept->name = gs_copy_string(name);
    return kept->name ? gs_plan_create(kept->model, &options, &kept->network.plan, error)
                      : gs_fail_memory(error, "a network's name");
}

static void free_network(gs_kept_network *kept) {
    gs_plan_free(kept->network.plan);
    gs_model_free(kept->model);
    gs_free(kept->name);
    gs_free(kept);
}

static gs_status get_network(gs_lab *lab, const char *name, const gs_study_network **network, gs_error *error) {
    for (size_t i = 0; i < lab->networks; i++)
        if (!strcmp(lab->network[i]->name, name)) {
            *network = &lab->network[i]->network;
            return GS_OK;
        }
    gs_kept_network **grown = gs_grow(lab->network, lab->networks, &lab->network_room, sizeof *grown);
    lab->network = grown ? grown : lab->network;
    gs_kept_network *kept = gs_alloc(1, sizeof *kept);
    if (!grown || !kept) {
        gs_free(kept);
        return gs_fail_memory(error, "a network");
    }
    gs_status status = make_network(lab, name, kept, error);
    if (status) {
        free_network(kept);
        return status;
    }
    lab->network[lab->networks++] = kept;
    *network = &kept->network;
    return GS_OK;
}

/* Whether a list of names with commas between has a name. */
static bool has_name(const char *list, const char *name) {
    size_t length = strlen(name);
    for (const char *at = list; at; at = strchr(at, ',')) {
        at += at == list ? 0 : 2;
        if (!strncmp(at, name, length) && (!at[length] || at[length] == ','))
            return true;
    }
    return false;
}

/* Densities have parameters in their names. */
static void note_network(gs_study *study, const char *name) {
    const char *old = study->record->networks;
    if (!strchr(name, ':') && !has_name(old, name))
        study->record->networks = gs_study_text(study, "%s%s%s", old ? old : "", old ? ", " : "", name);
}

gs_status gs_study_network_get(gs_study *study, const char *name, const gs_study_network **network, gs_error *error) {
    note_network(study, name);
    return get_network(study->lab, name, network, error);
}

gs_status gs_study_file(const char *name, char path[GS_PATH_ROOM], gs_error *error) {
    return gs_shipped_find(name, path)
               ? GS_OK
               : gs_fail(error, GS_ERROR_FILE, "%.300s: there is no such file beside the shipped networks", path);
}

/* ---- Digits ---- */

static gs_status read_digits(gs_lab *lab, gs_kept_digits *kept, size_t n, gs_error *error) {
    static const int shape[3] = {1, SIDE, SIDE};
    static const float range[2] = {0, 1};
    const char *folder = lab->options->data, *part = kept->set == GS_DIGITS_TRAINING ? "train" : "t10k";
    char path[GS_PATH_ROOM], labels[GS_PATH_ROOM];
    gs_image_file images = {0};
    gs_label_file file = {0};
    if (!gs_mnist_find(folder, part, path))
        return gs_fail(error, GS_ERROR_FILE, "--data: there is no %.300s, nor with .gz: expected MNIST's files", path);
    if (!gs_labels_beside(path, labels, sizeof labels))
        return gs_fail(error, GS_ERROR_FILE, "--data: %.300s: there is no file of its labels beside it", path);
    gs_status status =
        gs_images_read(path, &(gs_image_wish){.shape = shape, .range = range, .most = n}, &images, error);
    kept->images = images.data;
    gs_free(images.labels); /* which only an archive has */
    if (!status)
        status = gs_labels_read(labels, n, &file, error);
    kept->labels = file.labels;
    if (!status && (images.n < n || file.n < n))
        return gs_fail(error, GS_ERROR_FORMAT, "--data: %.300s: %zu image%s and %zu label%s: expected at least %zu",
                       path, images.n, images.n == 1 ? "" : "s", file.n, file.n == 1 ? "" : "s", n);
    for (size_t k = 0; k < n && !status; k++)
        if (kept->labels[k] >= DIGITS)
            status = gs_fail(error, GS_ERROR_FORMAT, "--data: %.300s: label %d at image %zu: expected 0 ... %d", labels,
                             kept->labels[k], k, DIGITS - 1);
    kept->digits.source = kept->set == GS_DIGITS_TRAINING ? "MNIST's training images" : "MNIST's test images";
    return status;
}

/* The most digits of this set that are kept already; NULL: none. */
static gs_kept_digits *find_kept(const gs_lab *lab, gs_digits_set set) {
    gs_kept_digits *most = NULL;
    for (size_t i = 0; i < lab->digit_sets; i++)
        if (lab->digits[i]->set == set && (!most || lab->digits[i]->digits.n > most->digits.n))
            most = lab->digits[i];
    return most;
}

/* Each set has chains of its own, as many as MNIST has images, so that none is in both. Those that were drawn for an
 * earlier study are not drawn again. */
static gs_status draw_digits(gs_study *study, gs_kept_digits *kept, size_t n, gs_error *error) {
    enum { CHAINS = 60000 };
    const gs_kept_digits *old = find_kept(study->lab, kept->set);
    const size_t have = old ? old->digits.n : 0;
    const gs_study_network *network;
    if (n > CHAINS)
        return gs_fail(error, GS_ERROR_ARGUMENT, "%zu digits: at most %d are drawn of each set", n, CHAINS);
    kept->images = gs_alloc(n, PIXELS * sizeof *kept->images);
    kept->labels = gs_alloc(n, sizeof *kept->labels);
    if (!kept->images || !kept->labels)
        return gs_fail_memory(error, "the digits");
    gs_status status = get_network(study->lab, GS_DEFAULT_LABELLED, &network, error);
    if (status)
        return status;
    if (old) {
        memcpy(kept->images, old->images, have * PIXELS * sizeof *kept->images);
        memcpy(kept->labels, old->labels, have * sizeof *kept->labels);
    }
    gs_sample_options options = {.seed = study->lab->options->seed,
                                 .first_chain = (kept->set == GS_DIGITS_TRAINING ? 0 : CHAINS) + have,
                                 .labels = kept->labels + have};
    float *images = kept->images + have * PIXELS;
    status =
        gs_model_draw_labels(network->model, options.seed, options.first_chain, n - have, kept->labels + have, error);
    if (!status)
        status = gs_study_sample(study, network, &options, n - have, images, error);
    for (size_t i = 0; i < (n - have) * PIXELS && !status; i++) /* as in a file of bytes */
        images[i] = images[i] > 0 ? images[i] < 1 ? images[i] : 1 : 0;
    kept->digits.drawn = true;
    kept->digits.source = "digits drawn by " GS_DEFAULT_LABELLED;
    return status;
}

static void free_digits(gs_kept_digits *kept) {
    gs_free(kept->images);
    gs_free(kept->labels);
    gs_free(kept);
}

static gs_status make_digits(gs_study *study, gs_digits_set set, size_t n, gs_kept_digits **made, gs_error *error) {
    gs_lab *lab = study->lab;
    gs_kept_digits **grown = gs_grow(lab->digits, lab->digit_sets, &lab->digit_room, sizeof *grown);
    lab->digits = grown ? grown : lab->digits;
    gs_kept_digits *kept = gs_alloc(1, sizeof *kept);
    if (!grown || !kept) {
        gs_free(kept);
        return gs_fail_memory(error, "the digits");
    }
    kept->set = set;
    gs_status status = lab->options->data ? read_digits(lab, kept, n, error) : draw_digits(study, kept, n, error);
    if (status) {
        free_digits(kept);
        return status;
    }
    kept->digits.images = kept->images;
    kept->digits.labels = kept->labels;
    kept->digits.n = n;
    lab->digits[lab->digit_sets++] = kept;
    *made = kept;
    return GS_OK;
}

gs_status gs_study_digits(gs_study *study, gs_digits_set set, size_t n, gs_digits *digits, gs_error *error) {
    gs_lab *lab = study->lab;
    gs_kept_digits *kept = find_kept(lab, set);
    gs_status status = kept && kept->digits.n >= n ? GS_OK : make_digits(study, set, n, &kept, error);
    if (status)
        return status;
    *digits = kept->digits;
    digits->n = n;
    study->record->used_digits = true;
    study->record->used_drawn = study->record->used_drawn || digits->drawn;
    return GS_OK;
}

void gs_lab_free(gs_lab *lab) {
    for (size_t i = 0; i < lab->networks; i++)
        free_network(lab->network[i]);
    for (size_t i = 0; i < lab->digit_sets; i++)
        free_digits(lab->digits[i]);
    gs_free(lab->network);
    gs_free(lab->digits);
}
