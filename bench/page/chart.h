/* Charts of the HTML page: an SVG with axes, and what is drawn in it by the values on these. The text beside it is the
 * caller's: chart_open, chart_begin ... chart_end, chart_caption, a legend, chart_close. */
#ifndef BENCH_HTML_CHART_H
#define BENCH_HTML_CHART_H

#include "page/page.h"
#include "io/axis.h"

enum { CHART_WIDTH = 420, CHART_HEIGHT = 250, CHART_LABELS_MAX = 16 };

typedef struct chart {
    page *p;
    int height;
    double left, right, top, bottom; /* of the plot */
    gs_axis x, y;
    double pen; /* abscissa of the line that is drawn, on the page; -INFINITY at its beginning */
} chart;

/* Ends of an axis: begin with chart_no_range, and widen by what is to be seen. */
typedef struct chart_range {
    double low, high;
} chart_range;
extern const chart_range chart_no_range;
void chart_widen(chart_range *range, double value);

/* <figure>, and its end; a row of charts of one caption may stand in it. */
void chart_open(page *p);
void chart_close(page *p);

/* The <svg> with its axes; `about` says in a sentence what is to be seen, for those who cannot see it. `labels`: room
 * at the right for so many characters. */
chart chart_begin(page *p, const char *about, gs_axis x, gs_axis y, const char *x_label, const char *y_label,
                  int labels, int height);
void chart_end(chart *c);

/* The <figcaption>, which holds the rest until chart_close. */
void chart_caption(page *p, const char *title, const char *text);

/* gs_axis_place, but for values no axis can hold, as files may have: within a length of the axis, as all others are. */
double chart_place(const gs_axis *axis, double value);

double chart_x(const chart *c, double value);
double chart_y(const chart *c, double value);

/* A line through n points within the axes, and one point by point; dashes tell lines apart that colours cannot. */
void chart_line(chart *c, const double *x, const double *y, size_t n, int colour, const char *class);
void chart_line_begin(chart *c, int colour, const char *class);
void chart_line_to(chart *c, double x, double y, bool last);
void chart_line_end(chart *c);

/* Marks are of as many shapes as there are colours; `title` is shown to a pointer. */
void chart_mark(chart *c, double x, double y, int colour, bool hollow, const char *title);

/* A small round one, where there are many. */
void chart_dot(chart *c, double x, double y, int colour, const char *title);

/* A vertical interval with ends. */
void chart_interval(chart *c, double x, double low, double high, int colour);

void chart_text(chart *c, double at_x, double at_y, const char *anchor, const char *class, const char *text);

/* Texts at the right end of lines, moved apart where they would touch. */
typedef struct chart_label {
    double y; /* on the page */
    int colour;
    char text[PAGE_TEXT_ROOM];
} chart_label;
void chart_labels(chart *c, chart_label *labels, int count);

/* A list, and its items: a mark, a name, what there is to say. */
void chart_legend_begin(page *p);
void chart_legend(page *p, int colour, bool hollow, const char *name, const char *text);
void chart_legend_end(page *p);

#endif
