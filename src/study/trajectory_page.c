#include <math.h>
#include <string.h>

#include "study/trajectory.h"

/* ---- Pictures ---- */

/* Noisy states are shown with two deviations of their noise on either side. */
static void put_cells(const gs_trajectory_study *t, gs_sheet *sheet, const float *images, int column, double sigma) {
    const float *range = t->network->info->range;
    for (int k = 0; k < sheet->rows; k++)
        sheet->cells[k * sheet->columns + column] =
            (gs_cell){.image = images + (size_t)k * t->network->pixels,
                      .range = {range[0] - 2 * (float)sigma, range[1] + 2 * (float)sigma}};
    snprintf(sheet->column_heads[column], sizeof sheet->column_heads[column], sigma >= 10 ? "%.0f" : "%.2g", sigma);
}

static void draw_sheet(gs_trajectory_study *t, bool guesses) {
    size_t size = t->n * t->network->pixels;
    int rows = t->n < GS_WAY_SHOWN ? (int)t->n : GS_WAY_SHOWN, columns = GS_WAY_LOOKS + (guesses ? 0 : 1);
    gs_sheet sheet;
    if (gs_sheet_create(&sheet, t->network->info->shape, rows, columns, NULL))
        return;
    sheet.scale = 2;
    sheet.corner = "s";
    for (int i = 0; i < GS_WAY_LOOKS; i++) {
        const float *images = guesses ? t->guesses : t->states;
        put_cells(t, &sheet, images + (size_t)(guesses ? i : i * GS_WAY_EACH) * size, i, gs_way_sigma(t, i));
        for (int k = 0; guesses && k < rows; k++)
            memcpy(sheet.cells[k * columns + i].range, t->network->info->range, sizeof t->network->info->range);
    }
    if (!guesses)
        put_cells(t, &sheet, t->states + GS_WAY_STEPS * size, columns - 1, 0);
    gs_study_sheet(t->study, guesses ? "guesses" : "states",
                   guesses ? "What the network makes of the same states: D(x, sigma), the mean of all images that they "
                             "may come from. From the mean of all digits it becomes the one that the chain ends in."
                           : "The states of eight chains, a column for each of the course's noise levels and one for "
                             "the result. Black to white is the pixels' range, with two deviations of the noise on "
                             "either side.",
                   &sheet);
    gs_sheet_free(&sheet);
}

/* ---- Diagrams ---- */

typedef struct curve {
    double x[GS_WAY_LOOKS], y[GS_WAY_LOOKS], low[GS_WAY_LOOKS], high[GS_WAY_LOOKS];
} curve;

/* Ascending, from level `first` down to level `last`, whose noise is higher; x is moved by a factor so that intervals
 * do not cover each other. */
static size_t fill_curve(const gs_trajectory_study *t, const gs_returns *returns, int first, int last, double factor,
                         curve *c) {
    size_t n = 0;
    for (int i = first; i >= last; i--, n++) {
        gs_estimate e = gs_estimate_share(returns[i].same, returns[i].of);
        c->x[n] = gs_way_sigma(t, i) * factor;
        c->y[n] = e.value;
        c->low[n] = e.low;
        c->high[n] = e.high;
    }
    return n;
}

static gs_diagram_series series_of(const char *name, gs_stroke stroke, const curve *c, size_t n, int colour) {
    return (gs_diagram_series){
        .name = name, .stroke = stroke, .n = n, .x = c->x, .y = c->y, .low = c->low, .high = c->high, .colour = colour};
}

