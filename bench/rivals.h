/* Rows of other programs and other backends beside gensample's own: who was faster, and whether that counts. */
#ifndef BENCH_RIVALS_H
#define BENCH_RIVALS_H

#include "document.h"

typedef struct bench_rival {
    const json_t *ours; /* the row it is held against; NULL: there is none, and nothing else is set */
    double ratio; /* how many times as fast ours is; NaN: not comparable, as a figure is missing or its output wrong */
    bool valid;   /* both figures are, so that something is won or lost */
} bench_rival;

/* A row of `rows` beside our row of the same work. The ratio is that of the rounds (the figure `beside`) if there is
 * one, else that of the two values. A program whose output was checked (the figures `difference` or `theory`) and that
 * has no ratio gave a wrong one. */
bench_rival bench_rival_of(const json_t *rows, const json_t *row);

/* Whether the row is of another program, not of another backend of ours. */
bool bench_is_peer(const json_t *row);

/* The speed of a as a multiple of b's. */
double bench_times_as_fast(const json_t *a, const json_t *b);

/* Comparisons: those that count; those with an INVALID row on either side, by who was faster; those of a wrong output.
 */
typedef struct bench_tally {
    size_t won, lost, ahead, behind, wrong;
} bench_tally;
void bench_tally_add(bench_tally *tally, const bench_rival *rival);

/* Add all rows of other programs that were measured. */
void bench_tally_rows(bench_tally *tally, const json_t *rows);

/* "55 won, 0 lost; of 79 left out 73 ahead, 6 behind" */
enum { BENCH_TALLY_ROOM = 160 };
void bench_tally_say(const bench_tally *tally, char text[BENCH_TALLY_ROOM]);

/* The same for one report; false if it compares nothing. */
bool bench_tally_document(const bench_document *document, char text[BENCH_TALLY_ROOM]);

/* Whether a figure of the row is a ratio with an INVALID row on either side. */
bool bench_ratio_doubtful(const json_t *rows, const json_t *row, const char *figure);

/* The mark behind such a ratio, and its meaning. */
#define BENCH_DOUBT_MARK "!"
#define BENCH_DOUBT_MEANING "! one of the two figures is INVALID"

#endif
