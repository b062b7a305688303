#include "cli/arguments.h"

#include <string.h>

#include "cli/option.h"

/* The row of a command by name, or NULL. */
static const gs_command_row *find_command(const char *name) {
    const gs_command_row *row = gs_command_rows;
    while (row->name && strcmp(row->name, name))
        row++;
    return row->name ? row : NULL;
}

static const char *command_name(int command) {
    const gs_command_row *row = gs_command_rows;
    while (row->command != command)
        row++;
    return row->name;
}

/* The row of a command that an argument "-n", "-n8", "--name" or "--name=value" names, else another command's; *value
 * is the attached value, or NULL. */
static const gs_option_row *find_option(int command, const char *argument, const char **value) {
    const gs_option_row *found = NULL;
    *value = NULL;
    if (!strcmp(argument, "-h"))
        return &gs_option_rows[GS_OPTION_HELP];
    bool two = argument[1] == '-';
    const char *name = argument + (two ? 2 : 1);
    size_t length = two ? strcspn(name, "=") : 1;
    for (int i = 0; i < GS_OPTION_COUNT; i++) {
        const gs_option_row *row = &gs_option_rows[i];
        bool same = strlen(row->name) == length && !strncmp(row->name, name, length);
        if (same && two == (length > 1) && (!found || (row->commands & command))) {
            found = row;
            if (two)
                *value = name[length] == '=' ? name + length + 1 : NULL;
            else
                *value = name[length] ? name + length : NULL;
        }
    }
    return found;
}

/* Take the option at argv[*at] with its value, and move *at past them. */
static gs_status take_option(gs_arguments *arguments, int argc, char *const *argv, int *at, gs_error *error) {
    const char *argument = argv[(*at)++], *value;
    const gs_option_row *row = find_option(arguments->command, argument, &value);
    const char *command = command_name(arguments->command);
    if (!row)
        return gs_fail(error, GS_ERROR_ARGUMENT, "%.60s: unknown option; see gensample %s --help", argument, command);
    const char *dashes = gs_option_dashes(row);
    if (!(row->commands & arguments->command))
        return gs_fail(error, GS_ERROR_ARGUMENT, "%s%s: no option of gensample %s", dashes, row->name, command);
    if (arguments->given[row - gs_option_rows] && row->kind != GS_KIND_OPTION_NETWORKS)
        return gs_fail(error, GS_ERROR_ARGUMENT, "%s%s: given twice", dashes, row->name);
    arguments->given[row - gs_option_rows] = true;
    if (!row->metavar && value)
        return gs_fail(error, GS_ERROR_ARGUMENT, "%s%s: takes no value", dashes, row->name);
    if (row->metavar && !value) {
        if (*at >= argc || !strncmp(argv[*at], "--", 2))
            return gs_fail(error, GS_ERROR_ARGUMENT, "%s%s: its value %s is missing", dashes, row->name, row->metavar);
        value = argv[(*at)++];
    }
    return gs_option_parse(row, value ? value : "", arguments, error);
}

static gs_status check_denoise(const gs_arguments *arguments, gs_error *error) {
    if (!arguments->input)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--input: missing: the file of clean images");
    if (arguments->label == GS_LABEL_ALL || arguments->label == GS_LABEL_DATA) {
        return gs_fail(error, GS_ERROR_ARGUMENT, "--label %s: the images come from a file; name their class or none",
                       gs_label_word(arguments->label));
    }
    if (arguments->json && arguments->quiet)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--json: cannot go with --quiet");
    return GS_OK;
}

/* Checks --compose, --sweep and --init. */
static gs_status check_product(const gs_arguments *arguments, gs_error *error) {
    const bool *given = arguments->given;
    if (given[GS_OPTION_COMPOSE] && arguments->model)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--model: cannot go with --compose, which names all networks");
    if (given[GS_OPTION_INIT_NOISE] && !arguments->init) {
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "--init-noise: noise is added to the images of --init, which is missing");
    }
    if (!given[GS_OPTION_SWEEP])
        return GS_OK;
    if (!given[GS_OPTION_COMPOSE])
        return gs_fail(error, GS_ERROR_ARGUMENT, "--sweep: weights of the last --compose, which is missing");
    const struct {
        bool given;
        const char *name;
    } others[] = {{given[GS_OPTION_GRID], "grid"},
                  {arguments->trajectory, "trajectory"},
                  {arguments->init != NULL, "init"},
                  {arguments->diagnose, "diagnose"},
                  {arguments->plot != NULL, "plot"}};
    for (size_t i = 0; i < GS_COUNT(others); i++)
        if (others[i].given)
            return gs_fail(error, GS_ERROR_ARGUMENT, "--sweep: cannot go with --%s", others[i].name);
    for (int i = 0; arguments->compose.count == 1 && i < arguments->sweep.count; i++)
        if (arguments->sweep.values[i] == 0)
            return gs_fail(error, GS_ERROR_ARGUMENT, "--sweep: a weight of 0 leaves nothing of the only --compose");
    return GS_OK;
}

