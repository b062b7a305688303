/* The table of a suite of one document: one line per row, figures aligned at their points, and above it the settings
 * that all rows share.
 */
#include <math.h>
#include <string.h>

#include "measure/peak.h"
#include "page/page.h"
#include "table.h"

enum { COLUMNS_MAX = 40, STRIP_WIDTH = 110, STRIP_HEIGHT = 16 };

typedef enum kind { NAME, VALUE, UNIT, SPREAD, STRIP, RATIO, FIGURE, VALIDITY } kind;

typedef struct column {
    kind kind;
    const char *figure, *unit; /* of figures */
    char title[PAGE_TEXT_ROOM];
    int before, after; /* most digits before the point and behind it */
} column;

typedef struct table {
    page *p;
    const page_suite *suite;
    const page_row *row;
    size_t rows;
    int d;
    column column[COLUMNS_MAX];
    int columns;
    bool one_unit;
    double reach; /* of the strips: 0.1 for -10 % ... 10 % */
} table;

static bench_rival rival_of(const table *t, const json_t *row) {
    return bench_rival_of(t->suite->document[t->d].rows, row);
}

/* ---- Numbers of cells ---- */

static page_scale scale_of(const table *t, const json_t *row) {
    const char *unit = bench_text(row, "unit");
    double most = 0;
    for (size_t i = 0; i < t->rows; i++)
        if (!strcmp(unit, bench_text(t->row[i].json, "unit")))
            most = fmax(most, bench_real(t->row[i].json, "value"));
    return page_scale_of(unit, most);
}

static double spread_of(const json_t *row) {
    return 50 * ((bench_real(row, "high") - bench_real(row, "low")) / bench_real(row, "value"));
}

/* Empty where there is none. */
static void cell_text(const table *t, const column *c, const json_t *row, char text[PAGE_NUMBER_ROOM]) {
    bool measured = isfinite(bench_real(row, "value"));
    double figure = c->kind == FIGURE ? bench_row_figure(row, c->figure, NULL) : (double)NAN;
    text[0] = '\0';
    if (c->kind == VALUE && measured)
        page_number(scale_of(t, row).factor * bench_real(row, "value"), text);
    else if (c->kind == SPREAD && measured)
        page_percent(spread_of(row), text);
    else if (isfinite(figure) && !strcmp(c->unit, "%"))
        page_percent(figure, text);
    else if (isfinite(figure))
        page_number(figure, text);
}

static int digits_after(const char *text) {
    const char *point = strchr(text, '.');
    return point && !strchr(text, 'e') ? (int)strlen(point + 1) : 0;
}

static int digits_before(const char *text) {
    return (int)strcspn(text, ".");
}

/* ---- Columns ---- */

static column *add(table *t, kind which, const char *title) {
    column *c = &t->column[t->columns < COLUMNS_MAX - 1 ? t->columns++ : t->columns];
    *c = (column){.kind = which};
    snprintf(c->title, sizeof c->title, "%s", title);
    return c;
}

static bool has_figure(const table *t, const char *figure) {
    for (int i = 0; i < t->columns; i++)
        if (t->column[i].kind == FIGURE && !strcmp(t->column[i].figure, figure))
            return true;
    return false;
}

/* The figure `beside` is left out if there is a column of who won. */
static void add_figures(table *t, bool peers) {
    for (size_t i = 0; i < t->rows; i++) {
        const char *name;
        json_t *figure;
        json_object_foreach(json_object_get(t->row[i].json, "figures"), name, figure) {
            if (bench_figure_hidden(name) || has_figure(t, name) || (peers && !strcmp(name, "beside")))
                continue;
            column *c = add(t, FIGURE, name);
            c->figure = name;
            c->unit = bench_text(figure, "unit");
            if (c->unit[0])
                snprintf(c->title, sizeof c->title, "%.100s, %.40s", name, c->unit);
        }
    }
}

static bool same_everywhere(const table *t, const column *c) {
    char first[PAGE_NUMBER_ROOM], text[PAGE_NUMBER_ROOM];
    if (c->kind != FIGURE || t->rows < 2)
        return false;
    cell_text(t, c, t->row[0].json, first);
    for (size_t i = 1; i < t->rows; i++) {
        cell_text(t, c, t->row[i].json, text);
        if (strcmp(first, text))
            return false;
    }
    return true;
}

static double reach_of(const table *t) {
    static const double steps[] = {0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1};
    double most = 0;
    for (size_t i = 0; i < t->rows; i++) {
        const json_t *row = t->row[i].json;
        double middle = page_median(row);
        for (size_t k = 0; k < json_array_size(json_object_get(row, "repetitions")); k++)
            most = fmax(most, fabs(page_repetition(row, k) / middle - 1));
    }
    size_t i = 0;
    while (i + 1 < GS_COUNT(steps) && steps[i] < most)
        i++;
    return steps[i];
}

