/* The table of a suite of several documents: a column each, and how many times as fast as the first each is. */
#include <math.h>
#include <string.h>

#include "page/page.h"

static double fastest(const json_t *const *rows, int count) {
    double best = 0;
    for (int d = 0; d < count; d++) {
        double value = rows[d] ? bench_real(rows[d], "value") : (double)NAN;
        double speed = rows[d] && bench_flag(rows[d], "less_is_better") ? 1 / value : value;
        best = isfinite(speed) ? fmax(best, speed) : best;
    }
    return best;
}

static void put_cell(page *p, const page_suite *suite, int d, const json_t *row, const json_t *first, double best) {
    char text[PAGE_NUMBER_ROOM];
    double value = row ? bench_real(row, "value") : (double)NAN;
    page_put(p, "<td role=\"cell\" class=\"number%s\" data-label=\"%s\">", isfinite(value) ? "" : " empty",
             p->label[d]);
    if (isfinite(value)) {
        double share = fmin((bench_flag(row, "less_is_better") ? 1 / value : value) / best, 1);
        page_quantity(value, bench_text(row, "unit"), text);
        page_put(p, "<span class=\"bar\"><i style=\"width:%.0f%%\"></i></span>%s", 100 * share, text);
    }
    if (isfinite(value) && first != row) {
        page_ratio(page_times_as_fast(row, first), text);
        page_put(p, " <span class=\"soft times\">%s\xc3\x97</span>", text);
    } else if (isfinite(value)) {
        fputs(" <span class=\"times\"></span>", p->out);
    }
    if (isfinite(value) && suite->rivals[d]) {
        fputs(" <span class=\"rival\">", p->out);
        page_won(p, suite, d, row);
        fputs("</span>", p->out);
    }
    if (row && !bench_flag(row, "valid")) {
        fputs(" <span class=\"badge bad\">\xe2\x9c\x95 INVALID</span>", p->out);
        page_reasons(p, row);
    }
    fputs("</td>", p->out);
}

static void put_row(page *p, const page_suite *suite, const page_row *row) {
    const json_t *rows[BENCH_PAGE_DOCUMENTS_MAX] = {NULL}, *first = NULL;
    for (int d = 0; d < suite->documents; d++) {
        rows[d] = page_find(suite, d, row->title, bench_text(row->json, "unit"));
        bool measured = rows[d] && isfinite(bench_real(rows[d], "value"));
        first = first || !measured ? first : rows[d];
    }
    double best = fastest(rows, suite->documents);
    page_put(p, "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\"><span class=\"title\">%s</span></th>",
             row->title);
    for (int d = 0; d < suite->documents; d++)
        put_cell(p, suite, d, rows[d], first, best);
    fputs("</tr>\n", p->out);
}

/* Whether an earlier document had the row. */
static bool is_put(const page_suite *suite, int d, const page_row *row) {
    for (int k = 0; k < d; k++)
        if (page_find(suite, k, row->title, bench_text(row->json, "unit")))
            return true;
    return false;
}

/* What the rows of a document share. */
static void put_shared(page *p, const page_suite *suite, int d) {
    char text[PAGE_TEXT_ROOM];
    if (!suite->rows[d])
        return;
    const json_t *row = suite->row[d][0].json;
    page_thing(row, text);
    bool begun = suite->one_thing;
    page_put(p, "%s", begun ? text : "");
    for (int part = PART_MODEL + 1; part < PAGE_PARTS; part++) {
        page_part_text(row, (enum page_part)part, text);
        if (suite->varies[part] || !text[0])
            continue;
        page_put(p, "%s%s", begun ? ", " : "", text);
        begun = true;
    }
}

static void put_titles(page *p, const page_suite *suite) {
    fputs("<thead role=\"rowgroup\"><tr role=\"row\"><th role=\"columnheader\" scope=\"col\" class=\"left\">row</th>",
          p->out);
    for (int d = 0; d < suite->documents; d++) {
        page_put(p, "<th role=\"columnheader\" scope=\"col\">%s<span class=\"reasons soft\">", p->label[d]);
        put_shared(p, suite, d);
        fputs("</span></th>", p->out);
    }
    fputs("</tr></thead>\n", p->out);
}

void page_columns(page *p, const page_suite *suite) {
    page_put(p, "<div class=\"wide\"><table role=\"table\" class=\"columns\"><caption>%s</caption>\n", suite->name);
    put_titles(p, suite);
    fputs("<tbody role=\"rowgroup\">\n", p->out);
    for (int d = 0; d < suite->documents; d++)
        for (size_t i = 0; i < suite->rows[d]; i++)
            if (!is_put(suite, d, &suite->row[d][i]))
                put_row(p, suite, &suite->row[d][i]);
    fputs("</tbody></table></div>\n", p->out);
}
