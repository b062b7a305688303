#include "rivals.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

enum { WHAT_ROOM = 256 };

static bool same_member(const json_t *a, const json_t *b, const char *name) {
    const json_t *x = json_object_get(a, name), *y = json_object_get(b, name);
    return (!x && !y) || (x && y && json_equal(x, y));
}

bool bench_is_peer(const json_t *row) {
    const char *program = bench_text(row, "program");
    return program && strcmp(program, "gensample");
}

static bool is_ours(const json_t *row) {
    const char *backend = bench_text(row, "backend");
    return !bench_is_peer(row) && (!backend || !strcmp(backend, "native"));
}

double bench_times_as_fast(const json_t *a, const json_t *b) {
    double ratio = bench_real(a, "value") / bench_real(b, "value");
    return bench_flag(a, "less_is_better") ? 1 / ratio : ratio;
}

/* Our row that does `what`, of the same suite, network and batch, and if possible of the same type and with the same
 * number of threads; a peer that was measured beside ours may have had fewer. */
static const json_t *find_ours(const json_t *rows, const json_t *row, const char *what, bool beside) {
    static const char *const same[] = {"suite", "unit", "model", "scenario", "batch"};
    const json_t *other, *found = NULL, *of_other_type = NULL;
    size_t i;
    json_array_foreach(rows, i, other) {
        bool fits = is_ours(other) && !strcmp(what, bench_text(other, "what"));
        for (size_t k = 0; k < GS_COUNT(same) && fits; k++)
            fits = same_member(row, other, same[k]);
        bool threads = same_member(row, other, "threads");
        if (fits && threads && same_member(row, other, "dtype"))
            return other;
        of_other_type = fits && threads && !of_other_type ? other : of_other_type;
        found = fits && beside && !found ? other : found;
    }
    return of_other_type ? of_other_type : found;
}

bench_rival bench_rival_of(const json_t *rows, const json_t *row) {
    bench_rival r = {.ratio = (double)NAN};
    double beside = bench_row_figure(row, "beside", NULL);
    bool checked =
        isfinite(bench_row_figure(row, "difference", NULL)) || isfinite(bench_row_figure(row, "theory", NULL));
    bool wrong = checked && bench_is_peer(row) && !isfinite(beside);
    r.ours = is_ours(row) ? NULL : find_ours(rows, row, bench_text(row, "what"), isfinite(beside));
    if (!r.ours)
        return r;
    double ratio = isfinite(beside) ? beside : bench_times_as_fast(r.ours, row);
    if (!wrong && isfinite(ratio) && ratio > 0)
        r.ratio = ratio;
    r.valid = bench_flag(row, "valid") && bench_flag(r.ours, "valid");
    return r;
}

void bench_tally_add(bench_tally *tally, const bench_rival *rival) {
    bool won = rival->ratio >= 1;
    size_t *which = !isfinite(rival->ratio) ? &tally->wrong
                    : rival->valid          ? (won ? &tally->won : &tally->lost)
                                            : (won ? &tally->ahead : &tally->behind);
    ++*which;
}

void bench_tally_rows(bench_tally *tally, const json_t *rows) {
    const json_t *row;
    size_t i;
    json_array_foreach(rows, i, row) {
        bench_rival rival = bench_rival_of(rows, row);
        if (bench_is_peer(row) && rival.ours && isfinite(bench_real(row, "value")))
            bench_tally_add(tally, &rival);
    }
}

void bench_tally_say(const bench_tally *t, char text[BENCH_TALLY_ROOM]) {
    snprintf(text, BENCH_TALLY_ROOM, "%zu won, %zu lost", t->won, t->lost);
    if (t->ahead + t->behind)
        bench_append(text, BENCH_TALLY_ROOM, "; of %zu left out %zu ahead, %zu behind", t->ahead + t->behind, t->ahead,
                     t->behind);
}

bool bench_tally_document(const bench_document *document, char text[BENCH_TALLY_ROOM]) {
    bench_tally t = {0};
    bench_tally_rows(&t, document->rows);
    bench_tally_say(&t, text);
    return t.won + t.lost + t.ahead + t.behind > 0;
}

/* "early-d784" for the figure "early accepted" of a row "plain-d784"; else the row's own work. */
static void compared_with(const json_t *row, const char *figure, char what[WHAT_ROOM]) {
    const char *of_row = bench_text(row, "what"), *accepted = strstr(figure, " accepted"), *dim = strrchr(of_row, '-');
    if (accepted && dim)
        snprintf(what, WHAT_ROOM, "%.*s%s", (int)(accepted - figure), figure, dim);
    else
        snprintf(what, WHAT_ROOM, "%s", of_row);
}

bool bench_ratio_doubtful(const json_t *rows, const json_t *row, const char *figure) {
    char what[WHAT_ROOM];
    const char *unit = NULL;
    if (!isfinite(bench_row_figure(row, figure, &unit)) || !unit || strcmp(unit, "x"))
        return false;
    compared_with(row, figure, what);
    const json_t *ours = find_ours(rows, row, what, true);
    return !bench_flag(row, "valid") || (ours && !bench_flag(ours, "valid"));
}
