/* Teams: threads that work on the same thing at the same time and wait for each other, as gs_parallel_for's do not.
 * Thread-safe. */
#ifndef GS_TEAM_H
#define GS_TEAM_H

#include "base/places.h"

typedef struct gs_meeting gs_meeting; /* team.c */

/* One thread of a team. */
typedef struct gs_member {
    size_t team; /* which one */
    int thread;  /* its number among all threads, from 0 */
    int part, parts;
    gs_meeting *meeting; /* where the team waits for each other; NULL for a team of one */
} gs_member;

typedef void gs_team_turn(void *context, const gs_member *member);

/* Calls turn(context, member) on every thread of `teams` teams, and returns when all are done. At most `threads`
 * threads are shared out to the teams as evenly as can be; member->parts says how many a team really has, and these are
 * there at the same time. Where there are no more threads than teams, a thread is one team after the other, the only
 * member of each. So it is with a single thread, for whatever reason there is no other (parallel.h), and when memory
 * runs out. Each thread computes in the default floating-point environment (floats.h).
 *
 * With places, each thread runs in its own. Where these move threads, a team has threads of one node only, and where
 * there are fewer teams than nodes, the threads of the other nodes do nothing: members read what the others have just
 * written, which takes several times as long from another node. */
void gs_team_run(const gs_places *places, int threads, size_t teams, gs_team_turn *turn, void *context);

/* Wait until every member of the team has called it as often; then each sees what the others wrote before. It takes
 * about as long as a cache line takes from one core to another, as long as all threads run. A member that waits longer
 * goes to sleep; returns whether this one did. */
bool gs_team_meet(const gs_member *member);

/* ---- Meetings, for threads that gs_team_run has not started, too ---- */

/* For at most `parts` members; NULL when memory runs out. Freed by gs_meeting_free, which takes NULL. */
gs_meeting *gs_meeting_create(int parts);
void gs_meeting_free(gs_meeting *meeting);

#endif
