/* How an energy is trained by contrastive divergence: energies and loss by epoch, from the log of the training of the
 * course's network, and the energies that the network has now. */
#include "study/energy_training.h"

#include <math.h>

static const char log_name[] = "logs/" GS_COURSE_ENERGY ".jsonl";

/* ---- The log ---- */

static gs_status read_log(gs_training *c, gs_error *error) {
    const struct {
        const char *name;
        size_t length;
        const gs_training_column **column;
    } wanted[] = {{"energy_real", 1, &c->real},  {"energy_fake", 1, &c->fake},
                  {"contrastive", 1, &c->apart}, {"regularisation", 1, &c->square},
                  {"loss", 1, &c->loss},         {"shares", GS_DIGIT_CLASSES, &c->shares},
                  {"rejected", 1, &c->rejected}};
    char path[GS_PATH_ROOM];
    gs_status status = gs_study_file(log_name, path, error);
    if (!status)
        status = gs_training_log_read(path, &c->log, error);
    for (size_t i = 0; i < GS_COUNT(wanted) && !status; i++)
        status = gs_training_log_find(&c->log, wanted[i].name, wanted[i].length, wanted[i].column, error);
    if (!status)
        status = gs_training_log_number(&c->log, "lambda", &c->lambda, error);
    return !status ? gs_training_log_number(&c->log, "epochs", &c->planned, error) : status;
}

static gs_status read_samples(gs_training *c, gs_error *error) {
    c->judged = json_number_value(json_object_get(json_object_get(c->log.head, "samples"), "judged"));
    if (c->judged < 1)
        return gs_fail(error, GS_ERROR_FORMAT, "%s: line 1: \"samples\": expected how many were \"judged\"",
                       c->log.path);
    return gs_snapshots_read(c->study, &c->log, c->energy, &c->samples, error);
}

/* ---- The network ---- */

static gs_status measure(gs_training *c, const float *images, gs_training_energies *e, gs_error *error) {
    const gs_term term = {.plan = c->energy->plan, .weight = 1};
    e->of = gs_study_room(c->study, c->n, sizeof *e->of);
    e->wide = gs_study_room(c->study, c->n, sizeof *e->wide);
    if (!e->of || !e->wide)
        return GS_ERROR_MEMORY;
    gs_status status = gs_energy_measure(&term, 1, images, 1, c->n, e->of, NULL, error);
    for (size_t k = 0; k < c->n; k++) {
        e->wide[k] = (double)e->of[k];
        c->low = fmin(c->low, e->wide[k]);
        c->high = fmax(c->high, e->wide[k]);
    }
    e->mean = gs_estimate_mean(e->wide, c->n);
    return status;
}

/* Digits, and chains of as many steps as in training. */
static gs_status measure_both(gs_training *c, gs_error *error) {
    float *x = gs_study_room(c->study, c->n * c->energy->pixels, sizeof *x);
    gs_sample_options options = {.seed = gs_study_seed(c->study)};
    gs_study_stage(c->study, 0.5);
    gs_status status = gs_study_digits(c->study, GS_DIGITS_TRAINING, c->n, &c->digits, error);
    gs_study_stage(c->study, 1);
    if (!status)
        status = x ? gs_study_sample(c->study, c->energy, &options, c->n, x, error) : GS_ERROR_MEMORY;
    c->low = INFINITY;
    c->high = -INFINITY;
    if (!status)
        status = measure(c, c->digits.images, &c->of_digits, error);
    if (!status)
        status = measure(c, x, &c->of_samples, error);
    if (status)
        return status;
    gs_histogram(c->of_digits.of, c->n, c->low, c->high, GS_TRAINING_BINS, c->of_digits.share);
    gs_histogram(c->of_samples.of, c->n, c->low, c->high, GS_TRAINING_BINS, c->of_samples.share);
    return GS_OK;
}

static gs_status run(gs_study *study, gs_error *error) {
    gs_training c = {.study = study, .n = gs_study_whole(study, GS_STUDY_N)};
    gs_status status = gs_study_network_get(study, GS_COURSE_ENERGY, &c.energy, error);
    if (!status)
        status = read_log(&c, error);
    if (!status)
        status = read_samples(&c, error);
    if (!status)
        status = measure_both(&c, error);
    if (!status)
        status = gs_training_show(&c, error);
    gs_snapshots_free(&c.samples);
    gs_training_log_free(&c.log);
    return status;
}

const gs_study_row gs_study_energy_training = {
    .name = "energy-training",
    .item = "1.2.2",
    .title = "Training an energy by contrastive divergence",
    .about = "What do energies and loss do while a network is trained, and what do its samples become?",
    .takes = {{.parameter = GS_STUDY_N, .value = "500"}},
    .run = run};
