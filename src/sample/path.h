/* A path of leapfrog steps that is doubled until it turns back: the arrays of a chain that nuts builds, in place of a
 * recursion, and the criterion by which it stops. */
#ifndef GS_PATH_H
#define GS_PATH_H

#include "sample/adaptation.h"

/* Arrays of a chain's own (gs_chains_own), after those of the mass: state, momenta and gradient at both ends of the
 * path; the momenta of the end that is moving, before it moved; the sum of all momenta; the state drawn from the part
 * that is being built, and its gradient; then those of the stretches. */
enum {
    GS_PATH_LEFT = GS_MASS_STATES,
    GS_PATH_RIGHT = GS_PATH_LEFT + 3,
    GS_PATH_INNER = GS_PATH_RIGHT + 3,
    GS_PATH_SUM,
    GS_PATH_NEW,
    GS_PATH_STRETCH = GS_PATH_NEW + 2
};
/* Offsets of an end's arrays. */
enum { GS_PATH_X, GS_PATH_MOMENTA, GS_PATH_GRADIENT };

/* Arrays of a stretch; there are at most as many of them as doublings. */
enum { GS_STRETCH_FIRST, GS_STRETCH_LAST, GS_STRETCH_SUM, GS_STRETCH_STATES };
#define GS_PATH_STATES(depth) ((size_t)(GS_PATH_STRETCH - GS_MASS_STATES) + (size_t)GS_STRETCH_STATES * (size_t)(depth))

/* Consecutive states of a path, in the order in which it was built: momenta of the first and the last one, and their
 * sum over all. */
typedef struct gs_stretch {
    const float *first, *last, *sum;
} gs_stretch;

/* Whether a path that consists of stretch a and then b turns back: whether its sum of momenta points against those of
 * an end (Betancourt 2017, appendix A.4.2), that of a with the first state of b does, or that of b with the last of a
 * (Stan since 2.21: without these, a path of about one period of all dimensions may be doubled unnoticed). Both may be
 * single states. `sum`, which may be one of theirs, gets the path's sum of momenta. */
bool gs_path_turns(const gs_chains *c, const gs_stretch *a, const gs_stretch *b, float *sum);

/* The stretches that make up the first `states` states of a part, of chain i: as many as ones in the binary number. Add
 * state number `states`, of momenta r, which must stay where they are for this call, and join those of equal length.
 * False if a joint one turns. */
bool gs_path_add(const gs_chains *c, int i, uint32_t states, const float *r);

/* The stretch of all states, whose number is a power of two. */
gs_stretch gs_path_whole(const gs_chains *c, int i, uint32_t states);

#endif
