#include "io/chart.h"

#include <math.h>
#include <string.h>

#include "io/xml.h"

enum { LABEL_PITCH = 14 };

const gs_range gs_no_range = {INFINITY, -INFINITY};

void gs_range_widen(gs_range *range, bool log, double value) {
    if (gs_axis_takes(log, value)) {
        range->low = fmin(range->low, value);
        range->high = fmax(range->high, value);
    }
}

double gs_chart_place(const gs_axis *axis, double value) {
    double at = gs_axis_place(axis, value);
    return at >= -1 ? fmin(at, 2) : -1;
}

double gs_chart_x(const gs_chart *c, double value) {
    return c->left + (c->right - c->left) * gs_chart_place(&c->x, value);
}

double gs_chart_y(const gs_chart *c, double value) {
    return c->top + (c->bottom - c->top) * (1 - gs_chart_place(&c->y, value));
}

/* ---- Style and text ---- */

const char *const gs_chart_colours[GS_CHART_COLOURS][2] = {
    /* light, dark */
    {"#2563c9", "#6cb0ff"}, {"#d9730d", "#ffab5e"}, {"#2b8a3e", "#5fd07a"}, {"#c92a3a", "#ff8080"},
    {"#7b46c9", "#c39bff"}, {"#0c7f8c", "#4fd1d9"}, {"#a87900", "#e8c547"}, {"#cc3a94", "#ff99d1"},
    {"#7a5a4a", "#cfab99"}, {"#66707a", "#a9b4bf"}};

