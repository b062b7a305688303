/* The digits that networks are trained on: what they look like, what their pixels are, what is in a batch. */
#include <math.h>
#include <string.h>

#include "study/data.h"

/* Where the user has MNIST's files, so many of their images are looked at. */
enum { MOST = 10000, BATCHES = 20000 };

/* Pixels up to BLACK count as black, from WHITE on as white. */
static const float black = 0.1F, white = 0.9F;

/* ---- Pixels ---- */

static gs_estimate root_of_mean(const double *squares, size_t n) {
    gs_estimate mean = gs_estimate_mean(squares, n);
    double root = sqrt(mean.value);
    double reach = (mean.high - mean.value) / (2 * root); /* delta method */
    return (gs_estimate){root, root - reach, root + reach};
}

static void count_pixels(gs_data_set *s, const float *image, size_t k) {
    double sum = 0;
    for (size_t i = 0; i < s->pixels; i++) {
        sum += (double)image[i];
        s->dark[k] += image[i] <= black;
        s->light[k] += image[i] >= white;
        int bin = (int)(image[i] * GS_DATA_BINS);
        s->bin[bin < GS_DATA_BINS ? bin : GS_DATA_BINS - 1] += 1 / (double)(s->pixels * s->digits.n);
        s->mean_image[s->digits.labels[k] * (int)s->pixels + (int)i] += image[i];
    }
    s->ink[k] = sum / (double)s->pixels;
    s->dark[k] /= (double)s->pixels;
    s->light[k] /= (double)s->pixels;
}

static gs_status make_set(gs_data *c, gs_data_set *s, gs_digits_set set, size_t n, gs_error *error) {
    gs_status status = gs_study_digits(c->study, set, n, &s->digits, error);
    if (!status && !s->digits.drawn && n < MOST)
        status = gs_study_digits(c->study, set, MOST, &s->digits, error);
    n = s->digits.n;
    s->pixels = GS_DATA_PIXELS;
    double *room = !status ? gs_study_room(c->study, 5 * n, sizeof *room) : NULL;
    s->mean_image = room ? gs_study_room(c->study, GS_DIGIT_CLASSES * s->pixels, sizeof *s->mean_image) : NULL;
    if (!s->mean_image)
        return status ? status : GS_ERROR_MEMORY;
    s->ink = room;
    s->dark = room + n;
    s->light = room + 2 * n;
    s->width = room + 3 * n;
    s->square = room + 4 * n;
    return GS_OK;
}

static void measure_set(gs_data_set *s) {
    double mean = 0;
    size_t n = s->digits.n;
    for (size_t k = 0; k < n; k++) {
        const float *image = s->digits.images + k * s->pixels;
        count_pixels(s, image, k);
        s->width[k] = gs_digit_width(image);
        mean += s->ink[k] / (double)n;
        s->count[s->digits.labels[k]]++;
    }
    for (size_t k = 0; k < n; k++) {
        for (size_t i = 0; i < s->pixels; i++) {
            double off = (double)s->digits.images[k * s->pixels + i] - mean;
            s->square[k] += off * off / (double)s->pixels;
        }
    }
    for (int i = 0; i < GS_DIGIT_CLASSES * (int)s->pixels; i++) {
        uint64_t of = s->count[i / (int)s->pixels];
        s->mean_image[i] /= of ? (float)of : 1;
    }
    s->mean = gs_estimate_mean(s->ink, n);
    s->sd = root_of_mean(s->square, n);
}

/* ---- Batches ---- */

static double log_choose(double n, double k) {
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);
}

/* The probability that a batch, drawn without replacement, lacks a class: by inclusion and exclusion over the sets of
 * classes that are all missing. */
static double lack_probability(const gs_data_set *s) {
    double sum = 0, n = (double)s->digits.n;
    for (unsigned set = 1; set < 1U << GS_DIGIT_CLASSES; set++) {
        double missing = 0, sign = -1;
        for (int k = 0; k < GS_DIGIT_CLASSES; k++) {
            missing += set >> k & 1 ? (double)s->count[k] : 0;
            sign = set >> k & 1 ? -sign : sign;
        }
        if (n - missing >= GS_DATA_BATCH)
            sum += sign * exp(log_choose(n - missing, GS_DATA_BATCH) - log_choose(n, GS_DATA_BATCH));
    }
    return sum;
}

