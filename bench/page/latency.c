/* Latency by percentile: how long the slowest calls take is what an average hides, so that the abscissa gives the last
 * hundredth as much room as the first nine tenths have to the right of the half. */
#include <math.h>
#include <string.h>

#include "page/chart.h"
#include "measure/statistics.h"

enum { SERIES_MAX = 2 * PAGE_COLOURS, LABEL = PAGE_BRIEF_ROOM };
static const double marked[] = {0.5, 0.9, 0.99}; /* percentiles */

typedef struct series {
    char name[PAGE_TEXT_ROOM], brief[PAGE_BRIEF_ROOM];
    const json_t *row;
    size_t n;
    double *call; /* (n) ms, ascending */
} series;

/* Percentile q at 1 / (1 - q) of a logarithmic axis. */
static gs_axis percentile_axis(double most) {
    static const struct {
        double at;
        const char *label;
    } ticks[] = {{1, "0"}, {2, "p50"}, {10, "p90"}, {100, "p99"}, {1000, "p99.9"}, {10000, "p99.99"}};
    gs_axis axis = {.log = true, .low = 1, .high = most};
    for (size_t i = 0; i < GS_COUNT(ticks) && ticks[i].at <= most; i++) {
        axis.ticks[axis.count] = ticks[i].at;
        snprintf(axis.labels[axis.count++], GS_TICK_ROOM, "%s", ticks[i].label);
    }
    return axis;
}

static int collect(page *p, const page_suite *suite, series *all) {
    int count = 0;
    for (int d = 0; d < suite->documents; d++)
        for (size_t i = 0; i < suite->rows[d] && count < SERIES_MAX; i++) {
            const page_row *row = &suite->row[d][i];
            series *s = &all[count];
            const char *model = bench_text(row->json, "model");
            if (!isfinite(bench_row_figure(row->json, "p99", NULL)) || !page_is_shown(suite, row->json))
                continue;
            s->row = row->json;
            s->call = page_calls(p, row->json, &s->n);
            page_name(p, d, row->title, s->name);
            snprintf(s->brief, sizeof s->brief, "%.*s", LABEL - 1,
                     suite->documents > 1 ? p->brief[d]
                     : model              ? model
                                          : row->title);
            count += s->n > 1;
            if (s->n < 2)
                gs_free(s->call);
        }
    return count;
}

static void draw(gs_chart *c, const series *s, int colour, double factor, gs_chart_label *label) {
    char text[PAGE_TEXT_ROOM], value[PAGE_NUMBER_ROOM];
    gs_chart_line_begin(c, colour, "");
    for (size_t i = 0; i < s->n; i++) /* of the calls, i are faster */
        gs_chart_line_to(c, fmin((double)s->n / (double)(s->n - i), c->x.high), factor * s->call[i], i + 1 == s->n);
    gs_chart_line_end(c);
    for (size_t i = 0; i < GS_COUNT(marked); i++) {
        double at = gs_rank_quantile(s->call, s->n, marked[i]);
        if (1 / (1 - marked[i]) > c->x.high)
            continue;
        page_quantity(at, "ms", value);
        snprintf(text, sizeof text, "%.100s: p%.0f %s", s->name, 100 * marked[i], value);
        gs_chart_mark(c, 1 / (1 - marked[i]), factor * at, colour, false, text);
    }
    *label = (gs_chart_label){.y = gs_chart_y(c, factor * s->call[s->n - 1]), .colour = colour};
    snprintf(label->text, sizeof label->text, "%s", s->brief);
}

static void legend(page *p, const series *all, int count) {
    chart_legend_begin(p);
    for (int i = 0; i < count; i++) {
        char text[PAGE_TEXT_ROOM] = "", value[PAGE_NUMBER_ROOM];
        for (size_t k = 0; k < GS_COUNT(marked); k++) {
            page_quantity(gs_rank_quantile(all[i].call, all[i].n, marked[k]), "ms", value);
            bench_append(text, sizeof text, "%sp%.0f %s", k ? ", " : "", 100 * marked[k], value);
        }
        chart_legend(p, i, false, all[i].name, text);
    }
    chart_legend_end(p);
}

void page_latency(page *p, const page_suite *suite) {
    series all[SERIES_MAX];
    gs_chart_label labels[SERIES_MAX];
    gs_range range = gs_no_range;
    double most = 0;
    int count = collect(p, suite, all);
    for (int i = 0; i < count; i++) {
        gs_range_widen(&range, false, all[i].call[0]);
        gs_range_widen(&range, false, all[i].call[all[i].n - 1]);
        most = fmax(most, (double)all[i].n);
    }
    if (!count)
        return;
    bool log = range.low > 0 && range.high > 20 * range.low;
    page_scale scale = page_scale_of("ms", range.high);
    gs_axis y = gs_axis_fit(log ? scale.factor * range.low : 0, scale.factor * range.high, log, true);
    chart_open(p);
    gs_chart c =
        chart_begin(p, "Time of a call by percentile, a line per network; the percentiles are in the list beside it",
                    percentile_axis(most), y, "calls that are as fast or faster", scale.symbol, LABEL, CHART_HEIGHT);
    for (int i = 0; i < count; i++)
        draw(&c, &all[i], i, scale.factor, &labels[i]);
    gs_chart_labels(&c, labels, count);
    chart_end(&c);
    chart_caption(p, "Latency by percentile",
                  "How long one call takes, of all calls of all repetitions. A flat line is a steady machine; one that "
                  "rises at the right tells of the few calls that take longer.");
    legend(p, all, count);
    chart_close(p);
    for (int i = 0; i < count; i++)
        gs_free(all[i].call);
}
