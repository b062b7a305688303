/* Samples of the course's energy from noise, as it was trained: after 60 Langevin steps, and after more of them. */
#include <math.h>

#include "study/energy_from_noise.h"

enum { STEPS = 500, EVERY = 20 };

/* Step sizes that are tried with as many steps as in training. */
static const double sizes[GS_STRIDES] = {20, 40, GS_FAR_SIZE, 160};

typedef struct noise_room {
    gs_from_noise *c;
    float *x;     /* (n, pixels) */
    int *classes; /* (n) */
} noise_room;

/* ---- Sampling ---- */

static gs_status find_networks(gs_from_noise *c, gs_error *error) {
    const gs_study_network *labelled;
    gs_status status = gs_study_network_get(c->study, GS_COURSE_ENERGY, &c->energy, error);
    if (!status)
        status = gs_study_network_get(c->study, "ebm", &c->annealed, error);
    if (!status)
        status = gs_study_network_get(c->study, GS_DEFAULT_LABELLED, &labelled, error);
    if (!status)
        c->usual = labelled->info->shares;
    return status;
}

static gs_status draw_annealed(gs_from_noise *c, gs_error *error) {
    float *x = gs_study_room(c->study, c->n * c->annealed->pixels, sizeof *x);
    c->best = x;
    c->best_class = gs_study_room(c->study, c->n, sizeof *c->best_class);
    gs_sample_options options = {.seed = gs_study_seed(c->study)};
    if (!x || !c->best_class)
        return GS_ERROR_MEMORY;
    gs_status status = gs_study_sample(c->study, c->annealed, &options, c->n, x, error);
    c->evaluations = !status ? gs_sample_evaluations(c->annealed->model, &options) : 0;
    return !status ? gs_study_classify(c->study, x, c->n, c->best_class, error) : status;
}

/* As many steps as in training, of another size, with the network's own noise (0) or none (-1): the share of ones. */
static gs_status stride(noise_room *r, double size, double noise, gs_estimate *ones, gs_error *error) {
    gs_from_noise *c = r->c;
    gs_sample_options options = {
        .steps = GS_TRAINED_STEPS, .step_size = size, .noise = noise, .seed = gs_study_seed(c->study)};
    uint64_t counts[GS_DIGIT_CLASSES];
    gs_status status = gs_study_sample(c->study, c->energy, &options, c->n, r->x, error);
    if (!status)
        status = gs_study_classify(c->study, r->x, c->n, r->classes, error);
    if (status)
        return status;
    gs_count_classes(r->classes, c->n, counts);
    *ones = gs_estimate_share(counts[1], c->n);
    return GS_OK;
}

static gs_status try_sizes(gs_from_noise *c, gs_error *error) {
    noise_room r = {.c = c,
                    .x = gs_study_room(c->study, c->n * c->energy->pixels, sizeof *r.x),
                    .classes = gs_study_room(c->study, c->n, sizeof *r.classes)};
    gs_status status = r.x && r.classes ? gs_estimates_create(c->study, NULL, GS_STRIDES, &c->far) : GS_ERROR_MEMORY;
    for (size_t i = 0; i < GS_STRIDES && !status; i++) {
        gs_estimate ones;
        status = stride(&r, sizes[i], 0, &ones, error);
        c->far.x[i] = GS_TRAINED_STEPS * sizes[i];
        if (!status)
            gs_estimates_set(&c->far, i, ones);
    }
    return !status ? stride(&r, GS_FAR_SIZE, -1, &c->quiet, error) : status;
}

/* The entropy of the states' classes, where there are some, and the share of digits that are neither 1 nor 7. */
static gs_status follow(gs_from_noise *c) {
    enum { FEW = 30 };
    gs_passage *p = &c->passage;
    gs_status status = gs_estimates_create(c->study, p->step, p->states, &c->entropy);
    if (!status)
        status = gs_estimates_create(c->study, p->step, p->states, &c->others);
    for (size_t s = 0; s < p->states && !status; s++) {
        uint64_t counts[GS_DIGIT_CLASSES];
        size_t all = gs_count_classes(gs_passage_classes(p, s), p->n, counts);
        gs_estimates_set(&c->entropy, s, all >= FEW ? gs_estimate_entropy(counts, GS_DIGIT_CLASSES) : gs_exact(NAN));
        gs_estimates_set(&c->others, s, gs_estimate_share(all - counts[1] - counts[7], p->n));
    }
    return status;
}

static gs_status sample(gs_from_noise *c, gs_error *error) {
    gs_sample_options options = {.steps = STEPS, .every = EVERY};
    gs_study_stage(c->study, 0.5);
    gs_status status = gs_passage_run(c->study, c->energy, &options, c->n, &c->passage, error);
    gs_study_stage(c->study, 0.8);
    if (!status)
        status = try_sizes(c, error);
    gs_study_stage(c->study, 1);
    if (!status)
        status = draw_annealed(c, error);
    if (!status)
        status = follow(c);
    if (!status)
        status = gs_passage_share(&c->passage, 1, &c->one);
    if (!status)
        status = gs_passage_share(&c->passage, 7, &c->seven);
    return !status ? gs_passage_share(&c->passage, -1, &c->rejected) : status;
}

static gs_status run(gs_study *study, gs_error *error) {
    gs_from_noise c = {.study = study, .n = gs_study_whole(study, GS_STUDY_N)};
    gs_study_stage(study, 0.05);
    gs_status status = gs_study_digits(study, GS_DIGITS_TRAINING, GS_GRID, &c.training, error);
    if (!status)
        status = find_networks(&c, error);
    if (!status)
        status = sample(&c, error);
    return !status ? gs_from_noise_show(&c, error) : status;
}

const gs_study_row gs_study_energy_from_noise = {
    .name = "energy-from-noise",
    .item = "1.2.3",
    .title = "Samples of an energy from noise",
    .about = "What do Langevin chains from noise become after as many steps as in training, and after more?",
    .takes = {{.parameter = GS_STUDY_N, .value = "500"}},
    .run = run};
