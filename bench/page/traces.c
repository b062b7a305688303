/* What rows may bring along, traces by step and pictures of samples; and the ratios of two builds. */
#include <math.h>
#include <string.h>

#include "page/chart.h"

enum { RATIOS_MAX = 80, PITCH = 36, HEAD = 30, RATIO_RIGHT = CHART_WIDTH - 24 };

/* ---- Traces ---- */

static void draw_series(chart *c, const json_t *trace, const json_t *series, int colour) {
    const json_t *xs = json_object_get(trace, "x"), *ys = json_object_get(series, "y");
    size_t n = json_array_size(xs);
    double *x = gs_alloc(n, sizeof *x), *y = gs_alloc(n, sizeof *y);
    c->p->failed = c->p->failed || !x || !y;
    for (size_t i = 0; x && y && i < n; i++) {
        x[i] = json_number_value(json_array_get(xs, i));
        y[i] = json_number_value(json_array_get(ys, i));
    }
    if (x && y)
        chart_line(c, x, y, n, colour, "");
    gs_free(x);
    gs_free(y);
}

static gs_axis fit(const json_t *list, chart_range *range) {
    size_t i;
    const json_t *value;
    json_array_foreach(list, i, value) {
        if (gs_axis_takes(false, json_number_value(value)))
            chart_widen(range, json_number_value(value));
    }
    return gs_axis_fit(range->low, range->high, false, false);
}

static void trace(page *p, const char *name, const json_t *trace) {
    const json_t *all = json_object_get(trace, "series"), *series;
    chart_range x = chart_no_range, y = chart_no_range;
    size_t i;
    gs_axis across = fit(json_object_get(trace, "x"), &x);
    json_array_foreach(all, i, series) {
        fit(json_object_get(series, "y"), &y);
    }
    if (!(x.low < x.high) || !(y.low <= y.high))
        return;
    chart_open(p);
    chart c = chart_begin(p, bench_text(trace, "title"), across, gs_axis_fit(y.low, y.high, false, true),
                          bench_text(trace, "x_label"), bench_text(trace, "y_label"), 0, CHART_HEIGHT);
    json_array_foreach(all, i, series) {
        draw_series(&c, trace, series, (int)(i % PAGE_COLOURS));
    }
    chart_end(&c);
    chart_caption(p, bench_text(trace, "title"), name);
    chart_legend_begin(p);
    json_array_foreach(all, i, series) {
        chart_legend(p, (int)(i % PAGE_COLOURS), false, bench_text(series, "name"), "");
    }
    chart_legend_end(p);
    chart_close(p);
}

void page_traces(page *p, const page_suite *suite) {
    bool any = false;
    for (int d = 0; d < suite->documents; d++)
        for (size_t i = 0; i < suite->rows[d]; i++) {
            const json_t *member = json_object_get(suite->row[d][i].json, "trace");
            char name[PAGE_TEXT_ROOM];
            page_name(p, d, suite->row[d][i].title, name);
            if (!member)
                continue;
            if (!any)
                fputs("<div class=\"charts\">\n", p->out);
            any = true;
            trace(p, name, member);
        }
    if (any)
        fputs("</div>\n", p->out);
}

/* ---- Pictures ---- */

static void picture(page *p, const char *name, const json_t *member) {
    const char *caption = bench_text(member, "caption");
    page_put(p,
             "<figure class=\"picture\"><img alt=\"Samples: %s\" src=\"data:image/png;base64,%s\"/>"
             "<figcaption><b>%s</b> <span class=\"soft\">%s</span></figcaption></figure>\n",
             name, bench_text(member, "png"), name, caption ? caption : "");
}

void page_pictures(page *p, const page_suite *suite) {
    bool any = false;
    for (int d = 0; d < suite->documents; d++)
        for (size_t i = 0; i < suite->rows[d]; i++) {
            const json_t *member = json_object_get(suite->row[d][i].json, "picture");
            char name[PAGE_TEXT_ROOM];
            if (!member)
                continue;
            if (!any)
                fputs("<div class=\"pictures\">\n", p->out);
            any = true;
            page_name(p, d, suite->row[d][i].title, name);
            picture(p, name, member);
        }
    if (any)
        fputs("</div>\n", p->out);
}

