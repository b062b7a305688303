/* What the threads of a crew run. */
#ifndef GS_RUN_H
#define GS_RUN_H

#include "engine/crew.h"

/* Do what the crew's leader asks of another member, who has just met it. The last thing that it does is to meet the
 * others; from then on what the leader asked for may change. */
void gs_plan_follow(gs_crew *crew, const gs_member *member, unsigned *meetings);

#endif
