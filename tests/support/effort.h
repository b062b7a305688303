/* Less work where every step is slow, as under valgrind. */
#ifndef TEST_EFFORT_H
#define TEST_EFFORT_H

#include <stdlib.h>

/* The environment's GENSAMPLE_TEST_EFFORT, 1 ... 100; without it 100. */
static inline int effort_percent(void) {
    const char *text = getenv("GENSAMPLE_TEST_EFFORT");
    long percent = text ? strtol(text, NULL, 10) : 100;
    return percent < 1 || percent > 100 ? 100 : (int)percent;
}

/* That percentage of `count`, but at least 1. */
static inline int effort(int count) {
    int some = count * effort_percent() / 100;
    return some > 0 ? some : 1;
}

/* The step with which that percentage of a sequence is visited. */
static inline size_t effort_step(void) {
    return (size_t)(100 / effort_percent());
}

#endif
