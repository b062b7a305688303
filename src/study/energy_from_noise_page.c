#include <inttypes.h>
#include <math.h>

#include "study/energy_from_noise.h"

enum { STEPS = 500, SIDE = 4, COLUMNS = 12, THE_CLASS = 1, RARE_CLASS = 8 };

/* Steps whose states are drawn. */
static const double drawn[] = {0, 20, 60, 100, 200, 300, 500};
static const char *const drawn_heads[] = {"0", "20", "60", "100", "200", "300", "500"};

/* ---- Pictures ---- */

static void draw_grids(gs_from_noise *c) {
    const gs_model_info *info = c->energy->info;
    const size_t at = gs_passage_at(&c->passage, GS_TRAINED_STEPS), shown = c->n < GS_GRID ? c->n : GS_GRID;
    gs_study_images(c->study, "training",
                    gs_study_text(c->study, "%d training images: %s.", GS_GRID, c->training.source), c->training.images,
                    GS_GRID, info->shape, info->range, SIDE, 2);
    gs_study_images(c->study, "sixty",
                    gs_study_text(c->study,
                                  "%zu sample%s after 60 Langevin steps from noise, as many steps as in training.",
                                  shown, shown > 1 ? "s" : ""),
                    gs_passage_images(&c->passage, at), shown, info->shape, info->range, SIDE, 2);
    gs_study_images(c->study, "annealed",
                    gs_study_text(c->study,
                                  "%zu sample%s of our energy with noise levels, ebm, by annealing: %" PRIu64
                                  " evaluations each.",
                                  shown, shown > 1 ? "s" : "", c->evaluations),
                    c->best, shown, info->shape, c->annealed->info->range, SIDE, 2);
}

static gs_status draw_strips(gs_from_noise *c, gs_error *error) {
    gs_strip strips[GS_COUNT(drawn)];
    for (size_t i = 0; i < GS_COUNT(drawn); i++)
        strips[i] = (gs_strip){drawn_heads[i], gs_passage_images(&c->passage, gs_passage_at(&c->passage, drawn[i]))};
    return gs_study_strips(c->study, "later",
                           "Chains from noise, one per column, after as many steps as stand beside the rows. Training "
                           "saw the row of 60 and nothing below it.",
                           c->energy->info, strips, GS_COUNT(drawn), c->n, COLUMNS, 2, error);
}

