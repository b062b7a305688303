/* The page of what studies have found. It is one file in XML's form of HTML, without scripts and links to others. */
#include <inttypes.h>
#include <string.h>

#include "io/html.h"
#include "io/prose.h"
#include "io/xml.h"
#include "study/record.h"

/* A verdict's look besides its word. */
static const struct {
    const char *class, *mark;
} looks[] = {[GS_VERDICT_NONE] = {"", ""},
             [GS_VERDICT_AGREES] = {"good", "\xe2\x9c\x93 "},
             [GS_VERDICT_REFUTES] = {"mild", "\xe2\x89\xa0 "},
             [GS_VERDICT_UNDECIDED] = {"mild", "? "},
             [GS_VERDICT_DIFFERS] = {"bad", "\xe2\x9c\x95 "}};

static const char *plural(size_t count) {
    return count == 1 ? "" : "s";
}

static void put_badge(FILE *out, gs_verdict verdict) {
    gs_xml_put(out, "<span class=\"badge %s\">%s%s</span>", looks[verdict].class, looks[verdict].mark,
               gs_verdict_word(verdict));
}

static void put_seconds(FILE *out, double seconds) {
    gs_xml_put(out, seconds < 10 ? "%.2g s" : "%.0f s", seconds);
}

/* An element of a text. */
static void put_element(FILE *out, const char *begin, const char *text, const char *end) {
    fputs(begin, out);
    gs_prose_put(out, text, strlen(text), false);
    fputs(end, out);
}

/* ---- Figures ---- */

enum { PNG_HEIGHT_AT = 20, COLUMN_PIXELS = 570, COLUMN_HIGHEST = 700, PAGE_PIXELS = 1160, PAGE_HIGHEST = 620 };

