#include "app/find.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/os.h"

bool gs_file_is_there(const char *path) {
    return access(path, F_OK) == 0;
}

bool gs_path_under(const char *folder, const char *name, const char *ending, char path[GS_PATH_ROOM]) {
    size_t length = strlen(folder);
    while (length && folder[length - 1] == '/')
        length--;
    return snprintf(path, GS_PATH_ROOM, "%.*s/%s%s", (int)length, folder, name, ending) < GS_PATH_ROOM;
}

enum { FOLDERS = 2 };

/* FOLDER/PLACE without the leading "../" of the place; FOLDER is absolute and has no symbolic links. Empty where it is
 * too long. */
static void join(const char *folder, const char *place, char path[GS_PATH_ROOM]) {
    size_t length = strlen(folder);
    for (; !strncmp(place, "../", 3); place += 3)
        while (length && folder[--length] != '/')
            ;
    if (snprintf(path, GS_PATH_ROOM, "%.*s/%s", (int)length, folder, place) >= GS_PATH_ROOM)
        path[0] = 0;
}

void gs_find_from_program(const char *place, char path[GS_PATH_ROOM]) {
    char program[GS_PATH_ROOM] = "";
    char *slash = gs_os_program_path(program, sizeof program) ? strrchr(program, '/') : NULL;
    if (slash)
        *slash = 0;
    join(program, place, path);
}

/* The folders in which shipped networks may be, in the order of the search: $GENSAMPLE_MODELS if it is set, else the
 * folder of an installed program's networks, then that of a program where it was built. */
static int list_folders(char folders[FOLDERS][GS_PATH_ROOM]) {
    static const char *const places[FOLDERS] = {GS_MODELS_FROM_PROGRAM, "../models"};
    const char *folder = getenv("GENSAMPLE_MODELS");
    if (folder && folder[0]) {
        snprintf(folders[0], GS_PATH_ROOM, "%s", folder);
        return 1;
    }
    for (int i = 0; i < FOLDERS; i++)
        gs_find_from_program(places[i], folders[i]);
    return FOLDERS;
}

/* FOLDER/NAME.bin or, failing that, FOLDER/NAME; false, with the latter in *path, if neither exists. */
static bool find_in(const char *folder, const char *name, char path[GS_PATH_ROOM]) {
    static const char *const endings[] = {".bin", ""};
    bool found = false;
    for (size_t i = 0; !found && i < GS_COUNT(endings); i++)
        found = gs_path_under(folder, name, endings[i], path) && gs_file_is_there(path);
    return found;
}

bool gs_shipped_find(const char *name, char path[GS_PATH_ROOM]) {
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
    char names[GS_MESSAGE_MAX], folder[GS_PATH_ROOM], densities[200] = "";
    const gs_density_info *density;
    for (int i = 0; (density = gs_density_get(i)); i++) {
        size_t used = strlen(densities);
        snprintf(densities + used, sizeof densities - used, "%s%s", i ? ", " : "", density->name);
    }
    if (gs_shipped_list(", ", names, sizeof names, folder))
        return gs_fail(error, GS_ERROR_FILE,
                       "%.100s: no such file, no shipped network and no density: there are %s, in %.80s, and %s", name,
                       names, folder, densities);
    return gs_fail(error, GS_ERROR_FILE,
                   "%.100s: no such file, no shipped network and no density: there are none in %.80s, and %s", name,
                   folder, densities);
}

bool gs_is_density(const char *name) {
    size_t length = strcspn(name, ":");
    const gs_density_info *density;
    for (int i = 0; (density = gs_density_get(i)); i++)
        if (strlen(density->name) == length && !strncmp(density->name, name, length))
            return !gs_file_is_there(name);
    return false;
}

const char *gs_second_judge_find(const char *judge, char path[GS_PATH_ROOM]) {
    const char *slash = strrchr(judge, '/');
    int folder = slash ? (int)(slash - judge) + 1 : 0;
    int length = snprintf(path, GS_PATH_ROOM, "%.*sjudge2.bin", folder, judge);
    return length > 0 && length < GS_PATH_ROOM && gs_file_is_there(path) ? path : NULL;
}

const char gs_standard_input[] = "/dev/stdin";

gs_status gs_network_find(const char **name, char path[GS_PATH_ROOM], gs_error *error) {
    if (!*name || strchr(*name, '/') || gs_file_is_there(*name) || gs_is_density(*name))
        return GS_OK;
    if (!strcmp(*name, "-")) {
        *name = gs_standard_input;
        return GS_OK;
    }
    if (!gs_shipped_find(*name, path))
        return fail_to_find(*name, error);
    *name = path;
    return GS_OK;
}

gs_status gs_network_load(const char *name, gs_model **model, gs_error *error) {
    return gs_is_density(name) ? gs_model_create_density(name, model, error) : gs_model_load(name, model, error);
}