static gs_status check(const gs_arguments *arguments, gs_error *error) {
    if (arguments->help || arguments->version)
        return GS_OK;
    if (arguments->command == GS_DENOISE)
        return check_denoise(arguments, error);
    if (arguments->command == GS_INSPECT && !arguments->file)
        return gs_fail(error, GS_ERROR_ARGUMENT, "inspect: the file's name is missing");
    gs_status status = check_product(arguments, error);
    if (status)
        return status;
    if (arguments->quiet && (arguments->quality || arguments->judge)) {
        return gs_fail(error, GS_ERROR_ARGUMENT, "--quiet: cannot go with --%s, whose figures it would not print",
                       arguments->quality ? "quality" : "judge");
    }
    if (arguments->quiet && arguments->diagnose && !arguments->plot) {
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "--quiet: cannot go with --diagnose, whose figures it would not print");
    }
    if (arguments->json && arguments->quiet)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--json: cannot go with --quiet");
    if (arguments->given[GS_OPTION_EVERY] && !arguments->trajectory)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--every: says which states --trajectory draws; add that");
    if (arguments->trajectory && arguments->given[GS_OPTION_GRID])
        return gs_fail(error, GS_ERROR_ARGUMENT, "--grid: cannot go with --trajectory, which has one row per chain");
    return GS_OK;
}

/* The default output in the format that is asked for. */
static void choose_out(gs_arguments *arguments) {
    const bool *given = arguments->given;
    if (!arguments->format || given[GS_OPTION_OUT] || given[GS_OPTION_DENOISED] || given[GS_OPTION_KEPT])
        return;
    snprintf(arguments->default_out, sizeof arguments->default_out, "%.*s%.8s", (int)strcspn(arguments->out, ".") + 1,
             arguments->out, arguments->format);
    arguments->out = arguments->default_out;
}

static gs_status take_operand(gs_arguments *arguments, const char *text, gs_error *error) {
    if (arguments->command == GS_INSPECT && !arguments->file) {
        arguments->file = text;
        return text[0] ? GS_OK : gs_fail(error, GS_ERROR_ARGUMENT, "inspect: the file's name is empty");
    }
    return gs_fail(error, GS_ERROR_ARGUMENT, "\"%.60s\": unexpected argument of gensample %s", text,
                   command_name(arguments->command));
}

gs_status gs_arguments_parse(gs_arguments *arguments, int argc, char *const *argv, gs_error *error) {
    *arguments = (gs_arguments){.command = GS_SAMPLE,
                                .n = 64,
                                .out = "samples.png",
                                .label = GS_LABEL_NONE,
                                .noises = {3, {0.2, 0.4, 0.6}},
                                .step_counts = {1, {1}}};
    int at = 1;
    if (argc < 2)
        return gs_fail(error, GS_ERROR_ARGUMENT, "nothing to do: gensample -n 64 draws samples; see gensample --help");
    if (argv[1][0] != '-') {
        const gs_command_row *row = find_command(argv[1]);
        if (!row) {
            return gs_fail(error, GS_ERROR_ARGUMENT,
                           "\"%.60s\": unknown command; known are sample, denoise, inspect, rejection and cpu",
                           argv[1]);
        }
        arguments->command = row->command;
        arguments->out = row->command == GS_DENOISE ? "denoised.png" : arguments->out;
        at = 2;
    }
    gs_status status = GS_OK;
    bool options_ended = false;
    while (!status && at < argc) {
        if (options_ended || argv[at][0] != '-' || !argv[at][1]) {
            status = take_operand(arguments, argv[at++], error);
        } else if (!strcmp(argv[at], "--")) {
            options_ended = true;
            at++;
        } else {
            status = take_option(arguments, argc, argv, &at, error);
        }
    }
    arguments->quality = arguments->quality || arguments->judge;
    choose_out(arguments);
    return !status ? check(arguments, error) : status;
}
