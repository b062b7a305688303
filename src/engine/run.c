/* Running a plan: one block of images from input to output by one crew, and batches of blocks on all threads. */
#include "engine/abreast.h"
#include "engine/method.h"
#include "engine/plan.h"
#include "engine/program.h"
#include "engine/share.h"

#include <math.h>
#include <string.h>

#include "base/floats.h"
#include "base/os.h"

/* Clear some vectors: few, for which a call of memset would take longer. */
static char *clear_vectors(char *at, char *end, int zero) {
    if ((end - at) % GS_VECTOR_BYTES) {
        memset(at, zero, (size_t)(end - at));
        return end;
    }
    for (; at < end; at += GS_VECTOR_BYTES)
        memset(at, zero, GS_VECTOR_BYTES);
    return at;
}

/* Buffers of different shapes share scratch memory, so a halo is written anew where another buffer may have been. */
static void clear_halo(const gs_worker *worker, int buffer, int i0, int i1) {
    const gs_buffer *b = &worker->plan->buffer[buffer];
    const ptrdiff_t inside = b->shape.d[2] * b->column, between = b->row - inside;
    const int zero = b->type ? gs_zero_byte(b->type) : 0;
    const bool pixels = b->plane < b->column; /* all planes of a pixel beside each other */
    const ptrdiff_t whole = pixels ? (b->shape.d[1] + b->before + b->after) * b->row : b->plane;
    gs_share share = gs_share_of(worker, pixels ? 1 : b->planes);
    for (int i = i0; i < i1; i++)
        for (int p = share.begin; p < share.end; p++) {
            char *first = (char *)gs_buffer_at(worker, buffer, i) + p * b->plane, *plane = first - b->origin;
            char *at = first + inside;
            memset(plane, zero, (size_t)b->origin);
            for (int r = 1; r < b->shape.d[1]; r++)
                at = clear_vectors(at, at + between, zero) + inside;
            memset(at, zero, (size_t)(plane + whole - at));
        }
}

/* Whether a step of images i0 ... has to clear its result's halo. */
static bool clears(const gs_step *step, const gs_worker *worker, int i0) {
    return step->clears[0] && !(step->stays_clear && i0 > worker->image0[GS_STAGE]);
}

static void run_step(const gs_step *step, gs_worker *worker, int i0, int i1) {
    double start = worker->step_s ? gs_now_s() : 0;
    if (clears(step, worker, i0))
        clear_halo(worker, step->out, i0, i1);
    if (step->clears[1])
        clear_halo(worker, step->slope, i0, i1);
    if (worker->plan->program)
        gs_program_run_step(worker, (int)(step - worker->plan->step), i0, i1);
    else
        step->method->run(step, worker, i0, i1);
    if (worker->step_s)
        worker->step_s[step - worker->plan->step] += gs_now_s() - start;
}

/* A leg of a run: images i0 ... i1 - 1 of a segment, out of images begin ... end - 1 of its stage. */
typedef struct leg {
    const gs_stage *stage;
    const gs_segment *segment;
    int begin, end, i0, i1;
} leg;

static int least(int a, int b) {
    return a < b ? a : b;
}

static void enter_stage(const gs_plan *plan, leg *t, int begin, int n) {
    t->begin = t->i0 = begin;
    t->end = least(begin + t->stage->images, n);
    t->segment = plan->segment + t->stage->first;
}

/* From one leg of a run of n images to the next, initially from none; false past the last. Stage by stage, all of a
 * stage's segments are run for some images before its other images. */
static bool next_leg(gs_worker *worker, int n, leg *t) {
    const gs_plan *plan = worker->plan;
    if (n == 0 || plan->stages == 0)
        return false;
    if (!t->stage) {
        t->stage = plan->stage;
        enter_stage(plan, t, 0, n);
    } else if (t->i1 < t->end) {
        t->i0 = t->i1;
    } else if (++t->segment < plan->segment + t->stage->last) {
        t->i0 = t->begin;
    } else if (t->end < n) {
        enter_stage(plan, t, t->end, n);
    } else if (++t->stage < plan->stage + plan->stages) {
        enter_stage(plan, t, 0, n);
    } else {
        return false;
    }
    t->i1 = least(t->i0 + t->segment->images, t->end);
    worker->image0[GS_STAGE] = t->begin;
    worker->image0[GS_SEGMENT] = t->i0;
    return true;
}

