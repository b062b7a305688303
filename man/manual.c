/* The manual page of gensample. */
#include "generate.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/option.h"
#include "study/lab.h"

enum { LINE = 512 };

static void put_roff(const char *text) {
    if (*text == '.' || *text == '\'')
        fputs("\\&", stdout);
    for (; *text; text++)
        fputs(*text == '\\' ? "\\e" : *text == '-' ? "\\-" : (char[]){*text, 0}, stdout);
}

static void man_option(const gs_option_row *row) {
    fputs(".TP\n\\fB", stdout);
    put_roff(gs_option_dashes(row));
    put_roff(row->name);
    printf("\\fR%s%s%s\n", row->metavar ? " \\fI" : "", row->metavar ? row->metavar : "", row->metavar ? "\\fR" : "");
    put_roff(row->help);
    fputs("\n", stdout);
}

/* The first command that has the option; it describes it for all. */
static const gs_command_row *first_command(const gs_option_row *row) {
    const gs_command_row *command = gs_command_rows;
    while (!(row->commands & command->command))
        command++;
    return command;
}

/* Options that no command before it has; and the names of those that `with` described. */
static void man_own_options(const gs_command_row *command) {
    const char *title = NULL;
    for (const gs_option_line *line = gs_option_lines; line->title || line->row; line++) {
        title = line->title ? line->title : title;
        if (!line->row || !(line->row->commands & command->command) || first_command(line->row) != command)
            continue;
        if (title)
            printf(".PP\n%c%s:\n", toupper((unsigned char)*title), title + 1);
        title = NULL;
        man_option(line->row);
    }
}

static void man_shared_options(const gs_command_row *command, const gs_command_row *with) {
    bool any = false;
    for (const gs_option_row *row = gs_option_rows; row < gs_option_rows + GS_OPTION_COUNT; row++) {
        if (!(row->commands & command->command) || first_command(row) != with)
            continue;
        fputs(any ? ",\n" : ".PP\nAs of ", stdout);
        if (!any)
            printf("\\fBgensample %s\\fR:\n", with->name);
        any = true;
        fputs("\\fB", stdout);
        put_roff(gs_option_dashes(row));
        put_roff(row->name);
        fputs("\\fR", stdout);
    }
    fputs(any ? ".\n" : "", stdout);
}

static void man_options(void) {
    for (const gs_command_row *command = gs_command_rows; command->name; command++) {
        printf(".SS gensample %s\n", command->name);
        man_own_options(command);
        for (const gs_command_row *with = gs_command_rows; with < command; with++)
            man_shared_options(command, with);
    }
}

static void man_rows(const gs_sampler_info *get(int i)) {
    const gs_sampler_info *sampler;
    for (int i = 0; (sampler = get(i)); i++) {
        fputs(".TP\n\\fB", stdout);
        put_roff(sampler->name);
        fputs("\\fR\n", stdout);
        put_roff(sampler->help);
        fputs("\n.br\nReads ", stdout);
        put_roff(sampler->parameters[0] ? sampler->parameters : "no option");
        fputs(".\n", stdout);
    }
}

static void man_samplers(void) {
    man_rows(gs_sampler_get);
}

static void man_methods(void) {
    man_rows(gs_restorer_get);
}

static void man_operators(void) {
    const gs_operator_info *row;
    for (int i = 0; (row = gs_operator_get(i)); i++) {
        printf(".TP\n\\fB%s\\fR\n", row->name);
        put_roff(row->help);
        fputs("\n.br\nParameters: ", stdout);
        put_roff(row->parameters);
        fputs(".\n", stdout);
    }
}

/* "[dim=1 mean=0 ...]" */
static void put_parameters(const gs_density_info *density, void put(const char *text)) {
    for (const gs_density_parameter *p = density->parameters; p->name; p++) {
        put(p == density->parameters ? "" : " ");
        put(p->name);
        put(p->value[0] ? "=" : "");
        put(p->value);
    }
}

static void man_densities(void) {
    const gs_density_info *density;
    for (int i = 0; (density = gs_density_get(i)); i++) {
        fputs(".TP\n\\fB", stdout);
        put_roff(density->name);
        fputs("\\fR\n", stdout);
        put_roff(density->help);
        fputs("\n.br\nParameters ", stdout);
        put_parameters(density, put_roff);
        fputs(".\n", stdout);
    }
}

static void man_algorithms(void) {
    const gs_rejection_info *row;
    for (int i = 0; (row = gs_rejection_get(i)); i++) {
        printf(".TP\n\\fB%s\\fR\n", row->name);
        put_roff(row->help);
        fputs("\n", stdout);
    }
}

/* A study as a text on one line: its item, title and parameters. */
static void put_study(const gs_study_row *row, void (*put)(const char *)) {
    put(row->title);
    printf(" (");
    put(row->item);
    fputs(").", stdout);
    for (const gs_study_default *take = row->takes; take->value; take++) {
        const char *name = gs_study_parameter_rows[take->parameter].name;
        fputs(take == row->takes ? " It reads " : ", ", stdout);
        put(name[1] ? "--" : "-");
        put(name);
        putchar(' ');
        put(take->value);
    }
    fputs(row->takes->value ? ".\n" : "\n", stdout);
}

static void man_studies(void) {
    const gs_study_row *row;
    for (int i = 0; (row = gs_study_row_of(i)); i++) {
        printf(".TP\n\\fB%s\\fR\n", row->name);
        put_study(row, put_roff);
    }
}

static void man_commands(void) {
    for (const gs_command_row *row = gs_command_rows; row->name; row++) {
        fputs(".TP\n\\fBgensample\\fR ", stdout);
        put_roff(row->usage);
        printf("\n%s\n", row->help);
    }
}

void write_man(void) {
    static const struct {
        const char *mark;
        void (*write)(void);
    } parts[] = {{"@COMMANDS@\n", man_commands},   {"@OPTIONS@\n", man_options},      {"@SAMPLERS@\n", man_samplers},
                 {"@OPERATORS@\n", man_operators}, {"@METHODS@\n", man_methods},      {"@DENSITIES@\n", man_densities},
                 {"@STUDIES@\n", man_studies},     {"@ALGORITHMS@\n", man_algorithms}};
    char line[LINE];
    puts(".TH GENSAMPLE 1 \"\" \"gensample " GS_VERSION "\" \"User Commands\"");
    while (fgets(line, sizeof line, stdin)) {
        size_t i = 0;
        while (i < GS_COUNT(parts) && strcmp(line, parts[i].mark))
            i++;
        if (i < GS_COUNT(parts))
            parts[i].write();
        else
            fputs(line, stdout);
    }
}
