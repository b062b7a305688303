/* Finds weight files: by the name as given, else among the networks that come with the program, so that an installed
 * program works from any folder. */
#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/os.h"
#include "cli/arguments.h"
#include "cli/words.h"
#include "model/model.h"

static bool is_there(const char *path) {
    return access(path, F_OK) == 0;
}

enum { FOLDERS = 2 };

/* The folders in which shipped networks may be, in the order of the search: $GENSAMPLE_MODELS if it is set, else the
 * folder of an installed program's networks, then that of a program where it was built. */
static int list_folders(char folders[FOLDERS][GS_PATH_ROOM]) {
    static const char *const places[FOLDERS] = {GS_MODELS_FROM_PROGRAM, "../models"};
    const char *folder = getenv("GENSAMPLE_MODELS");
    if (folder && folder[0]) {
        snprintf(folders[0], GS_PATH_ROOM, "%s", folder);
        return 1;
    }
    char program[GS_PATH_ROOM] = "";
    char *slash = gs_os_program_path(program, sizeof program) ? strrchr(program, '/') : NULL;
    if (slash)
        *slash = 0;
    for (int i = 0; i < FOLDERS; i++)
        if (snprintf(folders[i], GS_PATH_ROOM, "%s/%s", program, places[i]) >= GS_PATH_ROOM)
            folders[i][0] = 0;
    return FOLDERS;
}

/* FOLDER/NAME.bin or, failing that, FOLDER/NAME; false, with the latter in *path, if neither exists. */
static bool find_in(const char *folder, const char *name, char path[GS_PATH_ROOM]) {
    static const char *const endings[] = {".bin", ""};
    bool found = false;
    for (size_t i = 0; !found && i < GS_COUNT(endings); i++) {
        int length = snprintf(path, GS_PATH_ROOM, "%s/%s%s", folder, name, endings[i]);
        found = length > 0 && length < GS_PATH_ROOM && is_there(path);
    }
    return found;
}

/* A shipped network's path; false if it does not exist, with the place where it is looked for first in *path. */
static bool find_shipped(const char *name, char path[GS_PATH_ROOM]) {
    char folders[FOLDERS][GS_PATH_ROOM];
    int count = list_folders(folders);
    bool found = false;
    for (int i = 0; i < count && !found; i++)
        found = find_in(folders[i], name, path);
    if (!found)
        find_in(folders[0], name, path);
    return found;
}

static int is_weight_file(const struct dirent *entry) {
    size_t length = strlen(entry->d_name);
    return length > 4 && !strcmp(entry->d_name + length - 4, ".bin");
}

/* Names are compared without the ending, which would put "ebm-cond" before "ebm". */
static int compare_names(const struct dirent **a, const struct dirent **b) {
    size_t first = strlen((*a)->d_name) - 4, second = strlen((*b)->d_name) - 4;
    int order = strncmp((*a)->d_name, (*b)->d_name, first < second ? first : second);
    return order ? order : (first > second) - (first < second);
}

int gs_shipped_list(const char *between, char *names, size_t room, char folder[GS_PATH_ROOM]) {
    char folders[FOLDERS][GS_PATH_ROOM];
    int places = list_folders(folders), count = 0;
    names[0] = 0;
    memcpy(folder, folders[0], GS_PATH_ROOM);
    for (int i = 0; i < places && count <= 0; i++) {
        struct dirent **entries;
        count = scandir(folders[i], &entries, is_weight_file, compare_names);
        for (int k = 0; k < count; k++) {
            size_t used = strlen(names);
            int length = (int)strlen(entries[k]->d_name) - 4;
            snprintf(names + used, room - used, "%s%.*s", k ? between : "", length, entries[k]->d_name);
            free(entries[k]);
        }
        if (count >= 0)
            free(entries);
        if (count > 0)
            memcpy(folder, folders[i], GS_PATH_ROOM);
    }
    return count > 0 ? count : 0;
}

static gs_status fail_to_find(const char *name, gs_error *error) {
    char names[GS_MESSAGE_MAX], folder[GS_PATH_ROOM];
    if (gs_shipped_list(", ", names, sizeof names, folder))
        return gs_fail(error, GS_ERROR_FILE, "%.100s: no such file, and no shipped network: there are %s, in %s", name,
                       names, folder);
    return gs_fail(error, GS_ERROR_FILE, "%.100s: no such file, and no shipped network: there is none in %s", name,
                   folder);
}

