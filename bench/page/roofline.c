/* Layers under the roofs of this machine (Williams, Waterman & Patterson 2009). */
#include <math.h>
#include <string.h>

#include "page/chart.h"

enum { POINTS_MAX = 512, HEIGHT = 290, LABEL = 13 };
static const double GIGA = 1e-9;

typedef struct point {
    const json_t *row;
    const char *title;
    int colour;              /* by document and backend */
    double intensity, speed; /* FLOP per byte, GFLOP/s */
} point;

/* The points of a document must share instruction set and threads; else these are not told. */
typedef struct roof {
    double peak, bandwidth; /* GFLOP/s, GB/s; NaN: not known */
    bool all_processors;    /* the bandwidth's */
} roof;

static double speed_of(const json_t *row) {
    return strcmp(bench_text(row, "unit"), "FLOP/s") ? bench_row_figure(row, "GFLOP/s", NULL)
                                                     : GIGA * bench_real(row, "value");
}

static roof find_roof(const bench_document *document, const json_t *row) {
    roof r = {(double)NAN, (double)NAN, false};
    size_t i;
    const json_t *peak, *other;
    long long threads = bench_integer(row, "threads", 0);
    json_array_foreach(json_object_get(document->genbench, "peaks"), i, peak) {
        if (!strcmp(bench_text(peak, "isa"), bench_text(row, "isa")) && bench_integer(peak, "threads", 0) == threads)
            r.peak = GIGA * bench_real(peak, "flops");
    }
    json_array_foreach(document->rows, i, other) {
        if (!strcmp(bench_text(other, "suite"), "machine") && !strcmp(bench_text(other, "what"), "triad") &&
            bench_integer(other, "threads", 0) == threads)
            r.bandwidth = GIGA * bench_real(other, "value");
    }
    if (!isfinite(r.bandwidth)) {
        r.bandwidth = GIGA * bench_real(document->genbench, "triad_bytes_per_second");
        r.all_processors = true;
    }
    return r;
}

static int collect(const page_suite *suite, point *points) {
    int count = 0;
    for (int d = 0; d < suite->documents; d++)
        for (size_t i = 0; i < suite->rows[d] && count < POINTS_MAX; i++) {
            const json_t *row = suite->row[d][i].json;
            const char *backend = bench_text(row, "backend");
            double intensity = bench_real(row, "operations_per_call") / bench_real(row, "bytes_per_call");
            bool other = backend && strcmp(backend, "native");
            if (gs_axis_takes(true, intensity) && gs_axis_takes(true, speed_of(row)))
                points[count++] = (point){row, suite->row[d][i].title, 2 * d + other, intensity, speed_of(row)};
        }
    return count;
}

/* Whether there is a line; *label, at its right end, then says how high it is. */
static bool draw_roof(gs_chart *c, const roof *r, int colour, gs_chart_label *label) {
    char number[PAGE_NUMBER_ROOM];
    double ridge = r->peak / r->bandwidth, left = c->x.low, right = c->x.high;
    if (!gs_axis_takes(true, ridge) || !gs_axis_takes(true, r->peak))
        return false;
    double x[3] = {left, fmin(fmax(ridge, left), right), right}, y[3];
    for (int i = 0; i < 3; i++)
        y[i] = fmax(c->y.low, fmin(r->peak, r->bandwidth * x[i]));
    gs_chart_line(c, x, y, 3, colour, "roof");
    page_number(r->peak, number);
    *label = (gs_chart_label){.y = gs_chart_y(c, y[2]), .colour = colour};
    snprintf(label->text, sizeof label->text, "%s GFLOP/s", number);
    return true;
}

static void draw_points(gs_chart *c, const point *points, int count) {
    for (int i = 0; i < count; i++) {
        char text[2 * PAGE_TEXT_ROOM], speed[PAGE_NUMBER_ROOM], intensity[PAGE_NUMBER_ROOM];
        page_number(points[i].speed, speed);
        page_number(points[i].intensity, intensity);
        snprintf(text, sizeof text, "%s: %s GFLOP/s, %s FLOP per byte", points[i].title, speed, intensity);
        gs_chart_mark(c, points[i].intensity, points[i].speed, points[i].colour, points[i].colour % 2, text);
    }
}

