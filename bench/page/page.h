/* The declarations that the parts of the HTML page share. Parts write their output to `out`; if memory runs out they
 * set `failed`. */
#ifndef BENCH_HTML_PAGE_H
#define BENCH_HTML_PAGE_H

#include <stdio.h>

#include "io/xml.h"
#include "views.h"
#include "rivals.h"
#include "text.h"

enum { PAGE_TEXT_ROOM = 256, PAGE_NUMBER_ROOM = 64, PAGE_COLOURS = 8, PAGE_BRIEF_ROOM = 16 };

/* Another program's best row for one work on one machine, and ours beside it. */
typedef struct page_duel {
    const json_t *row;
    bench_rival rival;
    char program[PAGE_TEXT_ROOM], name[PAGE_TEXT_ROOM]; /* with its version and without, but with its narrower type */
    char work[PAGE_TEXT_ROOM], threads[PAGE_TEXT_ROOM]; /* "ncsn, denoise, batch 64", "2 threads" */
    char machine[PAGE_TEXT_ROOM];
} page_duel;

typedef struct page {
    FILE *out;
    const bench_document *document; /* the columns */
    int count;
    const bench_document *peer;                            /* the peers' */
    int peers;                                             /* which follow the columns */
    char label[BENCH_PAGE_DOCUMENTS_MAX][PAGE_TEXT_ROOM];  /* what tells the columns apart; empty for a single one */
    char brief[BENCH_PAGE_DOCUMENTS_MAX][PAGE_BRIEF_ROOM]; /* the same in few characters, for charts */
    page_duel *duel;                                       /* (duels), of all documents */
    size_t duels;
    bench_tally all; /* of all rows of other programs, not of the best only */
    bool failed;
} page;

/* ---- Numbers ---- */

/* Three digits, or all before the point, with commas between thousands: "0.513", "94.3", "12,345"; "3.10e-07";
 * "unknown" where it is not finite. */
void page_number(double value, char text[PAGE_NUMBER_ROOM]);

/* So many digits behind the point: "1.150"; as page_number where that would be too long. */
void page_fixed(double value, int digits, char text[PAGE_NUMBER_ROOM]);

/* A number of per cent: "1.2", "94"; one that ran over is the largest there is. */
void page_percent(double value, char text[PAGE_NUMBER_ROOM]);

/* Two digits behind the point, or all before it: "0.76", "22.00", "1,234". */
void page_ratio(double value, char text[PAGE_NUMBER_ROOM]);

/* How values of a unit are written when `most` is the largest: times `factor`, in `symbol`, as in 1e-9 and GFLOP/s. */
typedef struct page_scale {
    double factor;
    char symbol[PAGE_NUMBER_ROOM];
} page_scale;
page_scale page_scale_of(const char *unit, double most);

/* "94.3 GFLOP/s" */
void page_quantity(double value, const char *unit, char text[PAGE_NUMBER_ROOM]);

/* ---- Rows ---- */

/* The settings besides `what` that tell the rows of a suite apart, in the order in which titles have them. */
enum page_part {
    PART_PROGRAM,
    PART_MODEL,
    PART_SCENARIO,
    PART_BATCH,
    PART_THREADS,
    PART_ISA,
    PART_DTYPE,
    PART_BACKEND,
    PAGE_PARTS
};

typedef struct page_row {
    const json_t *json;
    char title[PAGE_TEXT_ROOM]; /* what tells it from the others: "ncsn, dpmpp-2m", "conv-48x14x14-3x3-96, onednn" */
} page_row;

/* The rows of a suite of some documents. */
typedef struct page_suite {
    const char *name;
    const bench_document *document;
    int documents;
    bool varies[PAGE_PARTS]; /* within one document */
    bool one_thing;          /* all rows are of the same model and `what`, and differ in their parts alone */
    bool rivals[BENCH_PAGE_DOCUMENTS_MAX]; /* some rows have one of ours beside them */
    page_row *row[BENCH_PAGE_DOCUMENTS_MAX];
    size_t rows[BENCH_PAGE_DOCUMENTS_MAX];
} page_suite;

