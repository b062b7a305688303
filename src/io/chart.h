/* Charts in SVG, of which plots and the pages of genbench are made: axes, and what is drawn by the values on them. How
 * it looks says the document's style: texts have the classes "soft" (ticks and the names of axes), "direct" (at lines)
 * or the caller's; lines of the grid "grid", ticks "frame", lines "line" and l0, l1, ..., areas a0, ..., marks m0, ...,
 * and texts of a colour t0, ... . Texts are UTF-8; characters that XML cannot hold become '?'. */
#ifndef GS_IO_CHART_H
#define GS_IO_CHART_H

#include <stddef.h>
#include <stdio.h>

#include "io/axis.h"

/* About as wide as a character of the texts at most is. */
enum { GS_CHART_CHARACTER = 7, GS_CHART_SHAPES = 8, GS_CHART_TEXT_ROOM = 256, GS_CHART_COLOURS = 10 };

/* Colours that can be told apart, on light and on dark ground. */
extern const char *const gs_chart_colours[GS_CHART_COLOURS][2];

/* The number of a text's characters. Bytes of its first line: up to the last blank that keeps it to at most `most`
 * characters, or up to the first blank if a word is longer. And the line after it. */
int gs_chart_characters(const char *text);
size_t gs_chart_line_bytes(const char *text, int most);
const char *gs_chart_next_line(const char *line, int most);

typedef struct gs_chart {
    FILE *out;
    double left, right, top, bottom; /* of the plot, on the page */
    gs_axis x, y;
    int decimals;   /* of coordinates on the page */
    int colours;    /* of the style; others repeat them */
    double closest; /* points of a line that are less than this apart on the page are left out, but for the last */
    double pen;     /* abscissa of the line that is drawn, on the page; -INFINITY at its beginning */
} gs_chart;

/* Ends of an axis: begin with gs_no_range, and widen it by what is to be seen; what cannot be placed is left out. */
typedef struct gs_range {
    double low, high;
} gs_range;
extern const gs_range gs_no_range;
void gs_range_widen(gs_range *range, bool log, double value);

/* gs_axis_place, but for values no axis can hold, as files may have: within a length of the axis, as all others are. */
double gs_chart_place(const gs_axis *axis, double value);

double gs_chart_x(const gs_chart *c, double value);
double gs_chart_y(const gs_chart *c, double value);

/* A text at a place on the page; anchor: "start", "middle" or "end". */
void gs_chart_text(const gs_chart *c, double at_x, double at_y, const char *class, const char *anchor,
                   const char *text);

/* The grid, the ticks, of which those have labels that leave room, and the name of the abscissa, unless it is NULL,
 * below them. */
void gs_chart_axes(const gs_chart *c, const char *x_label);

/* A line through n points, broken where one cannot be placed; a point between two breaks is a dot. And one point by
 * point, of which each is placed. `class` tells lines apart that colours cannot; it may be "". */
void gs_chart_line(gs_chart *c, const double *x, const double *y, size_t n, int colour, const char *class);
void gs_chart_line_begin(gs_chart *c, int colour, const char *class);
void gs_chart_line_to(gs_chart *c, double x, double y, bool last);
void gs_chart_line_end(gs_chart *c);

/* The area between two edges, broken where either cannot be placed. */
void gs_chart_area(const gs_chart *c, const double *x, const double *low, const double *high, size_t n, int colour,
                   const char *class);

/* Marks are of as many shapes as there are colours; `title` is shown to a pointer. */
void gs_chart_mark(const gs_chart *c, double x, double y, int colour, bool hollow, const char *title);

/* The shape of a mark around a place on the page, an element that the caller closes. */
void gs_chart_put_shape(FILE *out, double x, double y, int colour, bool hollow);

/* A small round one, where there are many. */
void gs_chart_dot(const gs_chart *c, double x, double y, int colour, const char *title);

/* A vertical interval with ends. */
void gs_chart_interval(const gs_chart *c, double x, double low, double high, int colour);

/* Texts at the right end of lines, moved apart where they would touch. */
typedef struct gs_chart_label {
    double y; /* on the page */
    int colour;
    char text[GS_CHART_TEXT_ROOM];
} gs_chart_label;
void gs_chart_labels(const gs_chart *c, gs_chart_label *labels, int count);

#endif
