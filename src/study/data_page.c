#include <math.h>
#include <string.h>

#include "study/data.h"

/* MNIST's 60,000 training images. */
static const double mnist_mean = 0.1307, mnist_sd = 0.3081;

static const char *const class_names[GS_DIGIT_CLASSES] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};

/* ---- Pictures ---- */

/* Random images of each class, a row per class under its label. */
static gs_status draw_classes(gs_data *c, const gs_data_set *s, const char *name, const char *caption,
                              gs_error *error) {
    enum { COLUMNS = 12 };
    size_t n = s->digits.n, size = s->pixels;
    float *rows = gs_study_room(c->study, GS_DIGIT_CLASSES * COLUMNS * size, sizeof *rows);
    size_t *order = gs_study_room(c->study, n, sizeof *order), found[GS_DIGIT_CLASSES] = {0};
    gs_strip strips[GS_DIGIT_CLASSES];
    static const uint32_t stream[3] = {0, 0, (uint32_t)GS_STREAM_ORDER << 28};
    if (!rows || !order)
        return GS_ERROR_MEMORY;
    for (size_t k = 0; k < n; k++)
        order[k] = k;
    gs_random_shuffle(gs_study_seed(c->study), stream, order, n, sizeof *order);
    for (size_t k = 0; k < n; k++) {
        int label = s->digits.labels[order[k]];
        float *row = rows + (size_t)label * COLUMNS * size;
        if (found[label] < COLUMNS)
            memcpy(row + found[label]++ * size, s->digits.images + order[k] * size, size * sizeof *row);
    }
    for (int i = 0; i < GS_DIGIT_CLASSES; i++)
        strips[i] = (gs_strip){class_names[i], rows + (size_t)i * COLUMNS * size};
    return gs_study_strips(c->study, name, caption, c->info, strips, GS_DIGIT_CLASSES, COLUMNS, COLUMNS, 1, error);
}

static gs_status draw_batch(gs_data *c) {
    enum { COLUMNS = 8 };
    const gs_data_set *s = &c->training;
    float *images = gs_study_room(c->study, GS_DATA_BATCH * s->pixels, sizeof *images);
    char labels[2 * GS_DATA_BATCH + 1] = "";
    if (!images)
        return GS_ERROR_MEMORY;
    for (size_t i = 0; i < GS_DATA_BATCH; i++) {
        memcpy(images + i * s->pixels, s->digits.images + c->batch[i] * s->pixels, s->pixels * sizeof *images);
        labels[2 * i] = (char)('0' + s->digits.labels[c->batch[i]]);
        labels[2 * i + 1] = (i + 1) % COLUMNS ? ' ' : i + 1 < GS_DATA_BATCH ? '/' : 0;
    }
    gs_study_images(
        c->study, "batch",
        gs_study_text(c->study, "A batch of 64 random training images. Their labels, row by row: %s", labels), images,
        GS_DATA_BATCH, c->info->shape, c->info->range, COLUMNS, 2);
    return GS_OK;
}

