/* What mixes positions: softmax, products of matrices, attention. */
#include "reference/example.h"

EXAMPLES(mixing) = {
    PLAIN("softmax", "['x']", "{'over': 'channels'}", CHANNELS2, LIST(1, -2, 0, 800), SHAPE3(2, 1, 2),
          LIST(0.7310585786300049, 0, 0.2689414213699951, 1)),
    PLAIN("softmax", "['x']", "{'over': 'last'}", CHANNELS2, LIST(1, -2, 0, 800), SHAPE3(2, 1, 2),
          LIST(0.9525741268224334, 0.04742587317756679, 0, 1)),
    PLAIN("softmax", "['m']", "{'over': 'channels'}", CHANNELS2, LIST(1, -2, 0, 800), SHAPE2(2, 2),
          LIST(0.7310585786300049, 0, 0.2689414213699951, 1)),
    PLAIN("softmax", "['m']", "{'over': 'last'}", CHANNELS2, LIST(1, -2, 0, 800), SHAPE2(2, 2),
          LIST(0.9525741268224334, 0.04742587317756679, 0, 1)),
    /* PyTorch's in float64. */
    PLAIN("softmax", "['v']", "{'over': 'last'}", LIST(6, 1, 1), LIST(0.5, -1, 2, 0, 1.25, -0.75), SHAPE1(6),
          LIST(0.11474660611136192, 0.025603428598116984, 0.5142586104676777, 0.06959733470451004, 0.24291856704400122,
               0.032875453074332)),
    PLAIN("matmul", "['m', 'm']", "{'transpose_b': 1}", CHANNELS2, LIST(1, 2, 3, 4), SHAPE2(2, 2), LIST(5, 11, 11, 25)),
    EXAMPLE("matmul", "['m', 'k']", NULL, NULL, CHANNELS2, LIST(1, 2, 3, 4), LIST(3, {2, 2, 1}, {1, 10, 100, 1000}),
            NONE, SHAPE3(2, 2, 1), LIST(21, 43, 2100, 4300)),
    PLAIN("matmul", "['x', 'x']", "{'transpose_a': 1}", CHANNELS2, LIST(1, 2, 3, 4), SHAPE3(2, 2, 2),
          LIST(1, 2, 2, 4, 9, 12, 12, 16)),
    EXAMPLE("matmul", "['k', 'm']", "{'transpose_a': 1, 'transpose_b': 1}", NULL, CHANNELS2, LIST(1, 2, 3, 4),
            LIST(2, {2, 3}, {1, 10, 100, 2, 20, 200}), NONE, SHAPE2(3, 2), LIST(5, 11, 50, 110, 500, 1100)),
    /* PyTorch's in float64. */
    PLAIN("attention", "['x', 'x', 'x']", "{'heads': 1}", CHANNELS2, LIST(0.5, 1, 1.5, 2), SHAPE3(2, 1, 2),
          LIST(0.8348807746633284, 0.8714083423865966, 1.834880774663329, 1.871408342386597)),
    PLAIN("attention", "['m', 'x', 'x']", "{'heads': 2}", CHANNELS2, LIST(0.5, 1, 1.5, 2), SHAPE2(2, 2),
          LIST(0.781088250442899, 0.8112296656009274, 1.839589349587696, 1.865529289315003)),
    PLAIN("attention", "['x', 'm', 'x']", "{'heads': 1, 'scale': 2, 'causal': 1}", CHANNELS2, LIST(0.5, 1, 1.5, 2),
          SHAPE3(2, 1, 2), LIST(0.5, 0.9762870634112167, 1.5, 1.976287063411217)),
    EXAMPLE("attention", "['v', 'k', 'k']", "{'heads': 2}", NULL, LIST(4, 1, 1), LIST(0.5, 1, -1, 2),
            LIST(2, {4, 2}, {0.25F, 0.5F, 0.75F, 1, 1.25F, 1.5F, 1.75F, 2}), NONE, SHAPE1(4),
            LIST(0.3914763868004538, 0.8914763868004538, 1.386019860837306, 1.886019860837306)),
    EXAMPLE("attention", "['x', 'x', 'x', 'k']", "{'heads': 2}", NULL, LIST(2, 1, 2), LIST(0, 0, 1.5, 2),
            LIST(3, {1, 2, 2}, {0, -1e30F, -1e30F, 0}), NONE, SHAPE3(2, 1, 2), LIST(0, 0, 1.5, 2)),
    NONE,
};