static void draw_returns(gs_trajectory_study *t) {
    curve forked, noised, digits;
    size_t all = fill_curve(t, t->forked, GS_WAY_LOOKS - 1, 0, 1, &forked);
    fill_curve(t, t->noised, GS_WAY_LOOKS - 1, 0, 1.08, &noised);
    size_t few = fill_curve(t, t->digits_back, 5, 2, 1.16, &digits);
    const double ends[] = {forked.x[0], forked.x[all - 1]}, chance[] = {t->usual, t->usual};
    const gs_diagram_series series[] = {
        series_of("chains that go on twice", GS_STROKE_BOTH, &forked, all, 0),
        series_of("results, noised and back", GS_STROKE_MARKS, &noised, all, 1),
        series_of("digits, noised and back", GS_STROKE_MARKS, &digits, few, 3),
        {.name = "two digits at random", .stroke = GS_STROKE_DASHED, .n = 2, .x = ends, .y = chance, .colour = 2}};
    const gs_diagram diagram = {.title = "Is it settled what digit it becomes?",
                                .x_label = "noise level sigma",
                                .y_label = "same digit again",
                                .log_x = true,
                                .y_range = {0, 1},
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(t->study, "settled",
                     "How often a chain that goes on from its state at sigma a second time, with other noise, ends as "
                     "the same digit; and how often a result, or a digit, that is given noise of that level comes back "
                     "as itself. Theory says that the first two are equal.",
                     &diagram);
}

static void draw_since(gs_trajectory_study *t) {
    const char *names[GS_WAY_LOOKS];
    double share[GS_WAY_LOOKS], low[GS_WAY_LOOKS], high[GS_WAY_LOOKS];
    for (int i = 0; i < GS_WAY_LOOKS; i++) {
        gs_estimate e = gs_estimate_share(t->since[i], t->decided);
        names[i] = gs_study_text(t->study, gs_way_sigma(t, i) >= 10 ? "%.0f" : "%.2g", gs_way_sigma(t, i));
        share[i] = e.value;
        low[i] = e.low;
        high[i] = e.high;
    }
    const gs_diagram_series series = {
        .stroke = GS_STROKE_BARS, .n = GS_WAY_LOOKS, .y = share, .low = low, .high = high};
    const gs_diagram diagram = {.title = "When the judge sees the final digit, to stay",
                                .x_label = "noise level sigma",
                                .y_label = "share of chains",
                                .categories = names,
                                .category_count = GS_WAY_LOOKS,
                                .series = &series,
                                .count = 1};
    gs_study_diagram(t->study, "since",
                     "The level from which on the judge takes D(x, sigma) for the digit that the chain ends in. At the "
                     "first level all guesses are one grey image, which the judge takes for one and the same class, so "
                     "that some chains are counted there by chance.",
                     &diagram);
}

/* ---- Numbers ---- */

static gs_estimate decision_level(const gs_trajectory_study *t) {
    gs_estimate e = gs_estimate_mean(t->log_since, t->decided);
    return (gs_estimate){exp(e.value), exp(e.low), exp(e.high)};
}

static gs_estimate difference(const gs_returns *a, const gs_returns *b) {
    double na = (double)a->of, nb = (double)b->of, p = (double)a->same / na, q = (double)b->same / nb;
    double both = (double)(a->same + b->same + 1) / (na + nb + 2); /* not 0 where both are 0 or 1 */
    return gs_estimate_error(p - q, sqrt(both * (1 - both) * (1 / na + 1 / nb)));
}

static void find(gs_trajectory_study *t) {
    gs_study_find(t->study, &(gs_finding){.what = "same digit again from sigma = 30",
                                          .unit = "%",
                                          .is = gs_estimate_share(t->forked[0].same, t->forked[0].of),
                                          .kind = GS_EXPECT_VALUE,
                                          .expected = {t->usual},
                                          .by = "theory: nothing is settled, the sum of MNIST's shares squared"});
    gs_study_find(t->study, &(gs_finding){.what = "noise level from which on the judge sees the final digit",
                                          .unit = "",
                                          .is = decision_level(t),
                                          .kind = GS_EXPECT_WITHIN,
                                          .expected = {gs_way_sigma(t, 5), gs_way_sigma(t, 2)},
                                          .by = "the levels between which returns rise from chance to certainty"});
    gs_study_find(t->study, &(gs_finding){.what = gs_study_text(t->study, "same digit again from sigma = %.2g",
                                                                gs_way_sigma(t, 5)),
                                          .unit = "%",
                                          .is = gs_estimate_share(t->forked[5].same, t->forked[5].of),
                                          .kind = GS_EXPECT_WITHIN,
                                          .expected = {0.5, 1},
                                          .by = "the digit is settled"});
    for (int i = 2; i < GS_WAY_LOOKS - 3; i++)
        gs_study_find(t->study,
                      &(gs_finding){.what = gs_study_text(t->study,
                                                          "same digit again from sigma = %.2g: of chains less "
                                                          "of noised results",
                                                          gs_way_sigma(t, i)),
                                    .unit = "%",
                                    .is = difference(&t->forked[i], &t->noised[i]),
                                    .kind = GS_EXPECT_VALUE,
                                    .expected = {0},
                                    .by = "theory: the way down is the way up reversed"});
}

static double share(const gs_returns *returns) {
    return 100 * (double)returns->same / (double)returns->of;
}

static void say(gs_trajectory_study *t) {
    gs_study_say(t->study,
                 "Read a row of the first picture from left to right, and look from where on you can tell the digit. "
                 "What the network makes of the same state stands in the second picture. There the judge sees the "
                 "digit that the chain ends in from sigma = %.2g on, for the average chain.",
                 decision_level(t).value);
    gs_study_say(
        t->study,
        "The digit is not hidden in the first noise. A chain that goes on from sigma = %.2g once more, with "
        "other noise, ends as the same digit in %.0f %% of the cases, and two random digits are the same in %.0f %%. "
        "From %.2g it is %.0f %%, from %.2g %.0f %%: in between it is decided.",
        gs_way_sigma(t, 2), share(&t->forked[2]), 100 * t->usual, gs_way_sigma(t, 3), share(&t->forked[3]),
        gs_way_sigma(t, 5), share(&t->forked[5]));
    gs_study_say(
        t->study,
        "The way down is the way up reversed. So a result that is given noise of %.2g must come back as itself "
        "as often as chains do that go on from that level: in %.0f %% of the cases here, beside their %.0f %%. Of %s, "
        "%.0f %% do. A ladder needs its levels where this share rises.",
        gs_way_sigma(t, 3), share(&t->noised[3]), share(&t->forked[3]),
        t->digits.drawn ? "digits that ncsn-cond has drawn" : "MNIST's test images", share(&t->digits_back[3]));
}

void gs_trajectory_show(gs_trajectory_study *t) {
    say(t);
    draw_sheet(t, false);
    draw_sheet(t, true);
    draw_since(t);
    draw_returns(t);
    find(t);
}
