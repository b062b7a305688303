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

static gs_status run(const gs_arguments *a, gs_error *error) {
    gs_shards shards;
    size_t bad = 0;
    gs_status status = gs_shards_view(&shards, a->folder, error);
    if (status)
        return status;
    gs_interrupt_install();
    status = check_all(&shards, &bad, error);
    size_t count = shards.manifest.count, finished = gs_shards_finished(&shards);
    if (!status && bad)
        status = gs_fail(error, GS_ERROR_FORMAT, "%s: %zu of %zu finished shards %s damaged; --resume draws %s again",
                         a->folder, bad, finished, bad == 1 ? "is" : "are", bad == 1 ? "it" : "them");
    if (!status)
        printf("%zu of %zu shards are finished, and as the manifest says\n", finished, count);
    gs_shards_close(&shards);
    return status;
}

static gs_status check(const gs_arguments *a, gs_error *error) {
    return a->folder ? GS_OK : gs_fail(error, GS_ERROR_ARGUMENT, "verify: expected the folder of a run in shards");
}

const gs_command gs_command_verify = {
    .about = "gensample verify compares the shards of a run, as --shard-size makes them, with its manifest.json: "
             "whether each\n"
             "file is there, has its size and its SHA-256. It prints one line per damaged shard.\n",
    .examples = "  gensample verify run/\n"
                "\nexit status: 0 all finished shards are as they were written, 1 some are not, 2 usage\n",
    .check = check,
    .run = run};
