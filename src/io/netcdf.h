/* The library of netCDF, loaded when a file first needs it: it comes with some fifty others, and to link them took a
 * program more than half of its start. */
#ifndef GS_IO_NETCDF_H
#define GS_IO_NETCDF_H

#include <netcdf.h>

#include "base/base.h"

/* The functions that are called, without their prefix nc_. */
#define GS_NETCDF_CALLS(CALL) \
    CALL(strerror)            \
    CALL(create)              \
    CALL(close)               \
    CALL(def_grp)             \
    CALL(def_dim)             \
    CALL(def_var)             \
    CALL(def_var_chunking)    \
    CALL(def_var_fill)        \
    CALL(put_att_text)        \
    CALL(put_vara_longlong)   \
    CALL(put_vara_float)      \
    CALL(put_vara_double)     \
    CALL(get_vara_float)      \
    CALL(get_vara_double)

typedef struct gs_netcdf {
#define GS_NETCDF_CALL(name) __typeof__(nc_##name) *name;
    GS_NETCDF_CALLS(GS_NETCDF_CALL)
#undef GS_NETCDF_CALL
} gs_netcdf;

/* Load the library unless it is there, for the file at `path`. One thread at a time. Errors: GS_ERROR_UNSUPPORTED: it
 * is not on this machine, or lacks a function. */
gs_status gs_netcdf_load(gs_netcdf *calls, const char *path, gs_error *error);

#endif
