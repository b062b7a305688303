#include "study/plane.h"

static const char room[] = "a density's map";

static gs_status fill_energies(const gs_plane *plane, const gs_map *map, float *energy, gs_error *error) {
    gs_status status = GS_OK;
    for (int row = 0; row < GS_MAP_SIDE && !status; row++) {
        double x[GS_MAP_SIDE][2], e[GS_MAP_SIDE];
        for (int i = 0; i < GS_MAP_SIDE; i++) {
            x[i][0] = gs_map_centre(map, GS_MAP_SIDE, i);
            x[i][1] = gs_map_centre(map, GS_MAP_SIDE, row);
        }
        status = gs_density_energy(plane->density, x[0], plane->sigma, GS_MAP_SIDE, e, NULL, error);
        for (int i = 0; i < GS_MAP_SIDE && !status; i++)
            energy[row * GS_MAP_SIDE + i] = (float)e[i];
    }
    return status;
}

static gs_status fill_scores(const gs_plane *plane, const gs_map *map, float *score, gs_error *error) {
    gs_status status = GS_OK;
    for (int row = 0; row < GS_MAP_ARROWS && !status; row++) {
        double x[GS_MAP_ARROWS][2], gradient[GS_MAP_ARROWS][2];
        for (int i = 0; i < GS_MAP_ARROWS; i++) {
            x[i][0] = gs_map_centre(map, GS_MAP_ARROWS, i);
            x[i][1] = gs_map_centre(map, GS_MAP_ARROWS, row);
        }
        status = gs_density_energy(plane->density, x[0], plane->sigma, GS_MAP_ARROWS, NULL, gradient[0], error);
        for (int i = 0; i < 2 * GS_MAP_ARROWS && !status; i++)
            score[2 * row * GS_MAP_ARROWS + i] = -(float)gradient[i / 2][i % 2];
    }
    return status;
}

gs_status gs_plane_map(gs_study *study, const char *name, const char *title, const char *caption, const gs_plane *plane,
                       gs_error *error) {
    float *energy = gs_study_room(study, (size_t)GS_MAP_SIDE * GS_MAP_SIDE, sizeof *energy);
    float *score = gs_study_room(study, 2 * (size_t)GS_MAP_ARROWS * GS_MAP_ARROWS, sizeof *score);
    if (!energy || !score)
        return gs_fail_memory(error, room);
    gs_map map = {.title = title,
                  .caption = plane->note ? plane->note : "",
                  .low = plane->low,
                  .high = plane->high,
                  .energy = energy,
                  .score = score,
                  .points = plane->points,
                  .n = plane->n,
                  .ways = plane->ways,
                  .states = plane->states};
    gs_status status = fill_energies(plane, &map, energy, error);
    if (!status)
        status = fill_scores(plane, &map, score, error);
    if (!status)
        gs_study_map(study, name, caption, &map);
    return status;
}

gs_status gs_plane_with(const char *text, gs_status (*use)(const gs_density *density, void *context, gs_error *error),
                        void *context, gs_error *error) {
    gs_density *density;
    gs_status status = gs_density_create(text, &density, error);
    if (status)
        return status;
    status = use(density, context, error);
    gs_density_free(density);
    return status;
}

gs_status gs_plane_chains(gs_study *study, const char *name, gs_sample_options options, size_t n, float **out,
                          gs_error *error) {
    const gs_study_network *network;
    gs_status status = gs_study_network_get(study, name, &network, error);
    if (status)
        return status;
    *out = gs_study_room(study, n * network->pixels, sizeof **out);
    return *out ? gs_study_sample(study, network, &options, n, *out, error) : gs_fail_memory(error, "chains");
}
