#define _XOPEN_SOURCE 700 /* realpath */

#include "outputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "io/output.h"

/* Whether two names of files that do not exist yet mean the same file: the same name in the same folder. */
static bool same_name(const char *a, const char *b) {
    const char *name[2] = {a, b};
    char *folder[2];
    for (int i = 0; i < 2; i++) {
        const char *path = name[i], *slash = strrchr(path, '/');
        char text[4096];
        snprintf(text, sizeof text, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
        folder[i] = realpath(text, NULL);
        name[i] = slash ? slash + 1 : path;
    }
    bool same = folder[0] && folder[1] && !strcmp(folder[0], folder[1]) && !strcmp(name[0], name[1]);
    free(folder[0]);
    free(folder[1]);
    return same;
}

/* Devices such as /dev/stdout may be named twice. */
static bool same_file(const char *a, const char *b) {
    struct stat s, t;
    if (!stat(a, &s) && !stat(b, &t))
        return S_ISREG(s.st_mode) && s.st_dev == t.st_dev && s.st_ino == t.st_ino;
    return same_name(a, b);
}

gs_status bench_outputs_check(const bench_output *outputs, int count, char *const *inputs, int input_count,
                              gs_error *error) {
    gs_status status = GS_OK;
    for (int i = 0; i < count && !status; i++) {
        if (!outputs[i].path)
            continue;
        for (int k = 0; k < i; k++)
            if (outputs[k].path && same_file(outputs[k].path, outputs[i].path))
                return gs_fail(error, GS_ERROR_ARGUMENT, "%s: %s and %s would be one file; give each its own name",
                               outputs[i].path, outputs[k].what, outputs[i].what);
        for (int k = 0; k < input_count; k++)
            if (same_file(inputs[k], outputs[i].path))
                return gs_fail(error, GS_ERROR_ARGUMENT, "%s: it is read, and %s would replace it; give another name",
                               outputs[i].path, outputs[i].what);
        status = gs_output_check(outputs[i].path, GS_FORMAT_NPY, error);
    }
    return status;
}
