/* Making, freeing and describing plans. */
#include "engine/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/floats.h"
#include "base/machine.h"
#include "base/os.h"
#include "base/parallel.h"
#include "cpu.h"
#include "engine/backend.h"
#include "engine/build.h"
#include "engine/gradient.h"
#include "engine/memory.h"
#include "engine/method.h"
#include "engine/program.h"
#include "engine/weights.h"

/* The instruction set that is asked for, and where; NULL: none is. */
static const char *asked_for(const char *wanted, const char **where) {
    *where = "isa";
    if (!wanted || !*wanted) {
        wanted = getenv("GENSAMPLE_ISA");
        *where = "GENSAMPLE_ISA";
    }
    return wanted && *wanted ? wanted : NULL;
}

gs_status gs_kernels_choose(const char *wanted, const gs_kernels **kernels, gs_error *error) {
    const char *where;
    wanted = asked_for(wanted, &where);
    if (!wanted)
        wanted = gs_isa_best();
    *kernels = gs_kernels_find(wanted);
    if (!*kernels) {
        char known[80] = "";
        bool supported;
        for (int i = 0; gs_isa_name(i, &supported); i++)
            snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? ", " : "",
                     gs_isa_name(i, &supported));
        return gs_fail(error, GS_ERROR_ARGUMENT, "%s: \"%.40s\" is no instruction set of this build; known are %s",
                       where, wanted, known);
    }
    if (!gs_cpu_supports(wanted))
        return gs_fail(error, GS_ERROR_UNSUPPORTED, "%s: this CPU or system cannot run %s; the best is %s", where,
                       wanted, gs_isa_best());
    return GS_OK;
}

const char *gs_isa_name(int i, bool *supported) {
    const gs_kernels *k = gs_kernels_at(i);
    *supported = k && gs_cpu_supports(k->isa);
    return k ? k->isa : NULL;
}

const char *gs_isa_best(void) {
    const gs_cpu_features has = gs_cpu_read();
    return gs_isa_best_on(&has);
}

gs_status gs_threads_choose(int wanted, int *threads, gs_error *error) {
    if (wanted < 0 || wanted > GS_THREADS_MAX)
        return gs_fail(error, GS_ERROR_ARGUMENT, "threads %d: expected 1 ... %d", wanted, GS_THREADS_MAX);
    gs_machine machine = wanted ? (gs_machine){0} : gs_machine_read("");
    *threads = wanted ? wanted : gs_machine_threads(&machine, NULL, 0);
    return GS_OK;
}

static gs_status set_dtype(gs_plan *plan, gs_dtype dtype, gs_error *error) {
    const char *name = gs_dtype_name(dtype);
    if (!name)
        return gs_fail(error, GS_ERROR_ARGUMENT, "dtype %d: expected a value of gs_dtype", (int)dtype);
    if (dtype == GS_DTYPE_DEFAULT && !plan->backend)
        dtype = plan->source->quantization.dtype;
    if (dtype == GS_DTYPE_DEFAULT)
        dtype = GS_DTYPE_F32;
    bool integers = dtype == GS_DTYPE_INT8 || dtype == GS_DTYPE_INT16;
    if (integers && !plan->source->quantization.nodes)
        return gs_fail(error, GS_ERROR_UNSUPPORTED,
                       "dtype %s: the model '%s' is not quantised; make a file that is with gensample quantize",
                       gs_dtype_name(dtype), plan->source->info.name);
    if (plan->backend && dtype != GS_DTYPE_F32)
        return gs_fail(error, GS_ERROR_UNSUPPORTED, "dtype %s with backend %s: expected f32, or the native backend",
                       name, plan->backend->name);
    if (integers && plan->wants_gradient)
        dtype = GS_DTYPE_F32;
    plan->product = gs_alloc(GS_PRODUCTS, sizeof *plan->product);
    if (!plan->product)
        return gs_fail_memory(error, "the plan");
    plan->product[0] = gs_product_type_of(GS_DTYPE_F32, plan->kernels);
    plan->product[1] = gs_product_type_of(dtype, plan->kernels);
    plan->product[2] = gs_product_type_of(dtype == GS_DTYPE_INT8 ? GS_DTYPE_INT16 : dtype, plan->kernels);
    return GS_OK;
}

