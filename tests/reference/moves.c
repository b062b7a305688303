/* Operations that move elements. */
#include "reference/example.h"

EXAMPLES(moves) = {
    EXAMPLE("concat", "['x', 'k', 'x']", NULL, NULL, ROW2, LIST(1, 2), LIST(3, {2, 1, 2}, {3, 4, 5, 6}), NONE,
            SHAPE3(4, 1, 2), LIST(1, 2, 3, 4, 5, 6, 1, 2)),
    PLAIN("slice", "['x']", "{'begin': 1, 'end': 2}", CHANNELS2, LIST(1, 2, 3, 4), SHAPE3(1, 1, 2), LIST(3, 4)),
    PLAIN("reshape", "['x']", "{'shape': [2, 2]}", ROW4, LIST(1, 2, 3, 4), SHAPE2(2, 2), LIST(1, 2, 3, 4)),
    PLAIN("upsample_nearest", "['x']", "{'scale': [2, 1]}", SQUARE2, LIST(1, 2, 3, 4), SHAPE3(1, 4, 2),
          LIST(1, 2, 1, 2, 3, 4, 3, 4)),
    PLAIN("pixel_shuffle", "['x']", "{'factor': 2}", LIST(4, 1, 2), LIST(1, 2, 3, 4, 5, 6, 7, 8), SHAPE3(1, 2, 4),
          LIST(1, 3, 2, 4, 5, 7, 6, 8)),
    PLAIN("pixel_unshuffle", "['x']", "{'factor': 2}", LIST(1, 2, 4), LIST(1, 3, 2, 4, 5, 7, 6, 8), SHAPE3(4, 1, 2),
          LIST(1, 2, 3, 4, 5, 6, 7, 8)),
    /* (2, 1, 2) with its dimensions turned round. */
    PLAIN("permute", "['x']", "{'shape': [2, 1, 2], 'order': [2, 1, 0], 'result': [2, 2]}", CHANNELS2, LIST(1, 2, 3, 4),
          SHAPE2(2, 2), LIST(1, 3, 2, 4)),
    /* Patches of 2 x 2 out of (1, 2, 4), each of which becomes the channels of a position. */
    PLAIN("permute", "['x']", "{'shape': [1, 1, 2, 2, 2], 'order': [0, 2, 4, 1, 3], 'result': [4, 2]}", LIST(1, 2, 4),
          LIST(1, 2, 3, 4, 5, 6, 7, 8), SHAPE2(4, 2), LIST(1, 3, 2, 4, 5, 7, 6, 8)),
    PLAIN("permute", "['v']", "{'shape': [1, 2, 1, 3, 1, 1], 'order': [5, 3, 4, 0, 1, 2], 'result': [1, 3, 2]}",
          LIST(6, 1, 1), LIST(1, 2, 3, 4, 5, 6), SHAPE3(1, 3, 2), LIST(1, 4, 2, 5, 3, 6)),
    /* Zeros before, a reflection behind. */
    EXAMPLE("resample", "['x']", "{'axis': 2}", "{'index': 'w'}", ROW4, LIST(1, 2, 3, 4),
            LIST(2, {6, 1}, {-1, 0, 1, 2, 3, 2}), NONE, SHAPE3(1, 1, 6), LIST(0, 1, 2, 3, 4, 3)),
    EXAMPLE("resample", "['x']", "{'axis': 0}", "{'index': 'w', 'weight': 'b'}", CHANNELS2, LIST(1, 2, 3, 4),
            LIST(2, {3, 2}, {0, 1, 1, 1, -1, 0}), LIST(2, {3, 2}, {1, 10, 0.5F, 0.5F, 100, 2}), SHAPE3(3, 1, 2),
            LIST(31, 42, 3, 4, 2, 4)),
    /* Running sums along the rows. */
    EXAMPLE("resample", "['m']", "{'axis': 1}", "{'index': 'w'}", CHANNELS2, LIST(1, 2, 3, 4),
            LIST(2, {2, 2}, {0, -1, 0, 1}), NONE, SHAPE2(2, 2), LIST(1, 3, 3, 7)),
    NONE,
};