static bool is_shared(const gs_plan *plan, int s) {
    return plan->buffer[plan->step[s].out].shared;
}

/* One member while a crew runs a plan. Once its leader had to wait for others, it goes on alone, in the crew's buffers,
 * from the meeting after that. */
typedef struct role {
    gs_worker *worker;
    gs_crew *crew;
    gs_member member;
    unsigned *meetings; /* that the member has had in this crew */
} role;

/* Meet the others; false if it is time to go. */
static bool meet(role *p) {
    if (p->member.parts == 1)
        return true;
    bool leads = p->member.part == 0, waited = gs_team_meet(&p->member);
    unsigned stop = atomic_load_explicit(&p->crew->stop, memory_order_relaxed), now = ++*p->meetings;
    if (stop == now) {
        p->member = gs_crew_alone(p->member.thread).leader;
        return leads;
    }
    if (leads && waited && stop < now)
        atomic_store_explicit(&p->crew->stop, now + 1, memory_order_relaxed);
    return true;
}

/* A member's part of steps first ... last - 1 for some images; false if it is time to go. */
static bool run_part(role *p, int first, int last, int i0, int i1) {
    gs_worker *worker = p->worker;
    for (int s = first; s < last; s++) {
        const gs_step *step = &worker->plan->step[s];
        if (!is_shared(worker->plan, s)) {
            run_step(step, worker, i0, i1);
            continue;
        }
        worker->part = p->member.part;
        worker->parts = p->member.parts;
        run_step(step, worker, i0, i1);
        worker->part = 0;
        worker->parts = 1;
        if (!meet(p))
            return false;
    }
    return true;
}

static bool any_shared(const gs_plan *plan, int first, int last) {
    while (first < last && !is_shared(plan, first))
        first++;
    return first < last;
}

/* Whether a leg is the first to do shared steps, of those before `end`, again: for the next images of a segment or of
 * a stage. */
static bool shares_again(const gs_plan *plan, const leg *t, int end) {
    if (t->i0 > t->begin)
        return any_shared(plan, t->segment->first, least(t->segment->last, end));
    const gs_segment *first = plan->segment + t->stage->first, *last = plan->segment + t->stage->last - 1;
    return t->begin > 0 && t->segment == first && any_shared(plan, first->first, least(last->last, end));
}

/* A member's part of steps 0 ... end - 1. Before shared buffers are written for the next images, the members meet,
 * since one might still read them. */
static void run_parts(role *p, int n, int end) {
    const gs_plan *plan = p->worker->plan;
    for (leg t = {0}; next_leg(p->worker, n, &t);)
        if ((shares_again(plan, &t, end) && !meet(p)) ||
            !run_part(p, t.segment->first, least(t.segment->last, end), t.i0, t.i1))
            return;
}

/* Steps 0 ... end - 1; with a node, only those that compute it. */
static void run_steps(gs_worker *worker, int n, int end, const int *node) {
    const gs_plan *plan = worker->plan;
    for (leg t = {0}; next_leg(worker, n, &t);)
        for (int s = t.segment->first; s < least(t.segment->last, end); s++)
            if (!node || plan->step[s].node == *node)
                run_step(&plan->step[s], worker, t.i0, t.i1);
}

void gs_plan_run_node(gs_plan *plan, int node, int n) {
    run_steps(&plan->worker[0], n, plan->steps, &node);
}

static void take(gs_worker *worker, int buffer, const float *from, int n) {
    const gs_buffer *b = &worker->plan->buffer[buffer];
    size_t size = gs_shape_size(b->shape);
    if (b->layout == GS_ABREAST) {
        gs_abreast_take(worker->plan->kernels, from, n, size, gs_buffer_at(worker, buffer, 0));
        return;
    }
    for (int i = 0; i < n; i++)
        memcpy(gs_buffer_at(worker, buffer, i), from + (size_t)i * size, size * sizeof(float));
}

