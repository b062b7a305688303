#include "cli/recorded.h"

#include <math.h>

#include "base/machine.h"
#include "cli/result.h"
#include "cli/settings.h"

/* ---- Which steps ---- */

size_t gs_recorded_left_out(const gs_sample_options *options) {
    return options->burn_in > 0 ? (size_t)options->burn_in : (size_t)gs_sample_trace_steps(options) / 2;
}

gs_recorded_part gs_recorded_part_of(size_t end, size_t steps) {
    size_t stride = steps > 0 ? (steps + GS_RECORDED_ROWS - 1) / GS_RECORDED_ROWS : 1;
    return (gs_recorded_part){end, steps, stride, steps / stride};
}

bool gs_recorded_row(const gs_recorded_part *part, size_t step, size_t *row) {
    size_t left = part->end - step, back = left / part->stride;
    *row = part->rows - 1 - (back < part->rows ? back : part->rows - 1);
    return left % part->stride == 0 && back < part->rows;
}

static size_t step_at(const gs_recorded *r, size_t row) {
    const gs_recorded_part *part = &r->part[row > r->part[0].rows];
    size_t last = row > r->part[0].rows ? r->rows : r->part[0].rows;
    return row ? part->end - (last - row) * part->stride : 0;
}

/* ---- Room ---- */

static gs_status check_memory(const gs_recorded *r, size_t n, bool accepts, gs_error *error) {
    if ((accepts ? 3 : 2) * (double)(r->rows + 1) * (double)n * sizeof(float) <= gs_machine_bytes())
        return GS_OK;
    return gs_fail(error, GS_ERROR_MEMORY, "-n: the energies of %zu chains over %zu steps do not fit into memory", n,
                   r->rows);
}

gs_status gs_recorded_open(gs_recorded *recorded, const gs_setup *setup, size_t n, gs_error *error) {
    gs_recorded *r = recorded;
    const gs_sample_options *o = &setup->options;
    size_t steps = (size_t)gs_sample_trace_steps(o), left_out = gs_recorded_left_out(o);
    bool accepts = gs_settings_read_by(o, GS_SETTING_TARGET);
    *r = (gs_recorded){.chains = n, .size = setup->networks.pixels, .max_depth = o->max_depth};
    r->part[0] = gs_recorded_part_of(left_out, left_out);
    r->part[1] = gs_recorded_part_of(steps, steps - left_out);
    r->rows = r->part[0].rows + r->part[1].rows;
    gs_status status = check_memory(r, n, accepts, error);
    if (status)
        return status;
    r->step = gs_alloc(r->rows + 1, sizeof *r->step);
    r->energy = gs_alloc(r->rows + 1, n * sizeof *r->energy);
    r->gradient = gs_alloc(r->rows + 1, n * sizeof *r->gradient);
    r->has_gradient = gs_alloc(n, sizeof *r->has_gradient);
    bool ready = r->step && r->energy && r->gradient && r->has_gradient;
    if (accepts) {
        r->acceptance = gs_alloc(r->rows, n * sizeof *r->acceptance);
        r->accepted = gs_alloc(n, sizeof *r->accepted);
        r->sums = gs_alloc(n, sizeof *r->sums);
        ready = ready && r->acceptance && r->accepted && r->sums;
    }
    for (size_t row = 0; r->step && row <= r->rows; row++)
        r->step[row] = step_at(r, row);
    return ready ? GS_OK : gs_fail_memory(error, "what is recorded of the chains");
}

/* ---- On the way ---- */

static float length(const float *x, size_t size) {
    double sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += (double)x[i] * (double)x[i];
    return (float)sqrt(sum);
}

/* Row number `row` has the state's energy and gradient. */
static void take_state(gs_recorded *r, size_t row, const gs_step_view *view) {
    size_t at = row * r->chains + view->chain;
    r->energy[at] = (float)view->energy;
    r->has_gradient[view->chain] = view->gradient != NULL;
    if (view->gradient)
        r->gradient[at] = length(view->gradient, r->size);
}

/* The step counts; and for the acceptance of row number `row`, which ends with it if it is `complete`. */
static void take_step(gs_recorded *r, size_t row, bool complete, const gs_step_view *view) {
    double *accepted = &r->accepted[view->chain];
    *accepted += view->stats->acceptance;
    if ((size_t)view->step > r->part[0].end)
        gs_step_sums_add(&r->sums[view->chain], view->stats, r->max_depth);
    if (!complete)
        return;
    r->acceptance[(row - 1) * r->chains + view->chain] = (float)(*accepted / (double)(r->step[row] - r->step[row - 1]));
    *accepted = 0;
}

void gs_recorded_watch(gs_recorded *recorded, const gs_step_view *view) {
    gs_recorded *r = recorded;
    size_t step = (size_t)view->step, row = 0;
    bool later = step > r->part[0].end, complete = !step;
    if (step) {
        complete = gs_recorded_row(&r->part[later], step, &row);
        row += 1 + (later ? r->part[0].rows : 0);
    }
    if (complete)
        take_state(r, row, view);
    if (view->stats && r->sums)
        take_step(r, row, complete, view);
}

/* ---- Afterwards ---- */

gs_record gs_recorded_get(gs_recorded *recorded, const gs_setup *setup, size_t done) {
    gs_recorded *r = recorded;
    const gs_sample_options *o = &setup->options;
    gs_close_up(r->energy, r->rows + 1, r->chains, done);
    gs_close_up(r->gradient, r->rows + 1, r->chains, done);
    gs_close_up(r->acceptance, r->rows, r->chains, done);
    r->chains = done;
    return (gs_record){.steps = r->rows,
                       .chains = done,
                       .energy = gs_networks_have_energy(&setup->networks) ? r->energy : NULL,
                       .gradient = r->has_gradient[0] ? r->gradient : NULL,
                       .acceptance = r->acceptance,
                       .burn_in = o->burn_in > 0 ? (size_t)o->burn_in : 0,
                       .max_depth = o->max_depth,
                       .step = r->step,
                       .sums = r->sums};
}

void gs_recorded_free(gs_recorded *recorded) {
    gs_free(recorded->step);
    gs_free(recorded->energy);
    gs_free(recorded->gradient);
    gs_free(recorded->has_gradient);
    gs_free(recorded->acceptance);
    gs_free(recorded->accepted);
    gs_free(recorded->sums);
    *recorded = (gs_recorded){0};
}
