#include "page/chart.h"

#include <math.h>
#include <string.h>

enum { TOP = 26, FOOT = 36, RIGHT = 12, CHARACTER = 7, LABEL_PITCH = 14 };

const chart_range chart_no_range = {INFINITY, -INFINITY};

void chart_widen(chart_range *range, double value) {
    if (gs_axis_takes(false, value)) {
        range->low = fmin(range->low, value);
        range->high = fmax(range->high, value);
    }
}

void chart_open(page *p) {
    fputs("<figure class=\"chart\">\n", p->out);
}

void chart_close(page *p) {
    fputs("</figcaption></figure>\n", p->out);
}

void chart_caption(page *p, const char *title, const char *text) {
    gs_xml_put(p->out, "<figcaption><h3>%s</h3>\n<p>%s</p>\n", title, text);
}

double chart_place(const gs_axis *axis, double value) {
    double at = gs_axis_place(axis, value);
    return at >= -1 ? fmin(at, 2) : -1;
}

double chart_x(const chart *c, double value) {
    return c->left + (c->right - c->left) * chart_place(&c->x, value);
}

double chart_y(const chart *c, double value) {
    return c->bottom - (c->bottom - c->top) * chart_place(&c->y, value);
}

void chart_text(chart *c, double at_x, double at_y, const char *anchor, const char *class, const char *text) {
    gs_xml_put(c->p->out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" class=\"%s\">%s</text>\n", at_x, at_y, anchor,
               class, text);
}

/* ---- Axes ---- */

static void draw_axes(chart *c, const char *x_label, const char *y_label) {
    double last = -INFINITY;
    for (int i = 0; i < c->y.count; i++) {
        double y = chart_y(c, c->y.ticks[i]);
        gs_xml_put(c->p->out, "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/>\n", c->left, y, c->right);
        chart_text(c, c->left - 6, y + 4, "end", "tick", c->y.labels[i]);
    }
    for (int i = 0; i < c->x.count; i++) {
        double x = chart_x(c, c->x.ticks[i]), half = CHARACTER * (double)strlen(c->x.labels[i]) / 2;
        gs_xml_put(c->p->out, "<path class=\"axis\" d=\"M%.1f %.1fv4\"/>\n", x, c->bottom);
        if (x - half < last + CHARACTER)
            continue;
        chart_text(c, x, c->bottom + 17, "middle", "tick", c->x.labels[i]);
        last = x + half;
    }
    gs_xml_put(c->p->out, "<path class=\"axis\" d=\"M%.1f %.1fH%.1f\"/>\n", c->left, c->bottom, c->right);
    chart_text(c, (c->left + c->right) / 2, c->bottom + 32, "middle", "label", x_label);
    chart_text(c, 0, 12, "start", "label", y_label);
}

chart chart_begin(page *p, const char *about, gs_axis x, gs_axis y, const char *x_label, const char *y_label,
                  int labels, int height) {
    size_t widest = 1;
    for (int i = 0; i < y.count; i++)
        widest = strlen(y.labels[i]) > widest ? strlen(y.labels[i]) : widest;
    chart c = {.p = p,
               .height = height,
               .left = 8 + CHARACTER * (double)widest,
               .right = CHART_WIDTH - RIGHT - CHARACTER * labels,
               .top = TOP,
               .bottom = height - FOOT,
               .x = x,
               .y = y};
    gs_xml_put(p->out,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n",
               CHART_WIDTH, height, about);
    draw_axes(&c, x_label, y_label);
    return c;
}

void chart_end(chart *c) {
    fputs("</svg>\n", c->p->out);
}

/* ---- Marks ---- */

void chart_line_begin(chart *c, int colour, const char *class) {
    gs_xml_put(c->p->out, "<path class=\"line l%d %s\" d=\"", colour % PAGE_COLOURS, class);
    c->pen = -INFINITY;
}

void chart_line_to(chart *c, double x, double y, bool last) {
    double at = chart_x(c, x);
    if (isfinite(c->pen) && !last && at - c->pen < 0.5) /* closer than can be seen */
        return;
    gs_xml_put(c->p->out, "%s%.1f %.1f", isfinite(c->pen) ? "L" : "M", at, chart_y(c, y));
    c->pen = at;
}

