#include <math.h>
#include <string.h>

#include "study/conditional_ncsn.h"

/* The losses of the digits at one noise level. */
typedef struct level {
    gs_conditional *c;
    int i;
    float *noisy, *answer; /* (images, pixels) */
    int *labels;           /* (images) */
    double *of_label;      /* (classes, images) */
} level;

bool gs_conditional_tries(const gs_conditional *c, int i) {
    return c->sigma[i] > 0.1 && c->sigma[i] < 20;
}

/* |D - x|^2 / sigma^2 of every image, whose labels are `labels`. */
static gs_status lose(level *l, const gs_study_network *network, double *loss, gs_error *error) {
    const gs_conditional *c = l->c;
    double sigma = c->sigma[l->i];
    const int *labels = network->info->labels ? l->labels : NULL;
    gs_status status =
        gs_plan_evaluate(network->plan, l->noisy, sigma, labels, c->images, (float *const[2]){l->answer, NULL}, error);
    for (size_t k = 0; k < c->images && !status; k++) {
        double square = 0;
        for (size_t p = k * network->pixels; p < (k + 1) * network->pixels; p++) {
            double miss = (double)l->answer[p] - (double)c->digits.images[p];
            square += miss * miss;
        }
        loss[k] = square / (sigma * sigma);
    }
    return status;
}

/* The loss of every image for each label; of its own goes to `right`, the mean of the others to `wrong`. */
static gs_status try_labels(level *l, gs_error *error) {
    gs_conditional *c = l->c;
    size_t at = (size_t)l->i * c->images;
    gs_status status = GS_OK;
    for (int class = 0; class < GS_DIGIT_CLASSES && !status; class ++) {
        for (size_t k = 0; k < c->images; k++)
            l->labels[k] = class;
        status = lose(l, c->labelled.network, l->of_label + (size_t) class * c->images, error);
    }
    for (size_t k = 0; k < c->images && !status; k++) {
        double sum = 0;
        for (int class = 0; class < GS_DIGIT_CLASSES; class ++)
            sum += l->of_label[(size_t) class * c->images + k];
        c->right[at + k] = l->of_label[(size_t)c->digits.labels[k] * c->images + k];
        c->wrong[at + k] = (sum - c->right[at + k]) / (GS_DIGIT_CLASSES - 1);
    }
    return status;
}

static gs_status measure_level(level *l, gs_error *error) {
    gs_conditional *c = l->c;
    size_t pixels = c->labelled.network->pixels, at = (size_t)l->i * c->images;
    memcpy(l->noisy, c->digits.images, c->images * pixels * sizeof *l->noisy);
    gs_status status = gs_sample_add_noise(gs_study_seed(c->study), (uint64_t)l->i * c->images, c->sigma[l->i],
                                           c->images, pixels, l->noisy, error);
    if (!status && gs_conditional_tries(c, l->i)) {
        status = try_labels(l, error);
    } else if (!status) {
        memcpy(l->labels, c->digits.labels, c->images * sizeof *l->labels);
        status = lose(l, c->labelled.network, c->right + at, error);
    }
    for (size_t k = 0; k < c->images; k++)
        l->labels[k] = GS_DIGIT_CLASSES; /* none */
    if (!status)
        status = lose(l, c->labelled.network, c->none + at, error);
    return !status ? lose(l, c->base.network, c->base_loss + at, error) : status;
}

/* Sums over log sigma by the trapezoidal rule. The weight of level i. */
static double weight(const gs_conditional *c, int i) {
    int before = i ? i - 1 : i, after = i + 1 < GS_LABEL_LEVELS ? i + 1 : i;
    return log(c->sigma[before] / c->sigma[after]) / 2;
}

static bool make_room(gs_conditional *c, level *l, double **evidence) {
    size_t size = GS_LABEL_LEVELS * c->images, pixels = c->labelled.network->pixels;
    c->right = gs_study_room(c->study, size, sizeof *c->right);
    c->none = gs_study_room(c->study, size, sizeof *c->none);
    c->wrong = gs_study_room(c->study, size, sizeof *c->wrong);
    c->base_loss = gs_study_room(c->study, size, sizeof *c->base_loss);
    c->information = gs_study_room(c->study, c->images, sizeof *c->information);
    c->posterior = gs_study_room(c->study, c->images, sizeof *c->posterior);
    l->noisy = gs_study_room(c->study, c->images * pixels, sizeof *l->noisy);
    l->answer = gs_study_room(c->study, c->images * pixels, sizeof *l->answer);
    l->labels = gs_study_room(c->study, c->images, sizeof *l->labels);
    l->of_label = gs_study_room(c->study, GS_DIGIT_CLASSES * c->images, sizeof *l->of_label);
    *evidence = gs_study_room(c->study, GS_DIGIT_CLASSES * c->images, sizeof **evidence);
    return c->right && c->none && c->wrong && c->base_loss && c->information && c->posterior && l->noisy && l->answer &&
           l->labels && l->of_label && *evidence;
}

/* The log probability of the label, and whether it is the most probable one, if log p(image | label) is `evidence`
 * (classes, images) and labels are equally frequent. */
static void read_label(gs_conditional *c, const double *evidence, size_t k) {
    double largest = -INFINITY, sum = 0, own = evidence[(size_t)c->digits.labels[k] * c->images + k];
    for (int class = 0; class < GS_DIGIT_CLASSES; class ++)
        largest = fmax(largest, evidence[(size_t) class * c->images + k]);
    for (int class = 0; class < GS_DIGIT_CLASSES; class ++)
        sum += exp(evidence[(size_t) class * c->images + k] - largest);
    c->posterior[k] = own - largest - log(sum);
    c->read_back += own == largest;
}

/* As -log p(x) is, but for a constant, the sum of the loss over log sigma (Guo, Shamai & Verdu 2005; Kong et al. 2023),
 * losses tell information and probabilities. */
gs_status gs_conditional_measure(gs_conditional *c, gs_error *error) {
    level l = {.c = c};
    double *evidence;
    c->images = c->n / 5 ? c->n / 5 : 1;
    gs_loss_options levels = {.levels = GS_LABEL_LEVELS};
    int count;
    gs_status status = gs_loss_levels(c->labelled.network->model, &levels, c->sigma, GS_LABEL_LEVELS, &count, error);
    if (!status && !make_room(c, &l, &evidence))
        status = GS_ERROR_MEMORY;
    for (l.i = 0; l.i < GS_LABEL_LEVELS && !status; l.i++) {
        status = gs_study_go_on(c->study, (double)l.i / GS_LABEL_LEVELS, error);
        if (!status)
            status = measure_level(&l, error);
        for (size_t k = 0; k < c->images && !status; k++) {
            size_t at = (size_t)l.i * c->images + k;
            c->information[k] += weight(c, l.i) * (c->none[at] - c->right[at]);
            for (int class = 0; class < GS_DIGIT_CLASSES && gs_conditional_tries(c, l.i); class ++) {
                size_t place = (size_t) class * c->images + k;
                evidence[place] -= weight(c, l.i) * l.of_label[place];
            }
        }
    }
    for (size_t k = 0; k < c->images && !status; k++)
        read_label(c, evidence, k);
    return status;
}
