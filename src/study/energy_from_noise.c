/* Samples of the course's energy from noise, as it was trained: after 60 Langevin steps, and after more of them. */
#include <math.h>

#include "study/passage.h"

enum { STEPS = 500, EVERY = 20, TRAINED = 60, GRID = 16, SIDE = 4, COLUMNS = 12, THE_CLASS = 1, RARE_CLASS = 8 };

/* Steps whose states are drawn. */
static const double drawn[] = {0, 20, 60, 100, 200, 300, 500};
static const char *const drawn_heads[] = {"0", "20", "60", "100", "200", "300", "500"};

/* Step sizes that are tried with as many steps as in training, whose own is OWN_SIZE. */
enum { SIZES = 4, OWN_SIZE = 10 };
static const double sizes[SIZES] = {20, 40, 80, 160};

typedef struct noise {
    gs_study *study;
    size_t n;
    const gs_study_network *energy, *annealed;
    gs_digits training;
    gs_passage passage;
    const float *best; /* (n, pixels) samples of the annealed energy */
    int *best_class;
    const double *usual; /* (10) shares of MNIST's classes */
    gs_curve rejected, entropy, one, seven, others;
    gs_curve far; /* ones by step size, against steps times step size */
} noise;

/* ---- Sampling ---- */

static gs_status find_networks(noise *c, gs_error *error) {
    const gs_study_network *labelled;
    gs_status status = gs_study_network_get(c->study, GS_COURSE_ENERGY, &c->energy, error);
    if (!status)
        status = gs_study_network_get(c->study, "ebm", &c->annealed, error);
    if (!status)
        status = gs_study_network_get(c->study, GS_DEFAULT_LABELLED, &labelled, error);
    if (!status)
        c->usual = labelled->info->shares;
    return status;
}

static gs_status draw_annealed(noise *c, gs_error *error) {
    float *x = gs_study_room(c->study, c->n * c->annealed->pixels, sizeof *x);
    c->best = x;
    c->best_class = gs_study_room(c->study, c->n, sizeof *c->best_class);
    gs_sample_options options = {.seed = gs_study_seed(c->study)};
    if (!x || !c->best_class)
        return GS_ERROR_MEMORY;
    gs_status status = gs_study_sample(c->study, c->annealed, &options, c->n, x, error);
    return !status ? gs_study_classify(c->study, x, c->n, c->best_class, error) : status;
}

/* As many steps as in training, but longer ones. */
static gs_status stride(noise *c, gs_error *error) {
    float *x = gs_study_room(c->study, c->n * c->energy->pixels, sizeof *x);
    int *classes = gs_study_room(c->study, c->n, sizeof *classes);
    gs_status status = x && classes ? gs_curve_create(c->study, NULL, SIZES, &c->far) : GS_ERROR_MEMORY;
    for (size_t i = 0; i < SIZES && !status; i++) {
        gs_sample_options options = {.steps = TRAINED, .step_size = sizes[i], .seed = gs_study_seed(c->study)};
        uint64_t counts[GS_DIGIT_CLASSES];
        status = gs_study_sample(c->study, c->energy, &options, c->n, x, error);
        if (!status)
            status = gs_study_classify(c->study, x, c->n, classes, error);
        if (status)
            break;
        gs_count_classes(classes, c->n, counts);
        c->far.x[i] = TRAINED * sizes[i];
        gs_curve_set(&c->far, i, gs_estimate_share(counts[THE_CLASS], c->n));
    }
    return status;
}

/* The entropy of the states' classes, where there are some, and the share of digits that are neither 1 nor 7. */
static gs_status follow(noise *c) {
    enum { FEW = 30 };
    gs_passage *p = &c->passage;
    gs_status status = gs_curve_create(c->study, p->step, p->states, &c->entropy);
    if (!status)
        status = gs_curve_create(c->study, p->step, p->states, &c->others);
    for (size_t s = 0; s < p->states && !status; s++) {
        uint64_t counts[GS_DIGIT_CLASSES];
        size_t all = gs_count_classes(gs_passage_classes(p, s), p->n, counts);
        gs_curve_set(&c->entropy, s, all >= FEW ? gs_estimate_entropy(counts, GS_DIGIT_CLASSES) : gs_exact(NAN));
        gs_curve_set(&c->others, s, gs_estimate_share(all - counts[1] - counts[7], p->n));
    }
    return status;
}

