/* Proposals of rejection sampling: the decision about them, and the vectors of those that are accepted. */
#ifndef GS_PROPOSALS_H
#define GS_PROPOSALS_H

#include "base/base.h"
#include "kernels.h"

/* One call of gs_rejection, as the functions below see it. Immutable. */
typedef struct gs_target {
    const gs_kernels *kernels;
    uint64_t seed;
    int dim;
    double steepness; /* s of gs_rejection */
    double wide;      /* sq */
    const float *mu;  /* (dim), or NULL */
} gs_target;

typedef struct gs_accepted {
    uint64_t proposal;
    double square; /* |z|^2 */
} gs_accepted;

enum { GS_PROPOSAL_BATCH = 256 };

/* Decide about the proposals first ... first + count - 1; `first` and `count` are multiples of 16, and count at most
 * GS_PROPOSAL_BATCH. `vector` has room for one vector, a multiple of 64. Accepted ones go, in order, to `accepted` with
 * room for all; returns their number. */
typedef size_t gs_rejection_decide(const gs_target *t, uint64_t first, int count, float *vector, gs_accepted *accepted);
gs_rejection_decide gs_decide_plain, gs_decide_early, gs_decide_radius;

/* The sample x of an accepted proposal into out (dim). */
typedef void gs_rejection_draw(const gs_target *t, const gs_accepted *accepted, float *vector, float *out);
gs_rejection_draw gs_draw_vector, gs_draw_direction;

/* How much of a proposal's vector is drawn for the decision about it. */
typedef enum gs_drawn { GS_DRAWN_NONE, GS_DRAWN_PART, GS_DRAWN_ALL } gs_drawn;

/* One row of rejections.def. */
typedef struct gs_rejection_row {
    gs_rejection_info info;
    gs_rejection_decide *decide;
    gs_rejection_draw *draw;
    gs_drawn drawn;
} gs_rejection_row;

/* Whether a proposal is accepted with the radius that belongs to it, *square = |z|^2, all in double precision. */
bool gs_radius_accepts(const gs_target *t, uint64_t proposal, double *square);

#endif
