#include "cli/map.h"

#include <math.h>

#include "io/map.h"
#include "sample/schedule.h"

enum { DENSITY = GS_MAP_SIDE * GS_MAP_SIDE, SCORES = GS_MAP_ARROWS * GS_MAP_ARROWS };

gs_status gs_run_check_map(const gs_run *run, gs_error *error) {
    const gs_arguments *a = run->setup.arguments;
    const int *shape = run->setup.networks.info->image;
    if (!a->map)
        return GS_OK;
    if (run->setup.networks.pixels != 2)
        return gs_fail(error, GS_ERROR_UNSUPPORTED,
                       "--map: %s draws samples of %d x %d x %d: expected points of 2 numbers, which a plane holds",
                       run->setup.networks.info->name, shape[0], shape[1], shape[2]);
    return gs_arguments_check_svg(a, "--map", a->map, error);
}

/* The noise level of the results, or the lowest that all networks know. */
static double level_of(const gs_run *run) {
    const gs_networks *networks = &run->setup.networks;
    double sigma = gs_schedule_left(&run->setup.options);
    for (int k = 0; k < networks->count; k++)
        sigma = fmax(sigma, gs_model_get_info(networks->network[k].model)->sigma[0]);
    return sigma;
}

/* The sum of the weighted energies and gradients at the centres of side x side squares. */
static gs_status evaluate(const gs_run *run, const gs_map *map, int side, float *energy, float *gradient,
                          gs_error *error) {
    const gs_networks *networks = &run->setup.networks;
    size_t count = (size_t)side * (size_t)side;
    float *x = gs_alloc(5 * count, sizeof *x), *part = x + 2 * count, *slope = x + 3 * count;
    if (!x)
        return gs_fail_memory(error, "the map");
    for (size_t i = 0; i < count; i++) {
        x[2 * i] = (float)gs_map_centre(map, side, (int)(i % (size_t)side));
        x[2 * i + 1] = (float)gs_map_centre(map, side, (int)(i / (size_t)side));
    }
    double sigma = level_of(run);
    gs_status status = GS_OK;
    for (int k = 0; k < networks->count && !status; k++) {
        float weight = (float)(k ? networks->terms[k - 1].weight : run->setup.options.weight);
        status = gs_plan_gradient(networks->network[k].plan, x, sigma > 0 ? sigma : 1, NULL, count, part, slope, error);
        for (size_t i = 0; i < count && !status; i++) {
            energy[i] += weight * part[i];
            gradient[2 * i] -= weight * slope[2 * i];
            gradient[2 * i + 1] -= weight * slope[2 * i + 1];
        }
    }
    gs_free(x);
    return status;
}

/* `room`: the density's energies and gradients, then those of the arrows. */
static gs_status draw(const gs_run *run, float *room, gs_error *error) {
    const gs_setup *setup = &run->setup;
    const gs_result *result = &run->result;
    const gs_model_info *info = setup->networks.info;
    char caption[160];
    float *density = room, *arrows = room + 3 * DENSITY;
    gs_map map = {.title = setup->arguments->compose.count ? "product" : info->name,
                  .caption = caption,
                  .low = (double)info->range[0],
                  .high = (double)info->range[1],
                  .points = result->samples,
                  .n = result->done,
                  .ways = setup->arguments->trajectory ? result->trajectory : NULL,
                  .states = (size_t)result->levels};
    snprintf(caption, sizeof caption, "%zu sample%s of %s; %.90s", result->done, result->done == 1 ? "" : "s",
             setup->options.sampler, setup->arguments->model);
    gs_status status = GS_OK;
    if (gs_networks_have_energy(&setup->networks)) {
        status = evaluate(run, &map, GS_MAP_SIDE, density, density + DENSITY, error);
        if (!status)
            status = evaluate(run, &map, GS_MAP_ARROWS, arrows, arrows + SCORES, error);
        map.energy = density;
        map.score = arrows + SCORES;
    }
    return !status ? gs_map_write(setup->arguments->map, &map, error) : status;
}

gs_status gs_run_map(const gs_run *run, gs_error *error) {
    if (!run->setup.arguments->map)
        return GS_OK;
    float *room = gs_alloc(3 * (DENSITY + SCORES), sizeof *room);
    if (!room)
        return gs_fail_memory(error, "the map");
    gs_status status = draw(run, room, error);
    gs_free(room);
    return status;
}
