/* Writes the manual page, a shell's completion of gensample, or the tables of documents, from the rows that the program
 * reads:
 *
 *     generate man|bash|zsh|fish|tables TEMPLATE OUT
 *
 * TEMPLATE is the page but for its title and its lines @COMMANDS@, @OPTIONS@, @SAMPLERS@, @DENSITIES@, @STUDIES@ and
 * @ALGORITHMS@;
 * or a document in Markdown, whose tables behind comments such as "<!-- rows of settings.def -->" are written anew. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/option.h"
#include "model/settings.h"
#include "study/lab.h"

enum { WORDS = 400, LINE = 512, PARAGRAPH = 8192 };

/* ---- What a shell can offer ---- */

static bool takes_studies(const gs_command_row *row) {
    return row->operand == GS_OPERAND_STUDIES;
}

static void put_studies(void) {
    const gs_study_row *row;
    for (int i = 0; (row = gs_study_row_of(i)); i++)
        printf("%s%s", i ? " " : "", row->name);
}

static bool takes_file(const gs_option_row *row) {
    return row->metavar && !strncmp(row->metavar, "FILE", 4);
}

static bool takes_network(const gs_option_row *row) {
    return row->kind == GS_KIND_OPTION_NETWORK || row->kind == GS_KIND_OPTION_NETWORKS;
}

/* A command of the shells that prints the shipped networks' names, which the help ends with. */
static const char list_networks[] = "gensample --help 2>/dev/null | sed -n \"/^shipped networks/{n;p;}\"";

static void append(char words[WORDS], const char *word, size_t length) {
    size_t used = strlen(words);
    snprintf(words + used, WORDS - used, "%s%.*s", used ? " " : "", (int)length, word);
}

/* The values an option is known to take, with blanks between; empty when they cannot be listed. */
static void list_values(const gs_option_row *row, char words[WORDS]) {
    words[0] = 0;
    if (row == &gs_option_rows[GS_OPTION_SAMPLER]) {
        for (int i = 0; gs_sampler_get(i); i++)
            append(words, gs_sampler_get(i)->name, strlen(gs_sampler_get(i)->name));
    } else if (row == &gs_option_rows[GS_OPTION_ALGORITHM]) {
        for (int i = 0; gs_rejection_get(i); i++)
            append(words, gs_rejection_get(i)->name, strlen(gs_rejection_get(i)->name));
    } else if (row == &gs_option_rows[GS_OPTION_ISA]) {
        bool supported;
        for (int i = 0; gs_isa_name(i, &supported); i++)
            append(words, gs_isa_name(i, &supported), strlen(gs_isa_name(i, &supported)));
    } else if (row->metavar && strchr(row->metavar, '|')) {
        for (const char *at = row->metavar; *at; at += strspn(at, "|")) {
            size_t length = strcspn(at, "|");
            if (islower((unsigned char)*at)) /* capitals stand for what the user has to say */
                append(words, at, length);
            at += length;
        }
    }
}

/* The names of the densities, which are networks, too. */
static const char *list_densities(char words[WORDS]) {
    words[0] = 0;
    for (int i = 0; gs_density_get(i); i++)
        append(words, gs_density_get(i)->name, strlen(gs_density_get(i)->name));
    return words;
}

/* Names of the commands that have the option, or that lack it. */
static void list_commands(const gs_option_row *row, bool having, char words[WORDS]) {
    words[0] = 0;
    for (const gs_command_row *c = gs_command_rows; c->name; c++)
        if (((row->commands & c->command) != 0) == having)
            append(words, c->name, strlen(c->name));
}

/* ---- The manual page ---- */

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

