/* Two modes far apart (2.1.3), as in the example of Song & Ermon 2019, section 3.2.2: the score does not know how much
 * each weighs, so Langevin dynamics gets that wrong, and annealed Langevin dynamics right. */
#include "study/disjoint.h"

#include <math.h>

#include "base/math64.h"
#include "measure/statistics.h"

static void describe(gs_disjoint *d, gs_study *study) {
    double m = GS_DISJOINT_FAR * sqrt(2);
    *d = (gs_disjoint){.study = study, .share = gs_study_number(study, GS_STUDY_SHARE)};
    d->n = gs_study_whole(study, GS_STUDY_N);
    d->line = (gs_line_mixture){2, {-m, m}, {1 - d->share, d->share}, 1};
    d->even = gs_study_text(study, "mixture:means=-%d,%d,sd=1", GS_DISJOINT_FAR, GS_DISJOINT_FAR);
    d->text = gs_study_text(study, "%s,weights=%.9g,%.9g", d->even, 1 - d->share, d->share);
    d->plain = gs_study_text(study, "%s,levels=no,range=-%d,%d", d->text, GS_DISJOINT_HALF, GS_DISJOINT_HALF);
}

/* ---- Scores ---- */

/* The two densities' scores differ by the difference of the second mode's share in them, r, times the distance of the
 * means, and log (1 - r)/r falls by that distance per unit of the way. Of n samples none goes farther from its mean
 * towards the other than the normal quantile of 1 - (1 - confidence)/n, but with the confidence's error. */
static double difference_bound(const gs_disjoint *d) {
    double apart = 2 * d->line.mean[1], reach = -gs_normal_quantile((1 - GS_STUDY_CONFIDENCE) / (double)d->n);
    double odds = fmax(d->share / (1 - d->share), (1 - d->share) / d->share);
    return apart * (odds - 1) * gs_exp64(apart * reach - apart * apart / 2);
}

static gs_status compare_scores(const gs_disjoint *d, const float *samples, gs_error *error) {
    double worst = 0, *gain = gs_study_room(d->study, d->n, sizeof *gain);
    if (!gain)
        return gs_fail_memory(error, "energies");
    gs_status status = GS_OK;
    for (size_t i = 0; i < d->n && !status; i++) {
        double x[2] = {(double)samples[2 * i], (double)samples[2 * i + 1]}, e[2], g[2], h[2];
        status = gs_density_energy(d->density, x, 0, 1, &e[0], g, error);
        if (!status)
            status = gs_density_energy(d->half, x, 0, 1, &e[1], h, error);
        worst = status ? worst : fmax(worst, hypot(g[0] - h[0], g[1] - h[1]));
        gain[i] = status ? 0 : e[1] - e[0];
    }
    double p = d->share, entropy = p * gs_log64(2 * p) + (1 - p) * gs_log64(2 - 2 * p);
    gs_study_find(d->study, &(gs_finding){"largest difference of the score from that of even weights, on the samples",
                                          "",
                                          gs_exact(worst),
                                          GS_EXPECT_WITHIN,
                                          {0, difference_bound(d) + 1e-12},
                                          "theory, a bound that 99.99 % of sets of samples keep"});
    gs_study_find(d->study, &(gs_finding){"what the density itself gains by the right weights, nats per sample",
                                          "",
                                          gs_estimate_mean(gain, d->n),
                                          d->n > 1 ? GS_EXPECT_VALUE : GS_EXPECT_NOTHING,
                                          {entropy},
                                          "theory, the divergence of the weights from even ones"});
    return status;
}

enum { ALONG = 281 };

/* The score along the line through the means, for two weights, and their difference. */
static void draw_scores(const gs_disjoint *d) {
    double *x = gs_study_room(d->study, 3 * (size_t)ALONG, sizeof *x), *own = x + ALONG, *even = own + ALONG;
    if (!x)
        return;
    gs_line_mixture half = d->line;
    half.weight[0] = half.weight[1] = 0.5;
    for (int i = 0; i < ALONG; i++) {
        x[i] = 20.0 * i / (ALONG - 1) - 10;
        own[i] = gs_line_score(&d->line, 0, x[i]);
        even[i] = gs_line_score(&half, 0, x[i]);
    }
    gs_diagram_series series[] = {
        {gs_study_text(d->study, "weight %.4g", d->share), GS_STROKE_LINE, ALONG, x, own, NULL, NULL, 0},
        {"weight 0.5", GS_STROKE_DASHED, ALONG, x, even, NULL, NULL, 1}};
    gs_study_diagram(d->study, "scores",
                     "The score along the line through both means, for two weights of the second mode. The lines are "
                     "one but for a sliver between the modes, where there are no data that could teach it.",
                     &(gs_diagram){.title = "Score along the line through the means",
                                   .x_label = "place on the line",
                                   .y_label = "score",
                                   .series = series,
                                   .count = 2});
}

/* ---- The study ---- */

static gs_status study_scores(const gs_disjoint *d, gs_error *error) {
    float *samples = gs_study_room(d->study, 2 * d->n, sizeof *samples);
    if (!samples)
        return gs_fail_memory(error, "samples");
    gs_status status = gs_density_draw(d->density, 0, gs_study_seed(d->study), 0, d->n, samples, error);
    if (status)
        return status;
    gs_disjoint_find(d, "exact samples: share in the second mode", gs_disjoint_second(samples, d->n), d->share,
                     "its weight");
    status = compare_scores(d, samples, error);
    draw_scores(d);
    return status;
}

static gs_status study_plane(const gs_density *density, void *context, gs_error *error) {
    gs_disjoint *d = context;
    if (!d->density) {
        d->density = density;
        return gs_plane_with(d->even, study_plane, d, error);
    }
    d->half = density;
    gs_status status = study_scores(d, error);
    return status ? status : gs_disjoint_chains(d, error);
}

static void introduce(const gs_disjoint *d) {
    gs_study_say(d->study,
                 "Two Gaussians of deviation 1 at (-5, -5) and (5, 5), of which the second weighs %.4g. Near either, "
                 "the score is that of this Gaussian alone, whatever the weights%s.",
                 d->share,
                 d->share == 0.5
                     ? "" /* there is nothing to tell apart */
                     : ": on no sample does it differ by much from that of even weights, as the table says, "
                       "while the density itself tells them apart");
    gs_study_say(d->study, "So Langevin dynamics climbs the mode that is nearer to its start and stays there: the "
                           "share in a mode says how the starts lie, not how much it weighs.");
    gs_study_say(d->study,
                 "Annealed Langevin dynamics begins where noise has joined the modes and the weights are seen; as the "
                 "noise sinks, the chains divide as the weights say, wherever they began; the closer, the "
                 "more steps they take.");
}

static gs_status run(gs_study *study, gs_error *error) {
    gs_disjoint d;
    describe(&d, study);
    introduce(&d);
    gs_status status = gs_plane_with(d.text, study_plane, &d, error);
    return status ? status : gs_disjoint_digits(study, error);
}

const gs_study_row gs_study_disjoint = {
    .name = "disjoint",
    .item = "2.1.3",
    .title = "Two modes far apart",
    .about = "Does the score know how much each of two distant modes weighs, and do chains find it out?",
    .takes = {{.parameter = GS_STUDY_SHARE, .value = "0.8"}, {.parameter = GS_STUDY_N, .value = "2000"}},
    .run = run};
