/* Files of chains: what is put is read back by netCDF's library, of all chains and of the first ones alone; and every
 * call of the library and every allocation fails once. */
#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/chain_file.h"
#include "support/allocation.h"
#include "support/effort.h"
#include "support/outputs.h"
#include "support/about.h"

#ifndef GS_NETCDF_LIBRARY

static void a_build_without_netcdf_says_so(void **state) {
    (void)state;
    gs_chain_file *file;
    gs_error error = {0};
    assert_false(gs_chain_file_is_known());
    assert_told(gs_chain_file_open(&file, "x.nc", &(gs_chain_layout){0}, &error), GS_ERROR_UNSUPPORTED, &error,
                "built without netCDF");
    assert_left("");
}

int main(void) {
    const struct CMUnitTest tests[] = {OUTPUT_TEST(a_build_without_netcdf_says_so)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

#include "io/netcdf.h"

/* ---- Calls that fail on demand; see tests/CMakeLists.txt ---- */

static gs_netcdf real;
static long calls_left;     /* 1 + the calls that succeed before one fails; 0: none fails */
static const char *no_such; /* a function that the library lacks; NULL: none */
static int library_error;   /* with it the library cannot be loaded; 0: it can */

static bool fails(void) {
    return calls_left && --calls_left == 0;
}

#define FAULTY(name, parameters, arguments)                \
    static int faulty_##name parameters {                  \
        return fails() ? NC_EHDFERR : real.name arguments; \
    }
#define FAULTY_CALLS                                                                                                   \
    FAULTY(create, (const char *path, int mode, int *id), (path, mode, id))                                            \
    FAULTY(def_grp, (int id, const char *name, int *group), (id, name, group))                                         \
    FAULTY(def_dim, (int id, const char *name, size_t size, int *dim), (id, name, size, dim))                          \
    FAULTY(def_var, (int id, const char *name, nc_type type, int rank, const int *dims, int *variable),                \
           (id, name, type, rank, dims, variable))                                                                     \
    FAULTY(def_var_chunking, (int id, int variable, int storage, const size_t *sizes), (id, variable, storage, sizes)) \
    FAULTY(def_var_fill, (int id, int variable, int none, const void *fill), (id, variable, none, fill))               \
    FAULTY(put_att_text, (int id, int variable, const char *name, size_t size, const char *text),                      \
           (id, variable, name, size, text))                                                                           \
    FAULTY(put_vara_longlong,                                                                                          \
           (int id, int variable, const size_t *start, const size_t *count, const long long *values),                  \
           (id, variable, start, count, values))                                                                       \
    FAULTY(put_vara_float, (int id, int variable, const size_t *start, const size_t *count, const float *x),           \
           (id, variable, start, count, x))                                                                            \
    FAULTY(put_vara_double, (int id, int variable, const size_t *start, const size_t *count, const double *x),         \
           (id, variable, start, count, x))                                                                            \
    FAULTY(get_vara_float, (int id, int variable, const size_t *start, const size_t *count, float *x),                 \
           (id, variable, start, count, x))                                                                            \
    FAULTY(get_vara_double, (int id, int variable, const size_t *start, const size_t *count, double *x),               \
           (id, variable, start, count, x))
FAULTY_CALLS
#undef FAULTY

/* What fails to be closed is closed nevertheless. */
static int faulty_close(int id) {
    int code = real.close(id);
    return fails() ? NC_EHDFERR : code;
}

static const char *faulty_strerror(int code) {
    return real.strerror(code);
}

void *__real_dlopen(const char *name, int how);
void *__wrap_dlopen(const char *name, int how);
void *__wrap_dlopen(const char *name, int how) {
    if (!library_error)
        return __real_dlopen(name, how);
    errno = library_error;
    return NULL;
}

/* Functions and pointers to data have no conversion, as in io/netcdf.c. */
void *__real_dlsym(void *library, const char *name);
void *__wrap_dlsym(void *library, const char *name);
void *__wrap_dlsym(void *library, const char *name) {
    void *found = __real_dlsym(library, no_such && !strcmp(name, no_such) ? "nc_no_such" : name);
#define GS_NETCDF_CALL(call)                           \
    if (found && !strcmp(name, "nc_" #call)) {         \
        __typeof__(nc_##call) *faulty = faulty_##call; \
        memcpy(&real.call, &found, sizeof found);      \
        memcpy(&found, &faulty, sizeof found);         \
    }
    GS_NETCDF_CALLS(GS_NETCDF_CALL)
#undef GS_NETCDF_CALL
    return found;
}

/* ---- What is put ---- */

enum { MANY = 1100, ALL = (1 << GS_CHAIN_STATISTIC_COUNT) - 1, SIZE = 2, FEWER = 1, SMALL = 1 };

static const gs_note notes[] = {{"sampler", "hmc"}, {"absent", NULL}};

/* Points with everything; and, from SMALL on, what is quickly written again and again: images of 2 x 1 pixels, for
 * which a block of a copy is not enough, and of 1 x 2 with more draws than are numbered at once. */
static const gs_chain_layout layouts[] = {{.chains = 3,
                                           .draws = {3, 70},
                                           .shape = {SIZE, 1, 1},
                                           .has_energy = true,
                                           .has = ALL,
                                           .has_mass = true,
                                           .notes = notes,
                                           .note_count = GS_COUNT(notes)},
                                          {.chains = 2,
                                           .draws = {0, 65},
                                           .shape = {1, SIZE, 1},
                                           .has_energy = true,
                                           .has = 1 << GS_CHAIN_LP | 1 << GS_CHAIN_DIVERGING,
                                           .has_mass = true,
                                           .notes = notes,
                                           .note_count = 1},
                                          {.chains = 2, .draws = {0, MANY}, .shape = {1, 1, SIZE}}};

/* A number for each place; statistics that are bytes hold it too. */
static double value_at(int what, int part, size_t chain, size_t draw) {
    return (double)((37 * (size_t)what + 17 * (size_t)part + 5 * chain + draw) % 100);
}

static gs_status put_part(gs_chain_file *file, const gs_chain_layout *l, int part, size_t chain, gs_error *error) {
    static float x[SIZE * MANY];
    static double values[MANY];
    size_t draws = l->draws[part];
    for (size_t i = 0; i < draws; i++) {
        x[SIZE * i] = (float)value_at(0, part, chain, i);
        x[SIZE * i + 1] = -x[SIZE * i];
        values[i] = value_at(1, part, chain, i);
    }
    gs_status status = gs_chain_file_put(file, part, chain, 0, draws, x, values, error);
    for (int k = 0; k < GS_CHAIN_STATISTIC_COUNT && !status; k++) {
        for (size_t i = 0; i < draws; i++)
            values[i] = value_at(2 + k, part, chain, i);
        if (l->has >> k & 1)
            status = gs_chain_file_put_statistic(file, part, (gs_chain_statistic)k, chain, 0, draws, values, error);
    }
    return status;
}

static gs_status put_chains(gs_chain_file *file, const gs_chain_layout *l, size_t chains, gs_error *error) {
    gs_status status = GS_OK;
    for (size_t chain = 0; chain < chains; chain++)
        for (int part = 0; part < 2; part++)
            if (l->draws[part] && !status)
                status = put_part(file, l, part, chain, error);
    return status;
}

static const gs_chain_layout *chosen;
static bool shortens;

/* Write x.nc as `chosen` says, or cut it to the first FEWER chains as a run does that was interrupted. */
static gs_status write_chains(gs_error *error) {
    gs_chain_layout fewer = *chosen;
    gs_chain_file *file;
    size_t chains = shortens ? FEWER : chosen->chains;
    fewer.chains = chains;
    gs_status status = gs_chain_file_open(&file, "x.nc", chosen, error);
    if (status) {
        assert_null(file);
        return status;
    }
    status = put_chains(file, chosen, chains, error);
    if (!status && shortens)
        status = gs_chain_file_shorten(&file, &fewer, error);
    for (size_t chain = 0; chain < chains && chosen->has_mass && !status; chain++)
        status = gs_chain_file_put_mass(file, chain, (const float[SIZE]){(float)chain, 0.5F}, error);
    return gs_chain_file_close(file, status, error);
}

/* ---- What is read ---- */

static void *find(const char *name) {
    void *library = __real_dlopen(GS_NETCDF_LIBRARY, RTLD_LAZY | RTLD_LOCAL);
    void *found = library ? __real_dlsym(library, name) : NULL;
    if (!found)
        fail_msg("%s is not in %s", name, GS_NETCDF_LIBRARY);
    return found;
}

/* The functions that only reading needs. */
#define READ_CALLS(CALL) \
    CALL(open) CALL(inq_grp_ncid) CALL(inq_dimid) CALL(inq_dimlen) CALL(inq_varid) CALL(get_att_text)
static struct {
#define GS_NETCDF_CALL(name) __typeof__(nc_##name) *name;
    READ_CALLS(GS_NETCDF_CALL)
#undef GS_NETCDF_CALL
} in;

static void load(void) {
    void *found;
#define GS_NETCDF_CALL(name)   \
    found = find("nc_" #name); \
    memcpy(&in.name, &found, sizeof found);
    READ_CALLS(GS_NETCDF_CALL)
#undef GS_NETCDF_CALL
}

static int variable_of(int group, const char *name) {
    int variable = -1;
    if (in.inq_varid(group, name, &variable))
        fail_msg("there is no %s", name);
    return variable;
}

/* Values of a variable of one chain's draws. */
static void assert_values(int group, const char *name, int what, int part, size_t chain, size_t draws) {
    static double values[MANY];
    size_t start[2] = {chain}, count[2] = {1, draws};
    assert_int_equal(real.get_vara_double(group, variable_of(group, name), start, count, values), NC_NOERR);
    for (size_t i = 0; i < draws; i++)
        if (values[i] != value_at(what, part, chain, i))
            fail_msg("%s of draw %zu of chain %zu is %g", name, i, chain, values[i]);
}

static void assert_states(int group, int part, size_t chain, const gs_chain_layout *l) {
    static float x[SIZE * MANY];
    size_t start[5] = {chain},
           count[5] = {1, l->draws[part], (size_t)l->shape[0], (size_t)l->shape[1], (size_t)l->shape[2]};
    assert_int_equal(real.get_vara_float(group, variable_of(group, "x"), start, count, x), NC_NOERR);
    for (size_t i = 0; i < l->draws[part]; i++)
        if ((double)x[SIZE * i] != value_at(0, part, chain, i) || x[SIZE * i + 1] != -x[SIZE * i])
            fail_msg("draw %zu of chain %zu is %g, %g", i, chain, (double)x[SIZE * i], (double)x[SIZE * i + 1]);
}

static int group_of(int id, const char *name) {
    int group = -1;
    if (in.inq_grp_ncid(id, name, &group))
        fail_msg("there is no group %s", name);
    return group;
}

static void assert_part(int id, int part, const gs_chain_layout *l, size_t chains) {
    static const char *const names[] = {
#define GS_CHAIN_STATISTIC(id, name, type, what) name,
        GS_CHAIN_STATISTICS
#undef GS_CHAIN_STATISTIC
    };
    int states = group_of(id, part ? "posterior" : "warmup_posterior"),
        statistics = group_of(id, part ? "sample_stats" : "warmup_sample_stats"), dim;
    size_t found;
    assert_int_equal(in.inq_dimid(states, "chain", &dim), NC_NOERR);
    assert_int_equal(in.inq_dimlen(states, dim, &found), NC_NOERR);
    assert_int_equal(found, chains);
    for (size_t chain = 0; chain < chains; chain++) {
        assert_states(states, part, chain, l);
        if (l->has_energy)
            assert_values(states, "energy", 1, part, chain, l->draws[part]);
        for (int k = 0; k < GS_CHAIN_STATISTIC_COUNT; k++)
            if (l->has >> k & 1)
                assert_values(statistics, names[k], 2 + k, part, chain, l->draws[part]);
    }
}

static void assert_mass(int id, const gs_chain_layout *l, size_t chains) {
    int statistics = group_of(id, "sample_stats");
    for (size_t chain = 0; chain < chains; chain++) {
        float mass[SIZE] = {-1, -1};
        size_t start[4] = {chain}, count[4] = {1, (size_t)l->shape[0], (size_t)l->shape[1], (size_t)l->shape[2]};
        assert_int_equal(real.get_vara_float(statistics, variable_of(statistics, "inv_metric"), start, count, mass),
                         NC_NOERR);
        assert_true(mass[0] == (float)chain && mass[1] == 0.5F);
    }
}

/* x.nc holds what was put, and nothing is beside it. */
static void assert_whole(void) {
    size_t chains = shortens ? FEWER : chosen->chains;
    int id;
    assert_left("x.nc ");
    assert_int_equal(in.open("x.nc", NC_NOWRITE, &id), NC_NOERR);
    for (int part = 0; part < 2; part++)
        if (chosen->draws[part])
            assert_part(id, part, chosen, chains);
    if (chosen->has_mass)
        assert_mass(id, chosen, chains);
    if (chosen->note_count) {
        char text[8] = "";
        assert_int_equal(in.get_att_text(id, NC_GLOBAL, notes[0].key, text), NC_NOERR);
        assert_string_equal(text, notes[0].text);
    }
    assert_int_equal(real.close(id), NC_NOERR);
}

static void for_each_file(size_t first, void (*act)(void)) {
    for (size_t i = first; i < GS_COUNT(layouts); i++)
        for (int way = 0; way < 2; way++) {
            about("layouts[%zu], shortened %d", i, way);
            chosen = &layouts[i];
            shortens = way;
            act();
        }
}

static void write_and_read(void) {
    gs_error error = {0};
    assert_ok(write_chains(&error), &error);
    assert_whole();
}

static void what_is_put_is_read(void **state) {
    (void)state;
    load();
    for_each_file(0, write_and_read);
}

/* ---- Failures ---- */

/* Of a file that is left aside anyway nobody minds how it is closed, so that the file may be whole in spite of it. */
static void let_calls_fail(void) {
    gs_error error;
    bool ended = false;
    for (long k = 1; !ended; k += (long)effort_step()) {
        about("layout of %zu draws, shortened %d, call %ld", chosen->draws[1], shortens, k);
        error = (gs_error){0};
        unlink("x.nc");
        calls_left = k;
        gs_status status = write_chains(&error);
        ended = calls_left > 0;
        calls_left = 0;
        if (status) {
            assert_told(status, GS_ERROR_FILE, &error, "x.nc: cannot write: NetCDF: HDF error");
            assert_left("");
        } else if (ended || shortens) {
            assert_left("x.nc ");
        } else {
            fail_msg("it is told to be whole");
        }
    }
    assert_whole();
}

static void every_call_may_fail(void **state) {
    (void)state;
    load();
    for_each_file(SMALL, let_calls_fail);
}

static void let_allocations_fail(void) {
    gs_error error;
    for (long k = 0, failed = 1; failed; k++) {
        about("shortened %d, allocation %ld", shortens, k);
        error = (gs_error){0};
        unlink("x.nc");
        long blocks = allocation_blocks();
        allocation_start_failing(k, true);
        gs_status status = write_chains(&error);
        failed = allocation_stop_failing();
        assert_int_equal(allocation_blocks(), blocks);
        if (failed) {
            assert_told(status, GS_ERROR_MEMORY, &error, "out of memory");
            assert_left("");
        } else {
            assert_ok(status, &error);
            assert_whole();
        }
    }
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    load();
    for_each_file(SMALL, let_allocations_fail);
}

static void a_library_may_be_missing(void **state) {
    (void)state;
    gs_error error = {0};
    chosen = &layouts[0];
    static const struct {
        int code;
        gs_status status;
        const char *why;
    } rows[] = {{ENOENT, GS_ERROR_UNSUPPORTED, "a function is missing"}, {ENOMEM, GS_ERROR_MEMORY, "netCDF's library"}};
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        about("rows[%zu]", i);
        library_error = rows[i].code;
        gs_status status = write_chains(&error);
        library_error = 0;
        assert_told(status, rows[i].status, &error, rows[i].why);
        assert_left("");
    }
}

static void a_library_may_lack_a_function(void **state) {
    (void)state;
    gs_error error = {0};
    chosen = &layouts[0];
    shortens = false;
    static const char *const names[] = {
#define GS_NETCDF_CALL(name) "nc_" #name,
        GS_NETCDF_CALLS(GS_NETCDF_CALL)
#undef GS_NETCDF_CALL
    };
    for (size_t i = 0; i < GS_COUNT(names); i++) {
        about("%s", names[i]);
        no_such = names[i];
        gs_status status = write_chains(&error);
        no_such = NULL;
        assert_told(status, GS_ERROR_UNSUPPORTED, &error, "nc_no_such");
        assert_left("");
    }
    load();
    write_and_read();
}

/* The library wants a name, and others have taken all that the file may have. */
static void all_names_are_taken(void **state) {
    (void)state;
    gs_error error = {0};
    char name[60];
    chosen = &layouts[0];
    for (int way = 0; way < 2; way++)
        for (int k = 0; k < 100; k++) {
            snprintf(name, sizeof name, ".x.nc.%ld-%d", (long)getpid(), k);
            FILE *file = way ? NULL : fopen(name, "w");
            assert_int_equal(way ? unlink(name) : file ? fclose(file) : -1, 0);
            if (!way && k == 99)
                assert_told(write_chains(&error), GS_ERROR_FILE, &error, "cannot write: File exists");
        }
    assert_left("");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        OUTPUT_TEST(what_is_put_is_read),           OUTPUT_TEST(every_call_may_fail),
        OUTPUT_TEST(every_allocation_may_fail),     OUTPUT_TEST(a_library_may_be_missing),
        OUTPUT_TEST(a_library_may_lack_a_function), OUTPUT_TEST(all_names_are_taken)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
