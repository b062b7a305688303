#include <math.h>
#include <string.h>

#include "regression/ab.h"
#include "document.h"
#include "report.h"
#include "system.h"
#include "text.h"

static const char *const words[] = {"", "", "SLOWER", "noisy", "FAILED", "not compared"};

static bool is_measured(const bench_ab_row *row) {
    return row->state == BENCH_AB_SAME || row->state == BENCH_AB_SLOWER || row->state == BENCH_AB_NOISY;
}

static int count(const bench_ab_result *r, bench_ab_state state) {
    int rows = 0;
    for (int i = 0; i < r->rows; i++)
        rows += r->row[i].state == state;
    return rows;
}

int bench_ab_exit(const bench_ab_result *r) {
    int slower = count(r, BENCH_AB_SLOWER), noisy = count(r, BENCH_AB_NOISY), same = count(r, BENCH_AB_SAME);
    if (slower + noisy + same && !(fabs(r->control) <= log1p(BENCH_PAIRS_CONTROL)))
        return BENCH_INCONCLUSIVE;
    if (slower)
        return BENCH_REGRESSION;
    if (count(r, BENCH_AB_FAILED) || !(noisy + same))
        return BENCH_ERROR;
    return noisy ? BENCH_INCONCLUSIVE : BENCH_PASS;
}

/* ln(head/base) in per cent of the base. */
static double percent(double r) {
    return 100 * expm1(r);
}

static const char *word(const bench_ab_row *row) {
    return row->state == BENCH_AB_SAME && row->verdict.quicker ? "quicker" : words[row->state];
}

/* Everything to be said about a row besides its figures. */
static void remarks(const bench_ab_row *row, char *text, size_t room) {
    const char *const parts[] = {word(row), row->why,
                                 is_measured(row) && row->verdict.unsteady ? "the base differs from itself" : "",
                                 row->output_differs ? "the builds' output differs" : "",
                                 row->model_differs ? "the builds' networks differ" : ""};
    text[0] = '\0';
    for (size_t i = 0; i < GS_COUNT(parts); i++)
        if (parts[i][0])
            bench_append_item(text, room, "; ", parts[i]);
}

/* ---- Text and GitHub ---- */

static void print_row(const bench_ab_row *row, int width) {
    const bench_pairs_verdict *v = &row->verdict;
    char text[2 * BENCH_TEXT_ROOM];
    remarks(row, text, sizeof text);
    if (is_measured(row))
        printf("%-*s %+7.2f %%  %+7.2f ... %+7.2f  %8.2g  %+6.2f %%  %3zu  %s\n", width, row->name, percent(v->median),
               percent(v->low), percent(v->high), v->adjusted, percent(v->control), row->pairs, text);
    else
        printf("%-*s %s\n", width, row->name, text);
}

static void annotate(const bench_ab_row *row) {
    char text[BENCH_NAME_ROOM + 3 * BENCH_TEXT_ROOM], more[2 * BENCH_TEXT_ROOM];
    bool slower = row->state == BENCH_AB_SLOWER, failed = row->state == BENCH_AB_FAILED;
    if (row->state == BENCH_AB_SAME && !row->output_differs && !row->model_differs)
        return;
    remarks(row, more, sizeof more);
    if (is_measured(row))
        snprintf(text, sizeof text, "%s: head over base %+.1f %% (99 %% interval %+.1f ... %+.1f, %zu pairs): %s",
                 row->name, percent(row->verdict.median), percent(row->verdict.low), percent(row->verdict.high),
                 row->pairs, more);
    else
        snprintf(text, sizeof text, "%s: %s", row->name, more);
    bench_github_command(stdout,
                         slower || failed               ? BENCH_ALARM
                         : row->state == BENCH_AB_NOISY ? BENCH_WARNING
                                                        : BENCH_NOTE,
                         NULL, "genbench ab", text);
}

static void verdict(const bench_ab_result *r, char *text, size_t room) {
    static const char *const outcomes[] = {"not slower", "ERROR", "SLOWER", "inconclusive"};
    int slower = count(r, BENCH_AB_SLOWER), noisy = count(r, BENCH_AB_NOISY);
    snprintf(text, room, "%s: %d of %d rows measured, %d slower, %d noisy, base beside itself %+.2f %%, %.0f s",
             outcomes[bench_ab_exit(r)], slower + noisy + count(r, BENCH_AB_SAME), r->rows, slower, noisy,
             percent(r->control), r->elapsed_s);
}

static void print_table(const bench_ab_result *r) {
    int width = 4;
    for (int i = 0; i < r->rows; i++)
        width = (int)strlen(r->row[i].name) > width ? (int)strlen(r->row[i].name) : width;
    printf("%-*s head/base  99 %% of the median         p  control  pairs\n", width, "row");
    for (int i = 0; i < r->rows; i++)
        print_row(&r->row[i], width);
}

