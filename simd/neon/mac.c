#include "vec.h"
#include "mac.inc"
