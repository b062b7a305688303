/* Chains of the course's energy that begin at digits: how long they stay what they were. */
#include <math.h>

#include "study/passage.h"

enum { STEPS = 100, EVERY = 10, COLUMNS = 12, THE_CLASS = 1, RARE = 8 };

static const double drawn[] = {0, 20, 40, 60, 80, 100};
static const char *const drawn_heads[] = {"0", "20", "40", "60", "80", "100"};

typedef struct origin {
    gs_study *study;
    size_t n;
    const gs_study_network *energy;
    gs_digits digits;
    gs_passage passage;
    gs_estimates kept, ones, rejected, level; /* the last: mean energies */
    double *fall;                             /* (n) of each chain's energy */
} origin;

/* ---- Chains ---- */

static gs_status measure_energies(origin *c, gs_error *error) {
    gs_passage *p = &c->passage;
    float *energy = gs_study_room(c->study, c->n, sizeof *energy);
    double *now = gs_study_room(c->study, c->n, sizeof *now);
    c->fall = gs_study_room(c->study, c->n, sizeof *c->fall);
    gs_status status = gs_estimates_create(c->study, p->step, p->states, &c->level);
    const gs_term term = {.plan = c->energy->plan, .weight = 1};
    if (!energy || !now || !c->fall)
        return GS_ERROR_MEMORY;
    for (size_t s = 0; s < p->states && !status; s++) {
        status = gs_energy_measure(&term, 1, gs_passage_images(p, s), 1, c->n, energy, NULL, error);
        for (size_t k = 0; k < c->n; k++) {
            now[k] = (double)energy[k];
            c->fall[k] = s ? c->fall[k] : now[k];
        }
        gs_estimates_set(&c->level, s, gs_estimate_mean(now, c->n));
    }
    for (size_t k = 0; k < c->n; k++)
        c->fall[k] -= now[k];
    return status;
}

static gs_status sample(origin *c, gs_error *error) {
    gs_passage *p = &c->passage;
    gs_sample_options options = {.steps = STEPS, .every = EVERY, .init = c->digits.images};
    gs_study_stage(c->study, 0.9);
    gs_status status = gs_passage_run(c->study, c->energy, &options, c->n, p, error);
    gs_study_stage(c->study, 1);
    if (!status)
        status = gs_passage_kept_share(p, gs_passage_classes(p, 0), &c->kept);
    if (!status)
        status = gs_passage_share(p, THE_CLASS, &c->ones);
    if (!status)
        status = gs_passage_share(p, -1, &c->rejected);
    return !status ? measure_energies(c, error) : status;
}

/* ---- Pictures ---- */

static gs_status draw_strips(origin *c, gs_error *error) {
    gs_strip strips[GS_COUNT(drawn)];
    for (size_t i = 0; i < GS_COUNT(drawn); i++)
        strips[i] = (gs_strip){drawn_heads[i], gs_passage_images(&c->passage, gs_passage_at(&c->passage, drawn[i]))};
    return gs_study_strips(c->study, "strips",
                           gs_study_text(c->study,
                                         "Originals on top, %s, and below them what 20, 40 ... 100 Langevin steps make "
                                         "of them.",
                                         c->digits.source),
                           c->energy->info, strips, GS_COUNT(drawn), c->n, COLUMNS, 2, error);
}

