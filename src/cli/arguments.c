#include "cli/arguments.h"

#include <stddef.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/option.h"
#include "engine/backend.h"
#include "engine/plan.h"
#include "io/formats.h"

/* The row of a command by name, or NULL. */
static const gs_command_row *find_command(const char *name) {
    const gs_command_row *row = gs_command_rows;
    while (row->name && strcmp(row->name, name))
        row++;
    return row->name ? row : NULL;
}

static gs_status refuse_command(const char *name, gs_error *error) {
    enum { ROOM = 200 };
    char known[ROOM];
    int used = 0;
    for (const gs_command_row *row = gs_command_rows; row->name; row++) {
        const char *joint = row == gs_command_rows ? "" : row[1].name ? ", " : " and ";
        used += snprintf(known + used, ROOM - (size_t)used, "%s%s", joint, row->name);
    }
    return gs_fail(error, GS_ERROR_ARGUMENT, "\"%.60s\": unknown command; known are %s", name, known);
}

static gs_status take_option(gs_arguments *arguments, int argc, char *const *argv, int *at, gs_error *error) {
    char name[32];
    snprintf(name, sizeof name, "gensample %s", gs_command_row_of(arguments->command)->name);
    return gs_option_take(&gs_options, arguments->command, name, argc, argv, at, arguments->given, arguments, error);
}

static gs_status check(const gs_arguments *arguments, gs_error *error) {
    const gs_command *command = gs_command_of(arguments->command);
    if (arguments->help || arguments->version)
        return GS_OK;
    if (arguments->json && arguments->quiet)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--json: cannot go with --quiet");
    return command->check ? command->check(arguments, error) : GS_OK;
}

/* Whether what --isa and --backend name can run here, as far as the command has them. */
static gs_status check_machine(const gs_arguments *a, gs_error *error) {
    const gs_kernels *kernels;
    const gs_backend *backend;
    if (!(gs_option_rows[GS_OPTION_ISA].commands & a->command) || a->help || a->version)
        return GS_OK;
    gs_status status = gs_option_blame(a->isa ? "isa" : NULL, gs_kernels_choose(a->isa, &kernels, error), error);
    return status ? status : gs_option_blame("backend", gs_backend_find(a->backend, &backend, error), error);
}

/* The default output in the format that is asked for. */
static void choose_out(gs_arguments *arguments) {
    gs_format format;
    for (const gs_option_row *row = gs_option_rows; row < gs_option_rows + GS_OPTION_COUNT; row++)
        arguments->out_is_given |= arguments->given[row - gs_option_rows] && row->offset == offsetof(gs_arguments, out);
    if (!arguments->format || !arguments->out || arguments->out_is_given)
        return;
    snprintf(arguments->default_out, sizeof arguments->default_out, "%.*s%.8s", (int)strcspn(arguments->out, ".") + 1,
             arguments->out,
             gs_format_find(arguments->format, true, &format) ? gs_format_name(format) : arguments->format);
    arguments->out = arguments->default_out;
}

static gs_status take_study(gs_texts *studies, const char *text, gs_error *error) {
    if (studies->count == GS_LIST_MAX)
        return gs_fail(error, GS_ERROR_ARGUMENT, "more than %d studies are named: name none to run all", GS_LIST_MAX);
    studies->values[studies->count++] = text;
    return GS_OK;
}

/* The operands of a command line, which options may stand for: the fields that they are in, and what they are. */
enum { OPERANDS = 2 };
typedef struct operands {
    const char **field[OPERANDS], *text[OPERANDS];
    int count;
} operands;

static gs_status take_operand(gs_arguments *arguments, operands *taken, const char *text, gs_error *error) {
    const gs_command_row *row = gs_command_row_of(arguments->command);
    const char **const fields[] = {[GS_OPERAND_FILE] = &arguments->file,
                                   [GS_OPERAND_NETWORK] = &arguments->model,
                                   [GS_OPERAND_CONVERSION] = arguments->model ? &arguments->out : &arguments->model,
                                   [GS_OPERAND_IMAGES] = &arguments->input,
                                   [GS_OPERAND_FOLDER] = &arguments->folder};
    if (row->operand == GS_OPERAND_STUDIES)
        return take_study(&arguments->studies, text, error);
    const char **field = fields[row->operand];
    if (row->operand == GS_OPERAND_NONE || *field)
        return gs_fail(error, GS_ERROR_ARGUMENT, "\"%.60s\": unexpected argument of gensample %s", text, row->name);
    *field = text;
    taken->field[taken->count] = field;
    taken->text[taken->count++] = text;
    return text[0] ? GS_OK : gs_fail(error, GS_ERROR_ARGUMENT, "%s: the file's name is empty", row->name);
}

/* An option behind an operand would replace it; one before it is refused with the operand. */
static gs_status check_operands(const operands *taken, gs_error *error) {
    for (int i = 0; i < taken->count; i++)
        if (*taken->field[i] != taken->text[i])
            return gs_fail(error, GS_ERROR_ARGUMENT, "\"%.60s\" and \"%.60s\": one file is named twice; expected one",
                           taken->text[i], *taken->field[i]);
    return GS_OK;
}

gs_status gs_arguments_parse(gs_arguments *arguments, int argc, char *const *argv, gs_error *error) {
    *arguments = (gs_arguments){.command = GS_SAMPLE,
                                .parse = gs_arguments_parse,
                                .n = 64,
                                .out = gs_command_sample.out,
                                .label = GS_LABEL_NONE,
                                .checkpoint_s = 60,
                                .noises = {3, {0.2, 0.4, 0.6}},
                                .step_counts = {1, {1}}};
    int at = 1;
    if (argc < 2)
        return gs_fail(error, GS_ERROR_ARGUMENT, "nothing to do: gensample -n 64 draws samples; see gensample --help");
    if (argv[1][0] != '-') {
        const gs_command_row *row = find_command(argv[1]);
        if (!row)
            return refuse_command(argv[1], error);
        arguments->command = row->command;
        arguments->out = gs_command_of(row->command)->out;
        at = 2;
    }
    gs_status status = GS_OK;
    operands taken = {.count = 0};
    bool options_ended = false;
    while (!status && at < argc) {
        if (options_ended || argv[at][0] != '-' || !argv[at][1]) {
            status = take_operand(arguments, &taken, argv[at++], error);
        } else if (!strcmp(argv[at], "--")) {
            options_ended = true;
            at++;
        } else {
            status = take_option(arguments, argc, argv, &at, error);
        }
    }
    arguments->quality = arguments->quality || arguments->judge;
    choose_out(arguments);
    if (!status)
        status = check_operands(&taken, error);
    if (!status)
        status = check(arguments, error);
    return !status ? check_machine(arguments, error) : status;
}
