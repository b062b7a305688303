/* Contrastive divergence (Hinton 2002) and persistent chains (Tieleman 2008) on a restricted Boltzmann machine whose
 * 512 images are enumerated, so that gradients, their bias and log likelihoods are exact. The data are the 14 images of
 * 3 x 3 with whole rows or whole columns (bars and stripes, MacKay 2003). */
#include <math.h>
#include <string.h>

#include "study/contrastive.h"
#include "study/tools.h"

enum { SIDE = 3, DATA_MAX = 16, PARAMETERS = GS_RBM_PARAMETERS, IMAGES = GS_RBM_IMAGES, BATCH = 100 };

/* The step size of training falls from this to 0: persistent chains follow parameters that change slowly. */
static const double first_rate = 0.2;

/* Dice of a seed. */
enum { DICE_START = 0, DICE_TRAINING = 1, DICE_BIAS = 100 };

typedef struct data_images {
    unsigned image[DATA_MAX];
    int count;
    double q[IMAGES]; /* their distribution */
} data_images;

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
static void look(contrasting *c, gs_cd_training *t, int point, const double *lagging) {
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
static void estimate_gradient(const contrasting *c, const gs_cd_training *t, unsigned *chain, gs_dice *dice,
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

static gs_status train(contrasting *c, gs_cd_training *t, int number, gs_error *error) {
    gs_dice dice = {.seed = gs_study_seed(c->study), .chain = DICE_TRAINING + (uint64_t)number};
    unsigned chain[BATCH];
    double lagging[IMAGES];
    gs_status status = GS_OK;
    start(&t->rbm, dice.seed);
    for (int n = 0; n < BATCH; n++)
        chain[n] = (unsigned)(gs_dice_unit(&dice) * IMAGES);
    for (int v = 0; v < IMAGES; v++)
        lagging[v] = 1.0 / IMAGES;
    for (int s = 0; s <= GS_CD_STEPS && !status; s++) {
        double gradient[PARAMETERS] = {0};
        gs_rbm_tabulate(&t->rbm, c->tables);
        if (t->is_persistent) {
            gs_rbm_tabulate_steps(c->tables, c->steps);
            gs_rbm_advance(c->steps, lagging);
        }
        if (s % GS_CD_EVERY == 0) {
            look(c, t, s / GS_CD_EVERY, lagging);
            status = gs_study_go_on(c->study, (double)s / GS_CD_STEPS, error);
        }
        if (t->k)
            estimate_gradient(c, t, chain, &dice, gradient);
        else
            find_gradient(c, gradient);
        for (int i = 0; i < PARAMETERS; i++)
            t->rbm.at[i] += first_rate * (GS_CD_STEPS - s) / GS_CD_STEPS * gradient[i];
    }
    return status;
}

/* ---- The bias of CD-k against k ---- */

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
static void find_biases(contrasting *c, const gs_rbm *exact, const gs_rbm *rbm, gs_cd_biases *b) {
    static const int some_k[GS_CD_KS] = {1, 2, 4, 8, 16, 32, 64};
    double q[IMAGES], bias[PARAMETERS], own[PARAMETERS] = {0};
    memcpy(b->k, some_k, sizeof some_k);
    memcpy(q, c->data.q, sizeof q);
    gs_rbm_tabulate(exact, c->tables);
    b->left = bias_of(c->tables, q, bias);
    gs_rbm_tabulate(rbm, c->tables);
    gs_rbm_tabulate_steps(c->tables, c->steps);
    for (int k = 0; k <= GS_CD_FAR; k++) {
        b->exact[k] = bias_of(c->tables, q, bias);
        for (int i = 0; i < GS_CD_KS; i++)
            for (int p = 0; p < PARAMETERS && b->k[i] == k; p++)
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
static gs_status measure_biases(contrasting *c, size_t n, gs_cd_biases *b, gs_error *error) {
    double *value = gs_study_room(c->study, GS_CD_KS * n, sizeof *value), model[PARAMETERS];
    gs_dice dice = {.seed = gs_study_seed(c->study), .chain = DICE_BIAS};
    gs_status status = value ? GS_OK : GS_ERROR_MEMORY;
    gs_rbm_mean_slopes(c->tables, c->tables->p, model);
    for (size_t m = 0; m < n && !status; m++) {
        unsigned image = pick(&c->data, &dice);
        for (int i = 0, k = 0; i < GS_CD_KS; i++) {
            double slopes[PARAMETERS] = {0};
            for (; k < b->k[i]; k++)
                image = gs_rbm_step(c->tables, image, &dice);
            gs_rbm_add_slopes(c->tables, image, 1, slopes);
            for (int p = 0; p < PARAMETERS; p++)
                value[(size_t)i * n + m] += b->direction[i][p] * (model[p] - slopes[p]);
        }
        if (m % 1000 == 0)
            status = gs_study_go_on(c->study, (double)m / (double)n, error);
    }
    for (int i = 0; i < GS_CD_KS && !status; i++)
        b->estimate[i] = gs_estimate_mean(value + (size_t)i * n, n);
    return status;
}

static gs_status run(gs_study *study, gs_error *error) {
    contrasting c = {.study = study,
                     .tables = gs_study_room(study, 1, sizeof *c.tables),
                     .steps = gs_study_room(study, 1, sizeof *c.steps)};
    gs_cd_training *t = gs_study_room(study, GS_CD_TRAININGS, sizeof *t);
    gs_cd_biases *b = gs_study_room(study, 1, sizeof *b);
    if (!c.tables || !c.steps || !t || !b)
        return GS_ERROR_MEMORY;
    t[0] = (gs_cd_training){.name = "exact gradient"};
    t[1] = (gs_cd_training){.name = "CD-1", .k = 1};
    t[2] = (gs_cd_training){.name = "CD-10", .k = 10};
    t[3] = (gs_cd_training){.name = "persistent chains", .k = 1, .is_persistent = true};
    make_data(&c.data);
    size_t n = gs_study_whole(study, GS_STUDY_N);
    gs_status status = GS_OK;
    for (int i = 0; i < GS_CD_TRAININGS && !status; i++) {
        gs_study_stage(study, 0.17 * (i + 1));
        status = train(&c, &t[i], i, error);
    }
    if (!status) {
        gs_study_stage(study, 0.85);
        find_biases(&c, &t[0].rbm, &t[1].rbm, b);
        status = measure_biases(&c, n, b, error);
    }
    if (status)
        return status;
    gs_study_stage(study, 1);
    gs_cd_show(study, t, b, -log(c.data.count));
    return gs_cd_langevin(study, n, error);
}

const gs_study_row gs_study_contrastive = {
    .name = "contrastive",
    .item = "1.1.3",
    .title = "Contrastive divergence and its bias",
    .about = "What short chains do to the gradient of the log likelihood, on a machine for which it is known",
    .takes = {{.parameter = GS_STUDY_N, .value = "20000", .least = 100}},
    .run = run};
