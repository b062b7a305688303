#include <math.h>

#include "study/conditional_ncsn.h"

static const char *const class_names[GS_DIGIT_CLASSES] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};

/* ---- Samples ---- */

static void draw_samples(gs_conditional *c) {
    enum { ACROSS = 10 };
    size_t pixels = c->labelled.network->pixels;
    const gs_model_info *info = c->labelled.network->info;
    gs_sheet sheet;
    if (gs_sheet_create(&sheet, info->shape, GS_DIGIT_CLASSES, ACROSS, NULL))
        return;
    sheet.scale = 2;
    for (size_t k = 0; k < c->n && k < (size_t)GS_DIGIT_CLASSES * ACROSS; k++)
        sheet.cells[c->wanted[k] * ACROSS + (int)(k / GS_DIGIT_CLASSES)] =
            (gs_cell){.image = c->labelled.images + k * pixels, .range = {info->range[0], info->range[1]}};
    for (int i = 0; i < GS_DIGIT_CLASSES; i++)
        snprintf(sheet.row_heads[i], sizeof sheet.row_heads[i], "%d", i);
    gs_study_sheet(c->study, "samples",
                   gs_study_text(c->study, "Samples, a row for each class that was asked for, %llu evaluations each.",
                                 (unsigned long long)c->labelled.nfe),
                   &sheet);
    gs_sheet_free(&sheet);
}

