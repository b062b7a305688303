/* From noise to a digit: what a chain looks like at each noise level, from which level on it is clear what digit it
 * becomes, and from which level on that is settled. */
#include "study/trajectory.h"

#include <math.h>
#include <string.h>

#include "measure/judge.h"

/* Chains from level `at` of the way on: the reverse stochastic process by DPM-Solver++(2M), in equal ratios of noise
 * levels (rho to infinity). Each use has chains, and so random numbers, of its own. */
static gs_sample_options way_from(const gs_trajectory_study *t, int at, int use) {
    return (gs_sample_options){.sampler = "dpmpp-2m",
                               .steps = GS_WAY_STEPS - at,
                               .sigma_high = at ? t->sigma[at] : 30,
                               .sigma_low = 0.01,
                               .rho = 1000,
                               .eta = 1,
                               .seed = gs_study_seed(t->study),
                               .first_chain = (uint64_t)use * t->n};
}

static gs_status find_networks(gs_trajectory_study *t, gs_error *error) {
    const gs_study_network *labelled;
    gs_status status = gs_study_network_get(t->study, GS_DEFAULT_NETWORK, &t->network, error);
    if (!status)
        status = gs_study_network_get(t->study, GS_DEFAULT_LABELLED, &labelled, error);
    for (int i = 0; i < GS_DIGIT_CLASSES && !status; i++)
        t->usual += labelled->info->shares[i] * labelled->info->shares[i];
    return status;
}

static bool make_room(gs_trajectory_study *t) {
    size_t size = t->n * t->network->pixels;
    t->states = gs_study_room(t->study, (GS_WAY_STEPS + 1) * size, sizeof *t->states);
    t->guesses = gs_study_room(t->study, GS_WAY_LOOKS * size, sizeof *t->guesses);
    t->seen = gs_study_room(t->study, GS_WAY_LOOKS * t->n, sizeof *t->seen);
    t->final = gs_study_room(t->study, t->n, sizeof *t->final);
    t->log_since = gs_study_room(t->study, t->n, sizeof *t->log_since);
    return t->states && t->guesses && t->seen && t->final && t->log_since;
}

/* ---- What chains look like ---- */

static gs_status draw(gs_trajectory_study *t, gs_error *error) {
    size_t size = t->n * t->network->pixels;
    float *results = t->states + GS_WAY_STEPS * size, *out = gs_study_room(t->study, size, sizeof *out);
    gs_sample_options options = way_from(t, 0, 0);
    options.trajectory = t->states;
    if (!out)
        return GS_ERROR_MEMORY;
    gs_status status = gs_study_sample(t->study, t->network, &options, t->n, out, error);
    if (status)
        return status;
    gs_sample_levels(t->network->model, &options, t->sigma, GS_WAY_STEPS + 1);
    return gs_study_classify(t->study, results, t->n, t->final, error);
}

/* The digits that images resemble most, by the judge, even where it would take one for none: a mean of digits is none.
 */
static gs_status resemble(gs_trajectory_study *t, const float *images, int *classes, gs_error *error) {
    const gs_study_network *judge;
    gs_status status = gs_study_network_get(t->study, "judge", &judge, error);
    if (status)
        return status;
    size_t logits = judge->info->output_size[0];
    float *logit = gs_study_room(t->study, t->n * logits, sizeof *logit);
    status = logit ? gs_judge_evaluate(judge->plan, images, t->n, logit, NULL, error) : GS_ERROR_MEMORY;
    for (size_t k = 0; k < t->n && !status; k++) {
        classes[k] = 0;
        for (int c = 1; c < GS_DIGIT_CLASSES; c++)
            classes[k] = logit[k * logits + (size_t)c] > logit[k * logits + (size_t)classes[k]] ? c : classes[k];
    }
    return status;
}

static gs_status look(gs_trajectory_study *t, int i, gs_error *error) {
    size_t size = t->n * t->network->pixels;
    float *const guesses[2] = {t->guesses + (size_t)i * size, NULL};
    gs_status status = gs_plan_evaluate(t->network->plan, t->states + (size_t)(i * GS_WAY_EACH) * size,
                                        gs_way_sigma(t, i), NULL, t->n, guesses, error);
    return !status ? resemble(t, guesses[0], t->seen + (size_t)i * t->n, error) : status;
}

static void note_chain(gs_trajectory_study *t, size_t k) {
    int first = -1, since = GS_WAY_LOOKS;
    while (since > 0 && t->seen[(size_t)(since - 1) * t->n + k] == t->final[k])
        since--;
    for (int i = GS_WAY_LOOKS - 1; i >= 0; i--)
        first = t->seen[(size_t)i * t->n + k] == t->final[k] ? i : first;
    if (t->final[k] < 0 || since == GS_WAY_LOOKS)
        return;
    t->since[since]++;
    t->first[first]++;
    t->log_since[t->decided++] = log(gs_way_sigma(t, since));
}

