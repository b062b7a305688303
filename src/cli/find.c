/* Finds the files that the arguments name. */
#include <math.h>
#include <string.h>

#include "app/words.h"
#include "cli/option.h"
#include "model/model.h"

/* judge.bin beside the model, else the shipped one. */
static const char *find_judge(const char *model, char path[GS_PATH_ROOM]) {
    const char *slash = strrchr(model, '/');
    char shipped[GS_PATH_ROOM];
    int folder = slash ? (int)(slash - model) + 1 : 0;
    int length = snprintf(path, GS_PATH_ROOM, "%.*sjudge.bin", folder, model);
    bool beside = length > 0 && length < GS_PATH_ROOM && gs_file_is_there(path);
    if (!beside && gs_shipped_find("judge.bin", shipped))
        memcpy(path, shipped, sizeof shipped);
    return path;
}

/* NAME:WEIGHT or NAME. A weight of 0 would take the network out, which only a sweep has a use for. The last colon of a
 * density may belong to its parameters. */
static gs_status find_composed(const char *text, gs_composed *composed, gs_error *error) {
    const char *colon = strrchr(text, ':');
    if (colon && strchr(colon, '=') && gs_is_density(text))
        colon = NULL;
    size_t length = colon ? (size_t)(colon - text) : strlen(text);
    char name[GS_PATH_ROOM], path[GS_PATH_ROOM];
    composed->weight = 1;
    bool good = !colon || (gs_parse_number(colon + 1, &composed->weight) && fabs(composed->weight) <= GS_WEIGHT_MAX);
    if (!good || composed->weight == 0) {
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "--compose: \"%.200s\": the weight is no number from -%d to %d other than 0", text,
                       GS_WEIGHT_MAX, GS_WEIGHT_MAX);
    }
    if (length == 0 || length >= GS_PATH_ROOM)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--compose: \"%.200s\": a network's name is missing", text);
    memcpy(name, text, length);
    name[length] = 0;
    const char *found = name;
    gs_status status = gs_network_find(&found, path, error);
    composed->is_shipped = found == path;
    snprintf(composed->path, GS_PATH_ROOM, "%s", found);
    return status;
}

static const char *find_images(const char *name) {
    return name && !strcmp(name, "-") ? gs_standard_input : name;
}

/* Standard input can be read only once. */
static gs_status check_standard_input(const gs_arguments *a, gs_error *error) {
    const char *const names[] = {a->compose.count ? NULL : a->model, a->judge, a->input, a->init, a->file};
    const gs_texts *const lists[] = {&a->inputs, &a->labels, &a->against};
    int count = 0;
    for (size_t i = 0; i < GS_COUNT(names); i++)
        count += names[i] && !strcmp(names[i], gs_standard_input);
    for (int i = 0; i < a->compose.count; i++)
        count += !strcmp(a->composed[i].path, gs_standard_input);
    for (size_t k = 0; k < GS_COUNT(lists); k++)
        for (int i = 0; i < lists[k]->count; i++)
            count += !strcmp(lists[k]->values[i], gs_standard_input);
    return count < 2 ? GS_OK : gs_fail(error, GS_ERROR_ARGUMENT, "standard input is named as %d files", count);
}

static bool finds(const gs_arguments *a, gs_finds what) {
    return gs_command_row_of(a->command)->finds >= what;
}

gs_status gs_arguments_find(gs_arguments *arguments, gs_error *error) {
    gs_arguments *a = arguments;
    for (int i = 0; i < a->compose.count; i++) {
        gs_status composed = find_composed(a->compose.values[i], &a->composed[i], error);
        if (composed)
            return composed;
        a->model = a->composed[0].path;
    }
    gs_status status = gs_network_find(&a->file, a->found[0], error);
    if (status)
        return status;
    a->input = find_images(a->input);
    a->init = find_images(a->init);
    for (int i = 0; i < a->inputs.count; i++)
        a->inputs.values[i] = find_images(a->inputs.values[i]);
    for (int i = 0; i < a->labels.count; i++)
        a->labels.values[i] = find_images(a->labels.values[i]);
    for (int i = 0; i < a->against.count; i++)
        a->against.values[i] = find_images(a->against.values[i]);
    if (finds(a, GS_FINDS_NETWORK) && !a->model) {
        const char *name = a->label == GS_LABEL_NONE ? GS_DEFAULT_NETWORK ".bin" : GS_DEFAULT_LABELLED ".bin";
        if (!gs_shipped_find(name, a->found[0])) {
            return gs_fail(error, GS_ERROR_ARGUMENT, "--model: missing, and there is no shipped network %s",
                           a->found[0]);
        }
        a->model = a->found[0];
    }
    status = gs_network_find(&a->model, a->found[0], error);
    a->model_is_shipped = a->model == a->found[0];
    if (!status && a->judge) {
        const char *name = a->judge;
        status = gs_network_find(&a->judge, a->found[1], error);
        if (status == GS_ERROR_FILE)
            status =
                gs_fail(error, status,
                        "--judge: %.100s: no such file, and no shipped judge: expected a classifier's weight file, "
                        "or judge, the shipped one",
                        name);
    } else if (!status && (a->quality || finds(a, GS_FINDS_JUDGE))) {
        a->judge = find_judge(a->model, a->found[1]);
        a->second_judge = a->quality ? gs_second_judge_find(a->judge, a->found[2]) : NULL;
    }
    return status ? status : check_standard_input(a, error);
}

const char *gs_arguments_model_word(const gs_arguments *arguments) {
    return arguments->model_is_shipped ? gs_base_name(arguments->model) : arguments->model;
}

const char *gs_arguments_composed_word(const gs_arguments *arguments, int k) {
    const gs_composed *composed = &arguments->composed[k];
    return composed->is_shipped ? gs_base_name(composed->path) : composed->path;
}
