/* Bars of how many times as fast gensample is as the best of each other program: to the right of 1 where it is faster,
 * to the left where it is slower. Equal factors are equal lengths. */
#include <math.h>
#include <string.h>

#include "io/output.h"
#include "page/chart.h"

enum {
    HEADING = 21,
    PITCH = 16,
    THICK = 11,
    TOP = 24,
    LEFT = 112,
    RIGHT = 340,
    GUTTER = 28,
    BANNER = 74,
    MARGIN = 18,
    KEY = 150
};
static const double MOST = 8, LEAST = 1.0 / 8;

const page_key page_keys[PAGE_KEYS] = {
    {"win", "gensample is faster"}, {"loss", "gensample is slower"}, {"win doubt", BENCH_DOUBT_MEANING}};

typedef struct bars {
    page *p;
    const char *machine;
    int columns;
    double low, high; /* ends of the axis, powers of two */
    bool threads;     /* they differ and are told */
} bars;

/* Whether duel i is of the machine and of the same work as another. */
static bool same_work(const bars *b, size_t i, const page_duel *other) {
    const page_duel *duel = &b->p->duel[i];
    return !strcmp(duel->machine, b->machine) && !strcmp(duel->work, other->work) &&
           !strcmp(duel->threads, other->threads);
}

/* Whether duel i is the first of its work on the machine; the others of the work need not follow it. */
static bool opens_work(const bars *b, size_t i) {
    bool opens = !strcmp(b->p->duel[i].machine, b->machine);
    for (size_t k = 0; k < i && opens; k++)
        opens = !same_work(b, k, &b->p->duel[i]);
    return opens;
}

static int height_of(const bars *b, size_t first) {
    int height = HEADING;
    for (size_t i = first; i < b->p->duels; i++)
        height += PITCH * same_work(b, i, &b->p->duel[first]);
    return height;
}

static bars measure(page *p, const char *machine, int columns) {
    bars b = {.p = p, .machine = machine, .columns = columns, .low = 0.5, .high = 2};
    const char *threads = NULL;
    for (size_t i = 0; i < p->duels; i++) {
        if (strcmp(p->duel[i].machine, machine))
            continue;
        while (b.high < MOST && p->duel[i].rival.ratio > b.high)
            b.high *= 2;
        while (b.low > LEAST && p->duel[i].rival.ratio < b.low)
            b.low /= 2;
        b.threads = b.threads || (threads && strcmp(threads, p->duel[i].threads));
        threads = p->duel[i].threads;
    }
    return b;
}

static double place(const bars *b, double ratio) {
    double at = log(fmin(fmax(ratio, b->low), b->high) / b->low) / log(b->high / b->low);
    return LEFT + (RIGHT - LEFT) * at;
}

static void draw_bar(const bars *b, const page_duel *duel, double x, double y) {
    page *p = b->p;
    const bench_rival *r = &duel->rival;
    double from = place(b, 1), to = place(b, r->ratio);
    bool won = r->ratio >= 1;
    char number[PAGE_NUMBER_ROOM], ours[PAGE_NUMBER_ROOM], theirs[PAGE_NUMBER_ROOM];
    page_ratio(r->ratio, number);
    page_quantity(bench_real(r->ours, "value"), bench_text(r->ours, "unit"), ours);
    page_quantity(bench_real(duel->row, "value"), bench_text(duel->row, "unit"), theirs);
    gs_xml_put(p->out, "<g><title>%s: %s %s; gensample %s</title>", duel->work, bench_text(duel->row, "program"),
               theirs, ours);
    gs_xml_put(p->out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%.16s%s</text>", x + LEFT - 8, y + 10,
               duel->name, strlen(duel->name) > 16 ? "\xe2\x80\xa6" : "");
    gs_xml_put(p->out, "<rect class=\"%s%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" rx=\"1.5\"/>",
               won ? "win" : "loss", r->valid ? "" : " doubt", x + fmin(from, to), y, fmax(fabs(to - from), 1.5),
               THICK);
    gs_xml_put(p->out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">%s%s\xc3\x97%s</text></g>\n",
               won ? "direct" : "direct t1", x + fmax(from, to) + 5, y + 10, r->ratio > b->high ? "\xc2\xbb " : "",
               number, r->valid ? "" : " " BENCH_DOUBT_MARK);
}

static void draw_axis(const bars *b, double x, double y, double height) {
    for (double tick = b->low; tick <= b->high; tick *= 2) {
        double at = x + place(b, tick);
        gs_xml_put(b->p->out, "<path class=\"%s\" d=\"M%.1f %.1fv%.1f\"/>\n", tick == 1 ? "axis" : "grid", at,
                   y + TOP - 6, height - TOP + 6);
        gs_xml_put(b->p->out, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%.3g\xc3\x97</text>\n",
                   at, y + 11, tick);
    }
}