static void give(const gs_worker *worker, int buffer, int n, float *to) {
    const gs_buffer *b = &worker->plan->buffer[buffer];
    size_t size = gs_shape_size(b->shape);
    if (b->layout == GS_ABREAST) {
        gs_abreast_give(worker->plan->kernels, gs_buffer_at(worker, buffer, 0), n, size, to);
        return;
    }
    for (int i = 0; i < n; i++)
        memcpy(to + (size_t)i * size, gs_buffer_at(worker, buffer, i), size * sizeof(float));
}

/* Every member of a crew has its own copy of the images. */
static void take_images(gs_worker *worker, const float *x, const float *seed, int n) {
    take(worker, worker->plan->x_buffer, x, n);
    if (seed)
        take(worker, worker->plan->seed_buffer, seed, n);
}

/* The number of the step after the last that a crew shares out, of steps 0 ... end - 1. */
static int end_of_shared(const gs_plan *plan, int end) {
    while (end > 0 && !is_shared(plan, end - 1))
        end--;
    return end;
}

static void be_worker(const gs_plan *plan, gs_worker *worker, const gs_crew *crew, const float *const *condition) {
    worker->crewed = crew->leader.parts > 1;
    worker->scratch[1] = plan->worker[crew->leader.thread].scratch[0];
    worker->condition = condition;
}

static void follow(gs_crew *crew, const gs_member *member, unsigned *meetings) {
    const gs_plan *plan = crew->plan;
    role p = {.worker = &plan->worker[member->thread], .crew = crew, .member = *member, .meetings = meetings};
    be_worker(plan, p.worker, crew, crew->condition);
    take_images(p.worker, crew->x, crew->seed, crew->n);
    run_parts(&p, crew->n, end_of_shared(plan, crew->end));
}

/* What a thread may take to start or to wake up. */
static const double seconds_to_come = 1e-3;

/* Steps 0 ... end - 1 with the whole crew, whose other members are done when the last shared one is. */
static void lead(const gs_plan *plan, gs_crew *crew, gs_worker *worker, const float *x, const float *seed, int n,
                 int end) {
    role p = {.worker = worker, .crew = crew, .member = crew->leader, .meetings = &crew->meetings};
    crew->task = follow;
    crew->plan = plan;
    crew->x = x;
    crew->seed = seed;
    crew->condition = worker->condition;
    crew->n = n;
    crew->end = end;
    double start = gs_now_s();
    gs_team_meet(&crew->leader);
    bool waited = gs_now_s() - start > seconds_to_come;
    if (waited)
        atomic_store_explicit(&crew->stop, crew->meetings + 2, memory_order_relaxed);
    crew->meetings++;
    take_images(worker, x, seed, n);
    run_parts(&p, n, end);
    gs_pace_tried(&crew->pace, waited || p.member.parts == 1);
}

/* The outputs that are wanted of all images, which the plan has abreast, whose x are in its buffer. Where steps are
 * measured, they run one by one. */
static void run_abreast(gs_worker *worker, int n, float *const out[2]) {
    const gs_plan *plan = worker->plan;
    if (worker->step_s)
        run_steps(worker, n, plan->steps, NULL);
    else
        gs_program_run(worker, (out[0] ? 1 : 0) | (out[1] ? 2 : 0), n);
    for (int k = 0; k < plan->model->info.outputs; k++)
        if (out[k])
            give(worker, plan->output_buffer[k], n, out[k]);
}

bool gs_plan_is_abreast(const gs_plan *plan) {
    return plan->program && plan->gradient && plan->output_buffer[1] != plan->x_buffer &&
           plan->output_buffer[1] != plan->output_buffer[0];
}

gs_abreast_run gs_plan_begin_abreast(const gs_plan *plan, gs_crew *crew, const float *const *condition, int n) {
    gs_worker *worker = &plan->worker[crew->leader.thread];
    worker->condition = condition;
    return (gs_abreast_run){.program = plan->program, .kernels = plan->kernels, .args = gs_program_begin(worker, n)};
}

