/* Files of chains: netCDF-4, in the groups, names and dimensions that ArviZ's from_netcdf reads (the schema
 * "InferenceData", version 1): posterior and sample_stats, and warmup_posterior and warmup_sample_stats where burn-in
 * is kept. States come block by block; nothing is kept in memory. One thread at a time per file, and one file at a
 * time. */
#ifndef GS_IO_CHAIN_FILE_H
#define GS_IO_CHAIN_FILE_H

#include "io/canvas.h"
#include "io/output.h"

/* GS_CHAIN_STATISTIC(ID, name, type, what): the variables of sample_stats by chain and draw, of ArviZ's names; type is
 * DOUBLE, INT or BYTE, which is true or false. */
#define GS_CHAIN_STATISTICS                                                                  \
    GS_CHAIN_STATISTIC(LP, "lp", DOUBLE, "log density, -E / T")                              \
    GS_CHAIN_STATISTIC(ACCEPTANCE, "acceptance_rate", DOUBLE, "acceptance probability")      \
    GS_CHAIN_STATISTIC(DIVERGING, "diverging", BYTE, "whether the integrator left the path") \
    GS_CHAIN_STATISTIC(ENERGY, "energy", DOUBLE, "Hamiltonian")                              \
    GS_CHAIN_STATISTIC(ENERGY_ERROR, "energy_error", DOUBLE, "its error along the path")     \
    GS_CHAIN_STATISTIC(STEP_SIZE, "step_size", DOUBLE, "step size")                          \
    GS_CHAIN_STATISTIC(STEPS, "n_steps", INT, "gradients of the step")                       \
    GS_CHAIN_STATISTIC(DEPTH, "tree_depth", INT, "doublings of the path")                    \
    GS_CHAIN_STATISTIC(DEEPEST, "reached_max_treedepth", BYTE, "whether the path may have been cut off")

typedef enum gs_chain_statistic {
#define GS_CHAIN_STATISTIC(id, name, type, what) GS_CHAIN_##id,
    GS_CHAIN_STATISTICS
#undef GS_CHAIN_STATISTIC
        GS_CHAIN_STATISTIC_COUNT
} gs_chain_statistic;

/* What goes into a file. Everything belongs to the caller, and must live until the file is closed. */
typedef struct gs_chain_layout {
    size_t chains;
    size_t draws[2];      /* per chain: of the warm-up, 0 if it is not kept, and of the posterior */
    int shape[3];         /* of a state: (C, H, W); (D, 1, 1) is a point of D coordinates */
    bool has_energy;      /* whether E is in the posterior beside x */
    unsigned has;         /* a bit for each gs_chain_statistic that there is */
    bool has_mass;        /* whether the inverse mass, inv_metric, is in sample_stats */
    const gs_note *notes; /* attributes of all groups */
    int note_count;
} gs_chain_layout;

typedef struct gs_chain_file gs_chain_file;

/* Whether this build can write such files: it was built with netCDF. */
bool gs_chain_file_is_known(void);

/* The error of builds that cannot. Errors: GS_ERROR_UNSUPPORTED. */
gs_status gs_chain_file_missing(const char *path, gs_error *error);

/* Begin a file beside `path`. Errors: GS_ERROR_UNSUPPORTED (no netCDF; a stream, which cannot hold such a file),
 * GS_ERROR_FILE, GS_ERROR_MEMORY. */
gs_status gs_chain_file_open(gs_chain_file **file, const char *path, const gs_chain_layout *layout, gs_error *error);

/* Draws `first` ... first + count - 1 of one chain, of the warm-up (part 0) or the posterior (part 1): states (count,
 * C, H, W), and energies (count) where the file has them. Errors: GS_ERROR_FILE. */
gs_status gs_chain_file_put(gs_chain_file *file, int part, size_t chain, size_t first, size_t count, const float *x,
                            const double *energy, gs_error *error);

/* The same of a statistic, as doubles. */
gs_status gs_chain_file_put_statistic(gs_chain_file *file, int part, gs_chain_statistic which, size_t chain,
                                      size_t first, size_t count, const double *values, gs_error *error);

/* The inverse mass of a chain, (C, H, W). */
gs_status gs_chain_file_put_mass(gs_chain_file *file, size_t chain, const float *mass, gs_error *error);

/* Go on with a file of the first chains alone, of which everything was put, as `fewer` says, which differs in nothing
 * else: *file becomes that file. On failure it is the old one. Errors: GS_ERROR_FILE, GS_ERROR_MEMORY. */
gs_status gs_chain_file_shorten(gs_chain_file **file, const gs_chain_layout *fewer, gs_error *error);

/* Complete the file and give it its name if `status` is GS_OK, else leave nothing; free it; NULL is allowed. Returns
 * the first failure. */
gs_status gs_chain_file_close(gs_chain_file *file, gs_status status, gs_error *error);

#endif
