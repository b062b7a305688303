/* The page of a history: one chart per row, with its figures by time and the medians between its changes. */
#include "history.h"

#include <math.h>
#include <string.h>

#include "io/output.h"
#include "page/chart.h"
#include "measure/statistics.h"

enum { HEIGHT = 170, TICKS = 6, GREY = PAGE_COLOURS - 1 };

typedef struct row_history {
    const json_t *history, *series, *points, *changes;
    page_scale scale;
    double *x, *y, *scratch; /* of the valid points */
    size_t n;
} row_history;

/* ---- A chart ---- */

static double value_of(const row_history *h, size_t i) {
    return h->scale.factor * bench_real(json_array_get(h->points, i), "value");
}

/* Each tick is a report; there are as many as fit. */
static gs_axis report_axis(const row_history *h) {
    size_t reports = json_array_size(json_object_get(h->history, "reports")), step = (reports + TICKS - 1) / TICKS;
    gs_axis axis = {.low = -0.5, .high = (double)reports - 0.5};
    for (size_t i = 0; i < reports && axis.count < GS_TICKS_MAX; i += step) {
        axis.ticks[axis.count] = (double)i;
        bench_history_label(h->history, (long long)i, axis.labels[axis.count++]);
    }
    return axis;
}

/* Figures that are not valid are grey, and lie at the edge if they are further off. */
static void draw_points(gs_chart *c, const row_history *h) {
    for (size_t i = 0; i < json_array_size(h->points); i++) {
        const json_t *point = json_array_get(h->points, i);
        char number[PAGE_NUMBER_ROOM], label[BENCH_REPORT_ROOM], text[PAGE_TEXT_ROOM];
        bool valid = bench_flag(point, "valid");
        page_number(value_of(h, i), number);
        bench_history_label(h->history, bench_integer(point, "report", 0), label);
        snprintf(text, sizeof text, "%s: %s %s%s", label, number, h->scale.symbol, valid ? "" : ", INVALID");
        gs_chart_dot(c, bench_real(point, "report"), fmin(fmax(value_of(h, i), c->y.low), c->y.high), valid ? 0 : GREY,
                     text);
    }
}

/* The median of each stretch without a change, and the factor by which the next stretch differs. */
static void draw_stretches(gs_chart *c, const row_history *h) {
    size_t from = 0;
    for (size_t k = 0; k <= json_array_size(h->changes); k++) {
        const json_t *change = json_array_get(h->changes, k);
        double end = change ? bench_real(change, "report") : INFINITY;
        size_t to = from;
        while (to < h->n && h->x[to] < end)
            to++;
        if (to == from)
            continue;
        memcpy(h->scratch, h->y + from, (to - from) * sizeof *h->scratch);
        gs_sort(h->scratch, to - from);
        double middle = gs_median(h->scratch, to - from);
        gs_chart_line(c, (double[]){h->x[from] - 0.4, h->x[to - 1] + 0.4}, (double[]){middle, middle}, 2, 1, "");
        if (change) {
            char text[PAGE_NUMBER_ROOM];
            page_ratio(bench_real(change, "times_as_fast"), text);
            strncat(text, "\xc3\x97", sizeof text - strlen(text) - 1);
            gs_chart_line(c, (double[]){end - 0.5, end - 0.5}, (double[]){c->y.low, c->y.high}, 2, 1, "faint");
            gs_chart_text(c, gs_chart_x(c, end - 0.5), c->top - 4, "direct t1", "middle", text);
        }
        from = to;
    }
}

static void put_changes(page *p, const row_history *h) {
    size_t k;
    const json_t *change, *reports = json_object_get(h->history, "reports");
    json_array_foreach(h->changes, k, change) {
        long long report = bench_integer(change, "report", 0);
        double ratio = bench_real(change, "times_as_fast");
        const char *started = bench_text(json_array_get(reports, (size_t)report), "started");
        char label[BENCH_REPORT_ROOM], text[PAGE_NUMBER_ROOM];
        bench_history_label(h->history, report, label);
        page_fixed(ratio, 3, text);
        gs_xml_put(p->out, "<p class=\"%s\">%s\xc3\x97 as fast since %s (%.10s)</p>\n", ratio >= 1 ? "won" : "lost",
                   text, label, started ? started : "no date");
    }
}

