/* Norms. */
#include "reference/example.h"

EXAMPLES(norms) = {
    /* Groups of (1, 3) and (2, 2): variance 1 + 3 and 0 + 4. */
    PLAIN("group_norm", "['x']", "{'groups': 2, 'eps': 3}", CHANNELS2, LIST(1, 3, 2, 2), SHAPE3(2, 1, 2),
          LIST(-0.5, 0.5, 0, 0)),
    EXAMPLE("group_norm", "['v']", "{'groups': 1, 'eps': 3}", "{'weight': 'w', 'bias': 'b'}", ROW2, LIST(1, 3),
            LIST(1, {2}, {2, 4}), LIST(1, {2}, {10, 20}), SHAPE1(2), LIST(9, 22)),
    EXAMPLE("layer_norm", "['x']", "{'over': 'channels', 'eps': 3}", "{'weight': 'w', 'bias': 'b'}", CHANNELS2,
            LIST(1, 5, 3, 5), LIST(1, {2}, {2, 4}), LIST(1, {2}, {10, 20}), SHAPE3(2, 1, 2), LIST(9, 10, 22, 20)),
    EXAMPLE("layer_norm", "['x']", "{'over': 'all', 'eps': 3}", "{'weight': 'w'}", CHANNELS2, LIST(1, 3, 3, 1),
            LIST(3, {2, 1, 2}, {1, 2, 3, 4}), NONE, SHAPE3(2, 1, 2), LIST(-0.5, 1, 1.5, -2)),
    EXAMPLE("instance_norm", "['x']", "{'eps': 3}", "{'bias': 'b'}", CHANNELS2, LIST(1, 3, 7, 5), NONE,
            LIST(1, {2}, {10, 20}), SHAPE3(2, 1, 2), LIST(9.5, 10.5, 20.5, 19.5)),
    NONE,
};
