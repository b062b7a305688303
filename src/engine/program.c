#include "engine/program.h"

#include <string.h>

#include "engine/method.h"

enum { LANES = GS_F32_LANES };

/* ---- Encoding ---- */

void gs_program_add(gs_program *p, gs_program_op op) {
    int n = p->ops[0];
    if (n == p->room) {
        int larger = p->room ? 2 * p->room : 64;
        gs_program_op *moved = gs_alloc((size_t)larger, sizeof *moved);
        if (moved && p->op[0])
            memcpy(moved, p->op[0], (size_t)n * sizeof *moved);
        p->failed |= !moved;
        if (!moved)
            return;
        gs_free(p->op[0]);
        p->op[0] = moved;
        p->room = larger;
    }
    p->op[0][p->ops[0]++] = op;
}

gs_program_place gs_program_buffer(const gs_plan *plan, int buffer, size_t element) {
    const gs_buffer *b = &plan->buffer[buffer];
    ptrdiff_t at = (ptrdiff_t)element;
    if (buffer == plan->x_buffer)
        return (gs_program_place){GS_BASE_X, at};
    if (buffer == plan->seed_buffer)
        return (gs_program_place){GS_BASE_SEED, at};
    for (int k = 0; k < plan->model->info.outputs; k++)
        if (buffer == plan->output_buffer[k])
            return (gs_program_place){GS_BASE_OUTPUT + k, at};
    gs_program_place alias = plan->program->alias[buffer];
    if (alias.base != GS_BASE_SCRATCH)
        return (gs_program_place){alias.base, alias.at + at};
    return (gs_program_place){GS_BASE_SCRATCH, (ptrdiff_t)(b->offset[0] / GS_VECTOR_BYTES) + at};
}

bool gs_program_alias(const gs_plan *plan, int buffer, gs_program_place place) {
    bool stays = place.base == GS_BASE_X || place.base == GS_BASE_SEED;
    bool may = stays && gs_program_buffer(plan, buffer, 0).base == GS_BASE_SCRATCH;
    if (may)
        plan->program->alias[buffer] = place;
    return may;
}

gs_program_place gs_program_source(const gs_plan *plan, const gs_step *step, int k, size_t element) {
    const gs_source *s = &step->source[k];
    return s->kind == GS_SOURCE_BUFFER ? gs_program_buffer(plan, s->index, element)
                                       : (gs_program_place){GS_BASE_CONDITION, (ptrdiff_t)(s->offset + element)};
}

/* ---- What outputs need ---- */

/* By buffer, the set of outputs that need it. Every buffer is written by one step. */
static void find_needs(const gs_plan *plan, unsigned *needs) {
    for (int k = 0; k < plan->model->info.outputs; k++)
        needs[plan->output_buffer[k]] |= 1u << k;
    for (int s = plan->steps - 1; s >= 0; s--) {
        const gs_step *step = &plan->step[s];
        unsigned by = needs[step->out] | (step->slope >= 0 ? needs[step->slope] : 0);
        needs[step->out] = by;
        for (int i = 0; i < step->sources; i++)
            if (step->source[i].kind == GS_SOURCE_BUFFER)
                needs[step->source[i].index] |= by;
    }
}

static bool select_ops(const gs_plan *plan, gs_program *p) {
    unsigned *needs = gs_alloc((size_t)plan->buffers, sizeof *needs);
    bool ok = needs != NULL;
    if (ok)
        find_needs(plan, needs);
    for (unsigned set = 1; set < GS_OUTPUT_SETS && ok; set++) {
        p->op[set] = gs_alloc((size_t)p->ops[0], sizeof *p->op[set]);
        ok = p->op[set] != NULL;
        for (int s = 0; s < plan->steps && ok; s++)
            for (int i = p->first[s]; i < p->first[s + 1] && needs[plan->step[s].out] & set; i++)
                p->op[set][p->ops[set]++] = p->op[0][i];
    }
    gs_free(needs);
    return ok;
}