static void man_samplers(void) {
    const gs_sampler_info *sampler;
    for (int i = 0; (sampler = gs_sampler_get(i)); i++) {
        fputs(".TP\n\\fB", stdout);
        put_roff(sampler->name);
        fputs("\\fR\n", stdout);
        put_roff(sampler->help);
        fputs("\n.br\nReads ", stdout);
        put_roff(sampler->parameters);
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

static void write_man(void) {
    static const struct {
        const char *mark;
        void (*write)(void);
    } parts[] = {{"@COMMANDS@\n", man_commands},   {"@OPTIONS@\n", man_options}, {"@SAMPLERS@\n", man_samplers},
                 {"@DENSITIES@\n", man_densities}, {"@STUDIES@\n", man_studies}, {"@ALGORITHMS@\n", man_algorithms}};
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

/* ---- Tables of documents ---- */

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

static void table_samplers(void) {
    const gs_sampler_info *sampler;
    puts("| sampler | what it is | options it reads |\n|---|---|---|");
    for (int i = 0; (sampler = gs_sampler_get(i)); i++) {
        printf("| `%s` | ", sampler->name);
        put_cell(sampler->help);
        fputs(" | `", stdout);
        put_dashed(sampler->parameters);
        puts("` |");
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
        printf("%s`%s%s %s`", take == row->takes ? "" : " ", name[1] ? "--" : "-", name, take->value);
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
static void write_tables(void) {
    static const struct {
        const char *mark;
        void (*write)(void);
    } tables[] = {{"<!-- rows of settings.def -->\n", table_settings},
                  {"<!-- rows of samplers.def -->\n", table_samplers},
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

/* ---- Completions ---- */

static void bash_command(const gs_command_row *command) {
    printf("    %s) options='", command == gs_command_rows ? "*" : command->name);
    for (const gs_option_row *row = gs_option_rows; row < gs_option_rows + GS_OPTION_COUNT; row++)
        if (row->commands & command->command)
            printf("%s%s ", gs_option_dashes(row), row->name);
    puts("' ;;");
}

/* A word "--name=value" reaches the function as three. */
static void write_bash(void) {
    puts("# bash completion for gensample\n"
         "_gensample() {\n"
         "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} options values\n"
         "    case ${COMP_WORDS[1]} in");
    for (const gs_command_row *row = gs_command_rows + 1; row->name; row++)
        bash_command(row);
    bash_command(gs_command_rows);
    puts("    esac\n"
         "    if [[ $word == = ]]; then word=\n"
         "    elif [[ $before == = ]]; then before=${COMP_WORDS[COMP_CWORD-2]}\n"
         "    fi\n"
         "    case $before in");
    for (const gs_option_row *row = gs_option_rows; row < gs_option_rows + GS_OPTION_COUNT; row++) {
        char words[WORDS];
        list_values(row, words);
        if (!row->metavar)
            continue;
        printf("    %s%s) values=", gs_option_dashes(row), row->name);
        if (takes_file(row))
            puts(takes_network(row) ? "NETWORK ;;" : "FILE ;;");
        else
            printf("'%s' ;;\n", words);
    }
    fputs("    *) values=$options\n        [[ $COMP_CWORD -eq 1 ]] && values+='", stdout);
    for (const gs_command_row *row = gs_command_rows; row->name; row++)
        printf("%s ", row->name);
    puts("'\n"
         "        [[ $word == -* ]] || case ${COMP_WORDS[1]} in");
    for (const gs_command_row *row = gs_command_rows; row->name; row++) {
        if (takes_studies(row)) {
            printf("        %s) values='", row->name);
            put_studies();
            puts("' ;;");
        } else if (row->operand != GS_OPERAND_NONE) {
            printf("        %s) values=%s ;;\n", row->name, row->operand == GS_OPERAND_IMAGES ? "FILE" : "NETWORK");
        }
    }
    puts("        esac ;;\n"
         "    esac\n"
         "    if [[ $values == FILE || $values == NETWORK ]]; then\n"
         "        compopt -o filenames 2>/dev/null\n"
         "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")");
    char densities[WORDS];
    printf("        [[ $values == FILE ]] ||\n"
           "            mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -W \"$(%s) %s\" -- \"$word\")\n",
           list_networks, list_densities(densities));
    puts("    else\n"
         "        mapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$word\")\n"
         "    fi\n"
         "}\n"
         "complete -F _gensample gensample");
}

/* Text between single quotes, with a backslash before each of `special`. */
static void put_quoted(const char *text, const char *quote, const char *special) {
    for (; *text; text++)
        if (*text == '\'')
            fputs(quote, stdout);
        else
            printf("%s%c", strchr(special, *text) ? "\\" : "", *text);
}

static void zsh_option(const gs_option_row *row) {
    char words[WORDS];
    bool one = !row->name[1];
    printf("        '%s%s%s[", gs_option_dashes(row), row->name, !row->metavar ? "" : one ? "+" : "=");
    put_quoted(row->help, "'\\''", "[]\\");
    fputc(']', stdout);
    list_values(row, words);
    if (row->metavar) {
        fputs(":", stdout);
        put_quoted(row->metavar, "'\\''", ":\\");
        if (takes_file(row))
            fputs(takes_network(row) ? ":_gensample_networks" : ":_files", stdout);
        else
            printf(":%s%s%s", words[0] ? "(" : "", words, words[0] ? ")" : "");
    }
    puts("'");
}

static void write_zsh(void) {
    char densities[WORDS];
    printf("#compdef gensample\n"
           "_gensample_networks() {\n"
           "    local -a networks\n"
           "    networks=(${=\"$(%s)\"} %s)\n"
           "    _alternative 'files:file:_files' \"networks:network:($networks)\"\n"
           "}\n",
           list_networks, list_densities(densities));
    puts("local command=sample\n"
         "local -a options");
    fputs("(( CURRENT == 2 )) && options=('1:command:(", stdout);
    for (const gs_command_row *row = gs_command_rows; row->name; row++)
        printf("%s ", row->name);
    puts(")')\n"
         "if (( CURRENT > 2 )) && [[ $words[2] != -* ]]; then\n"
         "    command=$words[2]\n"
         "    shift words\n"
         "    (( CURRENT-- ))\n"
         "fi\n"
         "case $command in");
    for (const gs_command_row *command = gs_command_rows; command->name; command++) {
        printf("%s)\n    options+=(\n", command->name);
        for (const gs_option_row *row = gs_option_rows; row < gs_option_rows + GS_OPTION_COUNT; row++)
            if (row->commands & command->command)
                zsh_option(row);
        if (takes_studies(command)) {
            fputs("        '*:study:(", stdout);
            put_studies();
            puts(")'");
        } else if (command->operand != GS_OPERAND_NONE) {
            printf("        '1:FILE:%s'\n", command->operand == GS_OPERAND_IMAGES ? "_files" : "_gensample_networks");
        }
        puts("    ) ;;");
    }
    puts("esac\n"
         "_arguments -s $options");
}

static void fish_option(const gs_option_row *row) {
    char words[WORDS], densities[WORDS];
    bool of_default = row->commands & gs_command_rows[0].command;
    list_commands(row, !of_default, words);
    fputs("complete -c gensample", stdout);
    if (words[0])
        printf(" -n '%s__fish_seen_subcommand_from %s'", of_default ? "not " : "", words);
    printf(" -%c %s", row->name[1] ? 'l' : 's', row->name);
    list_values(row, words);
    if (takes_file(row))
        fputs(" -r -F", stdout);
    if (takes_network(row))
        printf(" -a '(%s | grep -o \"[^ ]*\") %s'", list_networks, list_densities(densities));
    else if (words[0])
        printf(" -x -a '%s'", words);
    else if (row->metavar && !takes_file(row))
        fputs(" -x", stdout);
    fputs(" -d '", stdout);
    put_quoted(row->help, "\\'", "\\");
    puts("'");
}

static void write_fish(void) {
    char densities[WORDS];
    puts("complete -c gensample -f");
    for (const gs_command_row *row = gs_command_rows; row->name; row++)
        printf("complete -c gensample -n __fish_use_subcommand -a %s -d '%s'\n", row->name, row->help);
    for (const gs_command_row *row = gs_command_rows; row->name; row++) {
        if (row->operand == GS_OPERAND_NONE)
            continue;
        if (takes_studies(row)) {
            printf("complete -c gensample -n '__fish_seen_subcommand_from %s' -a '", row->name);
            put_studies();
            puts("'");
            continue;
        }
        printf("complete -c gensample -n '__fish_seen_subcommand_from %s' -F", row->name);
        if (row->operand != GS_OPERAND_IMAGES)
            printf(" -a '(%s | grep -o \"[^ ]*\") %s'", list_networks, list_densities(densities));
        puts("");
    }
    for (const gs_option_row *row = gs_option_rows; row < gs_option_rows + GS_OPTION_COUNT; row++)
        fish_option(row);
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*write)(void);
    } kinds[] = {
        {"man", write_man}, {"bash", write_bash}, {"zsh", write_zsh}, {"fish", write_fish}, {"tables", write_tables}};
    for (size_t i = 0; argc == 4 && i < GS_COUNT(kinds); i++) {
        if (!strcmp(argv[1], kinds[i].name) && freopen(argv[2], "r", stdin) && freopen(argv[3], "w", stdout)) {
            kinds[i].write();
            return fflush(stdout) || ferror(stdout);
        }
    }
    fputs("usage: generate man|bash|zsh|fish|tables TEMPLATE OUT\n", stderr);
    return 2;
}
