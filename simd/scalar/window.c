#include "vec.h"
#include "window.inc"