static gs_status summarise(const bench_ab_result *r, const char *builds, const char *total, gs_error *error) {
    FILE *file = NULL;
    gs_status status = r->settings->github ? bench_github_summary(&file, error) : GS_OK;
    if (!file)
        return status;
    fprintf(file,
            "### genbench ab\n\n%s\n\n%s\n\n| row | head/base | 99 %% interval | p | control | "
            "|\n|---|---|---|---|---|---|\n",
            total, builds);
    for (int i = 0; i < r->rows; i++) {
        const bench_ab_row *row = &r->row[i];
        const bench_pairs_verdict *v = &row->verdict;
        char text[2 * BENCH_TEXT_ROOM];
        remarks(row, text, sizeof text);
        if (is_measured(row))
            fprintf(file, "| `%s` | %+.1f %% | %+.1f ... %+.1f %% | %.2g | %+.1f %% | %s |\n", row->name,
                    percent(v->median), percent(v->low), percent(v->high), v->adjusted, percent(v->control), text);
        else
            fprintf(file, "| `%s` | | | | | %s |\n", row->name, text);
    }
    fputc('\n', file);
    return bench_github_end(file, error);
}

/* ---- JSON ---- */

/* median, low, high of head over base; 1 means equal. */
static json_t *row_object(const bench_ab_row *row) {
    static const char *const states[] = {"open", "same", "slower", "noisy", "failed", "one-side"};
    const bench_pairs_verdict *v = &row->verdict;
    json_t *o = json_object();
    bench_put_text(o, "name", row->name);
    bench_put_real(o, "median", exp(v->median));
    bench_put_real(o, "low", exp(v->low));
    bench_put_real(o, "high", exp(v->high));
    bench_put_flag(o, "flagged", row->state == BENCH_AB_SLOWER);
    bench_put_real(o, "p", v->adjusted);
    bench_put_integer(o, "pairs", (long long)row->pairs);
    bench_put_real(o, "control", exp(v->control));
    bench_put_text(o, "state", states[row->state]);
    bench_put_flag(o, "output_differs", row->output_differs);
    return o;
}

static json_t *context(const bench_ab_result *r) {
    json_t *o = json_object();
    bench_put_system(o);
    bench_put_text(o, "base", r->settings->operand[0]);
    bench_put_text(o, "head", r->settings->operand[1]);
    bench_put_text(o, "base_commit", r->commit[0][0] ? r->commit[0] : NULL);
    bench_put_text(o, "head_commit", r->commit[1][0] ? r->commit[1] : NULL);
    bench_put_integer(o, "json_schema_version", BENCH_SCHEMA_VERSION);
    return o;
}

static gs_status write_json(const bench_ab_result *r, gs_error *error) {
    json_t *own = json_object(), *ab = json_array(), *command = json_array();
    for (int i = 0; i < r->settings->argc; i++)
        json_array_append_new(command, bench_json_text(r->settings->argv[i]));
    for (int i = 0; i < r->rows; i++)
        if (is_measured(&r->row[i]))
            json_array_append_new(ab, row_object(&r->row[i]));
    bench_put_integer(own, "json_schema_version", BENCH_SCHEMA_VERSION);
    bench_put_flag(own, "complete", true);
    bench_put_flag(own, "interrupted", false);
    json_object_set_new(own, "command", command);
    bench_put_real(own, "elapsed_s", r->elapsed_s);
    bench_put_real(own, "control", exp(r->control));
    bench_put_integer(own, "exit_status", bench_ab_exit(r));
    json_object_set_new(own, "ab", ab);
    json_object_set_new(own, "rows", json_array());
    json_t *root = json_pack("{s:o, s:[], s:o}", "context", context(r), "benchmarks", "genbench", own);
    gs_status status =
        root ? bench_document_write(root, false, r->settings->json, error) : gs_fail_memory(error, "the report");
    json_decref(root);
    return status;
}

/* "base FOLDER (COMMIT), head ..." */
static void name_builds(const bench_ab_result *r, char *text, size_t room) {
    const char *const unknown = "commit unknown";
    snprintf(text, room, "base %.80s (%.63s), head %.80s (%.63s)", r->settings->operand[0],
             r->commit[0][0] ? r->commit[0] : unknown, r->settings->operand[1],
             r->commit[1][0] ? r->commit[1] : unknown);
}

gs_status bench_ab_report(const bench_ab_result *r, gs_error *error) {
    char total[BENCH_TEXT_ROOM], builds[2 * BENCH_TEXT_ROOM];
    name_builds(r, builds, sizeof builds);
    puts(builds);
    print_table(r);
    for (int i = 0; r->settings->github && i < r->rows; i++)
        annotate(&r->row[i]);
    verdict(r, total, sizeof total);
    printf("genbench ab: %s\n", total);
    gs_status status = summarise(r, builds, total, error);
    return status || !r->settings->json ? status : write_json(r, error);
}