/* Where nobody asks for an instruction set, plans in bf16 get the one that multiplies it fastest. */
static void choose_for_bf16(gs_plan *plan, const char *wanted) {
    const char *where;
    const gs_product_type *type = &plan->product[1];
    if (type->dtype != GS_DTYPE_BF16 || type->traits.exactness == GS_EXACT || asked_for(wanted, &where))
        return;
    plan->kernels = gs_kernels_find(gs_isa_for_bf16(plan->kernels->isa, gs_cpu_bf16_is_slow()));
    for (int i = 0; i < GS_PRODUCTS; i++)
        plan->product[i] = gs_product_type_of(plan->product[i].dtype, plan->kernels);
}

static gs_status set_options(gs_plan *plan, const gs_plan_options *options, gs_error *error) {
    static const gs_plan_options none;
    options = options ? options : &none;
    gs_status status = gs_threads_choose(options->threads, &plan->threads, error);
    if (status)
        return status;
    if (options->block < 0 || options->block > GS_BLOCK_MAX)
        return gs_fail(error, GS_ERROR_ARGUMENT, "block %d: expected 1 ... %d", options->block, GS_BLOCK_MAX);
    status = gs_places_create(plan->threads, &plan->places, error);
    if (status)
        return status;
    plan->crew_threads = gs_crew_threads(plan->threads);
    plan->crew_most = plan->crew_threads;
    if (plan->places && plan->places->moves && plan->places->most < plan->crew_most)
        plan->crew_most = plan->places->most;
    plan->block = options->block;
    plan->wants_gradient = options->gradient;
    status = gs_backend_find(options->backend, &plan->backend, error);
    if (!status)
        status = gs_kernels_choose(options->isa, &plan->kernels, error);
    if (!status)
        status = set_dtype(plan, options->dtype, error);
    if (!status)
        choose_for_bf16(plan, options->isa);
    return status;
}

/* Finish the steps, whose strides and segments are known. */
static gs_status place_steps(gs_plan *plan, gs_error *error) {
    gs_status status = GS_OK;
    for (int s = 0; s < plan->steps && !status; s++) {
        gs_step *step = &plan->step[s];
        if (step->method->place)
            status = step->method->place(plan, step, error);
        gs_cost cost = gs_step_cost(plan, step);
        plan->weight_bytes += cost.weight_bytes;
        if (cost.room_bytes > plan->room_bytes)
            plan->room_bytes = cost.room_bytes;
    }
    if (!status)
        status = gs_program_create(plan, error);
    size_t room = gs_program_room_bytes(plan);
    plan->room_bytes = room > plan->room_bytes ? room : plan->room_bytes;
    return status;
}

/* ---- Copies for NUMA nodes ---- */

/* A copy of a plan is made as the plan itself is, by a thread of the node, whose memory then has what is packed; steps,
 * addresses and results are the same. Plans of another backend than the native one have no copies. */

static gs_status make_parts(gs_plan *plan, gs_error *error);

/* What the copies' makers share. */
typedef struct copying {
    const gs_plan *plan;
    gs_status *status; /* (copies - 1) */
    gs_error *error;   /* (copies - 1) */
} copying;

/* What planning chose, for the parts that a copy does itself. */
static gs_status make_copy(const gs_plan *plan, gs_plan **out, gs_error *error) {
    gs_plan *copy = *out = gs_alloc(1, sizeof *copy);
    gs_product_type *product = gs_alloc(GS_PRODUCTS, sizeof *product);
    if (!copy || !product) {
        gs_free(product);
        return gs_fail_memory(error, "a plan's copy");
    }
    memcpy(product, plan->product, GS_PRODUCTS * sizeof *product);
    *copy = (gs_plan){.source = plan->source,
                      .model = plan->model,
                      .kernels = plan->kernels,
                      .element = plan->element,
                      .product = product,
                      .threads = plan->threads,
                      .crew_threads = gs_crew_threads(plan->threads),
                      .crew_most = plan->crew_most,
                      .places = plan->places,
                      .is_copy = true,
                      .copies = 1,
                      .block = plan->block,
                      .wants_gradient = plan->wants_gradient,
                      .shares_all = plan->shares_all};
    return make_parts(copy, error);
}

