/* Contrastive divergence (Hinton 2002) and persistent chains (Tieleman 2008) on a restricted Boltzmann machine whose
 * 512 images are enumerated, so that gradients, their bias and log likelihoods are exact. The data are the 14 images of
 * 3 x 3 with whole rows or whole columns (bars and stripes, MacKay 2003). */
#include <math.h>
#include <string.h>

#include "study/rbm.h"
#include "study/study.h"
#include "study/tools.h"

enum {
    SIDE = 3,
    DATA_MAX = 16,
    PARAMETERS = GS_RBM_PARAMETERS,
    IMAGES = GS_RBM_IMAGES,
    STEPS = 4000, /* of training */
    EVERY = 100,
    POINTS = STEPS / EVERY + 1,
    BATCH = 100,
    FAR = 128, /* Gibbs steps */
    KS = 7
};

/* The step size of training falls from this to 0: persistent chains follow parameters that change slowly. */
static const double first_rate = 0.2;

/* Dice of a seed. */
enum { DICE_START = 0, DICE_TRAINING = 1, DICE_BIAS = 100 };

typedef struct data_images {
    unsigned image[DATA_MAX];
    int count;
    double q[IMAGES]; /* their distribution */
} data_images;

/* One way to train, and what was seen on the way at each of the points. */
typedef struct training {
    const char *name;
    int k; /* Gibbs steps per gradient; 0: the exact gradient */
    bool is_persistent;
    gs_rbm rbm;
    double likelihood[POINTS];
    double data[POINTS], fake[POINTS], all[POINTS]; /* mean energies */
    double bias[POINTS], lag[POINTS]; /* of the gradient by CD-1, and by persistent chains, at the same parameters */
} training;

typedef struct contrasting {
    gs_study *study;
    data_images data;
    gs_rbm_tables *tables;
    gs_rbm_steps *steps;
} contrasting;

static void add_image(data_images *d, unsigned image) {
    if (d->q[image] == 0)
        d->image[d->count++] = image;
    d->q[image] = 1;
}

static void make_data(data_images *d) {
    for (unsigned bars = 0; bars < 1 << SIDE; bars++) {
        unsigned rows = 0, columns = 0;
        for (unsigned i = 0; i < SIDE * SIDE; i++) {
            rows |= (bars >> i / SIDE & 1) << i;
            columns |= (bars >> i % SIDE & 1) << i;
        }
        add_image(d, rows);
        add_image(d, columns);
    }
    for (int i = 0; i < IMAGES; i++)
        d->q[i] /= d->count;
}

/* ---- Exact numbers ---- */

static double mean_of(const double *values, const double *q) {
    double sum = 0;
    for (int v = 0; v < IMAGES; v++)
        sum += q[v] > 0 ? q[v] * values[v] : 0;
    return sum;
}

static double length_of(const double *x) {
    double sum = 0;
    for (int i = 0; i < PARAMETERS; i++)
        sum += x[i] * x[i];
    return sqrt(sum);
}

/* The gradient of the log likelihood that negative images from q give, less the exact one: the mean slopes over p less
 * those over q. Returns its length. */
static double bias_of(const gs_rbm_tables *t, const double *q, double bias[PARAMETERS]) {
    double model[PARAMETERS];
    gs_rbm_mean_slopes(t, t->p, model);
    gs_rbm_mean_slopes(t, q, bias);
    for (int i = 0; i < PARAMETERS; i++)
        bias[i] = model[i] - bias[i];
    return length_of(bias);
}

/* `lagging` is the distribution of persistent chains. */
static void look(contrasting *c, training *t, int point, const double *lagging) {
    double q[IMAGES], flat[IMAGES], bias[PARAMETERS];
    for (int v = 0; v < IMAGES; v++)
        flat[v] = 1.0 / IMAGES;
    gs_rbm_tabulate_steps(c->tables, c->steps);
    memcpy(q, c->data.q, sizeof q);
    gs_rbm_advance(c->steps, q);
    t->data[point] = mean_of(c->tables->energy, c->data.q);
    t->fake[point] = mean_of(c->tables->energy, q);
    t->all[point] = mean_of(c->tables->energy, flat);
    t->likelihood[point] = -t->data[point] - c->tables->log_z;
    t->bias[point] = bias_of(c->tables, q, bias);
    t->lag[point] = bias_of(c->tables, lagging, bias);
}

/* ---- Training ---- */

static unsigned pick(const data_images *d, gs_dice *dice) {
    return d->image[(int)(gs_dice_unit(dice) * d->count)];
}

