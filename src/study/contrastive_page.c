#include <math.h>

#include "study/contrastive.h"

static void draw_energies(gs_study *study, const gs_cd_training *t, const double *step) {
    const gs_diagram_series series[] = {
        {.name = "data", .n = GS_CD_POINTS, .x = step, .y = t->data, .colour = 0},
        {.name = "samples, 1 step from data",
         .stroke = GS_STROKE_DASHED,
         .n = GS_CD_POINTS,
         .x = step,
         .y = t->fake,
         .colour = 1},
        {.name = "all 512 images", .n = GS_CD_POINTS, .x = step, .y = t->all, .colour = 2}};
    const gs_diagram diagram = {.title = "Energies while CD-1 trains",
                                .x_label = "training steps",
                                .y_label = "mean energy",
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(study, "energies",
                     "Mean energies of data, of images that one step of Gibbs sampling makes of them, and of all "
                     "images: data are pushed down, what the chains find beside them is pulled up.",
                     &diagram);
}

static void draw_likelihoods(gs_study *study, const gs_cd_training *t, int count, const double *step, double best) {
    double top[2] = {best, best};
    const double ends[2] = {0, GS_CD_STEPS};
    gs_diagram_series series[8] = {{"all that is possible", GS_STROKE_DASHED, 2, ends, top, NULL, NULL, 7}};
    for (int i = 0; i < count; i++)
        series[i + 1] =
            (gs_diagram_series){.name = t[i].name, .n = GS_CD_POINTS, .x = step, .y = t[i].likelihood, .colour = i};
    const gs_diagram diagram = {.title = "Log likelihood of the data",
                                .x_label = "training steps",
                                .y_label = "log likelihood per image",
                                .series = series,
                                .count = count + 1};
    gs_study_diagram(study, "likelihood",
                     "The exact log likelihood while the same machine is trained with gradients of four kinds.",
                     &diagram);
}

static void draw_biases(gs_study *study, const gs_cd_biases *b) {
    double k[GS_CD_FAR + 1], marks[3][GS_CD_KS], at[GS_CD_KS], slope[GS_CD_FAR + 1];
    for (int i = 0; i <= GS_CD_FAR; i++) {
        k[i] = i;
        slope[i] = b->exact[GS_CD_FAR] * pow(b->eigenvalue, i - GS_CD_FAR);
    }
    for (int i = 0; i < GS_CD_KS; i++) {
        at[i] = b->k[i];
        marks[0][i] = b->estimate[i].value;
        marks[1][i] = b->estimate[i].low;
        marks[2][i] = b->estimate[i].high;
    }
    const gs_diagram_series series[] = {
        {.name = "exact", .n = GS_CD_FAR + 1, .x = k, .y = b->exact, .colour = 0},
        {"by chains", GS_STROKE_MARKS, GS_CD_KS, at, marks[0], marks[1], marks[2], 1},
        {"second eigenvalue^k", GS_STROKE_DASHED, GS_CD_FAR + 1, k, slope, NULL, NULL, 2}};
    const gs_diagram diagram = {.title = "Bias of the CD-k gradient",
                                .x_label = "Gibbs steps k",
                                .y_label = "length of the bias",
                                .log_y = true,
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(study, "bias",
                     "How far the expected CD-k gradient is from the exact one, at the parameters where CD-1 ends. At "
                     "k = 0 it is the exact gradient's own length. Dashed: the slope of the chain's mixing rate.",
                     &diagram);
}

static void draw_lag(gs_study *study, const gs_cd_training *t, const double *step) {
    const gs_diagram_series series[] = {
        {.name = "CD-1", .n = GS_CD_POINTS, .x = step, .y = t->bias, .colour = 0},
        {.name = "persistent chains", .n = GS_CD_POINTS, .x = step, .y = t->lag, .colour = 3}};
    const gs_diagram diagram = {.title = "Bias along one training",
                                .x_label = "training steps",
                                .y_label = "length of the bias",
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(study, "persistent",
                     "At the same parameters, those of the training with persistent chains: the bias of CD-1, and that "
                     "of infinitely many persistent chains, which take one step per step of training too.",
                     &diagram);
}

static void say(gs_study *study, const gs_cd_training *t, const gs_cd_biases *b, double best) {
    gs_study_say(study,
                 "The gradient of the log likelihood pushes the energy of data down and pulls that of the model's own "
                 "samples up. Contrastive divergence takes, in place of such samples, what k steps of Gibbs sampling "
                 "make of data. This machine has 512 images in all, so that every expectation is a sum and the bias of "
                 "that short cut is known exactly.");
    gs_study_say(
        study,
        "Look at where CD-1 ends: at a log likelihood of %.2f, while the exact gradient reaches %.2f and %.2f "
        "is all that is possible. Its own gradient has shrunk to a length of %.2g there, but the exact one has %.2g: "
        "training stops although there is a way up, since a step from data does not reach the images that the "
        "model should give up.",
        t[1].likelihood[GS_CD_POINTS - 1], t[0].likelihood[GS_CD_POINTS - 1], best, b->own, b->exact[0]);
    gs_study_say(study,
                 "The bias falls with k as the chain mixes: far out by its second eigenvalue, %.4f per step, so that "
                 "it halves every %.0f steps; before that faster, from %.3f at k = 1 to %.3f at k = 16. Persistent "
                 "chains go on where they were and follow the model as long as it changes slowly, at the price of one "
                 "step per gradient.",
                 b->eigenvalue, log(0.5) / log(b->eigenvalue), b->exact[1], b->exact[16]);
    gs_study_say(study,
                 "No training has arrived: where that with the exact gradient ends, as its steps have shrunk to 0, its "
                 "gradient still has a length of %.2g. CD-10 ends at %.3f and the exact gradient at %.3f: so small a "
                 "difference is the chance of batches on the way there, not a higher maximum.",
                 b->left, t[2].likelihood[GS_CD_POINTS - 1], t[0].likelihood[GS_CD_POINTS - 1]);
}

static void list_findings(gs_study *study, const gs_cd_training *t, int count, const gs_cd_biases *b) {
    for (int i = 0; i < GS_CD_KS; i++)
        gs_study_find(study, &(gs_finding){.what = gs_study_text(study, "bias of the CD-%d gradient", b->k[i]),
                                           .unit = "",
                                           .is = b->estimate[i],
                                           .kind = GS_EXPECT_VALUE,
                                           .expected = {b->exact[b->k[i]]},
                                           .by = "theory, by enumeration"});
    gs_study_find(study, &(gs_finding){"factor of the bias per step, far out",
                                       "",
                                       gs_exact(b->rate),
                                       GS_EXPECT_WITHIN,
                                       {b->eigenvalue - 1e-3, b->eigenvalue + 1e-3},
                                       "theory, second eigenvalue"});
    for (int i = 0; i < count; i++)
        gs_study_find(study, &(gs_finding){.what = gs_study_text(study, "log likelihood after training, %s", t[i].name),
                                           .unit = "",
                                           .is = gs_exact(t[i].likelihood[GS_CD_POINTS - 1])});
    gs_study_find(study, &(gs_finding){.what = "length of the exact gradient where training with it ends",
                                       .unit = "",
                                       .is = gs_exact(b->left)});
    gs_study_find(study, &(gs_finding){"log likelihood that CD-1 loses beside the exact gradient",
                                       "",
                                       gs_exact(t[0].likelihood[GS_CD_POINTS - 1] - t[1].likelihood[GS_CD_POINTS - 1]),
                                       GS_EXPECT_WITHIN,
                                       {0, INFINITY},
                                       "Carreira-Perpinan & Hinton 2005, above 0"});
    double lag = 0, bias = 0;
    for (int i = GS_CD_POINTS / 2; i < GS_CD_POINTS; i++) {
        lag += t[count - 1].lag[i];
        bias += t[count - 1].bias[i];
    }
    gs_study_find(study, &(gs_finding){"bias of persistent chains beside that of CD-1, second half of training",
                                       "%",
                                       gs_exact(lag / bias),
                                       GS_EXPECT_WITHIN,
                                       {0, 1},
                                       "Tieleman 2008, they are closer"});
}

void gs_cd_show(gs_study *study, const gs_cd_training t[GS_CD_TRAININGS], const gs_cd_biases *b, double best) {
    double step[GS_CD_POINTS];
    for (int i = 0; i < GS_CD_POINTS; i++)
        step[i] = i * GS_CD_EVERY;
    say(study, t, b, best);
    draw_energies(study, &t[1], step);
    draw_likelihoods(study, t, GS_CD_TRAININGS, step, best);
    draw_biases(study, b);
    draw_lag(study, &t[3], step);
    list_findings(study, t, GS_CD_TRAININGS, b);
}