/* The numbers of `count` different images out of n, by the counters of a batch: those that were picked before are drawn
 * again. `taken` has room for n and is false everywhere, before and after. */
static void pick_batch(uint64_t seed, uint64_t batch, size_t n, bool *taken, uint32_t *picked, size_t count) {
    uint32_t position = 0;
    for (size_t i = 0; i < count; position++) {
        uint32_t counter[4];
        gs_random_counter(GS_STREAM_ORDER, batch, GS_DATA_BATCH, position, counter);
        picked[i] = gs_random_below(seed, counter, (uint32_t)n);
        if (taken[picked[i]])
            continue;
        taken[picked[i]] = true;
        i++;
    }
    for (size_t i = 0; i < count; i++)
        taken[picked[i]] = false;
}

static gs_status draw_batches(gs_data *c) {
    const gs_data_set *s = &c->training;
    bool *taken = gs_study_room(c->study, s->digits.n, sizeof *taken);
    if (!taken)
        return GS_ERROR_MEMORY;
    for (int b = 0; b < BATCHES; b++) {
        uint32_t picked[GS_DATA_BATCH];
        uint64_t has[GS_DIGIT_CLASSES] = {0};
        pick_batch(gs_study_seed(c->study), (uint64_t)b, s->digits.n, taken, picked, GS_DATA_BATCH);
        bool lacks = false;
        for (int i = 0; i < GS_DATA_BATCH; i++) {
            has[s->digits.labels[picked[i]]]++;
            c->batch[i] = b ? c->batch[i] : picked[i];
        }
        for (int k = 0; k < GS_DIGIT_CLASSES; k++)
            lacks |= !has[k];
        c->lacking += lacks;
        c->ones[has[1] < GS_DATA_ONES ? has[1] : GS_DATA_ONES - 1]++;
    }
    double n = (double)s->digits.n, ones = (double)s->count[1], log_all = log_choose(n, GS_DATA_BATCH);
    for (int k = 0; k < GS_DATA_ONES; k++) {
        bool can = k <= ones && GS_DATA_BATCH - k <= n - ones;
        c->ones_theory[k] = can ? exp(log_choose(ones, k) + log_choose(n - ones, GS_DATA_BATCH - k) - log_all) : 0;
        c->ones_is[k] = (double)c->ones[k] / BATCHES;
    }
    c->lack = gs_estimate_share(c->lacking, BATCHES);
    c->lack_theory = lack_probability(s);
    return GS_OK;
}

static gs_status judge_set(gs_data *c, gs_error *error) {
    size_t n = c->test.digits.n, right = 0;
    int *classes = gs_study_room(c->study, n, sizeof *classes);
    if (!classes)
        return GS_ERROR_MEMORY;
    gs_status status = gs_study_classify(c->study, c->test.digits.images, n, classes, error);
    for (size_t k = 0; k < n; k++)
        right += classes[k] == c->test.digits.labels[k];
    c->agreement = gs_estimate_share(right, n);
    return status;
}

static gs_status run(gs_study *study, gs_error *error) {
    gs_data *c = gs_study_room(study, 1, sizeof *c);
    if (!c)
        return GS_ERROR_MEMORY;
    *c = (gs_data){.study = study};
    size_t n = gs_study_whole(study, GS_STUDY_N);
    const gs_study_network *labelled;
    gs_study_stage(study, 0.4);
    gs_status status = make_set(c, &c->training, GS_DIGITS_TRAINING, n, error);
    gs_study_stage(study, 0.8);
    if (!status)
        status = make_set(c, &c->test, GS_DIGITS_TEST, n, error);
    if (!status)
        status = gs_study_network_get(study, GS_DEFAULT_LABELLED, &labelled, error);
    if (status)
        return status;
    c->info = labelled->info;
    measure_set(&c->training);
    measure_set(&c->test);
    status = draw_batches(c);
    if (!status)
        status = judge_set(c, error);
    return !status ? gs_data_show(c, error) : status;
}

const gs_study_row gs_study_data = {
    .name = "data",
    .item = "1.2.1",
    .title = "The digits",
    .about = "What do the images look like that networks are trained on, and what is in a batch of 64?",
    /* Of fewer digits batches are not small samples any more. */
    .takes = {{.parameter = GS_STUDY_N, .value = "500", .least = 200}},
    .run = run};
