/* Constants and tables. */
#include "reference/example.h"

EXAMPLES(lookups) = {
    EXAMPLE("constant", NULL, NULL, "{'value': 'w'}", ROW2, LIST(0), LIST(2, {1, 2}, {3, -4}), NONE, SHAPE2(1, 2),
            LIST(3, -4)),
    EXAMPLE("embedding", "['label']", NULL, "{'weight': 'w'}", ROW2, LIST(0), LIST(2, {3, 2}, {1, 2, 3, 4, 5, 6}), NONE,
            SHAPE1(2), LIST(3, 4)),
    /* sigma is 2, label is 1. */
    EXAMPLE("lookup", "['sigma']", NULL, "{'weight': 'w'}", ROW2, LIST(0), LIST(2, {4, 2}, {1, 2, 3, 4, 5, 6, 7, 8}),
            NONE, SHAPE1(2), LIST(5, 6)),
    EXAMPLE("lookup", "['label']", NULL, "{'weight': 'w'}", ROW2, LIST(0), LIST(2, {1, 2}, {1, 2}), NONE, SHAPE1(2),
            LIST(1, 2)),
    EXAMPLE("interpolate", "['sigma']", NULL, "{'points': 'w', 'values': 'b'}", ROW2, LIST(0), LIST(1, {3}, {-1, 1, 5}),
            LIST(1, {3}, {9, 8, 4}), SHAPE1(1), LIST(7)),
    EXAMPLE("interpolate", "['label']", NULL, "{'points': 'w', 'values': 'b'}", ROW2, LIST(0), LIST(1, {3}, {2, 3, 4}),
            LIST(1, {3}, {9, 8, 4}), SHAPE1(1), LIST(9)),
    EXAMPLE("interpolate", "['sigma']", NULL, "{'points': 'w', 'values': 'b'}", ROW2, LIST(0), LIST(1, {1}, {1}),
            LIST(1, {1}, {9}), SHAPE1(1), LIST(9)),
    NONE,
};
