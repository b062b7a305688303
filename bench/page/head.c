/* The beginning of the HTML page: what it is of, what to beware of, badges. */
#include <math.h>
#include <string.h>

#include "io/html.h"
#include "page/page.h"

/* ---- What tells documents apart ---- */

static const char *context_text(const bench_document *document, const char *name) {
    const char *text = bench_text(document->context, name);
    return text ? text : "";
}

static bool all_differ(const page *p) {
    for (int i = 0; i < p->count; i++)
        for (int k = 0; k < i; k++)
            if (!strcmp(p->label[i], p->label[k]))
                return false;
    return true;
}

/* The instruction set of what is measured; the machine's own peaks are of all. */
static const char *main_isa(const bench_document *document) {
    size_t i;
    const json_t *row;
    json_array_foreach(document->rows, i, row) {
        if (strcmp(bench_text(row, "suite"), "machine"))
            return bench_text(row, "isa");
    }
    return context_text(document, "isa_best");
}

/* What a document says: a text of its context, its instruction set or its path. */
static const char *say(const bench_document *document, const char *what) {
    return !strcmp(what, "isa")    ? main_isa(document)
           : !strcmp(what, "path") ? document->path
                                   : context_text(document, what);
}

/* Append what each document says, if they don't all say the same. */
static void append_differing(page *p, const char *what) {
    bool differs = false;
    for (int d = 1; d < p->count; d++)
        differs = differs || strcmp(say(&p->document[d], what), say(&p->document[0], what));
    for (int d = 0; differs && d < p->count; d++)
        page_append(p->label[d], say(&p->document[d], what));
}

/* Bytes of the words that all labels begin with. */
static size_t common_words(const page *p) {
    size_t length = 0, words = 0;
    for (;; length++) {
        for (int d = 0; d < p->count; d++)
            if (!p->label[d][length] || p->label[d][length] != p->label[0][length])
                return words;
        if (p->label[0][length] == ' ')
            words = length + 1;
    }
}

/* In charts the instruction set, if it tells them apart, else what is different in the labels. */
static void make_brief(page *p) {
    size_t common = common_words(p);
    bool isas = true;
    for (int d = 0; d < p->count; d++)
        for (int k = 0; k < d; k++)
            isas = isas && strcmp(main_isa(&p->document[d]), main_isa(&p->document[k]));
    for (int d = 0; d < p->count; d++)
        snprintf(p->brief[d], sizeof p->brief[d], "%.*s", PAGE_BRIEF_ROOM - 1,
                 isas ? main_isa(&p->document[d]) : p->label[d] + common);
}

void page_name_cpu(const bench_document *document, char name[PAGE_TEXT_ROOM]) {
    bench_cpu_name(document->context, name, PAGE_TEXT_ROOM);
    if (!name[0])
        snprintf(name, PAGE_TEXT_ROOM, "%s", document->path);
}

/* The CPU, and as much of the rest as makes them differ; in the end the files' names. */
void page_labels(page *p) {
    static const char *const more[] = {"cores", "onednn", "compiler", "commit", "path"};
    if (p->count < 2)
        return;
    for (int d = 0; d < p->count; d++)
        page_name_cpu(&p->document[d], p->label[d]);
    append_differing(p, "isa");
    for (size_t i = 0; i < GS_COUNT(more) && !all_differ(p); i++)
        append_differing(p, more[i]);
    make_brief(p);
}

/* ---- Badges ---- */

void page_badge(page *p, const json_t *row) {
    bool valid = bench_flag(row, "valid");
    gs_xml_put(p->out, "<span class=\"badge %s\">%s</span>", valid ? "good" : "bad",
               valid ? "\xe2\x9c\x93 valid" : "\xe2\x9c\x95 INVALID");
}

void page_reasons(page *p, const json_t *row) {
    size_t i;
    const json_t *reason;
    if (bench_flag(row, "valid"))
        return;
    fputs("<span class=\"reasons\">", p->out);
    json_array_foreach(json_object_get(row, "reasons"), i, reason) {
        gs_xml_put(p->out, "%s%s", i ? "; " : "", json_string_value(reason));
    }
    fputs("</span>", p->out);
}

/* ---- What to beware of ---- */

/* "peak moved" of "peak moved 16 %", so that reasons can be counted. */
static size_t kind_length(const char *reason) {
    size_t length = strcspn(reason, "0123456789:");
    while (length && reason[length - 1] == ' ')
        length--;
    return length ? length : strlen(reason);
}

typedef struct tally {
    const char *reason;
    size_t length;
    int count;
} tally;

static int count_reasons(const page *p, tally *tallies, int room) {
    size_t i, k;
    int kinds = 0;
    const json_t *row, *reason;
    for (int d = 0; d < p->count + p->peers; d++)
        json_array_foreach(p->document[d].rows, i, row) {
            json_array_foreach(json_object_get(row, "reasons"), k, reason) {
                const char *text = json_string_value(reason);
                size_t length = kind_length(text);
                int t = 0;
                while (t < kinds && (tallies[t].length != length || strncmp(tallies[t].reason, text, length)))
                    t++;
                if (t == kinds && kinds < room)
                    tallies[kinds++] = (tally){text, length, 0};
                if (t < kinds)
                    tallies[t].count++;
            }
        }
    return kinds;
}

