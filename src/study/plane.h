/* Densities in the plane: their maps, and chains of their networks. */
#ifndef GS_STUDY_PLANE_H
#define GS_STUDY_PLANE_H

#include "study/study.h"

/* What a map of a density shows: the density at noise level sigma with its score, between `low` and `high` in both
 * coordinates, and on it points and their ways, as of gs_map. */
typedef struct gs_plane {
    const gs_density *density;
    double sigma, low, high;
    const char *note;    /* a line below the title */
    const float *points; /* (n, 2), or NULL */
    size_t n;
    const float *ways; /* (states, n, 2), or NULL */
    size_t states;
} gs_plane;

/* Add the map to the study's figures. Errors: those of gs_density_energy, and GS_ERROR_MEMORY. */
gs_status gs_plane_map(gs_study *study, const char *name, const char *title, const char *caption, const gs_plane *plane,
                       gs_error *error);

/* A density that is freed, after the function that has it. Errors: those of gs_density_create and of the function. */
gs_status gs_plane_with(const char *text, gs_status (*use)(const gs_density *density, void *context, gs_error *error),
                        void *context, gs_error *error);

/* Chains of a network by its name, (n, pixels) in the study's memory. Errors: those of gs_study_sample;
 * GS_ERROR_MEMORY. */
gs_status gs_plane_chains(gs_study *study, const char *network, gs_sample_options options, size_t n, float **out,
                          gs_error *error);

#endif