/* ", under 190 GFLOP/s and 28.6 GB/s" */
static void put_roof(const roof *r, char *text, size_t room) {
    char peak[PAGE_NUMBER_ROOM], bandwidth[PAGE_NUMBER_ROOM];
    page_number(r->peak, peak);
    page_number(r->bandwidth, bandwidth);
    text[0] = '\0';
    if (isfinite(r->peak) && isfinite(r->bandwidth))
        snprintf(text, room, ", under %s GFLOP/s and %s GB/s", peak, bandwidth);
}

static void legend(page *p, const page_suite *suite, const point *points, int count, const roof *roofs) {
    int told = -1; /* the last document whose roof was */
    chart_legend_begin(p);
    for (int colour = 0; colour < 2 * suite->documents; colour++) {
        const point *best = NULL, *least = NULL;
        for (int i = 0; i < count; i++) {
            if (points[i].colour != colour)
                continue;
            best = !best || points[i].speed > best->speed ? &points[i] : best;
            least = !least || points[i].speed < least->speed ? &points[i] : least;
        }
        if (!best)
            continue;
        char name[PAGE_TEXT_ROOM], text[4 * PAGE_TEXT_ROOM], low[PAGE_NUMBER_ROOM], high[PAGE_NUMBER_ROOM];
        char under[PAGE_TEXT_ROOM] = "";
        const char *backend = bench_text(best->row, "backend");
        page_name(p, colour / 2, backend ? backend : suite->name, name);
        page_number(least->speed, low);
        page_number(best->speed, high);
        if (told != colour / 2)
            put_roof(&roofs[colour / 2], under, sizeof under);
        told = colour / 2;
        snprintf(text, sizeof text, "%s GFLOP/s (%s) to %s (%s)%s", low, bench_text(least->row, "what"), high,
                 bench_text(best->row, "what"), under);
        chart_legend(p, colour, colour % 2, name, text);
    }
    chart_legend_end(p);
}

void page_roofline(page *p, const page_suite *suite) {
    point points[POINTS_MAX];
    roof roofs[BENCH_PAGE_DOCUMENTS_MAX];
    gs_range x = gs_no_range, y = gs_no_range;
    int count = collect(suite, points);
    gs_chart_label labels[BENCH_PAGE_DOCUMENTS_MAX];
    int labelled = 0;
    bool all_processors = false;
    if (count < 2)
        return;
    for (int i = 0; i < count; i++) {
        roof *r = &roofs[points[i].colour / 2];
        *r = find_roof(&suite->document[points[i].colour / 2], points[i].row);
        all_processors = all_processors || r->all_processors;
        gs_range_widen(&x, false, points[i].intensity);
        gs_range_widen(&y, false, points[i].speed);
        if (gs_axis_takes(true, r->peak / r->bandwidth) && gs_axis_takes(true, r->peak)) {
            gs_range_widen(&y, false, 1.3 * r->peak);
            gs_range_widen(&x, false, r->peak / r->bandwidth / 3);
        }
    }
    chart_open(p);
    gs_chart c = chart_begin(p, "Speed of layers against operations per byte, under the machine's measured roofs",
                             gs_axis_fit(x.low, x.high, true, true), gs_axis_fit(y.low, y.high, true, true),
                             "operations for each byte that must be moved, FLOP/B", "GFLOP/s", LABEL, HEIGHT);
    for (int d = 0, i; d < suite->documents; d++) {
        for (i = 0; i < count && points[i].colour / 2 != d; i++)
            ;
        if (i < count)
            labelled += draw_roof(&c, &roofs[d], 2 * d, &labels[labelled]);
    }
    gs_chart_labels(&c, labels, labelled);
    draw_points(&c, points, count);
    chart_end(&c);
    chart_caption(
        p, "Roofline",
        "What each layer does per second against how much it computes for each byte of inputs, weights and "
        "outputs. The line is this machine: a loop of multiply-adds in registers, and memory as the triad sees it. "
        "Left of it are layers whose data stay in a cache; above it those by Winograd's method, which needs fewer "
        "operations than the direct one, whose operations are counted.");
    if (all_processors)
        gs_xml_put(p->out, "<p class=\"soft\">The bandwidth is that of all processors together.</p>\n");
    legend(p, suite, points, count, roofs);
    chart_close(p);
}
