/* Chooses the networks to measure: those that are named, else all that are shipped. */
#define _POSIX_C_SOURCE 200809L

#include "bench.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/find.h"

/* The path of a weight file by its name, as gensample finds it, to be freed with gs_free; NULL on failure. */
static gs_status find(const char *name, char **path, gs_error *error) {
    char found[GS_PATH_ROOM];
    gs_status status = gs_network_find(&name, found, error);
    *path = status ? NULL : gs_copy_string(name);
    return status || *path ? status : gs_fail_memory(error, "a path");
}

/* Takes the path over. */
static gs_status load(bench_models *models, char *path, gs_error *error) {
    bench_model *m = &models->model[models->count++];
    m->path = path;
    gs_status status = path ? gs_network_load(path, &m->model, error) : gs_fail_memory(error, "a path");
    if (!status)
        m->info = gs_model_get_info(m->model);
    return status;
}

static gs_status load_named(bench_models *models, const gs_texts *names, gs_error *error) {
    models->model = gs_alloc((size_t)names->count, sizeof *models->model);
    gs_status status = models->model ? GS_OK : gs_fail_memory(error, "the networks");
    for (int i = 0; i < names->count && !status; i++) {
        char *path;
        status = find(names->values[i], &path, error);
        if (!status)
            status = load(models, path, error);
        models->model[i].named = true;
    }
    return status;
}

static int is_weight_file(const struct dirent *entry) {
    size_t length = strlen(entry->d_name);
    return length > 4 && !strcmp(entry->d_name + length - 4, ".bin");
}

/* Loads all weight files of the folder that has the judge. */
static gs_status load_shipped(bench_models *models, gs_error *error) {
    struct dirent **entries;
    if (!models->judge)
        return gs_fail(error, GS_ERROR_FILE, "--model: missing, and there are no shipped networks");
    const char *slash = strrchr(models->judge, '/');
    char folder[GS_PATH_ROOM], path[2 * GS_PATH_ROOM];
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - models->judge) : 1, slash ? models->judge : ".");
    int count = scandir(folder, &entries, is_weight_file, alphasort);
    if (count < 0)
        return gs_fail(error, GS_ERROR_FILE, "%s: it cannot be read", folder);
    models->model = gs_alloc((size_t)count, sizeof *models->model);
    gs_status status = models->model ? GS_OK : gs_fail_memory(error, "the networks");
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (!status)
            status = load(models, gs_copy_string(path), error);
        free(entries[i]);
    }
    free(entries);
    return status;
}

/* The shipped judge, which need not be there. */
static gs_status find_judge(char **judge, gs_error *error) {
    gs_error why = {.status = GS_OK};
    gs_status status = find("judge.bin", judge, &why);
    return !status || status == GS_ERROR_FILE ? GS_OK : gs_fail(error, status, "%s", why.message);
}

gs_status bench_models_load(bench_models *models, const gs_texts *names, gs_error *error) {
    gs_status status = find_judge(&models->judge, error);
    if (status)
        return status;
    return names->count ? load_named(models, names, error) : load_shipped(models, error);
}

void bench_models_free(bench_models *models) {
    for (int i = 0; i < models->count; i++) {
        gs_model_free(models->model[i].model);
        gs_free(models->model[i].path);
    }
    gs_free(models->model);
    gs_free(models->judge);
    *models = (bench_models){0};
}
