/* One run of gensample energy: what networks say of the images of some files. */
#ifndef GS_CLI_ENERGY_H
#define GS_CLI_ENERGY_H

#include "cli/table.h"
#include "measure/statistics.h"

/* What is measured of the images of one file. */
typedef struct gs_energies {
    gs_input in;
    float *energy; /* (n) */
    float *norm;   /* (n) lengths of gradients dE/dx or of scores */
} gs_energies;

typedef struct gs_energy_run {
    const gs_arguments *arguments;
    gs_networks networks;
    bool has_energy; /* whether all networks are energies; else there are scores alone */
    double sigma;    /* 0: no network takes a noise level */
    int count;
    gs_energies *input; /* (count) */
    double seconds;
} gs_energy_run;

/* Print the summaries or, with --json, one JSON object. */
gs_status gs_energy_report(const gs_energy_run *run, FILE *out, gs_error *error);

/* Draw the distributions as a plot. */
gs_status gs_energy_plot(const gs_energy_run *run, gs_error *error);

#endif
