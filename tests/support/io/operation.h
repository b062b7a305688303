/* Operations on files, which are tried while their calls fail. Any failure here fails the running test. */
#ifndef TEST_OPERATION_H
#define TEST_OPERATION_H

#include "base/base.h"

/* It works in the current folder, and writes or reads "x" there. */
typedef struct operation {
    const char *name;
    void (*prepare)(void); /* make what is there before; NULL: nothing is */
    gs_status (*act)(gs_error *error);
    bool in_memory; /* its result is libc's memory, which is not counted as taken, only as given back */
} operation;

/* A descriptor that `prepare` has opened for `act`, and that is closed after it; else -1. */
extern int operation_stream;

/* Run it once as it is, and then again and again in the folder, which is emptied, while each of its calls of the
 * system, of stdio (support/faults.h) and for memory (support/allocation.h) fails once, two at a time and from then on.
 * Each run must end well, with the same "x", or with an error that says why; lose neither memory nor descriptors; and
 * leave the old "x" or the new one, and no hidden file, unless only a copy could be made and failed, as the error says
 * then. */
void operation_try(const operation *o);

#endif
