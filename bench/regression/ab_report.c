#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "regression/ab.h"
#include "io/output.h"
#include "document.h"
#include "report.h"
#include "system.h"

enum { CONTEXT_ROOM = 4096 };

static const char *const words[] = {"", "", "SLOWER", "noisy", "FAILED", "not compared"};

static bool is_measured(const bench_ab_row *row) {
    return row->state == BENCH_AB_SAME || row->state == BENCH_AB_SLOWER || row->state == BENCH_AB_NOISY;
}

int bench_ab_exit(const bench_ab_result *r) {
    int slower = 0, failed = 0, noisy = 0, same = 0;
    for (int i = 0; i < r->rows; i++) {
        slower += r->row[i].state == BENCH_AB_SLOWER;
        failed += r->row[i].state == BENCH_AB_FAILED;
        noisy += r->row[i].state == BENCH_AB_NOISY;
        same += r->row[i].state == BENCH_AB_SAME;
    }
    if (slower + noisy + same && !(fabs(r->control) <= log1p(BENCH_PAIRS_CONTROL)))
        return BENCH_INCONCLUSIVE;
    if (slower)
        return BENCH_REGRESSION;
    if (failed || !(noisy + same))
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
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < GS_COUNT(parts) && used < room; i++)
        if (parts[i][0])
            used += (size_t)snprintf(text + used, room - used, "%s%s", used ? "; " : "", parts[i]);
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
    int measured = 0, slower = 0, noisy = 0;
    for (int i = 0; i < r->rows; i++) {
        measured += is_measured(&r->row[i]);
        slower += r->row[i].state == BENCH_AB_SLOWER;
        noisy += r->row[i].state == BENCH_AB_NOISY;
    }
    snprintf(text, room, "%s: %d of %d rows measured, %d slower, %d noisy, base beside itself %+.2f %%, %.0f s",
             outcomes[bench_ab_exit(r)], measured, r->rows, slower, noisy, percent(r->control), r->elapsed_s);
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
    gs_status status = r->github ? bench_github_summary(&file, error) : GS_OK;
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
    bool written = !ferror(file);
    return fclose(file) == 0 && written ? GS_OK
                                        : gs_fail(error, GS_ERROR_FILE, "$GITHUB_STEP_SUMMARY: it cannot be written");
}

/* ---- JSON ---- */

static void put_real(json_t *object, const char *name, double value) {
    if (isfinite(value))
        json_object_set_new(object, name, json_real(value));
}

/* median, low, high of head over base; 1 means equal. */
static json_t *row_object(const bench_ab_row *row) {
    static const char *const states[] = {"open", "same", "slower", "noisy", "failed", "one-side"};
    const bench_pairs_verdict *v = &row->verdict;
    json_t *o = json_object();
    json_object_set_new(o, "name", json_string(row->name));
    put_real(o, "median", exp(v->median));
    put_real(o, "low", exp(v->low));
    put_real(o, "high", exp(v->high));
    json_object_set_new(o, "flagged", json_boolean(row->state == BENCH_AB_SLOWER));
    put_real(o, "p", v->adjusted);
    json_object_set_new(o, "pairs", json_integer((json_int_t)row->pairs));
    put_real(o, "control", exp(v->control));
    json_object_set_new(o, "state", json_string(states[row->state]));
    json_object_set_new(o, "output_differs", json_boolean(row->output_differs));
    return o;
}

static json_t *context(const bench_ab_result *r) {
    json_t *o = json_object();
    const char *name;
    char value[CONTEXT_ROOM];
    for (int i = 0; bench_system_line(i, &name, value, sizeof value); i++)
        bench_put_text(o, name, value);
    bench_put_text(o, "base", r->base);
    bench_put_text(o, "head", r->head);
    bench_put_text(o, "base_commit", r->commit[0][0] ? r->commit[0] : NULL);
    bench_put_text(o, "head_commit", r->commit[1][0] ? r->commit[1] : NULL);
    json_object_set_new(o, "json_schema_version", json_integer(BENCH_SCHEMA_VERSION));
    return o;
}

static json_t *report(const bench_ab_result *r, int argc, char *const *argv) {
    json_t *root = json_object(), *own = json_object(), *ab = json_array(), *command = json_array();
    for (int i = 0; i < argc; i++)
        json_array_append_new(command, bench_json_text(argv[i]));
    for (int i = 0; i < r->rows; i++)
        if (is_measured(&r->row[i]))
            json_array_append_new(ab, row_object(&r->row[i]));
    json_object_set_new(own, "json_schema_version", json_integer(BENCH_SCHEMA_VERSION));
    json_object_set_new(own, "complete", json_true());
    json_object_set_new(own, "interrupted", json_false());
    json_object_set_new(own, "command", command);
    put_real(own, "elapsed_s", r->elapsed_s);
    put_real(own, "control", exp(r->control));
    json_object_set_new(own, "exit_status", json_integer(bench_ab_exit(r)));
    json_object_set_new(own, "ab", ab);
    json_object_set_new(own, "rows", json_array());
    json_object_set_new(root, "context", context(r));
    json_object_set_new(root, "benchmarks", json_array());
    json_object_set_new(root, "genbench", own);
    return root;
}

static gs_status write_json(const bench_ab_result *r, int argc, char *const *argv, gs_error *error) {
    gs_output output;
    gs_status status = gs_output_open(&output, r->json, error);
    if (status)
        return status;
    json_t *root = report(r, argc, argv);
    char *text = json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
    status = text ? gs_output_write(&output, text, strlen(text), error) : gs_fail_memory(error, "the report");
    if (!status)
        status = gs_output_write(&output, "\n", 1, error);
    json_decref(root);
    free(text);
    return gs_output_end(&output, status, error);
}

/* "base FOLDER (COMMIT), head ..." */
static void name_builds(const bench_ab_result *r, char *text, size_t room) {
    const char *const unknown = "commit unknown";
    snprintf(text, room, "base %.80s (%.63s), head %.80s (%.63s)", r->base, r->commit[0][0] ? r->commit[0] : unknown,
             r->head, r->commit[1][0] ? r->commit[1] : unknown);
}

gs_status bench_ab_report(const bench_ab_result *r, int argc, char *const *argv, gs_error *error) {
    char total[BENCH_TEXT_ROOM], builds[2 * BENCH_TEXT_ROOM];
    name_builds(r, builds, sizeof builds);
    puts(builds);
    print_table(r);
    for (int i = 0; r->github && i < r->rows; i++)
        annotate(&r->row[i]);
    verdict(r, total, sizeof total);
    printf("genbench ab: %s\n", total);
    gs_status status = summarise(r, builds, total, error);
    return status || !r->json ? status : write_json(r, argc, argv, error);
}
