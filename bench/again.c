#include "again.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner.h"
#include "measure/statistics.h"

/* ---- One repetition ---- */

double bench_peak_moved(const bench_conditions *c) {
    bool known = c->peak[0] > 0 && c->peak[1] > 0;
    return known ? 1 - fmin(c->peak[0], c->peak[1]) / fmax(c->peak[0], c->peak[1]) : (double)NAN;
}

static double share_of(const bench_conditions *c, double taken) {
    double asked = c->process_s + c->stolen + c->waited;
    return asked > 0 ? taken / asked : 0;
}

double bench_stolen_share(const bench_conditions *c) {
    return share_of(c, c->stolen);
}

double bench_waited_share(const bench_conditions *c) {
    return share_of(c, c->waited);
}

static double mean_peak(const bench_conditions *c) {
    return (c->peak[0] + c->peak[1]) / 2;
}

bool bench_disturbed(const bench_conditions *c, double usual, char why[BENCH_WHY_ROOM]) {
    double moved = bench_peak_moved(c), drift = usual > 0 ? mean_peak(c) / usual - 1 : 0;
    why[0] = '\0';
    if (moved > BENCH_PEAK_TOLERANCE)
        snprintf(why, BENCH_WHY_ROOM, "peak moved %.0f %%", 100 * moved);
    else if (bench_stolen_share(c) >= BENCH_TAKEN_MOST)
        snprintf(why, BENCH_WHY_ROOM, "hypervisor took %.0f %%", 100 * bench_stolen_share(c));
    else if (bench_waited_share(c) >= BENCH_TAKEN_MOST)
        snprintf(why, BENCH_WHY_ROOM, "other programs took %.0f %%", 100 * bench_waited_share(c));
    else if (fabs(drift) > BENCH_PEAK_TOLERANCE)
        snprintf(why, BENCH_WHY_ROOM, "peak is %.0f %% from the first measurements'", 100 * fabs(drift));
    return why[0] != '\0';
}

/* ---- A row ---- */

/* The peaks around undisturbed repetitions of pass 0 with the row's instruction set and threads, as many as there is
 * room for; returns their number. */
static size_t collect_peaks(const bench_rows *rows, const bench_row *like, double *peaks) {
    size_t count = 0;
    for (int i = 0; i < rows->count; i++) {
        const bench_row *row = &rows->row[i];
        bool same = row->threads == like->threads && !strcmp(row->isa, like->isa);
        for (int k = 0; same && k < row->repetitions; k++) {
            const bench_repetition *r = &row->repetition[k];
            if (r->pass == 0 && !r->disturbed[0] && !isnan(bench_peak_moved(&r->conditions)))
                peaks[count++] = mean_peak(&r->conditions);
        }
    }
    return count;
}

double bench_usual_peak(const bench_rows *rows, const bench_row *row) {
    size_t room = 0;
    for (int i = 0; i < rows->count; i++)
        room += (size_t)rows->row[i].repetitions;
    double *peaks = gs_alloc(room, sizeof *peaks), usual = 0;
    size_t count = peaks ? collect_peaks(rows, row, peaks) : 0;
    if (count) {
        gs_sort(peaks, count);
        usual = gs_median(peaks, count);
    }
    gs_free(peaks);
    return usual;
}

int bench_count_disturbed(const bench_row *row, int from_pass) {
    int count = 0;
    for (int k = 0; k < row->repetitions + row->aside; k++)
        count += row->repetition[k].pass >= from_pass && row->repetition[k].disturbed[0];
    return count;
}

int bench_lacking(const bench_row *row, int wanted) {
    int lacking = wanted - (row->repetitions - bench_count_disturbed(row, 0)),
        left = BENCH_TRIES_MOST * wanted - row->repetitions;
    if (row->failed || lacking <= 0 || left <= 0)
        return 0;
    return lacking < left ? lacking : left;
}

void bench_set_aside(bench_row *row) {
    int disturbed = bench_count_disturbed(row, 0), kept = 0;
    if (!disturbed || row->repetitions - disturbed < BENCH_REPETITIONS_LEAST)
        return;
    for (int k = 0; k < row->repetitions; k++) {
        bench_repetition r = row->repetition[k];
        if (r.disturbed[0])
            continue;
        memmove(&row->repetition[kept + 1], &row->repetition[kept], (size_t)(k - kept) * sizeof r);
        row->repetition[kept++] = r;
    }
    row->aside = row->repetitions - kept;
    row->repetitions = kept;
}
