/* The parts of study data: what is measured (data.c), and how it is shown (data_page.c). */
#ifndef GS_STUDY_DATA_H
#define GS_STUDY_DATA_H

#include "random/random.h"
#include "study/passage.h"

enum {
    GS_DATA_SIDE = 28,
    GS_DATA_PIXELS = GS_DATA_SIDE * GS_DATA_SIDE,
    GS_DATA_BATCH = 64,
    GS_DATA_BINS = 10, /* of pixels */
    GS_DATA_ONES = 20  /* numbers of ones in a batch that are told apart, the last with all above */
};

typedef struct gs_data_set {
    gs_digits digits;
    size_t pixels;
    double *ink, *dark, *light, *width; /* (n) mean pixel, shares of black and white ones, width of strokes */
    double *square;                     /* (n) mean squared distance of pixels from the mean of all */
    double bin[GS_DATA_BINS];           /* shares of pixels by value */
    float *mean_image;                  /* (classes, pixels) */
    uint64_t count[GS_DIGIT_CLASSES];
    gs_estimate mean, sd; /* of pixels */
} gs_data_set;

typedef struct gs_data {
    gs_study *study;
    const gs_model_info *info; /* of the network of all classes, with MNIST's shares */
    gs_data_set training, test;
    uint32_t batch[GS_DATA_BATCH]; /* numbers of the training images in the first batch */
    uint64_t lacking;              /* batches that lack a class */
    uint64_t ones[GS_DATA_ONES];   /* batches by how many ones they have */
    double ones_is[GS_DATA_ONES], ones_theory[GS_DATA_ONES];
    gs_estimate lack;
    double lack_theory;
    gs_estimate agreement; /* of the judge with the test set's labels */
} gs_data;

gs_status gs_data_show(gs_data *data, gs_error *error);

#endif
