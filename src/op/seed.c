/* What derivatives begin with. */
#include "op/operation.h"

/* The vector v of a product v^T dy/dx, of y's shape: it comes with the images, and no node computes it. */
const gs_operation gs_op_seed = {.name = "seed"};