/* ---- Whether they may still change ---- */

/* Go on from `begin` at level i, and count which chains end as the class that they had `before`. */
static gs_status go_back(gs_trajectory_study *t, int i, int use, const float *begin, const int *before,
                         gs_returns *returns, gs_error *error) {
    gs_sample_options options = way_from(t, i * GS_WAY_EACH, use);
    float *out = gs_study_room(t->study, t->n * t->network->pixels, sizeof *out);
    int *after = gs_study_room(t->study, t->n, sizeof *after);
    options.init = begin;
    if (!out || !after)
        return GS_ERROR_MEMORY;
    gs_status status = gs_study_sample(t->study, t->network, &options, t->n, out, error);
    if (!status)
        status = gs_study_classify(t->study, out, t->n, after, error);
    for (size_t k = 0; k < t->n && !status; k++) {
        returns->of += before[k] >= 0 && after[k] >= 0;
        returns->same += before[k] >= 0 && after[k] == before[k];
    }
    return status;
}

/* The same from images with noise of level i, whose classes are the judge's, as those of chains are. */
static gs_status go_back_noised(gs_trajectory_study *t, int i, int use, const float *images, const int *classes,
                                float *noisy, gs_returns *returns, gs_error *error) {
    size_t pixels = t->network->pixels;
    memcpy(noisy, images, t->n * pixels * sizeof *noisy);
    gs_status status = gs_sample_add_noise(gs_study_seed(t->study), (uint64_t)use * t->n, gs_way_sigma(t, i), t->n,
                                           pixels, noisy, error);
    return !status ? go_back(t, i, use + 1, noisy, classes, returns, error) : status;
}

/* The part of the work that is done before level i is looked at, as chains from there on are shorter and shorter. */
static double part_before(int i) {
    double left = 1 - (double)i / GS_WAY_LOOKS;
    return 0.2 + 0.8 * (1 - left * left);
}

static gs_status fork_chains(gs_trajectory_study *t, gs_error *error) {
    size_t size = t->n * t->network->pixels;
    const float *results = t->states + GS_WAY_STEPS * size;
    int *classes = gs_study_room(t->study, t->n, sizeof *classes);
    float *noisy = gs_study_room(t->study, size, sizeof *noisy);
    if (!classes || !noisy)
        return GS_ERROR_MEMORY;
    gs_status status = gs_study_classify(t->study, t->digits.images, t->n, classes, error);
    for (int i = 0; i < GS_WAY_LOOKS && !status; i++) {
        const float *begin = t->states + (size_t)(i * GS_WAY_EACH) * size;
        gs_study_stage(t->study, (part_before(i) + part_before(i + 1)) / 2);
        status = go_back(t, i, 1 + i, begin, t->final, &t->forked[i], error);
        gs_study_stage(t->study, part_before(i + 1));
        if (!status)
            status = go_back_noised(t, i, 1 + GS_WAY_LOOKS + 2 * i, results, t->final, noisy, &t->noised[i], error);
        if (!status && gs_way_decides(i))
            status = go_back_noised(t, i, 1 + 3 * GS_WAY_LOOKS + 2 * i, t->digits.images, classes, noisy,
                                    &t->digits_back[i], error);
    }
    return status;
}

/* ---- The study ---- */

static gs_status run(gs_study *study, gs_error *error) {
    gs_trajectory_study t = {.study = study, .n = gs_study_whole(study, GS_STUDY_N)};
    gs_study_stage(study, 0.05);
    gs_status status = gs_study_digits(study, GS_DIGITS_TEST, t.n, &t.digits, error);
    if (!status)
        status = find_networks(&t, error);
    if (status)
        return status;
    if (!make_room(&t))
        return GS_ERROR_MEMORY;
    gs_study_stage(study, 0.15);
    status = draw(&t, error);
    gs_study_stage(study, 0.2);
    for (int i = 0; i < GS_WAY_LOOKS && !status; i++)
        status = look(&t, i, error);
    for (size_t k = 0; k < t.n && !status; k++)
        note_chain(&t, k);
    if (!status)
        status = fork_chains(&t, error);
    if (!status)
        gs_trajectory_show(&t);
    return status;
}

const gs_study_row gs_study_trajectory = {.name = "trajectory",
                                          .item = "2.2.1",
                                          .title = "From noise to a digit",
                                          .about = "At which noise level is it decided what digit a chain becomes?",
                                          .takes = {{.parameter = GS_STUDY_N, .value = "100", .least = 50}},
                                          .run = run};
