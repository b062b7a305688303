#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "regression/regression.h"

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

gs_status bench_github_end(FILE *file, gs_error *error) {
    bool written = !ferror(file);
    return fclose(file) == 0 && written ? GS_OK
                                        : gs_fail(error, GS_ERROR_FILE, "$GITHUB_STEP_SUMMARY: it cannot be written");
}