void chart_line_end(chart *c) {
    fputs("\"/>\n", c->p->out);
}

void chart_line(chart *c, const double *x, const double *y, size_t n, int colour, const char *class) {
    chart_line_begin(c, colour, class);
    for (size_t i = 0; i < n; i++)
        chart_line_to(c, x[i], y[i], i + 1 == n);
    chart_line_end(c);
}

/* Paths around 0 0: circle, diamond, square, triangles, cross, ... */
static const char *const shapes[PAGE_COLOURS] = {"M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z",
                                                 "M0 -5L5 0L0 5L-5 0Z",
                                                 "M-3.6 -3.6h7.2v7.2h-7.2Z",
                                                 "M0 -5L4.6 3.4H-4.6Z",
                                                 "M0 5L4.6 -3.4H-4.6Z",
                                                 "M-5 -2h3v-3h4v3h3v4h-3v3h-4v-3h-3Z",
                                                 "M-5 0L-1 -5H1L5 0L1 5H-1Z",
                                                 "M-2.5 -5h5v10h-5Z"};

static void put_shape(page *p, double x, double y, int colour, bool hollow) {
    gs_xml_put(p->out, "<path class=\"mark%s m%d\" transform=\"translate(%.1f %.1f)\" d=\"%s\"",
               hollow ? " hollow" : "", colour % PAGE_COLOURS, x, y, shapes[colour % PAGE_COLOURS]);
}

void chart_mark(chart *c, double x, double y, int colour, bool hollow, const char *title) {
    put_shape(c->p, chart_x(c, x), chart_y(c, y), colour, hollow);
    gs_xml_put(c->p->out, "><title>%s</title></path>\n", title);
}

void chart_dot(chart *c, double x, double y, int colour, const char *title) {
    gs_xml_put(c->p->out, "<circle class=\"m%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\"><title>%s</title></circle>\n",
               colour % PAGE_COLOURS, chart_x(c, x), chart_y(c, y), title);
}

void chart_interval(chart *c, double x, double low, double high, int colour) {
    double at = chart_x(c, x), from = chart_y(c, low), to = chart_y(c, high);
    gs_xml_put(c->p->out, "<path class=\"line l%d\" d=\"M%.1f %.1fV%.1fM%.1f %.1fh8M%.1f %.1fh8\"/>\n",
               colour % PAGE_COLOURS, at, from, to, at - 4, from, at - 4, to);
}

/* ---- Labels ---- */

/* Sorted from the top, moved down where they are too close, and up again from the foot of the plot. */
void chart_labels(chart *c, chart_label *labels, int count) {
    for (int i = 1; i < count; i++)
        for (int k = i; k > 0 && labels[k].y < labels[k - 1].y; k--) {
            chart_label swap = labels[k];
            labels[k] = labels[k - 1];
            labels[k - 1] = swap;
        }
    for (int i = 1; i < count; i++)
        labels[i].y = fmax(labels[i].y, labels[i - 1].y + LABEL_PITCH);
    for (int i = count - 1; i >= 0; i--)
        labels[i].y = fmin(labels[i].y, i == count - 1 ? c->bottom : labels[i + 1].y - LABEL_PITCH);
    for (int i = 0; i < count; i++) {
        char class[PAGE_NUMBER_ROOM];
        snprintf(class, sizeof class, "direct t%d", labels[i].colour % PAGE_COLOURS);
        chart_text(c, c->right + 8, labels[i].y + 4, "start", class, labels[i].text);
    }
}

void chart_legend_begin(page *p) {
    fputs("<ul class=\"legend\">\n", p->out);
}

void chart_legend(page *p, int colour, bool hollow, const char *name, const char *text) {
    fputs("<li><svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-7 -7 14 14\" aria-hidden=\"true\">", p->out);
    put_shape(p, 0, 0, colour, hollow);
    gs_xml_put(p->out, "/></svg> <span>%s</span> <span class=\"soft\">%s</span></li>\n", name, text);
}

void chart_legend_end(page *p) {
    fputs("</ul>\n", p->out);
}