static void draw_shares(origin *c) {
    const gs_diagram_series series[] = {gs_estimates_series(&c->kept, "label kept", GS_STROKE_BOTH, 0),
                                        gs_estimates_series(&c->ones, "ones", GS_STROKE_BOTH, 1),
                                        gs_estimates_series(&c->rejected, "no digit", GS_STROKE_BOTH, 7)};
    const gs_diagram diagram = {.title = "How long chains stay what they were",
                                .x_label = "Langevin steps",
                                .y_label = "share of chains",
                                .y_range = {0, 1},
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(c->study, "kept",
                     gs_study_text(c->study,
                                   "Of %zu chains that begin at digits: the share in which the judge still sees the "
                                   "digit that it saw in the original; the share of ones; and of states that it takes "
                                   "for no digit. With 99.99 %% intervals.",
                                   c->n),
                     &diagram);
}

static void draw_energies(origin *c) {
    const gs_diagram_series series[] = {gs_estimates_series(&c->level, NULL, GS_STROKE_BOTH, 0)};
    const gs_diagram diagram = {.title = "Their energies",
                                .x_label = "Langevin steps",
                                .y_label = "mean energy",
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(c->study, "energies",
                     "The mean energy of the chains' states, which at a temperature of 1.25e-6 hardly ever go up.",
                     &diagram);
}

/* ---- Numbers ---- */

/* What chains of each class are at the end. */
static void list_classes(origin *c) {
    static const char *const heads[] = {"of the originals", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "none"};
    enum { WIDTH = GS_COUNT(heads) };
    const int *before = gs_passage_classes(&c->passage, 0),
              *after = gs_passage_classes(&c->passage, c->passage.states - 1);
    const char *cells[GS_DIGIT_CLASSES * WIDTH];
    for (int i = 0; i < GS_DIGIT_CLASSES; i++) {
        size_t all = 0, to[GS_DIGIT_CLASSES + 1] = {0};
        for (size_t k = 0; k < c->n; k++) {
            if (before[k] != i)
                continue;
            all++;
            to[after[k] < 0 ? GS_DIGIT_CLASSES : after[k]]++;
        }
        cells[i * WIDTH] = gs_study_text(c->study, "%zu of class %d", all, i);
        for (int j = 0; j <= GS_DIGIT_CLASSES; j++)
            cells[i * WIDTH + 1 + j] = all ? gs_study_text(c->study, "%.0f", 100 * (double)to[j] / (double)all) : "";
    }
    gs_study_table(c->study, "What the judge takes the chains for after 100 steps, by what they began as: shares in %.",
                   WIDTH, heads, GS_DIGIT_CLASSES, cells);
}

static void find_kept(origin *c) {
    size_t early = gs_passage_at(&c->passage, 20), last = c->passage.states - 1;
    for (size_t s = early; s < last; s += 2)
        gs_study_find(c->study,
                      &(gs_finding){.what = gs_study_text(c->study, "label kept after %.0f steps", c->passage.step[s]),
                                    .unit = "%",
                                    .is = gs_estimates_get(&c->kept, s)});
    gs_study_find(c->study, &(gs_finding){.what = "label kept after 100 steps",
                                          .unit = "%",
                                          .is = gs_estimates_get(&c->kept, last),
                                          .kind = GS_EXPECT_WITHIN,
                                          .expected = {0, c->kept.low[early]},
                                          .by = "digits are lost on the way: less than after 20"});
}

static void find_ones(origin *c) {
    size_t last = c->passage.states - 1;
    const int *before = gs_passage_classes(&c->passage, 0), *after = gs_passage_classes(&c->passage, last);
    gs_study_find(c->study,
                  &(gs_finding){.what = "ones among the originals", .unit = "%", .is = gs_estimates_get(&c->ones, 0)});
    gs_study_find(c->study,
                  &(gs_finding){.what = "ones after 100 steps", .unit = "%", .is = gs_estimates_get(&c->ones, last)});
    gs_study_find(c->study, &(gs_finding){.what = "chains that became ones, of those that became ones or ceased to be",
                                          .unit = "%",
                                          .is = gs_estimate_turned(before, after, c->n, THE_CLASS),
                                          .kind = GS_EXPECT_WITHIN,
                                          .expected = {0.5, 1},
                                          .by = "collapse to ones; without it half, by the sign test"});
    gs_study_find(c->study, &(gs_finding){.what = "fall of the energy in 100 steps",
                                          .unit = "",
                                          .is = gs_estimate_mean(c->fall, c->n),
                                          .kind = GS_EXPECT_WITHIN,
                                          .expected = {0, INFINITY},
                                          .by = "digits are no minimum"});
}

/* ---- The page ---- */

static const char *kept_at(const origin *c, size_t state) {
    return isnan(c->kept.y[state]) ? "none" : gs_study_text(c->study, "%.1f %%", 100 * c->kept.y[state]);
}

static void say(origin *c) {
    size_t early = gs_passage_at(&c->passage, 20), last = c->passage.states - 1;
    const gs_estimate fall = gs_estimate_mean(c->fall, c->n);
    gs_study_say(c->study,
                 "Chains of the course's energy that begin at %s. After 20 steps the judge takes %s of them for what "
                 "they were, after 100 steps %s.",
                 c->digits.source, kept_at(c, early), kept_at(c, last));
    gs_study_say(
        c->study,
        "Look down a column, at what becomes of strokes and loops. There were %.0f %% ones, and after 100 steps there "
        "are %.0f %%.",
        100 * c->ones.y[0], 100 * c->ones.y[last]);
    gs_study_say(
        c->study,
        "On the way their energies fall by %.3f on average%s. Training, which the course calls contrastive "
        "divergence, compared digits with what 60 steps from noise had reached (Hinton's chains begin at data), and "
        "with nothing that lies beyond: there the energy may be as low as it likes.",
        fall.value, fall.low > 0 ? ": the energy has no minima at digits" : "");
}

static gs_status run(gs_study *study, gs_error *error) {
    origin c = {.study = study, .n = gs_study_whole(study, GS_STUDY_N)};
    gs_study_stage(study, 0.4);
    gs_status status = gs_study_digits(study, GS_DIGITS_TEST, c.n, &c.digits, error);
    if (!status)
        status = gs_study_network_get(study, GS_COURSE_ENERGY, &c.energy, error);
    if (!status)
        status = sample(&c, error);
    if (status)
        return status;
    say(&c);
    status = draw_strips(&c, error);
    draw_shares(&c);
    draw_energies(&c);
    find_kept(&c);
    find_ones(&c);
    list_classes(&c);
    return status;
}

const gs_study_row gs_study_energy_from_data = {
    .name = "energy-from-data",
    .item = "1.2.2",
    .title = "Chains of an energy that begin at digits",
    .about = "How long do Langevin chains that begin at digits stay what they were?",
    .takes = {{.parameter = GS_STUDY_N, .value = "500"}},
    .run = run};
