/* NUMA nodes: groups of processors, each with memory of its own beside it, that reach the memory of others over a link.
 * Linux says which there are below /sys/devices/system/node. Thread-safe. */
#ifndef GS_NUMA_H
#define GS_NUMA_H

#include "base/base.h"
#include "base/os.h"

/* Of machines with more nodes that have processors nothing is known here. */
enum { GS_NUMA_MAX = 64 };

typedef struct gs_numa_node {
    int number; /* the system's */
    int memory; /* the index of the node in whose memory its threads find their weights: its own; of a node without
                   memory the nearest that has some */
    int count;  /* of processors */
    gs_cpus cpus;
} gs_numa_node;

/* The nodes that have processors on which the calling thread may run, with these, in the order of their numbers. */
typedef struct gs_numa {
    int count;
    gs_numa_node node[GS_NUMA_MAX];
} gs_numa;

/* Where the files of the machine begin: "", or what the environment's GENSAMPLE_MACHINE says: a folder with another
 * machine's files, which is then planned for as far as nodes go. */
const char *gs_numa_root(void);

/* Whether the machine has several nodes with processors, allowed or not. */
bool gs_numa_has_several(const char *root);

/* Read them. `root` is put before the paths /sys/devices/system/node/ and /proc/thread-self/status. A count of 0: the
 * system has no such files, or they are not as they should be. */
void gs_numa_read(const char *root, gs_numa *nodes);

/* Refuse a folder of another machine whose files are not as they should be; "" is never refused. Errors:
 * GS_ERROR_ARGUMENT, with the file. */
gs_status gs_numa_check(const char *root, gs_error *error);

/* Read a list of numbers below `most`, such as "0-3,8\n", into a set of at least as many bits; false where it is none.
 */
bool gs_numa_read_list(const char *text, int most, gs_cpus *set);

#endif
