/* The few figures that matter: cards for one document; for several, a table with one line per machine. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/peak.h"
#include "page/page.h"
#include "table.h"

typedef struct metric {
    char value[PAGE_NUMBER_ROOM], about[PAGE_TEXT_ROOM];
    const json_t *row; /* NULL: there is none, or it is of many */
} metric;

/* ---- What there is to tell ---- */

static bool has_figure(const json_t *row, const char *figure) {
    return isfinite(bench_row_figure(row, figure, NULL)) && !bench_text(row, "program");
}

static const char *model_of(const json_t *row) {
    const char *model = bench_text(row, "model");
    return model ? model : bench_text(row, "what");
}

static void tell_samples(metric *m) {
    char distance[PAGE_NUMBER_ROOM], evaluations[PAGE_NUMBER_ROOM];
    page_quantity(bench_real(m->row, "value"), bench_text(m->row, "unit"), m->value);
    page_number(bench_row_figure(m->row, "FD", NULL), distance);
    page_number(bench_row_figure(m->row, "NFE", NULL), evaluations);
    snprintf(m->about, sizeof m->about,
             "%.60s, %.60s, Fr\xc3\xa9"
             "chet distance %.20s, %.20s network evaluations per sample",
             model_of(m->row), bench_text(m->row, "what"), distance, evaluations);
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

static void tell_acceptance(metric *m) {
    page_quantity(bench_row_figure(m->row, "acceptance", NULL), "ppm", m->value);
    snprintf(m->about, sizeof m->about, "theory %.1f ppm, 99 %% interval %.1f to %.1f, z = %.2f (%.60s)",
             bench_row_figure(m->row, "theory", NULL), bench_row_figure(m->row, "99 % low", NULL),
             bench_row_figure(m->row, "99 % high", NULL), bench_row_figure(m->row, "z", NULL),
             bench_text(m->row, "what"));
}

static void tell_peak(metric *m) {
    char speed[PAGE_NUMBER_ROOM];
    page_quantity(bench_row_figure(m->row, "of peak", NULL), "%", m->value);
    page_number(bench_row_figure(m->row, "GFLOP/s", NULL), speed);
    bool above = bench_row_figure(m->row, "of peak", NULL) > 100;
    snprintf(m->about, sizeof m->about, "%s GFLOP/s of direct convolutions in %.60s, %.60s%s%s", speed,
             model_of(m->row), bench_text(m->row, "what"), above ? ". " : "", above ? gs_peak_above : "");
}

/* A metric is of a row of the first of its suites in which some row has the figure. */
static const struct kind {
    const char *title, *suites[2], *figure;
    void (*tell)(metric *m);
} metrics[] = {{"Samples at quality", {"samples"}, "FD", tell_samples},
               {"Denoise one image", {"latency"}, "p99", tell_latency},
               {"Rejection acceptance", {"rejection"}, "accepted", tell_acceptance},
               {"Of the machine's peak", {"samples", "scaling"}, "of peak", tell_peak}};

static bool has_metric(const struct kind *kind, const json_t *row) {
    return kind->tell == tell_acceptance ? has_acceptance(row) : has_figure(row, kind->figure);
}

/* Whether a row says more than the one found so far: the first, and then the usual network's or, of acceptances in 784
 * dimensions, the one with the narrowest interval. */
static bool says_more(const struct kind *kind, const json_t *row, const json_t *found) {
    if (kind->tell == tell_acceptance)
        return strstr(bench_text(row, "what"), "-d784") &&
               !(bench_row_figure(row, "accepted", NULL) <= bench_row_figure(found, "accepted", NULL));
    return !found || (page_is_usual(row) && !page_is_usual(found));
}

/* The row from which one document's metric comes, or NULL. */
static const json_t *find_metric(const struct kind *kind, const bench_document *document) {
    const json_t *row, *found = NULL;
    size_t i;
    for (size_t s = 0; s < GS_COUNT(kind->suites) && kind->suites[s] && !found; s++)
        json_array_foreach(document->rows, i, row) {
            if (!strcmp(bench_text(row, "suite"), kind->suites[s]) && has_metric(kind, row) &&
                says_more(kind, row, found))
                found = row;
        }
    return found;
}

/* ---- Cards and table ---- */

/* "61.2 samples/s", the unit smaller; it stands behind a space that does not break, U+00A0. */
static void put_big(page *p, const char *value) {
    const char *unit = strstr(value, "\xc2\xa0");
    char number[PAGE_NUMBER_ROOM];
    snprintf(number, sizeof number, "%.*s", (int)sizeof number - 1, value);
    number[unit ? unit - value : (ptrdiff_t)strlen(value)] = '\0';
    gs_xml_put(p->out, "<p class=\"big\">%s <span class=\"unit\">%s</span></p>", number, unit ? unit + 2 : "");
}

static void put_card(page *p, const char *title, const metric *m) {
    gs_xml_put(p->out, "<div class=\"card\"><h2>%s</h2>", title);
    put_big(p, m->value);
    gs_xml_put(p->out, "<p class=\"soft\">%s</p>", m->about);
    if (m->row && !bench_flag(m->row, "valid"))
        page_badge(p, m->row);
    fputs("</div>\n", p->out);
}

static void put_cards(page *p) {
    bool any = false;
    for (size_t i = 0; i < GS_COUNT(metrics); i++) {
        metric m = {.row = find_metric(&metrics[i], p->document)};
        if (!m.row)
            continue;
        metrics[i].tell(&m);
        fputs(any ? "" : "<div class=\"cards\">\n", p->out);
        any = true;
        put_card(p, metrics[i].title, &m);
    }
    fputs(any ? "</div>\n" : "", p->out);
}

/* ---- Machines ---- */

/* Documents of one machine and build, which differ in their instruction sets. */
typedef struct machine {
    char name[PAGE_TEXT_ROOM];
    int document[BENCH_PAGE_DOCUMENTS_MAX], documents;
    double score; /* geometric mean over rows of how many times as fast it is as the first; NaN: nothing in common */
} machine;

typedef struct machines {
    const page *p;
    machine machine[BENCH_PAGE_DOCUMENTS_MAX];
    int count, rows; /* rows that the score is of */
} machines;

static bool same_text(const bench_document *a, const bench_document *b, const char *name) {
    const char *x = bench_text(a->context, name), *y = bench_text(b->context, name);
    return (!x && !y) || (x && y && !strcmp(x, y));
}

static bool same_machine(const bench_document *a, const bench_document *b) {
    char x[PAGE_TEXT_ROOM], y[PAGE_TEXT_ROOM];
    page_name_cpu(a, x);
    page_name_cpu(b, y);
    return !strcmp(x, y) && same_text(a, b, "cores") && same_text(a, b, "commit") && same_text(a, b, "compiler");
}

/* The CPU and, where that does not tell it from an earlier machine, the document's label. */
static void name_machine(machines *all, int d) {
    machine *m = &all->machine[all->count];
    page_name_cpu(&all->p->document[d], m->name);
    for (int i = 0; i < all->count; i++)
        if (!strcmp(m->name, all->machine[i].name))
            snprintf(m->name, sizeof m->name, "%s", all->p->label[d]);
}

static void group(machines *all) {
    for (int d = 0; d < all->p->count; d++) {
        int i = 0;
        while (i < all->count && !same_machine(&all->p->document[all->machine[i].document[0]], &all->p->document[d]))
            i++;
        if (i == all->count) {
            name_machine(all, d);
            all->count++;
        }
        machine *m = &all->machine[i];
        m->document[m->documents++] = d;
    }
}

/* The better of two rows that measure the same: the valid one, else the faster one. */
static const json_t *better(const json_t *a, const json_t *b) {
    if (!a || !b)
        return a ? a : b;
    bool a_valid = bench_flag(a, "valid"), b_valid = bench_flag(b, "valid");
    if (a_valid != b_valid)
        return a_valid ? a : b;
    return bench_times_as_fast(b, a) > 1 ? b : a;
}

/* Rows of whole networks: those that have a scenario. */
static bool is_scored(const json_t *row) {
    return bench_text(row, "scenario") && bench_flag(row, "valid") && !bench_is_peer(row) &&
           bench_real(row, "value") > 0;
}

/* The best of the machine's rows that measure the same as `row`, or NULL. `kind`: NULL for those that are scored. */
static const json_t *find_same(const machines *all, const machine *m, const json_t *row, const struct kind *kind) {
    char key[BENCH_KEY_ROOM], of_other[BENCH_KEY_ROOM];
    const json_t *best = NULL, *other;
    size_t i;
    bench_row_key(row, key);
    for (int d = 0; d < m->documents; d++) {
        json_array_foreach(all->p->document[m->document[d]].rows, i, other) {
            if (strcmp(bench_text(row, "suite"), bench_text(other, "suite")) ||
                !(kind ? has_metric(kind, other) : is_scored(other)))
                continue;
            bench_row_key(other, of_other);
            if (!strcmp(key, of_other))
                best = better(best, other);
        }
    }
    return best;
}

static void score_row(machines *all, const json_t *row, double logs[BENCH_PAGE_DOCUMENTS_MAX]) {
    const json_t *best[BENCH_PAGE_DOCUMENTS_MAX];
    for (int i = 0; i < all->count; i++) {
        best[i] = find_same(all, &all->machine[i], row, NULL);
        if (!best[i] || (i == 0 && best[0] != row))
            return;
    }
    for (int i = 0; i < all->count; i++)
        logs[i] += log(bench_times_as_fast(best[i], row));
    all->rows++;
}

static void score(machines *all) {
    double logs[BENCH_PAGE_DOCUMENTS_MAX] = {0}, most = 0;
    const machine *first = &all->machine[0];
    const json_t *row;
    size_t k;
    for (int d = 0; d < first->documents; d++) {
        json_array_foreach(all->p->document[first->document[d]].rows, k, row) {
            if (is_scored(row))
                score_row(all, row, logs);
        }
    }
    for (int i = 0; i < all->count; i++) {
        all->machine[i].score = exp(logs[i] / all->rows);
        most = fmax(most, all->machine[i].score);
    }
    for (int i = 0; i < all->count; i++)
        all->machine[i].score *= 100 / most;
}

/* For each machine, the row that the first machine with such a metric has, because other rows would measure other
 * things. */
static const json_t *find_metric_row(const machines *all, int i, size_t k) {
    const json_t *first = NULL;
    for (int m = 0; m < all->count && !first; m++)
        for (int d = 0; d < all->machine[m].documents && !first; d++)
            first = find_metric(&metrics[k], &all->p->document[all->machine[m].document[d]]);
    return first ? find_same(all, &all->machine[i], first, &metrics[k]) : NULL;
}

static void put_metric(page *p, const machines *all, int i, size_t k) {
    metric m = {.row = find_metric_row(all, i, k)};
    if (m.row)
        metrics[k].tell(&m);
    gs_xml_put(p->out,
               "<td role=\"cell\" data-label=\"%s\"><b class=\"figure\">%s</b><span class=\"reasons soft\">%s</span>",
               metrics[k].title, m.row ? m.value : "\xe2\x80\x93", m.about);
    if (m.row && !bench_flag(m.row, "valid"))
        page_badge(p, m.row);
    fputs("</td>", p->out);
}

static void put_machine(page *p, const machines *all, int i) {
    const machine *m = &all->machine[i];
    gs_xml_put(p->out, "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\">%s</th>", m->name);
    if (all->rows)
        gs_xml_put(p->out,
                   "<td role=\"cell\" data-label=\"score\"><b class=\"figure\">%.0f</b><span class=\"bar\"><i "
                   "style=\"width:%.0f%%\"></i></span></td>",
                   m->score, m->score);
    for (size_t k = 0; k < GS_COUNT(metrics); k++)
        put_metric(p, all, i, k);
    fputs("</tr>\n", p->out);
}

static void put_machines(page *p) {
    machines all = {.p = p};
    group(&all);
    if (all.count > 1)
        score(&all);
    fputs(
        "<section id=\"machines\"><h2>Machines</h2>\n<p class=\"about\">What gensample does with the best instruction "
        "set of each.",
        p->out);
    if (all.rows)
        gs_xml_put(p->out,
                   " The score is the geometric mean over the %d rows of whole networks that all of them have; the "
                   "fastest machine has 100.",
                   all.rows);
    fputs("</p>\n<div class=\"wide\" tabindex=\"0\"><table role=\"table\" "
          "class=\"glance\"><caption>Machines</caption>\n<thead "
          "role=\"rowgroup\"><tr role=\"row\"><th role=\"columnheader\" scope=\"col\"></th>",
          p->out);
    fputs(all.rows ? "<th role=\"columnheader\" scope=\"col\">score</th>" : "", p->out);
    for (size_t k = 0; k < GS_COUNT(metrics); k++)
        gs_xml_put(p->out, "<th role=\"columnheader\" scope=\"col\">%s</th>", metrics[k].title);
    fputs("</tr></thead>\n<tbody role=\"rowgroup\">\n", p->out);
    for (int i = 0; i < all.count; i++)
        put_machine(p, &all, i);
    fputs("</tbody></table></div></section>\n", p->out);
}

void page_headline(page *p) {
    if (p->count == 1)
        put_cards(p);
    else
        put_machines(p);
}