static void draw_pixels(gs_data *c) {
    static const char *const bins[GS_DATA_BINS] = {"0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9"};
    const gs_diagram_series series[] = {
        {.name = "training", .stroke = GS_STROKE_BARS, .n = GS_DATA_BINS, .y = c->training.bin},
        {.name = "test", .stroke = GS_STROKE_BARS, .n = GS_DATA_BINS, .y = c->test.bin, .colour = 1}};
    const gs_diagram diagram = {.title = "Values of pixels",
                                .x_label = "from",
                                .y_label = "share of pixels",
                                .categories = bins,
                                .category_count = GS_DATA_BINS,
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(c->study, "pixels",
                     "Shares of pixels by their value, in steps of 0.1, with black at 0 and white at 1.", &diagram);
}

static void draw_batch_counts(gs_data *c) {
    double *low = gs_study_room(c->study, 2 * GS_DATA_ONES, sizeof *low), *high = low + GS_DATA_ONES;
    uint64_t batches = 0;
    if (!low)
        return;
    for (int k = 0; k < GS_DATA_ONES; k++)
        batches += c->ones[k];
    for (int k = 0; k < GS_DATA_ONES; k++) {
        gs_estimate e = gs_estimate_share(c->ones[k], batches);
        low[k] = e.low;
        high[k] = e.high;
    }
    const gs_diagram_series series[] = {
        {.name = "theory", .stroke = GS_STROKE_DASHED, .n = GS_DATA_ONES - 1, .y = c->ones_theory, .colour = 1},
        {.name = "batches",
         .stroke = GS_STROKE_MARKS,
         .n = GS_DATA_ONES - 1,
         .y = c->ones_is,
         .low = low,
         .high = high}};
    const gs_diagram diagram = {.title = "Ones in a batch of 64",
                                .x_label = "ones",
                                .y_label = "share of batches",
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(c->study, "ones",
                     gs_study_text(c->study,
                                   "How many ones are in each of %llu random batches, beside the hypergeometric "
                                   "distribution.",
                                   (unsigned long long)batches),
                     &diagram);
}

static gs_status draw(gs_data *c, gs_error *error) {
    gs_status status = draw_classes(
        c, &c->training, "training",
        gs_study_text(c->study, "Random training images, a row per label: %s.", c->training.digits.source), error);
    if (!status)
        status = draw_classes(
            c, &c->test, "test",
            gs_study_text(c->study, "Random test images, a row per label: %s.", c->test.digits.source), error);
    if (!status)
        status = draw_batch(c);
    if (status)
        return status;
    gs_study_images(
        c->study, "means",
        "The mean training image of each label. An image is far from the mean of its label, and the mean is no "
        "image: what networks learn is the rest.",
        c->training.mean_image, GS_DIGIT_CLASSES, c->info->shape, c->info->range, GS_DIGIT_CLASSES / 2, 2);
    draw_pixels(c);
    draw_batch_counts(c);
    return GS_OK;
}

/* ---- Numbers ---- */

static double mean_of(const double *values, const int *labels, size_t n, int label) {
    double sum = 0;
    size_t count = 0;
    for (size_t k = 0; k < n; k++) {
        if (label < GS_DIGIT_CLASSES && labels[k] != label)
            continue;
        sum += values[k];
        count++;
    }
    return count ? sum / (double)count : NAN;
}

static void list_classes(gs_data *c) {
    static const char *const heads[] = {"label",      "images",   "share, %", "MNIST, %",
                                        "mean pixel", "black, %", "white, %", "width of strokes"};
    enum { COLUMNS = GS_COUNT(heads), ROWS = GS_DIGIT_CLASSES + 1 };
    const gs_data_set *s = &c->training;
    size_t n = s->digits.n;
    const char *cells[ROWS * COLUMNS];
    for (int i = 0; i < ROWS; i++) {
        const char **row = cells + i * COLUMNS;
        bool is_all = i == GS_DIGIT_CLASSES;
        double count = is_all ? (double)n : (double)s->count[i];
        row[0] = is_all ? "all" : class_names[i];
        row[1] = gs_study_text(c->study, "%.0f", count);
        row[2] = gs_study_text(c->study, "%.1f", 100 * count / (double)n);
        row[3] = is_all ? "" : gs_study_text(c->study, "%.1f", 100 * c->info->shares[i]);
        row[4] = gs_study_text(c->study, "%.4f", mean_of(s->ink, s->digits.labels, n, i));
        row[5] = gs_study_text(c->study, "%.1f", 100 * mean_of(s->dark, s->digits.labels, n, i));
        row[6] = gs_study_text(c->study, "%.1f", 100 * mean_of(s->light, s->digits.labels, n, i));
        row[7] = gs_study_text(c->study, "%.2f", mean_of(s->width, s->digits.labels, n, i));
    }
    gs_study_table(
        c->study,
        "The training images by label. Black is a pixel up to 0.1, white one from 0.9 on; strokes are measured in "
        "pixels, as twice their area over their perimeter.",
        COLUMNS, heads, ROWS, cells);
}

/* The difference of the means of two independent sets. */
static gs_estimate difference(gs_estimate a, gs_estimate b) {
    double reach = hypot(a.high - a.value, b.high - b.value);
    return (gs_estimate){a.value - b.value, a.value - b.value - reach, a.value - b.value + reach};
}

static void find_pixels(gs_data *c) {
    const bool is_mnist = !c->training.digits.drawn;
    const gs_expectation kind = is_mnist ? GS_EXPECT_VALUE : GS_EXPECT_NOTHING;
    const char *by = is_mnist ? "all 60,000 training images" : NULL;
    gs_study_find(c->study, &(gs_finding){.what = "mean pixel of training images",
                                          .unit = "",
                                          .is = c->training.mean,
                                          .kind = kind,
                                          .expected = {mnist_mean},
                                          .by = by});
    gs_study_find(c->study, &(gs_finding){.what = "standard deviation of their pixels",
                                          .unit = "",
                                          .is = c->training.sd,
                                          .kind = kind,
                                          .expected = {mnist_sd},
                                          .by = by});
    gs_study_find(c->study, &(gs_finding){.what = "mean pixel of training images less that of test images",
                                          .unit = "",
                                          .is = difference(c->training.mean, c->test.mean),
                                          .kind = GS_EXPECT_VALUE,
                                          .expected = {0},
                                          .by = "both are of one distribution"});
}

static void find_labels(gs_data *c) {
    gs_study_find(c->study, &(gs_finding){.what = "test images whose label the judge agrees with",
                                          .unit = "%",
                                          .is = c->agreement,
                                          .kind = GS_EXPECT_WITHIN,
                                          .expected = {0.9, 1},
                                          .by = "labels that can be relied on"});
    gs_study_find(c->study, &(gs_finding){.what = "batches of 64 that lack a digit",
                                          .unit = "%",
                                          .is = c->lack,
                                          .kind = GS_EXPECT_VALUE,
                                          .expected = {c->lack_theory},
                                          .by = "theory, inclusion and exclusion"});
}

/* ---- The page ---- */

/* Mean squares, summed over pixels, of images from the mean of their label, and of these means from that of all. */
static void part_variance(const gs_data_set *s, double *within, double *between) {
    size_t n = s->digits.n;
    *within = *between = 0;
    for (size_t i = 0; i < s->pixels; i++) {
        double all = 0;
        for (size_t label = 0; label < GS_DIGIT_CLASSES; label++)
            all += (double)s->count[label] * (double)s->mean_image[label * s->pixels + i] / (double)n;
        for (size_t k = 0; k < n; k++) {
            double mean = (double)s->mean_image[(size_t)s->digits.labels[k] * s->pixels + i];
            double off = (double)s->digits.images[k * s->pixels + i] - mean;
            *within += off * off / (double)n;
            *between += (mean - all) * (mean - all) / (double)n;
        }
    }
}

static void say_labels(gs_data *c) {
    const gs_data_set *s = &c->training;
    double within, between, ink[GS_DIGIT_CLASSES];
    int least = 0, most = 0;
    for (int i = 0; i < GS_DIGIT_CLASSES; i++) {
        ink[i] = mean_of(s->ink, s->digits.labels, s->digits.n, i);
        least = ink[i] < ink[least] ? i : least;
        most = ink[i] > ink[most] ? i : most;
    }
    part_variance(s, &within, &between);
    gs_study_say(c->study,
                 "Look across the rows. The distance of an image from the mean of its label is %.1f, root mean square, "
                 "that of these means from the mean of all is %.1f. %ds have the least ink and %ds the most, which an "
                 "energy may notice before it notices shapes.",
                 sqrt(within), sqrt(between), least, most);
}

static void say_batches(gs_data *c) {
    enum { FEW = 4, MANY = 10 };
    double usual = 0;
    for (int k = FEW; k <= MANY; k++)
        usual += c->ones_theory[k];
    gs_study_say(c->study,
                 "A batch of 64 is what a step of training sees. It has %.1f ones on average, between %d and %d in "
                 "%.0f %% of the batches, and %.1f %% of them lack some digit altogether.",
                 GS_DATA_BATCH * (double)c->training.count[1] / (double)c->training.digits.n, FEW, MANY, 100 * usual,
                 100 * c->lack_theory);
}

static void say(gs_data *c) {
    const gs_data_set *s = &c->training;
    size_t n = s->digits.n;
    double dark = mean_of(s->dark, s->digits.labels, n, GS_DIGIT_CLASSES);
    double light = mean_of(s->light, s->digits.labels, n, GS_DIGIT_CLASSES);
    if (s->digits.drawn)
        gs_study_say(
            c->study,
            "These are not MNIST's images but digits that our network ncsn-cond has drawn, with the shares of the "
            "labels that MNIST has; --data reads MNIST's files. Only then are their numbers compared with MNIST's.");
    gs_study_say(
        c->study,
        "%.0f %% of all pixels are black and %.0f %% white: digits are strokes on nothing, with a grey edge. The "
        "mean pixel is %.4f, the deviation %.4f, and noise of %.1f is as strong as the image.",
        100 * dark, 100 * light, s->mean.value, s->sd.value, s->sd.value);
    say_labels(c);
    say_batches(c);
}

gs_status gs_data_show(gs_data *c, gs_error *error) {
    say(c);
    gs_status status = draw(c, error);
    find_pixels(c);
    find_labels(c);
    list_classes(c);
    return status;
}
