/* The traces by step and the pictures of samples that rows may have; and the ratios of two builds. */
#include <math.h>
#include <string.h>

#include "page/chart.h"

enum { RATIOS_MAX = 80, PITCH = 36, HEAD = 30, RATIO_RIGHT = CHART_WIDTH - 24 };

/* ---- Traces ---- */

static void draw_series(gs_chart *c, const json_t *trace, const json_t *series, int colour) {
    const json_t *xs = json_object_get(trace, "x"), *ys = json_object_get(series, "y");
    size_t n = json_array_size(xs);
    gs_chart_line_begin(c, colour, "");
    for (size_t i = 0; i < n; i++)
        gs_chart_line_to(c, json_number_value(json_array_get(xs, i)), json_number_value(json_array_get(ys, i)),
                         i + 1 == n);
    gs_chart_line_end(c);
}

static gs_axis fit(const json_t *list, gs_range *range) {
    size_t i;
    const json_t *value;
    json_array_foreach(list, i, value) {
        if (gs_axis_takes(false, json_number_value(value)))
            gs_range_widen(range, false, json_number_value(value));
    }
    return gs_axis_fit(range->low, range->high, false, false);
}

/* Says so where the middle series left its beginning a hundredfold behind: energies are in units of kT, so such chains
 * have not settled. */
static void put_runaway(page *p, const json_t *trace) {
    const json_t *all = json_object_get(trace, "series"), *middle = json_array_get(all, json_array_size(all) / 2);
    const json_t *y = json_object_get(middle, "y");
    double first = json_number_value(json_array_get(y, 0));
    double last = json_number_value(json_array_get(y, json_array_size(y) - 1));
    char from[PAGE_NUMBER_ROOM], to[PAGE_NUMBER_ROOM];
    if (!(fabs(last) > 100 * fmax(fabs(first), 1)))
        return;
    page_number(first, from);
    page_number(last, to);
    gs_xml_put(
        p->out,
        "<p class=\"runaway\"><b>These chains ran away</b>: the %s (%s) went from %s to %s. Their speed is right, but "
        "their states are no samples.</p>\n",
        bench_text(trace, "y_label"), bench_text(middle, "name"), from, to);
}

static void trace(page *p, const char *name, const json_t *trace) {
    const json_t *all = json_object_get(trace, "series"), *series;
    gs_range x = gs_no_range, y = gs_no_range;
    size_t i;
    gs_axis across = fit(json_object_get(trace, "x"), &x);
    json_array_foreach(all, i, series) {
        fit(json_object_get(series, "y"), &y);
    }
    if (!(x.low < x.high) || !(y.low <= y.high))
        return;
    chart_open(p);
    gs_chart c = chart_begin(p, bench_text(trace, "title"), across, gs_axis_fit(y.low, y.high, false, true),
                             bench_text(trace, "x_label"), bench_text(trace, "y_label"), 0, CHART_HEIGHT);
    json_array_foreach(all, i, series) {
        draw_series(&c, trace, series, (int)(i % PAGE_COLOURS));
    }
    chart_end(&c);
    chart_caption(p, bench_text(trace, "title"), name);
    put_runaway(p, trace);
    chart_legend_begin(p);
    json_array_foreach(all, i, series) {
        chart_legend(p, (int)(i % PAGE_COLOURS), false, bench_text(series, "name"), "");
    }
    chart_legend_end(p);
    chart_close(p);
}

/* The number of documents from d on that have a row of that title with such a trace; 0 if an earlier one has it. */
static int count_same(const page_suite *suite, int d, const page_row *row, const json_t *member) {
    int same = 0;
    for (int k = 0; k < suite->documents; k++) {
        const json_t *other = page_find(suite, k, row->title, bench_text(row->json, "unit"));
        bool equal = other && json_equal(json_object_get(other, "trace"), member);
        if (equal && k < d)
            return 0;
        same += equal;
    }
    return same;
}

void page_traces(page *p, const page_suite *suite) {
    bool any = false;
    for (int d = 0; d < suite->documents; d++)
        for (size_t i = 0; i < suite->rows[d]; i++) {
            const page_row *row = &suite->row[d][i];
            const json_t *member = json_object_get(row->json, "trace");
            char name[PAGE_TEXT_ROOM];
            int same = member ? count_same(suite, d, row, member) : 0;
            if (!same)
                continue;
            if (same > 1)
                snprintf(name, sizeof name, "%.200s, the same in %d runs", row->title, same);
            else
                page_name(p, d, row->title, name);
            fputs(any ? "" : "<div class=\"charts\">\n", p->out);
            any = true;
            trace(p, name, member);
        }
    fputs(any ? "</div>\n" : "", p->out);
}

/* ---- Pictures ---- */

static const char *png_of(const json_t *row) {
    return bench_text(json_object_get(row, "picture"), "png");
}

