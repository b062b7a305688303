#include "vec.h"
#include "table.inc"
