#include <math.h>

#include "study/ncsn.h"

/* ---- The loss ---- */

enum { CURVE_POINTS = 100 };

/* The loss by noise level, ascending: of the network, and of answers without one. */
typedef struct curves {
    double sigma[GS_COURSE_LEVELS], is[GS_COURSE_LEVELS], low[GS_COURSE_LEVELS], high[GS_COURSE_LEVELS];
    double x[CURVE_POINTS], linear[CURVE_POINTS], mean[CURVE_POINTS], nothing[CURVE_POINTS];
} curves;

static void fill_curves(const gs_ncsn *c, curves *l) {
    const double top = gs_course_ladder[0], bottom = gs_course_ladder[GS_COURSE_LEVELS - 1];
    for (int i = 0; i < GS_COURSE_LEVELS; i++) {
        const gs_loss *level = &c->level[GS_COURSE_LEVELS - 1 - i];
        gs_estimate e = gs_estimate_error(level->loss, level->error);
        l->sigma[i] = level->sigma;
        l->is[i] = e.value;
        l->low[i] = e.low;
        l->high[i] = e.high;
    }
    for (int i = 0; i < CURVE_POINTS; i++) {
        l->x[i] = bottom * pow(top / bottom, i / (CURVE_POINTS - 1.0));
        l->linear[i] = gs_linear_loss(&c->linear, l->x[i]);
        l->nothing[i] = (double)c->linear.pixels;
        l->mean[i] = c->linear.variance / (l->x[i] * l->x[i]);
        l->mean[i] = l->mean[i] < 5 * l->nothing[i] ? l->mean[i] : NAN;
    }
}

