#include "io/chain_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

gs_status gs_chain_file_missing(const char *path, gs_error *error) {
    return gs_fail(error, GS_ERROR_UNSUPPORTED,
                   "%s: this program was built without netCDF, which .nc files need: install libnetcdf-dev (Debian's "
                   "package) and build again, or write .npy",
                   path);
}

#ifndef GS_NETCDF_LIBRARY

bool gs_chain_file_is_known(void) {
    return false;
}

gs_status gs_chain_file_open(gs_chain_file **file, const char *path, const gs_chain_layout *layout, gs_error *error) {
    (void)layout;
    *file = NULL;
    return gs_chain_file_missing(path, error);
}

gs_status gs_chain_file_put(gs_chain_file *file, int part, size_t chain, size_t first, size_t count, const float *x,
                            const double *energy, gs_error *error) {
    (void)file, (void)part, (void)chain, (void)first, (void)count, (void)x, (void)energy;
    return gs_chain_file_missing("chains", error);
}

gs_status gs_chain_file_put_statistic(gs_chain_file *file, int part, gs_chain_statistic which, size_t chain,
                                      size_t first, size_t count, const double *values, gs_error *error) {
    (void)file, (void)part, (void)which, (void)chain, (void)first, (void)count, (void)values;
    return gs_chain_file_missing("chains", error);
}

gs_status gs_chain_file_put_mass(gs_chain_file *file, size_t chain, const float *mass, gs_error *error) {
    (void)file, (void)chain, (void)mass;
    return gs_chain_file_missing("chains", error);
}

gs_status gs_chain_file_shorten(gs_chain_file **file, const gs_chain_layout *fewer, gs_error *error) {
    (void)file, (void)fewer;
    return gs_chain_file_missing("chains", error);
}

gs_status gs_chain_file_close(gs_chain_file *file, gs_status status, gs_error *error) {
    (void)file, (void)error;
    return status;
}

#else

#include "io/netcdf.h"

enum { RANK_MAX = 5, STATES = 0, STATISTICS = 1, GROUPS = 2, PARTS = 2, NUMBERS = 1024, COPIED = 64 };

static const struct row {
    const char *name;
    nc_type type;
    const char *what;
} rows[GS_CHAIN_STATISTIC_COUNT] = {
#define GS_CHAIN_STATISTIC(id, name, type, what) {name, NC_##type, what},
    GS_CHAIN_STATISTICS
#undef GS_CHAIN_STATISTIC
};

/* The identifiers of one group's things. */
typedef struct group {
    int id, dims[RANK_MAX], rank;
    int x, energy, mass, statistic[GS_CHAIN_STATISTIC_COUNT];
} group;

struct gs_chain_file {
    const gs_chain_layout *layout;
    gs_output output;
    int id;
    bool is_open;
    group group[PARTS][GROUPS];
};

static gs_netcdf nc; /* of the library, once it is loaded */

bool gs_chain_file_is_known(void) {
    return true;
}

static gs_status check(const gs_chain_file *file, int code, gs_error *error) {
    return code == NC_NOERR
               ? GS_OK
               : gs_fail(error, GS_ERROR_FILE, "%s: cannot write: %s", file->output.path, nc.strerror(code));
}

/* ---- What is in a file ---- */

static int put_text(int id, int variable, const char *name, const char *text) {
    return nc.put_att_text(id, variable, name, strlen(text), text);
}

/* 0, 1 ... n - 1. */
static int put_numbers(int id, int variable, size_t n) {
    long long numbers[NUMBERS];
    int code = NC_NOERR;
    for (size_t first = 0; first < n && !code; first += NUMBERS) {
        size_t count = n - first < NUMBERS ? n - first : NUMBERS;
        for (size_t i = 0; i < count; i++)
            numbers[i] = (long long)(first + i);
        code = nc.put_vara_longlong(id, variable, &first, &count, numbers);
    }
    return code;
}

/* Dimensions are chain, draw and those of a state, each with a variable of its numbers, 0, 1 ... */
static int define_dimensions(const gs_chain_layout *l, size_t draws, group *g) {
    const bool is_point = l->shape[1] == 1 && l->shape[2] == 1;
    size_t sizes[RANK_MAX] = {l->chains, draws, (size_t)l->shape[0], (size_t)l->shape[1], (size_t)l->shape[2]};
    static const char *const names[RANK_MAX] = {"chain", "draw", "x_dim_0", "x_dim_1", "x_dim_2"};
    int code = NC_NOERR, variable;
    g->rank = is_point ? 3 : RANK_MAX;
    for (int i = 0; i < g->rank && !code; i++) {
        code = nc.def_dim(g->id, names[i], sizes[i], &g->dims[i]);
        if (!code)
            code = nc.def_var(g->id, names[i], NC_INT64, 1, &g->dims[i], &variable);
        if (!code)
            code = put_numbers(g->id, variable, sizes[i]);
    }
    return code;
}

