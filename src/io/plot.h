/* Line plots as one SVG file without scripts, links or embedded fonts; light, or dark where the reader prefers that.
 * Texts are UTF-8; characters that XML cannot hold become '?'. */
#ifndef GS_IO_PLOT_H
#define GS_IO_PLOT_H

#include "io/output.h"

/* A line through (x, y), broken where y cannot be placed: where it is not finite, is beyond 1e100, or is not positive
 * on a logarithmic axis. A point between two breaks is a dot. */
typedef struct gs_series {
    const char *name;         /* name in the legend; NULL leaves it out */
    const double *y;          /* (n) */
    const double *low, *high; /* (n) edges of a band around the line, or NULL */
    int colour;               /* from 0; of a chart, which repeat */
    bool faint;               /* drawn as a thin line, one of many */
} gs_series;

/* One plot. Series share the abscissae; later ones are drawn over earlier ones. */
typedef struct gs_panel {
    const char *title, *caption; /* caption: a smaller line beside the title, or NULL */
    const char *x_label, *y_label;
    const double *x; /* (n), ascending and finite */
    size_t n;
    const gs_series *series;
    int count;
    bool log_y;
    bool stacked; /* series are areas stacked from 0, the first lowest; a y below 0 or not finite counts as 0 */
} gs_panel;

/* A line of text under the title, wrapped where it is long. */
typedef struct gs_remark {
    const char *text;
    bool warning;
} gs_remark;

/* Panels one below the other. */
typedef struct gs_figure {
    const char *title;
    const gs_remark *remarks;
    int remarks_count;
    const gs_panel *panels;
    int count;
} gs_figure;

/* Write the figure under a temporary name and rename it to `path`. Errors: GS_ERROR_FILE, GS_ERROR_MEMORY; nothing is
 * left then. */
gs_status gs_plot_write(const char *path, const gs_figure *figure, gs_error *error);

#endif