int gs_chart_characters(const char *text) {
    int count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

size_t gs_chart_line_bytes(const char *text, int most) {
    size_t blank = 0, i = 0;
    int characters = 0;
    for (; text[i] && (characters <= most || !blank); i++) {
        characters += ((unsigned char)text[i] & 0xC0) != 0x80;
        blank = text[i] == ' ' ? i : blank;
    }
    return characters > most && blank ? blank : i;
}

const char *gs_chart_next_line(const char *line, int most) {
    line += gs_chart_line_bytes(line, most);
    return *line == ' ' ? line + 1 : line;
}

/* ---- Axes ---- */

void gs_chart_text(const gs_chart *c, double at_x, double at_y, const char *class, const char *anchor,
                   const char *text) {
    gs_xml_put(c->out, "<text class=\"%s\"", class);
    fprintf(c->out, " x=\"%.*f\" y=\"%.*f\"", c->decimals, at_x, c->decimals, at_y);
    gs_xml_put(c->out, " text-anchor=\"%s\">%s</text>\n", anchor, text);
}

void gs_chart_axes(const gs_chart *c, const char *x_label) {
    double last = -INFINITY;
    for (int i = 0; i < c->y.count; i++) {
        double y = gs_chart_y(c, c->y.ticks[i]);
        fprintf(c->out, "<path class=\"grid\" d=\"M%g %.*fh%g\"/>\n", c->left, c->decimals, y, c->right - c->left);
        gs_chart_text(c, c->left - 7, y + 4, "soft", "end", c->y.labels[i]);
    }
    for (int i = 0; i < c->x.count; i++) {
        double x = gs_chart_x(c, c->x.ticks[i]),
               half = GS_CHART_CHARACTER * (double)gs_chart_characters(c->x.labels[i]) / 2;
        fprintf(c->out, "<path class=\"frame\" d=\"M%.*f %.*fv5\"/>\n", c->decimals, x, c->decimals, c->bottom);
        if (x - half < last + GS_CHART_CHARACTER)
            continue;
        gs_chart_text(c, x, c->bottom + 18, "soft", "middle", c->x.labels[i]);
        last = x + half;
    }
    if (x_label)
        gs_chart_text(c, (c->left + c->right) / 2, c->bottom + 34, "soft", "middle", x_label);
}

/* ---- Lines and areas ---- */

void gs_chart_line_begin(gs_chart *c, int colour, const char *class) {
    gs_xml_put(c->out, "<path class=\"line%s%s l%d\" d=\"", class[0] ? " " : "", class, colour % c->colours);
    c->pen = -INFINITY;
}

void gs_chart_line_to(gs_chart *c, double x, double y, bool last) {
    double at = gs_chart_x(c, x);
    if (isfinite(c->pen) && !last && at - c->pen < c->closest)
        return;
    fprintf(c->out, "%s%.*f %.*f ", isfinite(c->pen) ? "" : "M", c->decimals, at, c->decimals, gs_chart_y(c, y));
    c->pen = at;
}

void gs_chart_line_end(gs_chart *c) {
    fputs("\"/>\n", c->out);
}

/* The end of the run of placeable points that begins at i, which is i itself if point i is not placeable. */
static size_t run_end(const gs_chart *c, const double *a, const double *b, size_t n, size_t i) {
    while (i < n && gs_axis_takes(c->y.log, a[i]) && gs_axis_takes(c->y.log, b[i]))
        i++;
    return i;
}

void gs_chart_line(gs_chart *c, const double *x, const double *y, size_t n, int colour, const char *class) {
    gs_chart_line_begin(c, colour, class);
    for (size_t first = 0, end; first < n; first = end + 1) {
        end = run_end(c, y, y, n, first);
        c->pen = -INFINITY;
        for (size_t i = first; i < end; i++)
            gs_chart_line_to(c, x[i], y[i], i + 1 == end);
        fputs(end == first + 1 ? "h0 " : "", c->out); /* the round cap makes it a dot */
    }
    gs_chart_line_end(c);
}

void gs_chart_area(const gs_chart *c, const double *x, const double *low, const double *high, size_t n, int colour,
                   const char *class) {
    for (size_t first = 0, end; first < n; first = end + 1) {
        end = run_end(c, low, high, n, first);
        if (end < first + 2)
            continue;
        gs_xml_put(c->out, "<path class=\"%s a%d\" d=\"M", class, colour % c->colours);
        for (size_t i = first; i < end; i++)
            fprintf(c->out, "%.*f %.*f ", c->decimals, gs_chart_x(c, x[i]), c->decimals, gs_chart_y(c, high[i]));
        for (size_t i = end; i-- > first;)
            fprintf(c->out, "%.*f %.*f ", c->decimals, gs_chart_x(c, x[i]), c->decimals, gs_chart_y(c, low[i]));
        fputs("Z\"/>\n", c->out);
    }
}

/* ---- Marks ---- */

/* Paths around 0 0: circle, diamond, square, triangles, cross, ... */
static const char *const shapes[GS_CHART_SHAPES] = {"M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z",
                                                    "M0 -5L5 0L0 5L-5 0Z",
                                                    "M-3.6 -3.6h7.2v7.2h-7.2Z",
                                                    "M0 -5L4.6 3.4H-4.6Z",
                                                    "M0 5L4.6 -3.4H-4.6Z",
                                                    "M-5 -2h3v-3h4v3h3v4h-3v3h-4v-3h-3Z",
                                                    "M-5 0L-1 -5H1L5 0L1 5H-1Z",
                                                    "M-2.5 -5h5v10h-5Z"};

void gs_chart_put_shape(FILE *out, double x, double y, int colour, bool hollow) {
    fprintf(out, "<path class=\"mark%s m%d\" transform=\"translate(%.1f %.1f)\" d=\"%s\"", hollow ? " hollow" : "",
            colour % GS_CHART_SHAPES, x, y, shapes[colour % GS_CHART_SHAPES]);
}

void gs_chart_mark(const gs_chart *c, double x, double y, int colour, bool hollow, const char *title) {
    gs_chart_put_shape(c->out, gs_chart_x(c, x), gs_chart_y(c, y), colour, hollow);
    gs_xml_put(c->out, "><title>%s</title></path>\n", title);
}

void gs_chart_dot(const gs_chart *c, double x, double y, int colour, const char *title) {
    gs_xml_put(c->out, "<circle class=\"m%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\"><title>%s</title></circle>\n",
               colour % c->colours, gs_chart_x(c, x), gs_chart_y(c, y), title);
}

void gs_chart_interval(const gs_chart *c, double x, double low, double high, int colour) {
    double at = gs_chart_x(c, x), from = gs_chart_y(c, low), to = gs_chart_y(c, high);
    fprintf(c->out, "<path class=\"line l%d\" d=\"M%.1f %.1fV%.1fM%.1f %.1fh8M%.1f %.1fh8\"/>\n", colour % c->colours,
            at, from, to, at - 4, from, at - 4, to);
}

/* ---- Labels ---- */

/* Sorted from the top, moved down where they are too close, and up again from the foot of the plot. */
void gs_chart_labels(const gs_chart *c, gs_chart_label *labels, int count) {
    for (int i = 1; i < count; i++)
        for (int k = i; k > 0 && labels[k].y < labels[k - 1].y; k--) {
            gs_chart_label swap = labels[k];
            labels[k] = labels[k - 1];
            labels[k - 1] = swap;
        }
    for (int i = 1; i < count; i++)
        labels[i].y = fmax(labels[i].y, labels[i - 1].y + LABEL_PITCH);
    for (int i = count - 1; i >= 0; i--)
        labels[i].y = fmin(labels[i].y, i == count - 1 ? c->bottom : labels[i + 1].y - LABEL_PITCH);
    for (int i = 0; i < count; i++) {
        char class[32];
        snprintf(class, sizeof class, "direct t%d", labels[i].colour % c->colours);
        gs_chart_text(c, c->right + 8, labels[i].y + 4, class, "start", labels[i].text);
    }
}
