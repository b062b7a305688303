/* A progress callback that counts its calls and stops at one of them. */
#ifndef TEST_WATCH_H
#define TEST_WATCH_H

#include <stdbool.h>
#include <stddef.h>

typedef struct watch {
    int calls, stop_after; /* 0: never */
} watch;

static inline bool watching(void *context, size_t done, size_t n) {
    watch *w = context;
    return ++w->calls != w->stop_after && done <= n;
}

#endif
