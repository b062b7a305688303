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

static gs_status take_option(gs_arguments *arguments, int argc, char *const *argv, int *at, gs_error *error) {
    char name[32];
    snprintf(name, sizeof name, "gensample %s", command_name(arguments->command));
    return gs_option_take(&gs_options, arguments->command, name, argc, argv, at, arguments->given, arguments, error);
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
                  {arguments->plot != NULL, "plot"},
                  {arguments->map != NULL, "map"}};
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
