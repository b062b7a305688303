/* Energies of images with attributes: E(x, y) of a label y, and sums of energies of one attribute each. */
#include "study/attributes.h"

#include <inttypes.h>
#include <math.h>

enum { COLUMNS = 12, EACH = 20, DIGITS = 500 };

/* Samples of E(x, y) for each label, EACH after each other. */
typedef struct labelled {
    size_t n;
    int *label, *class;
    float *x;
    uint64_t evaluations; /* per sample */
} labelled;

static gs_status draw(gs_conditional_study *c, labelled *l, gs_error *error) {
    *l = (labelled){.n = EACH * GS_DIGIT_CLASSES};
    l->label = gs_study_room(c->study, l->n, sizeof *l->label);
    l->class = gs_study_room(c->study, l->n, sizeof *l->class);
    l->x = gs_study_room(c->study, l->n * c->labelled->pixels, sizeof *l->x);
    if (!l->label || !l->class || !l->x)
        return GS_ERROR_MEMORY;
    for (size_t k = 0; k < l->n; k++)
        l->label[k] = (int)k / EACH;
    gs_sample_options options = {.labels = l->label, .seed = gs_study_seed(c->study)};
    gs_status status = gs_study_sample(c->study, c->labelled, &options, l->n, l->x, error);
    l->evaluations = !status ? gs_sample_evaluations(c->labelled->model, &options) : 0;
    return !status ? gs_study_classify(c->study, l->x, l->n, l->class, error) : status;
}

static gs_status show(gs_conditional_study *c, const labelled *l, gs_error *error) {
    static const char *const heads[GS_DIGIT_CLASSES] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    gs_strip strips[GS_DIGIT_CLASSES];
    size_t agree = 0;
    for (size_t k = 0; k < l->n; k++)
        agree += l->class[k] == l->label[k];
    for (int i = 0; i < GS_DIGIT_CLASSES; i++)
        strips[i] = (gs_strip){heads[i], l->x + (size_t)i * EACH * c->labelled->pixels};
    gs_study_find(c->study, &(gs_finding){.what = "samples of E(x, y) that the judge takes for y",
                                          .unit = "%",
                                          .is = gs_estimate_share(agree, l->n),
                                          .kind = GS_EXPECT_WITHIN,
                                          .expected = {0.5, 1},
                                          .by = "the label is met, not in one of ten as by chance"});
    return gs_study_strips(c->study, "labels",
                           gs_study_text(c->study,
                                         "Samples of E(x, y) for the labels y = 0 ... 9, a row each, by annealing: "
                                         "ebm-cond, %" PRIu64 " evaluations per sample.",
                                         l->evaluations),
                           c->labelled->info, strips, GS_DIGIT_CLASSES, EACH, COLUMNS, 2, error);
}

gs_status gs_attributes_labels(gs_conditional_study *c, gs_error *error) {
    labelled l;
    gs_status status = draw(c, &l, error);
    return !status ? show(c, &l, error) : status;
}

static gs_status find_networks(gs_conditional_study *c, gs_error *error) {
    gs_status status = gs_study_network_get(c->study, "ebm-cond", &c->labelled, error);
    if (!status)
        status = gs_study_network_get(c->study, "ebm", &c->unlabelled, error);
    return !status ? gs_study_network_get(c->study, "ebm-thick", &c->thick, error) : status;
}

static void say(gs_study *study) {
    gs_study_say(
        study,
        "An energy may take a label: E(x, y) is a network with two inputs, and digits of a class come of lowering "
        "it with y fixed. Or energies of one attribute each are added: E_m + lambda E_y, here of digits (E_m) and "
        "of thick strokes (E_y).");
    gs_study_say(
        study,
        "A sum of energies is the energy of a product of densities, p_m(x) p_y(x)^lambda. Where two attributes are "
        "not independent, the product is not the density of images with both; the last table measures how "
        "dependent they are in the data.");
}

static gs_status run(gs_study *study, gs_error *error) {
    gs_conditional_study c = {.study = study,
                              .n = gs_study_whole(study, GS_STUDY_N),
                              .digit = (int)gs_study_whole(study, GS_STUDY_DIGIT),
                              .lambdas = gs_study_numbers(study, GS_STUDY_LAMBDAS)};
    gs_study_stage(study, 0.2);
    gs_status status = gs_study_digits(study, GS_DIGITS_TEST, DIGITS, &c.digits, error);
    if (!status)
        status = find_networks(&c, error);
    say(study);
    gs_study_stage(study, 0.4);
    if (!status)
        status = gs_attributes_labels(&c, error);
    if (!status)
        status = gs_attributes_sum(&c, error);
    if (!status)
        status = gs_attributes_scales(&c, error);
    gs_study_stage(study, 1);
    return !status ? gs_attributes_data(&c, error) : status;
}

const gs_study_row gs_study_conditional = {
    .name = "conditional",
    .item = "1.1.1",
    .title = "Energies of images with attributes",
    .about = "Can an energy be told a label, and does the sum of two energies give images with both attributes?",
    .takes = {{.parameter = GS_STUDY_DIGIT, .value = "3"},
              {.parameter = GS_STUDY_LAMBDAS, .value = "0.01,0.1,1,3,10,100,1000"},
              {.parameter = GS_STUDY_N, .value = "120"}},
    .run = run};
