#include "vec.h"
#include "winograd.inc"
