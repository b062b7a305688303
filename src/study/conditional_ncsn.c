/* A score network that is told the class beside one that is not: whether samples are what was asked for, how different
 * those of a class are, and what the label is worth at each noise level. */
#include "study/conditional_ncsn.h"

#include <math.h>

/* ---- Diversity ---- */

static double distance(const float *a, const float *b, size_t d) {
    double square = 0;
    for (size_t i = 0; i < d; i++)
        square += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    return sqrt(square);
}

static void find_diversity(const float *features, size_t d, const int *classes, size_t n,
                           double diversity[GS_DIGIT_CLASSES]) {
    double pairs[GS_DIGIT_CLASSES] = {0}, sum[GS_DIGIT_CLASSES] = {0};
    for (size_t k = 0; k < n; k++) {
        for (size_t j = 0; j < k; j++) {
            if (classes[k] < 0 || classes[j] != classes[k])
                continue;
            sum[classes[k]] += distance(features + k * d, features + j * d, d);
            pairs[classes[k]]++;
        }
    }
    for (int i = 0; i < GS_DIGIT_CLASSES; i++)
        diversity[i] = sum[i] / pairs[i];
}

/* ---- Samples ---- */

static gs_status judge(gs_conditional *c, gs_drawn *drawn, const int *labels, gs_error *error) {
    const float *features;
    size_t d;
    gs_status status = gs_study_classify(c->study, drawn->images, c->n, drawn->classes, error);
    if (!status)
        status = gs_study_features(c->study, drawn->images, c->n, &features, &d, error);
    if (!status)
        status = gs_study_compare(c->study, drawn->images, labels, c->n, &drawn->comparison, error);
    if (status)
        return status;
    drawn->judged = gs_count_classes(drawn->classes, c->n, drawn->counts);
    for (size_t k = 0; k < c->n; k++)
        drawn->agree += drawn->classes[k] == c->wanted[k];
    find_diversity(features, d, labels ? labels : drawn->classes, c->n, drawn->diversity);
    return GS_OK;
}

static gs_status draw(gs_conditional *c, gs_drawn *drawn, const char *network, const int *labels, gs_error *error) {
    gs_sample_options options = {.seed = gs_study_seed(c->study), .labels = labels};
    gs_status status = gs_study_network_get(c->study, network, &drawn->network, error);
    if (status)
        return status;
    float *images = gs_study_room(c->study, c->n * drawn->network->pixels, sizeof *images);
    drawn->images = images;
    drawn->classes = gs_study_room(c->study, c->n, sizeof *drawn->classes);
    if (!images || !drawn->classes)
        return GS_ERROR_MEMORY;
    status = gs_study_sample(c->study, drawn->network, &options, c->n, images, error);
    if (status)
        return status;
    drawn->nfe = gs_sample_evaluations(drawn->network->model, &options);
    return judge(c, drawn, labels, error);
}

static gs_status judge_digits(gs_conditional *c, gs_error *error) {
    const float *features;
    size_t d;
    int *classes = gs_study_room(c->study, c->n, sizeof *classes);
    gs_status status = classes ? gs_study_classify(c->study, c->digits.images, c->n, classes, error) : GS_ERROR_MEMORY;
    if (!status)
        status = gs_study_features(c->study, c->digits.images, c->n, &features, &d, error);
    if (status)
        return status;
    for (size_t k = 0; k < c->n; k++)
        c->agree += classes[k] == c->digits.labels[k];
    find_diversity(features, d, c->digits.labels, c->n, c->diversity);
    return GS_OK;
}

/* ---- The study ---- */

static gs_status run(gs_study *study, gs_error *error) {
    gs_conditional c = {.study = study, .n = gs_study_whole(study, GS_STUDY_N)};
    c.wanted = gs_study_room(study, c.n, sizeof *c.wanted);
    if (!c.wanted)
        return GS_ERROR_MEMORY;
    for (size_t k = 0; k < c.n; k++)
        c.wanted[k] = (int)(k % GS_DIGIT_CLASSES);
    gs_study_stage(study, 0.2);
    gs_status status = gs_study_digits(study, GS_DIGITS_TEST, c.n, &c.digits, error);
    if (!status)
        status = judge_digits(&c, error);
    gs_study_stage(study, 0.35);
    if (!status)
        status = draw(&c, &c.base, GS_DEFAULT_NETWORK, NULL, error);
    gs_study_stage(study, 0.55);
    if (!status)
        status = draw(&c, &c.labelled, GS_DEFAULT_LABELLED, c.wanted, error);
    gs_study_stage(study, 1);
    if (!status)
        status = gs_conditional_measure(&c, error);
    if (!status)
        status = gs_epochs_read(study, GS_DEFAULT_NETWORK "-30", c.base.network, &c.base_epochs, error);
    if (!status)
        status = gs_epochs_read(study, GS_DEFAULT_LABELLED "-30", c.labelled.network, &c.epochs, error);
    if (!status)
        status = gs_conditional_show(&c, error);
    gs_epochs_free(&c.base_epochs);
    gs_epochs_free(&c.epochs);
    return status;
}

const gs_study_row gs_study_conditional_ncsn = {
    .name = "conditional-ncsn",
    .item = "2.2.2",
    .title = "A score network that is told the class",
    .about = "Does a class-conditional network draw what it is asked for, and what is the label worth to it?",
    .takes = {{.parameter = GS_STUDY_N, .value = "500", .least = 200}},
    .run = run};
