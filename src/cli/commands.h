/* The commands: what a command is to the rest of the program. */
#ifndef GS_CLI_COMMANDS_H
#define GS_CLI_COMMANDS_H

#include "cli/arguments.h"

/* What a command's help lists after its options. */
enum {
    GS_LISTS_SAMPLERS = 1,
    GS_LISTS_ALGORITHMS = 2,
    GS_LISTS_NETWORKS = 4,
    GS_LISTS_DENSITIES = 8,
    GS_LISTS_STUDIES = 16,
    GS_LISTS_METHODS = 32
};

/* What becomes of a command where a launcher has started several processes: it is refused, as each would do all of it
 * and write the same files; they are ranks that share it; or each is by itself. */
typedef enum gs_sharing { GS_SHARING_REFUSED, GS_SHARING_RANKS, GS_SHARING_NONE } gs_sharing;

/* A command that commands.def names. */
typedef struct gs_command {
    const char *about;    /* what its help says below the usage */
    const char *examples; /* what its help ends with, or NULL */
    int lists;            /* GS_LISTS_..., added */
    const char *out;      /* the output if none is given; NULL: none is written */
    gs_sharing sharing;

    /* Check what can be checked before any file is looked for; NULL: nothing. Errors: GS_ERROR_ARGUMENT. */
    gs_status (*check)(const gs_arguments *arguments, gs_error *error);

    gs_status (*run)(const gs_arguments *arguments, gs_error *error);
} gs_command;

#define GS_COMMAND(id, name, ...) extern const gs_command gs_command_##name;
#include "cli/commands.def"

/* The record of a bit, GS_SAMPLE, .... */
const gs_command *gs_command_of(int command);

#endif
