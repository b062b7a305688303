/* Energies of images, and the lengths of their gradients. */
#include <math.h>

#include "base/floats.h"
#include "measure/score.h"

enum { BLOCK = 256 }; /* images at a time */

typedef struct energies {
    const gs_term *terms;
    int count;
    size_t pixels;
    bool all; /* whether every network is an energy */
    float *gradient, *part, energy[BLOCK];
} energies;

static gs_status check(energies *e, gs_error *error) {
    gs_status status = e->count < 1 ? gs_fail(error, GS_ERROR_ARGUMENT, "no network") : GS_OK;
    e->all = true;
    for (int k = 0; k < e->count && !status; k++) {
        const gs_model_info *info = &e->terms[k].plan->model->info;
        size_t pixels = (size_t)info->shape[0] * (size_t)info->shape[1] * (size_t)info->shape[2];
        status = gs_score_check(e->terms[k].plan, error);
        if (!status && k && pixels != e->pixels)
            status = gs_fail(error, GS_ERROR_ARGUMENT, "term %d: model '%s' has images of another size", k, info->name);
        e->pixels = pixels;
        e->all = e->all && info->kind == GS_KIND_ENERGY;
    }
    return status;
}

/* The sums for n images from number `first` on, in e->energy and e->gradient. */
static gs_status add_up(energies *e, const float *x, double sigma, size_t first, size_t n, gs_error *error) {
    gs_status status = GS_OK;
    float energy[BLOCK];
    for (int k = 0; k < e->count && !status; k++) {
        const gs_term *term = &e->terms[k];
        const int *labels = term->labels ? term->labels + first : NULL;
        status = gs_score_gradient(term->plan, x, sigma, labels, n, energy, e->part, error);
        for (size_t i = 0; i < n && !status; i++)
            e->energy[i] = fmaf((float)term->weight, e->all ? energy[i] : (float)NAN, k ? e->energy[i] : 0);
        for (size_t i = 0; i < n * e->pixels && !status; i++)
            e->gradient[i] = fmaf((float)term->weight, e->part[i], k ? e->gradient[i] : 0);
    }
    return status;
}

static float length(const float *v, size_t size) {
    double sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += (double)v[i] * (double)v[i];
    return (float)sqrt(sum);
}

static gs_status measure(energies *e, const float *x, double sigma, size_t n, float *energy, float *norm,
                         gs_error *error) {
    gs_status status = GS_OK;
    for (size_t at = 0; at < n && !status; at += BLOCK) {
        size_t count = n - at < BLOCK ? n - at : BLOCK;
        status = add_up(e, x + at * e->pixels, sigma, at, count, error);
        for (size_t i = 0; i < count && !status; i++) {
            if (energy)
                energy[at + i] = e->energy[i];
            if (norm)
                norm[at + i] = length(e->gradient + i * e->pixels, e->pixels);
        }
    }
    return status;
}

gs_status gs_energy_measure(const gs_term *terms, int count, const float *x, double sigma, size_t n, float *energy,
                            float *norm, gs_error *error) {
    energies e = {.terms = terms, .count = count};
    fenv_t callers = gs_floats_enter();
    gs_status status = check(&e, error);
    size_t most = n < BLOCK ? n : BLOCK;
    if (!status) {
        e.gradient = gs_alloc(most * e.pixels + 1, sizeof *e.gradient);
        e.part = gs_alloc(most * e.pixels + 1, sizeof *e.part);
        status = e.gradient && e.part ? measure(&e, x, sigma, n, energy, norm, error)
                                      : gs_fail_memory(error, "the gradients");
    }
    gs_free(e.gradient);
    gs_free(e.part);
    gs_floats_leave(&callers);
    return status;
}
