/* What Z does not do to scores and chains; and what it is, in annealing.c. */
#include <math.h>
#include <string.h>

#include "study/annealing.h"
#include "study/tools.h"

/* Two densities that differ by a constant of the energy. */
#define CONSTANT 5
static const char *const alike[2] = {"double-well:height=1", "double-well:height=1,log-z=5"};

enum { CHAINS = 1000, STEPS = 200, CURVE = 161 };

/* ---- The same density with another Z ---- */

/* The curves of energies and scores along a line. */
typedef struct curves {
    double x[CURVE], energy[2][CURVE], score[2][CURVE];
} curves;

static gs_status find_curves(gs_study *study, curves *c, gs_error *error) {
    gs_status status = GS_OK;
    for (int k = 0; k < 2 && !status; k++) {
        const gs_study_network *network;
        float x[CURVE], energy[CURVE], gradient[CURVE];
        for (int i = 0; i < CURVE; i++) {
            x[i] = -1.6f + 0.02f * (float)i;
            c->x[i] = (double)x[i];
        }
        status = gs_study_network_get(study, alike[k], &network, error);
        if (!status)
            status = gs_plan_gradient(network->plan, x, 0, NULL, CURVE, energy, gradient, error);
        for (int i = 0; i < CURVE && !status; i++) {
            c->energy[k][i] = (double)energy[i];
            c->score[k][i] = -(double)gradient[i];
        }
    }
    return status;
}

static void draw_curves(gs_study *study, const curves *c) {
    const gs_diagram_series series[] = {
        {.name = "E, Z = 1", .n = CURVE, .x = c->x, .y = c->energy[0], .colour = 0},
        {.name = "E, Z = exp(5)", .n = CURVE, .x = c->x, .y = c->energy[1], .colour = 1},
        {.name = "score, Z = 1", .n = CURVE, .x = c->x, .y = c->score[0], .colour = 2},
        {.name = "score, Z = exp(5)",
         .stroke = GS_STROKE_DASHED,
         .n = CURVE,
         .x = c->x,
         .y = c->score[1],
         .colour = 3}};
    const gs_diagram diagram = {.title = "Energies and scores of one density",
                                .x_label = "x",
                                .y_label = "E(x), score(x)",
                                .series = series,
                                .count = GS_COUNT(series)};
    gs_study_diagram(study, "score",
                     "Two wells, whose energy is once as it is and once 5 lower, so that the integral of exp(-E) is 1 "
                     "and exp(5). Their scores are one curve.",
                     &diagram);
}

/* How many numbers of two arrays differ. */
static size_t count_different(const float *a, const float *b, size_t n) {
    size_t different = 0;
    for (size_t i = 0; i < n; i++)
        different += memcmp(a + i, b + i, sizeof *a) != 0;
    return different;
}

static gs_status run_alike(gs_study *study, float *out, gs_error *error) {
    gs_status status = GS_OK;
    for (int k = 0; k < 2 && !status; k++) {
        const gs_study_network *network;
        gs_sample_options options = {
            .sampler = "langevin", .steps = STEPS, .step_size = 0.02, .seed = gs_study_seed(study)};
        status = gs_study_network_get(study, alike[k], &network, error);
        if (!status)
            status = gs_study_sample(study, network, &options, CHAINS, out + (size_t)k * CHAINS, error);
    }
    return status;
}

static gs_status compare_alike(gs_study *study, gs_error *error) {
    curves *c = gs_study_room(study, 1, sizeof *c);
    float *out = gs_study_room(study, 2 * CHAINS, sizeof *out);
    gs_status status = c && out ? find_curves(study, c, error) : GS_ERROR_MEMORY;
    if (!status)
        status = run_alike(study, out, error);
    if (status)
        return status;
    double score = 0;
    gs_estimate energy = {0, INFINITY, -INFINITY};
    for (int i = 0; i < CURVE; i++) {
        double difference = c->energy[0][i] - c->energy[1][i];
        score = fmax(score, fabs(c->score[0][i] - c->score[1][i]));
        energy.value += difference / CURVE;
        energy.low = fmin(energy.low, difference);
        energy.high = fmax(energy.high, difference);
    }
    draw_curves(study, c);
    gs_study_find(study, &(gs_finding){"largest difference of the two scores",
                                       "",
                                       gs_exact(score),
                                       GS_EXPECT_VALUE,
                                       {0},
                                       "theory, a constant has no gradient"});
    gs_study_find(study, &(gs_finding){"difference of the two energies (least ... most)",
                                       "",
                                       energy,
                                       GS_EXPECT_VALUE,
                                       {CONSTANT},
                                       "theory, log Z"});
    gs_study_find(study, &(gs_finding){"states of 1000 chains of Langevin dynamics that differ after 200 steps",
                                       "",
                                       gs_exact((double)count_different(out, out + CHAINS, CHAINS)),
                                       GS_EXPECT_VALUE,
                                       {0},
                                       "theory, chains see the score only"});
    return GS_OK;
}

static void say(gs_study *study) {
    gs_study_say(study,
                 "exp(-E) becomes a density only when it is divided by Z, an integral over all x that nobody can "
                 "compute for images. In the first figure the energy is lowered by 5, so that Z grows to exp(5): "
                 "the two energies are 5 apart, but their scores are one curve, because a constant has no "
                 "gradient. Chains with the same random numbers are the same to the last bit.");
    gs_study_say(study,
                 "So scores can be learned, and chains can run, without Z. It is needed to say how probable an x "
                 "is. Annealed importance sampling estimates it: each chain goes from a Gaussian, whose Z is "
                 "known, through many temperatures to the target, and collects a weight whose mean is Z.");
    gs_study_say(
        study,
        "In the second figure the marks close in on log Z = 7 as there are more temperatures: by "
        "Jensen's inequality the mean logarithm of the weights is below log Z on the way up, and above it on the way "
        "down, which only a density with exact samples allows.");
}

static gs_status run(gs_study *study, gs_error *error) {
    say(study);
    gs_status status = compare_alike(study, error);
    return status ? status : gs_study_anneal(study, gs_study_whole(study, GS_STUDY_N), error);
}

const gs_study_row gs_study_partition = {
    .name = "partition",
    .item = "2.1.1",
    .title = "What Z is, and who needs it",
    .about = "That the score does not see the partition function Z, and how log Z is estimated where it is wanted",
    .takes = {{.parameter = GS_STUDY_TEMPERATURES, .value = "16,32,64,128,256"},
              {.parameter = GS_STUDY_N, .value = "1000", .least = 100}},
    .run = run};