gs_status gs_program_create(gs_plan *plan, gs_error *error) {
    if (plan->buffer[plan->x_buffer].layout != GS_ABREAST)
        return GS_OK;
    gs_program *p = plan->program = gs_alloc(1, sizeof *p);
    if (p) {
        p->first = gs_alloc((size_t)plan->steps + 1, sizeof *p->first);
        p->alias = gs_alloc((size_t)plan->buffers, sizeof *p->alias);
    }
    bool ok = p && p->first && p->alias;
    for (int s = 0; s < plan->steps && ok; s++) {
        p->first[s] = p->ops[0];
        plan->step[s].method->encode(plan, &plan->step[s], p);
        p->first[s + 1] = p->ops[0];
        ok = !p->failed;
    }
    return ok && select_ops(plan, p) ? GS_OK : gs_fail_memory(error, "the plan");
}

void gs_program_free(gs_plan *plan) {
    if (!plan->program)
        return;
    for (int set = 0; set < GS_OUTPUT_SETS; set++)
        gs_free(plan->program->op[set]);
    gs_free(plan->program->first);
    gs_free(plan->program->alias);
    gs_free(plan->program);
}

/* ---- Running ---- */

size_t gs_program_room_bytes(const gs_plan *plan) {
    return plan->program ? plan->condition_size * GS_VECTOR_BYTES : 0;
}

/* Chains of one level and label share one condition; else each lane gets its own, and those past the last image its. */
static void set_condition(const gs_worker *worker, int i, int i1, gs_program_args *args) {
    const float *const *condition = worker->condition + i;
    int images = i1 - i, same = 1;
    while (same < images && condition[same] == condition[0])
        same++;
    args->base[GS_BASE_CONDITION] = (float *)condition[0];
    args->stride[GS_BASE_CONDITION] = 1;
    if (same == images)
        return;
    float *vectors = args->base[GS_BASE_CONDITION] = worker->room;
    args->stride[GS_BASE_CONDITION] = LANES;
    for (size_t k = 0; k < worker->plan->condition_size; k++)
        for (int l = 0; l < LANES; l++)
            vectors[k * LANES + (size_t)l] = condition[l < images ? l : images - 1][k];
}

static gs_program_args arguments(const gs_worker *worker, int i) {
    const gs_plan *plan = worker->plan;
    gs_program_args args = {
        .base = {
            [GS_BASE_SCRATCH] = (float *)worker->scratch[0], [GS_BASE_X] = gs_buffer_at(worker, plan->x_buffer, i)}};
    for (int b = 0; b < GS_BASES; b++)
        args.stride[b] = LANES;
    if (plan->seed_buffer >= 0)
        args.base[GS_BASE_SEED] = gs_buffer_at(worker, plan->seed_buffer, i);
    for (int k = 0; k < plan->model->info.outputs; k++)
        args.base[GS_BASE_OUTPUT + k] = gs_buffer_at(worker, plan->output_buffer[k], i);
    return args;
}

/* To the next 16 images. */
static void advance(const gs_plan *plan, gs_program_args *args) {
    args->base[GS_BASE_X] += (size_t)plan->buffer[plan->x_buffer].image / sizeof(float) * LANES;
    for (int k = 0; k < plan->model->info.outputs; k++)
        args->base[GS_BASE_OUTPUT + k] += plan->model->info.output_size[k] * LANES;
    if (plan->seed_buffer >= 0)
        args->base[GS_BASE_SEED] += plan->model->info.output_size[0] * LANES;
}

static void run_images(const gs_worker *worker, gs_program_args *args, int i0, int i1) {
    for (int i = i0; i < i1; i += LANES) {
        set_condition(worker, i, i1 - i < LANES ? i1 : i + LANES, args);
        worker->plan->kernels->program(args);
        advance(worker->plan, args);
    }
}

gs_program_args gs_program_begin(const gs_worker *worker, int n) {
    gs_program_args args = arguments(worker, 0);
    set_condition(worker, 0, n, &args);
    return args;
}

void gs_program_run(gs_worker *worker, unsigned wanted, int n) {
    const gs_program *p = worker->plan->program;
    gs_program_args args = arguments(worker, 0);
    args.op = p->op[wanted];
    args.ops = p->ops[wanted];
    run_images(worker, &args, 0, n);
}

void gs_program_run_step(gs_worker *worker, int s, int i0, int i1) {
    const gs_program *p = worker->plan->program;
    gs_program_args args = arguments(worker, i0);
    args.op = p->op[0] + p->first[s];
    args.ops = p->first[s + 1] - p->first[s];
    run_images(worker, &args, i0, i1);
}
