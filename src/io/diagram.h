/* A diagram in SVG: one plot of lines, marks with intervals, or bars, small enough for a phone; light, or dark where
 * the reader prefers that. Texts are UTF-8. */
#ifndef GS_IO_DIAGRAM_H
#define GS_IO_DIAGRAM_H

#include "io/output.h"

/* Series of a diagram have this many colours, distinguishable on light and dark ground; they repeat after that. */
enum { GS_DIAGRAM_COLOURS = 8 };

typedef enum gs_stroke {
    GS_STROKE_LINE,   /* a line through the points */
    GS_STROKE_DASHED, /* the same, dashed: what theory says */
    GS_STROKE_MARKS,  /* marks with their intervals, not joined */
    GS_STROKE_BOTH,   /* marks with their intervals on a line */
    GS_STROKE_BARS    /* bars from 0, with their intervals; series with bars stand beside each other */
} gs_stroke;

/* Points whose y cannot be placed (not finite, or not positive on a logarithmic axis) break a line and leave out marks.
 */
typedef struct gs_diagram_series {
    const char *name; /* in the legend; NULL leaves it out */
    gs_stroke stroke;
    size_t n;
    const double *x;          /* (n); NULL: 0, 1, 2, ... */
    const double *y;          /* (n) */
    const double *low, *high; /* (n) intervals, of lines a band; NULL: none */
    int colour;
} gs_diagram_series;

typedef struct gs_diagram {
    const char *title;
    const char *x_label, *y_label;
    bool log_x, log_y;
    double y_range[2];             /* what the axis shows at least; both 0: what the series ask for */
    const char *const *categories; /* (category_count) names of x = 0, 1, 2, ...; NULL: x are numbers */
    int category_count;
    const gs_diagram_series *series;
    int count;
} gs_diagram;

/* The diagram as an SVG file in memory, to be freed with free(). Errors: GS_ERROR_MEMORY; nothing is left then. */
gs_status gs_diagram_encode(const gs_diagram *diagram, char **bytes, size_t *size, gs_error *error);

#endif
