/* genbench check compares this build's counts with a baseline. It starts itself under callgrind as
 * `genbench count FOLDER ...` (count.h). */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "regression/count.h"
#include "io/output.h"
#include "regression/regression.h"
#include "text.h"
#include "runner.h"

/* ---- Telling ---- */

static double percent(const bench_finding *f) {
    return f->before ? 100 * ((double)f->now / (double)f->before - 1) : 0;
}

static bench_level level_of(bench_change change) {
    return change == BENCH_BETTER ? BENCH_NOTE : change == BENCH_IMPOSSIBLE ? BENCH_WARNING : BENCH_ALARM;
}

/* The text of a finding, without its row. */
static void say(const bench_finding *f, char *text, size_t room) {
    static const char *const others[BENCH_CHANGES] = {[BENCH_UNKNOWN] = "not in the baseline",
                                                      [BENCH_GONE] = "in the baseline, but not counted",
                                                      [BENCH_IMPOSSIBLE] = "not counted: this CPU does not run it"};
    if (others[f->change])
        snprintf(text, room, "%s", others[f->change]);
    else if (f->before)
        snprintf(text, room, "%s %+.2f %%: %lld, was %lld", bench_count_what(f->count), percent(f), f->now, f->before);
    else
        snprintf(text, room, "%s: %lld, was 0", bench_count_what(f->count), f->now);
}

static void tell_findings(const bench_settings *o, const bench_comparison *c) {
    static const char *const words[BENCH_CHANGES] = {"WORSE", "better", "UNKNOWN", "GONE", "left out"};
    for (int i = 0; i < c->findings; i++) {
        const bench_finding *f = &c->finding[i];
        char text[BENCH_TEXT_ROOM], all[BENCH_TEXT_ROOM + BENCH_NAME_ROOM + 8];
        say(f, text, sizeof text);
        snprintf(all, sizeof all, "%s: %s", f->row, text);
        if (o->github)
            bench_github_command(stdout, level_of(f->change), o->baseline, "genbench check", all);
        else
            printf("%-8s %s\n", words[f->change], all);
    }
}

static void tell_surroundings(const bench_settings *o, const bench_tally *before, const bench_tally *now, int differs) {
    char text[2 * BENCH_SURROUNDING_ROOM + 160];
    if (differs < 0)
        return;
    snprintf(text, sizeof text,
             "instructions are not compared: %s is \"%s\", the baseline's is \"%s\"; write a baseline with this one",
             bench_surrounding_name(differs), now->surrounding[differs], before->surrounding[differs]);
    if (o->github)
        bench_github_command(stdout, BENCH_WARNING, o->baseline, "genbench check", text);
    else
        puts(text);
}

static void verdict(const bench_settings *o, const bench_comparison *c, char *text, size_t room) {
    static const char *const words[] = {"no worse", "ERROR: the baseline has other rows", "WORSE", "inconclusive"};
    snprintf(text, room, "%s: %d rows compared with %s, counts worse %d, better %d", words[bench_comparison_exit(c)],
             c->compared, o->baseline, c->of[BENCH_WORSE], c->of[BENCH_BETTER]);
    if (c->left_out)
        bench_append(text, room, ", %d rows not asked for", c->left_out);
    int lacking = c->of[BENCH_UNKNOWN] + c->of[BENCH_GONE] + c->of[BENCH_IMPOSSIBLE];
    if (lacking)
        bench_append(text, room, ", %d without counterpart", lacking);
    if (c->of[BENCH_BETTER] || c->of[BENCH_UNKNOWN] || c->of[BENCH_GONE])
        bench_append(text, room, "; --write makes a baseline worth committing");
}

