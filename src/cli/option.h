/* The rows of options.def as data, and the parser of their values. */
#ifndef GS_CLI_OPTION_H
#define GS_CLI_OPTION_H

#include "cli/arguments.h"

typedef enum gs_option_kind {
    GS_KIND_OPTION_FLAG,        /* bool */
    GS_KIND_OPTION_TEXT,        /* const char * */
    GS_KIND_OPTION_NETWORK,     /* const char *, a weight file or the name of a shipped one */
    GS_KIND_OPTION_U64,         /* uint64_t, low ... high */
    GS_KIND_OPTION_INT,         /* int, low ... high */
    GS_KIND_OPTION_COUNT,       /* int, low ... high, or -1 for 0 */
    GS_KIND_OPTION_REAL,        /* double, positive and finite */
    GS_KIND_OPTION_WEIGHT,      /* double, positive and finite, or -1 for 0 */
    GS_KIND_OPTION_PAIR,        /* double[2], positive, finite, first not above second */
    GS_KIND_OPTION_GRID,        /* int[2], whose product is at most high */
    GS_KIND_OPTION_LABEL,       /* int, GS_LABEL_... or low ... high */
    GS_KIND_OPTION_YES_NO,      /* int, 1 or -1 */
    GS_KIND_OPTION_STEPS,       /* int, from 0; which are too few or too many, its sampler says */
    GS_KIND_OPTION_STEP_COUNTS, /* gs_numbers of the same */
    GS_KIND_OPTION_POSITIVES,   /* gs_numbers, positive, at most high */
    GS_KIND_OPTION_NUMBERS,     /* gs_numbers, of either sign, at most high */
    GS_KIND_OPTION_NETWORKS     /* gs_texts, NAME:WEIGHT; may be repeated */
} gs_option_kind;

typedef struct gs_option_row {
    const char *name, *metavar;
    gs_option_kind kind;
    size_t offset; /* of the field in gs_arguments */
    uint64_t low, high;
    int commands;
    const char *help;
} gs_option_row;

extern const gs_option_row gs_option_rows[GS_OPTION_COUNT];

/* The rows in the order of the help, with a title and no row before each group of rows. */
typedef struct gs_option_line {
    const char *title;        /* or NULL */
    const gs_option_row *row; /* or NULL */
} gs_option_line;

/* The last line has neither. */
extern const gs_option_line gs_option_lines[];

typedef struct gs_command_row {
    const char *name;
    int command; /* GS_SAMPLE, ... */
    const char *usage, *help;
} gs_command_row;

/* All commands, beginning with the one that need not be named; a row without a name ends the list. */
extern const gs_command_row gs_command_rows[];

/* "-" for one-letter names, else "--". */
const char *gs_option_dashes(const gs_option_row *row);

/* "none", "all" or "data"; NULL for a class. */
const char *gs_label_word(int label);

/* Parse `text` into the row's field. Errors: GS_ERROR_ARGUMENT, which names the option. */
gs_status gs_option_parse(const gs_option_row *row, const char *text, gs_arguments *arguments, gs_error *error);

#endif