static void measure(const table *t, column *c) {
    for (size_t i = 0; i < t->rows; i++) {
        char text[PAGE_NUMBER_ROOM];
        cell_text(t, c, t->row[i].json, text);
        c->before = digits_before(text) > c->before ? digits_before(text) : c->before;
        c->after = digits_after(text) > c->after ? digits_after(text) : c->after;
    }
}

static void make_columns(table *t) {
    char title[PAGE_TEXT_ROOM];
    bool peers = false;
    t->one_unit = true;
    for (size_t i = 0; i < t->rows; i++) {
        const json_t *row = t->row[i].json;
        t->one_unit = t->one_unit && !strcmp(bench_text(row, "unit"), bench_text(t->row[0].json, "unit"));
        peers = peers || rival_of(t, row).ours;
    }
    add(t, NAME, "");
    add(t, VALUE, t->one_unit ? scale_of(t, t->row[0].json).symbol : "median");
    if (!t->one_unit)
        add(t, UNIT, "");
    add(t, SPREAD, "\xc2\xb1\xc2\xa0%");
    t->reach = reach_of(t);
    snprintf(title, sizeof title, "repetitions, \xc2\xb1%.0f\xc2\xa0%%", 100 * t->reach);
    add(t, STRIP, title);
    if (peers)
        add(t, RATIO, "gensample beside it");
    add_figures(t, peers);
    add(t, VALIDITY, "validity");
    for (int i = 0; i < t->columns; i++)
        measure(t, &t->column[i]);
}

/* ---- What all rows share ---- */

static void put_shared(table *t) {
    char text[PAGE_TEXT_ROOM];
    fputs("<ul class=\"shared\" aria-label=\"All rows\">", t->p->out);
    page_thing(t->row[0].json, text);
    if (t->suite->one_thing)
        gs_xml_put(t->p->out, "<li>%s</li>", text);
    for (int part = 0; part < PAGE_PARTS; part++) {
        page_part_text(t->row[0].json, (enum page_part)part, text);
        bool told = part == PART_PROGRAM ? !strcmp(text, "gensample") : part == PART_MODEL;
        if (!t->suite->varies[part] && text[0] && !told)
            gs_xml_put(t->p->out, "<li>%s</li>", text);
    }
    int kept = 0;
    for (int i = 0; i < t->columns; i++) {
        const column *c = &t->column[i];
        if (!same_everywhere(t, c)) {
            t->column[kept++] = *c;
            continue;
        }
        cell_text(t, c, t->row[0].json, text);
        gs_xml_put(t->p->out, "<li>%s %s%s%s</li>", c->figure, text, c->unit[0] ? "\xc2\xa0" : "", c->unit);
    }
    t->columns = kept;
    fputs("</ul>\n", t->p->out);
}

/* ---- Cells ---- */

static void put_spaces(page *p, int count) {
    for (int i = 0; i < count; i++)
        fputs("\xe2\x80\x87", p->out);
}

/* Figure spaces (U+2007), and a punctuation space (U+2008) for the point, align points whatever follows them; with
 * `whole` also what stands before the number. */
static void put_aligned(page *p, const char *text, const column *c, bool whole) {
    int digits = digits_after(text);
    if (whole)
        put_spaces(p, c->before - digits_before(text));
    gs_xml_put(p->out, "%s", text);
    if (!digits && c->after)
        fputs("\xe2\x80\x88", p->out);
    put_spaces(p, c->after - digits);
}

static void put_strip(const table *t, const json_t *row) {
    size_t count = json_array_size(json_object_get(row, "repetitions"));
    double middle = page_median(row), room = STRIP_WIDTH / 2.0 - 5;
    gs_xml_put(
        t->p->out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"strip\" viewBox=\"0 0 %d %d\" role=\"img\" "
        "aria-label=\"%zu repetition%s\"><path class=\"grid\" d=\"M0 8H%d\"/><path class=\"axis\" d=\"M%.1f 2v12\"/>",
        STRIP_WIDTH, STRIP_HEIGHT, count, count == 1 ? "" : "s", STRIP_WIDTH, STRIP_WIDTH / 2.0);
    for (size_t k = 0; k < count; k++) {
        double by = page_repetition(row, k) / middle - 1, at = fmax(-1, fmin(1, by / t->reach));
        char text[PAGE_NUMBER_ROOM];
        page_percent(100 * by, text);
        gs_xml_put(t->p->out, "<circle class=\"mark m0\" cx=\"%.1f\" cy=\"8\" r=\"3\"><title>%s%s %%</title></circle>",
                   STRIP_WIDTH / 2.0 + room * at, by > 0 ? "+" : "", text);
    }
    fputs("</svg>", t->p->out);
}

static void put_validity(page *p, const json_t *row) {
    long long disturbed = bench_integer(row, "disturbed", 0);
    page_badge(p, row);
    if (disturbed > 0)
        gs_xml_put(p->out, " <span class=\"soft\">%.0f disturbed</span>", (double)disturbed);
}

