/* Charts of the HTML page, by io/chart.h, in a figure. The text beside a chart is the caller's: chart_open, chart_begin
 * ... chart_end, chart_caption, a legend, chart_close. */
#ifndef BENCH_HTML_CHART_H
#define BENCH_HTML_CHART_H

#include "page/page.h"
#include "io/chart.h"

enum { CHART_WIDTH = 420, CHART_HEIGHT = 250 };

/* <figure>, and its end; a row of charts of one caption may stand in it. */
void chart_open(page *p);
void chart_close(page *p);

/* The <svg> with its axes; `about` says in a sentence what is to be seen, for those who cannot see it. `labels`: room
 * at the right for so many characters. */
gs_chart chart_begin(page *p, const char *about, gs_axis x, gs_axis y, const char *x_label, const char *y_label,
                     int labels, int height);
void chart_end(gs_chart *c);

/* The <figcaption>, which holds the rest until chart_close. */
void chart_caption(page *p, const char *title, const char *text);

/* A list, and its items: a mark, a name, what there is to say. */
void chart_legend_begin(page *p);
void chart_legend(page *p, int colour, bool hollow, const char *name, const char *text);
void chart_legend_end(page *p);

#endif
