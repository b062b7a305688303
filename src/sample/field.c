#include "sample/field.h"

#include <math.h>
#include <string.h>

#include "base/parallel.h"
#include "sample/samplers.h"
#include "sample/schedule.h"

/* The conversion of a network's output: of_x times x + of_output times the output. */
typedef struct conversion {
    double of_x, of_output;
} conversion;

static conversion to_denoised(gs_kind kind, double sigma) {
    switch (kind) {
    case GS_KIND_ENERGY:
        return (conversion){1, -sigma * sigma};
    case GS_KIND_SCORE:
        return (conversion){1, sigma * sigma};
    case GS_KIND_NOISE:
        return (conversion){1, -sigma};
    default:
        return (conversion){0, 1};
    }
}

static conversion to_gradient(gs_kind kind, double sigma) {
    switch (kind) {
    case GS_KIND_ENERGY:
        return (conversion){0, 1};
    case GS_KIND_SCORE:
        return (conversion){0, -1};
    case GS_KIND_NOISE:
        return (conversion){0, 1 / sigma};
    default:
        return (conversion){1 / (sigma * sigma), -1 / (sigma * sigma)};
    }
}

/* The chains' condition vectors for the given labels, or for none where `labels` is NULL. */
static void find_conditions(const gs_chains *c, const gs_field *field, int level, const int *labels,
                            const float *condition[GS_BLOCK_MAX]) {
    const gs_plan *plan = field->plan;
    for (int i = 0; i < c->n && (labels || c->drawn); i++) {
        int label = labels ? labels[c->first + (size_t)gs_chains_index(c, i)] : plan->model->info.labels;
        if (c->drawn && plan->model->info.labels)
            label = c->drawn[i];
        condition[i] = field->condition[level] + (size_t)label * plan->condition_size;
    }
    const float *none = field->condition[level] + (size_t)plan->model->info.labels * plan->condition_size;
    for (int i = 0; i < c->n && !labels && !c->drawn; i++)
        condition[i] = none;
}

/* One network for the given labels. */
static void evaluate(gs_chains *c, const gs_field *field, int level, const int *labels, conversion to, const float *x,
                     float *energy, float *out) {
    const gs_plan *plan = field->plan;
    const float *condition[GS_BLOCK_MAX];
    find_conditions(c, field, level, labels, condition);
    bool exactly = energy && plan->exact; /* a correction's energies are of float32, whatever its gradients are of */
    if (exactly)
        gs_plan_run_gradient(plan->exact, c->crew, x, condition, c->n, energy, NULL);
    if (plan->model->info.kind == GS_KIND_ENERGY)
        gs_plan_run_gradient(plan, c->crew, x, condition, c->n, exactly ? NULL : energy, out);
    else
        gs_plan_run(plan, c->crew, x, condition, c->n, (float *const[2]){out, NULL});
    gs_chains_evaluated(c, 1);
    if (to.of_x != 0 || to.of_output != 1)
        gs_chains_axpby(c, to.of_x, x, to.of_output, out);
}

/* Add weight |D - x|^2 of each chain. */
static void add_spread(const gs_chains *c, double weight, const float *denoised, const float *x, double *spread) {
    for (int i = 0; i < c->n; i++) {
        double sum = 0;
        for (size_t k = (size_t)i * c->size; k < (size_t)(i + 1) * c->size; k++)
            sum += ((double)denoised[k] - (double)x[k]) * ((double)denoised[k] - (double)x[k]);
        spread[i] += weight * sum;
    }
}

/* The same with guidance, computed from the difference, which is exactly 0 for a chain without a label. */
static void guided(gs_chains *c, const gs_field *field, int level, conversion to, const float *x, float *energy,
                   float *out, double *spread) {
    const gs_sampling *run = c->run;
    bool guides = gs_schedule_guides(&run->options, field->labels, run->sigma[level]);
    double w = guides ? run->options.guidance : 0;
    evaluate(c, field, level, field->labels, to, x, energy, out);
    if (spread)
        add_spread(c, field->weight * (1 + w), out, x, spread);
    if (!guides)
        return;
    float unguided[GS_BLOCK_MAX];
    evaluate(c, field, level, NULL, to, x, energy ? unguided : NULL, c->unguided);
    if (spread)
        add_spread(c, -field->weight * w, c->unguided, x, spread);
    gs_chains_axpby(c, -1, c->unguided, 1, out);
    gs_chains_axpby(c, 1, c->unguided, 1 + w, out);
    for (int i = 0; energy && i < c->n; i++)
        energy[i] = fmaf((float)(1 + w), energy[i] - unguided[i], unguided[i]);
}

