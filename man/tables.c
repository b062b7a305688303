/* The tables of documents in Markdown. */
#include "generate.h"

#include <stdio.h>
#include <string.h>

#include "cli/option.h"
#include "model/settings.h"
#include "study/lab.h"

enum { PARAGRAPH = 8192 };

/* A text in a cell, which a bar would end. */
static void put_cell(const char *text) {
    for (; *text; text++)
        fputs(*text == '|' ? "\\|" : (char[]){*text, 0}, stdout);
}

/* The names of options, separated by blanks, with dashes. */
static void put_dashed(const char *names) {
    while (*names) {
        size_t length = strcspn(names, " ");
        printf("--%.*s", (int)length, names);
        names += length;
        names += strspn(names, " ");
        fputs(*names ? " " : "", stdout);
    }
}

static void put_values(const gs_setting *s) {
    if (s->kind == GS_SETTING_KIND_PAIR)
        fputs("[low, high]", stdout);
    else if (s->kind == GS_SETTING_KIND_LIST)
        printf("[%g, ...], up to %d, each up to %g", s->least, GS_RUNGS_MAX, s->most);
    else if (s->kind == GS_SETTING_KIND_YES_NO)
        fputs("0 or 1", stdout);
    else if (s->kind == GS_SETTING_KIND_SIGNED)
        printf("%g ... %g or -%g ... -%g", s->least, s->most, s->most, s->least);
    else
        printf(gs_setting_is_real(s) ? "%g ... %g" : "%.0f ... %.0f", s->least, s->most);
}

static void table_settings(void) {
    puts("| setting | value | unit | what |\n|---|---|---|---|");
    for (const gs_setting *s = gs_settings; s < gs_settings + GS_SETTINGS; s++) {
        if (s->scope == GS_SCOPE_PICTURE)
            continue;
        printf("| `%s` | ", s->key);
        put_values(s);
        fputs(" | ", stdout);
        put_cell(s->unit);
        fputs(" | ", stdout);
        put_cell(s->help);
        puts(" |");
    }
}

static void put_samplers(const char *head, const gs_sampler_info *get(int i)) {
    const gs_sampler_info *sampler;
    printf("| %s | what it is | options it reads |\n|---|---|---|\n", head);
    for (int i = 0; (sampler = get(i)); i++) {
        printf("| `%s` | ", sampler->name);
        put_cell(sampler->help);
        fputs(sampler->parameters[0] ? " | `" : " | none", stdout);
        put_dashed(sampler->parameters);
        puts(sampler->parameters[0] ? "` |" : " |");
    }
}

static void table_samplers(void) {
    put_samplers("sampler", gs_sampler_get);
}

static void table_methods(void) {
    put_samplers("method", gs_restorer_get);
}

static void table_operators(void) {
    const gs_operator_info *row;
    puts("| operator | parameters | what is measured |\n|---|---|---|");
    for (int i = 0; (row = gs_operator_get(i)); i++) {
        printf("| `%s` | ", row->name);
        put_cell(row->parameters);
        fputs(" | ", stdout);
        put_cell(row->help);
        puts(" |");
    }
}

static void table_formats(void) {
    static const char *const rows[][2] = {
#define GS_SINK(id, file, kind, name, extension, what, about) {name, about},
#include "io/sinks.def"
    };
    puts("| name | what is written |\n|---|---|");
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        printf("| `.%s` | ", rows[i][0]);
        put_cell(rows[i][1]);
        puts(" |");
    }
}

static void table_densities(void) {
    puts("| density | p(x) | what | from |\n|---|---|---|---|");
    const gs_density_info *density;
    for (int i = 0; (density = gs_density_get(i)); i++) {
        const char *const cells[] = {density->formula, density->help, density->source};
        printf("| `%s`", density->name);
        for (size_t k = 0; k < GS_COUNT(cells); k++) {
            fputs(" | ", stdout);
            put_cell(cells[k]);
        }
        puts(" |");
    }
}

static const char *form_of(const gs_density_parameter *p) {
    static const char *const forms[] = {"a whole number", "a number", "a point", "numbers", "points", "yes or no"};
    return forms[p->kind];
}

static void table_parameters(void) {
    puts("| density | parameter | default | value | range | what |\n|---|---|---|---|---|---|");
    const gs_density_info *density;
    for (int i = 0; (density = gs_density_get(i)); i++)
        for (const gs_density_parameter *p = density->parameters; p->name; p++) {
            printf("| `%s` | `%s` | %s | %s | ", density->name, p->name, p->value, form_of(p));
            if (p->kind != GS_PARAMETER_YES_NO)
                printf("%g ... %g", p->least, p->most);
            fputs(" | ", stdout);
            put_cell(p->help);
            puts(" |");
        }
}

static void put_options(const gs_study_row *row) {
    for (const gs_study_default *take = row->takes; take->value; take++) {
        const char *name = gs_study_parameter_rows[take->parameter].name;
        double range[2];
        gs_study_range(take, range);
        printf("%s`%s%s %s`", take == row->takes ? "" : " ", name[1] ? "--" : "-", name, take->value);
        if (take->least > 0 || take->most > 0)
            printf(" (%.10g ... %.10g)", range[0], range[1]);
    }
}

static void table_studies(void) {
    puts("| item | command | what it shows | options and their defaults |\n|---|---|---|---|");
    const gs_study_row *row;
    for (int i = 0; (row = gs_study_row_of(i)); i++) {
        printf("| %s | `gensample study %s` | **", row->item, row->name);
        put_cell(row->title);
        fputs(".** ", stdout);
        put_cell(row->about);
        fputs(" | ", stdout);
        put_options(row);
        puts(" |");
    }
}

static void table_study_options(void) {
    puts("| option | range | what |\n|---|---|---|");
    for (const gs_study_parameter_row *p = gs_study_parameter_rows; p < gs_study_parameter_rows + GS_STUDY_PARAMETERS;
         p++) {
        printf("| `%s%s %s` | %.10g ... %.10g | ", p->name[1] ? "--" : "-", p->name, p->metavar, p->low, p->high);
        put_cell(p->help);
        puts(" |");
    }
}

/* A table behind a comment ends with a line that does not begin with a bar. */
void write_tables(void) {
    static const struct {
        const char *mark;
        void (*write)(void);
    } tables[] = {{"<!-- rows of settings.def -->\n", table_settings},
                  {"<!-- rows of samplers.def -->\n", table_samplers},
                  {"<!-- rows of restorers.def -->\n", table_methods},
                  {"<!-- rows of operators.def -->\n", table_operators},
                  {"<!-- rows of sinks.def -->\n", table_formats},
                  {"<!-- rows of densities.def -->\n", table_densities},
                  {"<!-- parameters of densities.def -->\n", table_parameters},
                  {"<!-- rows of studies.def -->\n", table_studies},
                  {"<!-- rows of parameters.def -->\n", table_study_options}};
    char line[PARAGRAPH];
    bool old = false;
    while (fgets(line, sizeof line, stdin)) {
        old = old && line[0] == '|';
        if (!old)
            fputs(line, stdout);
        for (size_t i = 0; i < GS_COUNT(tables); i++) {
            if (!strcmp(line, tables[i].mark)) {
                tables[i].write();
                old = true;
            }
        }
    }
}