static const char standard_input[] = "/dev/stdin";

/* The file as named if the name has a folder or the file is in the current one, standard input for "-", else a shipped
 * network. */
static gs_status find(const char **name, char path[GS_PATH_ROOM], gs_error *error) {
    if (!*name || strchr(*name, '/') || is_there(*name))
        return GS_OK;
    if (!strcmp(*name, "-")) {
        *name = standard_input;
        return GS_OK;
    }
    if (!find_shipped(*name, path))
        return fail_to_find(*name, error);
    *name = path;
    return GS_OK;
}

/* judge.bin beside the model, else the shipped one. */
static const char *find_judge(const char *model, char path[GS_PATH_ROOM]) {
    const char *slash = strrchr(model, '/');
    char shipped[GS_PATH_ROOM];
    int folder = slash ? (int)(slash - model) + 1 : 0;
    int length = snprintf(path, GS_PATH_ROOM, "%.*sjudge.bin", folder, model);
    bool beside = length > 0 && length < GS_PATH_ROOM && is_there(path);
    if (!beside && find_shipped("judge.bin", shipped))
        memcpy(path, shipped, sizeof shipped);
    return path;
}

/* The path of judge2.bin beside the default judge; NULL if there is none. */
static const char *find_second_judge(const char *judge, char path[GS_PATH_ROOM]) {
    const char *slash = strrchr(judge, '/');
    int folder = slash ? (int)(slash - judge) + 1 : 0;
    int length = snprintf(path, GS_PATH_ROOM, "%.*sjudge2.bin", folder, judge);
    return length > 0 && length < GS_PATH_ROOM && is_there(path) ? path : NULL;
}

/* NAME:WEIGHT or NAME. A weight of 0 would take the network out, which only a sweep has a use for. */
static gs_status find_composed(const char *text, gs_composed *composed, gs_error *error) {
    const char *colon = strrchr(text, ':');
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
    gs_status status = find(&found, path, error);
    composed->is_shipped = found == path;
    snprintf(composed->path, GS_PATH_ROOM, "%s", found);
    return status;
}

static const char *find_images(const char *name) {
    return name && !strcmp(name, "-") ? standard_input : name;
}

/* Standard input can be read only once. */
static gs_status check_standard_input(const gs_arguments *a, gs_error *error) {
    const char *const names[] = {a->compose.count ? NULL : a->model, a->judge, a->input, a->init, a->file};
    int count = 0;
    for (size_t i = 0; i < GS_COUNT(names); i++)
        count += names[i] && !strcmp(names[i], standard_input);
    for (int i = 0; i < a->compose.count; i++)
        count += !strcmp(a->composed[i].path, standard_input);
    return count < 2 ? GS_OK : gs_fail(error, GS_ERROR_ARGUMENT, "standard input is named as %d files", count);
}

gs_status gs_arguments_find(gs_arguments *arguments, gs_error *error) {
    gs_arguments *a = arguments;
    for (int i = 0; i < a->compose.count; i++) {
        gs_status composed = find_composed(a->compose.values[i], &a->composed[i], error);
        if (composed)
            return composed;
        a->model = a->composed[0].path;
    }
    gs_status status = find(&a->file, a->found[0], error);
    if (status)
        return status;
    a->input = find_images(a->input);
    a->init = find_images(a->init);
    if ((a->command & (GS_SAMPLE | GS_DENOISE)) && !a->model) {
        const char *name = a->label == GS_LABEL_NONE ? "ncsn.bin" : "ncsn-cond.bin";
        if (!find_shipped(name, a->found[0])) {
            return gs_fail(error, GS_ERROR_ARGUMENT, "--model: missing, and there is no shipped network %s",
                           a->found[0]);
        }
        a->model = a->found[0];
    }
    status = find(&a->model, a->found[0], error);
    a->model_is_shipped = a->model == a->found[0];
    if (!status && a->judge) {
        status = find(&a->judge, a->found[1], error);
    } else if (!status && (a->quality || a->command == GS_DENOISE)) {
        a->judge = find_judge(a->model, a->found[1]);
        a->second_judge = a->quality ? find_second_judge(a->judge, a->found[2]) : NULL;
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
