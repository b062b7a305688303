/* Options of a command line as rows of a table, and the parser of their values. */
#ifndef GS_APP_OPTION_H
#define GS_APP_OPTION_H

#include "base/base.h"

enum { GS_LIST_MAX = 16 };

/* The numbers or texts of one option. */
typedef struct gs_numbers {
    int count;
    double values[GS_LIST_MAX];
} gs_numbers;
typedef struct gs_counts {
    int count, values[GS_LIST_MAX];
} gs_counts;
typedef struct gs_texts {
    int count;
    const char *values[GS_LIST_MAX];
} gs_texts;

/* Values of a label other than 0, 1, ...; and their words "none", "all" and "data", NULL for a class. */
enum { GS_LABEL_NONE = -1, GS_LABEL_ALL = -2, GS_LABEL_DATA = -3 };
const char *gs_label_word(int label);

typedef enum gs_option_kind {
    GS_KIND_OPTION_FLAG,        /* bool */
    GS_KIND_OPTION_TEXT,        /* const char * */
    GS_KIND_OPTION_NETWORK,     /* const char *, a weight file or the name of a shipped one */
    GS_KIND_OPTION_U64,         /* uint64_t, low ... high */
    GS_KIND_OPTION_INT,         /* int, low ... high */
    GS_KIND_OPTION_COUNT,       /* int, low ... high, or -1 for 0 */
    GS_KIND_OPTION_REAL,        /* double, positive and finite */
    GS_KIND_OPTION_WEIGHT,      /* double, positive and finite, or -1 for 0 */
    GS_KIND_OPTION_SIGNED,      /* double of either sign, whose magnitude is low ... high */
    GS_KIND_OPTION_PAIR,        /* double[2], positive, finite, first not above second */
    GS_KIND_OPTION_GRID,        /* int[2], whose product is at most high */
    GS_KIND_OPTION_LABEL,       /* int, GS_LABEL_... or low ... high */
    GS_KIND_OPTION_DTYPE,       /* gs_dtype, by its name */
    GS_KIND_OPTION_YES_NO,      /* int, 1 or -1 */
    GS_KIND_OPTION_STEPS,       /* int, from 0; which are too few or too many, its sampler says */
    GS_KIND_OPTION_STEP_COUNTS, /* gs_numbers of the same */
    GS_KIND_OPTION_POSITIVES,   /* gs_numbers, positive, at most high */
    GS_KIND_OPTION_LIST,        /* double[GS_RUNGS_MAX], low ... high, 0 behind the last */
    GS_KIND_OPTION_NUMBERS,     /* gs_numbers, of either sign, at most high; 0: the command knows their ends */
    GS_KIND_OPTION_NETWORKS,    /* gs_texts, NAME:WEIGHT; may be repeated */
    GS_KIND_OPTION_FILES,       /* gs_texts; may be repeated */
    GS_KIND_OPTION_NAMES,       /* gs_texts, none of them twice; the text is cut at its commas */
    GS_KIND_OPTION_COUNTS,      /* gs_counts, low ... high, none of them twice */
    GS_KIND_OPTION_TWO          /* gs_counts of two, low ... high, which differ */
} gs_option_kind;

typedef struct gs_option_row {
    const char *name, *metavar;
    gs_option_kind kind;
    size_t offset; /* of the field in the struct that is filled */
    uint64_t low, high;
    int commands;
    const char *help;
} gs_option_row;

/* The options of a program. A name may have several rows, for different commands. */
typedef struct gs_option_table {
    const gs_option_row *row;
    int rows;
    const char *const *command; /* names of commands, in the order of their bits, for messages; or NULL */
    int commands;
} gs_option_table;

/* "-" for one-letter names, else "--". */
const char *gs_option_dashes(const gs_option_row *row);

/* The row of a command that an argument "-n", "-n8", "--name" or "--name=value" names, else another command's, else
 * NULL; *value is the attached value, or NULL. "-h" is "--help". */
const gs_option_row *gs_option_find(const gs_option_table *table, int command, const char *argument,
                                    const char **value);

/* Take the option at argv[*at] with its value for a command, which messages call `name`; move *at past them, and note
 * in `given`, by row, that it was there. Errors: GS_ERROR_ARGUMENT: it is unknown, no option of this command, given
 * twice, or its value is missing or not what it has to be. */
gs_status gs_option_take(const gs_option_table *table, int command, const char *name, int argc, char *const *argv,
                         int *at, bool *given, void *fields, gs_error *error);

/* What the library says about the value of an option, as an error of usage: where the message begins with the option's
 * name, the dashes are put before it, else the dashes and the name; with NULL for the name, nothing. The status becomes
 * GS_ERROR_ARGUMENT, unless it is GS_OK or memory ran out. */
gs_status gs_option_blame(const char *name, gs_status status, gs_error *error);

#endif
