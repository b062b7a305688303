#define _GNU_SOURCE
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void fuzz_finding(const char *what, const char *detail) {
    fprintf(stderr, "finding: %s: %s\n", what, detail);
    abort();
}

void fuzz_check_refusal(gs_status status, unsigned statuses, const gs_error *error) {
    if (!(1U << status & statuses))
        fuzz_finding("a refusal with an improper status", error->message);
    if (!error->message[0] || strchr(error->message, '\n'))
        fuzz_finding("a refusal that is not one line", error->message);
}

const char *fuzz_path(const uint8_t *bytes, size_t size) {
    static int file = -1;
    static char path[40];
    if (file < 0) {
        file = memfd_create("input", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    }
    if (file < 0 || ftruncate(file, 0) != 0 || pwrite(file, bytes, size, 0) != (ssize_t)size)
        fuzz_finding("no file", "the target's own");
    return path;
}
