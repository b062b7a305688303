/* What studies have found, for the page, the report and the files beside them. */
#ifndef GS_STUDY_RECORD_H
#define GS_STUDY_RECORD_H

#include <jansson.h>

#include "base/arena.h"
#include "study/study.h"

typedef enum gs_study_part_kind { GS_PART_TEXT, GS_PART_TABLE, GS_PART_FIGURE } gs_study_part_kind;

/* A part of a study's section, in the order of reading. Texts belong to the record's arena. */
typedef struct gs_study_part {
    gs_study_part_kind kind;
    const char *text; /* of a paragraph; the caption of a table or figure */

    int rows, columns; /* of a table */
    const char *const *heads, *const *cells;

    const char *file; /* of a figure, "rejection-acceptance.svg" */
    bool is_vector;   /* SVG, else PNG */
    int width;        /* of a PNG picture in pixels */
    char *bytes;      /* the file's, to be freed with free() */
    size_t size;
} gs_study_part;

typedef enum gs_verdict {
    GS_VERDICT_NONE,      /* nothing is expected */
    GS_VERDICT_AGREES,    /* the number is as expected */
    GS_VERDICT_REFUTES,   /* the claim does not hold, as this project has found before */
    GS_VERDICT_UNDECIDED, /* the interval is too wide to tell; at the defaults none is */
    GS_VERDICT_DIFFERS    /* it is not as expected, or a refuted claim holds: the study has failed */
} gs_verdict;

gs_verdict gs_finding_verdict(const gs_finding *finding);

/* "as expected", "refuted", "undecided", "DIFFERS"; "shown" where nothing is expected. */
const char *gs_verdict_word(gs_verdict verdict);

/* A study that has been run. */
typedef struct gs_study_record {
    const gs_study_row *row;
    gs_arena *arena;
    gs_numbers values[GS_STUDY_TAKES]; /* of its parameters */
    const char *networks;              /* the shipped ones that it has asked for, "ebm, judge"; NULL: none */
    const char *command;               /* that runs it again: "gensample study rejection --ratio 1.05" */
    gs_study_part *part;
    size_t parts, part_room;
    gs_finding *finding;
    size_t findings, finding_room;
    bool used_digits, used_drawn; /* whether it has looked at digits, and at drawn ones */
    double seconds;
} gs_study_record;

/* A study that could not be run, and why. */
typedef struct gs_study_failure {
    const gs_study_row *row;
    char message[GS_MESSAGE_MAX];
} gs_study_failure;

/* All studies of a run. */
typedef struct gs_study_results {
    gs_study_failure *failure; /* (failures) */
    int failures;
    gs_study_record *study; /* (count) */
    int count;              /* that were run to their end */
    int asked;              /* that were asked for; more than `count` after an interruption */
    uint64_t seed;
    const char *data; /* MNIST's folder, or NULL */
    const char *isa;
    int threads;
    double seconds;
} gs_study_results;

/* How many findings have a verdict, over all studies or, if `only` is not NULL, of one. */
size_t gs_study_count(const gs_study_results *results, const gs_study_record *only, gs_verdict verdict);

/* A finding's number with its interval, "36.97 (36.89 ... 37.05) %", and what is expected, "0.3697", "at most 1 %" or
 * "". */
enum { GS_FINDING_ROOM = 160 };
void gs_finding_value(const gs_finding *finding, char text[GS_FINDING_ROOM]);
void gs_finding_expected(const gs_finding *finding, char text[GS_FINDING_ROOM]);

/* Write the page with all figures in it. */
void gs_study_page(const gs_study_results *results, FILE *out);

/* The same as numbers and texts, without figures' bytes; NULL when memory runs out. */
json_t *gs_study_json(const gs_study_results *results);

/* The findings as lines for people. */
void gs_study_report(const gs_study_results *results, FILE *out);

#endif
