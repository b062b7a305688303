/* The width of strokes of digits of MNIST's size, which a network of thick strokes is judged by. */
#ifndef GS_MEASURE_STROKES_H
#define GS_MEASURE_STROKES_H

/* The width in pixels from which strokes count as thick: a quarter of MNIST's training images reach it. */
#define GS_STROKE_THICK 2.75

/* Mean width in pixels of the strokes of a drawing, white on black: 2 x ink / total variation, where ink is
 * clamp((p - 0.1) / 0.8, 0, 1) of pixels p in 0 ... 1, and the total variation is the sum of the lengths of its forward
 * differences, with black beyond the border. By the co-area formula that is 2 x area / perimeter, averaged over grey
 * levels: a stroke of width w and length L has the area w L and contours of 2 L. image: (height, width), in which
 * `range` are the values of black and white; pixels beyond them are clipped. 0 for an image without ink. */
double gs_stroke_width(const float *image, int height, int width, const float range[2]);

#endif
