/* Methods that the planner adds between those of nodes, where a value is needed in another layout. */
#ifndef GS_LAYOUT_H
#define GS_LAYOUT_H

#include "engine/method.h"

/* Copy a value of the condition into a planar buffer. */
extern const gs_method gs_method_load;

/* By layout of the result: from planar to blocked or padded, and from blocked to planar. */
extern const gs_method *const gs_methods_to[GS_LAYOUTS];

#endif
