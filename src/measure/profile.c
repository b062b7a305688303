#include "measure/profile.h"

#include <stdio.h>
#include <string.h>

#include "base/floats.h"
#include "base/os.h"
#include "engine/method.h"
#include "engine/plan.h"
#include "measure/statistics.h"

enum { RUNS_LEAST = 5, RUNS_MOST = 1000 };

/* ---- Rows ---- */

static size_t buffer_bytes(const gs_plan *plan, int buffer) {
    const gs_buffer *b = buffer < 0 ? NULL : &plan->buffer[buffer];
    return b ? (size_t)b->images * (size_t)b->image : 0;
}

static void add_step(gs_profile_row *row, const gs_plan *plan, int s) {
    const gs_step *step = &plan->step[s];
    gs_cost cost = gs_step_cost(plan, step);
    row->last = s + 1;
    row->to = plan->buffer[step->out].shape;
    row->weight_bytes += cost.weight_bytes;
    row->scratch_bytes += cost.room_bytes + buffer_bytes(plan, step->out) + buffer_bytes(plan, step->slope);
}

static void make_rows(gs_profile *p, const gs_plan *plan) {
    for (int s = 0; s < plan->steps; s++) {
        const gs_step *step = &plan->step[s];
        gs_profile_row *last = p->rows ? &p->row[p->rows - 1] : NULL;
        if (!last || step->node < 0 || step->node != last->node) {
            last = &p->row[p->rows++];
            *last = (gs_profile_row){.node = step->node,
                                     .first = s,
                                     .from = step->sources ? step->source[0].shape : plan->buffer[step->out].shape,
                                     .images = plan->segment[step->segment].images};
        }
        add_step(last, plan, s);
    }
}

/* Mark what steps read of the condition, and what that is computed from. */
static void find_level(gs_profile *p, const gs_plan *plan) {
    const gs_model *model = plan->model;
    for (int n = 0; n < model->nodes; n++)
        p->row_of[n] = plan->condition_offset[n + GS_VALUE_NODES] != SIZE_MAX ? GS_NODE_LEVEL : GS_NODE_UNUSED;
    for (int n = model->nodes - 1; n >= 0; n--)
        for (int i = 0; p->row_of[n] == GS_NODE_LEVEL && i < model->node[n].inputs; i++)
            if (model->node[n].input[i] >= GS_VALUE_NODES)
                p->row_of[model->node[n].input[i] - GS_VALUE_NODES] = GS_NODE_LEVEL;
}

/* Each node belongs to the row of its owner, an earlier node or itself. */
static void find_nodes(gs_profile *p, const gs_plan *plan) {
    const gs_model *model = plan->model;
    find_level(p, plan);
    for (int r = 0; r < p->rows; r++)
        if (p->row[r].node >= 0)
            p->row_of[p->row[r].node] = r;
    for (int n = 0; n < model->nodes; n++) {
        if (plan->owner[n] < 0)
            continue;
        p->row_of[n] = p->row_of[plan->owner[n]];
        p->row[p->row_of[n]].operations += model->node[n].operations;
    }
}

void gs_profile_describe(const gs_plan *plan, const gs_profile_row *row, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (int s = row->first; s < row->last && used < size; s++) {
        char method[GS_STEP_METHOD_ROOM];
        gs_step_method(&plan->step[s], method);
        used += (size_t)snprintf(text + used, size - used, "%s%s", used ? " + " : "", method);
    }
}

/* ---- Measuring ---- */

/* Memory and results of one measurement. */
typedef struct measurement {
    gs_plan *plan;
    const gs_profile_options *options;
    bool *wanted;           /* by label: only the one */
    float *table;           /* the level's conditions, by label */
    const float *condition; /* of the one */
    float *out[2];
    double *step_s;  /* (steps) of one run */
    double *samples; /* (rows + 1, RUNS_MOST): seconds of rows by run, and at last of the whole */
} measurement;

static gs_status open(measurement *m, int rows, gs_error *error) {
    const gs_plan *plan = m->plan;
    const gs_model_info *info = &plan->model->info;
    m->wanted = gs_labels_wanted(plan, &m->options->label, 1);
    m->step_s = gs_alloc((size_t)plan->steps + 1, sizeof *m->step_s);
    m->samples = gs_alloc((size_t)rows + 1, RUNS_MOST * sizeof *m->samples);
    bool ok = m->wanted && m->step_s && m->samples;
    for (int k = 0; k < info->outputs && ok; k++) {
        m->out[k] = gs_alloc(info->output_size[k], (size_t)m->options->images * sizeof *m->out[k]);
        ok = m->out[k] != NULL;
    }
    return ok ? GS_OK : gs_fail_memory(error, "measuring a plan");
}

