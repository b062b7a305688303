/* Operations on two values. */
#include "reference/example.h"

EXAMPLES(arithmetic) = {
    PLAIN("add", "['x', 'x']", NULL, ROW2, LIST(1, 2), SHAPE3(1, 1, 2), LIST(2, 4)),
    /* (C) with (C, H, W): aligned at the left, so there is one number per channel. */
    EXAMPLE("sub", "['x', 'k']", NULL, NULL, CHANNELS2, LIST(1, 2, 3, 4), LIST(1, {2}, {10, 20}), NONE, SHAPE3(2, 1, 2),
            LIST(-9, -8, -17, -16)),
    EXAMPLE("mul", "['k', 'x']", NULL, NULL, CHANNELS2, LIST(1, 2, 3, 4), LIST(3, {1, 3, 1}, {1, 10, 100}), NONE,
            SHAPE3(2, 3, 2), LIST(1, 2, 10, 20, 100, 200, 3, 4, 30, 40, 300, 400)),
    PLAIN("div", "['x', 'sigma']", NULL, ROW2, LIST(1, 3), SHAPE3(1, 1, 2), LIST(0.5, 1.5)),
    EXAMPLE("greater", "['x', 'k']", NULL, NULL, CHANNELS2, LIST(1, 2, 3, 4), LIST(1, {2}, {1, 3}), NONE,
            SHAPE3(2, 1, 2), LIST(0, 1, 0, 1)),
    EXAMPLE("minimum", "['x', 'k']", NULL, NULL, CHANNELS2, LIST(1, 2, 3, 4), LIST(1, {2}, {1.5F, 3.5F}), NONE,
            SHAPE3(2, 1, 2), LIST(1, 1.5, 3, 3.5)),
    EXAMPLE("maximum", "['k', 'x']", NULL, NULL, CHANNELS2, LIST(1, 2, 3, 4), LIST(1, {2}, {1.5F, 3.5F}), NONE,
            SHAPE3(2, 1, 2), LIST(1.5, 2, 3.5, 4)),
    NONE,
};
