#include "base/base.h"

#ifdef GS_NETCDF_LIBRARY

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "io/netcdf.h"

/* What dlsym returns becomes a pointer to a function by its bytes, as C has no conversion between the two. */
static bool find(void *library, const char *name, void *call, size_t size) {
    void *found = dlsym(library, name);
    memcpy(call, &found, size);
    return found;
}

gs_status gs_netcdf_load(gs_netcdf *calls, const char *path, gs_error *error) {
    errno = 0;
    void *library = dlopen(GS_NETCDF_LIBRARY, RTLD_LAZY | RTLD_LOCAL);
    if (!library && errno == ENOMEM)
        return gs_fail_memory(error, "netCDF's library");
    bool whole = library != NULL;
#define GS_NETCDF_CALL(name) whole = whole && find(library, "nc_" #name, &calls->name, sizeof calls->name);
    GS_NETCDF_CALLS(GS_NETCDF_CALL)
#undef GS_NETCDF_CALL
    if (whole)
        return GS_OK;
    const char *why = dlerror();
    return gs_fail(error, GS_ERROR_UNSUPPORTED,
                   "%s: netCDF's library, which .nc files need, cannot be loaded: %s; install it (Debian's package "
                   "libnetcdf19 or a later one), or write .npy",
                   path, why ? why : "a function is missing");
}

#endif
