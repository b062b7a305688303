/* The help of each command, generated from options.def and the samplers' rows. */
#include <string.h>

#include "cli/commands.h"
#include "cli/option.h"
#include "study/lab.h"

enum { INDENT = 26, WIDTH = 100 };

/* Print text word by word from column `at`; further lines begin at INDENT. */
static void print_wrapped(const char *text, int at, FILE *out) {
    while (*text) {
        int length = (int)strcspn(text, " ");
        if (at > INDENT && at + 1 + length > WIDTH) {
            fprintf(out, "\n%*s", INDENT, "");
            at = INDENT;
        } else if (at > INDENT) {
            fputc(' ', out);
            at++;
        }
        fprintf(out, "%.*s", length, text);
        at += length;
        text += length;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

static void print_row(const char *name, const char *help, FILE *out) {
    int used = fprintf(out, "  %s", name);
    if (used >= INDENT - 1) {
        fputc('\n', out);
        used = 0;
    }
    fprintf(out, "%*s", INDENT - used, "");
    print_wrapped(help, INDENT, out);
}

static void print_option(const gs_option_row *row, FILE *out) {
    char name[64];
    snprintf(name, sizeof name, "%s%s%s%s", gs_option_dashes(row), row->name, row->metavar ? " " : "",
             row->metavar ? row->metavar : "");
    print_row(name, row->help, out);
}

/* A command with few options shows no titles. */
static void print_options(int command, FILE *out) {
    enum { FEW = 10 };
    int count = 0;
    const char *title = NULL;
    for (const gs_option_line *line = gs_option_lines; line->title || line->row; line++)
        count += line->row && (line->row->commands & command);
    if (count <= FEW)
        fputs("\noptions:\n", out);
    for (const gs_option_line *line = gs_option_lines; line->title || line->row; line++) {
        title = line->title ? line->title : title;
        if (!line->row || !(line->row->commands & command))
            continue;
        if (title && count > FEW)
            fprintf(out, "\n%s:\n", title);
        title = NULL;
        print_option(line->row, out);
    }
}

static void print_shipped(FILE *out) {
    char names[GS_PATH_ROOM], folder[GS_PATH_ROOM];
    if (gs_shipped_list(" ", names, sizeof names, folder))
        fprintf(out, "\nshipped networks, in %s:\n  %s\n", folder, names);
}

static void print_densities(FILE *out) {
    fputs("\ndensities, networks that need no file, as in --model gaussian:dim=2,sd=0.5, and their parameters:\n", out);
    const gs_density_info *density;
    for (int i = 0; (density = gs_density_get(i)); i++) {
        char help[512];
        size_t used = (size_t)snprintf(help, sizeof help, "%s [", density->help);
        for (const gs_density_parameter *p = density->parameters; p->name; p++)
            used += (size_t)snprintf(help + used, sizeof help - used, "%s%s%s%s", p->name, p->value[0] ? "=" : "",
                                     p->value, p[1].name ? " " : "]");
        print_row(density->name, help, out);
    }
}

static void print_samplers(FILE *out) {
    fputs("\nsamplers, and the options each reads (defaults are the model file's, else the sampler's):\n", out);
    const gs_sampler_info *sampler;
    for (int i = 0; (sampler = gs_sampler_get(i)); i++) {
        char help[512];
        bool reads = sampler->parameters[0];
        snprintf(help, sizeof help, "%s%s%s%s", sampler->help, reads ? " [" : "", sampler->parameters,
                 reads ? "]" : "");
        print_row(sampler->name, help, out);
    }
}

static void print_methods(FILE *out) {
    const gs_operator_info *row;
    const gs_sampler_info *method;
    fputs("\noperators, as in --operator pool:4, or none for --noise alone:\n", out);
    for (int i = 0; (row = gs_operator_get(i)); i++) {
        char help[512];
        snprintf(help, sizeof help, "%s [%s]", row->help, row->parameters);
        print_row(row->name, help, out);
    }
    fputs("\nmethods, and the options each reads:\n", out);
    for (int i = 0; (method = gs_restorer_get(i)); i++) {
        char help[512];
        snprintf(help, sizeof help, "%s [%s]", method->help, method->parameters);
        print_row(method->name, help, out);
    }
}

static void print_algorithms(FILE *out) {
    const gs_rejection_info *row;
    fputs("\nalgorithms:\n", out);
    for (int i = 0; (row = gs_rejection_get(i)); i++)
        print_row(row->name, row->help, out);
}

static void print_studies(FILE *out) {
    const gs_study_row *row;
    fputs("\nstudies, with the course's items, and the parameters each reads:\n", out);
    for (int i = 0; (row = gs_study_row_of(i)); i++) {
        char help[512];
        size_t used = (size_t)snprintf(help, sizeof help, "%s: %s", row->item, row->title);
        for (const gs_study_default *take = row->takes; take->value; take++)
            used += (size_t)snprintf(help + used, sizeof help - used, "%s%s=%s", take == row->takes ? " [" : " ",
                                     gs_study_parameter_rows[take->parameter].name, take->value);
        snprintf(help + used, sizeof help - used, "%s", row->takes->value ? "]" : "");
        print_row(row->name, help, out);
    }
}

/* The command that need not be named has the program's help. */
static void print_usage(int command, const char *about, FILE *out) {
    const gs_command_row *row = gs_command_rows;
    if (command == row->command) {
        int width = 0;
        for (const gs_command_row *each = row; each->name; each++)
            width = (int)strlen(each->usage) > width ? (int)strlen(each->usage) : width;
        fprintf(out, "%s\nusage:\n", about);
        for (; row->name; row++)
            fprintf(out, "  gensample %-*s  %s\n", width, row->usage, row->help);
        return;
    }
    fprintf(out, "usage: gensample %s\n\n%s", gs_command_row_of(command)->usage, about);
}

void gs_help_print(int command, FILE *out) {
    const gs_command *record = gs_command_of(command);
    print_usage(command, record->about, out);
    print_options(command, out);
    if (record->lists & GS_LISTS_SAMPLERS)
        print_samplers(out);
    if (record->lists & GS_LISTS_METHODS)
        print_methods(out);
    if (record->lists & GS_LISTS_ALGORITHMS)
        print_algorithms(out);
    if (record->lists & GS_LISTS_DENSITIES)
        print_densities(out);
    if (record->lists & GS_LISTS_STUDIES)
        print_studies(out);
    if (record->lists & GS_LISTS_NETWORKS)
        print_shipped(out);
    if (record->examples)
        fprintf(out, "\nexamples:\n%s", record->examples);
}
