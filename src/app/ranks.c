#include "app/ranks.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/find.h"
#include "app/interrupt.h"
#include "app/link.h"

/* What a rank's part came to, as the others are told. */
typedef struct word {
    gs_status status;
    char name[GS_RANKS_NAME_ROOM], message[GS_MESSAGE_MAX];
} word;

static const gs_link *linked; /* NULL: there is one rank */
static int own, all = 1;
static int *statuses; /* of all ranks */
static bool has_failed, has_lost, has_told;

/* ---- Beginning ---- */

/* How many processes a launcher has started with this one; 0: it does not say. *rank becomes which of them it is. */
static int launched(int *rank) {
    static const struct {
        const char *rank, *count;
    } rows[] = {{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"}, /* Open MPI */
                {"PMI_RANK", "PMI_SIZE"},                         /* MPICH, Slurm with --mpi=pmi2 */
                {"PMIX_RANK", "SLURM_STEP_NUM_TASKS"}};           /* Slurm with --mpi=pmix */
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        const char *number = getenv(rows[i].rank), *count = getenv(rows[i].count);
        *rank = number ? atoi(number) : 0;
        if (number)
            return count ? atoi(count) : 0;
    }
    return 1;
}

/* The plugin in its place where it is installed, or beside the program where it was built. */
static bool find_plugin(char path[GS_PATH_ROOM]) {
    gs_find_from_program(GS_PLUGIN_FROM_PROGRAM, path);
    if (gs_file_is_there(path))
        return true;
    gs_find_from_program("gensample-mpi.so", path);
    return gs_file_is_there(path);
}

bool gs_ranks_can(void) {
    char path[GS_PATH_ROOM];
    return find_plugin(path);
}

/* Its symbols are global, as parts of MPI are plugins themselves. */
static const gs_link *load(const char *path) {
    void *plugin = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    const gs_link *found = plugin ? dlsym(plugin, GS_LINK_SYMBOL) : NULL;
    return found && found->bytes == sizeof *found ? found : NULL;
}

static const char *describe_load(void) {
    const char *why = dlerror();
    return why ? why : "it is of another version";
}

gs_status gs_ranks_begin(gs_error *error) {
    const char *wish = getenv("GENSAMPLE_MPI");
    char why[GS_LINK_WHY_ROOM], path[GS_PATH_ROOM];
    int rank = 0, count = launched(&rank);
    if (count == 1 || (wish && !strcmp(wish, "off")))
        return GS_OK;
    bool there = find_plugin(path);
    if (!there && !count)
        return GS_OK;
    const gs_link *found = there ? load(path) : NULL;
    own = rank;
    if (!there)
        return gs_fail(error, GS_ERROR_FILE,
                       "%d processes were started to share a run, but the plugin for MPI, %s, is not there; install "
                       "it, or let them share a folder of jobs by gensample work",
                       count, path);
    if (!found)
        return gs_fail(error, GS_ERROR_FILE, "the plugin for MPI, %s, cannot be loaded: %s", path, describe_load());
    if (!found->begin(&own, &all, why))
        return gs_fail(error, GS_ERROR_FILE, "%s", why);
    statuses = gs_alloc((size_t)all, sizeof *statuses);
    if (!statuses)
        return gs_fail_memory(error, "the ranks");
    linked = found;
    return GS_OK;
}

int gs_ranks_rank(void) {
    return own;
}

int gs_ranks_count(void) {
    return all;
}

/* ---- Agreeing ---- */

void gs_ranks_name(char name[GS_RANKS_NAME_ROOM]) {
    char host[GS_RANKS_NAME_ROOM / 2] = "";
    name[0] = '\0';
    if (!own)
        return;
    gethostname(host, sizeof host - 1);
    snprintf(name, GS_RANKS_NAME_ROOM, "rank %d%s%s: ", own, host[0] ? " on " : "", host);
}

gs_status gs_ranks_agree(gs_status status, gs_error *error) {
    word mine = {.status = status};
    if (!linked || has_failed || has_lost)
        return status;
    gs_ranks_name(mine.name);
    snprintf(mine.message, sizeof mine.message, "%s", status ? error->message : "");
    int code = (int)status, first = -1;
    linked->gather(&code, sizeof code, statuses);
    for (int i = 0; i < all; i++)
        if (statuses[i] &&
            (first < 0 || (statuses[first] == GS_ERROR_INTERRUPTED && statuses[i] != GS_ERROR_INTERRUPTED)))
            first = i;
    if (first < 0)
        return GS_OK;
    has_failed = true;
    linked->spread(first, &mine, sizeof mine);
    return gs_fail(error, mine.status, "%s%s", mine.name, mine.message);
}

void gs_ranks_tell(const gs_error *error) {
    if (!own && !has_told)
        fprintf(stderr, "gensample: %s\n", error->message);
    has_told = true;
}

/* ---- Messages ---- */

void gs_ranks_send(int to, int kind, const void *message, size_t bytes) {
    linked->send(to, kind, message, bytes);
}

bool gs_ranks_take(int kind, int *from, void *message, size_t bytes) {
    return linked->take(kind, from, message, bytes);
}

/* ---- Ending ---- */

void gs_ranks_lose(void) {
    has_lost = true;
}

void gs_ranks_end(int code) {
    if (!linked)
        return;
    gs_interrupt_install(); /* the launcher may ask for an end as soon as one rank has ended */
    if (has_lost)
        linked->abandon(code);
    linked->end();
    gs_free(statuses);
    linked = NULL;
}
