#include "cli/option.h"

#include <stddef.h>

#include "app/words.h"
#include "cli/format_help.h"
#include "io/grid.h"
#include "model/model.h"
#include "model/settings.h"
#include "random/random.h"

const gs_option_row gs_option_rows[GS_OPTION_COUNT] = {
#define GS_OPTION(id, name, metavar, kind, field, low, high, commands, help) \
    {name, metavar, GS_KIND_OPTION_##kind, offsetof(gs_arguments, field), low, high, commands, help},
#include "cli/options.def"
};

static const char *const command_names[GS_COMMAND_COUNT] = {
#define GS_COMMAND(id, name, ...) #name,
#include "cli/commands.def"
};

const gs_option_table gs_options = {gs_option_rows, GS_OPTION_COUNT, command_names, GS_COMMAND_COUNT};

const gs_option_line gs_option_lines[] = {
#define GS_GROUP(title) {title, NULL},
#define GS_OPTION(id, ...) {NULL, &gs_option_rows[GS_OPTION_##id]},
#include "cli/options.def"
    {NULL, NULL}};

const gs_command_row gs_command_rows[] = {
#define GS_COMMAND(id, name, operand, finds, usage, help) \
    {#name, GS_##id, GS_OPERAND_##operand, GS_FINDS_##finds, usage, help},
#include "cli/commands.def"
    {0},
};

const gs_command_row *gs_command_row_of(int command) {
    const gs_command_row *row = gs_command_rows;
    while (row->command != command)
        row++;
    return row;
}