/* Slopes of a batch of data less those of as many images at the chains' ends. `chain` are persistent ones. */
static void estimate_gradient(const contrasting *c, const training *t, unsigned *chain, gs_dice *dice,
                              double gradient[PARAMETERS]) {
    for (int n = 0; n < BATCH; n++) {
        unsigned real = pick(&c->data, dice), fake = t->is_persistent ? chain[n] : real;
        for (int k = 0; k < t->k; k++)
            fake = gs_rbm_step(c->tables, fake, dice);
        gs_rbm_add_slopes(c->tables, real, 1.0 / BATCH, gradient);
        gs_rbm_add_slopes(c->tables, fake, -1.0 / BATCH, gradient);
        chain[n] = fake;
    }
}

static void find_gradient(const contrasting *c, double gradient[PARAMETERS]) {
    double model[PARAMETERS];
    gs_rbm_mean_slopes(c->tables, c->data.q, gradient);
    gs_rbm_mean_slopes(c->tables, c->tables->p, model);
    for (int i = 0; i < PARAMETERS; i++)
        gradient[i] -= model[i];
}

static void start(gs_rbm *rbm, uint64_t seed) {
    gs_dice dice = {.seed = seed, .chain = DICE_START};
    *rbm = (gs_rbm){.at = {0}};
    for (int i = GS_RBM_VISIBLE + GS_RBM_HIDDEN; i < PARAMETERS; i++)
        rbm->at[i] = 0.1 * gs_dice_normal(&dice);
}

static gs_status train(contrasting *c, training *t, int number, gs_error *error) {
    gs_dice dice = {.seed = gs_study_seed(c->study), .chain = DICE_TRAINING + (uint64_t)number};
    unsigned chain[BATCH];
    double lagging[IMAGES];
    gs_status status = GS_OK;
    start(&t->rbm, dice.seed);
    for (int n = 0; n < BATCH; n++)
        chain[n] = (unsigned)(gs_dice_unit(&dice) * IMAGES);
    for (int v = 0; v < IMAGES; v++)
        lagging[v] = 1.0 / IMAGES;
    for (int s = 0; s <= STEPS && !status; s++) {
        double gradient[PARAMETERS] = {0};
        gs_rbm_tabulate(&t->rbm, c->tables);
        if (t->is_persistent) {
            gs_rbm_tabulate_steps(c->tables, c->steps);
            gs_rbm_advance(c->steps, lagging);
        }
        if (s % EVERY == 0) {
            look(c, t, s / EVERY, lagging);
            status = gs_study_go_on(c->study, (double)s / STEPS, error);
        }
        if (t->k)
            estimate_gradient(c, t, chain, &dice, gradient);
        else
            find_gradient(c, gradient);
        for (int i = 0; i < PARAMETERS; i++)
            t->rbm.at[i] += first_rate * (STEPS - s) / STEPS * gradient[i];
    }
    return status;
}

/* ---- The bias of CD-k against k, at the parameters where CD-1 ends ---- */

static const int some_k[KS] = {1, 2, 4, 8, 16, 32, 64};

typedef struct biases {
    double exact[FAR + 1], direction[KS][PARAMETERS]; /* of length 1 */
    gs_estimate estimate[KS];                         /* along the direction */
    double eigenvalue, rate;                          /* the factor per step, by theory and far out */
    double own;                                       /* length of the expected CD-1 gradient */
} biases;

/* What the bias falls by per step, far out: from the data's distribution less p, whose sum is kept at 0. */
static double rate_far_out(const contrasting *c) {
    enum { LONG = 1500 };
    double q[IMAGES], slopes[PARAMETERS], before = 0, now = 0;
    for (int v = 0; v < IMAGES; v++)
        q[v] = c->data.q[v] - c->tables->p[v];
    for (int k = 0; k <= LONG; k++) {
        double sum = 0;
        gs_rbm_advance(c->steps, q);
        for (int v = 0; v < IMAGES; v++)
            sum += q[v];
        for (int v = 0; v < IMAGES; v++)
            q[v] -= sum * c->tables->p[v];
        if (k < LONG - 1)
            continue;
        gs_rbm_mean_slopes(c->tables, q, slopes);
        before = now;
        now = length_of(slopes);
    }
    return now / before;
}

/* With q the data, the bias is the exact gradient's negative; CD-1's own gradient is the difference of its bias and
 * that.
 */
