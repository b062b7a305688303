/* gensample verify: every shard of a run against the manifest. */
#include "app/interrupt.h"
#include "app/shards.h"
#include "app/words.h"
#include "cli/commands.h"

static gs_status check_all(const gs_shards *shards, size_t *bad, gs_error *error) {
    const gs_manifest *m = &shards->manifest;
    for (size_t i = 0; i < m->count; i++) {
        gs_error why;
        if (gs_interrupted())
            return gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted: %zu of %zu shards are checked", i, m->count);
        if (!m->shard[i].hash[0] || !gs_shards_check(shards, i, &why))
            continue;
        ++*bad;
        gs_put_plain(why.message, stdout);
        fputc('\n', stdout);
    }
    return GS_OK;
}

/* The figures go to standard output even if there is something to complain about. */
static gs_status judge(const gs_shards *shards, size_t bad, gs_error *error) {
    size_t count = shards->manifest.count, finished = gs_shards_finished(shards);
    if (bad)
        return gs_fail(error, GS_ERROR_FORMAT, "%s: %zu of %zu finished shard%s %s damaged; --resume draws %s again",
                       shards->folder, bad, finished, finished == 1 ? "" : "s", bad == 1 ? "is" : "are",
                       bad == 1 ? "it" : "them");
    printf("%zu of %zu shard%s %s finished, and as the manifest says\n", finished, count, count == 1 ? "" : "s",
           finished == 1 ? "is" : "are");
    return finished == count ? GS_OK
                             : gs_fail(error, GS_ERROR_FORMAT,
                                       "%s: the run is unfinished: %zu of %zu shard%s %s missing; the command "
                                       "that began it draws %s with --resume",
                                       shards->folder, count - finished, count, count == 1 ? "" : "s",
                                       count - finished == 1 ? "is" : "are", count - finished == 1 ? "it" : "them");
}

static gs_status run(const gs_arguments *a, gs_error *error) {
    gs_shards shards;
    size_t bad = 0;
    gs_status status = gs_shards_view(&shards, a->folder, error);
    if (status)
        return status;
    gs_interrupt_install();
    status = check_all(&shards, &bad, error);
    if (!status)
        status = judge(&shards, bad, error);
    gs_shards_close(&shards);
    return status;
}

static gs_status check(const gs_arguments *a, gs_error *error) {
    return a->folder ? GS_OK : gs_fail(error, GS_ERROR_ARGUMENT, "verify: expected the folder of a run in shards");
}

const gs_command gs_command_verify = {
    .about =
        "gensample verify compares the shards of a run, as --shard-size makes them, with its manifest.json: "
        "whether all\n"
        "shards are finished, each file is there, and has its size, its SHA-256 and samples of the run's shape, and "
        "whether\n"
        "what the manifest says of the run is as it was written. It prints one line per damaged shard.\n",
    .examples = "  gensample verify run/\n"
                "\nexit status: 0 the run is finished and as it was written, 1 it is damaged, or unfinished, 2 usage,\n"
                "130 interrupted\n",
    .check = check,
    .sharing = GS_SHARING_NONE,
    .run = run};
