#include "op/window.h"

#include <stdio.h>
#include <string.h>

#include "op/check.h"

/* floor((size + 2 padding - dilation (kernel - 1) - 1)/stride) + 1, or 0 where the window does not fit. */
static uint64_t windows(int size, int kernel, int stride, int padding, int dilation) {
    int64_t room = (int64_t)size + 2 * (int64_t)padding - (int64_t)dilation * (kernel - 1) - 1;
    return room < 0 ? 0 : (uint64_t)(room / stride) + 1;
}

gs_status gs_check_windows(gs_check *check, uint64_t channels) {
    const gs_attributes *a = &check->node->attributes;
    const int *in = check->in[0].d;
    uint64_t out[2];
    for (int i = 0; i < 2; i++) {
        out[i] = windows(in[i + 1], a->kernel[i], a->stride[i], a->padding[i], a->dilation[i]);
        if (!out[i])
            return gs_check_fail(check, "a window of %d with dilation %d does not fit into %d with padding %d",
                                 a->kernel[i], a->dilation[i], in[i + 1], a->padding[i]);
    }
    return gs_check_result(check, 3, channels, out[0], out[1]);
}

/* Append " 3x3" or, for equal sizes with a name, " s2". */
static void append_pair(char *text, size_t room, const char *name, const int *pair, int silent) {
    size_t used = strlen(text);
    if (pair[0] == silent && pair[1] == silent)
        return;
    if (*name && pair[0] == pair[1])
        snprintf(text + used, room - used, " %s%d", name, pair[0]);
    else
        snprintf(text + used, room - used, " %s%dx%d", name, pair[0], pair[1]);
}

void gs_describe_windows(const gs_node *node, char *text, size_t room) {
    const gs_attributes *a = &node->attributes;
    append_pair(text, room, "", a->kernel, 0);
    append_pair(text, room, "stride ", a->stride, 1);
    append_pair(text, room, "padding ", a->padding, 0);
    append_pair(text, room, "dilation ", a->dilation, 1);
}
