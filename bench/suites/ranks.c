/* Samples per second of a run in shards by number of ranks with one thread each: mpirun and the program gensample
 * beside this one, from their start until the manifest says that all is there. */
#include "suites/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/dealer.h"
#include "app/find.h"
#include "app/ranks.h"
#include "process.h"

/* Shards of a run; and chains of the first that are drawn here too, to compare them. */
enum { SHARDS = 32, CHECKED = 4, NUMBER_ROOM = 24, NPY_HEADER = 128 };

extern char **environ;

typedef struct state {
    bench_folder folder;
    char program[GS_PATH_ROOM];
} state;

static size_t shard_size(const bench_row *row) {
    return ((size_t)row->batch + SHARDS - 1) / SHARDS;
}

static gs_status begin(bench_row *row, gs_error *error) {
    state *s = row->state;
    (void)error;
    row->ran = row->isa;
    gs_find_from_program("gensample", s->program);
    return GS_OK;
}

/* Open MPI starts nothing for root who has not said so twice. */
static bool is_refused_root(void) {
    return !geteuid() && !(getenv("OMPI_ALLOW_RUN_AS_ROOT") && getenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"));
}

static gs_status call(bench_row *row, gs_error *error) {
    state *s = row->state;
    char n[NUMBER_ROOM], size[NUMBER_ROOM], seed[NUMBER_ROOM], ranks[NUMBER_ROOM], log[BENCH_PATH_ROOM],
        line[BENCH_LINE_ROOM];
    int ended = 0;
    bench_folder_remove(&s->folder);
    gs_status status = bench_folder_make(&s->folder, error);
    if (status)
        return status;
    snprintf(n, sizeof n, "%d", row->batch);
    snprintf(size, sizeof size, "%zu", shard_size(row));
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)row->settings->seed);
    snprintf(ranks, sizeof ranks, "%d", row->threads);
    snprintf(log, sizeof log, "%s.log", s->folder.path); /* the folder of a new run is empty */
    const char *const words[] = {"mpirun",
                                 "--oversubscribe",
                                 "-n",
                                 ranks,
                                 "--bind-to",
                                 "none",
                                 s->program,
                                 "--model",
                                 row->model->path,
                                 "-n",
                                 n,
                                 "--shard-size",
                                 size,
                                 "--seed",
                                 seed,
                                 "--threads",
                                 "1",
                                 "--isa",
                                 row->isa,
                                 "--quiet",
                                 "--out",
                                 s->folder.path,
                                 NULL};
    status = bench_process_run((char *const *)(uintptr_t)words, environ, log, &ended, error);
    bench_last_line(log, line);
    remove(log);
    if (!status && ended && is_refused_root())
        return gs_fail(
            error, GS_ERROR_FILE,
            "mpirun runs as root only with OMPI_ALLOW_RUN_AS_ROOT=1 and OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 set");
    return status || !ended
               ? status
               : gs_fail(error, GS_ERROR_FILE, "mpirun ended with exit status %d: %s", WEXITSTATUS(ended), line);
}

/* The first chains of the run, as the first shard has them, into `found`. */
static gs_status read_first(const state *s, float *found, size_t count, gs_error *error) {
    char path[BENCH_PATH_ROOM];
    snprintf(path, sizeof path, "%s/shard-00000.npy", s->folder.path);
    FILE *file = fopen(path, "rb");
    bool read = file && fseek(file, NPY_HEADER, SEEK_SET) == 0 && fread(found, sizeof *found, count, file) == count;
    if (file)
        fclose(file);
    return read ? GS_OK : gs_fail(error, GS_ERROR_FILE, "%s: cannot be read", path);
}

/* They must be what scalar C draws in this process, byte for byte. */
static gs_status check(bench_row *row, gs_error *error) {
    const gs_plan_options options = {.isa = "scalar", .threads = 1};
    const gs_sample_options sampling = {.seed = row->settings->seed};
    size_t n = shard_size(row) < CHECKED ? shard_size(row) : CHECKED, count = n * bench_image_pixels(row->model->info);
    float *found = gs_alloc(count, sizeof *found), *expected = gs_alloc(count, sizeof *expected);
    gs_plan *plan = NULL;
    gs_status status =
        found && expected ? read_first(row->state, found, count, error) : gs_fail_memory(error, "samples");
    if (!status)
        status = gs_plan_create(row->model->model, &options, &plan, error);
    if (!status)
        status = gs_sample(plan, &sampling, n, expected, NULL, error);
    if (!status && memcmp(found, expected, count * sizeof *found) != 0)
        bench_wrong(row, "the first shard is not what scalar C draws");
    if (bench_is_scalar(row))
        bench_unchecked_scalar(row);
    bench_figure_add(row, "sent", "B/sample", (double)gs_dealer_bytes() / (double)shard_size(row));
    gs_plan_free(plan);
    gs_free(found);
    gs_free(expected);
    return status;
}

static void end(bench_row *row) {
    bench_folder_remove(&((state *)row->state)->folder);
}

static const bench_kind ranks_kind = {sizeof(state), begin, call, check, end, NULL};

static bool draws(const bench_model *model) {
    return bench_can_sample(model) && !bench_is_energy(model) && !model->info->needs_label;
}

void bench_add_ranks(bench_rows *rows) {
    const bench_settings *s = rows->settings;
    const bench_axes axes = {.takes = draws, .threads = bench_thread_counts(), .batch = {1, {4096}}};
    if (s->quick || !gs_ranks_can())
        return;
    for (bench_variant v = {0}; bench_next(s, &axes, &v);)
        if (bench_is_usual(s, v.model)) {
            bench_row *row = bench_row_add(rows, "ranks", "offline", "shards", &v, &ranks_kind);
            row->unit = "samples/s";
            row->items = v.batch;
        }
}
