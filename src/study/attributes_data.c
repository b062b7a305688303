/* Are the digit and the thickness of its strokes, or the ink in it, independent in the data? By their mutual
 * information. */
#include <math.h>

#include "measure/strokes.h"
#include "study/attributes.h"
#include "study/mutual.h"

enum { TRIALS = 500, TEST = 500, TRAINING = 500, MOST = 10000, SIDE = 28 };

double gs_width_of(const float *image) {
    static const float range[2] = {0, 1};
    return gs_stroke_width(image, SIDE, SIDE, range);
}

/* Widths in pixels, and mean pixels, that are told apart: about quarters of the images, the last width is that of thick
 * ones. */
static const double width_edge[GS_WIDTHS - 1] = {2.05, 2.4, GS_STROKE_THICK};
static const double ink_edge[GS_WIDTHS - 1] = {0.1, 0.13, 0.16};

/* An attribute of images beside their label, in GS_WIDTHS kinds. */
typedef struct attribute {
    int *kind; /* (n) */
    uint64_t count[GS_DIGIT_CLASSES * GS_WIDTHS];
} attribute;

typedef struct seen {
    size_t n;
    int *label;
    attribute width, ink;
    const char *source;
    bool are_many;
} seen;

static void note(attribute *of, size_t at, int label, double value, const double edge[GS_WIDTHS - 1]) {
    int kind = 0;
    while (kind < GS_WIDTHS - 1 && value >= edge[kind])
        kind++;
    of->kind[at] = kind;
    of->count[label * GS_WIDTHS + kind]++;
}

static void take(seen *a, const gs_digits *digits, size_t pixels) {
    for (size_t k = 0; k < digits->n; k++, a->n++) {
        const float *image = digits->images + k * pixels;
        double ink = 0;
        for (size_t i = 0; i < pixels; i++)
            ink += (double)image[i] / (double)pixels;
        a->label[a->n] = digits->labels[k];
        note(&a->width, a->n, digits->labels[k], gs_digit_width(image), width_edge);
        note(&a->ink, a->n, digits->labels[k], ink, ink_edge);
    }
}

/* Of drawn digits both sets are taken, as drawing takes long; of MNIST's files as many as say something. */
static gs_status gather(gs_conditional_study *c, seen *a, gs_error *error) {
    gs_digits test, training;
    size_t n = c->digits.drawn ? TEST : MOST;
    gs_status status = gs_study_digits(c->study, GS_DIGITS_TEST, n, &test, error);
    if (!status)
        status = gs_study_digits(c->study, GS_DIGITS_TRAINING, c->digits.drawn ? TRAINING : n, &training, error);
    if (status)
        return status;
    a->label = gs_study_room(c->study, test.n + training.n, sizeof *a->label);
    a->width.kind = gs_study_room(c->study, test.n + training.n, sizeof *a->width.kind);
    a->ink.kind = gs_study_room(c->study, test.n + training.n, sizeof *a->ink.kind);
    if (!a->label || !a->width.kind || !a->ink.kind)
        return GS_ERROR_MEMORY;
    take(a, &test, c->labelled->pixels);
    take(a, &training, c->labelled->pixels);
    a->are_many = !c->digits.drawn;
    a->source = c->digits.drawn ? c->digits.source : "MNIST's images";
    return GS_OK;
}

static void list_counts(gs_conditional_study *c, const seen *a) {
    static const char *const heads[GS_WIDTHS + 2] = {"digit",        "below 2.05",    "2.05 ... 2.4",
                                                     "2.4 ... 2.75", "2.75 and more", "images"};
    enum { COLUMNS = GS_COUNT(heads) };
    const char *cells[GS_DIGIT_CLASSES * COLUMNS];
    for (int i = 0; i < GS_DIGIT_CLASSES; i++) {
        uint64_t all = 0;
        for (int k = 0; k < GS_WIDTHS; k++)
            all += a->width.count[i * GS_WIDTHS + k];
        cells[i * COLUMNS] = gs_study_text(c->study, "%d", i);
        for (int k = 0; k < GS_WIDTHS; k++)
            cells[i * COLUMNS + 1 + k] = gs_study_text(
                c->study, "%.0f", 100 * (double)a->width.count[i * GS_WIDTHS + k] / (double)(all ? all : 1));
        cells[i * COLUMNS + 1 + GS_WIDTHS] = gs_study_text(c->study, "%llu", (unsigned long long)all);
    }
    gs_study_table(c->study,
                   gs_study_text(c->study,
                                 "How thick the strokes of each digit are, in pixels: shares in %% of its images among "
                                 "%zu of %s. For independent attributes all rows would be the same but for chance.",
                                 a->n, a->source),
                   COLUMNS, heads, GS_DIGIT_CLASSES, cells);
}

/* `enough`: whether there are images enough for the information to be told from 0. */
static gs_status find(gs_conditional_study *c, const seen *a, const attribute *of, const char *name, bool enough) {
    const gs_contingency table = {GS_DIGIT_CLASSES, GS_WIDTHS, of->count};
    gs_estimate information = gs_estimate_mutual(&table);
    double *mixed = gs_study_room(c->study, TRIALS, sizeof *mixed);
    uint64_t reached = 0;
    gs_status status =
        mixed ? gs_mutual_permuted(c->study, a->label, of->kind, a->n, GS_DIGIT_CLASSES, GS_WIDTHS, TRIALS, mixed)
              : GS_ERROR_MEMORY;
    if (status)
        return status;
    for (int i = 0; i < TRIALS; i++)
        reached += mixed[i] >= information.value;
    gs_study_find(c->study,
                  &(gs_finding){.what = gs_study_text(c->study, "mutual information of digit and %s", name),
                                .unit = "nats",
                                .is = information,
                                .kind = enough ? GS_EXPECT_REFUTED : GS_EXPECT_NOTHING,
                                .expected = {-INFINITY, 0},
                                .by = enough ? "independent attributes: 0" : "0.021 in 20,000 images of MNIST"});
    gs_study_find(c->study, &(gs_finding){.what = gs_study_text(c->study, "the same of shuffled %s, mean of 500", name),
                                          .unit = "nats",
                                          .is = gs_estimate_mean(mixed, TRIALS),
                                          .kind = GS_EXPECT_VALUE,
                                          .expected = {0},
                                          .by = "independent by construction"});
    gs_study_find(c->study, &(gs_finding){.what = "shuffles that have as much as the data",
                                          .unit = "%",
                                          .is = gs_estimate_share(reached, TRIALS),
                                          .kind = enough ? GS_EXPECT_WITHIN : GS_EXPECT_NOTHING,
                                          .expected = {0, 0.05},
                                          .by = enough ? "dependent attributes" : NULL});
    return GS_OK;
}

gs_status gs_attributes_data(gs_conditional_study *c, gs_error *error) {
    seen *a = gs_study_room(c->study, 1, sizeof *a);
    gs_status status = a ? gather(c, a, error) : GS_ERROR_MEMORY;
    if (!status)
        status = find(c, a, &a->width, "thickness", a->are_many);
    if (!status)
        status = find(c, a, &a->ink, "ink", true);
    if (!status)
        list_counts(c, a);
    return status;
}