static void draw_shares(gs_from_noise *c) {
    static const double course_x[] = {GS_TRAINED_STEPS}, course_y[] = {1};
    const gs_diagram_series series[] = {
        gs_estimates_series(&c->one, "ones", GS_STROKE_BOTH, 1),
        gs_estimates_series(&c->seven, "sevens", GS_STROKE_BOTH, 2),
        gs_estimates_series(&c->others, "other digits", GS_STROKE_BOTH, 0),
        gs_estimates_series(&c->rejected, "no digit", GS_STROKE_LINE, 7),
        {.name = "the course: all ones", .stroke = GS_STROKE_MARKS, .n = 1, .x = course_x, .y = course_y, .colour = 3}};
    const gs_diagram diagram = {.title = "What chains from noise become",
                                .x_label = "Langevin steps",
                                .y_label = "share of chains",
                                .y_range = {0, 1},
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(
        c->study, "shares",
        gs_study_text(c->study,
                      "What the judge takes the states of %zu chains for, with 99.99 %% intervals, against "
                      "the number of steps.",
                      c->n),
        &diagram);
}

static void draw_entropy(gs_from_noise *c) {
    double usual = gs_entropy(c->usual, GS_DIGIT_CLASSES);
    double ends[2] = {0, STEPS}, level[2] = {usual, usual};
    const gs_diagram_series series[] = {
        gs_estimates_series(&c->entropy, "of the chains", GS_STROKE_BOTH, 0),
        {.name = "of MNIST", .stroke = GS_STROKE_DASHED, .n = 2, .x = ends, .y = level, .colour = 1}};
    const gs_diagram diagram = {.title = "Entropy of the classes",
                                .x_label = "Langevin steps",
                                .y_label = "nats",
                                .y_range = {0, 2.5},
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(
        c->study, "entropy",
        "The entropy of the classes of those states that the judge takes for a digit. log 10 = 2.303 is that "
        "of ten equal shares. A state has no mark where fewer than 30 chains are digits.",
        &diagram);
}

/* Ones against the length of the way, steps times step size. */
static gs_status draw_ways(gs_from_noise *c) {
    gs_estimates own;
    gs_status status = gs_estimates_create(c->study, c->one.x, c->one.n, &own);
    for (size_t i = 0; i < c->one.n && !status; i++) {
        own.x[i] *= GS_TRAINED_SIZE;
        gs_estimates_set(&own, i, gs_estimates_get(&c->one, i));
    }
    if (status)
        return status;
    const gs_diagram_series series[] = {
        gs_estimates_series(&own, "steps of 10, up to 500", GS_STROKE_BOTH, 1),
        gs_estimates_series(&c->far, "60 steps of 20, 40, 80 and 160", GS_STROKE_MARKS, 0)};
    const gs_diagram diagram = {.title = "Ones by the length of the way",
                                .x_label = "steps times step size",
                                .y_label = "share of chains",
                                .y_range = {0, 1},
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(
        c->study, "way",
        "The share of ones against the number of steps times the step size, for few long steps and many short ones.",
        &diagram);
    return GS_OK;
}

/* The place of GS_FAR_SIZE among the step sizes. */
static size_t far_at(const gs_from_noise *c) {
    size_t at = 0;
    while (at + 1 < c->far.n && c->far.x[at] < GS_TRAINED_STEPS * GS_FAR_SIZE)
        at++;
    return at;
}

/* ---- Numbers ---- */

/* The classes at some states beside those of the annealed energy and of MNIST. */
static void list_shares(gs_from_noise *c) {
    static const char *const heads[] = {"samples", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "none"};
    static const double steps[] = {20, 60, 100, 200, 500};
    enum { COLUMNS_OF_TABLE = GS_COUNT(heads), ROWS = GS_COUNT(steps) + 2 };
    const char *cells[ROWS * COLUMNS_OF_TABLE];
    for (int i = 0; i < (int)ROWS; i++) {
        const char **row = cells + i * COLUMNS_OF_TABLE;
        bool is_state = i < (int)GS_COUNT(steps);
        const int *classes =
            is_state ? gs_passage_classes(&c->passage, gs_passage_at(&c->passage, steps[i])) : c->best_class;
        uint64_t counts[GS_DIGIT_CLASSES];
        double all = (double)gs_count_classes(classes, c->n, counts), n = (double)c->n;
        bool is_data = i + 1 == (int)ROWS;
        row[0] = is_state ? gs_study_text(c->study, "after %.0f steps", steps[i]) : is_data ? "MNIST" : "ebm, annealed";
        for (int k = 0; k < GS_DIGIT_CLASSES; k++)
            row[1 + k] = gs_study_text(c->study, "%.1f", 100 * (is_data ? c->usual[k] : (double)counts[k] / n));
        row[1 + GS_DIGIT_CLASSES] = is_data ? "" : gs_study_text(c->study, "%.1f", 100 - 100 * all / n);
    }
    gs_study_table(c->study, gs_study_text(c->study, "Shares of the classes of %zu samples by the judge, in %%.", c->n),
                   COLUMNS_OF_TABLE, heads, ROWS, cells);
}

static void find_ones(gs_from_noise *c) {
    size_t trained = gs_passage_at(&c->passage, GS_TRAINED_STEPS), last = c->passage.states - 1;
    uint64_t counts[GS_DIGIT_CLASSES];
    size_t all = gs_count_classes(gs_passage_classes(&c->passage, trained), c->n, counts);
    const double most = 0.9;
    gs_finding claim = {.what = "ones after 60 steps",
                        .unit = "%",
                        .is = gs_estimates_get(&c->one, trained),
                        .kind = GS_EXPECT_REFUTED,
                        .expected = {most, 1},
                        .by = "the course: all are ones"};
    gs_study_find(c->study, &claim);
    claim.what = "ones among what the judge takes for a digit after 60 steps";
    claim.is = gs_estimate_share(counts[THE_CLASS], all);
    gs_study_find(c->study, &claim);
    gs_study_find(c->study, &(gs_finding){.what = "ones after 500 steps",
                                          .unit = "%",
                                          .is = gs_estimates_get(&c->one, last),
                                          .kind = GS_EXPECT_WITHIN,
                                          .expected = {c->usual[THE_CLASS], 1},
                                          .by = "collapse: more than in MNIST"});
    gs_study_find(c->study,
                  &(gs_finding){.what = "eights after 500 steps",
                                .unit = "%",
                                .is = gs_estimate_share(gs_passage_count(&c->passage, last, RARE_CLASS), c->n),
                                .kind = GS_EXPECT_WITHIN,
                                .expected = {0, c->usual[RARE_CLASS]},
                                .by = "collapse: fewer than in MNIST"});
}

/* As many ones after 60 steps of 80 as after 480 of 10, which are as long a way. */
static void find_ways(gs_from_noise *c) {
    const double trained = c->one.y[gs_passage_at(&c->passage, GS_TRAINED_STEPS)];
    gs_estimate few = gs_estimates_get(&c->far, far_at(c));
    gs_estimate many =
        gs_estimates_get(&c->one, gs_passage_at(&c->passage, GS_TRAINED_STEPS * GS_FAR_SIZE / GS_TRAINED_SIZE));
    double difference = few.value - many.value, rise = many.value - trained;
    gs_finding collapse = {.what = "ones after 60 steps of size 80",
                           .unit = "%",
                           .is = few,
                           .kind = GS_EXPECT_WITHIN,
                           .expected = {c->usual[THE_CLASS], 1},
                           .by = "the collapse of the course, at its number of steps"};
    gs_study_find(c->study, &collapse);
    collapse.what = "ones after 60 steps of size 80 without noise";
    collapse.is = c->quiet;
    collapse.by = "noise has no part in it";
    gs_study_find(c->study, &collapse);
    gs_study_find(c->study,
                  &(gs_finding){.what = "ones after 60 steps of size 80 less those after 480 of size 10",
                                .unit = "%",
                                .is = {difference, difference - hypot(few.value - few.low, many.high - many.value),
                                       difference + hypot(few.high - few.value, many.value - many.low)},
                                .kind = GS_EXPECT_WITHIN,
                                .expected = {-rise / 2, rise / 2},
                                .by = "the length of the way decides: less than half of what steps 60 to 480 "
                                      "bring"});
}

static void find_entropies(gs_from_noise *c) {
    size_t last = c->passage.states - 1;
    uint64_t counts[GS_DIGIT_CLASSES];
    gs_estimate end = gs_estimates_get(&c->entropy, last);
    gs_count_classes(c->best_class, c->n, counts);
    const gs_expectation kind = isnan(end.value) ? GS_EXPECT_NOTHING : GS_EXPECT_WITHIN; /* too few chains */
    gs_study_find(c->study, &(gs_finding){.what = "entropy of the classes after 500 steps",
                                          .unit = "nats",
                                          .is = end,
                                          .kind = kind,
                                          .expected = {0, gs_entropy(c->usual, GS_DIGIT_CLASSES)},
                                          .by = "collapse: less than MNIST's"});
    gs_study_find(c->study, &(gs_finding){.what = "entropy of the classes of ebm, annealed",
                                          .unit = "nats",
                                          .is = gs_estimate_entropy(counts, GS_DIGIT_CLASSES),
                                          .kind = kind,
                                          .expected = {end.high, INFINITY},
                                          .by = "annealing does not collapse: more than those chains' have"});
}

/* ---- The page ---- */

/* Why the course saw at 60 steps what these chains become later. */
static void explain(gs_from_noise *c) {
    const int way = GS_TRAINED_STEPS * GS_FAR_SIZE / GS_TRAINED_SIZE; /* steps that go as far */
    gs_study_say(
        c->study,
        "The course saw nothing but ones at 60 steps. Here %.1f %% of all samples are ones then, and %.0f %% after %d. "
        "With 60 steps of %d in the place of %d, a way as long as that, it is %.0f %%, and without any noise %.0f "
        "%%.%s",
        100 * c->one.y[gs_passage_at(&c->passage, GS_TRAINED_STEPS)], 100 * c->one.y[gs_passage_at(&c->passage, way)],
        way, GS_FAR_SIZE, GS_TRAINED_SIZE, 100 * c->far.y[far_at(c)], 100 * c->quiet.value,
        c->far.low[far_at(c)] > c->usual[THE_CLASS]
            ? " So it matters how far chains go, and a network whose gradients are that much steeper collapses within "
              "its 60 steps; the course does not say how steep its own are."
            : "");
}

static void say(gs_from_noise *c) {
    size_t trained = gs_passage_at(&c->passage, GS_TRAINED_STEPS), last = c->passage.states - 1;
    size_t eights = gs_passage_count(&c->passage, last, RARE_CLASS);
    uint64_t counts[GS_DIGIT_CLASSES];
    int present = 0;
    gs_count_classes(c->best_class, c->n, counts);
    for (int i = 0; i < GS_DIGIT_CLASSES; i++)
        present += counts[i] > 0;
    gs_study_say(
        c->study,
        "The network of the course, trained by its recipe, begins at noise and takes 60 Langevin steps, as it did "
        "in training. The judge takes %.0f %% of what comes of that for no digit.",
        100 * c->rejected.y[trained]);
    gs_study_say(
        c->study,
        "Follow a column of the strips. Chains that go on do not stay where training left them: after 500 steps "
        "%.0f %% are ones and %.0f %% sevens, and %s left. Training saw no chain longer than 60 steps, so nothing "
        "pushed up the energies of what lies beyond.",
        100 * c->one.y[last], 100 * c->seven.y[last],
        eights ? gs_study_text(c->study, "%zu eight%s of %zu samples %s", eights, eights > 1 ? "s" : "", c->n,
                               eights > 1 ? "are" : "is")
               : "no eights are");
    explain(c);
    gs_study_say(
        c->study,
        "An energy with noise levels is sampled from the highest to the lowest. So ebm begins where all digits "
        "are one cloud: after %" PRIu64 " evaluations, %d of the ten digits are among its %zu sample%s.",
        c->evaluations, present, c->n, c->n > 1 ? "s" : "");
}

gs_status gs_from_noise_show(gs_from_noise *c, gs_error *error) {
    say(c);
    draw_grids(c);
    gs_status status = draw_strips(c, error);
    draw_shares(c);
    draw_entropy(c);
    if (!status)
        status = draw_ways(c);
    find_ones(c);
    find_ways(c);
    find_entropies(c);
    list_shares(c);
    return status;
}