/* Suite i of the documents in the order in which they come, to be freed with page_suite_free; false past the last, and
 * when memory ended. */
bool page_suite_get(page *p, const bench_document *documents, int count, int i, page_suite *suite);
void page_suite_free(page_suite *suite);

/* The description of a suite, or NULL if this program has no such suite. */
const char *page_suite_about(const char *name);

/* Part of a row in words: "batch 64"; empty where the row has no such part. */
void page_part_text(const json_t *row, enum page_part part, char text[PAGE_TEXT_ROOM]);

/* The object that a row measures: "ncsn, dpmpp-2m", "conv-48x14x14-3x3-96". */
void page_thing(const json_t *row, char text[PAGE_TEXT_ROOM]);

/* The first row of document d with a title and unit, or NULL. */
const json_t *page_find(const page_suite *suite, int d, const char *title, const char *unit);

/* Whether the row is of the network from which gensample draws by default. */
bool page_is_usual(const json_t *row);

/* Whether a chart shows the row: for several documents one network is enough, the usual one if they have it. */
bool page_is_shown(const page_suite *suite, const json_t *row);

/* Whether two rows measure the same but for the parts that a bit of `but` stands for. */
bool page_same_but(const json_t *a, const json_t *b, unsigned but);

/* The title of a row, or line of a chart, of document d, with the document's label where there are several. */
void page_name(const page *p, int d, const char *title, char name[PAGE_TEXT_ROOM]);

/* Repetition k in the unit of the row's figure; the mean call if the figure is a percentile; calls per second if the
 * row does not say what a call does. */
double page_repetition(const json_t *row, size_t k);

/* The median of the repetitions in page_repetition's units; NaN if there are none. */
double page_median(const json_t *row);

/* All calls of the row in ascending order, in milliseconds, to be freed with gs_free; NULL: there are none, or memory
 * ended. */
double *page_calls(page *p, const json_t *row, size_t *count);

/* Append to a list with ", " between. */
void page_append(char list[PAGE_TEXT_ROOM], const char *part);

/* The CPU or, where the report tells none, the file's name. */
void page_name_cpu(const bench_document *document, char name[PAGE_TEXT_ROOM]);

/* ---- Parts of the page ---- */

void page_labels(page *p);

/* Everything up to the title, after which the <header> goes on. */
void page_begin(page *p, const char *title);
void page_head(page *p);
void page_headline(page *p);

/* A <details> element: open for one report, whose readers look for its content; folded for several. */
void page_fold(page *p, const char *class);

/* The advice of genbench doctor against the machine's reasons. */
void page_advice(page *p);

/* Fill p->duel and p->all from all documents. */
void page_duels_make(page *p);
void page_duels_free(page *p);

/* "1.33x won", or "0.40x behind, INVALID". */
void page_put_ratio(page *p, const bench_rival *rival);

/* The key to the colours of bars. */
enum { PAGE_KEYS = 3 };
typedef struct page_key {
    const char *class, *text;
} page_key;
extern const page_key page_keys[PAGE_KEYS];

/* Who won against other programs, and the bars of one machine. */
void page_beside(page *p);
void page_bars(page *p, const char *machine);
bool page_has_environment(const page *p);
void page_environment(page *p);
void page_badge(page *p, const json_t *row);
void page_reasons(page *p, const json_t *row);
void page_table(page *p, const page_suite *suite);
void page_columns(page *p, const page_suite *suite);
/* Shows every picture once. */
void page_pictures(page *p);

/* A chart, if the documents have what it needs. */
void page_latency(page *p, const page_suite *suite);
void page_scaling(page *p, const page_suite *suite);
void page_roofline(page *p, const page_suite *suite);
void page_acceptance(page *p, const page_suite *suite);
void page_traces(page *p, const page_suite *suite);
void page_ratios(page *p);

#endif
