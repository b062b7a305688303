#include <math.h>

#include "study/energy_training.h"

static double last_of(const gs_training *c, const gs_training_column *column) {
    return column->values[c->log.epochs - 1];
}

static double middle_of(const gs_training *c, size_t epoch) {
    return (c->real->values[epoch] + c->fake->values[epoch]) / 2;
}

/* ---- Curves ---- */

static gs_diagram_series line(const gs_training *c, const gs_training_column *column, const char *name, int colour) {
    return (gs_diagram_series){
        .name = name, .stroke = GS_STROKE_BOTH, .n = c->log.epochs, .y = column->values, .colour = colour};
}

static void draw_energies(gs_training *c) {
    const gs_diagram_series series[] = {line(c, c->real, "training images", 0),
                                        line(c, c->fake, "generated images", 1)};
    const gs_diagram diagram = {.title = "Energies by epoch",
                                .x_label = "epoch",
                                .y_label = "mean energy",
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(
        c->study, "energies",
        "Mean energies of training images and of the chains' ends over the batches of an epoch, from the "
        "training's log. Their middle goes towards 0; what training pulls apart is the distance of the curves.",
        &diagram);
}

static void draw_loss(gs_training *c) {
    const gs_diagram_series series[] = {line(c, c->loss, "loss", 2), line(c, c->apart, "contrastive", 0),
                                        line(c, c->square, "regularisation", 1)};
    const gs_diagram diagram = {.title = "The loss and its two terms",
                                .x_label = "epoch",
                                .y_label = "loss",
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(
        c->study, "loss",
        gs_study_text(c->study,
                      "The loss is E(real) - E(generated), the contrastive term, plus %g times the mean of "
                      "E squared over both, the regularisation.",
                      c->lambda),
        &diagram);
}

/* What the samples of each epoch are by the judge. */
static gs_status draw_classes(gs_training *c) {
    gs_estimates curve[3];
    static const char *const names[] = {"ones", "other digits", "no digit"};
    static const int colours[] = {1, 0, 7};
    gs_diagram_series series[GS_COUNT(curve)];
    size_t n = c->log.epochs;
    gs_status status = GS_OK;
    for (size_t i = 0; i < GS_COUNT(curve) && !status; i++)
        status = gs_estimates_create(c->study, NULL, n, &curve[i]);
    if (status)
        return status;
    for (size_t e = 0; e < n; e++) {
        double ones = c->shares->values[n + e], none = c->rejected->values[e];
        const double shares[] = {ones, 1 - ones - none, none};
        for (size_t i = 0; i < GS_COUNT(curve); i++) {
            double k = round(fmax(0, shares[i]) * c->judged);
            curve[i].x[e] = (double)e;
            gs_estimates_set(&curve[i], e, gs_estimate_share((uint64_t)k, (uint64_t)c->judged));
        }
    }
    for (size_t i = 0; i < GS_COUNT(curve); i++)
        series[i] = gs_estimates_series(&curve[i], names[i], GS_STROKE_BOTH, colours[i]);
    const gs_diagram diagram = {.title = "What its samples are",
                                .x_label = "epoch",
                                .y_label = "share of samples",
                                .y_range = {0, 1},
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(
        c->study, "classes",
        gs_study_text(c->study,
                      "What the judge takes %.0f samples after 60 steps for that were drawn after each epoch, "
                      "with 99.99 %% intervals.",
                      c->judged),
        &diagram);
    return GS_OK;
}

static void draw_histogram(gs_training *c) {
    double middle[GS_TRAINING_BINS], common = 0;
    for (int i = 0; i < GS_TRAINING_BINS; i++) {
        middle[i] = c->low + (c->high - c->low) * (i + 0.5) / GS_TRAINING_BINS;
        common += fmin(c->of_digits.share[i], c->of_samples.share[i]);
    }
    const gs_diagram_series series[] = {
        {.name = "digits", .n = GS_TRAINING_BINS, .x = middle, .y = c->of_digits.share},
        {.name = "generated images", .n = GS_TRAINING_BINS, .x = middle, .y = c->of_samples.share, .colour = 1}};
    const gs_diagram diagram = {.title = "Energies by the shipped network",
                                .x_label = "energy",
                                .y_label = "share of images",
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(
        c->study, "histogram",
        gs_study_text(
            c->study,
            "The energies that the shipped network gives %zu %s and as many samples after 60 steps: "
            "the two have %.0f %% of their area in common. It is the network of one moment; the curves of the "
            "training are means over all batches of an epoch.",
            c->n, c->digits.source, 100 * common),
        &diagram);
}

static gs_status draw_samples(gs_training *c, gs_error *error) {
    return gs_snapshots_draw(c->study, &c->samples, c->energy, 0, "samples",
                             "Samples after 60 steps from noise that were drawn during the training, after the epoch "
                             "that stands beside the row, counted from 0.",
                             error);
}

/* ---- Numbers ---- */

static void find_rise(gs_training *c, const gs_training_column *column, const char *what) {
    gs_study_find(c->study,
                  &(gs_finding){.what = gs_study_text(c->study, "rise of the energy of %s, first to last epoch", what),
                                .unit = "",
                                .is = gs_exact(last_of(c, column) - column->values[0]),
                                .kind = GS_EXPECT_WITHIN,
                                .expected = {0, INFINITY},
                                .by = "the course: energies rise towards 0"});
}

static void find_log(gs_training *c) {
    const size_t few = 4; /* epochs, after which the level has not settled yet */
    const double optimum = -1 / (2 * c->lambda), near = 0.01 * fabs(optimum);
    find_rise(c, c->real, "training images");
    find_rise(c, c->fake, "generated images");
    gs_study_find(c->study,
                  &(gs_finding){.what = "middle of both energies in the last epoch, in units of that in the first",
                                .unit = "",
                                .is = gs_exact(middle_of(c, c->log.epochs - 1) / middle_of(c, 0)),
                                .kind = c->log.epochs > few ? GS_EXPECT_WITHIN : GS_EXPECT_NOTHING,
                                .expected = {-0.5, 0.5},
                                .by = "theory: only regularisation sees it, and it is best at 0"});
    gs_study_find(
        c->study,
        &(gs_finding){.what = "loss in the last epoch",
                      .unit = "",
                      .is = gs_exact(last_of(c, c->loss)),
                      .kind = GS_EXPECT_WITHIN,
                      .expected = {-near, near},
                      .by = gs_study_text(c->study, "the course: near 0; it could be -1 / (2 lambda) = %g", optimum)});
    gs_study_find(c->study,
                  &(gs_finding){.what = "regularisation over the contrastive term, by size, in the last epoch",
                                .unit = "",
                                .is = gs_exact(last_of(c, c->square) / fabs(last_of(c, c->apart))),
                                .kind = GS_EXPECT_REFUTED,
                                .expected = {1, INFINITY},
                                .by = "the course: regularisation wins"});
}

static void find_network(gs_training *c) {
    const gs_estimate a = c->of_digits.mean, b = c->of_samples.mean;
    double reach = hypot(a.high - a.value, b.high - b.value), apart = a.value - b.value;
    gs_study_find(c->study, &(gs_finding){.what = "mean energy of digits by the shipped network", .unit = "", .is = a});
    gs_study_find(c->study, &(gs_finding){.what = "of samples after 60 steps", .unit = "", .is = b});
    gs_study_find(c->study, &(gs_finding){.what = "their difference",
                                          .unit = "",
                                          .is = {apart, apart - reach, apart + reach},
                                          .kind = GS_EXPECT_WITHIN,
                                          .expected = {-INFINITY, 0},
                                          .by = "training pulls digits below samples"});
}

/* ---- The page ---- */

static void say(gs_training *c) {
    size_t last = c->log.epochs - 1;
    const double share = c->square->values[last] / fabs(c->apart->values[last]);
    gs_study_say(
        c->study,
        "Contrastive divergence pulls the energies of training images down and pushes those of generated ones up, "
        "which 60 Langevin steps have made from noise. %g times their squares are added so that energies stay "
        "finite. Hinton's contrastive divergence begins its chains at data (study contrastive); the course uses the "
        "name "
        "for chains from noise as well, and so do these studies.",
        c->lambda);
    gs_study_say(
        c->study,
        "Look at the first diagram. In the first epoch the energies are %.4f and %.4f, in the last %.4f and %.4f; the "
        "course saw both rise towards 0. Their middle goes from %.4f to %.4f: a common shift of all energies changes "
        "nothing in the contrastive term, so regularisation alone decides the level, and is least at 0.%s",
        c->real->values[0], c->fake->values[0], c->real->values[last], c->fake->values[last], middle_of(c, 0),
        middle_of(c, last),
        c->fake->values[last] > 0 ? " So the energies of generated images end above 0, not at it." : "");
    gs_study_say(
        c->study,
        "The loss is near 0 too, %.4f in the end, %s because regularisation has won: it is %.0f %% of the "
        "contrastive term. Chains go downhill, to where energies are hardly above those of digits; the network "
        "raises these places, and chains find others. So a loss near 0 says nothing of what samples look like.",
        c->loss->values[last], share < 1 ? "but not" : "and", 100 * share);
}

/* What the curves are of. */
static void say_source(gs_training *c) {
    const char *note = json_string_value(json_object_get(c->log.head, "note"));
    gs_study_say(
        c->study,
        "The curves are %s%zu epochs of a training by the recipe of the shipped network, with other random numbers.",
        (double)c->log.epochs < c->planned ? "of the first " : "of all ", c->log.epochs);
    if (note)
        gs_study_say(c->study, "%s", note);
}

gs_status gs_training_show(gs_training *c, gs_error *error) {
    say(c);
    say_source(c);
    draw_energies(c);
    draw_loss(c);
    gs_status status = draw_samples(c, error);
    if (!status)
        status = draw_classes(c);
    draw_histogram(c);
    find_log(c);
    find_network(c);
    return status;
}
