/* The rows of options.def as data. */
#ifndef GS_CLI_OPTION_H
#define GS_CLI_OPTION_H

#include "app/option.h"
#include "cli/arguments.h"

extern const gs_option_row gs_option_rows[GS_OPTION_COUNT];
extern const gs_option_table gs_options;

/* The rows in the order of the help, with a title and no row before each group of rows. */
typedef struct gs_option_line {
    const char *title;        /* or NULL */
    const gs_option_row *row; /* or NULL */
} gs_option_line;

/* The last line has neither. */
extern const gs_option_line gs_option_lines[];

/* What a command takes besides options. */
typedef enum gs_operand {
    GS_OPERAND_NONE,
    GS_OPERAND_FILE,
    GS_OPERAND_NETWORK,
    GS_OPERAND_CONVERSION,
    GS_OPERAND_IMAGES,
    GS_OPERAND_STUDIES,
    GS_OPERAND_FOLDER
} gs_operand;

/* What is found where no option names it; each finds what the one before it does. */
typedef enum gs_finds { GS_FINDS_NOTHING, GS_FINDS_NETWORK, GS_FINDS_JUDGE } gs_finds;

typedef struct gs_command_row {
    const char *name;
    int command; /* GS_SAMPLE, ... */
    gs_operand operand;
    gs_finds finds;
    const char *usage, *help;
} gs_command_row;

/* All commands, beginning with the one that need not be named; a row without a name ends the list. */
extern const gs_command_row gs_command_rows[];

/* The row of a command, GS_SAMPLE, .... */
const gs_command_row *gs_command_row_of(int command);

#endif
