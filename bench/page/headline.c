/* The few figures that matter: as cards of one document, as a table of several. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "page/page.h"
#include "stats.h"

enum { RATIOS_MAX = 1024 };

typedef struct metric {
    char value[PAGE_NUMBER_ROOM], about[PAGE_TEXT_ROOM];
    const json_t *row; /* NULL: there is none, or it is of many */
} metric;

typedef bool find_metric(const page *p, int d, metric *m);

/* The row of a suite that has a figure: of ncsn, which the program draws from unless told otherwise, else the first. */
static const json_t *find_usual(const bench_document *document, const char *suite, const char *figure) {
    size_t i;
    const json_t *row, *first = NULL;
    json_array_foreach(document->rows, i, row) {
        const char *model = bench_text(row, "model");
        if (strcmp(bench_text(row, "suite"), suite) || !isfinite(bench_row_figure(row, figure, NULL)) ||
            bench_text(row, "program"))
            continue;
        if (model && !strcmp(model, "ncsn"))
            return row;
        first = first ? first : row;
    }
    return first;
}

static const char *model_of(const json_t *row) {
    const char *model = bench_text(row, "model");
    return model ? model : bench_text(row, "what");
}

static bool samples(const page *p, int d, metric *m) {
    char distance[PAGE_NUMBER_ROOM], evaluations[PAGE_NUMBER_ROOM];
    m->row = find_usual(&p->document[d], "samples", "FD");
    if (!m->row)
        return false;
    page_quantity(bench_real(m->row, "value"), bench_text(m->row, "unit"), m->value);
    page_number(bench_row_figure(m->row, "FD", NULL), distance);
    page_number(bench_row_figure(m->row, "NFE", NULL), evaluations);
    snprintf(m->about, sizeof m->about,
             "%.60s, %.60s, Fr\xc3\xa9"
             "chet distance %.20s, %.20s network evaluations a sample",
             model_of(m->row), bench_text(m->row, "what"), distance, evaluations);
    return true;
}

static bool latency(const page *p, int d, metric *m) {
    char p90[PAGE_NUMBER_ROOM], p99[PAGE_NUMBER_ROOM];
    m->row = find_usual(&p->document[d], "latency", "p99");
    if (!m->row)
        return false;
    page_quantity(bench_real(m->row, "value"), bench_text(m->row, "unit"), m->value);
    page_quantity(bench_row_figure(m->row, "p90", NULL), bench_text(m->row, "unit"), p90);
    page_quantity(bench_row_figure(m->row, "p99", NULL), bench_text(m->row, "unit"), p99);
    snprintf(m->about, sizeof m->about, "p50 of %.60s; p90 %s, p99 %s", model_of(m->row), p90, p99);
    return true;
}

/* Of the narrowest interval, as it says most. */
static const json_t *find_narrowest(const bench_document *document) {
    size_t i;
    const json_t *row, *best = NULL;
    double most = -1;
    json_array_foreach(document->rows, i, row) {
        double accepted = bench_row_figure(row, "accepted", NULL);
        bool told = isfinite(bench_row_figure(row, "acceptance", NULL)) &&
                    isfinite(bench_row_figure(row, "theory", NULL)) &&
                    isfinite(bench_row_figure(row, "99 % low", NULL)) &&
                    isfinite(bench_row_figure(row, "99 % high", NULL)) && isfinite(bench_row_figure(row, "z", NULL));
        if (told && accepted > most && strstr(bench_text(row, "what"), "-d784")) {
            most = accepted;
            best = row;
        }
    }
    return best;
}

static bool acceptance(const page *p, int d, metric *m) {
    m->row = find_narrowest(&p->document[d]);
    if (!m->row)
        return false;
    page_quantity(bench_row_figure(m->row, "acceptance", NULL), "ppm", m->value);
    snprintf(m->about, sizeof m->about, "theory %.1f ppm, 99 %% interval %.1f to %.1f, z = %.2f (%.60s)",
             bench_row_figure(m->row, "theory", NULL), bench_row_figure(m->row, "99 % low", NULL),
             bench_row_figure(m->row, "99 % high", NULL), bench_row_figure(m->row, "z", NULL),
             bench_text(m->row, "what"));
    return true;
}

static bool peak(const page *p, int d, metric *m) {
    char speed[PAGE_NUMBER_ROOM];
    m->row = find_usual(&p->document[d], "samples", "of peak");
    m->row = m->row ? m->row : find_usual(&p->document[d], "scaling", "of peak");
    if (!m->row)
        return false;
    page_quantity(bench_row_figure(m->row, "of peak", NULL), "%", m->value);
    page_number(bench_row_figure(m->row, "GFLOP/s", NULL), speed);
    snprintf(m->about, sizeof m->about, "%s GFLOP/s of direct convolutions in %.60s, %.60s", speed, model_of(m->row),
             bench_text(m->row, "what"));
    return true;
}

/* ---- Beside other programs ---- */

