/* What shells complete of gensample's command line. */
#include "generate.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/option.h"
#include "study/lab.h"

enum { WORDS = 400 };

/* ---- What a shell can offer ---- */

static bool takes_studies(const gs_command_row *row) {
    return row->operand == GS_OPERAND_STUDIES;
}

/* Whether its operand is no network, but a file of images or a folder. */
static bool is_file(const gs_command_row *row) {
    return row->operand == GS_OPERAND_IMAGES || row->operand == GS_OPERAND_FOLDER;
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
    } else if (row == &gs_option_rows[GS_OPTION_RESTORER]) {
        for (int i = 0; gs_restorer_get(i); i++)
            append(words, gs_restorer_get(i)->name, strlen(gs_restorer_get(i)->name));
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

/* ---- The shells ---- */

static void bash_command(const gs_command_row *command) {
    printf("    %s) options='", command == gs_command_rows ? "*" : command->name);
    for (const gs_option_row *row = gs_option_rows; row < gs_option_rows + GS_OPTION_COUNT; row++)
        if (row->commands & command->command)
            printf("%s%s ", gs_option_dashes(row), row->name);
    puts("' ;;");
}

/* COMMAND:--name of the commands that have the option; * stands for the first, which need not be named. */
static void bash_pattern(const gs_option_row *row) {
    const char *before = "";
    if (row->commands & gs_command_rows->command) {
        printf("*:%s%s", gs_option_dashes(row), row->name);
        return;
    }
    for (const gs_command_row *c = gs_command_rows; c->name; c++)
        if (row->commands & c->command) {
            printf("%s%s:%s%s", before, c->name, gs_option_dashes(row), row->name);
            before = "|";
        }
}

/* What options take, of the first command or of those that it lacks, where several may have one name. */
static void bash_values(bool of_first) {
    for (const gs_option_row *row = gs_option_rows; row < gs_option_rows + GS_OPTION_COUNT; row++) {
        char words[WORDS];
        if (!row->metavar || !(row->commands & gs_command_rows->command) == of_first)
            continue;
        list_values(row, words);
        fputs("    ", stdout);
        bash_pattern(row);
        if (takes_file(row))
            printf(") values=%s ;;\n", takes_network(row) ? "NETWORK" : "FILE");
        else
            printf(") values='%s' ;;\n", words);
    }
}

/* A word "--name=value" reaches the function as three. */
void write_bash(void) {
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
         "    case ${COMP_WORDS[1]}:$before in");
    bash_values(false);
    bash_values(true);
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
            printf("        %s) values=%s ;;\n", row->name, is_file(row) ? "FILE" : "NETWORK");
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

void write_zsh(void) {
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
        } else if (command->operand != GS_OPERAND_NONE)
            printf("        '1:FILE:%s'\n%s", is_file(command) ? "_files" : "_gensample_networks",
                   command->operand == GS_OPERAND_CONVERSION ? "        '2:FILE:_files'\n" : "");
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

void write_fish(void) {
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
        if (!is_file(row))
            printf(" -a '(%s | grep -o \"[^ ]*\") %s'", list_networks, list_densities(densities));
        puts("");
    }
    for (const gs_option_row *row = gs_option_rows; row < gs_option_rows + GS_OPTION_COUNT; row++)
        fish_option(row);
}
