#include "vec.h"
#include "pointwise.inc"