static void sum(gs_chains *c, int level, conversion convert(gs_kind, double), const float *x, float *energy, float *out,
                double *spread) {
    const gs_sampling *run = c->run;
    for (int k = 0; k < run->fields; k++) {
        const gs_field *field = &run->field[k];
        float part[GS_BLOCK_MAX], *target = k ? c->term : out;
        guided(c, field, level, convert(field->plan->model->info.kind, run->sigma[level]), x, energy ? part : NULL,
               target, spread);
        if (k)
            gs_chains_axpby(c, field->weight, c->term, 1, out);
        else if (field->weight != 1)
            gs_chains_axpby(c, field->weight, out, 0, out);
        for (int i = 0; energy && i < c->n; i++)
            energy[i] = fmaf((float)field->weight, part[i], k ? energy[i] : 0);
    }
}

void gs_field_gradient(gs_chains *c, int level, const float *x, float *energy, float *gradient) {
    sum(c, level, to_gradient, x, energy, gradient, NULL);
}

bool gs_field_is_abreast(const gs_sampling *run) {
    const gs_field *field = run->field;
    return run->fields == 1 && field->weight == 1 && !field->plan->exact && gs_plan_is_abreast(field->plan) &&
           field->plan->model->info.kind == GS_KIND_ENERGY &&
           !gs_schedule_guides(&run->options, field->labels, run->sigma[0]);
}

gs_abreast_run gs_field_begin_abreast(const gs_chains *c) {
    const gs_field *field = c->run->field;
    const float *condition[GS_BLOCK_MAX];
    find_conditions(c, field, 0, field->labels, condition);
    return gs_plan_begin_abreast(field->plan, c->crew, condition, c->n);
}

void gs_field_run_abreast(gs_abreast_run *run, const float *x, float *energy, float *gradient) {
    gs_plan_run_abreast(run, x, energy, gradient);
    for (int l = 0; energy && l < GS_F32_LANES; l++)
        energy[l] += 0.0F; /* as in a sum of fields, there is no -0 */
}

void gs_field_energy(gs_chains *c, int level, const float *x, float *energy) {
    const gs_sampling *run = c->run;
    for (int k = 0; k < run->fields; k++) {
        const gs_field *field = &run->field[k];
        float part[GS_BLOCK_MAX], unguided[GS_BLOCK_MAX];
        bool guides = gs_schedule_guides(&run->options, field->labels, run->sigma[level]);
        evaluate(c, field, level, field->labels, (conversion){0, 1}, x, part, NULL);
        if (guides)
            evaluate(c, field, level, NULL, (conversion){0, 1}, x, unguided, NULL);
        for (int i = 0; i < c->n; i++) {
            if (guides)
                part[i] = fmaf((float)(1 + run->options.guidance), part[i] - unguided[i], unguided[i]);
            energy[i] = fmaf((float)field->weight, part[i], k ? energy[i] : 0);
        }
    }
}

/* sum_i w_i D_i + (1 - sum_i w_i) x. */
static void denoise(gs_chains *c, int level, const float *x, float *out, double *spread) {
    double rest = 1;
    for (int k = 0; k < c->run->fields; k++)
        rest -= c->run->field[k].weight;
    sum(c, level, to_denoised, x, NULL, out, spread);
    if (rest != 0)
        gs_chains_axpby(c, rest, x, 1, out);
}

void gs_field_denoised(gs_chains *c, int level, const float *x, float *out) {
    denoise(c, level, x, out, NULL);
}

void gs_field_denoised_spread(gs_chains *c, int level, const float *x, float *out, double *spread) {
    for (int i = 0; i < c->n; i++)
        spread[i] = 0;
    denoise(c, level, x, out, spread);
}

