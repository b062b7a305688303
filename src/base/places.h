/* Where threads run on a machine of several NUMA nodes: shared out to the nodes by their processors, each kept on those
 * of its node while it works, so that the memory that it touches first stays beside it. On a machine with one node
 * nothing is placed. Thread-safe. */
#ifndef GS_PLACES_H
#define GS_PLACES_H

#include "base/numa.h"

/* The places of a number of threads. */
typedef struct gs_places {
    int threads;
    bool moves;     /* threads are kept on their nodes; else they run where the user has had them bound */
    bool simulated; /* the nodes are another machine's: nothing is moved, and who belongs where is only counted */
    int copies;     /* memories that these nodes have, in each of which there is a copy of the weights */
    int most;       /* threads of a node */
    gs_numa nodes;  /* those that have threads */
    int first[GS_NUMA_MAX + 1]; /* by node, where threads are moved: its first thread; `threads` follows */
    int copy[GS_NUMA_MAX];      /* by node: the copy that its threads read */
    int node[];                 /* (threads): the node of each, which ascends where threads are moved */
} gs_places;

/* Choose places for threads that the calling thread will start. *places becomes NULL where there are none: for a single
 * thread, on one node, and where the system does not tell nodes. Threads whom OpenMP binds as the user has asked
 * (OMP_PROC_BIND, OMP_PLACES) are where they are. To be freed with gs_free. Errors: GS_ERROR_MEMORY;
 * GS_ERROR_ARGUMENT: those of gs_numa_check, of the folder that the environment names. */
gs_status gs_places_create(int threads, gs_places **places, gs_error *error);

/* What gs_places_leave has to undo. */
typedef struct gs_stay {
    bool moved;
    gs_cpus before;
} gs_stay;

/* Keep the calling thread, which is number `thread`, on its node, among the processors on which it may run anyway; and
 * let it go where it was allowed before. `places` may be NULL. */
void gs_places_enter(const gs_places *places, int thread, gs_stay *stay);
void gs_places_leave(const gs_stay *stay);

/* The copy of the weights that a thread reads, 0 ... copies - 1; of NULL 0. And the first thread that reads it. */
int gs_places_copy(const gs_places *places, int thread);
int gs_places_reader(const gs_places *places, int copy);

/* Memory of threads, which each of them is to touch first. `places` may be NULL: nothing is done. */
void gs_places_renew(const gs_places *places, void *memory, size_t bytes);

#endif
