/* gensample work: the jobs of a folder, one JSON file each, drawn in shards by any number of processes at once. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/interrupt.h"
#include "app/words.h"
#include "cli/commands.h"
#include "cli/job.h"
#include "cli/sample.h"

enum { JOBS_MOST = 10000 };

/* A job: NAME.json, whose run is in the folder NAME. */
typedef struct job {
    char *name; /* without the extension */
    bool failed, finished;
} job;

typedef struct jobs {
    const gs_arguments *arguments;
    job *job;
    size_t count, room;
} jobs;

/* ---- The folder ---- */

static int compare_names(const void *a, const void *b) {
    return strcmp(((const job *)a)->name, ((const job *)b)->name);
}

static gs_status add_job(jobs *all, const char *file, gs_error *error) {
    size_t length = strlen(file), end = sizeof ".json" - 1;
    if (file[0] == '.' || length <= end || strcmp(file + length - end, ".json") != 0)
        return GS_OK;
    if (all->count == JOBS_MOST)
        return gs_fail(error, GS_ERROR_FILE, "%s: has more than %d jobs: expected fewer, in several folders",
                       all->arguments->folder, JOBS_MOST);
    job *grown = gs_grow(all->job, all->count, &all->room, sizeof *all->job);
    char *name = gs_copy_string(file);
    if (grown)
        all->job = grown;
    if (!grown || !name) {
        gs_free(name);
        return gs_fail_memory(error, "a list of jobs");
    }
    name[length - end] = '\0';
    all->job[all->count++] = (job){.name = name};
    return GS_OK;
}

static gs_status list_jobs(jobs *all, gs_error *error) {
    DIR *directory = opendir(all->arguments->folder);
    gs_status status = GS_OK;
    if (!directory)
        return gs_fail(error, GS_ERROR_FILE, "%s: cannot be read as the folder of the jobs: %s", all->arguments->folder,
                       strerror(errno));
    for (const struct dirent *entry; !status && (entry = readdir(directory));)
        status = add_job(all, entry->d_name, error);
    closedir(directory);
    if (!status && !all->count)
        return gs_fail(error, GS_ERROR_FILE, "%s: has no jobs: expected files such as NAME.json",
                       all->arguments->folder);
    if (!status)
        qsort(all->job, all->count, sizeof *all->job, compare_names);
    return status;
}

/* ---- A job as a command line ---- */

/* "gensample sample OPTION... --out FOLDER/NAME" */
static gs_status make_words(const jobs *all, const char *name, const char *path, gs_words *w, gs_error *error) {
    const gs_arguments *a = all->arguments;
    char out[GS_PATH_ROOM], threads[16];
    gs_path_under(a->folder, name, "/", out);
    snprintf(threads, sizeof threads, "%d", a->threads);
    const char *const ends[] = {"--out", out, a->quiet ? "--quiet" : NULL, a->threads ? "--threads" : NULL,
                                a->threads ? threads : NULL};
    gs_status status = gs_words_add(w, strdup("gensample"), error);
    if (!status)
        status = gs_words_add(w, strdup("sample"), error);
    if (!status)
        status = gs_job_read(path, w, error);
    for (size_t i = 0; !status && i < GS_COUNT(ends); i++)
        if (ends[i])
            status = gs_words_add(w, strdup(ends[i]), error);
    return status;
}

/* ---- Working ---- */

static gs_status run_words(const jobs *all, gs_words *w, size_t *busy, gs_error *error) {
    gs_arguments *arguments = gs_alloc(1, sizeof *arguments);
    if (!arguments)
        return gs_fail_memory(error, "a job");
    gs_status status = all->arguments->parse(arguments, w->count, w->word, error);
    if (!status && !arguments->shard_size)
        status = gs_fail(error, GS_ERROR_FORMAT, "expected \"shard-size\", the chains of each shard");
    if (!status)
        status = gs_arguments_find(arguments, error);
    if (!status)
        status = gs_arguments_blame(arguments, gs_shards_run(arguments, GS_SHARDS_SHARE, busy, error), error);
    gs_free(arguments);
    return status;
}

static gs_status run_job(jobs *all, job *j, size_t *busy, gs_error *error) {
    char path[GS_PATH_ROOM];
    gs_words w = {.count = 0};
    gs_path_under(all->arguments->folder, j->name, ".json", path);
    gs_status status = make_words(all, j->name, path, &w, error);
    if (!status)
        status = run_words(all, &w, busy, error);
    gs_words_free(&w);
    if (!status || status == GS_ERROR_INTERRUPTED)
        return status;
    bool named = !strncmp(error->message, path, strlen(path));
    gs_warn("%s%s%s", named ? "" : path, named ? "" : ": ", error->message);
    j->failed = true;
    return GS_OK;
}

/* Each job that is not finished, once; *busy becomes whether other processes have shards of any. */
static gs_status run_all(jobs *all, bool *busy, gs_error *error) {
    gs_status status = GS_OK;
    *busy = false;
    for (size_t i = 0; !status && i < all->count; i++) {
        job *j = &all->job[i];
        size_t left = 0;
        if (j->failed || j->finished)
            continue;
        status = run_job(all, j, &left, error);
        j->finished = !status && !left;
        *busy = *busy || left > 0;
        if (!status && gs_interrupted())
            status = gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted: what is finished is kept");
    }
    return status;
}

static gs_status work(jobs *all, gs_error *error) {
    const struct timespec pause = {.tv_sec = 1};
    size_t failed = 0;
    bool busy = true;
    gs_status status = GS_OK;
    while (!status && busy) { /* a shard whose process dies is left to those that wait */
        status = run_all(all, &busy, error);
        if (!status && busy)
            nanosleep(&pause, NULL);
    }
    for (size_t i = 0; i < all->count; i++)
        failed += all->job[i].failed;
    return !status && failed ? gs_fail(error, GS_ERROR_FORMAT, "%s: %zu of %zu job%s failed, as the warnings say",
                                       all->arguments->folder, failed, all->count, all->count == 1 ? "" : "s")
                             : status;
}

static gs_status run(const gs_arguments *arguments, gs_error *error) {
    jobs all = {.arguments = arguments};
    gs_status status = list_jobs(&all, error);
    if (!status)
        status = work(&all, error);
    for (size_t i = 0; i < all.count; i++)
        gs_free(all.job[i].name);
    gs_free(all.job);
    return status;
}

static gs_status check(const gs_arguments *a, gs_error *error) {
    if (a->folder && strlen(a->folder) > GS_PATH_ROOM / 2)
        return gs_fail(error, GS_ERROR_ARGUMENT, "work: the folder's name is too long");
    return a->folder ? GS_OK : gs_fail(error, GS_ERROR_ARGUMENT, "work: expected the folder of the jobs");
}

const gs_command gs_command_work = {
    .about =
        "gensample work draws the runs in shards that the jobs of a folder ask for. A job is a file NAME.json, an "
        "object\n"
        "of the options of gensample sample, such as {\"model\": \"ncsn\", \"n\": 100000, \"shard-size\": 1000}; its "
        "shards\n"
        "go into the folder NAME beside it. Any number of processes may work on a folder at the same time, and on one\n"
        "run; a shard whose process dies is drawn by another one.\n",
    .examples =
        "  gensample work jobs/\n"
        "\nexit status: 0 all jobs are finished, 1 some failed, 2 usage, 130 interrupted (finished shards are kept)\n",
    .check = check,
    .sharing = GS_SHARING_NONE,
    .run = run};
