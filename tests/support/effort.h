/* Less work where each step is slow: under valgrind, say. */
#ifndef TEST_EFFORT_H
#define TEST_EFFORT_H

#include <stdlib.h>

/* `count`, or as many percent of it as the environment's GENSAMPLE_TEST_EFFORT says, but at least 1. */
static inline int effort(int count) {
    const char *percent = getenv("GENSAMPLE_TEST_EFFORT");
    long part = percent ? strtol(percent, NULL, 10) : 100;
    if (part < 0 || part > 100)
        part = 100;
    int some = (int)(count * part / 100);
    return some > 0 ? some : 1;
}

#endif
