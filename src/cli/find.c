/* Finds weight files: as named, else among the networks that come with the program, so that an installed program works
 * from any folder. */
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

/* FOLDER/PLACE/NAME or, failing that, with .bin added; false, with *path the former, when neither is there. */
static bool find_in(const char *folder, const char *place, const char *name, char path[GS_PATH_ROOM]) {
    static const char *const endings[] = {".bin", ""};
    bool found = false;
    for (size_t i = 0; !found && i < GS_COUNT(endings); i++) {
        int length = snprintf(path, GS_PATH_ROOM, "%s/%s/%s%s", folder, place, name, endings[i]);
        found = length > 0 && length < GS_PATH_ROOM && is_there(path);
    }
    return found;
}

/* A shipped network's path; when it is not there, false, and *path is where an installed program would have it. */
static bool find_shipped(const char *name, char path[GS_PATH_ROOM]) {
    const char *folder = getenv("GENSAMPLE_MODELS");
    if (folder && folder[0])
        return find_in(folder, ".", name, path);
    char program[GS_PATH_ROOM] = "";
    char *slash = gs_os_program_path(program, sizeof program) ? strrchr(program, '/') : NULL;
    if (slash)
        *slash = 0;
    return find_in(program, GS_MODELS_FROM_PROGRAM, name, path) || find_in(program, "../models", name, path) ||
           find_in(program, GS_MODELS_FROM_PROGRAM, name, path);
}

/* The file as named if the name has a folder or the file is in the current one, else a shipped network. */
static const char *find(const char *name, char path[GS_PATH_ROOM]) {
    bool named = !name || strchr(name, '/') || is_there(name);
    return !named && find_shipped(name, path) ? path : name;
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

/* judge2.bin beside the judge that is taken where none is named; NULL when it is not there. */
static const char *find_second_judge(const char *judge, char path[GS_PATH_ROOM]) {
    const char *slash = strrchr(judge, '/');
    int folder = slash ? (int)(slash - judge) + 1 : 0;
    int length = snprintf(path, GS_PATH_ROOM, "%.*sjudge2.bin", folder, judge);
    return length > 0 && length < GS_PATH_ROOM && is_there(path) ? path : NULL;
}

/* NAME:WEIGHT or NAME. A weight of 0 would take the network out, whichever it is; only a sweep has a use for that. */
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
    const char *found = find(name, path);
    composed->is_shipped = found == path;
    snprintf(composed->path, GS_PATH_ROOM, "%s", found);
    return GS_OK;
}

gs_status gs_arguments_find(gs_arguments *arguments, gs_error *error) {
    gs_arguments *a = arguments;
    for (int i = 0; i < a->compose.count; i++) {
        gs_status status = find_composed(a->compose.values[i], &a->composed[i], error);
        if (status)
            return status;
        a->model = a->composed[0].path;
    }
    a->file = find(a->file, a->found[0]);
    if ((a->command & (GS_SAMPLE | GS_DENOISE)) && !a->model) {
        const char *name = a->label == GS_LABEL_NONE ? "ncsn.bin" : "ncsn-cond.bin";
        if (!find_shipped(name, a->found[0])) {
            return gs_fail(error, GS_ERROR_ARGUMENT, "--model: missing, and there is no shipped network %s",
                           a->found[0]);
        }
        a->model = a->found[0];
    }
    a->model = find(a->model, a->found[0]);
    a->model_is_shipped = a->model == a->found[0];
    bool default_judge = !a->judge;
    if (a->quality || a->command == GS_DENOISE)
        a->judge = a->judge ? find(a->judge, a->found[1]) : find_judge(a->model, a->found[1]);
    if (a->quality && default_judge)
        a->second_judge = find_second_judge(a->judge, a->found[2]);
    return GS_OK;
}

const char *gs_arguments_model_word(const gs_arguments *arguments) {
    return arguments->model_is_shipped ? gs_base_name(arguments->model) : arguments->model;
}

const char *gs_arguments_composed_word(const gs_arguments *arguments, int k) {
    const gs_composed *composed = &arguments->composed[k];
    return composed->is_shipped ? gs_base_name(composed->path) : composed->path;
}