static void draw_losses(gs_ncsn *c) {
    curves *l = gs_study_room(c->study, 1, sizeof *l);
    if (!l)
        return;
    fill_curves(c, l);
    const gs_diagram_series line = {.stroke = GS_STROKE_DASHED, .n = CURVE_POINTS, .x = l->x};
    gs_diagram_series series[] = {{.name = "the network",
                                   .stroke = GS_STROKE_BOTH,
                                   .n = GS_COURSE_LEVELS,
                                   .x = l->sigma,
                                   .y = l->is,
                                   .low = l->low,
                                   .high = l->high},
                                  line,
                                  line,
                                  line};
    const double *const y[] = {l->linear, l->mean, l->nothing};
    static const char *const names[] = {"the best linear answer", "the mean image", "no answer"};
    for (int i = 0; i < (int)GS_COUNT(y); i++) {
        series[i + 1].name = names[i];
        series[i + 1].y = y[i];
        series[i + 1].colour = i + 1;
    }
    const gs_diagram diagram = {.title = "Loss at each noise level",
                                .x_label = "noise level sigma",
                                .y_label = "loss",
                                .log_x = true,
                                .log_y = true,
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(
        c->study, "loss",
        "The loss sigma^2 |s + z / sigma|^2, summed over pixels, at the course's ten noise levels, beside "
        "three answers that need no network: s = 0, which has 784; the mean image, whatever is seen, which "
        "has the pixels' variances over sigma^2; and the best linear one, the exact denoiser of a "
        "Gaussian with the digits' mean and covariance.",
        &diagram);
}

static void draw_parts(gs_ncsn *c) {
    static const char *const names[GS_COURSE_LEVELS] = {"30",   "12.33", "5.06", "2.08", "0.85",
                                                        "0.35", "0.14",  "0.06", "0.02", "0.01"};
    double *part = gs_study_room(c->study, 3 * GS_COURSE_LEVELS, sizeof *part);
    if (!part)
        return;
    double *low = part + GS_COURSE_LEVELS, *high = low + GS_COURSE_LEVELS, below = 0;
    for (int i = 0; i < GS_COURSE_LEVELS; i++) {
        gs_estimate e = gs_estimate_error(c->level[i].loss / GS_COURSE_LEVELS, c->level[i].error / GS_COURSE_LEVELS);
        part[i] = e.value;
        below += gs_course_ladder[i] < 0.4 ? e.value : 0;
        low[i] = e.low;
        high[i] = e.high;
    }
    const gs_diagram_series series = {
        .stroke = GS_STROKE_BARS, .n = GS_COURSE_LEVELS, .y = part, .low = low, .high = high};
    const gs_diagram diagram = {.title = "What each level adds to the mean loss",
                                .x_label = "noise level sigma",
                                .y_label = "a tenth of the loss",
                                .categories = names,
                                .category_count = GS_COURSE_LEVELS,
                                .series = &series,
                                .count = 1};
    gs_study_diagram(
        c->study, "parts",
        gs_study_text(c->study,
                      "The ten parts of the mean loss, %.2f. The five levels of 0.35 and below, at which study "
                      "trajectory finds digits settled, add %.0f %% of it: that much of the course's "
                      "number is about the edges of strokes.",
                      c->mean.loss, 100 * below / c->mean.loss),
        &diagram);
}

static void find_losses(gs_ncsn *c) {
    const double top = gs_course_ladder[0], square = top * top;
    gs_study_find(c->study, &(gs_finding){.what = "mean loss on the course's ladder",
                                          .unit = "",
                                          .is = gs_estimate_error(c->mean.loss, c->mean.error),
                                          .kind = c->digits.drawn ? GS_EXPECT_NOTHING : GS_EXPECT_WITHIN,
                                          .expected = {-INFINITY, GS_COURSE_LOSS},
                                          .by = c->digits.drawn ? "the course's network after 30 epochs has 46 on MNIST"
                                                                : "the course's network after 30 epochs has 46"});
    gs_study_find(c->study,
                  &(gs_finding){.what = "sigma^2 times the loss at sigma = 30",
                                .unit = "",
                                .is = gs_estimate_error(square * c->level[0].loss, square * c->level[0].error),
                                .kind = GS_EXPECT_VALUE,
                                .expected = {square * gs_linear_loss(&c->linear, top)},
                                .by = "theory: noise hides all but mean and covariance, tr C (C / sigma^2 + 1)^-1"});
    for (int i = 4; i < GS_COURSE_LEVELS; i++) {
        double linear = gs_linear_loss(&c->linear, gs_course_ladder[i]);
        gs_study_find(c->study,
                      &(gs_finding){.what = gs_study_text(c->study,
                                                          "loss at sigma = %g, in units of the best "
                                                          "linear answer's",
                                                          gs_course_ladder[i]),
                                    .unit = "",
                                    .is = gs_estimate_error(c->level[i].loss / linear, c->level[i].error / linear),
                                    .kind = GS_EXPECT_WITHIN,
                                    .expected = {0, 1},
                                    .by = "theory: an exact denoiser is at least as good"});
    }
}

/* ---- The samples ---- */

static void draw_shares(gs_ncsn *c) {
    static const char *const names[GS_DIGIT_CLASSES] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    double *share = gs_study_room(c->study, 3 * GS_DIGIT_CLASSES, sizeof *share);
    if (!share)
        return;
    double *low = share + GS_DIGIT_CLASSES, *high = low + GS_DIGIT_CLASSES;
    for (int i = 0; i < GS_DIGIT_CLASSES; i++) {
        gs_estimate e = gs_estimate_share(c->counts[i], c->judged);
        share[i] = e.value;
        low[i] = e.low;
        high[i] = e.high;
    }
    const gs_diagram_series series[] = {
        {.name = "samples", .stroke = GS_STROKE_BARS, .n = GS_DIGIT_CLASSES, .y = share, .low = low, .high = high},
        {.name = "MNIST", .stroke = GS_STROKE_MARKS, .n = GS_DIGIT_CLASSES, .y = c->usual, .colour = 1}};
    const gs_diagram diagram = {.title = "Digits that are drawn",
                                .x_label = "class by the judge",
                                .y_label = "share",
                                .categories = names,
                                .category_count = GS_DIGIT_CLASSES,
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(c->study, "classes",
                     gs_study_text(c->study,
                                   "Shares of the classes among the %zu of %zu samples that the judge takes for a "
                                   "digit, with 99.99 %% intervals, beside MNIST's training images.",
                                   c->judged, c->n),
                     &diagram);
}

static void draw_samples(gs_ncsn *c) {
    const gs_model_info *info = c->network->info;
    enum { SIDE = 10 };
    size_t shown = c->n < SIDE * SIDE ? c->n : SIDE * SIDE;
    gs_study_images(c->study, "samples",
                    gs_study_text(c->study, "%zu samples by the network's own settings, %llu evaluations each.", shown,
                                  (unsigned long long)c->nfe),
                    c->samples, shown, info->shape, info->range, SIDE, 2);
    gs_study_images(c->study, "langevin",
                    gs_study_text(c->study,
                                  "%d samples by the course's sampler, annealed Langevin dynamics with 100 steps at "
                                  "each level of its ladder: %llu evaluations each.",
                                  GS_COURSE_SAMPLES, (unsigned long long)c->langevin_nfe),
                    c->langevin, GS_COURSE_SAMPLES, info->shape, info->range, SIDE, 2);
}

static double entropy_of(const double *share) {
    double sum = 0;
    for (int i = 0; i < GS_DIGIT_CLASSES; i++)
        sum -= share[i] * log(share[i]);
    return sum;
}

static int least_of(const double *values) {
    int least = 0;
    for (int i = 1; i < GS_DIGIT_CLASSES; i++)
        least = values[i] < values[least] ? i : least;
    return least;
}

static int rarest_of(const gs_ncsn *c) {
    int rarest = 0;
    for (int i = 1; i < GS_DIGIT_CLASSES; i++)
        rarest = c->counts[i] < c->counts[rarest] ? i : rarest;
    return rarest;
}

static void find_shares(gs_ncsn *c) {
    int rarest = rarest_of(c), spared = least_of(c->lost);
    gs_estimate distance = gs_estimate_error(c->comparison.frechet.value, c->comparison.frechet.error);
    distance.low = fmax(0, distance.low);
    gs_study_find(c->study, &(gs_finding){.what = "entropy of the classes",
                                          .unit = "nats",
                                          .is = gs_estimate_entropy(c->counts, GS_DIGIT_CLASSES),
                                          .kind = GS_EXPECT_VALUE,
                                          .expected = {entropy_of(c->usual)},
                                          .by = "no collapse: MNIST's shares"});
    gs_study_find(c->study, &(gs_finding){.what = gs_study_text(c->study, "share of the rarest digit, %d", rarest),
                                          .unit = "%",
                                          .is = gs_estimate_share(c->counts[rarest], c->judged),
                                          .kind = GS_EXPECT_WITHIN,
                                          .expected = {0.01, 1},
                                          .by = "no digit is lost"});
    gs_study_find(c->study,
                  &(gs_finding){.what = "Frechet distance of the samples",
                                .unit = "",
                                .is = distance,
                                .kind = GS_EXPECT_WITHIN,
                                .expected = {-INFINITY, c->lost[spared]},
                                .by = gs_study_text(c->study, "less than digits without their %ds have", spared)});
}

static void list_quality(gs_ncsn *c) {
    static const char *const heads[] = {"by the judge's features", "samples", "real images"};
    const struct {
        const char *name;
        const gs_measured *is;
    } rows[] = {{"Frechet distance", &c->comparison.frechet}, {"kernel distance", &c->comparison.kernel},
                {"precision", &c->comparison.precision},      {"recall", &c->comparison.recall},
                {"density", &c->comparison.density},          {"coverage", &c->comparison.coverage}};
    enum { COLUMNS = GS_COUNT(heads), ROWS = GS_COUNT(rows) };
    const char *cells[ROWS * COLUMNS];
    for (int i = 0; i < (int)ROWS; i++) {
        cells[i * COLUMNS] = rows[i].name;
        cells[i * COLUMNS + 1] = gs_study_text(c->study, "%.3g +- %.2g", rows[i].is->value, rows[i].is->error);
        cells[i * COLUMNS + 2] = gs_study_text(c->study, "%.3g", rows[i].is->real);
    }
    gs_study_table(c->study,
                   gs_study_text(c->study,
                                 "The distribution of %zu samples with standard errors, and the same of as many of "
                                 "MNIST's test images, from the judge's file.",
                                 c->comparison.n),
                   COLUMNS, heads, ROWS, cells);
}

/* ---- The page ---- */

static void say(gs_ncsn *c) {
    const int level = 4; /* below which digits are decided */
    double nats = c->mean.loss * log(gs_course_ladder[0] / gs_course_ladder[GS_COURSE_LEVELS - 1]);
    gs_study_say(c->study,
                 "The network was trained to tell an image from its noise, at every noise level sigma from 30 to 0.01. "
                 "On %s its mean loss over the course's ten levels is %.2f; the course's network reached 46 in 30 "
                 "epochs%s.",
                 c->digits.source, c->mean.loss,
                 c->digits.drawn ? ", but on MNIST's digits: the two cannot be compared, and --data measures ours there"
                                 : "");
    gs_study_say(
        c->study,
        "Compare the curves. At high noise the network is as good as a linear answer, and no network is "
        "better, as noise hides all but mean and covariance of the digits. Further down it leaves that "
        "line, as it has found that digits have shapes: at sigma = %g its loss is %.2f of the linear answer's.",
        gs_course_ladder[level], c->level[level].loss / gs_linear_loss(&c->linear, gs_course_ladder[level]));
    gs_study_say(c->study,
                 "The rarest digit among the samples, %d, has a share of %.1f %%; study energy-from-noise shows how an "
                 "energy without noise levels loses digits. Here sampling begins at a noise level at which all digits "
                 "are one cloud, so that every chain may still become any digit.",
                 rarest_of(c), 100 * (double)c->counts[rarest_of(c)] / (double)c->judged);
    gs_study_say(c->study,
                 "The loss has a unit. Summed over log sigma, the loss of an exact denoiser is the information, in "
                 "nats, that a noisy image has about the clean one (Guo, Shamai & Verdu 2005): here at most %.0f nats, "
                 "%.2g bits per pixel, are found on the way from sigma = 30 to 0.01.",
                 nats, nats / log(2) / (double)c->linear.pixels);
}

gs_status gs_ncsn_show(gs_ncsn *c, gs_error *error) {
    say(c);
    draw_losses(c);
    draw_parts(c);
    gs_status status = gs_epochs_draw(c->study, &c->epochs, &(gs_epochs){0}, c->network, error);
    draw_samples(c);
    draw_shares(c);
    list_quality(c);
    find_losses(c);
    gs_epochs_find(c->study, &c->epochs);
    find_shares(c);
    return status;
}