static void draw_work(const bars *b, size_t first, double x, double y) {
    const page_duel *duel = &b->p->duel[first];
    gs_xml_put(b->p->out, "<text class=\"label over\" x=\"%.1f\" y=\"%.1f\">%s%s%s</text>\n", x, y + 14, duel->work,
               b->threads ? ", " : "", b->threads ? duel->threads : "");
    y += HEADING;
    for (size_t i = first; i < b->p->duels; i++) {
        if (!same_work(b, i, duel))
            continue;
        draw_bar(b, &b->p->duel[i], x, y);
        y += PITCH;
    }
}

/* Places the works from top to bottom, column by column. Returns the height; draws only if asked to. */
static int flow(const bars *b, double x, double y, bool draw) {
    int total = 0, most = 0, used = TOP, column = 0;
    for (size_t i = 0; i < b->p->duels; i++)
        total += opens_work(b, i) ? height_of(b, i) : 0;
    for (size_t i = 0; i < b->p->duels; i++) {
        if (!opens_work(b, i))
            continue;
        int height = height_of(b, i);
        if (column + 1 < b->columns && used > TOP && used + height / 2 > TOP + total / b->columns) {
            column++;
            used = TOP;
        }
        if (draw)
            draw_work(b, i, x + column * (CHART_WIDTH + GUTTER), y + used);
        used += height;
        most = used > most ? used : most;
    }
    return most + 4;
}

static void draw_all(const bars *b, double x, double y, int height) {
    for (int c = 0; c < b->columns; c++)
        draw_axis(b, x + c * (CHART_WIDTH + GUTTER), y, height);
    flow(b, x, y, true);
}

void page_bars(page *p, const char *machine) {
    bars b = measure(p, machine, 1);
    int height = flow(&b, 0, 0, false);
    gs_xml_put(p->out,
               "<figure class=\"bars\"><figcaption><h3>%s</h3></figcaption>\n<svg xmlns=\"http://www.w3.org/2000/svg\" "
               "viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"How many times as fast gensample is on %s\">\n",
               machine, CHART_WIDTH, height, machine);
    draw_all(&b, 0, 0, height);
    fputs("</svg></figure>\n", p->out);
}

/* ---- A picture of its own ---- */

/* The picture has its own background, so that it can be read on a light or a dark page. */
static const char style[] = {
#include "speed.css.inc"
};

static void put_banner(page *p, const bars *b, int width) {
    int x = MARGIN;
    gs_xml_put(p->out,
               "<text class=\"title\" x=\"%d\" y=\"30\">How many times as fast as other programs gensample is</text>\n",
               MARGIN);
    gs_xml_put(p->out, "<text x=\"%d\" y=\"54\" text-anchor=\"end\">%s, %s, %s</text>\n", width - MARGIN, b->machine,
               bench_text(p->duel[0].rival.ours, "isa"), p->duel[0].threads);
    for (int i = 0; i < PAGE_KEYS; i++, x += KEY) {
        gs_xml_put(p->out, "<rect class=\"%s\" x=\"%d\" y=\"44\" width=\"%d\" height=\"%d\"/>", page_keys[i].class, x,
                   THICK, THICK);
        gs_xml_put(p->out, "<text x=\"%d\" y=\"54\">%s</text>\n", x + THICK + 6, page_keys[i].text);
    }
}

static void put_picture(page *p) {
    enum { COLUMNS = 2, WIDTH = COLUMNS * CHART_WIDTH + GUTTER + 2 * MARGIN };
    bars b = measure(p, p->duel[0].machine, COLUMNS);
    int height = flow(&b, 0, 0, false), whole = height + BANNER + MARGIN / 2;
    gs_xml_put(
        p->out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" "
        "aria-label=\"How many times as fast as other programs gensample is on %s\">\n<style>",
        WIDTH, whole, WIDTH, whole, b.machine);
    fputs(style, p->out);
    gs_xml_put(p->out, "</style>\n<rect class=\"ground\" x=\".5\" y=\".5\" width=\"%d\" height=\"%d\" rx=\"8\"/>\n",
               WIDTH - 1, whole - 1);
    put_banner(p, &b, WIDTH);
    draw_all(&b, MARGIN, BANNER, height);
    fputs("</svg>\n", p->out);
}

/* Checks that all duels are of one machine, because the picture names only one. */
static gs_status check_duels(const page *p, gs_error *error) {
    if (!p->duels)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--chart: no report has a row of another program beside gensample's");
    for (size_t i = 1; i < p->duels; i++)
        if (strcmp(p->duel[i].machine, p->duel[0].machine))
            return gs_fail(error, GS_ERROR_ARGUMENT, "--chart: of one machine only, and these are %s and %s",
                           p->duel[0].machine, p->duel[i].machine);
    return GS_OK;
}

gs_status bench_chart_write(const bench_document *documents, int count, const char *path, gs_error *error) {
    gs_output output;
    page p = {.document = documents, .count = count};
    page_duels_make(&p);
    gs_status status = p.failed ? gs_fail_memory(error, "a chart") : check_duels(&p, error);
    if (!status)
        status = gs_output_open(&output, path, error);
    if (!status) {
        p.out = output.file;
        put_picture(&p);
        status = gs_output_commit(&output, error);
    }
    page_duels_free(&p);
    return status;
}