void gs_plan_run_abreast(gs_abreast_run *run, const float *x, float *energy, float *gradient) {
    unsigned wanted = energy ? 3 : 2;
    run->args.base[GS_BASE_X] = (float *)x;
    run->args.base[GS_BASE_OUTPUT + 1] = gradient;
    run->args.op = run->program->op[wanted];
    run->args.ops = run->program->ops[wanted];
    run->kernels->program(&run->args);
    if (energy)
        memcpy(energy, run->args.base[GS_BASE_OUTPUT], GS_VECTOR_BYTES);
}

void gs_plan_run_product(const gs_plan *plan, gs_crew *crew, const float *x, const float *seed,
                         const float *const *condition, int n, float *const out[2]) {
    gs_worker *worker = &plan->worker[crew->leader.thread];
    const gs_model_info *info = &plan->model->info;
    int end = 0;
    for (int k = 0; k < info->outputs; k++)
        if (out[k] && plan->output_end[k] > end)
            end = plan->output_end[k];
    be_worker(plan, worker, crew, condition);
    if (plan->program) {
        worker->crewed = false;
        take_images(worker, x, seed, n);
        run_abreast(worker, n, out);
        return;
    }
    double start = plan->crew_threads > 1 ? gs_now_s() : 0;
    bool crewed = worker->crewed && end_of_shared(plan, end) > 0 && !gs_pace_rests(&crew->pace);
    if (crewed) {
        lead(plan, crew, worker, x, seed, n, end);
    } else {
        worker->crewed = false;
        take_images(worker, x, seed, n);
        run_steps(worker, n, end, NULL);
    }
    if (plan->crew_threads > 1)
        gs_pace_took(&crew->pace, crewed, n, gs_now_s() - start);
    for (int k = 0; k < info->outputs; k++)
        if (out[k])
            give(worker, plan->output_buffer[k], n, out[k]);
}

void gs_plan_run(const gs_plan *plan, gs_crew *crew, const float *x, const float *const *condition, int n,
                 float *const out[2]) {
    gs_plan_run_product(plan, crew, x, NULL, condition, n, out);
}

size_t gs_plan_share(const gs_plan *plan, size_t n) {
    size_t threads = (size_t)plan->threads, block = (size_t)plan->block;
    size_t turns = n / (threads * block) + (n % (threads * block) > 0);
    return n ? (n - 1) / (turns * threads) + 1 : 1;
}

void gs_plan_run_gradient(const gs_plan *plan, gs_crew *crew, const float *x, const float *const *condition, int n,
                          float *energy, float *gradient) {
    gs_plan_run(plan, crew, x, condition, n, (float *const[2]){energy, gradient});
}

gs_status gs_plan_check_labels(const gs_plan *plan, const int *labels, size_t n, gs_error *error) {
    const gs_model_info *info = &plan->model->info;
    int most = info->needs_label ? info->labels - 1 : info->labels;
    if (info->needs_label && !labels && n)
        return gs_fail(error, GS_ERROR_ARGUMENT, "labels: the model '%s' needs a label for every image, 0 ... %d",
                       info->name, most);
    for (size_t i = 0; labels && i < n; i++)
        if (labels[i] < 0 || labels[i] > most)
            return gs_fail(error, GS_ERROR_ARGUMENT, "label %d of image %zu: expected 0 ... %d", labels[i], i, most);
    return GS_OK;
}

bool *gs_labels_wanted(const gs_plan *plan, const int *labels, size_t n) {
    bool *wanted = gs_alloc((size_t)plan->model->info.labels + 1, sizeof *wanted);
    for (size_t i = 0; wanted && labels && i < n; i++)
        wanted[labels[i]] = true;
    if (wanted && !labels)
        wanted[plan->model->info.labels] = true;
    return wanted;
}

/* One call of gs_plan_evaluate, for n images. */
typedef struct batch {
    gs_plan *plan;
    const float *x, *seed, *table;
    const int *labels;
    size_t n, block;
    float *const *out;
} batch;

