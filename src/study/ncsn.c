/* A noise-conditional score network (Song & Ermon 2019): its loss on the course's ladder beside what trivial answers
 * have, and whether its samples have all digits. */
#include "study/ncsn.h"

/* ---- Measuring ---- */

static gs_status find_networks(gs_ncsn *c, gs_error *error) {
    const gs_study_network *labelled;
    gs_status status = gs_study_network_get(c->study, GS_DEFAULT_NETWORK, &c->network, error);
    if (!status)
        status = gs_study_network_get(c->study, GS_DEFAULT_LABELLED, &labelled, error);
    if (!status)
        c->usual = labelled->info->shares;
    return status;
}

static gs_status measure_loss(gs_ncsn *c, gs_error *error) {
    gs_loss_options options = {.sigmas = gs_course_ladder, .levels = GS_COURSE_LEVELS};
    gs_status status = gs_study_loss(c->study, c->network, &c->digits, &options, c->level, &c->mean, error);
    return !status ? gs_linear_create(c->digits.images, c->n, c->network->pixels, &c->linear, error) : status;
}

static gs_status draw(gs_ncsn *c, gs_sample_options *options, size_t n, const float **samples, uint64_t *nfe,
                      gs_error *error) {
    float *room = gs_study_room(c->study, n * c->network->pixels, sizeof *room);
    *samples = room;
    options->seed = gs_study_seed(c->study);
    gs_status status = room ? gs_study_sample(c->study, c->network, options, n, room, error) : GS_ERROR_MEMORY;
    *nfe = !status ? gs_sample_evaluations(c->network->model, options) : 0;
    return status;
}

/* The course's sampler on its ladder, 100 steps at each of its levels. */
static gs_status draw_all(gs_ncsn *c, gs_error *error) {
    gs_sample_options own = {0};
    gs_sample_options course = {.sampler = "annealed-langevin",
                                .steps = GS_COURSE_LEVELS,
                                .sigma_high = gs_course_ladder[0],
                                .sigma_low = gs_course_ladder[GS_COURSE_LEVELS - 1],
                                .steps_per_level = 100};
    gs_study_stage(c->study, 0.6);
    gs_status status = draw(c, &own, c->n, &c->samples, &c->nfe, error);
    gs_study_stage(c->study, 0.95);
    return !status ? draw(c, &course, GS_COURSE_SAMPLES, &c->langevin, &c->langevin_nfe, error) : status;
}

/* The Frechet distance that digits have from which all of one class were taken. */
static gs_status lose_class(gs_ncsn *c, int class, float *rest, gs_error *error) {
    const gs_study_network *judge;
    size_t m = 0, pixels = c->network->pixels;
    gs_quality quality;
    for (size_t k = 0; k < c->n; k++) {
        if (c->digits.labels[k] == class)
            continue;
        for (size_t i = 0; i < pixels; i++)
            rest[m * pixels + i] = c->digits.images[k * pixels + i];
        m++;
    }
    gs_status status = gs_study_network_get(c->study, "judge", &judge, error);
    if (!status)
        status = gs_quality_measure(judge->plan, rest, NULL, m, &quality, error);
    if (!status)
        c->lost[class] = quality.frechet;
    return status;
}

static gs_status judge(gs_ncsn *c, gs_error *error) {
    int *classes = gs_study_room(c->study, c->n, sizeof *classes);
    float *rest = gs_study_room(c->study, c->n * c->network->pixels, sizeof *rest);
    if (!classes || !rest)
        return GS_ERROR_MEMORY;
    gs_status status = gs_study_classify(c->study, c->samples, c->n, classes, error);
    if (status)
        return status;
    c->judged = gs_count_classes(classes, c->n, c->counts);
    status = gs_study_compare(c->study, c->samples, NULL, c->n, &c->comparison, error);
    for (int class = 0; class < GS_DIGIT_CLASSES && !status; class ++)
        status = lose_class(c, class, rest, error);
    return status;
}

static gs_status run(gs_study *study, gs_error *error) {
    gs_ncsn c = {.study = study, .n = gs_study_whole(study, GS_STUDY_N)};
    gs_study_stage(study, 0.1);
    gs_status status = gs_study_digits(study, GS_DIGITS_TEST, c.n, &c.digits, error);
    if (!status)
        status = find_networks(&c, error);
    gs_study_stage(study, 0.4);
    if (!status)
        status = measure_loss(&c, error);
    if (!status)
        status = draw_all(&c, error);
    if (!status)
        status = judge(&c, error);
    if (!status)
        status = gs_epochs_read(study, GS_DEFAULT_NETWORK "-30", c.network, &c.epochs, error);
    if (!status)
        status = gs_ncsn_show(&c, error);
    gs_epochs_free(&c.epochs);
    gs_linear_free(&c.linear);
    return status;
}

const gs_study_row gs_study_ncsn = {
    .name = "ncsn",
    .item = "2.2.1",
    .title = "A noise-conditional score network",
    .about = "How far is a trained score from the exact one at each noise level, and do its samples have all digits?",
    /* Of fewer digits the best linear answer fits these alone, and no network need be as good as that. */
    .takes = {{.parameter = GS_STUDY_N, .value = "500", .least = 500}},
    .run = run};