/* ---- Ratios of two builds ---- */

/* The name above the interval. */
static void draw_ratio(page *p, const gs_axis *x, double y, const json_t *ratio) {
    const char *name = bench_text(ratio, "name");
    double low = bench_real(ratio, "low"), high = bench_real(ratio, "high"), median = bench_real(ratio, "median");
    bool flagged = bench_flag(ratio, "flagged");
    int colour = flagged ? 1 : 0;
    char text[3][PAGE_NUMBER_ROOM];
    page_fixed(median, 3, text[0]);
    page_fixed(low, 3, text[1]);
    page_fixed(high, 3, text[2]);
    page_put(p, "<g><title>%s: %s, %s to %s%s</title>", name, text[0], text[1], text[2], flagged ? ", flagged" : "");
    page_put(p, "<text x=\"0\" y=\"%.1f\" class=\"over\">%.58s</text>", y, name);
    page_put(p, "<path class=\"line l%d\" d=\"M%.1f %.1fH%.1f\"/>", colour, RATIO_RIGHT * chart_place(x, low), y + 11,
             RATIO_RIGHT * chart_place(x, high));
    page_put(p, "<circle class=\"mark m%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/>", colour,
             RATIO_RIGHT * chart_place(x, median), y + 11);
    if (flagged)
        page_put(p, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\" class=\"direct t1\">flagged</text>", CHART_WIDTH, y);
    fputs("</g>\n", p->out);
}

static void draw_ratios(page *p, const json_t *all, size_t count) {
    const json_t *ratio;
    size_t i;
    chart_range range = {1, 1};
    for (i = 0; i < count; i++) {
        chart_widen(&range, bench_real(json_array_get(all, i), "low"));
        chart_widen(&range, bench_real(json_array_get(all, i), "high"));
    }
    gs_axis x = gs_axis_fit(range.low, range.high, false, true);
    double bottom = HEAD + PITCH * (double)count;
    page_put(p,
             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-16 0 %d %.0f\" role=\"img\" aria-label=\"Ratios of "
             "times, head over base, with intervals\">\n",
             CHART_WIDTH + 16, bottom + 8);
    for (int t = 0; t < x.count; t++) {
        double at = RATIO_RIGHT * chart_place(&x, x.ticks[t]);
        page_put(p, "<path class=\"%s\" d=\"M%.1f %dV%.1f\"/>\n", fabs(x.ticks[t] - 1) < 1e-9 ? "axis" : "grid", at,
                 HEAD - 10, bottom);
        page_put(p, "<text x=\"%.1f\" y=\"14\" text-anchor=\"middle\" class=\"tick\">%s</text>\n", at, x.labels[t]);
    }
    json_array_foreach(all, i, ratio) {
        if (i < count)
            draw_ratio(p, &x, HEAD + PITCH * (double)i + 8, ratio);
    }
    fputs("</svg>\n", p->out);
}

void page_ratios(page *p) {
    for (int d = 0; d < p->count; d++) {
        const json_t *all = json_object_get(p->document[d].genbench, "ab");
        size_t count = json_array_size(all);
        if (!count)
            continue;
        page_put(p, "<section><h2>A/B%s%s</h2>\n", p->count > 1 ? ": " : "", p->label[d]);
        chart_open(p);
        draw_ratios(p, all, count < RATIOS_MAX ? count : RATIOS_MAX);
        chart_caption(p, "Head over base",
                      "Times of the head over those of the base, measured in interleaved pairs: the median and its "
                      "interval. Right of 1 the head is slower; a flagged row is slower beyond doubt.");
        chart_close(p);
        fputs("</section>\n", p->out);
    }
}
