/* Options of single commands, and output for GitHub. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "regression/regression.h"

/* ---- Options ---- */

/* Whether the word is "--name" or "--name=value", in which case *value is set. */
static bool is_option(const char *word, const char *name, const char **value) {
    size_t length = strlen(name);
    bool found = !strncmp(word, "--", 2) && !strncmp(word + 2, name, length);
    *value = found && word[2 + length] == '=' ? word + 3 + length : NULL;
    return found && (*value || !word[2 + length]);
}

static gs_status take(const bench_own *own, const char *value, const char *next, int *used, gs_error *error) {
    *used = 1;
    if (own->flag ? *own->flag : *own->text != NULL)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--%s: given twice", own->name);
    if (own->flag && value)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--%s: takes no value", own->name);
    if (own->flag) {
        *own->flag = true;
        return GS_OK;
    }
    if (!value && next && strncmp(next, "--", 2)) {
        value = next;
        *used = 2;
    }
    if (!value || !*value)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--%s: its value is missing", own->name);
    *own->text = value;
    return GS_OK;
}

gs_status bench_own_take(int *argc, char **argv, const bench_own *own, size_t count, gs_error *error) {
    int kept = 1;
    gs_status status = GS_OK;
    for (int i = 1, used = 1; i < *argc && !status; i += used) {
        const char *value = NULL;
        size_t k = 0;
        while (k < count && !is_option(argv[i], own[k].name, &value))
            k++;
        used = 1;
        if (k < count)
            status = take(&own[k], value, i + 1 < *argc ? argv[i + 1] : NULL, &used, error);
        else
            argv[kept++] = argv[i];
    }
    *argc = kept;
    argv[kept] = NULL;
    return status;
}

gs_status bench_format_parse(const char *text, bool *github, gs_error *error) {
    *github = text && !strcmp(text, "github");
    if (text && !*github && strcmp(text, "text"))
        return gs_fail(error, GS_ERROR_ARGUMENT, "--format: \"%.40s\": expected text or github", text);
    return GS_OK;
}

/* ---- GitHub ---- */

static void put_escaped(FILE *out, const char *text, const char *special) {
    for (; *text; text++)
        if (strchr(special, *text))
            fprintf(out, "%%%02X", (unsigned char)*text);
        else
            fputc(*text, out);
}

void bench_github_command(FILE *out, bench_level level, const char *file, const char *title, const char *text) {
    static const char *const commands[] = {"notice", "warning", "error"};
    fprintf(out, "::%s ", commands[level]);
    if (file) {
        fputs("file=", out);
        put_escaped(out, file, "%\r\n:,");
        fputc(',', out);
    }
    fputs("title=", out);
    put_escaped(out, title, "%\r\n:,");
    fputs("::", out);
    put_escaped(out, text, "%\r\n");
    fputc('\n', out);
}

gs_status bench_github_summary(FILE **file, gs_error *error) {
    const char *path = getenv("GITHUB_STEP_SUMMARY");
    *file = path && *path ? fopen(path, "a") : NULL;
    if (path && *path && !*file)
        return gs_fail(error, GS_ERROR_FILE, "%.200s ($GITHUB_STEP_SUMMARY): %s", path, strerror(errno));
    return GS_OK;
}

int bench_regression_exit(gs_status status, int found) {
    switch (status) {
    case GS_OK:
        return found;
    case GS_ERROR_ARGUMENT:
        return BENCH_USAGE;
    case GS_ERROR_INTERRUPTED:
        return BENCH_INTERRUPTED;
    default:
        return BENCH_ERROR;
    }
}