static void put_commonest(page *p) {
    enum { KINDS = 32, SHOWN = 3 };
    tally tallies[KINDS];
    int kinds = count_reasons(p, tallies, KINDS);
    for (int shown = 0; shown < SHOWN && shown < kinds; shown++) {
        int most = shown;
        char text[PAGE_TEXT_ROOM];
        for (int t = shown; t < kinds; t++)
            most = tallies[t].count > tallies[most].count ? t : most;
        tally swap = tallies[shown];
        tallies[shown] = tallies[most];
        tallies[most] = swap;
        const char *rest = tallies[shown].reason + tallies[shown].length;
        bool percent = rest[strspn(rest, " 0123456789")] == '%';
        snprintf(text, sizeof text, "%.*s%s", (int)tallies[shown].length, tallies[shown].reason,
                 percent ? " \xe2\x80\xa6 %" : "");
        gs_xml_put(p->out, "%s%s (%d)", shown ? ", " : " Most often: ", text, tallies[shown].count);
    }
    fputs(kinds ? "." : "", p->out);
}

/* Tells how many rows are INVALID, why, and what to do about it. */
static void put_invalid(page *p) {
    size_t i, invalid = 0, rows = 0;
    const json_t *row;
    for (int d = 0; d < p->count + p->peers; d++)
        json_array_foreach(p->document[d].rows, i, row) {
            invalid += !bench_flag(row, "valid");
            rows++;
        }
    if (!invalid)
        return;
    gs_xml_put(p->out,
               "<div class=\"note mild\" role=\"note\"><b>%zu of %zu row%s %s INVALID</b>: %s figures are not to be "
               "relied on.",
               invalid, rows, rows == 1 ? "" : "s", invalid == 1 ? "is" : "are", invalid == 1 ? "its" : "their");
    put_commonest(p);
    page_advice(p);
    fputs("</div>\n", p->out);
}

static bool is_interrupted(const bench_document *document) {
    return bench_flag(document->genbench, "interrupted");
}
static bool is_dirty(const bench_document *document) {
    return !strcmp(context_text(document, "dirty"), "yes");
}

/* A note with the columns to which it applies, if there are any. */
static void put_note(page *p, bool (*is_true)(const bench_document *document), const char *class, const char *text) {
    bool any = false;
    for (int d = 0; d < p->count; d++) {
        if (!is_true(&p->document[d]))
            continue;
        if (!any)
            gs_xml_put(p->out, "<p class=\"%s\" role=\"note\">%s", class, text);
        gs_xml_put(p->out, "%s%s", p->count < 2 ? "" : any ? "; " : " ", p->label[d]);
        any = true;
    }
    fputs(any ? "</p>\n" : "", p->out);
}

static void put_notes(page *p) {
    put_note(p, is_interrupted, "note",
             "Interrupted. The rows that were finished are here; the others have no figures.");
    put_invalid(p);
    put_note(p, is_dirty, "note mild", "Built from a tree with changes that are in no commit.");
}

/* ---- The head ---- */

static void put_run(page *p, const bench_document *document) {
    const char *started = bench_text(document->genbench, "started"), *commit = context_text(document, "commit");
    double elapsed = bench_real(document->genbench, "elapsed_s");
    char seconds[PAGE_NUMBER_ROOM];
    size_t rows = json_array_size(document->rows);
    page_fixed(elapsed, 0, seconds);
    if (!started)
        started = context_text(document, "date");
    gs_xml_put(p->out, "%s", main_isa(document));
    long long processors = bench_integer(document->context, "num_cpus", 0);
    if (processors)
        gs_xml_put(p->out, " \xc2\xb7 %.0f processor%s", (double)processors, processors == 1 ? "" : "s");
    gs_xml_put(p->out, " \xc2\xb7 gensample %s", context_text(document, "gensample_version"));
    if (commit[0])
        gs_xml_put(p->out, " (<code>%.10s</code>)", commit);
    gs_xml_put(p->out, " \xc2\xb7 %s", started);
    if (isfinite(elapsed))
        gs_xml_put(p->out, " \xc2\xb7 %zu row%s in %s s", rows, rows == 1 ? "" : "s", seconds);
}

/* "14 reports, 2026-11-25 to 2026-11-26" */
static void put_runs(page *p) {
    const char *first = NULL, *last = NULL;
    for (int d = 0; d < p->count + p->peers; d++) {
        const char *started = bench_text(p->document[d].genbench, "started");
        first = started && (!first || strcmp(started, first) < 0) ? started : first;
        last = started && (!last || strcmp(started, last) > 0) ? started : last;
    }
    gs_xml_put(p->out, "<p class=\"about\">%d reports", p->count + p->peers);
    if (first)
        gs_xml_put(p->out, ", %.10s", first);
    if (first && strncmp(first, last, 10))
        gs_xml_put(p->out, " to %.10s", last);
    fputs("</p>\n", p->out);
}

static const char style[] = {
#include "page.css.inc"
};

void page_begin(page *p, const char *title) {
    gs_html_begin(p->out, "genbench", title, style);
}

void page_head(page *p) {
    char name[PAGE_TEXT_ROOM];
    page_name_cpu(p->document, name);
    if (p->count > 1)
        snprintf(name, sizeof name, "%d runs side by side", p->count);
    if (p->count > 1 && p->duels)
        snprintf(name, sizeof name, "gensample beside other programs");
    page_begin(p, name);
    if (p->count == 1) {
        fputs("<p class=\"about\">", p->out);
        put_run(p, p->document);
        fputs("</p>\n", p->out);
    } else {
        put_runs(p);
    }
    fputs("</header>\n<main>\n", p->out);
    put_notes(p);
}
