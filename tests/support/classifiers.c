#include "support/classifiers.h"

#include <stdio.h>

weights *classifier_new(int c, int h, int w) {
    return weights_new("classifier", c, h, w);
}

void classifier_finish(weights *w, const char *first, int size1, const char *second, int size2) {
    const char *names[2] = {first, second};
    const int sizes[2] = {size1, size2};
    for (int i = 0; i < 2; i++) {
        char inputs[40], shape[40];
        snprintf(inputs, sizeof inputs, "['%s']", names[i]);
        snprintf(shape, sizeof shape, "{'shape': [%d]}", sizes[i]);
        weights_node(w, i ? "end2" : "end1", "reshape", inputs, shape, NULL);
    }
    weights_outputs(w, "['end1', 'end2']");
}

void classifier_conv(weights *w, const char *name, const char *inputs, size_t c, const char *padding) {
    char tensors[40], tensor[20], attributes[60];
    snprintf(tensor, sizeof tensor, "%s.w", name);
    snprintf(tensors, sizeof tensors, "{'weight': '%s'}", tensor);
    snprintf(attributes, sizeof attributes, "{'padding': %s}", padding);
    weights_random(w, tensor, 4, (size_t[]){c, c, 3, 3}, 3);
    weights_node(w, name, "conv2d", inputs, attributes, tensors);
}