/* Threads of a region take one copy after the other, each on the node of those who will read it. */
static void make_copies(void *context, int thread, int threads) {
    const copying *c = context;
    const gs_places *places = c->plan->places;
    for (int i = thread; i < c->plan->copies - 1; i += threads) {
        gs_stay stay;
        gs_places_enter(places, gs_places_reader(places, i + 1), &stay);
        c->status[i] = make_copy(c->plan, &c->plan->copy[i], &c->error[i]);
        gs_places_leave(&stay);
    }
}

static gs_status copy_plan(gs_plan *plan, gs_error *error) {
    plan->copies = plan->places && !plan->backend ? plan->places->copies : 1;
    if (plan->copies == 1)
        return GS_OK;
    size_t others = (size_t)plan->copies - 1;
    copying c = {
        .plan = plan, .status = gs_alloc(others, sizeof *c.status), .error = gs_alloc(others, sizeof *c.error)};
    plan->copy = gs_alloc(others, sizeof(gs_plan *));
    gs_status status = c.status && c.error && plan->copy ? GS_OK : gs_fail_memory(error, "a plan's copies");
    if (!status)
        gs_parallel_region(plan->copies - 1, make_copies, &c);
    for (size_t i = 0; i < others && !status; i++) {
        status = c.status[i];
        if (status && error)
            *error = c.error[i];
    }
    gs_free(c.status);
    gs_free(c.error);
    return status;
}

static const gs_plan *beside(const gs_plan *plan, int thread) {
    int copy = plan->copies > 1 ? gs_places_copy(plan->places, thread) : 0;
    return copy ? plan->copy[copy - 1] : plan;
}

/* ---- Parts of planning ---- */

/* Scratch memory up to this many bytes is taken without asking the system how much it has, which takes about as long as
 * making a small plan. */
static const double surely_there = 1 << 26;

/* A small file can ask for a lot of memory, by large padding for example. */
static gs_status check_scratch(const gs_plan *plan, gs_error *error) {
    double each = (double)plan->scratch_bytes + (double)plan->room_bytes;
    if (each * plan->threads <= surely_there)
        return GS_OK;
    double memory = gs_machine_bytes();
    if (each * plan->threads <= memory)
        return GS_OK;
    return gs_fail(
        error, GS_ERROR_MEMORY,
        "network %s: %d thread%s with blocks of %d take %.3g GB of scratch memory, this process may use %.3g GB",
        plan->model->info.name, plan->threads, plan->threads == 1 ? "" : "s", plan->block, each * plan->threads * 1e-9,
        memory * 1e-9);
}

static gs_status make_workers(gs_plan *plan, gs_error *error) {
    gs_status status = check_scratch(plan, error);
    if (status)
        return status;
    plan->worker = gs_alloc((size_t)plan->threads, sizeof *plan->worker);
    for (int t = 0; plan->worker && t < plan->threads; t++) {
        gs_worker *w = &plan->worker[t];
        char *memory = gs_alloc_large(plan->scratch_bytes + plan->room_bytes, 1);
        if (!memory)
            return gs_fail_memory(error, "the threads' scratch memory");
        gs_places_renew(plan->places, memory, plan->scratch_bytes + plan->room_bytes);
        *w = (gs_worker){
            .plan = beside(plan, t), .scratch = {memory, memory}, .parts = 1, .room = memory + plan->scratch_bytes};
    }
    return plan->worker ? GS_OK : gs_fail_memory(error, "the threads");
}

static gs_status make_memory(gs_plan *plan, gs_error *error) {
    gs_status status = copy_plan(plan, error);
    return !status ? make_workers(plan, error) : status;
}

