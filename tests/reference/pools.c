/* Windows, sums and the largest. */
#include "reference/example.h"

EXAMPLES(pools) = {
    PLAIN("avg_pool", "['x']", "{'kernel': [1, 2]}", ROW4, LIST(1, 2, 3, 4), SHAPE3(1, 1, 2), LIST(1.5, 3.5)),
    PLAIN("avg_pool", "['x']", "{'kernel': [1, 2], 'stride': [1, 2], 'padding': [0, 1]}", ROW4, LIST(2, 2, 3, 4),
          SHAPE3(1, 1, 3), LIST(1, 2.5, 2)),
    PLAIN("avg_pool", "['x']", "{'kernel': [1, 2], 'padding': [0, 1], 'count_padding': 0}", ROW4, LIST(2, 2, 3, 4),
          SHAPE3(1, 1, 3), LIST(2, 2.5, 4)),
    PLAIN("max_pool", "['x']", "{'kernel': [1, 3], 'stride': [1, 1], 'padding': [0, 1]}", ROW4, LIST(-1, -2, -4, -3),
          SHAPE3(1, 1, 4), LIST(-1, -1, -2, -3)),
    PLAIN("adaptive_avg_pool", "['x']", "{'size': [1, 3]}", ROW4, LIST(1, 2, 3, 4), SHAPE3(1, 1, 3),
          LIST(1.5, 2.5, 3.5)),
    PLAIN("sum", "['x']", "{'over': 'channels'}", CHANNELS2, LIST(1, 2, 3, 4), SHAPE3(1, 1, 2), LIST(4, 6)),
    PLAIN("sum", "['x']", "{'over': 'positions'}", CHANNELS2, LIST(1, 2, 3, 4), SHAPE1(2), LIST(3, 7)),
    PLAIN("sum", "['m']", "{'over': 'all'}", CHANNELS2, LIST(1, 2, 3, 4), SHAPE1(1), LIST(10)),
    PLAIN("mean", "['x']", "{'over': 'channels'}", CHANNELS2, LIST(1, 2, 3, 4), SHAPE3(1, 1, 2), LIST(2, 3)),
    PLAIN("mean", "['m']", "{'over': 'positions'}", CHANNELS2, LIST(1, 2, 3, 4), SHAPE1(2), LIST(1.5, 3.5)),
    PLAIN("mean", "['x']", "{'over': 'all'}", CHANNELS2, LIST(1, 2, 3, 4), SHAPE1(1), LIST(2.5)),
    PLAIN("max", "['x']", "{'over': 'channels'}", CHANNELS2, LIST(1, 4, 3, 2), SHAPE3(1, 1, 2), LIST(3, 4)),
    PLAIN("max", "['x']", "{'over': 'positions'}", CHANNELS2, LIST(-1, -4, 3, 2), SHAPE1(2), LIST(-1, 3)),
    PLAIN("max", "['m']", "{'over': 'all'}", CHANNELS2, LIST(1, 4, 3, 2), SHAPE1(1), LIST(4)),
    NONE,
};
