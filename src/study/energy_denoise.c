/* Noisy digits restored by chains of the course's energy, which takes no noise level: what the number of steps does. */
#include <math.h>
#include <string.h>

#include "study/passage.h"

enum { STEPS = 100, EVERY = 5, COURSE_STEPS = 30, LEVELS = 3, COLUMNS = 12, THE_CLASS = 1, SHOWN_ROWS = 4 };

static const double noises[LEVELS] = {0.2, 0.4, 0.6};
static const char *const noise_names[LEVELS] = {"noise 0.2", "noise 0.4", "noise 0.6"};

/* Chains from images with one noise. */
typedef struct trial {
    gs_passage passage;
    double *psnr; /* (states, n) of each chain's state */
    gs_estimates fidelity, similarity, kept, ones;
    size_t best; /* the state with the largest mean PSNR */
} trial;

typedef struct restoring {
    gs_study *study;
    size_t n;
    const gs_study_network *energy;
    gs_digits digits;
    int *classes; /* (n) of the clean images by the judge */
    trial trial[LEVELS];
} restoring;

/* ---- Chains ---- */

static gs_status measure(restoring *c, trial *t) {
    gs_passage *p = &t->passage;
    double *ssim = gs_study_room(c->study, c->n, sizeof *ssim);
    t->psnr = gs_study_room(c->study, p->states * c->n, sizeof *t->psnr);
    gs_status status = gs_estimates_create(c->study, p->step, p->states, &t->fidelity);
    if (!status)
        status = gs_estimates_create(c->study, p->step, p->states, &t->similarity);
    if (status || !ssim || !t->psnr)
        return GS_ERROR_MEMORY;
    for (size_t s = 0; s < p->states; s++) {
        double *psnr = t->psnr + s * c->n;
        for (size_t k = 0; k < c->n; k++) {
            const float *clean = c->digits.images + k * p->pixels, *x = gs_passage_images(p, s) + k * p->pixels;
            psnr[k] = gs_psnr(clean, x, p->pixels, 1);
            ssim[k] = gs_ssim(clean, x, c->energy->info->shape, 1);
        }
        gs_estimates_set(&t->fidelity, s, gs_estimate_mean(psnr, c->n));
        gs_estimates_set(&t->similarity, s, gs_estimate_mean(ssim, c->n));
        t->best = t->fidelity.y[s] > t->fidelity.y[t->best] ? s : t->best;
    }
    return GS_OK;
}

static gs_status restore(restoring *c, int level, gs_error *error) {
    trial *t = &c->trial[level];
    size_t size = c->n * c->energy->pixels;
    float *init = gs_study_room(c->study, size, sizeof *init);
    if (!init)
        return GS_ERROR_MEMORY;
    memcpy(init, c->digits.images, size * sizeof *init);
    gs_status status =
        gs_sample_add_noise(gs_study_seed(c->study), 0, noises[level], c->n, c->energy->pixels, init, error);
    gs_sample_options options = {.steps = STEPS, .every = EVERY, .init = init};
    gs_study_stage(c->study, 0.3 + 0.7 * (level + 1) / LEVELS);
    if (!status)
        status = gs_passage_run(c->study, c->energy, &options, c->n, &t->passage, error);
    if (!status)
        status = gs_passage_kept_share(&t->passage, c->classes, &t->kept);
    if (!status)
        status = gs_passage_share(&t->passage, THE_CLASS, &t->ones);
    return !status ? measure(c, t) : status;
}

/* The mean by which PSNR after `steps` steps is above that after `others`, image by image. */
static gs_estimate gain(const restoring *c, const trial *t, double steps, double others) {
    const double *a = t->psnr + gs_passage_at(&t->passage, steps) * c->n;
    const double *b = t->psnr + gs_passage_at(&t->passage, others) * c->n;
    double *difference = gs_study_room(c->study, c->n, sizeof *difference);
    for (size_t k = 0; difference && k < c->n; k++)
        difference[k] = a[k] - b[k];
    return difference ? gs_estimate_mean(difference, c->n) : gs_exact(NAN);
}

/* ---- Pictures ---- */

