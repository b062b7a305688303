/* Speed by number of threads beside the ideal, and beside what the machine's own multiply-adds gain. */
#include <math.h>
#include <string.h>

#include "page/chart.h"

enum { LINES_MAX = 2 * BENCH_PAGE_DOCUMENTS_MAX, POINTS_MAX = 64, LABEL = PAGE_BRIEF_ROOM };
static const int ideal_colour = PAGE_COLOURS - 1;

/* R(T) / R(1) by threads T. */
typedef struct line {
    char name[PAGE_TEXT_ROOM], brief[PAGE_BRIEF_ROOM];
    bool peak; /* of the multiply-add loop */
    int colour;
    size_t n;
    double threads[POINTS_MAX], gain[POINTS_MAX];
} line;

static void add_point(line *l, double threads, double gain) {
    size_t at = l->n;
    if (at == POINTS_MAX || !isfinite(gain))
        return;
    for (; at > 0 && l->threads[at - 1] > threads; at--) {
        l->threads[at] = l->threads[at - 1];
        l->gain[at] = l->gain[at - 1];
    }
    l->threads[at] = threads;
    l->gain[at] = gain;
    l->n++;
}

static bool same_work(const json_t *a, const json_t *b) {
    return page_same_but(a, b, 1u << PART_THREADS) && !strcmp(bench_text(a, "what"), bench_text(b, "what")) &&
           !strcmp(bench_text(a, "unit"), bench_text(b, "unit"));
}

static void fill(line *l, const page_suite *suite, int d, const json_t *one) {
    for (size_t i = 0; i < suite->rows[d]; i++) {
        const json_t *row = suite->row[d][i].json;
        if (same_work(row, one))
            add_point(l, bench_real(row, "threads"), bench_times_as_fast(row, one));
    }
}

/* Multiply-adds with the instruction set of a row. */
static void fill_peak(line *l, const bench_document *document, const char *isa) {
    const json_t *peaks = json_object_get(document->genbench, "peaks"), *peak;
    size_t i;
    double one = (double)NAN;
    json_array_foreach(peaks, i, peak) {
        if (!strcmp(bench_text(peak, "isa"), isa) && bench_integer(peak, "threads", 0) == 1)
            one = bench_real(peak, "flops");
    }
    json_array_foreach(peaks, i, peak) {
        if (!strcmp(bench_text(peak, "isa"), isa))
            add_point(l, bench_real(peak, "threads"), bench_real(peak, "flops") / one);
    }
}

/* A line of networks, or the multiply-adds; their colours are the document's, of a single one the line's. */
static bool name_line(const page *p, int d, const char *title, int count, line *l) {
    l->colour = p->count > 1 ? d : count;
    page_name(p, d, title, l->name);
    snprintf(l->brief, sizeof l->brief, "%.*s", LABEL - 1, p->count > 1 ? p->brief[d] : title);
    return l->n > 1;
}

static int collect(const page *p, const page_suite *suite, line *lines) {
    int count = 0;
    for (int d = 0; d < suite->documents; d++) {
        const char *isa = NULL;
        for (size_t i = 0; i < suite->rows[d] && count < LINES_MAX - 1; i++) {
            const json_t *row = suite->row[d][i].json;
            const char *model = bench_text(row, "model");
            if (bench_integer(row, "threads", 0) != 1 || bench_text(row, "program") || !page_is_shown(suite, row))
                continue;
            lines[count] = (line){0};
            fill(&lines[count], suite, d, row);
            bool drawn = name_line(p, d, model ? model : bench_text(row, "what"), count, &lines[count]);
            isa = drawn ? bench_text(row, "isa") : isa;
            count += drawn;
        }
        if (!isa || count == LINES_MAX)
            continue;
        lines[count] = (line){.peak = true};
        fill_peak(&lines[count], &suite->document[d], isa);
        count += name_line(p, d, "multiply-adds", count, &lines[count]);
    }
    return count;
}

static void draw(gs_chart *c, const line *l, gs_chart_label *label) {
    gs_chart_line(c, l->threads, l->gain, l->n, l->colour, l->peak ? "dashed" : "");
    for (size_t i = 0; i < l->n; i++) {
        char text[PAGE_TEXT_ROOM], gain[PAGE_NUMBER_ROOM];
        page_number(l->gain[i], gain);
        snprintf(text, sizeof text, "%.120s: %s times with %.0f threads", l->name, gain, l->threads[i]);
        gs_chart_mark(c, l->threads[i], l->gain[i], l->colour, l->peak, text);
    }
    *label = (gs_chart_label){.y = gs_chart_y(c, l->gain[l->n - 1]), .colour = l->colour};
    snprintf(label->text, sizeof label->text, "%s", l->brief);
}

static void legend(page *p, const line *lines, int count) {
    chart_legend_begin(p);
    for (int i = 0; i < count; i++) {
        const line *l = &lines[i];
        char text[PAGE_TEXT_ROOM], gain[PAGE_NUMBER_ROOM], share[PAGE_NUMBER_ROOM];
        double most = l->threads[l->n - 1];
        page_number(l->gain[l->n - 1], gain);
        page_percent(100 * (l->gain[l->n - 1] / most), share);
        snprintf(text, sizeof text, "%s\xc3\x97 with %.0f threads, %s %% of ideal", gain, most, share);
        chart_legend(p, l->colour, l->peak, l->name, text);
    }
    chart_legend_end(p);
}

/* Whole numbers of threads, as many ticks as fit. */
static gs_axis thread_axis(double most) {
    gs_axis axis = {.low = 1, .high = most};
    int step = 1 + (int)(most - 1) / 9;
    for (int t = 1; t <= (int)most && axis.count < GS_TICKS_MAX; t += t == 1 && step > 1 ? step - 1 : step) {
        axis.ticks[axis.count] = t;
        snprintf(axis.labels[axis.count++], GS_TICK_ROOM, "%d", t);
    }
    return axis;
}

void page_scaling(page *p, const page_suite *suite) {
    line lines[LINES_MAX];
    gs_chart_label labels[LINES_MAX + 1];
    int count = collect(p, suite, lines);
    double most = 0, gain = 1;
    for (int i = 0; i < count; i++) {
        most = fmax(most, lines[i].threads[lines[i].n - 1]);
        for (size_t k = 0; k < lines[i].n; k++)
            gain = fmax(gain, lines[i].gain[k]);
    }
    if (!count)
        return;
    gs_axis y = gs_axis_fit(0, fmax(gain, most), false, true);
    chart_open(p);
    gs_chart c = chart_begin(p, "Speed by number of threads, as a multiple of one thread's, beside the ideal line",
                             thread_axis(most), y, "threads", "times as fast as one thread", LABEL, CHART_HEIGHT);
    gs_chart_line(&c, (double[]){1, most}, (double[]){1, most}, 2, ideal_colour, "faint");
    labels[0] = (gs_chart_label){.y = gs_chart_y(&c, most), .colour = ideal_colour, .text = "ideal"};
    int told = 1;
    for (int i = 0; i < count; i++) {
        draw(&c, &lines[i], &labels[told]);
        told += suite->documents < 2 || !lines[i].peak; /* the colour tells whose the dashes are */
    }
    gs_chart_labels(&c, labels, told);
    chart_end(&c);
    chart_caption(p, "Thread scaling",
                  "Evaluations per second with T threads over those with one. The dashed line is what a loop of "
                  "multiply-adds in registers gains on the same processors: no program can do better than that.");
    legend(p, lines, count);
    chart_close(p);
}
