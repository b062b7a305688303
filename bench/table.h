/* Reports as tables, for every view that has some: one a suite or, of several reports, one a suite side by side. */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include "document.h"

enum { BENCH_CELL_ROOM = 112, BENCH_HEADING_ROOM = 320 };

typedef char bench_cell[BENCH_CELL_ROOM];

/* Constant parts of names stand in the heading. Column 0 names the rows. Of one report column 1 is the median, 2 half
 * the range of the repetitions, the last whether the row is valid, between them are figures that some row has. Of
 * several, each column is a machine and instruction set, and a cell has the value and its ratio to the first column's:
 * above 1 it is better. */
typedef struct bench_table {
    const char *suite; /* borrowed from the reports, as are rows */
    char heading[BENCH_HEADING_ROOM];
    int columns, rows;
    bench_cell *title;  /* (columns) */
    bench_cell *cell;   /* (rows, columns) */
    const json_t **row; /* (rows); of several reports the first that has it */
    bool side_by_side;
} bench_table;

typedef struct bench_tables {
    int count;
    bench_table *table;
} bench_tables;

/* Tables of `count` >= 1 reports, in the end those of the ratios of two builds, of which column 1 is the median, 2 its
 * interval and 3 whether it is flagged. Side by side are valid rows that measure the same: one name but for the
 * instruction set, and one network by its hash. Errors: GS_ERROR_MEMORY; *tables then needs no bench_tables_free. */
gs_status bench_tables_make(const bench_document *documents, int count, bench_tables *tables, gs_error *error);
void bench_tables_free(bench_tables *tables);

/* Add an empty table; NULL when memory ends. Then name its rows, in heading and column 0. */
bench_table *bench_tables_add(bench_tables *tables, const char *suite, int rows, int columns);
void bench_table_name(bench_table *table);

/* Add the tables of several reports. Errors: GS_ERROR_MEMORY. */
gs_status bench_tables_compare(const bench_document *documents, int count, bench_tables *tables, gs_error *error);

/* "%.*f"; with an exponent where that would be too long or, of two digits and more, near nothing. A number that ran
 * over is the largest there is. */
void bench_put_number(double value, int digits, bench_cell text);

/* "94.3 GFLOP/s": a row's value, or "" where there is none. */
void bench_put_value(const json_t *row, bench_cell text);

/* Whether a figure is in the report, but no column for people. */
bool bench_figure_hidden(const char *figure);

/* All reasons of a row with "; " between; the result is to be freed with gs_free; NULL when memory ends. */
char *bench_row_reasons(const json_t *row);

/* Part i of "a/b/c" from 0; false past the last. */
bool bench_name_part(const char *name, int i, bench_cell part);

/* What a row measures, of which network by its hash, on whatever instruction set: equal where two reports' rows are to
 * be compared. */
enum { BENCH_KEY_ROOM = 512 };
void bench_row_key(const json_t *row, char key[BENCH_KEY_ROOM]);

#endif
