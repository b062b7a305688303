/* The few figures that matter: as cards of one document, as a table of several. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "page/page.h"
#include "stats.h"
#include "table.h"

enum { RATIOS_MAX = 1024 };

typedef struct metric {
    char value[PAGE_NUMBER_ROOM], about[PAGE_TEXT_ROOM];
    const json_t *row; /* NULL: there is none, or it is of many */
} metric;

/* The row that a metric is of in one document, or NULL; whether a row has what it tells; and what that is. */
typedef const json_t *find_metric(const bench_document *document);
typedef bool has_metric(const json_t *row);
typedef void tell_metric(metric *m);

/* ---- What there is to tell ---- */

static bool has_figure(const json_t *row, const char *figure) {
    return isfinite(bench_row_figure(row, figure, NULL)) && !bench_text(row, "program");
}

/* The row of a suite that has a figure: of ncsn, which the program draws from unless told otherwise, else the first. */
static const json_t *find_usual(const bench_document *document, const char *suite, const char *figure) {
    size_t i;
    const json_t *row, *first = NULL;
    json_array_foreach(document->rows, i, row) {
        const char *model = bench_text(row, "model");
        if (strcmp(bench_text(row, "suite"), suite) || !has_figure(row, figure))
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

static const json_t *find_samples(const bench_document *document) {
    return find_usual(document, "samples", "FD");
}

static bool has_samples(const json_t *row) {
    return has_figure(row, "FD");
}

static void tell_samples(metric *m) {
    char distance[PAGE_NUMBER_ROOM], evaluations[PAGE_NUMBER_ROOM];
    page_quantity(bench_real(m->row, "value"), bench_text(m->row, "unit"), m->value);
    page_number(bench_row_figure(m->row, "FD", NULL), distance);
    page_number(bench_row_figure(m->row, "NFE", NULL), evaluations);
    snprintf(m->about, sizeof m->about,
             "%.60s, %.60s, Fr\xc3\xa9"
             "chet distance %.20s, %.20s network evaluations a sample",
             model_of(m->row), bench_text(m->row, "what"), distance, evaluations);
}

static const json_t *find_latency(const bench_document *document) {
    return find_usual(document, "latency", "p99");
}

static bool has_latency(const json_t *row) {
    return has_figure(row, "p99");
}

static void tell_latency(metric *m) {
    char p90[PAGE_NUMBER_ROOM], p99[PAGE_NUMBER_ROOM];
    page_quantity(bench_real(m->row, "value"), bench_text(m->row, "unit"), m->value);
    page_quantity(bench_row_figure(m->row, "p90", NULL), bench_text(m->row, "unit"), p90);
    page_quantity(bench_row_figure(m->row, "p99", NULL), bench_text(m->row, "unit"), p99);
    snprintf(m->about, sizeof m->about, "p50 of %.60s, %.60s; p90 %.40s, p99 %.40s", model_of(m->row),
             bench_text(m->row, "what"), p90, p99);
}

/* Figures in ppm, and z, that are what they may be. */
static bool has_acceptance(const json_t *row) {
    static const char *const figures[] = {"accepted", "acceptance", "theory", "99 % low", "99 % high", "z"};
    bool has = !bench_text(row, "program");
    for (size_t i = 0; i < GS_COUNT(figures); i++) {
        double figure = bench_row_figure(row, figures[i], NULL);
        has = has && (i ? fabs(figure) <= 1e6 : isfinite(figure));
    }
    return has;
}

/* Of the narrowest interval, as it says most. */
static const json_t *find_acceptance(const bench_document *document) {
    size_t i;
    const json_t *row, *best = NULL;
    double most = -1;
    json_array_foreach(document->rows, i, row) {
        double accepted = bench_row_figure(row, "accepted", NULL);
        if (has_acceptance(row) && accepted > most && strstr(bench_text(row, "what"), "-d784")) {
            most = accepted;
            best = row;
        }
    }
    return best;
}

static void tell_acceptance(metric *m) {
    page_quantity(bench_row_figure(m->row, "acceptance", NULL), "ppm", m->value);
    snprintf(m->about, sizeof m->about, "theory %.1f ppm, 99 %% interval %.1f to %.1f, z = %.2f (%.60s)",
             bench_row_figure(m->row, "theory", NULL), bench_row_figure(m->row, "99 % low", NULL),
             bench_row_figure(m->row, "99 % high", NULL), bench_row_figure(m->row, "z", NULL),
             bench_text(m->row, "what"));
}

static const json_t *find_peak(const bench_document *document) {
    const json_t *row = find_usual(document, "samples", "of peak");
    return row ? row : find_usual(document, "scaling", "of peak");
}

static bool has_peak(const json_t *row) {
    return has_figure(row, "of peak");
}

static void tell_peak(metric *m) {
    char speed[PAGE_NUMBER_ROOM];
    page_quantity(bench_row_figure(m->row, "of peak", NULL), "%", m->value);
    page_number(bench_row_figure(m->row, "GFLOP/s", NULL), speed);
    snprintf(m->about, sizeof m->about, "%s GFLOP/s of direct convolutions in %.60s, %.60s", speed, model_of(m->row),
             bench_text(m->row, "what"));
}

static const struct {
    const char *title;
    find_metric *find;
    has_metric *has;
    tell_metric *tell;
} metrics[] = {{"Samples at quality", find_samples, has_samples, tell_samples},
               {"Denoise one image", find_latency, has_latency, tell_latency},
               {"Rejection acceptance", find_acceptance, has_acceptance, tell_acceptance},
               {"Of the machine's peak", find_peak, has_peak, tell_peak}};

/* ---- Beside other programs ---- */

typedef struct comparisons {
    double ratio[RATIOS_MAX];
    size_t count, invalid; /* of the ratios; of those that are none as a row is not valid */
} comparisons;

static void compare(page *p, const bench_document *document, comparisons *all) {
    page_suite suite;
    for (int s = 0; page_suite_get(p, document, 1, s, &suite); s++) {
        for (size_t i = 0; i < suite.rows[0]; i++) {
            const json_t *row = suite.row[0][i].json, *ours = page_ours_valid(&suite, 0, row);
            double ratio = ours ? page_times_as_fast(ours, row) : (double)NAN;
            if (!page_is_peer(row))
                continue;
            all->invalid += page_ours(&suite, 0, row) && !ours;
            if (isfinite(ratio) && all->count < RATIOS_MAX)
                all->ratio[all->count++] = ratio;
        }
        page_suite_free(&suite);
    }
}

static bool peers(page *p, metric *m) {
    comparisons all = {.count = 0};
    size_t won = 0;
    for (int d = 0; d < p->count; d++)
        compare(p, &p->document[d], &all);
    for (int d = 0; d < p->peers; d++)
        compare(p, &p->peer[d], &all);
    if (!all.count)
        return false;
    bench_sort(all.ratio, all.count);
    for (size_t i = 0; i < all.count; i++)
        won += all.ratio[i] >= 1;
    char number[PAGE_NUMBER_ROOM], left_out[PAGE_NUMBER_ROOM] = "";
    page_ratio(bench_median(all.ratio, all.count), number);
    if (all.invalid)
        snprintf(left_out, sizeof left_out, "; %zu more left out, each with an INVALID row", all.invalid);
    snprintf(m->value, sizeof m->value, "%.40s\xc3\x97", number);
    snprintf(m->about, sizeof m->about, "as fast as other programs, median of %zu comparison%s: %zu won, %zu lost%s",
             all.count, all.count == 1 ? "" : "s", won, all.count - won, left_out);
    return true;
}

/* ---- Cards and table ---- */

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
        m[i].row = own && i < GS_COUNT(metrics) ? metrics[i].find(p->document) : NULL;
        if (m[i].row)
            metrics[i].tell(&m[i]);
        found[i] = m[i].row || (i == GS_COUNT(metrics) && peers(p, &m[i]));
        any = any || found[i];
    }
    fputs(any ? "<div class=\"cards\">\n" : "", p->out);
    for (size_t i = 0; i <= GS_COUNT(metrics); i++)
        if (found[i])
            put_card(p, i == GS_COUNT(metrics) ? "Beside other programs" : metrics[i].title, &m[i]);
    fputs(any ? "</div>\n" : "", p->out);
}

/* The row of another document that measures the same, or NULL. */
static const json_t *find_same(const bench_document *document, const json_t *row, has_metric *has) {
    char key[BENCH_KEY_ROOM], of_other[BENCH_KEY_ROOM];
    size_t i;
    const json_t *other;
    bench_row_key(row, key);
    json_array_foreach(document->rows, i, other) {
        bench_row_key(other, of_other);
        if (!strcmp(key, of_other) && has(other))
            return other;
    }
    return NULL;
}

/* Of each document the row that the first has, as others would be other things. */
static void put_metric_row(page *p, size_t i) {
    metric m[BENCH_PAGE_DOCUMENTS_MAX] = {{.row = NULL}};
    const json_t *first = NULL;
    for (int d = 0; d < p->count; d++) {
        m[d].row = first ? find_same(&p->document[d], first, metrics[i].has) : metrics[i].find(&p->document[d]);
        first = first ? first : m[d].row;
        if (m[d].row)
            metrics[i].tell(&m[d]);
        else
            snprintf(m[d].value, sizeof m[d].value, "\xe2\x80\x93");
    }
    if (!first)
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
