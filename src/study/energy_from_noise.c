/* Samples of the course's energy from noise, as it was trained: after 60 Langevin steps, and after more of them. */
#include <math.h>

#include "study/energy_from_noise.h"

enum { STEPS = 500, EVERY = 20 };

/* Step sizes that are tried with as many steps as in training. */
static const double sizes[GS_STRIDES] = {20, 40, 80, 160};

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
    return !status ? gs_study_classify(c->study, x, c->n, c->best_class, error) : status;
}

/* As many steps as in training, but longer ones. */
static gs_status stride(gs_from_noise *c, gs_error *error) {
    float *x = gs_study_room(c->study, c->n * c->energy->pixels, sizeof *x);
    int *classes = gs_study_room(c->study, c->n, sizeof *classes);
    gs_status status = x && classes ? gs_curve_create(c->study, NULL, GS_STRIDES, &c->far) : GS_ERROR_MEMORY;
    for (size_t i = 0; i < GS_STRIDES && !status; i++) {
        gs_sample_options options = {.steps = GS_TRAINED_STEPS, .step_size = sizes[i], .seed = gs_study_seed(c->study)};
        uint64_t counts[GS_DIGIT_CLASSES];
        status = gs_study_sample(c->study, c->energy, &options, c->n, x, error);
        if (!status)
            status = gs_study_classify(c->study, x, c->n, classes, error);
        if (status)
            break;
        gs_count_classes(classes, c->n, counts);
        c->far.x[i] = GS_TRAINED_STEPS * sizes[i];
        gs_curve_set(&c->far, i, gs_estimate_share(counts[1], c->n));
    }
    return status;
}

/* The entropy of the states' classes, where there are some, and the share of digits that are neither 1 nor 7. */
static gs_status follow(gs_from_noise *c) {
    enum { FEW = 30 };
    gs_passage *p = &c->passage;
    gs_status status = gs_curve_create(c->study, p->step, p->states, &c->entropy);
    if (!status)
        status = gs_curve_create(c->study, p->step, p->states, &c->others);
    for (size_t s = 0; s < p->states && !status; s++) {
        uint64_t counts[GS_DIGIT_CLASSES];
        size_t all = gs_count_classes(gs_passage_classes(p, s), p->n, counts);
        gs_curve_set(&c->entropy, s, all >= FEW ? gs_estimate_entropy(counts, GS_DIGIT_CLASSES) : gs_exact(NAN));
        gs_curve_set(&c->others, s, gs_estimate_share(all - counts[1] - counts[7], p->n));
    }
    return status;
}

static gs_status sample(gs_from_noise *c, gs_error *error) {
    gs_sample_options options = {.steps = STEPS, .every = EVERY};
    gs_study_stage(c->study, 0.5);
    gs_status status = gs_passage_run(c->study, c->energy, &options, c->n, &c->passage, error);
    gs_study_stage(c->study, 0.8);
    if (!status)
        status = stride(c, error);
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
    .takes = {{GS_STUDY_N, "500"}},
    .run = run};