/* For each noise the noisy images, and what few, the course's and all steps make of them. */
static gs_status draw_strips(restoring *c, gs_error *error) {
    static const char *const heads[SHOWN_ROWS] = {"0", "10", "30", "100"};
    static const double steps[SHOWN_ROWS] = {0, 10, COURSE_STEPS, STEPS};
    gs_strip strips[1 + LEVELS * SHOWN_ROWS] = {{"", c->digits.images}};
    for (int i = 0; i < LEVELS; i++) {
        const gs_passage *p = &c->trial[i].passage;
        for (int k = 0; k < SHOWN_ROWS; k++)
            strips[1 + i * SHOWN_ROWS + k] = (gs_strip){heads[k], gs_passage_images(p, gs_passage_at(p, steps[k]))};
    }
    return gs_study_strips(c->study, "strips",
                           gs_study_text(c->study,
                                         "On top %s. Then for noise of 0.2, of 0.4 and of 0.6 the noisy images (0) and "
                                         "what is left of noise and digit after 10, 30 and 100 Langevin steps.",
                                         c->digits.source),
                           c->energy->info, strips, GS_COUNT(strips), c->n, COLUMNS, 2, error);
}

typedef struct panel {
    const char *name, *title, *y_label, *caption;
    size_t curve; /* in a trial */
    bool is_share;
} panel;

static void draw_panel(restoring *c, const panel *what) {
    gs_diagram_series series[LEVELS];
    for (int i = 0; i < LEVELS; i++) {
        const gs_estimates *curve = (const gs_estimates *)(const void *)((const char *)&c->trial[i] + what->curve);
        series[i] = gs_estimates_series(curve, noise_names[i], GS_STROKE_BOTH, i);
    }
    const gs_diagram diagram = {.title = what->title,
                                .x_label = "Langevin steps",
                                .y_label = what->y_label,
                                .y_range = {0, what->is_share ? 1 : 0},
                                .series = series,
                                .count = LEVELS};
    gs_study_diagram(c->study, what->name, what->caption, &diagram);
}

static void draw_panels(restoring *c) {
    static const panel panels[] = {
        {"psnr", "PSNR of the restored images", "PSNR in dB", "Peak signal-to-noise ratio to the clean image.",
         offsetof(trial, fidelity), false},
        {"ssim", "SSIM of the restored images", "SSIM", "Structural similarity (Wang et al. 2004) to the clean image.",
         offsetof(trial, similarity), true},
        {"kept", "Labels kept", "share of images",
         "The share of images in which the judge sees the same digit as in the clean one.", offsetof(trial, kept),
         true},
        {"ones", "Restored images that are ones", "share of images",
         "The share of images that the judge takes for a one.", offsetof(trial, ones), true}};
    for (size_t i = 0; i < GS_COUNT(panels); i++)
        draw_panel(c, &panels[i]);
}

/* ---- Numbers ---- */

static void list_classes(restoring *c) {
    static const char *const heads[] = {"images", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "none"};
    enum { WIDTH = GS_COUNT(heads), TIMES = 3, ROWS = 1 + LEVELS * TIMES };
    static const double steps[TIMES] = {0, COURSE_STEPS, STEPS};
    const char *cells[ROWS * WIDTH];
    for (int i = 0; i < ROWS; i++) {
        const gs_passage *p = i ? &c->trial[(i - 1) / TIMES].passage : NULL;
        double after = i ? steps[(i - 1) % TIMES] : 0;
        const int *classes = p ? gs_passage_classes(p, gs_passage_at(p, after)) : c->classes;
        uint64_t counts[GS_DIGIT_CLASSES];
        double all = (double)gs_count_classes(classes, c->n, counts), n = (double)c->n;
        cells[i * WIDTH] = i ? gs_study_text(c->study, "%s, %.0f steps", noise_names[(i - 1) / TIMES], after) : "clean";
        for (int k = 0; k < GS_DIGIT_CLASSES; k++)
            cells[i * WIDTH + 1 + k] = gs_study_text(c->study, "%.1f", 100 * (double)counts[k] / n);
        cells[i * WIDTH + 1 + GS_DIGIT_CLASSES] = gs_study_text(c->study, "%.1f", 100 - 100 * all / n);
    }
    gs_study_table(c->study, gs_study_text(c->study, "Shares of the classes of %zu images by the judge, in %%.", c->n),
                   WIDTH, heads, ROWS, cells);
}

/* Steps that are compared with the course's: those of the best mean PSNR on other digits. */
static void find_best(restoring *c) {
    static const double rivals[LEVELS] = {5, 15, 10};
    for (int i = 0; i < LEVELS; i++) {
        trial *t = &c->trial[i];
        gs_study_find(c->study,
                      &(gs_finding){.what = gs_study_text(c->study, "steps of the best mean PSNR, %s", noise_names[i]),
                                    .unit = "",
                                    .is = gs_exact(t->passage.step[t->best])});
        gs_study_find(c->study,
                      &(gs_finding){.what = gs_study_text(c->study, "PSNR after 30 steps less that after %.0f, %s",
                                                          rivals[i], noise_names[i]),
                                    .unit = "dB",
                                    .is = gain(c, t, COURSE_STEPS, rivals[i]),
                                    .kind = i + 1 < LEVELS ? GS_EXPECT_REFUTED : GS_EXPECT_WITHIN,
                                    .expected = {0, INFINITY},
                                    .by = "the course: 30 steps are best"});
    }
    gs_study_find(c->study, &(gs_finding){.what = "PSNR after 30 steps less that after 100, noise 0.6",
                                          .unit = "dB",
                                          .is = gain(c, &c->trial[LEVELS - 1], COURSE_STEPS, STEPS),
                                          .kind = GS_EXPECT_WITHIN,
                                          .expected = {0, INFINITY},
                                          .by = "the course: 30 steps are best"});
}