static gs_status sample(noise *c, gs_error *error) {
    gs_sample_options options = {.steps = STEPS, .every = EVERY};
    gs_study_stage(c->study, 0.5);
    gs_status status = gs_passage_run(c->study, c->energy, &options, c->n, &c->passage, error);
    gs_study_stage(c->study, 0.8);
    if (!status)
        status = stride(c, error);
    gs_study_stage(c->study, 1);
    if (!status)
        status = draw_annealed(c, error);
    if (!status)
        status = follow(c);
    if (!status)
        status = gs_passage_share(&c->passage, 1, &c->one);
    if (!status)
        status = gs_passage_share(&c->passage, 7, &c->seven);
    return !status ? gs_passage_share(&c->passage, -1, &c->rejected) : status;
}

/* ---- Pictures ---- */

static void draw_grids(noise *c) {
    const gs_model_info *info = c->energy->info;
    const size_t at = gs_passage_at(&c->passage, TRAINED);
    gs_study_images(
        c->study, "training",
        gs_study_text(c->study, "16 training images: %s, in which there are all digits.", c->training.source),
        c->training.images, GRID, info->shape, info->range, SIDE, 2);
    gs_study_images(c->study, "sixty",
                    "16 samples after 60 Langevin steps from noise, as many as in training: half-formed digits.",
                    gs_passage_images(&c->passage, at), GRID, info->shape, info->range, SIDE, 2);
    gs_study_images(c->study, "annealed",
                    "16 samples of our energy with noise levels, ebm, by annealing: 20 evaluations each.", c->best,
                    GRID, info->shape, c->annealed->info->range, SIDE, 2);
}

static gs_status draw_strips(noise *c, gs_error *error) {
    gs_strip strips[GS_COUNT(drawn)];
    for (size_t i = 0; i < GS_COUNT(drawn); i++)
        strips[i] = (gs_strip){drawn_heads[i], gs_passage_images(&c->passage, gs_passage_at(&c->passage, drawn[i]))};
    return gs_study_strips(c->study, "later",
                           "Twelve chains from noise, one per column, after as many steps as stand beside the rows. "
                           "Training saw the row of 60; the chains go on, and most end as a one or a seven.",
                           c->energy->info, strips, GS_COUNT(drawn), COLUMNS, 2, error);
}

