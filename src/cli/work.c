/* gensample work: the jobs of a folder, one JSON file each, drawn in shards by any number of processes at once. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/interrupt.h"
#include "app/json_file.h"
#include "app/words.h"
#include "cli/commands.h"
#include "cli/sample.h"

enum { JOBS_MOST = 10000, WORDS_MOST = 256, JOB_BYTES = 1 << 16, TREE_BYTES = 1 << 24 };
static const char expected[] = "expected an object of settings, such as {\"n\": 1000, \"shard-size\": 100}";

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

typedef struct words {
    char *word[WORDS_MOST + 1];
    int count;
} words;

static void free_words(words *w) {
    for (int i = 0; i < w->count; i++)
        free(w->word[i]);
}

/* Takes the text over; NULL counts as a lack of memory. */
static gs_status add_word(words *w, char *text, gs_error *error) {
    if (!text)
        return gs_fail_memory(error, "a job");
    if (w->count == WORDS_MOST) {
        free(text);
        return gs_fail(error, GS_ERROR_FORMAT, "has more than %d options and values", WORDS_MOST);
    }
    w->word[w->count++] = text;
    return GS_OK;
}

static gs_status add_option(words *w, const char *key, json_t *value, gs_error *error) {
    char name[64];
    if (json_is_false(value))
        return GS_OK;
    if (!json_is_string(value) && !json_is_number(value) && !json_is_true(value))
        return gs_fail(error, GS_ERROR_FORMAT, "\"%.40s\": expected a text, a number, true, or a list of them", key);
    snprintf(name, sizeof name, "%s%s", key[0] && !key[1] ? "-" : "--", key);
    for (char *c = name; *c; c++)
        *c = *c == '_' ? '-' : *c;
    gs_status status = add_word(w, strdup(name), error);
    if (!status && json_is_string(value))
        status = add_word(w, strdup(json_string_value(value)), error);
    else if (!status && json_is_number(value))
        status = add_word(w, json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17)), error);
    return status;
}

/* What the job itself cannot say. */
static gs_status check_key(const char *key, gs_error *error) {
    static const struct {
        const char *key, *why;
    } refused[] = {{"out", "its run goes into the folder of its name"},
                   {"resume", "gensample work always goes on"},
                   {"json", "gensample work reports on all jobs"},
                   {"quiet", "expected as an option of gensample work"},
                   {"threads", "expected as an option of gensample work"},
                   {"help", "it draws nothing"},
                   {"version", "it draws nothing"}};
    for (size_t i = 0; i < GS_COUNT(refused); i++)
        if (!strcmp(key, refused[i].key))
            return gs_fail(error, GS_ERROR_FORMAT, "\"%s\": is no setting of a job: %s", key, refused[i].why);
    return GS_OK;
}

static gs_status add_options(words *w, json_t *settings, gs_error *error) {
    const char *key;
    json_t *value, *one;
    size_t i;
    gs_status status = GS_OK;
    if (!json_is_object(settings))
        return gs_fail(error, GS_ERROR_FORMAT, "%s", expected);
    json_object_foreach(settings, key, value) {
        if (!status)
            status = check_key(key, error);
        if (!status && json_is_array(value)) {
            json_array_foreach(value, i, one) {
                if (!status)
                    status = add_option(w, key, one, error);
            }
        } else if (!status) {
            status = add_option(w, key, value, error);
        }
    }
    return status;
}

/* "gensample sample OPTION... --out FOLDER/NAME" */
static gs_status make_words(const jobs *all, const char *name, json_t *settings, words *w, gs_error *error) {
    const gs_arguments *a = all->arguments;
    char out[GS_PATH_ROOM], threads[16];
    snprintf(out, sizeof out, "%s/%s/", a->folder, name);
    snprintf(threads, sizeof threads, "%d", a->threads);
    const char *const ends[] = {"--out", out, a->quiet ? "--quiet" : NULL, a->threads ? "--threads" : NULL,
                                a->threads ? threads : NULL};
    gs_status status = add_word(w, strdup("gensample"), error);
    if (!status)
        status = add_word(w, strdup("sample"), error);
    if (!status)
        status = add_options(w, settings, error);
    for (size_t i = 0; !status && i < GS_COUNT(ends); i++)
        if (ends[i])
            status = add_word(w, strdup(ends[i]), error);
    return status;
}

/* ---- Working ---- */

static gs_status run_words(const jobs *all, words *w, size_t *busy, gs_error *error) {
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
    const gs_json_wish wish = {path, "a job", JOB_BYTES, TREE_BYTES, expected};
    gs_json_file file;
    words w = {.count = 0};
    snprintf(path, sizeof path, "%s/%s.json", all->arguments->folder, j->name);
    gs_status status = gs_json_file_read(&file, &wish, error);
    if (!status)
        status = make_words(all, j->name, file.tree, &w, error);
    if (!status)
        status = run_words(all, &w, busy, error);
    gs_json_file_free(&file);
    free_words(&w);
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
    return !status && failed ? gs_fail(error, GS_ERROR_FORMAT, "%s: %zu of %zu jobs failed, as the warnings say",
                                       all->arguments->folder, failed, all->count)
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
    .run = run};