static gs_status summarise(const bench_settings *o, const bench_comparison *c, const char *total, gs_error *error) {
    FILE *file = NULL;
    gs_status status = o->github ? bench_github_summary(&file, error) : GS_OK;
    if (!file)
        return status;
    fprintf(file, "### genbench check\n\n%s\n", total);
    for (int i = 0; i < c->findings; i++) {
        char text[BENCH_TEXT_ROOM];
        say(&c->finding[i], text, sizeof text);
        fprintf(file, "%s| `%s` | %s |\n", i ? "" : "\n| row | what |\n|---|---|\n", c->finding[i].row, text);
    }
    fputc('\n', file);
    return bench_github_end(file, error);
}

/* ---- The command ---- */

static gs_status compare(bench_settings *o, bool some, bench_tally *before, const bench_tally *now, gs_error *error) {
    bench_comparison c = {0};
    char total[512];
    int all = before->count;
    gs_status status = bench_filter_items(before->row, &before->count, sizeof *before->row, error);
    if (!status)
        status = bench_tally_compare(before, now, some, &c, error);
    if (status)
        return status;
    c.left_out += all - before->count;
    tell_findings(o, &c);
    tell_surroundings(o, before, now, c.differs);
    verdict(o, &c, total, sizeof total);
    printf("genbench check: %s\n", total);
    o->exit_status = bench_comparison_exit(&c);
    status = summarise(o, &c, total, error);
    bench_comparison_free(&c);
    return status;
}

/* Take the rows out that the filter asks for and that are no more. */
static gs_status drop_gone(bench_tally *tally, const bench_tally *now, gs_error *error) {
    gs_status status = GS_OK;
    int kept = 0;
    for (int i = 0; i < tally->count && !status; i++) {
        bench_tally_row row = tally->row[i];
        int asked = 1;
        status = bench_filter_items(&row, &asked, sizeof row, error);
        if (!asked || !bench_tally_is_gone(now, tally->row[i].name))
            tally->row[kept++] = tally->row[i];
    }
    tally->count = kept;
    return status;
}

/* Of a selection of rows the others stay as they are. */
static gs_status write_baseline(const char *path, bool some, bench_tally *before, const bench_tally *now,
                                gs_error *error) {
    const bench_tally *all = before->count ? before : now;
    gs_status status = before->count ? bench_tally_renew(before, now, error) : GS_OK;
    if (!status && before->count && !some)
        status = drop_gone(before, now, error);
    if (!status)
        status = bench_tally_write(all, path, error);
    if (status)
        return status;
    printf("genbench check: %d row%s written to %s", now->count, now->count == 1 ? "" : "s", path);
    if (all->count > now->count)
        printf(", %d kept", all->count - now->count);
    putchar('\n');
    return GS_OK;
}

static bool is_file(const char *path) {
    struct stat about;
    return !stat(path, &about) && S_ISREG(about.st_mode);
}

/* The baseline is read before the work. `some`: not all rows of it whose names match the filter are asked for. */
static gs_status check(bench_settings *o, const bench_rows *rows, bool some, gs_error *error) {
    bench_tally before = {0}, now = {0};
    gs_status status = o->write ? gs_output_check(o->baseline, GS_FORMAT_TEXT, 0, error) : GS_OK;
    bool renewed = (some || bench_filters()) && is_file(o->baseline);
    if (!status && (renewed || !o->write))
        status = bench_tally_read(o->baseline, &before, error);
    if (!status)
        status = bench_count(rows, &now, error);
    if (!status)
        status =
            o->write ? write_baseline(o->baseline, some, &before, &now, error) : compare(o, some, &before, &now, error);
    bench_tally_free(&before);
    bench_tally_free(&now);
    return status;
}

gs_status bench_check(bench_settings *settings, gs_error *error) {
    bench_rows rows = {.settings = settings};
    bool some = settings->model.count || settings->isa.count;
    if (!settings->baseline)
        return gs_fail(error, GS_ERROR_ARGUMENT, "check: --baseline: missing");
    gs_status status = bench_counted_rows(settings, &rows, error);
    if (!status)
        status = check(settings, &rows, some, error);
    bench_rows_free(&rows);
    return status;
}
