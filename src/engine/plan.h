/* What the rest of the library does with plans, beside what the public interface has. */
#ifndef GS_PLAN_H
#define GS_PLAN_H

#include "engine/condition.h"
#include "engine/crew.h"

/* wanted[label], label 0 ... K, for n labels (NULL: none, which is K); NULL when memory runs out. */
bool *gs_labels_wanted(const gs_plan *plan, const int *labels, size_t n);

/* Images out of n that a crew takes at a time: the plan's block, or fewer so that all threads get equally many. */
size_t gs_plan_share(const gs_plan *plan, size_t n);

gs_status gs_plan_check_labels(const gs_plan *plan, const int *labels, size_t n, gs_error *error);

/* Evaluate images 0 ... n - 1 <= block of x (planar, dense), whose condition vectors are condition[i], into out[k]
 * (dense; NULL if not wanted), with all threads of the crew. Called by its leader. Allocates nothing. */
void gs_plan_run(const gs_plan *plan, gs_crew *crew, const float *x, const float *const *condition, int n,
                 float *const out[2]);

/* The same for a plan with the gradient of a network that is no energy: out[0] is its output F, out[1] seed^T dF/dx,
 * for the vectors `seed`, (n, output_size[0]); either may be NULL. */
void gs_plan_run_product(const gs_plan *plan, gs_crew *crew, const float *x, const float *seed,
                         const float *const *condition, int n, float *const out[2]);

/* The same for a plan with the gradient of an energy: computes the energies (n) and dE/dx (n, C, H, W); either may be
 * NULL. */
void gs_plan_run_gradient(const gs_plan *plan, gs_crew *crew, const float *x, const float *const *condition, int n,
                          float *energy, float *gradient);

/* Whether gs_plan_run_abreast may be called: the plan is that of a gradient, and has images abreast (data.h). */
bool gs_plan_is_abreast(const gs_plan *plan);

/* gs_plan_run_gradient for at most 16 images x that are abreast (abreast.h) already, as the gradient will be, one x
 * after the other: what does not change from x to x is done once. Energies are 16 floats, or NULL. */
typedef struct gs_abreast_run {
    const struct gs_program *program;
    const gs_kernels *kernels;
    gs_program_args args;
} gs_abreast_run;
gs_abreast_run gs_plan_begin_abreast(const gs_plan *plan, gs_crew *crew, const float *const *condition, int n);
void gs_plan_run_abreast(gs_abreast_run *run, const float *x, float *energy, float *gradient);

/* Run again, on this thread, the steps that compute a node of plan->model, for images 0 ... n - 1 <= block, on what the
 * last evaluation of the same images left in their operands' buffers: for measurements of plans with one thread. */
void gs_plan_run_node(gs_plan *plan, int node, int n);

/* The name of part i of planning, whose time is plan->planning_s[i]; NULL past the last one. */
const char *gs_planning_part(int i);

/* gs_plan_create, for tests: crews share out every step that they can, however small. */
gs_status gs_plan_create_sharing(const gs_model *model, const gs_plan_options *options, gs_plan **out, gs_error *error);

/* A plan of another model, with the same graph, that is made as `plan` was. */
gs_status gs_plan_create_again(const gs_plan *plan, const gs_model *model, gs_plan **out, gs_error *error);

/* The kernels of an instruction set by name; NULL means the environment's GENSAMPLE_ISA, else the best. Errors:
 * GS_ERROR_ARGUMENT, GS_ERROR_UNSUPPORTED. */
gs_status gs_kernels_choose(const char *wanted, const gs_kernels **kernels, gs_error *error);

/* 1 ... 1024; 0: the number of processors. Errors: GS_ERROR_ARGUMENT. */
gs_status gs_threads_choose(int wanted, int *threads, gs_error *error);

/* What a plan takes of memory, once all of it is used; bytes. */
typedef struct gs_plan_memory {
    size_t weights; /* packed, of one copy */
    size_t spare;   /* behind them, which is never touched */
    int copies;
    size_t scratch; /* of one thread */
    int threads;
} gs_plan_memory;
gs_plan_memory gs_plan_get_memory(const gs_plan *plan);

/* The model a plan was made from, or its copy with the weights of the last gs_plan_update. */
const gs_model *gs_plan_get_model(const gs_plan *plan);

#endif