static void draw_diversity(gs_conditional *c) {
    const gs_diagram_series series[] = {
        {.name = "digits", .stroke = GS_STROKE_BARS, .n = GS_DIGIT_CLASSES, .y = c->diversity, .colour = 1},
        {.name = "samples", .stroke = GS_STROKE_BARS, .n = GS_DIGIT_CLASSES, .y = c->labelled.diversity}};
    const gs_diagram diagram = {.title = "How different two of a class are",
                                .x_label = "class",
                                .y_label = "mean distance of the judge's features",
                                .categories = class_names,
                                .category_count = GS_DIGIT_CLASSES,
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(c->study, "diversity",
                     gs_study_text(c->study,
                                   "The mean distance of two images of one class, in the space of the judge's "
                                   "features: of %s, and of samples with that label.",
                                   c->digits.source),
                     &diagram);
}

/* The ratio of the samples' diversity to that of the digits, averaged over classes. */
static gs_estimate relative_diversity(const gs_conditional *c, const gs_drawn *drawn) {
    double ratio[GS_DIGIT_CLASSES];
    size_t known = 0;
    for (int i = 0; i < GS_DIGIT_CLASSES; i++) {
        ratio[known] = log(drawn->diversity[i] / c->diversity[i]);
        known += isfinite(ratio[known]) != 0;
    }
    gs_estimate e = gs_estimate_mean(ratio, known);
    return (gs_estimate){exp(e.value), exp(e.low), exp(e.high)};
}

static void find_samples(gs_conditional *c) {
    gs_study_find(c->study, &(gs_finding){.what = "samples that are the digit that was asked for",
                                          .unit = "%",
                                          .is = gs_estimate_share(c->labelled.agree, c->n),
                                          .kind = GS_EXPECT_WITHIN,
                                          .expected = {0.8, 1},
                                          .by = "every row shows its digit"});
    gs_study_find(c->study, &(gs_finding){.what = "the same of the network that cannot be asked",
                                          .unit = "%",
                                          .is = gs_estimate_share(c->base.agree, c->n),
                                          .kind = GS_EXPECT_VALUE,
                                          .expected = {1.0 / GS_DIGIT_CLASSES},
                                          .by = "theory: chance, whatever it draws"});
    gs_study_find(c->study, &(gs_finding){.what = gs_study_text(c->study, "the judge's agreement with the labels of %s",
                                                                c->digits.source),
                                          .unit = "%",
                                          .is = gs_estimate_share(c->agree, c->n)});
    gs_study_find(c->study, &(gs_finding){.what = "diversity in a class, in units of the digits'",
                                          .unit = "",
                                          .is = relative_diversity(c, &c->labelled),
                                          .kind = GS_EXPECT_VALUE,
                                          .expected = {1},
                                          .by = "exact samples"});
}

/* ---- The two networks ---- */

static const char *share_range(gs_conditional *c, const gs_drawn *drawn) {
    uint64_t least = drawn->counts[0], most = least;
    for (int i = 1; i < GS_DIGIT_CLASSES; i++) {
        least = drawn->counts[i] < least ? drawn->counts[i] : least;
        most = drawn->counts[i] > most ? drawn->counts[i] : most;
    }
    double part = 100 / (double)drawn->judged;
    return gs_study_text(c->study, "%.1f ... %.1f %%", part * (double)least, part * (double)most);
}

static const char *beside_real(gs_conditional *c, const gs_measured *is, double factor) {
    return gs_study_text(c->study, "%.3g +- %.2g (real %.3g)", factor * is->value, factor * is->error,
                         factor * is->real);
}

static const char *rises(gs_conditional *c, const gs_epochs *epochs) {
    return epochs->n ? gs_study_text(c->study, "%zu of %zu", gs_epochs_rises(epochs), epochs->n - 1) : "no log";
}

/* The mean of the losses at the levels of the course's ladder. */
static const char *mean_loss(gs_conditional *c, const double *loss) {
    double sum = 0, levels = 0;
    for (size_t i = 0; i < GS_LABEL_LEVELS; i += GS_LABEL_EACH, levels++)
        for (size_t k = 0; k < c->images; k++)
            sum += loss[i * c->images + k] / (double)c->images;
    return gs_study_text(c->study, "%.1f", sum / levels);
}

static void put_column(gs_conditional *c, const gs_drawn *drawn, const char **cells) {
    bool told = drawn == &c->labelled;
    const char *const column[] = {
        told ? "E[x | noisy x, sigma, y]" : "E[x | noisy x, sigma]",
        told ? "the class y, or none" : "none",
        told ? "sigma and y: their embeddings, added, scale and shift features (FiLM)"
             : "sigma: its embedding scales and shifts features (FiLM)",
        gs_study_text(c->study, "%zu", drawn->network->info->parameters),
        gs_study_text(c->study, "%llu", (unsigned long long)drawn->nfe),
        told ? gs_study_text(c->study, "%s; %s told none", mean_loss(c, c->right), mean_loss(c, c->none))
             : mean_loss(c, c->base_loss),
        gs_study_text(c->study, "%.1f %%", 100 * (double)drawn->agree / (double)c->n),
        share_range(c, drawn),
        rises(c, told ? &c->epochs : &c->base_epochs),
        gs_study_text(c->study, "%.2f", relative_diversity(c, drawn).value),
        beside_real(c, &drawn->comparison.recall, 1),
        beside_real(c, &drawn->comparison.frechet, 1)};
    for (size_t i = 0; i < GS_COUNT(column); i++)
        cells[3 * i + (told ? 2 : 1)] = column[i];
}

static void compare(gs_conditional *c) {
    static const char *const heads[] = {"", "base", "conditional"};
    static const char *const rows[] = {"learns (target)",
                                       "control",
                                       "what is injected",
                                       "parameters",
                                       "evaluations per sample",
                                       "loss on the course's ladder",
                                       "agreement with a class that is wanted",
                                       "stability: shares of the rarest and the most frequent digit",
                                       "stability: epochs in which the loss rose",
                                       "diversity in a class, in units of the digits'",
                                       "recall",
                                       "Frechet distance"};
    const char *cells[3 * GS_COUNT(rows)];
    for (size_t i = 0; i < GS_COUNT(rows); i++)
        cells[3 * i] = rows[i];
    put_column(c, &c->base, cells);
    put_column(c, &c->labelled, cells);
    gs_study_table(c->study,
                   gs_study_text(c->study,
                                 "The network without labels beside the one with them: %zu samples of each by its own "
                                 "settings, and the loss of %zu digits.",
                                 c->n, c->images),
                   GS_COUNT(heads), heads, GS_COUNT(rows), cells);
}

/* ---- What a label is worth ---- */

/* What losses exceed those of the right label by, image by image: at level i. */
static void excess(const gs_conditional *c, const double *loss, int i, double *by) {
    for (size_t k = 0; k < c->images; k++)
        by[k] = loss[(size_t)i * c->images + k] - c->right[(size_t)i * c->images + k];
}

static const char label_title[] = "What a label is worth";

typedef struct curve {
    size_t n;
    double x[GS_LABEL_LEVELS], y[GS_LABEL_LEVELS], low[GS_LABEL_LEVELS], high[GS_LABEL_LEVELS];
} curve;

static void fill_curve(gs_conditional *c, const double *loss, bool tried, curve *out) {
    double *by = gs_study_room(c->study, c->images, sizeof *by);
    for (int i = GS_LABEL_LEVELS - 1; i >= 0 && by; i--) {
        if (tried && !gs_conditional_tries(c, i))
            continue;
        excess(c, loss, i, by);
        gs_estimate e = gs_estimate_mean(by, c->images);
        out->x[out->n] = c->sigma[i] * (tried ? 1.06 : 1); /* so that intervals do not cover each other */
        out->y[out->n] = e.value;
        out->low[out->n] = e.low;
        out->high[out->n++] = e.high;
    }
}

static void draw_gaps(gs_conditional *c) {
    curve none = {0}, wrong = {0};
    fill_curve(c, c->none, false, &none);
    fill_curve(c, c->wrong, true, &wrong);
    const gs_diagram_series series[] = {{.name = "told a wrong label",
                                         .stroke = GS_STROKE_BOTH,
                                         .n = wrong.n,
                                         .x = wrong.x,
                                         .y = wrong.y,
                                         .low = wrong.low,
                                         .high = wrong.high,
                                         .colour = 1},
                                        {.name = "told none",
                                         .stroke = GS_STROKE_BOTH,
                                         .n = none.n,
                                         .x = none.x,
                                         .y = none.y,
                                         .low = none.low,
                                         .high = none.high}};
    const gs_diagram diagram = {.title = label_title,
                                .x_label = "noise level sigma",
                                .y_label = "loss beyond that with the right label",
                                .log_x = true,
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(c->study, "label",
                     "The loss of the conditional network that is told no label, or the wrong ones, less that with the "
                     "right label, on the same noisy digits. An area under a curve is information in nats: of what the "
                     "label says, and of what a wrong one costs.",
                     &diagram);
}

/* sum(a) / sum(b) of pairs, by the delta method. */
static gs_estimate ratio_of(const double *a, const double *b, size_t n) {
    double sum_a = 0, sum_b = 0, square = 0;
    for (size_t k = 0; k < n; k++) {
        sum_a += a[k];
        sum_b += b[k];
    }
    double ratio = sum_a / sum_b;
    for (size_t k = 0; k < n; k++)
        square += (a[k] - ratio * b[k]) * (a[k] - ratio * b[k]);
    return gs_estimate_error(ratio, sqrt(square * (double)n / ((double)n - 1)) / fabs(sum_b));
}

/* The variance between the classes' mean images, summed over pixels, from digits that vary within a class too: that
 * part of the means' squares is taken out (Fisher's analysis of variance). */
static double between_classes(gs_conditional *c) {
    size_t pixels = c->labelled.network->pixels, counts[GS_DIGIT_CLASSES] = {0}, n = c->digits.n;
    double *mean = gs_study_room(c->study, (GS_DIGIT_CLASSES + 1) * pixels, sizeof *mean), within = 0, between = 0;
    if (!mean)
        return NAN;
    double *all = mean + GS_DIGIT_CLASSES * pixels;
    for (size_t k = 0; k < n; k++) {
        counts[c->digits.labels[k]]++;
        for (size_t p = 0; p < pixels; p++) {
            mean[(size_t)c->digits.labels[k] * pixels + p] += (double)c->digits.images[k * pixels + p];
            all[p] += (double)c->digits.images[k * pixels + p] / (double)n;
        }
    }
    for (size_t k = 0; k < n; k++)
        for (size_t p = 0; p < pixels; p++) {
            size_t label = (size_t)c->digits.labels[k];
            double middle = mean[label * pixels + p] / (double)counts[label];
            double off = (double)c->digits.images[k * pixels + p] - middle;
            within += off * off;
            between += (middle - all[p]) * (middle - all[p]);
        }
    within /= (double)(n - GS_DIGIT_CLASSES);
    return (between - (GS_DIGIT_CLASSES - 1) * within) / (double)n;
}

static void find_top(gs_conditional *c) {
    double *by = gs_study_room(c->study, 2 * c->images, sizeof *by), square = c->sigma[0] * c->sigma[0];
    if (!by)
        return;
    excess(c, c->none, 0, by);
    gs_estimate e = gs_estimate_mean(by, c->images);
    gs_study_find(c->study,
                  &(gs_finding){.what = "sigma^2 times the loss beyond that with the right label, at sigma = 30",
                                .unit = "",
                                .is = {square * e.value, square * e.low, square * e.high},
                                .kind = GS_EXPECT_VALUE,
                                .expected = {between_classes(c)},
                                .by = "theory: the variance between the classes' means"});
    excess(c, c->wrong, 1, by);
    excess(c, c->none, 1, by + c->images);
    gs_study_find(c->study, &(gs_finding){.what = gs_study_text(c->study,
                                                                "cost of a wrong label in units of that of none, at "
                                                                "sigma = %.3g",
                                                                c->sigma[1]),
                                          .unit = "",
                                          .is = ratio_of(by, by + c->images, c->images),
                                          .kind = GS_EXPECT_VALUE,
                                          .expected = {2.0 * GS_DIGIT_CLASSES / (GS_DIGIT_CLASSES - 1)},
                                          .by = "theory, for equally frequent classes: 20/9"});
}

/* The part of the information that levels of low ... high tell, per image. */
static void tell_between(const gs_conditional *c, double low, double high, double *part) {
    for (size_t k = 0; k < c->images; k++) {
        part[k] = 0;
        for (int i = 1; i < GS_LABEL_LEVELS; i++)
            if (c->sigma[i - 1] <= high && c->sigma[i] >= low)
                part[k] += log(c->sigma[i - 1] / c->sigma[i]) / 2 *
                           (c->none[(size_t)i * c->images + k] - c->right[(size_t)i * c->images + k] +
                            c->none[(size_t)(i - 1) * c->images + k] - c->right[(size_t)(i - 1) * c->images + k]);
    }
}

/* Noise levels at which digits are decided, and the part that they tell. */
static const double deciding[2] = {0.5, 6};

static gs_estimate middle_part(gs_conditional *c) {
    double *part = gs_study_room(c->study, c->images, sizeof *part);
    if (!part)
        return gs_exact(NAN);
    tell_between(c, deciding[0], deciding[1], part);
    return ratio_of(part, c->information, c->images);
}

static gs_estimate information(const gs_conditional *c) {
    return gs_estimate_mean(c->information, c->images);
}

static void find_information(gs_conditional *c) {
    gs_study_find(c->study,
                  &(gs_finding){.what = gs_study_text(c->study, "part of the label's worth at sigma of %g to %g",
                                                      deciding[0], deciding[1]),
                                .unit = "%",
                                .is = middle_part(c),
                                .kind = GS_EXPECT_WITHIN,
                                .expected = {0.5, INFINITY},
                                .by = "the label matters most where digits are decided"});
    gs_study_find(c->study, &(gs_finding){.what = "label's worth, the area under the curve of no label",
                                          .unit = "nats",
                                          .is = information(c)});
    gs_study_find(c->study, &(gs_finding){.what = "labels that the least loss tells",
                                          .unit = "%",
                                          .is = gs_estimate_share(c->read_back, c->images),
                                          .kind = GS_EXPECT_WITHIN,
                                          .expected = {0.5, 1},
                                          .by = "a network that is told labels knows them; chance is 10 %"});
}

/* ---- The page ---- */

static void say(gs_conditional *c) {
    gs_study_say(
        c->study,
        "The conditional network is the same as the other one but for a class's embedding, which is added to "
        "that of the noise level. Every row of the picture was asked for one digit, and %.1f %% of %zu samples "
        "are what was asked for.",
        100 * (double)c->labelled.agree / (double)c->n, c->n);
    gs_study_say(
        c->study,
        "Look at the diagram \"%s\". A label is worth little at high noise, where all digits are one cloud, and "
        "little at low noise, where the image itself shows its class: %.0f %% of the area under the curve of no "
        "label lie at sigma of %g to %g, where study trajectory sees digits decided.",
        label_title, 100 * middle_part(c).value, deciding[0], deciding[1]);
    gs_study_say(c->study,
                 "The area under such a curve is information. A label of ten holds log 10 = 2.30 nats, so an exact "
                 "answer without a label would lose no more than that; this network loses %.1f.%s",
                 information(c).value,
                 information(c).value > log(GS_DIGIT_CLASSES)
                     ? " What is more than 2.30 is its own error: telling it the class also makes its task easier."
                     : "");
    gs_study_say(c->study,
                 "Turned around, the network is a classifier: of all ten labels, the one with the least loss is right "
                 "for %.0f %% of the digits.",
                 100 * (double)c->read_back / (double)c->images);
    if (c->digits.drawn)
        gs_study_say(c->study, "The digits here were drawn by the conditional network itself, so that its samples must "
                               "be as diverse as they are; --data compares them with MNIST.");
}

gs_status gs_conditional_show(gs_conditional *c, gs_error *error) {
    say(c);
    draw_samples(c);
    compare(c);
    draw_diversity(c);
    draw_gaps(c);
    gs_status status = gs_epochs_draw(c->study, &c->base_epochs, &c->epochs, c->labelled.network, error);
    find_samples(c);
    find_top(c);
    find_information(c);
    gs_epochs_find(c->study, &c->epochs);
    return status;
}
