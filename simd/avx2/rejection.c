#include "vec.h"
#include "rejection.inc"
