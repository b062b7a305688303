/* What the files that draw a diagram share. */
#ifndef GS_IO_DIAGRAM_PARTS_H
#define GS_IO_DIAGRAM_PARTS_H

#include "io/chart.h"
#include "io/diagram.h"

/* Of the picture; a character is GS_CHART_CHARACTER wide. GS_DIAGRAM_INK is the colour of texts, for gs_chart. */
enum {
    GS_DIAGRAM_WIDTH = 420,
    GS_DIAGRAM_EDGE = 10,
    GS_DIAGRAM_RIGHT = GS_DIAGRAM_WIDTH - 22,
    GS_DIAGRAM_INK = GS_DIAGRAM_COLOURS
};

/* A series' points, of which y is NAN for those that are not drawn, and low and high for those without an interval. */
typedef struct gs_diagram_points {
    const gs_diagram_series *series;
    size_t n;
    double *x, *y, *low, *high; /* one allocation, that of x */
    int colour;
    int lane; /* of those that stand beside each other in a category: of series with bars, or with bars or marks */
} gs_diagram_points;

typedef struct gs_drawing {
    const gs_diagram *diagram;
    gs_diagram_points *points; /* (diagram->count) */
    gs_chart chart;
    gs_range values; /* all that the axis of y must show */
    int bars, lanes; /* how many series have bars; how many bars or marks */
    double step;     /* of x, from one bar or category to the next; of its logarithm on a logarithmic axis */
} gs_drawing;

/* The points of all series. Errors: GS_ERROR_MEMORY; *drawing then needs no gs_drawing_free. */
gs_status gs_drawing_create(gs_drawing *drawing, const gs_diagram *diagram, gs_error *error);
void gs_drawing_free(gs_drawing *drawing);

/* Set the ends of intervals that an axis cannot hold to the axis's. */
void gs_drawing_clamp(gs_drawing *drawing, const gs_axis *axis);

/* The number of the legend's rows; if `out` is not NULL, draw them from `top` on. */
int gs_drawing_legend(const gs_drawing *drawing, FILE *out, double top);
enum { GS_DIAGRAM_LEGEND_PITCH = 18 };

/* A text in the picture, set by io/prose.h. */
void gs_drawing_text(FILE *out, double x, double y, const char *class, const char *anchor, const char *text);

/* Write labels with exponents as powers of ten. */
void gs_drawing_raise(gs_axis *axis);

/* The first `most` characters of a text, with an ellipsis where there are more. */
void gs_drawing_cut(char text[GS_CHART_TEXT_ROOM], const char *whole, int most);

/* How high rows are, one per category, that need no room for names below them; and to draw them from the chart's top to
 * its bottom. */
double gs_drawing_rows_height(const gs_drawing *drawing);
void gs_drawing_rows(gs_drawing *drawing);

#endif