static void put_chart(page *p, row_history *h) {
    gs_range range = gs_no_range;
    const char *name = bench_text(h->series, "name");
    double most = 0;
    for (size_t i = 0; i < json_array_size(h->points); i++)
        most = fmax(most, bench_real(json_array_get(h->points, i), "value"));
    h->scale = page_scale_of(bench_text(h->series, "unit"), most);
    h->n = 0;
    for (size_t i = 0; i < json_array_size(h->points); i++) {
        if (!bench_flag(json_array_get(h->points, i), "valid"))
            continue;
        gs_range_widen(&range, false, value_of(h, i));
        h->x[h->n] = bench_real(json_array_get(h->points, i), "report");
        h->y[h->n++] = value_of(h, i);
    }
    for (size_t i = 0; !h->n && i < json_array_size(h->points); i++)
        gs_range_widen(&range, false, value_of(h, i));
    chart_open(p);
    gs_chart c = chart_begin(p, name, report_axis(h), gs_axis_fit(range.low, range.high, false, true), "",
                             h->scale.symbol, 0, HEIGHT);
    draw_stretches(&c, h);
    draw_points(&c, h);
    chart_end(&c);
    chart_caption(p, name, bench_text(h->series, "machine"));
    put_changes(p, h);
    chart_close(p);
}

/* ---- The page ---- */

/* Draws charts of a suite's rows or, with NULL, of all rows that changed; returns their number. */
static int put_charts(page *p, row_history *h, const char *suite) {
    size_t i;
    int count = 0;
    json_array_foreach(json_object_get(h->history, "series"), i, h->series) {
        h->points = json_object_get(h->series, "points");
        h->changes = json_object_get(h->series, "changes");
        if (suite ? strcmp(bench_text(h->series, "suite"), suite) != 0 : !json_array_size(h->changes))
            continue;
        fputs(count ? "" : "<div class=\"charts\">\n", p->out);
        count++;
        put_chart(p, h);
    }
    fputs(count ? "</div>\n" : "", p->out);
    return count;
}

static bool is_first_of_suite(const json_t *all, size_t i) {
    for (size_t k = 0; k < i; k++)
        if (!strcmp(bench_text(json_array_get(all, k), "suite"), bench_text(json_array_get(all, i), "suite")))
            return false;
    return true;
}

static void put_history(page *p, row_history *h) {
    const json_t *all = json_object_get(h->history, "series"), *reports = json_object_get(h->history, "reports");
    size_t count = json_array_size(reports);
    char first[BENCH_REPORT_ROOM], last[BENCH_REPORT_ROOM];
    bench_history_label(h->history, 0, first);
    bench_history_label(h->history, (long long)count - 1, last);
    page_begin(p, "History");
    gs_xml_put(
        p->out,
        "<p class=\"about\">%zu reports, from %s to %s; %zu rows. A dot is the median of a report, a grey one is "
        "INVALID; lines are medians between changes.</p>\n</header>\n<main>\n<section><h2>Changes</h2>\n",
        count, first, last, json_array_size(all));
    gs_xml_put(p->out,
               "<p class=\"about\">By at least 2 %%; of rows that never change, 1 in 1,000 is shown here by chance. A "
               "new compiler or a busier machine is a change, too.</p>\n");
    if (!put_charts(p, h, NULL))
        fputs("<p>No row changed.</p>\n", p->out);
    fputs("</section>\n", p->out);
    for (size_t i = 0; i < json_array_size(all); i++) {
        const char *suite = bench_text(json_array_get(all, i), "suite");
        if (!is_first_of_suite(all, i))
            continue;
        gs_xml_put(p->out, "<details class=\"suite\"><summary><h2>%s</h2></summary>\n", suite);
        put_charts(p, h, suite);
        fputs("</details>\n", p->out);
    }
    fputs("</main>\n<footer><p>Written by genbench.</p></footer>\n</body>\n</html>\n", p->out);
}

gs_status bench_history_write(const json_t *history, const char *path, gs_error *error) {
    gs_output output;
    size_t most = json_array_size(json_object_get(history, "reports")), i;
    const json_t *series;
    json_array_foreach(json_object_get(history, "series"), i, series) {
        size_t points = json_array_size(json_object_get(series, "points"));
        most = points > most ? points : most;
    }
    row_history h = {.history = history, .x = gs_alloc(most, 3 * sizeof *h.x)};
    gs_status status = h.x ? GS_OK : gs_fail_memory(error, "a page of history");
    if (!status)
        status = gs_output_open(&output, path, error);
    if (!status) {
        page p = {.out = output.file};
        h.y = h.x + most;
        h.scratch = h.y + most;
        put_history(&p, &h);
        status = gs_output_commit(&output, error);
    }
    gs_free(h.x);
    return status;
}