static int define_variable(const group *g, const char *name, nc_type type, int rank, const char *what, int *variable) {
    int code = nc.def_var(g->id, name, type, rank, g->dims, variable);
    if (!code)
        code = nc.def_var_chunking(g->id, *variable, NC_CONTIGUOUS, NULL);
    if (!code)
        code = nc.def_var_fill(g->id, *variable, NC_NOFILL, NULL);
    if (!code)
        code = put_text(g->id, *variable, "long_name", what);
    if (!code && type == NC_BYTE)
        code = put_text(g->id, *variable, "dtype", "bool"); /* as xarray writes and reads truth values */
    return code;
}

static int define_states(const gs_chain_layout *l, group *g) {
    int code = define_variable(g, "x", NC_FLOAT, g->rank, "states", &g->x);
    return !code && l->has_energy ? define_variable(g, "energy", NC_DOUBLE, 2, "E", &g->energy) : code;
}

static int define_statistics(const gs_chain_layout *l, bool is_posterior, group *g) {
    int code = NC_NOERR;
    for (int i = 0; i < GS_CHAIN_STATISTIC_COUNT && !code; i++)
        if (l->has >> i & 1)
            code = define_variable(g, rows[i].name, rows[i].type, 2, rows[i].what, &g->statistic[i]);
    if (code || !l->has_mass || !is_posterior)
        return code;
    group of_mass = *g; /* (chain, C, H, W) */
    memmove(of_mass.dims + 1, of_mass.dims + 2, (size_t)(g->rank - 2) * sizeof *of_mass.dims);
    return define_variable(&of_mass, "inv_metric", NC_FLOAT, g->rank - 1, "diagonal of the inverse mass", &g->mass);
}

static int define_attributes(const gs_chain_layout *l, int id) {
    int code = NC_NOERR;
    for (int i = 0; i < l->note_count && !code; i++)
        if (l->notes[i].text)
            code = put_text(id, NC_GLOBAL, l->notes[i].key, l->notes[i].text);
    return code;
}

static gs_status define(gs_chain_file *file, gs_error *error) {
    static const char *const names[PARTS][GROUPS] = {{"warmup_posterior", "warmup_sample_stats"},
                                                     {"posterior", "sample_stats"}};
    const gs_chain_layout *l = file->layout;
    int code = define_attributes(l, file->id);
    for (int part = 0; part < PARTS; part++) {
        for (int kind = 0; kind < GROUPS && !code && l->draws[part]; kind++) {
            group *g = &file->group[part][kind];
            code = nc.def_grp(file->id, names[part][kind], &g->id);
            if (!code)
                code = define_attributes(l, g->id);
            if (!code)
                code = define_dimensions(l, l->draws[part], g);
            if (!code)
                code = kind == STATES ? define_states(l, g) : define_statistics(l, part == 1, g);
        }
    }
    return check(file, code, error);
}

/* The library of NetCDF opens its file by name. One by a descriptor will not do for a file that has no other: HDF5
 * (1.10.8) follows the link by realpath, which finds nothing. So a killed run leaves its file under a hidden name,
 * which the next one clears. */
static gs_status create(gs_chain_file *f, gs_error *error) {
    const char *name = gs_temporary_name(f->output.temporary);
    return name ? check(f, nc.create(name, NC_NETCDF4 | NC_CLOBBER, &f->id), error)
                : gs_fail(error, GS_ERROR_FILE, "%s: cannot write: %s", f->output.path, strerror(errno));
}

/* ---- Public ---- */

gs_status gs_chain_file_open(gs_chain_file **file, const char *path, const gs_chain_layout *layout, gs_error *error) {
    gs_chain_file *f = gs_alloc(1, sizeof *f);
    *file = NULL;
    if (!f)
        return gs_fail_memory(error, "a file of chains");
    f->layout = layout;
    gs_status status = gs_netcdf_load(&nc, path, error);
    if (!status)
        status = gs_output_open(&f->output, path, error);
    if (!status && !f->output.temporary)
        status = gs_fail(error, GS_ERROR_UNSUPPORTED,
                         "%s: a .nc file cannot go into a stream or a device; expected the name of a file", path);
    if (!status)
        status = create(f, error);
    f->is_open = !status;
    if (!status)
        status = define(f, error);
    if (status)
        gs_chain_file_close(f, status, NULL);
    else
        *file = f;
    return status;
}

