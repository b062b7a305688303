#ifndef GS_WINOGRAD_H
#define GS_WINOGRAD_H

#include "engine/method/conv.h"

/* Whether Winograd's method computes a convolution: that depends on the shape alone, never on the CPU. */
bool gs_suits_winograd(const gs_conv *conv);

#endif
