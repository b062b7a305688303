/* A library to be preloaded (LD_PRELOAD), by which allocation number ALLOCATION_FAILS of the process fails, from 1 on
 * after its start, and with ALLOCATION_FAILS_ON, that is not empty, every later one. How many there were goes into the
 * file ALLOCATIONS_COUNTED. It needs glibc, whose own calls come here too. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>

#include "program.h"

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *memory, size_t bytes);

static atomic_bool started;
static atomic_long number;
static long failing;
static bool on;

static bool fails(uintptr_t caller) {
    if (!atomic_load(&started) || atomic_load(&program_has_ended))
        return false;
    if (program_has(caller))
        program_watch();
    long this_one = atomic_fetch_add(&number, 1) + 1;
    bool found = on ? failing && this_one >= failing : this_one == failing;
    if (found)
        errno = ENOMEM;
    return found;
}

#define CALLER ((uintptr_t)__builtin_return_address(0))

void *malloc(size_t bytes) {
    return fails(CALLER) ? NULL : __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes) {
    return fails(CALLER) ? NULL : __libc_calloc(count, bytes);
}

void *realloc(void *memory, size_t bytes) {
    return fails(CALLER) ? NULL : __libc_realloc(memory, bytes);
}

__attribute__((constructor)) static void start(void) {
    const char *text = getenv("ALLOCATION_FAILS");
    failing = text ? atol(text) : 0;
    text = getenv("ALLOCATION_FAILS_ON");
    on = text && *text;
    program_find();
    atomic_store(&started, true);
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("ALLOCATIONS_COUNTED");
    atomic_store(&started, false);
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file)
        return;
    fprintf(file, "%ld\n", atomic_load(&number));
    fclose(file);
}
