/* Plans of images abreast as programs: their steps are operations on vectors of 16 images, so small that to call them
 * one by one takes longer than their arithmetic, and one kernel does all of them for 16 images (gs_program_args). */
#ifndef GS_PROGRAM_H
#define GS_PROGRAM_H

#include "engine/data.h"

/* What places of operations count from: buffers of a turn, those that a caller sees, and the condition. */
enum { GS_BASE_SCRATCH, GS_BASE_X, GS_BASE_SEED, GS_BASE_OUTPUT, GS_BASE_CONDITION = GS_BASE_OUTPUT + 2, GS_BASES };
_Static_assert((int)GS_BASES <= (int)GS_PROGRAM_BASES, "the kernel has so many");

/* Operations in the order of the steps. Those of step s are first[s] ... first[s + 1] - 1 of op[0]; op[w] has the
 * `ops[w]` that the outputs of the set w need, bit k being output k. */
enum { GS_OUTPUT_SETS = 4 };
struct gs_program {
    int *first;              /* (steps + 1) */
    gs_program_place *alias; /* by buffer: where its values are instead, unless that is in scratch memory */
    gs_program_op *op[GS_OUTPUT_SETS];
    int ops[GS_OUTPUT_SETS], room;
    bool failed; /* memory ran out */
};

/* ---- For methods that encode their steps ---- */

/* Add an operation of the present step. */
void gs_program_add(gs_program *program, gs_program_op op);

/* Let the result of the present step, which is no other than elements of an operand from a place on, be there; false
 * where these do not stay as long. */
bool gs_program_alias(const gs_plan *plan, int buffer, gs_program_place place);

/* Where a buffer, or operand k of a step, is, from one of its elements on. */
gs_program_place gs_program_buffer(const gs_plan *plan, int buffer, size_t element);
gs_program_place gs_program_source(const gs_plan *plan, const gs_step *step, int k, size_t element);

/* ---- For plans ---- */

/* The program of a plan whose memory is laid out, into plan->program. Plans of images one by one have none. Errors:
 * GS_ERROR_MEMORY. */
gs_status gs_program_create(gs_plan *plan, gs_error *error);
void gs_program_free(gs_plan *plan);

/* Bytes of a worker's room that running takes. */
size_t gs_program_room_bytes(const gs_plan *plan);

/* Compute the outputs that are wanted of images 0 ... n - 1, whose x are in their buffer. */
void gs_program_run(gs_worker *worker, unsigned wanted, int n);

/* The kernel's arguments for the first n <= 16 images, without operations. */
gs_program_args gs_program_begin(const gs_worker *worker, int n);

/* Compute step s of images i0 ... i1 - 1. */
void gs_program_run_step(gs_worker *worker, int s, int i0, int i1);

#endif
