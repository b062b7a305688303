#include "views.h"

#include <errno.h>
#include <string.h>

#include "page/page.h"
#include "io/output.h"

/* Suites whose rows the roofline is of; it stands in the first that has some. */
static const struct {
    const char *suite;
    void (*draw)(page *p, const page_suite *suite);
} charts[] = {{"latency", page_latency},
              {"scaling", page_scaling},
              {"layers", page_roofline},
              {"kernels", page_roofline},
              {"rejection", page_acceptance}};

static void put_navigation(page *p) {
    page_suite suite;
    if (!page_has_environment(p) && !json_array_size(p->document[0].rows))
        return;
    fputs("<nav aria-label=\"Suites\"><ul>", p->out);
    for (int i = 0; page_suite_get(p, p->document, p->count, i, &suite); i++) {
        gs_xml_put(p->out, "<li><a href=\"#suite-%d\">%s</a></li>", i, suite.name);
        page_suite_free(&suite);
    }
    if (page_has_environment(p))
        fputs("<li><a href=\"#environment\">environment</a></li>", p->out);
    fputs("</ul></nav>\n", p->out);
}

/* `of`: the machine, or "". */
static void put_suite(page *p, const page_suite *suite, const char *id, int number, const char *of) {
    const char *about = page_suite_about(suite->name);
    page_fold(p, "suite");
    gs_xml_put(p->out, "<summary><h2>%s%s%s</h2>", suite->name, of[0] ? ": " : "", of);
    gs_xml_put(p->out, " <span class=\"about\">%s</span></summary>\n<div id=\"%s-%d\">\n", about ? about : "", id,
               number);
    for (size_t i = 0; i < GS_COUNT(charts); i++)
        if (!strcmp(charts[i].suite, suite->name))
            charts[i].draw(p, suite);
    if (suite->documents > 1)
        page_columns(p, suite);
    else
        page_table(p, suite);
    page_traces(p, suite);
    fputs("</div></details>\n", p->out);
}

static void put_suites(page *p) {
    page_suite suite;
    for (int i = 0; page_suite_get(p, p->document, p->count, i, &suite); i++) {
        put_suite(p, &suite, "suite", i, "");
        page_suite_free(&suite);
    }
    for (int d = 0; d < p->peers; d++)
        for (int i = 0; page_suite_get(p, &p->peer[d], 1, i, &suite); i++) {
            char id[PAGE_NUMBER_ROOM], machine[PAGE_TEXT_ROOM];
            snprintf(id, sizeof id, "peers-%d", d);
            page_name_cpu(&p->peer[d], machine);
            put_suite(p, &suite, id, i, machine);
            page_suite_free(&suite);
        }
}

/* It has no < and no &, so that the page stays XML. */
static const char script[] = {
#include "page.js.inc"
};

static void put_page(page *p) {
    page_labels(p);
    page_duels_make(p);
    page_head(p);
    page_beside(p);
    page_headline(p);
    page_pictures(p);
    put_navigation(p);
    page_ratios(p);
    put_suites(p);
    page_environment(p);
    fputs("</main>\n<footer><p>Written by genbench. A figure is the median of its repetitions, \xc2\xb1 half their "
          "range; "
          "of percentiles, all calls of all repetitions count.</p></footer>\n",
          p->out);
    fprintf(p->out, "<script>\n%s</script>\n</body>\n</html>\n", script);
    page_duels_free(p);
}

/* Peers' reports stand beside ours; alone, they are the page. */
static void sort_documents(page *p, const bench_document *documents, int count, bench_document *sorted) {
    for (int peers = 0, at = 0; peers < 2; peers++) {
        for (int d = 0; d < count; d++) {
            const char *source = bench_text(documents[d].genbench, "source");
            bool peer = source && !strcmp(source, "peers");
            if (peer == (peers == 1))
                sorted[at++] = documents[d];
        }
        p->count = peers ? p->count : at;
    }
    p->document = sorted;
    p->peers = p->count ? count - p->count : 0;
    p->peer = sorted + p->count;
    p->count = p->count ? p->count : count;
}

gs_status bench_html_write(const bench_document *documents, int count, const char *path, gs_error *error) {
    gs_output output;
    bench_document sorted[BENCH_PAGE_DOCUMENTS_MAX];
    if (count < 1 || count > BENCH_PAGE_DOCUMENTS_MAX)
        return gs_fail(error, GS_ERROR_ARGUMENT, "%d reports: a page has 1 ... %d", count, BENCH_PAGE_DOCUMENTS_MAX);
    gs_status status = gs_output_open(&output, path, error);
    if (status)
        return status;
    page p = {.out = output.file};
    sort_documents(&p, documents, count, sorted);
    put_page(&p);
    if (p.failed)
        status = gs_fail_memory(error, "writing the page");
    else if (fflush(output.file) || ferror(output.file))
        status = gs_fail(error, GS_ERROR_FILE, "%s: cannot write: %s", path, strerror(errno));
    if (!status)
        return gs_output_commit(&output, error);
    gs_output_abandon(&output);
    return status;
}