static void find_biases(contrasting *c, const gs_rbm *rbm, biases *b) {
    double q[IMAGES], bias[PARAMETERS], own[PARAMETERS] = {0};
    memcpy(q, c->data.q, sizeof q);
    gs_rbm_tabulate(rbm, c->tables);
    gs_rbm_tabulate_steps(c->tables, c->steps);
    for (int k = 0; k <= FAR; k++) {
        b->exact[k] = bias_of(c->tables, q, bias);
        for (int i = 0; i < KS; i++)
            for (int p = 0; p < PARAMETERS && some_k[i] == k; p++)
                b->direction[i][p] = bias[p] / b->exact[k];
        for (int p = 0; p < PARAMETERS && k < 2; p++)
            own[p] += k ? bias[p] : -bias[p];
        gs_rbm_advance(c->steps, q);
    }
    b->own = length_of(own);
    b->eigenvalue = gs_rbm_second_eigenvalue(c->tables, c->steps);
    b->rate = rate_far_out(c);
}

/* Chains from data; each gives an estimate of every bias, along its direction. */
static gs_status measure_biases(contrasting *c, size_t n, biases *b, gs_error *error) {
    double *value = gs_study_room(c->study, KS * n, sizeof *value), model[PARAMETERS];
    gs_dice dice = {.seed = gs_study_seed(c->study), .chain = DICE_BIAS};
    gs_status status = value ? GS_OK : GS_ERROR_MEMORY;
    gs_rbm_mean_slopes(c->tables, c->tables->p, model);
    for (size_t m = 0; m < n && !status; m++) {
        unsigned image = pick(&c->data, &dice);
        for (int i = 0, k = 0; i < KS; i++) {
            double slopes[PARAMETERS] = {0};
            for (; k < some_k[i]; k++)
                image = gs_rbm_step(c->tables, image, &dice);
            gs_rbm_add_slopes(c->tables, image, 1, slopes);
            for (int p = 0; p < PARAMETERS; p++)
                value[(size_t)i * n + m] += b->direction[i][p] * (model[p] - slopes[p]);
        }
        if (m % 1000 == 0)
            status = gs_study_go_on(c->study, (double)m / (double)n, error);
    }
    for (int i = 0; i < KS && !status; i++)
        b->estimate[i] = gs_estimate_mean(value + (size_t)i * n, n);
    return status;
}

/* ---- What is shown ---- */