/* The number of rows with this picture; 0 if a row before row i of document d has it, or if row i has none. */
static int count_pictures(const page *p, int d, size_t i) {
    const json_t *row, *mine = json_array_get(p->document[d].rows, i);
    const char *png = png_of(mine);
    int same = 0;
    for (int k = 0; png && k < p->count; k++) {
        size_t at;
        json_array_foreach(p->document[k].rows, at, row) {
            const char *other = png_of(row);
            if (!other || strcmp(other, png))
                continue;
            if (k < d || (k == d && at < i))
                return 0;
            same++;
        }
    }
    return same;
}

static void put_picture(page *p, const json_t *row, int same) {
    const char *caption = bench_text(json_object_get(row, "picture"), "caption"), *model = bench_text(row, "model");
    double evaluations = bench_row_figure(row, "NFE", NULL), distance = bench_row_figure(row, "FD", NULL);
    char thing[PAGE_TEXT_ROOM], number[PAGE_NUMBER_ROOM];
    page_thing(row, thing);
    gs_xml_put(p->out,
               "<figure class=\"picture\"><img alt=\"Samples: %s\" src=\"data:image/png;base64,%s\"/>"
               "<figcaption><b>%s</b> <span class=\"soft\">%s",
               thing, png_of(row), model ? model : thing, caption ? caption : "");
    page_number(evaluations, number);
    if (isfinite(evaluations))
        gs_xml_put(p->out, ", %s evaluations per sample", number);
    page_number(distance, number);
    if (isfinite(distance))
        gs_xml_put(p->out,
                   ", Fr\xc3\xa9"
                   "chet distance %s",
                   number);
    if (same > 1)
        gs_xml_put(p->out, "; to the byte the same in %d runs", same);
    fputs("</span></figcaption></figure>\n", p->out);
}

void page_pictures(page *p) {
    bool any = false;
    for (int d = 0; d < p->count; d++)
        for (size_t i = 0; i < json_array_size(p->document[d].rows); i++) {
            int same = count_pictures(p, d, i);
            if (!same)
                continue;
            fputs(any ? "" : "<section id=\"drawn\"><h2>What was drawn</h2>\n<div class=\"pictures\">\n", p->out);
            any = true;
            put_picture(p, json_array_get(p->document[d].rows, i), same);
        }
    fputs(any ? "</div></section>\n" : "", p->out);
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
    gs_xml_put(p->out, "<g><title>%s: %s, %s to %s%s</title>", name, text[0], text[1], text[2],
               flagged ? ", flagged" : "");
    gs_xml_put(p->out, "<text x=\"0\" y=\"%.1f\" class=\"over\">%.58s</text>", y, name);
    gs_xml_put(p->out, "<path class=\"line l%d\" d=\"M%.1f %.1fH%.1f\"/>", colour, RATIO_RIGHT * gs_chart_place(x, low),
               y + 11, RATIO_RIGHT * gs_chart_place(x, high));
    gs_xml_put(p->out, "<circle class=\"mark m%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/>", colour,
               RATIO_RIGHT * gs_chart_place(x, median), y + 11);
    if (flagged)
        gs_xml_put(p->out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\" class=\"direct t1\">flagged</text>",
                   CHART_WIDTH, y);
    fputs("</g>\n", p->out);
}

static void draw_ratios(page *p, const json_t *all, size_t count) {
    const json_t *ratio;
    size_t i;
    gs_range range = {1, 1};
    for (i = 0; i < count; i++) {
        gs_range_widen(&range, false, bench_real(json_array_get(all, i), "low"));
        gs_range_widen(&range, false, bench_real(json_array_get(all, i), "high"));
    }
    gs_axis x = gs_axis_fit(range.low, range.high, false, true);
    double bottom = HEAD + PITCH * (double)count;
    gs_xml_put(
        p->out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-16 0 %d %.0f\" role=\"img\" aria-label=\"Ratios of "
        "times, head over base, with intervals\">\n",
        CHART_WIDTH + 16, bottom + 8);
    for (int t = 0; t < x.count; t++) {
        double at = RATIO_RIGHT * gs_chart_place(&x, x.ticks[t]);
        gs_xml_put(p->out, "<path class=\"%s\" d=\"M%.1f %dV%.1f\"/>\n", fabs(x.ticks[t] - 1) < 1e-9 ? "axis" : "grid",
                   at, HEAD - 10, bottom);
        gs_xml_put(p->out, "<text x=\"%.1f\" y=\"14\" text-anchor=\"middle\" class=\"tick\">%s</text>\n", at,
                   x.labels[t]);
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
        gs_xml_put(p->out, "<section><h2>A/B%s%s</h2>\n", p->count > 1 ? ": " : "", p->label[d]);
        chart_open(p);
        draw_ratios(p, all, count < RATIOS_MAX ? count : RATIOS_MAX);
        chart_caption(p, "Head over base",
                      "Times of the head over those of the base, measured in interleaved pairs: the median and its "
                      "interval. Right of 1 the head is slower; a flagged row is slower beyond doubt.");
        chart_close(p);
        fputs("</section>\n", p->out);
    }
}
