#include "op/node.h"

size_t gs_shape_size(gs_shape shape) {
    size_t size = 1;
    for (int i = 0; i < shape.rank; i++)
        size *= (size_t)shape.d[i];
    return size;
}
