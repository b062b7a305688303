#include "page/chart.h"

#include <string.h>

enum { TOP = 26, FOOT = 36, RIGHT = 12 };
static const double CLOSEST = 0.5; /* points that are closer cannot be told apart */

void chart_open(page *p) {
    fputs("<figure class=\"chart\">\n", p->out);
}

void chart_close(page *p) {
    fputs("</figcaption></figure>\n", p->out);
}

void chart_caption(page *p, const char *title, const char *text) {
    gs_xml_put(p->out, "<figcaption><h3>%s</h3>\n<p>%s</p>\n", title, text);
}

gs_chart chart_begin(page *p, const char *about, gs_axis x, gs_axis y, const char *x_label, const char *y_label,
                     int labels, int height) {
    size_t widest = 1;
    for (int i = 0; i < y.count; i++)
        widest = strlen(y.labels[i]) > widest ? strlen(y.labels[i]) : widest;
    gs_chart c = {.out = p->out,
                  .left = 8 + GS_CHART_CHARACTER * (double)widest,
                  .right = CHART_WIDTH - RIGHT - GS_CHART_CHARACTER * labels,
                  .top = TOP,
                  .bottom = height - FOOT,
                  .x = x,
                  .y = y,
                  .decimals = 1,
                  .colours = PAGE_COLOURS,
                  .closest = CLOSEST};
    gs_xml_put(p->out,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n",
               CHART_WIDTH, height, about);
    gs_chart_axes(&c, x_label);
    gs_xml_put(p->out, "<path class=\"axis\" d=\"M%.1f %.1fH%.1f\"/>\n", c.left, c.bottom, c.right);
    gs_chart_text(&c, 0, 12, "label", "start", y_label);
    return c;
}

void chart_end(gs_chart *c) {
    fputs("</svg>\n", c->out);
}

void chart_legend_begin(page *p) {
    fputs("<ul class=\"legend\">\n", p->out);
}

void chart_legend(page *p, int colour, bool hollow, const char *name, const char *text) {
    fputs("<li><svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-7 -7 14 14\" aria-hidden=\"true\">", p->out);
    gs_chart_put_shape(p->out, 0, 0, colour, hollow);
    gs_xml_put(p->out, "/></svg> <span>%s</span> <span class=\"soft\">%s</span></li>\n", name, text);
}

void chart_legend_end(page *p) {
    fputs("</ul>\n", p->out);
}
