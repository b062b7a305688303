/* The table of a suite of several documents, with one column per document that has rows. The fastest of each row is
 * marked, and the others are given in proportion to it. */
#include <math.h>
#include <string.h>

#include "page/page.h"

static bool is_faster(const json_t *a, const json_t *b) {
    return !b || bench_times_as_fast(a, b) > 1;
}

/* The column of the fastest valid row or, if none is valid, of the fastest row; -1 if nothing was measured. */
static int find_best(const json_t *const *rows, int count) {
    int best = -1;
    for (int valid = 1; valid >= 0 && best < 0; valid--)
        for (int d = 0; d < count; d++)
            if (rows[d] && isfinite(bench_real(rows[d], "value")) && (!valid || bench_flag(rows[d], "valid")) &&
                is_faster(rows[d], best < 0 ? NULL : rows[best]))
                best = d;
    return best;
}

static void put_cell(page *p, const page_suite *suite, int d, const json_t *row, const json_t *best) {
    char text[PAGE_NUMBER_ROOM];
    bool measured = row && isfinite(bench_real(row, "value"));
    gs_xml_put(p->out, "<td role=\"cell\" class=\"number%s\" data-label=\"%s\"",
               measured ? (row == best ? " best" : "") : " empty", p->label[d]);
    if (measured) {
        page_quantity(bench_real(row, "value"), bench_text(row, "unit"), text);
        gs_xml_put(p->out, " data-value=\"%.9g\">%s", bench_real(row, "value"), text);
        page_ratio(bench_times_as_fast(row, best), text);
        bool doubt = !bench_flag(row, "valid") || !bench_flag(best, "valid");
        gs_xml_put(p->out, " <span class=\"times\">%s%s%s</span>", row == best ? "fastest" : text,
                   row == best ? "" : "\xc3\x97", doubt ? " " BENCH_DOUBT_MARK : "");
    } else {
        fputc('>', p->out);
    }
    if (measured && suite->rivals[d]) {
        bench_rival rival = bench_rival_of(suite->document[d].rows, row);
        fputs(" <span class=\"rival\">", p->out);
        page_put_ratio(p, &rival);
        fputs("</span>", p->out);
    }
    if (row && !bench_flag(row, "valid")) {
        fputs(" <span class=\"badge bad\">\xe2\x9c\x95 INVALID</span>", p->out);
        page_reasons(p, row);
    }
    fputs("</td>", p->out);
}

static const json_t *find(const page_suite *suite, int d, const page_row *row) {
    return page_find(suite, d, row->title, bench_text(row->json, "unit"));
}

static int find_best_of(const page_suite *suite, const page_row *row, const json_t *rows[BENCH_PAGE_DOCUMENTS_MAX]) {
    for (int d = 0; d < suite->documents; d++)
        rows[d] = find(suite, d, row);
    return find_best(rows, suite->documents);
}

static void put_row(page *p, const page_suite *suite, const page_row *row) {
    const json_t *rows[BENCH_PAGE_DOCUMENTS_MAX];
    int best = find_best_of(suite, row, rows);
    gs_xml_put(p->out, "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\"><span class=\"title\">%s</span></th>",
               row->title);
    for (int d = 0; d < suite->documents; d++)
        if (suite->rows[d])
            put_cell(p, suite, d, rows[d], best < 0 ? NULL : rows[best]);
    fputs("</tr>\n", p->out);
}

/* Whether an earlier document had the row. */
static bool is_put(const page_suite *suite, int d, const page_row *row) {
    for (int k = 0; k < d; k++)
        if (find(suite, k, row))
            return true;
    return false;
}

/* The settings that the rows of a document share. */
static void put_shared(page *p, const page_suite *suite, int d) {
    char text[PAGE_TEXT_ROOM];
    if (!suite->rows[d])
        return;
    const json_t *row = suite->row[d][0].json;
    page_thing(row, text);
    bool begun = suite->one_thing;
    gs_xml_put(p->out, "%s", begun ? text : "");
    for (int part = PART_MODEL + 1; part < PAGE_PARTS; part++) {
        page_part_text(row, (enum page_part)part, text);
        if (suite->varies[part] || !text[0] || strstr(p->label[d], text))
            continue;
        gs_xml_put(p->out, "%s%s", begun ? ", " : "", text);
        begun = true;
    }
}

/* The number of rows in which each document is the fastest of several. */
static void count_wins(const page_suite *suite, int wins[BENCH_PAGE_DOCUMENTS_MAX]) {
    for (int d = 0; d < suite->documents; d++)
        for (size_t i = 0; i < suite->rows[d]; i++) {
            const json_t *rows[BENCH_PAGE_DOCUMENTS_MAX];
            int best = is_put(suite, d, &suite->row[d][i]) ? -1 : find_best_of(suite, &suite->row[d][i], rows),
                have = 0;
            for (int k = 0; best >= 0 && k < suite->documents; k++)
                have += rows[k] && isfinite(bench_real(rows[k], "value"));
            if (have > 1)
                wins[best]++;
        }
}

static void put_titles(page *p, const page_suite *suite) {
    int wins[BENCH_PAGE_DOCUMENTS_MAX] = {0};
    count_wins(suite, wins);
    fputs("<thead role=\"rowgroup\"><tr role=\"row\"><th role=\"columnheader\" scope=\"col\" class=\"left\">row</th>",
          p->out);
    for (int d = 0; d < suite->documents; d++) {
        if (!suite->rows[d])
            continue;
        gs_xml_put(p->out, "<th role=\"columnheader\" scope=\"col\">%s<span class=\"reasons soft\">", p->label[d]);
        put_shared(p, suite, d);
        gs_xml_put(p->out, "</span><span class=\"reasons soft\">fastest in %d row%s</span></th>", wins[d],
                   wins[d] == 1 ? "" : "s");
    }
    fputs("</tr></thead>\n", p->out);
}

void page_columns(page *p, const page_suite *suite) {
    gs_xml_put(
        p->out,
        "<div class=\"wide\" tabindex=\"0\"><table role=\"table\" class=\"columns rows\"><caption>%s</caption>\n",
        suite->name);
    put_titles(p, suite);
    fputs("<tbody role=\"rowgroup\">\n", p->out);
    for (int d = 0; d < suite->documents; d++)
        for (size_t i = 0; i < suite->rows[d]; i++)
            if (!is_put(suite, d, &suite->row[d][i]))
                put_row(p, suite, &suite->row[d][i]);
    fputs("</tbody></table></div>\n", p->out);
}