static void close(measurement *m) {
    gs_free(m->wanted);
    gs_free(m->table);
    gs_free(m->step_s);
    gs_free(m->samples);
    gs_free(m->out[0]);
    gs_free(m->out[1]);
}

/* Evaluate all images; the seconds that it took. */
static double run(measurement *m, double *step_s) {
    gs_plan *plan = m->plan;
    const gs_model_info *info = &plan->model->info;
    size_t pixels = gs_shape_size(gs_value_shape(plan->model, GS_VALUE_X));
    const float *condition[GS_BLOCK_MAX];
    for (int k = 0; k < GS_BLOCK_MAX; k++)
        condition[k] = m->condition;
    gs_crew alone = gs_crew_alone(0);
    double start = gs_now_s();
    plan->worker->step_s = step_s;
    for (int i = 0; i < m->options->images; i += plan->block) {
        int left = m->options->images - i;
        float *out[2] = {m->out[0], m->out[1]};
        for (int k = 0; k < 2; k++)
            out[k] = out[k] ? out[k] + (size_t)i * info->output_size[k] : NULL;
        gs_plan_run(plan, &alone, m->options->x + (size_t)i * pixels, condition,
                    left < plan->block ? left : plan->block, out);
    }
    plan->worker->step_s = NULL;
    return gs_now_s() - start;
}

static double median(double *values, int n) {
    gs_sort(values, (size_t)n);
    return gs_median(values, (size_t)n);
}

/* The condition of the one label. */
static gs_status compute_level(measurement *m, gs_error *error) {
    gs_free(m->table);
    gs_status status = gs_condition_create(m->plan, m->options->sigma, m->wanted, &m->table, error);
    m->condition = status ? NULL : m->table + (size_t)m->options->label * m->plan->condition_size;
    return status;
}

static gs_status measure_level(measurement *m, gs_profile *p, gs_error *error) {
    double seconds[RUNS_LEAST];
    gs_status status = GS_OK;
    for (int i = 0; i < RUNS_LEAST && !status; i++) {
        double start = gs_now_s();
        status = compute_level(m, error);
        seconds[i] = gs_now_s() - start;
    }
    p->level_seconds = status ? 0 : median(seconds, RUNS_LEAST);
    return status;
}

static void measure_rows(measurement *m, gs_profile *p) {
    double *whole = m->samples + (size_t)p->rows * RUNS_MOST;
    run(m, NULL);
    for (double start = gs_now_s();
         p->runs < RUNS_LEAST || (p->runs < RUNS_MOST && gs_now_s() - start < m->options->seconds); p->runs++) {
        whole[p->runs] = run(m, NULL);
        memset(m->step_s, 0, (size_t)m->plan->steps * sizeof *m->step_s);
        run(m, m->step_s);
        for (int r = 0; r < p->rows; r++)
            for (int s = p->row[r].first; s < p->row[r].last; s++)
                m->samples[(size_t)r * RUNS_MOST + (size_t)p->runs] += m->step_s[s];
    }
    for (int r = 0; r < p->rows; r++)
        p->row[r].seconds = median(m->samples + (size_t)r * RUNS_MOST, p->runs);
    p->seconds = median(whole, p->runs);
}

static gs_status measure(gs_profile *p, gs_plan *plan, const gs_profile_options *options, gs_error *error) {
    measurement m = {.plan = plan, .options = options};
    gs_status status = open(&m, p->rows, error);
    if (!status)
        status = measure_level(&m, p, error);
    if (!status)
        measure_rows(&m, p);
    close(&m);
    return status;
}

gs_status gs_profile_measure(gs_profile *p, gs_plan *plan, const gs_profile_options *options, gs_error *error) {
    *p = (gs_profile){.images = options->images};
    gs_status status = gs_plan_check_labels(plan, &options->label, 1, error);
    if (status)
        return status;
    p->row = gs_alloc((size_t)plan->steps, sizeof *p->row);
    p->row_of = gs_alloc((size_t)plan->model->nodes, sizeof *p->row_of);
    if (!p->row || !p->row_of)
        return gs_fail_memory(error, "measuring a plan");
    make_rows(p, plan);
    find_nodes(p, plan);
    fenv_t callers = gs_floats_enter();
    status = measure(p, plan, options, error);
    gs_floats_leave(&callers);
    return status;
}

void gs_profile_free(gs_profile *p) {
    gs_free(p->row);
    gs_free(p->row_of);
    *p = (gs_profile){0};
}