static gs_status add_gradient(gs_plan *plan, gs_error *error) {
    if (!plan->wants_gradient)
        return GS_OK;
    if (plan->backend)
        return gs_fail(error, GS_ERROR_UNSUPPORTED, "the gradient with backend %s: expected the native backend",
                       plan->backend->name);
    gs_status status = gs_gradient_graph(plan->source, &plan->gradient, error);
    if (!status)
        plan->model = plan->gradient;
    return status;
}

static gs_status open_backend(gs_plan *plan, gs_error *error) {
    return plan->backend ? plan->backend->open(plan, error) : GS_OK;
}

/* How the plan was made. */
static gs_plan_options options_of(const gs_plan *plan) {
    return (gs_plan_options){.isa = plan->kernels->isa,
                             .threads = plan->threads,
                             .block = plan->block,
                             .backend = plan->backend ? plan->backend->name : NULL,
                             .gradient = plan->wants_gradient,
                             .dtype = plan->product[1].dtype};
}

/* What planning does, in order, and what of it a copy does, too. */
static const struct {
    const char *name;
    gs_status (*make)(gs_plan *plan, gs_error *error);
    bool copied;
} parts[] = {{"the gradient's graph", add_gradient, false},
             {"the backend", open_backend, false},
             {"methods and packed weights", gs_plan_build, true},
             {"the noise level's part", gs_condition_plan, false},
             {"layout of memory", gs_plan_lay_out, true},
             {"steps' addresses", place_steps, true},
             {"scratch memory", make_memory, false}};
_Static_assert(GS_COUNT(parts) == GS_PLANNING_PARTS, "data.h says how many there are");

const char *gs_planning_part(int i) {
    return i >= 0 && i < GS_PLANNING_PARTS ? parts[i].name : NULL;
}

static gs_status make_parts(gs_plan *plan, gs_error *error) {
    gs_status status = GS_OK;
    for (int i = 0; i < GS_PLANNING_PARTS && !status; i++) {
        double start = gs_now_s();
        if (!plan->is_copy || parts[i].copied)
            status = parts[i].make(plan, error);
        plan->planning_s[i] = gs_now_s() - start;
    }
    return status;
}

static gs_status create(const gs_model *model, const gs_plan_options *options, bool shares_all, gs_plan **out,
                        gs_error *error);

/* Both plans have the same steps, and so the same condition. */
static gs_status plan_exactly(gs_plan *plan, gs_error *error) {
    if (!plan->wants_gradient || plan->source->info.kind != GS_KIND_ENERGY || !gs_is_narrow(&plan->product[1]))
        return GS_OK;
    gs_plan_options options = options_of(plan);
    options.dtype = GS_DTYPE_F32;
    gs_status status = create(plan->source, &options, plan->shares_all, &plan->exact, error);
    if (!status)
        plan->weight_bytes += plan->exact->weight_bytes;
    return status;
}

static gs_status create(const gs_model *model, const gs_plan_options *options, bool shares_all, gs_plan **out,
                        gs_error *error) {
    *out = NULL;
    gs_plan *plan = gs_alloc(1, sizeof *plan);
    if (!plan)
        return gs_fail_memory(error, "the plan");
    plan->model = plan->source = model;
    plan->shares_all = shares_all;
    gs_status status = set_options(plan, options, error);
    gs_stay stay;
    gs_places_enter(plan->places, 0, &stay);
    if (!status)
        status = make_parts(plan, error);
    gs_places_leave(&stay);
    if (!status)
        status = plan_exactly(plan, error);
    if (status) {
        gs_plan_free(plan);
        return status;
    }
    *out = plan;
    return GS_OK;
}

gs_status gs_plan_create(const gs_model *model, const gs_plan_options *options, gs_plan **out, gs_error *error) {
    fenv_t callers = gs_floats_enter();
    gs_status status = create(model, options, false, out, error);
    gs_floats_leave(&callers);
    return status;
}

gs_status gs_plan_create_sharing(const gs_model *model, const gs_plan_options *options, gs_plan **out,
                                 gs_error *error) {
    return create(model, options, true, out, error);
}

gs_status gs_plan_create_again(const gs_plan *plan, const gs_model *model, gs_plan **out, gs_error *error) {
    gs_plan_options options = options_of(plan);
    return create(model, &options, plan->shares_all, out, error);
}