/* Of a PNG file: the big-endian number in its header. */
static int png_height(const gs_study_part *part) {
    const unsigned char *at = (const unsigned char *)part->bytes + PNG_HEIGHT_AT;
    return part->size < PNG_HEIGHT_AT + 4 ? 1 : (at[0] & 127) << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

static int least(int a, int b) {
    return a < b ? a : b;
}

/* A picture's width on the page: a whole multiple of its own, so that all its pixels are equally large. It fills a
 * column, or the page if it then is larger. */
static int shown_width(const gs_study_part *part) {
    int width = part->width > 0 ? part->width : 1, height = png_height(part) > 0 ? png_height(part) : 1;
    int column = least(COLUMN_PIXELS / width, COLUMN_HIGHEST / height);
    int page = least(PAGE_PIXELS / width, PAGE_HIGHEST / height), times = page > column ? page : column;
    return width * (times > 1 ? times : 1);
}

static void put_figure(const gs_study_part *part, FILE *out) {
    if (part->is_vector) {
        gs_xml_put(out, "<figure><img class=\"vector\" alt=\"%s\" src=\"", part->text);
        gs_html_data(out, "image/svg+xml", part->bytes, part->size);
    } else {
        int width = shown_width(part);
        fputs(width > COLUMN_PIXELS ? "<figure class=\"across\">" : "<figure>", out);
        gs_xml_put(out, "<img class=\"pixels\" width=\"%d\" alt=\"%s\" src=\"", width, part->text);
        gs_html_data(out, "image/png", part->bytes, part->size);
    }
    put_element(out, "\"/>\n<figcaption>", part->text, "</figcaption></figure>\n");
}

/* Paragraphs and figures in their order; figures that follow each other stand side by side. */
static void put_reading(const gs_study_record *record, FILE *out) {
    bool open = false;
    for (size_t i = 0; i < record->parts; i++) {
        const gs_study_part *part = &record->part[i];
        if (part->kind == GS_PART_TABLE)
            continue;
        bool is_figure = part->kind == GS_PART_FIGURE;
        if (is_figure != open)
            fputs(is_figure ? "<div class=\"figures\">\n" : "</div>\n", out);
        open = is_figure;
        if (is_figure)
            put_figure(part, out);
        else
            put_element(out, "<p>", part->text, "</p>\n");
    }
    fputs(open ? "</div>\n" : "", out);
}

/* ---- Tables ---- */

static void put_heads(const char *const *heads, int columns, FILE *out) {
    fputs("<thead><tr>", out);
    for (int i = 0; i < columns; i++)
        put_element(out, "<th scope=\"col\">", heads[i], "</th>");
    fputs("</tr></thead>\n<tbody>\n", out);
}

static void put_finding(const gs_finding *f, FILE *out) {
    char value[GS_FINDING_ROOM], expected[GS_FINDING_ROOM];
    gs_finding_value(f, value);
    gs_finding_expected(f, expected);
    char *interval = strstr(value, " (");
    put_element(out, "<tr><th scope=\"row\">", f->what, "</th><td class=\"measured\" data-label=\"measured\"><b>");
    if (interval) {
        *interval = 0;
        put_element(out, "", value, "</b> ");
        put_element(out, "<span class=\"interval\">", interval + 1, "</span></td>");
    } else {
        put_element(out, "", value, "</b></td>");
    }
    put_element(out, "<td class=\"expected\" data-label=\"expected\">", expected, "</td>");
    put_element(out, "<td class=\"by\" data-label=\"by\">", f->by ? f->by : "", "</td><td class=\"verdict\">");
    if (f->kind != GS_EXPECT_NOTHING)
        put_badge(out, gs_finding_verdict(f));
    fputs("</td></tr>\n", out);
}

static void put_findings(const gs_study_record *record, FILE *out) {
    static const char *const heads[] = {"what", "measured", "expected", "by", "verdict"};
    if (!record->findings)
        return;
    fputs("<table class=\"findings\"><caption>What was measured</caption>\n", out);
    put_heads(heads, GS_COUNT(heads), out);
    for (size_t i = 0; i < record->findings; i++)
        put_finding(&record->finding[i], out);
    fputs("</tbody></table>\n", out);
}

static void put_table(const gs_study_part *part, FILE *out) {
    put_element(out, "<table class=\"tables\"><caption>", part->text, "</caption>\n");
    put_heads(part->heads, part->columns, out);
    for (int i = 0; i < part->rows; i++) {
        const char *const *cells = part->cells + (size_t)i * (size_t)part->columns;
        gs_xml_put(out, "<tr><th scope=\"row\" data-label=\"%s\">", part->heads[0]);
        put_element(out, "", cells[0], "</th>");
        for (int k = 1; k < part->columns; k++) {
            gs_xml_put(out, "<td data-label=\"%s\">", part->heads[k]);
            put_element(out, "", cells[k], "</td>");
        }
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table>\n", out);
}

/* ---- Sections ---- */

/* A single one needs no title below that of the page. */
static void put_section(const gs_study_record *record, bool single, FILE *out) {
    gs_xml_put(out, "<section id=\"%s\">\n<p class=\"kind\">%s</p>\n", record->row->name, record->row->item);
    if (!single)
        put_element(out, "<h2>", record->row->title, "</h2>\n");
    put_element(out, "<p class=\"about\">", record->row->about, "</p>\n");
    put_reading(record, out);
    put_findings(record, out);
    for (size_t i = 0; i < record->parts; i++)
        if (record->part[i].kind == GS_PART_TABLE)
            put_table(&record->part[i], out);
    gs_xml_put(out, "<p class=\"again\"><code>%s</code> runs this again; it took ", record->command);
    put_seconds(out, record->seconds);
    fputs(".", out);
    if (record->networks)
        gs_xml_put(out, " Networks: %s.", record->networks);
    if (record->used_digits)
        fputs(record->used_drawn ? " Digits were drawn by ncsn-cond." : " Digits are MNIST's.", out);
    fputs("</p>\n</section>\n", out);
}

/* ---- The head ---- */

static void put_card(FILE *out, const char *class, const char *number, const char *text) {
    gs_xml_put(out, "<div class=\"card %s\"><p class=\"big\">%s</p><p>%s</p></div>\n", class, number, text);
}

static void put_cards(const gs_study_results *results, FILE *out) {
    size_t agree = gs_study_count(results, NULL, GS_VERDICT_AGREES);
    size_t differ = gs_study_count(results, NULL, GS_VERDICT_DIFFERS);
    size_t refuted = gs_study_count(results, NULL, GS_VERDICT_REFUTES);
    size_t undecided = gs_study_count(results, NULL, GS_VERDICT_UNDECIDED);
    char number[64];
    fputs("<div class=\"cards\">\n", out);
    size_t compared = agree + differ + refuted + undecided;
    if (compared) {
        snprintf(number, sizeof number, "%zu of %zu", agree, compared);
        put_card(out, differ ? "bad" : "good", number, "numbers are as theory and the course say");
    }
    if (refuted) {
        snprintf(number, sizeof number, "%zu", refuted);
        put_card(out, "mild", number,
                 refuted == 1 ? "claim is refuted here, with the evidence"
                              : "claims are refuted here, with the evidence");
    }
    if (undecided) {
        snprintf(number, sizeof number, "%zu", undecided);
        put_card(out, "mild", number,
                 undecided == 1 ? "number is too uncertain to tell: more samples, -n, would"
                                : "numbers are too uncertain to tell: more samples, -n, would");
    }
    snprintf(number, sizeof number, "%d of %d", results->count, results->asked);
    if (results->asked > 1)
        put_card(out, results->count < results->asked ? "bad" : "", number, "experiments were run to their end");
    fputs("</div>\n", out);
}

/* The sections in which something is not as expected. */
static void put_differing(const gs_study_results *results, FILE *out) {
    size_t differ = gs_study_count(results, NULL, GS_VERDICT_DIFFERS);
    bool any = false;
    if (!differ)
        return;
    gs_xml_put(out, "<p class=\"note\" role=\"note\"><b>%zu number%s not as expected:</b> ", differ,
               differ == 1 ? " is" : "s are");
    for (int i = 0; i < results->count; i++) {
        const gs_study_row *row = results->study[i].row;
        if (!gs_study_count(results, &results->study[i], GS_VERDICT_DIFFERS))
            continue;
        gs_xml_put(out, "%s<a href=\"#%s\">%s</a>", any ? ", " : "", row->name, row->title);
        any = true;
    }
    fputs(".</p>\n", out);
}

static void put_notes(const gs_study_results *results, FILE *out) {
    bool drawn = false;
    for (int i = 0; i < results->count; i++)
        drawn = drawn || results->study[i].used_drawn;
    put_differing(results, out);
    for (int i = 0; i < results->failures; i++)
        gs_xml_put(out, "<p class=\"note\" role=\"note\"><b>%s could not be run:</b> %s</p>\n",
                   results->failure[i].row->title, results->failure[i].message);
    int missing = results->asked - results->count - results->failures;
    if (missing)
        gs_xml_put(out, "<p class=\"note\" role=\"note\"><b>Interrupted:</b> %d experiment%s not here.</p>\n", missing,
                   missing == 1 ? " is" : "s are");
    if (drawn)
        fputs(
            "<p class=\"note mild\" role=\"note\">Digits on this page, and data that they stand for, were drawn by the "
            "network ncsn-cond; <code>--data DIR</code> takes MNIST's files.</p>\n",
            out);
}

static void put_run(const gs_study_results *results, FILE *out) {
    gs_xml_put(out, "<p class=\"about\">%d experiment%s in ", results->count, plural((size_t)results->count));
    put_seconds(out, results->seconds);
    fputs(" \xc2\xb7 seed ", out);
    fprintf(out, "%" PRIu64 " \xc2\xb7 ", results->seed);
    if (results->data)
        gs_xml_put(out, "data of %s \xc2\xb7 ", results->data);
    gs_xml_put(out, "%d thread%s, %s \xc2\xb7 gensample %s</p>\n</header>\n<main>\n", results->threads,
               plural((size_t)results->threads), results->isa ? results->isa : "", gs_version());
}

static void put_navigation(const gs_study_results *results, FILE *out) {
    if (results->count < 2)
        return;
    fputs("<nav aria-label=\"Experiments\"><ol>\n", out);
    for (int i = 0; i < results->count; i++) {
        const gs_study_record *record = &results->study[i];
        bool differs = gs_study_count(results, record, GS_VERDICT_DIFFERS);
        gs_xml_put(out, "<li><a href=\"#%s\"><span class=\"item\">%s</span> <span class=\"title\">%s</span>",
                   record->row->name, record->row->item, record->row->title);
        if (differs)
            put_badge(out, GS_VERDICT_DIFFERS);
        fputs("</a></li>\n", out);
    }
    fputs("</ol></nav>\n", out);
}

static const char style[] = {
#include "page.css.inc"
};

void gs_study_page(const gs_study_results *results, FILE *out) {
    gs_html_begin(out, "gensample study",
                  results->count == 1 ? results->study[0].row->title
                                      : "Energy-based and score-based models, in pictures and numbers",
                  style);
    put_run(results, out);
    put_cards(results, out);
    put_notes(results, out);
    put_navigation(results, out);
    for (int i = 0; i < results->count; i++)
        put_section(&results->study[i], results->count == 1, out);
    gs_xml_put(
        out,
        "</main>\n<footer><p>Each interval contains the true value with a probability of %.4g %%. The same seed gives "
        "the same numbers on every CPU. Written by gensample.</p></footer>\n</body>\n</html>\n",
        100 * GS_STUDY_CONFIDENCE);
}
