#include "engine/backend.h"

#include <stdio.h>
#include <string.h>

#ifdef GS_HAVE_ONEDNN
static const gs_backend *const onednn = &gs_backend_onednn;
#else
static const gs_backend *const onednn = NULL;
#endif

static const char *const names[] = {"native", "onednn"};

const char *gs_backend_name(int i, bool *built, char *about, size_t size) {
    if (i < 0 || (size_t)i >= GS_COUNT(names))
        return NULL;
    *built = i == 0 || onednn;
    if (i == 0)
        snprintf(about, size, "the kernels of the library");
    else if (onednn)
        onednn->about(about, size);
    else
        snprintf(about, size, "not in this build");
    return names[i];
}

gs_status gs_backend_find(const char *name, const gs_backend **backend, gs_error *error) {
    *backend = NULL;
    if (!name || !strcmp(name, names[0]))
        return GS_OK;
    if (strcmp(name, names[1]))
        return gs_fail(error, GS_ERROR_ARGUMENT, "backend: \"%.40s\" is no backend; known are %s, %s", name, names[0],
                       names[1]);
    *backend = onednn;
    return onednn ? GS_OK : gs_fail(error, GS_ERROR_UNSUPPORTED, "backend: %s is not in this build of gensample", name);
}