static void draw_shares(noise *c) {
    static const double course_x[] = {TRAINED}, course_y[] = {1};
    const gs_diagram_series series[] = {
        gs_curve_series(&c->one, "ones", GS_STROKE_BOTH, 1),
        gs_curve_series(&c->seven, "sevens", GS_STROKE_BOTH, 2),
        gs_curve_series(&c->others, "other digits", GS_STROKE_BOTH, 0),
        gs_curve_series(&c->rejected, "no digit", GS_STROKE_LINE, 7),
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

static void draw_entropy(noise *c) {
    double usual = gs_entropy(c->usual, GS_DIGIT_CLASSES);
    double ends[2] = {0, STEPS}, level[2] = {usual, usual};
    const gs_diagram_series series[] = {
        gs_curve_series(&c->entropy, "of the chains", GS_STROKE_BOTH, 0),
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
        "of ten equal shares; it falls as chains collapse.",
        &diagram);
}

/* Ones against the length of the way, steps times step size. */
static gs_status draw_ways(noise *c) {
    gs_curve own;
    gs_status status = gs_curve_create(c->study, c->one.x, c->one.n, &own);
    for (size_t i = 0; i < c->one.n && !status; i++) {
        own.x[i] *= OWN_SIZE;
        gs_curve_set(&own, i, gs_curve_get(&c->one, i));
    }
    if (status)
        return status;
    const gs_diagram_series series[] = {gs_curve_series(&own, "steps of 10, up to 500", GS_STROKE_BOTH, 1),
                                        gs_curve_series(&c->far, "60 steps of 20, 40, 80 and 160", GS_STROKE_MARKS, 0)};
    const gs_diagram diagram = {.title = "Ones by the length of the way",
                                .x_label = "steps times step size",
                                .y_label = "share of chains",
                                .y_range = {0, 1},
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(
        c->study, "way",
        "The share of ones against the number of steps times the step size: few long steps and many short ones "
        "lead to the same collapse.",
        &diagram);
    return GS_OK;
}

/* ---- Numbers ---- */

/* The classes at some states beside those of the annealed energy and of MNIST. */
static void list_shares(noise *c) {
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

static void find_ones(noise *c) {
    size_t trained = gs_passage_at(&c->passage, TRAINED), last = c->passage.states - 1;
    uint64_t counts[GS_DIGIT_CLASSES];
    size_t all = gs_count_classes(gs_passage_classes(&c->passage, trained), c->n, counts);
    const double most = 0.9;
    gs_finding claim = {.what = "ones after 60 steps",
                        .unit = "%",
                        .is = gs_curve_get(&c->one, trained),
                        .kind = GS_EXPECT_REFUTED,
                        .expected = {most, 1},
                        .by = "the course: all are ones"};
    gs_study_find(c->study, &claim);
    claim.what = "ones among what the judge takes for a digit after 60 steps";
    claim.is = gs_estimate_share(counts[THE_CLASS], all);
    gs_study_find(c->study, &claim);
    gs_study_find(c->study, &(gs_finding){.what = "ones after 500 steps",
                                          .unit = "%",
                                          .is = gs_curve_get(&c->one, last),
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
static void find_ways(noise *c) {
    enum { AT = 2 };
    gs_estimate few = gs_curve_get(&c->far, AT);
    gs_estimate many = gs_curve_get(&c->one, gs_passage_at(&c->passage, c->far.x[AT] / OWN_SIZE));
    double difference = few.value - many.value;
    gs_study_find(c->study, &(gs_finding){.what = "ones after 60 steps of size 80",
                                          .unit = "%",
                                          .is = few,
                                          .kind = GS_EXPECT_WITHIN,
                                          .expected = {c->usual[THE_CLASS], 1},
                                          .by = "the collapse of the course, at its number of steps"});
    gs_study_find(c->study,
                  &(gs_finding){.what = "the same less ones after 480 steps of size 10",
                                .unit = "%",
                                .is = {difference, difference - hypot(few.value - few.low, many.high - many.value),
                                       difference + hypot(few.high - few.value, many.value - many.low)},
                                .kind = GS_EXPECT_VALUE,
                                .expected = {0},
                                .by = "the length of the way decides"});
}

static void find_entropies(noise *c) {
    size_t last = c->passage.states - 1;
    uint64_t counts[GS_DIGIT_CLASSES];
    gs_estimate end = gs_curve_get(&c->entropy, last);
    gs_count_classes(c->best_class, c->n, counts);
    gs_study_find(c->study, &(gs_finding){.what = "entropy of the classes after 500 steps",
                                          .unit = "nats",
                                          .is = end,
                                          .kind = GS_EXPECT_WITHIN,
                                          .expected = {0, gs_entropy(c->usual, GS_DIGIT_CLASSES)},
                                          .by = "collapse: less than MNIST's"});
    gs_study_find(c->study, &(gs_finding){.what = "entropy of the classes of ebm, annealed",
                                          .unit = "nats",
                                          .is = gs_estimate_entropy(counts, GS_DIGIT_CLASSES),
                                          .kind = GS_EXPECT_WITHIN,
                                          .expected = {end.high, INFINITY},
                                          .by = "annealing does not collapse: more than those chains' have"});
}

/* ---- The page ---- */

static void say(noise *c) {
    size_t trained = gs_passage_at(&c->passage, TRAINED), last = c->passage.states - 1;
    gs_study_say(
        c->study,
        "The network of the course, trained by its recipe, begins at noise and takes 60 Langevin steps, as it did "
        "in training. What comes of that are half-formed digits: the judge takes %.0f %% of them for no digit.",
        100 * c->rejected.y[trained]);
    gs_study_say(
        c->study,
        "Follow a column of the strips. Chains that go on do not stay where training left them: after 500 steps "
        "%.0f %% are ones and %.0f %% sevens, and of eights %.1f %% are left. Training saw no chain longer than "
        "60 steps, so nothing pushed up the energies of what lies beyond.",
        100 * c->one.y[last], 100 * c->seven.y[last],
        100 * (double)gs_passage_count(&c->passage, last, RARE_CLASS) / (double)c->n);
    gs_study_say(
        c->study,
        "The course saw nothing but ones at 60 steps. Here %.1f %% of all samples are ones then, and the collapse "
        "comes later, on the curve.",
        100 * c->one.y[trained]);
    gs_study_say(c->study,
                 "An energy with noise levels, which is sampled from the highest to the lowest, does not collapse: ebm "
                 "begins where all digits are one cloud, and has every digit after 20 evaluations.");
}

static gs_status show(noise *c, gs_error *error) {
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

static gs_status run(gs_study *study, gs_error *error) {
    noise c = {.study = study, .n = gs_study_whole(study, GS_STUDY_N)};
    gs_study_stage(study, 0.05);
    gs_status status = gs_study_digits(study, GS_DIGITS_TRAINING, GRID, &c.training, error);
    if (!status)
        status = find_networks(&c, error);
    if (!status)
        status = sample(&c, error);
    return !status ? show(&c, error) : status;
}

const gs_study_row gs_study_energy_from_noise = {
    .name = "energy-from-noise",
    .item = "1.2.3",
    .title = "Samples of an energy from noise",
    .about = "What do Langevin chains from noise become after as many steps as in training, and after more?",
    .takes = {{GS_STUDY_N, "500"}},
    .run = run};
