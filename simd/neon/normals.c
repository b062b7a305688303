#include "vec.h"
#include "normals.inc"