static size_t ratios_of(page *p, const bench_document *document, double *ratios, size_t count) {
    page_suite suite;
    for (int s = 0; page_suite_get(p, document, 1, s, &suite); s++) {
        for (size_t i = 0; i < suite.rows[0] && count < RATIOS_MAX; i++) {
            const json_t *row = suite.row[0][i].json, *ours = page_ours(&suite, 0, row);
            double ratio = ours && bench_text(row, "program") ? page_times_as_fast(ours, row) : (double)NAN;
            if (isfinite(ratio))
                ratios[count++] = ratio;
        }
        page_suite_free(&suite);
    }
    return count;
}

static bool peers(page *p, metric *m) {
    double ratios[RATIOS_MAX];
    size_t count = 0, won = 0;
    for (int d = 0; d < p->count; d++)
        count = ratios_of(p, &p->document[d], ratios, count);
    for (int d = 0; d < p->peers; d++)
        count = ratios_of(p, &p->peer[d], ratios, count);
    if (!count)
        return false;
    bench_sort(ratios, count);
    for (size_t i = 0; i < count; i++)
        won += ratios[i] >= 1;
    char number[PAGE_NUMBER_ROOM];
    page_ratio(bench_median(ratios, count), number);
    snprintf(m->value, sizeof m->value, "%.40s\xc3\x97", number);
    snprintf(m->about, sizeof m->about, "as fast as other programs, median of %zu comparisons: %zu won, %zu lost",
             count, won, count - won);
    return true;
}

/* ---- Cards and table ---- */

static const struct {
    const char *title;
    find_metric *find;
} metrics[] = {{"Samples at quality", samples},
               {"Denoise one image", latency},
               {"Rejection acceptance", acceptance},
               {"Of the machine's peak", peak}};

/* "61.2 samples/s", the unit smaller; it stands behind a space that does not break, U+00A0. */
static void put_big(page *p, const char *value) {
    const char *unit = strstr(value, "\xc2\xa0");
    char number[PAGE_NUMBER_ROOM];
    snprintf(number, sizeof number, "%.*s", (int)sizeof number - 1, value);
    number[unit ? unit - value : (ptrdiff_t)strlen(value)] = '\0';
    page_put(p, "<p class=\"big\">%s <span class=\"unit\">%s</span></p>", number, unit ? unit + 2 : "");
}

static void put_card(page *p, const char *title, const metric *m) {
    page_put(p, "<div class=\"card\"><h2>%s</h2>", title);
    put_big(p, m->value);
    page_put(p, "<p class=\"soft\">%s</p>", m->about);
    if (m->row && !bench_flag(m->row, "valid"))
        page_badge(p, m->row);
    fputs("</div>\n", p->out);
}

static void put_cards(page *p, bool own) {
    metric m[GS_COUNT(metrics) + 1] = {{.row = NULL}};
    bool found[GS_COUNT(metrics) + 1], any = false;
    for (size_t i = 0; i <= GS_COUNT(metrics); i++) {
        found[i] = i == GS_COUNT(metrics) ? peers(p, &m[i]) : own && metrics[i].find(p, 0, &m[i]);
        any = any || found[i];
    }
    fputs(any ? "<div class=\"cards\">\n" : "", p->out);
    for (size_t i = 0; i <= GS_COUNT(metrics); i++)
        if (found[i])
            put_card(p, i == GS_COUNT(metrics) ? "Beside other programs" : metrics[i].title, &m[i]);
    fputs(any ? "</div>\n" : "", p->out);
}

static void put_metric_row(page *p, size_t i) {
    metric m[BENCH_PAGE_DOCUMENTS_MAX] = {{.row = NULL}};
    bool any = false;
    for (int d = 0; d < p->count; d++)
        any = metrics[i].find(p, d, &m[d]) || any;
    if (!any)
        return;
    page_put(p, "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\">%s</th>", metrics[i].title);
    for (int d = 0; d < p->count; d++) {
        page_put(p,
                 "<td role=\"cell\" data-label=\"%s\"><b class=\"figure\">%s</b><span class=\"reasons soft\">%s</span>",
                 p->label[d], m[d].value, m[d].about);
        if (m[d].row && !bench_flag(m[d].row, "valid"))
            page_badge(p, m[d].row);
        fputs("</td>", p->out);
    }
    fputs("</tr>\n", p->out);
}

void page_headline(page *p) {
    if (p->count == 1) {
        put_cards(p, true);
        return;
    }
    fputs("<div class=\"wide\"><table role=\"table\" class=\"glance\"><caption>At a glance</caption>\n<thead "
          "role=\"rowgroup\">"
          "<tr role=\"row\"><th role=\"columnheader\" scope=\"col\"></th>",
          p->out);
    for (int d = 0; d < p->count; d++)
        page_put(p, "<th role=\"columnheader\" scope=\"col\">%s</th>", p->label[d]);
    fputs("</tr></thead>\n<tbody role=\"rowgroup\">\n", p->out);
    for (size_t i = 0; i < GS_COUNT(metrics); i++)
        put_metric_row(p, i);
    fputs("</tbody></table></div>\n", p->out);
    put_cards(p, false);
}