gs_status gs_chain_file_put(gs_chain_file *file, int part, size_t chain, size_t first, size_t count, const float *x,
                            const double *energy, gs_error *error) {
    const group *g = &file->group[part][STATES];
    const int *shape = file->layout->shape;
    size_t start[RANK_MAX] = {chain, first},
           sizes[RANK_MAX] = {1, count, (size_t)shape[0], (size_t)shape[1], (size_t)shape[2]};
    int code = nc.put_vara_float(g->id, g->x, start, sizes, x);
    if (!code && file->layout->has_energy)
        code = nc.put_vara_double(g->id, g->energy, start, sizes, energy);
    return check(file, code, error);
}

gs_status gs_chain_file_put_statistic(gs_chain_file *file, int part, gs_chain_statistic which, size_t chain,
                                      size_t first, size_t count, const double *values, gs_error *error) {
    const group *g = &file->group[part][STATISTICS];
    size_t start[2] = {chain, first}, sizes[2] = {1, count};
    return check(file, nc.put_vara_double(g->id, g->statistic[which], start, sizes, values), error);
}

gs_status gs_chain_file_put_mass(gs_chain_file *file, size_t chain, const float *mass, gs_error *error) {
    const group *g = &file->group[1][STATISTICS];
    const int *shape = file->layout->shape;
    size_t start[RANK_MAX] = {chain}, sizes[RANK_MAX] = {1, (size_t)shape[0], (size_t)shape[1], (size_t)shape[2]};
    return check(file, nc.put_vara_float(g->id, g->mass, start, sizes, mass), error);
}

/* Copy one chain's states, energies and statistics of a part. `x` is room for a block of states and `values` for as
 * many numbers. */
static gs_status copy_chain(const gs_chain_file *from, gs_chain_file *to, int part, size_t chain, float *x,
                            double *values, gs_error *error) {
    const group *g = &from->group[part][STATES];
    const int *shape = from->layout->shape;
    bool has_energy = from->layout->has_energy;
    const group *of_steps = &from->group[part][STATISTICS];
    gs_status status = GS_OK;
    for (size_t first = 0, draws = from->layout->draws[part]; first < draws && !status; first += COPIED) {
        size_t count = draws - first < COPIED ? draws - first : COPIED;
        size_t start[RANK_MAX] = {chain, first},
               sizes[RANK_MAX] = {1, count, (size_t)shape[0], (size_t)shape[1], (size_t)shape[2]};
        int code = nc.get_vara_float(g->id, g->x, start, sizes, x);
        if (!code && has_energy)
            code = nc.get_vara_double(g->id, g->energy, start, sizes, values);
        status = check(from, code, error);
        if (!status)
            status = gs_chain_file_put(to, part, chain, first, count, x, values, error);
        for (int i = 0; i < GS_CHAIN_STATISTIC_COUNT && !status; i++) {
            if (!(from->layout->has >> i & 1))
                continue;
            status = check(from, nc.get_vara_double(of_steps->id, of_steps->statistic[i], start, sizes, values), error);
            if (!status)
                status =
                    gs_chain_file_put_statistic(to, part, (gs_chain_statistic)i, chain, first, count, values, error);
        }
    }
    return status;
}

gs_status gs_chain_file_shorten(gs_chain_file **file, const gs_chain_layout *fewer, gs_error *error) {
    const int *shape = fewer->shape;
    size_t size = (size_t)shape[0] * (size_t)shape[1] * (size_t)shape[2];
    float *x = gs_alloc(COPIED, size * sizeof *x);
    double *values = gs_alloc(COPIED, sizeof *values);
    gs_chain_file *to = NULL;
    gs_status status = x && values ? GS_OK : gs_fail_memory(error, "a block of the chains");
    if (!status)
        status = gs_chain_file_open(&to, (*file)->output.path, fewer, error);
    for (int part = 0; part < PARTS; part++)
        for (size_t chain = 0; chain < fewer->chains && !status; chain++)
            status = copy_chain(*file, to, part, chain, x, values, error);
    gs_chain_file_close(status ? to : *file, GS_ERROR_INTERRUPTED, NULL);
    *file = status ? *file : to;
    gs_free(x);
    gs_free(values);
    return status;
}

gs_status gs_chain_file_close(gs_chain_file *file, gs_status status, gs_error *error) {
    if (!file)
        return status;
    if (file->is_open) {
        int code = nc.close(file->id);
        if (!status)
            status = check(file, code, error);
    }
    status = file->output.file ? gs_output_end(&file->output, status, error) : status;
    gs_free(file);
    return status;
}

#endif