static void multiply(gs_chains *c, int level, const int *labels, const float *x, const float *v, float *out) {
    const gs_field *field = c->run->field;
    conversion to = to_denoised(field->plan->model->info.kind, c->run->sigma[level]);
    const float *condition[GS_BLOCK_MAX];
    find_conditions(c, field, level, labels, condition);
    gs_plan_run_product(field->plan, c->crew, x, v, condition, c->n, (float *const[2]){NULL, out});
    gs_chains_evaluated(c, 1);
    gs_chains_axpby(c, to.of_x, v, to.of_output, out);
}

void gs_field_product(gs_chains *c, int level, const float *x, const float *v, float *out) {
    const gs_sampling *run = c->run;
    const int *labels = run->field->labels;
    multiply(c, level, labels, x, v, out);
    if (!gs_schedule_guides(&run->options, labels, run->sigma[level]))
        return;
    multiply(c, level, NULL, x, v, c->unguided);
    gs_chains_axpby(c, -1, c->unguided, 1, out);
    gs_chains_axpby(c, 1, c->unguided, 1 + run->options.guidance, out);
}

void gs_field_decoded(gs_chains *c, const float *x, float *out) {
    const gs_field *field = c->run->field;
    evaluate(c, field, 0, field->labels, (conversion){0, 1}, x, NULL, out);
}

bool gs_field_has_energy(const gs_sampling *run) {
    for (int k = 0; k < run->fields; k++)
        if (run->field[k].plan->model->info.kind != GS_KIND_ENERGY)
            return false;
    return true;
}

gs_status gs_field_check(const gs_model_info *a, const gs_model_info *b, int k, gs_error *error) {
    const gs_model_info *odd = a->kind == GS_KIND_DECODER ? a : b;
    if (odd->kind == GS_KIND_CLASSIFIER || odd->kind == GS_KIND_DECODER) {
        return gs_fail(error, GS_ERROR_UNSUPPORTED,
                       "network %d, %s, is a %s: expected an energy, score, noise or denoiser model",
                       odd == b ? k + 1 : 1, odd->name, gs_kind_name(odd->kind));
    }
    if (memcmp(a->shape, b->shape, sizeof a->shape) != 0) {
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "network %d, %s, has images of %d x %d x %d: expected %d x %d x %d, as of %s", k + 1, b->name,
                       b->shape[0], b->shape[1], b->shape[2], a->shape[0], a->shape[1], a->shape[2], a->name);
    }
    if (a->range[0] != b->range[0] || a->range[1] != b->range[1]) {
        return gs_fail(error, GS_ERROR_ARGUMENT, "network %d, %s, has pixels in [%g, %g]: expected [%g, %g], as of %s",
                       k + 1, b->name, (double)b->range[0], (double)b->range[1], (double)a->range[0],
                       (double)a->range[1], a->name);
    }
    return GS_OK;
}

gs_status gs_field_check_levels(const gs_model *model, const gs_sample_options *o, const gs_model_info *b, int k,
                                gs_error *error) {
    for (int i = 0; b->takes_sigma && i < gs_schedule_visited(o); i++) {
        double sigma = gs_schedule_sigma(model, o, i);
        if (gs_sigma_is_trained(b, sigma) || i == gs_schedule_levels(o))
            continue;
        if (sigma > 0) {
            return gs_fail(error, GS_ERROR_ARGUMENT, "sigmas %g,%g: network %d, %s, was trained on %g,%g", o->sigma_low,
                           o->sigma_high, k + 1, b->name, b->sigma[0], b->sigma[1]);
        }
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "sigmas: network %d, %s, needs a noise level of %g ... %g, of which the first, %s, knows none: "
                       "choose one for all steps, S,S",
                       k + 1, b->name, b->sigma[0], b->sigma[1], model->info.name);
    }
    return GS_OK;
}

