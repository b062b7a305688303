/* Diagrams whose categories have long names: a row per category, below its name, with the values across. Lines, which
 * have no direction here, are a stroke through their category. */
#include <math.h>

#include "io/diagram_parts.h"

enum { NAME = 17, LANE = 13, GAP = 9, NAME_CHARACTERS = 56 };

static double pitch(const gs_drawing *d) {
    return NAME + LANE * (d->lanes ? d->lanes : 1) + GAP;
}

double gs_drawing_rows_height(const gs_drawing *drawing) {
    return pitch(drawing) * drawing->diagram->category_count;
}

static void put_names(const gs_drawing *d) {
    for (int i = 0; i < d->diagram->category_count; i++) {
        char name[GS_CHART_TEXT_ROOM];
        gs_drawing_cut(name, d->diagram->categories[i], NAME_CHARACTERS);
        gs_drawing_text(d->chart.out, d->chart.left, d->chart.top + pitch(d) * i + NAME - 4, "ink", "start", name);
    }
}

static void put_grid(const gs_drawing *d) {
    const gs_chart *c = &d->chart;
    for (int i = 0; i < c->x.count; i++)
        fprintf(c->out, "<path class=\"grid\" d=\"M%.1f %.1fv%.1f\"/>\n", gs_chart_x(c, c->x.ticks[i]), c->top,
                c->bottom - c->top);
}

/* From 0, which the axis has where there are bars, or the end of a logarithmic one. */
static void put_bar(const gs_drawing *d, const gs_diagram_points *p, size_t i, double y) {
    const gs_chart *c = &d->chart;
    double from = c->x.log ? c->left : gs_chart_x(c, 0);
    double to = gs_chart_x(c, p->y[i]);
    fprintf(c->out, "<rect class=\"bar a%d\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\"/>\n", p->colour,
            fmin(from, to), y - LANE * 0.5 + 1, fabs(to - from), LANE - 2);
}

static void put_point(const gs_drawing *d, const gs_diagram_points *p, size_t i) {
    const gs_chart *c = &d->chart;
    double top = c->top + pitch(d) * floor(p->x[i] + 0.5) + NAME, x = gs_chart_x(c, p->y[i]);
    double y = top + LANE * (p->lane + 0.5);
    bool bars = p->series->stroke == GS_STROKE_BARS;
    if (p->lane < 0) {
        fprintf(c->out, "<path class=\"line l%d\" d=\"M%.1f %.1fv%.1f\"/>\n", p->colour, x, top,
                pitch(d) - NAME - GAP + 2);
        return;
    }
    if (bars)
        put_bar(d, p, i, y);
    if (!isnan(p->low[i]))
        fprintf(c->out, "<path class=\"line l%d\" d=\"M%.1f %.1fv6M%.1f %.1fh%.1fM%.1f %.1fv6\"/>\n",
                bars ? GS_DIAGRAM_INK : p->colour, gs_chart_x(c, p->low[i]), y - 3, gs_chart_x(c, p->low[i]), y,
                gs_chart_x(c, p->high[i]) - gs_chart_x(c, p->low[i]), gs_chart_x(c, p->high[i]), y - 3);
    if (!bars) {
        gs_chart_put_shape(c->out, x, y, p->colour, false);
        fputs("/>\n", c->out);
    }
}

void gs_drawing_rows(gs_drawing *drawing) {
    gs_chart *c = &drawing->chart;
    c->x = gs_axis_fit(drawing->values.low, drawing->values.high, drawing->diagram->log_y, true);
    c->y = (gs_axis){.high = 1};
    gs_drawing_raise(&c->x);
    gs_drawing_clamp(drawing, &c->x);
    put_grid(drawing);
    gs_chart_axes(c, NULL);
    put_names(drawing);
    for (int k = 0; k < drawing->diagram->count; k++)
        for (size_t i = 0; i < drawing->points[k].n; i++)
            if (!isnan(drawing->points[k].y[i]))
                put_point(drawing, drawing->points + k, i);
}
