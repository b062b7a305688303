/* A progress callback that counts its calls, stops at one of them, and sees to it that the work never shrinks. */
#ifndef TEST_WATCH_H
#define TEST_WATCH_H

#include <stdbool.h>
#include <stddef.h>

typedef struct watch {
    int calls, stop_after; /* 0: never */
    double part;
} watch;

static inline bool watching(void *context, double part, size_t done, size_t n) {
    watch *w = context;
    bool grows = part >= w->part && part <= 1;
    w->part = part;
    return ++w->calls != w->stop_after && done <= n && grows;
}

#endif
