/* Densities that need no file: what their records and their parts share. */
#ifndef GS_DENSITY_H
#define GS_DENSITY_H

#include "density/dice.h"
#include "density/sketch.h"

enum { GS_DENSITY_PARAMETERS = 8, GS_DENSITY_DIM_MAX = 4096, GS_DENSITY_VALUES_MAX = 65536 };

/* The highest noise level, in units of the data range's farther end: chains that begin with noise around 0 are a 30th
 * of its deviation from where they should begin at most. */
enum { GS_DENSITY_NOISIEST = 30 };

/* The numbers of a parameter: `count` items of `width` numbers each. */
typedef struct gs_values {
    double *at; /* (count, width) */
    int count, width;
} gs_values;

/* A mixture of K Gaussians of dimension D with independent coordinates. */
typedef struct gs_mixture {
    int count;               /* K; 0: the density is none */
    double *log_weight;      /* (K), of weights whose sum is 1 */
    double *cumulative;      /* (K), of the weights */
    double *mean, *variance; /* (K, D) */
} gs_mixture;

typedef struct gs_density_row gs_density_row;

struct gs_density {
    const gs_density_row *row;
    char *text; /* as it was given */
    int dim;
    double range[2], sigma[2]; /* as in gs_model_info; sigma of zeros: no noise levels */
    double log_z;
    gs_values value[GS_DENSITY_PARAMETERS]; /* of the row's parameters, rounded to single precision */
    gs_mixture mixture;
    unsigned given;  /* a bit for each value that the text has */
    double constant; /* the record's own */
};

/* A density. All but `draw` are of the density whose log Z is 0. */
struct gs_density_row {
    gs_density_info info;
    bool has_noise;       /* whether the density with noise has a closed form; the row then has "levels" */
    const char *defaults; /* "default" of models/FORMAT.md where there are no noise levels */

    /* Check the values together, and fill in everything but row, text and value; dim and log_z are filled in already
     * where there are such parameters. */
    gs_status (*prepare)(gs_density *density, gs_error *error);

    /* Add the nodes of the energy, of which the last is called "energy", of shape (1). */
    void (*build)(const gs_density *density, gs_sketch *sketch);

    /* -log p_sigma(x), and its gradient, (dim), unless that is NULL. */
    double (*energy)(const gs_density *density, const double *x, double sigma, double *gradient);

    /* One sample without noise, (dim). */
    void (*draw)(const gs_density *density, gs_dice *dice, double *x);
};

#define GS_DENSITY(id, record) extern const gs_density_row gs_density_##record;
#include "density/densities.def"

/* Rows of parameters that several densities have. */
#define GS_PARAMETER_DIM(fallback, from)                                                                         \
    {                                                                                                            \
        .name = "dim", .value = fallback, .kind = GS_PARAMETER_WHOLE, .least = from, .most = GS_DENSITY_DIM_MAX, \
        .help = "dimensions D"                                                                                   \
    }
#define GS_PARAMETER_LEVELS                                                                  \
    {                                                                                        \
        .name = "levels", .value = "yes", .kind = GS_PARAMETER_YES_NO, .most = 1,            \
        .help = "whether the model takes a noise level; no: it is the density without noise" \
    }
#define GS_PARAMETER_RANGE                                                                      \
    {                                                                                           \
        .name = "range", .value = "", .kind = GS_PARAMETER_NUMBERS, .least = -1e9, .most = 1e9, \
        .help = "data range low,high (default: the density's own)"                              \
    }
#define GS_PARAMETER_LOG_Z                                                                      \
    {                                                                                           \
        .name = "log-z", .value = "0", .kind = GS_PARAMETER_NUMBER, .least = -1e6, .most = 1e6, \
        .help = "the logarithm of the integral of exp(-E)"                                      \
    }

/* The number of the parameter with this name, or -1. */
int gs_density_find(const gs_density *density, const char *name);

/* The first number of the parameter with this name, which the row has. */
double gs_density_number(const gs_density *density, const char *name);
const gs_values *gs_density_values(const gs_density *density, const char *name);

/* For rows that have noise, once the range is known: the noise levels, unless "levels" says no, down to a hundredth of
 * the smallest deviation. */
void gs_density_choose_levels(gs_density *density, double narrowest);

/* GS_ERROR_ARGUMENT "NAME: ...". */
gs_status gs_density_fail(const gs_density *density, gs_error *error, const char *format, ...) GS_PRINTF(3, 4);

#define GS_LOG_2PI 1.8378770664093454836

#endif
