/* The share of its machine that this process may use: processors and memory, as far as its control groups allow.
 * Thread-safe. */
#ifndef GS_MACHINE_H
#define GS_MACHINE_H

#include <stddef.h>

enum { GS_THREADS_MAX = 1024 };

typedef struct gs_machine {
    int processors;       /* that this process may run on */
    double quota;         /* processors' time that its control groups allow; infinite: no limit */
    double machine_bytes; /* memory of the machine; infinite where the system does not say */
    double group_bytes;   /* memory that its control groups allow; infinite: no limit */
} gs_machine;

/* Every call asks the system, because limits may change while a program runs. `root` is put before the paths of the
 * control groups' files: "", or in tests the folder of a tree that stands for the real one. */
gs_machine gs_machine_read(const char *root);

/* The default number of threads, 1 ... GS_THREADS_MAX: what OMP_NUM_THREADS says, else the machine's processors or,
 * where that is less, its quota rounded up; 1 where gs_parallel_for has no more. `why`, unless NULL, gets the reason.
 */
int gs_machine_threads(const gs_machine *machine, char *why, size_t room);

/* Bytes of memory that this process may use, those that gs_alloc has given counted: the machine's, or what its control
 * groups or its limit of addresses (ulimit -v) allow where that is lower; infinite where none of them is known. Systems
 * promise more than that and end the program when it is used. */
double gs_machine_bytes(void);

#endif
