#include "base/places.h"

#include "base/parallel.h"

/* ---- Sharing out ---- */

static int count_cpus(const gs_numa *nodes) {
    int count = 0;
    for (int i = 0; i < nodes->count; i++)
        count += nodes->node[i].count;
    return count;
}

/* Thread t gets processor t / threads of all, in the order of nodes. */
static void share_out(gs_places *p) {
    int cpus = count_cpus(&p->nodes), node = 0, end = p->nodes.node[0].count;
    for (int t = 0; t < p->threads; t++) {
        int cpu = (int)((long long)t * cpus / p->threads);
        while (cpu >= end)
            end += p->nodes.node[++node].count;
        p->node[t] = node;
    }
}

static void look(void *context, int thread, int threads) {
    gs_places *p = context;
    int cpu = gs_os_cpu();
    (void)threads;
    for (int i = 0; cpu >= 0 && i < p->nodes.count; i++)
        if (gs_cpus_has(&p->nodes.node[i].cpus, cpu))
            p->node[thread] = i;
}

/* Leave out nodes without threads, and number the others anew. */
static void leave_out(gs_places *p) {
    int threads[GS_NUMA_MAX] = {0}, number[GS_NUMA_MAX], count = 0;
    for (int t = 0; t < p->threads; t++)
        threads[p->node[t]]++;
    for (int i = 0; i < p->nodes.count; i++) {
        number[i] = count;
        count += threads[i] > 0;
    }
    for (int t = 0; t < p->threads; t++)
        p->node[t] = number[p->node[t]];
    for (int i = 0; i < p->nodes.count; i++) {
        if (!threads[i])
            continue;
        p->nodes.node[number[i]] = p->nodes.node[i];
        p->most = threads[i] > p->most ? threads[i] : p->most;
        p->first[number[i] + 1] = p->first[number[i]] + threads[i];
    }
    p->nodes.count = count;
}

/* Number the memories in the order of the threads that find their weights there. A node without threads may be the
 * nearest with memory: then the first to ask for that memory touches its copy first. */
static void count_copies(gs_places *p) {
    int memory[GS_NUMA_MAX];
    for (int t = 0; t < p->threads; t++) {
        int i = p->node[t], k = 0;
        while (k < p->copies && memory[k] != p->nodes.node[i].memory)
            k++;
        memory[k] = p->nodes.node[i].memory;
        p->copies += k == p->copies;
        p->copy[i] = k;
    }
}

gs_status gs_places_create(int threads, gs_places **places, gs_error *error) {
    const char *root = gs_numa_root();
    *places = NULL;
    gs_status status = gs_numa_check(root, error);
    if (status || threads == 1 || !gs_numa_has_several(root))
        return status;
    gs_places *p = gs_alloc(1, sizeof *p + (size_t)threads * sizeof p->node[0]);
    if (!p)
        return gs_fail_memory(error, "the places of threads");
    p->threads = threads;
    p->simulated = root[0];
    p->moves = p->simulated || !gs_parallel_is_bound();
    gs_numa_read(root, &p->nodes);
    if (p->nodes.count > 1 && p->moves)
        share_out(p);
    else if (p->nodes.count > 1)
        gs_parallel_region(threads, look, p);
    if (p->nodes.count > 1)
        leave_out(p);
    if (p->nodes.count < 2) {
        gs_free(p);
        return GS_OK;
    }
    count_copies(p);
    *places = p;
    return GS_OK;
}

int gs_places_copy(const gs_places *places, int thread) {
    return places ? places->copy[places->node[thread]] : 0;
}

int gs_places_reader(const gs_places *places, int copy) {
    int thread = 0;
    while (gs_places_copy(places, thread) != copy)
        thread++;
    return thread;
}

/* ---- Moving ---- */

void gs_places_enter(const gs_places *places, int thread, gs_stay *stay) {
    stay->moved = false;
    if (!places || places->simulated || !places->moves || !gs_os_get_cpus(&stay->before))
        return;
    gs_cpus own = places->nodes.node[places->node[thread]].cpus;
    uint64_t any = 0;
    for (size_t i = 0; i < GS_COUNT(own.word); i++)
        any |= own.word[i] &= stay->before.word[i];
    stay->moved = any && gs_os_set_cpus(&own);
}

void gs_places_leave(const gs_stay *stay) {
    if (stay->moved)
        gs_os_set_cpus(&stay->before);
}

void gs_places_renew(const gs_places *places, void *memory, size_t bytes) {
    if (places)
        gs_os_renew_pages(memory, bytes);
}
