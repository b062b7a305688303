/* Classifiers of x (c, h, w) with two outputs, for networks of a few nodes. */
#ifndef TEST_CLASSIFIERS_H
#define TEST_CLASSIFIERS_H

#include "support/weights.h"

weights *classifier_new(int c, int h, int w);

/* The outputs are nodes `first` and `second` of so many elements, made rank 1. */
void classifier_finish(weights *w, const char *first, int size1, const char *second, int size2);

/* Adds a convolution of c channels to as many, of 3 x 3 taps. */
void classifier_conv(weights *w, const char *name, const char *inputs, size_t c, const char *padding);

#endif
