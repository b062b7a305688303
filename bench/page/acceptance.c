/* Acceptance of rejection sampling against dimension: theory R^-D, which is a straight line on a logarithmic axis, and
 * below it the ratio to theory, where the exact intervals can be seen. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "page/chart.h"

enum { POINTS_MAX = 256, LINE = 64, RATIO_HEIGHT = 190 };
static const double PPM = 1e-6, LEAST = 1e-30; /* LEAST: what an axis can show */

typedef struct point {
    int document, colour;
    const json_t *row;
    char algorithm[PAGE_TEXT_ROOM];
    double dim, accepted, low, high, theory;
} point;

/* "plain-d784" */
static bool parse(const char *what, point *q) {
    const char *dash = strrchr(what, '-');
    char *end;
    if (!dash || dash[1] != 'd')
        return false;
    q->dim = (double)strtol(dash + 2, &end, 10);
    snprintf(q->algorithm, sizeof q->algorithm, "%.*s", (int)(dash - what), what);
    return end != dash + 2 && !*end && q->dim >= 1 && q->dim < 1e6;
}

static int colour_of(const point *points, int count, const point *q) {
    int most = -1;
    for (int i = 0; i < count; i++) {
        if (!strcmp(points[i].algorithm, q->algorithm))
            return points[i].colour;
        most = points[i].colour > most ? points[i].colour : most;
    }
    return most + 1;
}

/* Whether the page's chart has the row: for several documents, only the algorithm with the narrowest interval is
 * shown. */
static bool is_point(const page_suite *suite, const json_t *row, const char *only, point *q) {
    q->row = row;
    q->accepted = PPM * bench_row_figure(row, "acceptance", NULL);
    q->low = PPM * bench_row_figure(row, "99 % low", NULL);
    q->high = PPM * bench_row_figure(row, "99 % high", NULL);
    q->theory = PPM * bench_row_figure(row, "theory", NULL);
    return q->low >= 0 && q->low <= q->accepted && q->accepted <= q->high && q->high <= 1 && q->accepted >= LEAST &&
           q->theory >= LEAST && q->theory < 1 && parse(bench_text(row, "what"), q) &&
           (suite->documents < 2 || !only || !strcmp(only, q->algorithm));
}

static void find_narrowest(const page_suite *suite, char algorithm[PAGE_TEXT_ROOM]) {
    double most = -1;
    algorithm[0] = '\0';
    for (size_t i = 0; i < suite->rows[0]; i++) {
        point q;
        double accepted = bench_row_figure(suite->row[0][i].json, "accepted", NULL);
        if (is_point(suite, suite->row[0][i].json, NULL, &q) && accepted > most) {
            most = accepted;
            snprintf(algorithm, PAGE_TEXT_ROOM, "%s", q.algorithm);
        }
    }
}

static int collect(const page_suite *suite, point *points) {
    char only[PAGE_TEXT_ROOM];
    int count = 0;
    find_narrowest(suite, only);
    for (int d = 0; d < suite->documents; d++)
        for (size_t i = 0; i < suite->rows[d] && count < POINTS_MAX; i++) {
            point q = {.document = d};
            if (!is_point(suite, suite->row[d][i].json, only, &q))
                continue;
            q.colour = suite->documents > 1 ? d : colour_of(points, count, &q);
            points[count++] = q;
        }
    return count;
}

/* The points of one dimension side by side, a pixel's width of the algorithm apart. */
static double beside(const gs_chart *c, const point *q, int colours) {
    double step = 6 / (c->right - c->left) * (c->x.high - c->x.low);
    return q->dim + (q->colour - (colours - 1) / 2.0) * step;
}

static void draw_points(gs_chart *c, const point *points, int count, int colours, bool ratio) {
    for (int i = 0; i < count; i++) {
        const point *q = &points[i];
        char text[2 * PAGE_TEXT_ROOM], accepted[PAGE_NUMBER_ROOM], theory[PAGE_NUMBER_ROOM];
        double unit = ratio ? q->theory : 1, x = beside(c, q, colours);
        page_number(q->accepted, accepted);
        page_number(q->theory, theory);
        snprintf(text, sizeof text, "%.100s, D = %.0f: acceptance %s, theory %s", q->algorithm, q->dim, accepted,
                 theory);
        gs_chart_interval(c, x, fmax(q->low / unit, c->y.low), q->high / unit, q->colour);
        gs_chart_mark(c, x, q->accepted / unit, q->colour, false, text);
    }
}