static void free_copies(gs_plan *plan) {
    for (int i = 0; plan->copy && i < plan->copies - 1; i++)
        gs_plan_free(plan->copy[i]);
    gs_free(plan->copy);
    if (!plan->is_copy)
        gs_free(plan->places);
}

void gs_plan_free(gs_plan *plan) {
    if (!plan)
        return;
    gs_plan_free(plan->exact);
    for (int s = 0; s < plan->steps; s++) {
        gs_step *step = &plan->step[s];
        if (step->method->free)
            step->method->free(plan, step);
        gs_free(step->source); /* and the own data with it */
    }
    if (plan->backend)
        plan->backend->close(plan);
    for (int t = 0; plan->worker && t < plan->threads; t++)
        gs_free(plan->worker[t].scratch[0]);
    gs_free(plan->worker);
    free_copies(plan);
    gs_free(plan->step);
    gs_free(plan->buffer);
    gs_free(plan->segment);
    gs_free(plan->stage);
    gs_program_free(plan);
    gs_free(plan->condition_offset);
    gs_free(plan->product);
    gs_condition_free(plan);
    gs_weights_free(plan);
    gs_model_free(plan->gradient);
    gs_model_free(plan->renewed);
    gs_free(plan);
}

gs_plan_info gs_plan_get_info(const gs_plan *plan) {
    return (gs_plan_info){.isa = plan->kernels->isa,
                          .backend = plan->backend ? plan->backend->name : "native",
                          .dtype = plan->product[1].dtype,
                          .exact = !plan->backend && plan->product[1].traits.exactness == GS_EXACT,
                          .threads = gs_parallel_threads(plan->threads),
                          .block = plan->block,
                          .weight_bytes = plan->weight_bytes,
                          .scratch_bytes = (size_t)plan->threads * (plan->scratch_bytes + plan->room_bytes),
                          .steps = plan->steps};
}

gs_plan_memory gs_plan_get_memory(const gs_plan *plan) {
    gs_plan_memory memory = {0};
    size_t spare;
    if (plan->exact)
        memory = gs_plan_get_memory(plan->exact);
    memory.weights += gs_weights_bytes(plan, &spare);
    memory.spare += spare;
    memory.copies = plan->copies;
    memory.scratch += gs_alloc_large_bytes(plan->scratch_bytes + plan->room_bytes);
    memory.threads = plan->threads;
    return memory;
}

const char *gs_step_method(const gs_step *step, char text[GS_STEP_METHOD_ROOM]) {
    const gs_method *method = step->method;
    const gs_product_type *type = method->product ? method->product(step) : NULL;
    bool narrow = type && gs_is_narrow(type);
    snprintf(text, GS_STEP_METHOD_ROOM, "%s%s%s", method->describe ? method->describe(step) : method->name,
             narrow ? " " : "", narrow ? gs_dtype_name(type->dtype) : "");
    return text;
}

bool gs_plan_describe(const gs_plan *plan, int i, char *text, size_t size) {
    if (i < 0 || i >= plan->steps)
        return false;
    const gs_step *step = &plan->step[i];
    const gs_method *method = step->method;
    const gs_node *node = step->node >= 0 ? &plan->model->node[step->node] : NULL;
    gs_shape out = plan->buffer[step->out].shape, in = step->sources ? step->source[0].shape : out;
    int images = plan->segment[step->segment].images;
    char from[40], to[40], how[GS_STEP_METHOD_ROOM];
    snprintf(from, sizeof from, "%dx%dx%d", in.d[0], in.d[1], in.d[2]);
    snprintf(to, sizeof to, "%dx%dx%d", out.d[0], out.d[1], out.d[2]);
    snprintf(text, size, "%-17s %10s -> %-10s  %-19s %-7s %2d image%s at a time  %s",
             node ? gs_op_name(node->op) : "layout", from, to, gs_step_method(step, how),
             method->backend ? method->backend->name : plan->kernels->isa, images, images == 1 ? " " : "s",
             node ? node->name : "");
    return true;
}

const gs_model *gs_plan_get_model(const gs_plan *plan) {
    return plan->source;
}