static void draw_energies(gs_study *study, const training *t, const double *step) {
    const gs_diagram_series series[] = {{.name = "data", .n = POINTS, .x = step, .y = t->data, .colour = 0},
                                        {.name = "samples, 1 step from data",
                                         .stroke = GS_STROKE_DASHED,
                                         .n = POINTS,
                                         .x = step,
                                         .y = t->fake,
                                         .colour = 1},
                                        {.name = "all 512 images", .n = POINTS, .x = step, .y = t->all, .colour = 2}};
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

static void draw_likelihoods(gs_study *study, const training *t, int count, const double *step, double best) {
    double top[2] = {best, best};
    const double ends[2] = {0, STEPS};
    gs_diagram_series series[8] = {{"all that is possible", GS_STROKE_DASHED, 2, ends, top, NULL, NULL, 7}};
    for (int i = 0; i < count; i++)
        series[i + 1] =
            (gs_diagram_series){.name = t[i].name, .n = POINTS, .x = step, .y = t[i].likelihood, .colour = i};
    const gs_diagram diagram = {.title = "Log likelihood of the data",
                                .x_label = "training steps",
                                .y_label = "log likelihood per image",
                                .series = series,
                                .count = count + 1};
    gs_study_diagram(study, "likelihood",
                     "The exact log likelihood while the same machine is trained with gradients of four kinds.",
                     &diagram);
}

static void draw_biases(gs_study *study, const biases *b) {
    double k[FAR + 1], marks[3][KS], at[KS], slope[FAR + 1];
    for (int i = 0; i <= FAR; i++) {
        k[i] = i;
        slope[i] = b->exact[FAR] * pow(b->eigenvalue, i - FAR);
    }
    for (int i = 0; i < KS; i++) {
        at[i] = some_k[i];
        marks[0][i] = b->estimate[i].value;
        marks[1][i] = b->estimate[i].low;
        marks[2][i] = b->estimate[i].high;
    }
    const gs_diagram_series series[] = {{.name = "exact", .n = FAR + 1, .x = k, .y = b->exact, .colour = 0},
                                        {"by chains", GS_STROKE_MARKS, KS, at, marks[0], marks[1], marks[2], 1},
                                        {"second eigenvalue^k", GS_STROKE_DASHED, FAR + 1, k, slope, NULL, NULL, 2}};
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

static void draw_lag(gs_study *study, const training *t, const double *step) {
    const gs_diagram_series series[] = {
        {.name = "CD-1", .n = POINTS, .x = step, .y = t->bias, .colour = 0},
        {.name = "persistent chains", .n = POINTS, .x = step, .y = t->lag, .colour = 3}};
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

static void say(gs_study *study, const training *t, const biases *b, double best) {
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
        t[1].likelihood[POINTS - 1], t[0].likelihood[POINTS - 1], best, b->own, b->exact[0]);
    gs_study_say(study,
                 "The bias falls with k only as fast as the chain mixes, by its second eigenvalue %.4f per step: half "
                 "of it takes %.0f steps. Persistent chains go on where they were and follow the model as long as it "
                 "changes slowly, at the price of one step per gradient.",
                 b->eigenvalue, log(0.5) / log(b->eigenvalue));
}

static void list_findings(gs_study *study, const training *t, int count, const biases *b, double best) {
    for (int i = 0; i < KS; i++)
        gs_study_find(study, &(gs_finding){.what = gs_study_text(study, "bias of the CD-%d gradient", some_k[i]),
                                           .unit = "",
                                           .is = b->estimate[i],
                                           .kind = GS_EXPECT_VALUE,
                                           .expected = {b->exact[some_k[i]]},
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
                                           .is = gs_exact(t[i].likelihood[POINTS - 1]),
                                           .kind = i ? GS_EXPECT_NOTHING : GS_EXPECT_WITHIN,
                                           .expected = {-INFINITY, best},
                                           .by = i ? NULL : "theory, -log 14"});
    gs_study_find(study, &(gs_finding){"log likelihood that CD-1 loses beside the exact gradient",
                                       "",
                                       gs_exact(t[0].likelihood[POINTS - 1] - t[1].likelihood[POINTS - 1]),
                                       GS_EXPECT_WITHIN,
                                       {0, INFINITY},
                                       "Carreira-Perpinan & Hinton 2005, above 0"});
    const training *last = &t[count - 1];
    gs_study_find(study, &(gs_finding){"bias of persistent chains beside that of CD-1, at the end",
                                       "%",
                                       gs_exact(last->lag[POINTS - 1] / last->bias[POINTS - 1]),
                                       GS_EXPECT_WITHIN,
                                       {0, 1},
                                       "Tieleman 2008, persistent chains are closer"});
}

static gs_status run(gs_study *study, gs_error *error) {
    enum { TRAININGS = 4 };
    contrasting c = {.study = study,
                     .tables = gs_study_room(study, 1, sizeof *c.tables),
                     .steps = gs_study_room(study, 1, sizeof *c.steps)};
    training *t = gs_study_room(study, TRAININGS, sizeof *t);
    biases *b = gs_study_room(study, 1, sizeof *b);
    double step[POINTS];
    if (!c.tables || !c.steps || !t || !b)
        return GS_ERROR_MEMORY;
    t[0] = (training){.name = "exact gradient"};
    t[1] = (training){.name = "CD-1", .k = 1};
    t[2] = (training){.name = "CD-10", .k = 10};
    t[3] = (training){.name = "persistent chains", .k = 1, .is_persistent = true};
    make_data(&c.data);
    for (int i = 0; i < POINTS; i++)
        step[i] = i * EVERY;
    size_t n;
    gs_status status = gs_study_samples(study, 100, &n, error);
    for (int i = 0; i < TRAININGS && !status; i++) {
        gs_study_stage(study, 0.2 * (i + 1));
        status = train(&c, &t[i], i, error);
    }
    if (!status) {
        gs_study_stage(study, 1);
        find_biases(&c, &t[1].rbm, b);
        status = measure_biases(&c, n, b, error);
    }
    if (status)
        return status;
    double best = -log(c.data.count);
    say(study, t, b, best);
    draw_energies(study, &t[1], step);
    draw_likelihoods(study, t, TRAININGS, step, best);
    draw_biases(study, b);
    draw_lag(study, &t[3], step);
    list_findings(study, t, TRAININGS, b, best);
    return GS_OK;
}

const gs_study_row gs_study_contrastive = {
    .name = "contrastive",
    .item = "1.1.3",
    .title = "Contrastive divergence and its bias",
    .about = "What short chains do to the gradient of the log likelihood, on a machine for which it is known",
    .takes = {{GS_STUDY_N, "20000"}},
    .run = run};