static void put_cell(const table *t, const column *c, const page_row *row) {
    static const char *const classes[] = {"name",   "number value", "unit",   "number",
                                          "strips", "number",       "number", "valid"};
    char text[PAGE_NUMBER_ROOM];
    double figure = c->kind == FIGURE ? bench_row_figure(row->json, c->figure, NULL) : (double)NAN;
    cell_text(t, c, row->json, text);
    bool share = c->kind == FIGURE && !strcmp(c->figure, "of peak") && isfinite(figure);
    bool empty = (c->kind == FIGURE || c->kind == SPREAD) && !text[0];
    bench_rival rival = rival_of(t, row->json);
    empty = empty || (c->kind == RATIO && !isfinite(rival.ratio));
    gs_xml_put(t->p->out, "<td role=\"cell\" class=\"%s%s\" data-label=\"%s\"", classes[c->kind], empty ? " empty" : "",
               c->title);
    double value = c->kind == VALUE ? bench_real(row->json, "value") : c->kind == RATIO ? rival.ratio : figure;
    if (isfinite(value))
        gs_xml_put(t->p->out, " data-value=\"%.9g\"", value);
    fputc('>', t->p->out);
    if (share)
        gs_xml_put(t->p->out, "<span class=\"bar\"><i style=\"width:%.0f%%\"></i></span>", fmax(0, fmin(100, figure)));
    if (c->kind == STRIP)
        put_strip(t, row->json);
    else if (c->kind == RATIO)
        page_put_ratio(t->p, &rival);
    else if (c->kind == VALIDITY)
        put_validity(t->p, row->json);
    else if (c->kind == UNIT)
        gs_xml_put(t->p->out, "%s", scale_of(t, row->json).symbol);
    else
        put_aligned(t->p, text, c, share);
    if (c->kind == FIGURE && bench_ratio_doubtful(t->suite->document[t->d].rows, row->json, c->figure))
        fputs("\xc2\xa0" BENCH_DOUBT_MARK, t->p->out);
    fputs("</td>", t->p->out);
}

static void put_row(const table *t, const page_row *row) {
    gs_xml_put(t->p->out,
               "<tr role=\"row\" class=\"%s\"><th role=\"rowheader\" scope=\"row\"><span class=\"title\">%s</span>",
               rival_of(t, row->json).ours ? "other" : "own", row->title);
    page_reasons(t->p, row->json);
    fputs("</th>", t->p->out);
    for (int i = 1; i < t->columns; i++)
        put_cell(t, &t->column[i], row);
    fputs("</tr>\n", t->p->out);
}

static void put_titles(const table *t) {
    fputs("<thead role=\"rowgroup\"><tr role=\"row\">", t->p->out);
    for (int i = 0; i < t->columns; i++) {
        kind k = t->column[i].kind;
        bool left = k == NAME || k == UNIT || k == VALIDITY || k == STRIP;
        gs_xml_put(t->p->out, "<th role=\"columnheader\" scope=\"col\" class=\"%s\">%s</th>", left ? "left" : "right",
                   k == NAME ? "row" : t->column[i].title);
    }
    fputs("</tr></thead>\n", t->p->out);
}

/* Explains marks and shares above 100 %, if there are some. */
static void put_meanings(const table *t) {
    bool above = false, doubt = false;
    for (size_t i = 0; i < t->rows; i++) {
        const json_t *row = t->row[i].json;
        above = above || bench_row_figure(row, "of peak", NULL) > 100;
        for (int c = 0; c < t->columns; c++)
            doubt = doubt || (t->column[c].kind == FIGURE &&
                              bench_ratio_doubtful(t->suite->document[t->d].rows, row, t->column[c].figure));
    }
    if (above)
        gs_xml_put(t->p->out, "<p class=\"soft\">%s</p>\n", gs_peak_above);
    if (doubt)
        fputs("<p class=\"soft\">" BENCH_DOUBT_MEANING ".</p>\n", t->p->out);
}

void page_table(page *p, const page_suite *suite) {
    for (int d = 0; d < suite->documents; d++) {
        table t = {.p = p, .suite = suite, .row = suite->row[d], .rows = suite->rows[d], .d = d};
        if (!t.rows)
            continue;
        make_columns(&t);
        put_shared(&t);
        gs_xml_put(p->out,
                   "<div class=\"wide\" tabindex=\"0\"><table role=\"table\" class=\"rows\"><caption>%s</caption>\n",
                   suite->name);
        put_titles(&t);
        fputs("<tbody role=\"rowgroup\">\n", p->out);
        for (size_t i = 0; i < t.rows; i++)
            put_row(&t, &t.row[i]);
        fputs("</tbody></table></div>\n", p->out);
        put_meanings(&t);
    }
}