/* Checks a further network of a run. */
static gs_status check_term(const gs_sampling *run, const gs_plan *plan, int k, gs_error *error) {
    const gs_model_info *info = &plan->model->info;
    gs_status status = gs_field_check(&run->plan->model->info, info, k, error);
    if (status)
        return status;
    if (gs_sampler_needs_energy(gs_sampler_find(run->options.sampler)) && info->kind != GS_KIND_ENERGY) {
        return gs_fail(error, GS_ERROR_UNSUPPORTED,
                       "network %d, %s, is of kind %s: the sampler %s accepts by energies, which only models of kind "
                       "energy have",
                       k + 1, info->name, gs_kind_name(info->kind), run->options.sampler);
    }
    if (plan->threads < run->plan->threads) {
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "network %d, %s: its plan has %d threads: expected at least %d, the first plan's", k + 1,
                       info->name, plan->threads, run->plan->threads);
    }
    return gs_field_check_levels(run->plan->model, &run->options, info, k, error);
}

/* The condition of all levels. */
typedef struct conditions {
    const gs_sampling *run;
    const gs_field *field;
    const bool *wanted;
} conditions;

static void compute_condition(void *context, size_t level, int thread) {
    (void)thread;
    const conditions *c = context;
    if (level != (size_t)c->run->levels)
        gs_condition_create(c->field->plan, c->run->sigma[level], c->wanted, &c->field->condition[level], NULL);
}

static gs_status prepare(const gs_sampling *run, gs_field *field, gs_error *error) {
    const gs_plan *plan = field->plan;
    if (plan->model->info.kind == GS_KIND_ENERGY && !plan->gradient)
        return gs_fail(error, GS_ERROR_ARGUMENT, "model '%s' is an energy: its plan must be made with the gradient",
                       plan->model->info.name);
    bool draws = gs_sampler_reads(gs_sampler_find(run->options.sampler), GS_SETTING_LABEL_STEPS);
    gs_status status = draws ? GS_OK : gs_plan_check_labels(plan, field->labels, run->n, error);
    if (status)
        return status;
    if (field->labels && run->options.guidance > 0 && plan->model->info.needs_label)
        return gs_guidance_fail(&plan->model->info, &run->options, error);
    field->condition = gs_alloc((size_t)run->visited, sizeof *field->condition);
    bool *wanted = gs_labels_wanted(plan, field->labels, run->n);
    for (int y = 0; wanted && draws && y < plan->model->info.labels; y++)
        wanted[y] = true;
    if (!field->condition || !wanted)
        status = gs_fail_memory(error, "the networks at the noise levels: take fewer steps, or draw fewer at a time");
    else if (field->labels && run->options.guidance > 0)
        wanted[plan->model->info.labels] = true;
    if (!status)
        gs_parallel_for(run->plan->threads, (size_t)run->visited, compute_condition,
                        &(conditions){.run = run, .field = field, .wanted = wanted});
    for (int i = 0; i < run->visited && !status; i++)
        if (!field->condition[i] && i != run->levels)
            status = gs_fail_memory(error, "the noise level's part of the network");
    gs_free(wanted);
    return status;
}

gs_status gs_fields_prepare(gs_sampling *run, gs_plan *plan, gs_error *error) {
    const gs_sample_options *o = &run->options;
    gs_field *field = gs_alloc(1 + (size_t)o->term_count, sizeof *field);
    if (!field)
        return gs_fail_memory(error, "the networks");
    run->field = field;
    run->fields = 1 + o->term_count;
    field[0] = (gs_field){.plan = plan, .weight = o->weight, .labels = o->labels};
    gs_status status = prepare(run, &field[0], error);
    for (int k = 1; k < run->fields && !status; k++) {
        const gs_term *term = &o->terms[k - 1];
        field[k] = (gs_field){.plan = term->plan, .weight = term->weight, .labels = term->labels};
        status = check_term(run, term->plan, k, error);
        if (!status)
            status = prepare(run, &field[k], error);
    }
    return status;
}

void gs_fields_free(gs_sampling *run) {
    for (int k = 0; run->field && k < run->fields; k++) {
        for (int i = 0; run->field[k].condition && i < run->visited; i++)
            gs_free(run->field[k].condition[i]);
        gs_free(run->field[k].condition);
    }
    gs_free(run->field);
}