static void run_block(void *context, size_t turn, gs_crew *crew) {
    const batch *b = context;
    const gs_plan *plan = b->plan;
    const gs_model_info *info = &plan->model->info;
    size_t size = gs_shape_size(gs_value_shape(plan->model, GS_VALUE_X)), i = turn * b->block;
    const float *condition[GS_BLOCK_MAX];
    int images = (int)(b->n - i < b->block ? b->n - i : b->block);
    for (int k = 0; k < images; k++)
        condition[k] = b->table + (size_t)(b->labels ? b->labels[i + (size_t)k] : info->labels) * plan->condition_size;
    float *part[2];
    for (int k = 0; k < 2; k++)
        part[k] = b->out[k] ? b->out[k] + i * info->output_size[k] : NULL;
    const float *seed = b->seed ? b->seed + i * info->output_size[0] : NULL;
    gs_plan_run_product(plan, crew, b->x + i * size, seed, condition, images, part);
}

/* All blocks on all threads, into those of out that are not NULL. */
static void run_blocks(gs_plan *plan, const float *x, const float *seed, const float *table, const int *labels,
                       size_t n, float *const out[2]) {
    batch b = {.plan = plan, .x = x, .seed = seed, .table = table, .labels = labels, .n = n, .out = out};
    b.block = gs_plan_share(plan, n);
    gs_crew_for(plan, &plan->pace, (double)n, (n + b.block - 1) / b.block, run_block, &b);
}

static gs_status evaluate(gs_plan *plan, const float *x, const float *seed, double sigma, const int *labels, size_t n,
                          float *const out[2], gs_error *error) {
    if (plan->model->info.takes_sigma && !(sigma > 0 && sigma <= 1e30))
        return gs_fail(error, GS_ERROR_ARGUMENT, "sigma %g: expected a number above 0 and at most 1e30", sigma);
    gs_status status = gs_plan_check_labels(plan, labels, n, error);
    if (status)
        return status;
    run_blocks(plan, x, seed, gs_condition_keep(plan, sigma, labels, n), labels, n, out);
    return GS_OK;
}

static gs_status evaluate_in_own_floats(gs_plan *plan, const float *x, const float *seed, double sigma,
                                        const int *labels, size_t n, float *const out[2], gs_error *error) {
    fenv_t callers = gs_floats_enter();
    gs_status status = evaluate(plan, x, seed, sigma, labels, n, out, error);
    gs_floats_leave(&callers);
    return status;
}

gs_status gs_plan_evaluate(gs_plan *plan, const float *x, double sigma, const int *labels, size_t n,
                           float *const out[2], gs_error *error) {
    bool second = plan->source->info.outputs > 1;
    return evaluate_in_own_floats(plan, x, NULL, sigma, labels, n, (float *const[2]){out[0], second ? out[1] : NULL},
                                  error);
}

gs_status gs_plan_gradient(gs_plan *plan, const float *x, double sigma, const int *labels, size_t n, float *energy,
                           float *gradient, gs_error *error) {
    const gs_model_info *info = &plan->source->info;
    if (info->kind != GS_KIND_ENERGY)
        return gs_fail(error, GS_ERROR_ARGUMENT, "gradient: model '%s' is a %s, expected an energy", info->name,
                       gs_kind_name(info->kind));
    if (!plan->gradient)
        return gs_fail(error, GS_ERROR_ARGUMENT, "gradient: the plan was made without it");
    return evaluate_in_own_floats(plan, x, NULL, sigma, labels, n, (float *const[2]){energy, gradient}, error);
}

gs_status gs_plan_product(gs_plan *plan, const float *x, const float *v, double sigma, const int *labels, size_t n,
                          float *out, float *product, gs_error *error) {
    const gs_model_info *info = &plan->source->info;
    if (info->kind == GS_KIND_ENERGY)
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "product: model '%s' is an energy, whose derivative is its gradient: expected a score, noise, "
                       "denoiser or decoder model",
                       info->name);
    if (!plan->gradient)
        return gs_fail(error, GS_ERROR_ARGUMENT, "product: the plan was made without the gradient");
    return evaluate_in_own_floats(plan, x, v, sigma, labels, n, (float *const[2]){out, product}, error);
}