static void find_kept(restoring *c) {
    for (int i = 0; i < LEVELS; i++) {
        trial *t = &c->trial[i];
        size_t at = gs_passage_at(&t->passage, COURSE_STEPS), last = t->passage.states - 1;
        gs_study_find(c->study,
                      &(gs_finding){.what = gs_study_text(c->study, "labels kept after 30 steps, %s", noise_names[i]),
                                    .unit = "%",
                                    .is = gs_estimates_get(&t->kept, at)});
        gs_study_find(
            c->study,
            &(gs_finding){.what = gs_study_text(c->study,
                                                "images that became ones in 100 steps, of those that became "
                                                "ones or ceased to be, %s",
                                                noise_names[i]),
                          .unit = "%",
                          .is = gs_estimate_turned(c->classes, gs_passage_classes(&t->passage, last), c->n, THE_CLASS),
                          .kind = GS_EXPECT_WITHIN,
                          .expected = {0.5, 1},
                          .by = "the course: chains drift to ones; else half"});
    }
}

/* ---- The page ---- */

/* By how much the mean PSNR after the course's steps is below the best. */
static double missed(const trial *t) {
    return t->fidelity.y[t->best] - t->fidelity.y[gs_passage_at(&t->passage, COURSE_STEPS)];
}

static void say(restoring *c) {
    const trial *low = &c->trial[0], *middle = &c->trial[1], *high = &c->trial[LEVELS - 1];
    size_t last = high->passage.states - 1, ones = 0;
    for (size_t k = 0; k < c->n; k++)
        ones += c->classes[k] == THE_CLASS;
    gs_study_say(
        c->study,
        "Noise is added to %s, and Langevin chains of the course's energy begin at the noisy images. The energy "
        "knows nothing of noise levels, so the number of steps is all there is to choose.",
        c->digits.source);
    gs_study_say(c->study,
                 "Look where the curves have their tops. With noise of 0.2 the mean PSNR is best after %.0f steps, "
                 "with 0.4 after "
                 "%.0f, with 0.6 after %.0f. After the course's 30 steps it is %.1f, %.1f and %.1f dB below that.",
                 low->passage.step[low->best], middle->passage.step[middle->best], high->passage.step[high->best],
                 missed(low), missed(middle), missed(high));
    gs_study_say(c->study,
                 "Chains go on from the restored digit. After 100 steps the judge takes %.0f, %.0f and %.0f %% of the "
                 "images for ones, while it took %.0f %% of the clean ones for that.",
                 100 * low->ones.y[last], 100 * middle->ones.y[last], 100 * high->ones.y[last],
                 100 * (double)ones / (double)c->n);
}

static gs_status run(gs_study *study, gs_error *error) {
    restoring c = {.study = study, .n = gs_study_whole(study, GS_STUDY_N)};
    gs_study_stage(study, 0.3);
    gs_status status = gs_study_digits(study, GS_DIGITS_TEST, c.n, &c.digits, error);
    if (!status)
        status = gs_study_network_get(study, GS_COURSE_ENERGY, &c.energy, error);
    c.classes = gs_study_room(study, c.n, sizeof *c.classes);
    if (!status)
        status = c.classes ? gs_study_classify(study, c.digits.images, c.n, c.classes, error) : GS_ERROR_MEMORY;
    for (int i = 0; i < LEVELS && !status; i++)
        status = restore(&c, i, error);
    if (status)
        return status;
    say(&c);
    status = draw_strips(&c, error);
    draw_panels(&c);
    find_best(&c);
    find_kept(&c);
    list_classes(&c);
    return status;
}

const gs_study_row gs_study_energy_denoise = {
    .name = "energy-denoise",
    .item = "1.2.4",
    .title = "Denoising by an energy",
    .about = "After how many Langevin steps is a noisy digit restored best, and what do more of them do to it?",
    .takes = {{.parameter = GS_STUDY_N, .value = "300"}},
    .run = run};