/* The ratio R of the widest space, by whose theory the line is drawn. */
static double find_ratio(const point *points, int count) {
    const point *widest = points;
    for (int i = 1; i < count; i++)
        widest = points[i].dim > widest->dim ? &points[i] : widest;
    return exp(-log(widest->theory) / widest->dim);
}

static void draw_theory(gs_chart *c, double ratio) {
    double x[LINE], y[LINE];
    size_t n = 0;
    for (int i = 0; i < LINE; i++) {
        double dim = c->x.low + (c->x.high - c->x.low) * i / (LINE - 1), at = pow(ratio, -dim);
        if (at < c->y.low || at > c->y.high)
            continue;
        x[n] = dim;
        y[n++] = at;
    }
    gs_chart_line(c, x, y, n, PAGE_COLOURS - 1, "dashed");
}

static void legend(page *p, const point *points, int count, int colours) {
    chart_legend_begin(p);
    for (int colour = 0; colour < colours; colour++) {
        const point *widest = NULL;
        for (int i = 0; i < count; i++)
            if (points[i].colour == colour && (!widest || points[i].dim > widest->dim))
                widest = &points[i];
        if (!widest)
            continue;
        char name[PAGE_TEXT_ROOM], text[PAGE_TEXT_ROOM];
        page_name(p, widest->document, widest->algorithm, name);
        snprintf(text, sizeof text, "D = %.0f: %.1f ppm, 99 %% interval %.1f to %.1f, theory %.1f", widest->dim,
                 widest->accepted / PPM, widest->low / PPM, widest->high / PPM, widest->theory / PPM);
        chart_legend(p, colour, false, name, text);
    }
    chart_legend_end(p);
}

static void draw(page *p, const point *points, int count, int colours, double ratio) {
    gs_range x = {0, 0}, y = {1, 1}, ratios = {1, 1};
    for (int i = 0; i < count; i++) {
        gs_range_widen(&x, false, points[i].dim * 1.05);
        gs_range_widen(&y, false, fmax(points[i].low, points[i].theory / 10));
        gs_range_widen(&y, false, points[i].theory);
        gs_range_widen(&ratios, false, points[i].low / points[i].theory);
        gs_range_widen(&ratios, false, points[i].high / points[i].theory);
    }
    gs_axis dims = gs_axis_fit(x.low, x.high, false, false);
    gs_chart c =
        chart_begin(p, "Acceptance by dimension, measured with exact intervals, beside the line of theory", dims,
                    gs_axis_fit(y.low, y.high, true, true), "dimension D", "acceptance", 0, CHART_HEIGHT);
    draw_theory(&c, ratio);
    draw_points(&c, points, count, colours, false);
    chart_end(&c);
    c = chart_begin(p, "The same over theory, with exact 99 % intervals", dims,
                    gs_axis_fit(ratios.low, ratios.high, false, true), "dimension D", "acceptance over theory", 0,
                    RATIO_HEIGHT);
    gs_chart_line(&c, (double[]){c.x.low, c.x.high}, (double[]){1, 1}, 2, PAGE_COLOURS - 1, "dashed");
    draw_points(&c, points, count, colours, true);
    chart_end(&c);
}

void page_acceptance(page *p, const page_suite *suite) {
    point points[POINTS_MAX];
    char text[PAGE_TEXT_ROOM];
    int count = collect(suite, points), colours = 0;
    for (int i = 0; i < count; i++)
        colours = points[i].colour >= colours ? points[i].colour + 1 : colours;
    if (!count)
        return;
    double ratio = find_ratio(points, count);
    chart_open(p);
    fputs("<div>", p->out);
    draw(p, points, count, colours, ratio);
    fputs("</div>", p->out);
    snprintf(text, sizeof text,
             "How many proposals are accepted, and (dashed) the share that theory gives, R\xe2\x81\xbb\xe1\xb4\xb0 at "
             "a ratio R of %.6g. Intervals are exact, Clopper and Pearson's of 99 %%; theory should be in nearly all "
             "of them.",
             ratio);
    chart_caption(p, "Acceptance and theory", text);
    legend(p, points, count, colours);
    chart_close(p);
}
