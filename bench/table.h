/* Reports as tables, for every view that shows tables: one per suite or, for several reports, one per suite with the
 * reports side by side. */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include "document.h"
#include "text.h"

enum { BENCH_CELL_ROOM = 112, BENCH_HEADING_ROOM = 320 };

typedef char bench_cell[BENCH_CELL_ROOM];

/* Parts of names that all rows share are in the heading. Column 0 names the rows. For one report, column 1 is the
 * median, column 2 half the range of the repetitions, the last column says whether the row is valid, and between them
 * are the figures that some row has. For several reports, each column is a machine and instruction set, and a cell has
 * the value and its ratio to the first column's, which is above 1 if it is better. */
typedef struct bench_table {
    const char *suite; /* borrowed from the reports, as rows are */
    char heading[BENCH_HEADING_ROOM];
    int columns, rows;
    bench_cell *title;  /* (columns) */
    bench_cell *cell;   /* (rows, columns) */
    const json_t **row; /* (rows); with several reports, from the first that has the row */
    bool side_by_side;
    bool doubts; /* a ratio is marked as one beside an INVALID figure */
} bench_table;

typedef struct bench_tables {
    int count;
    size_t room;
    bench_table *table;
} bench_tables;

/* Tables of `count` >= 1 reports, followed by those of the ratios of two builds, in which column 1 is the median, 2 its
 * interval, and 3 whether it is flagged. Valid rows that measure the same stand side by side: rows with the same name
 * except for the instruction set, and the same network by its hash. Errors: GS_ERROR_MEMORY; *tables then needs no
 * bench_tables_free. */
gs_status bench_tables_make(const bench_document *documents, int count, bench_tables *tables, gs_error *error);
void bench_tables_free(bench_tables *tables);

/* Add an empty table; NULL when memory runs out. Then name its rows, in the heading and column 0. */
bench_table *bench_tables_add(bench_tables *tables, const char *suite, int rows, int columns);
void bench_table_name(bench_table *table);

/* Add the tables of several reports. Errors: GS_ERROR_MEMORY. */
gs_status bench_tables_compare(const bench_document *documents, int count, bench_tables *tables, gs_error *error);

/* "%.*f"; with an exponent if that would be too long or, with two digits or more, almost zero. A number that overflowed
 * becomes the largest there is. */
void bench_put_number(double value, int digits, bench_cell text);

/* Append a unit, if it is not "". */
void bench_put_unit(const char *unit, bench_cell text);

/* A row's value, "94.3 GFLOP/s", or "" if there is none. */
void bench_put_value(const json_t *row, bench_cell text);

/* Whether a figure is in the report but is not shown as a column. */
bool bench_figure_hidden(const char *figure);

/* All reasons of a row, separated by "; ", to be freed with gs_free; NULL when memory runs out. */
char *bench_row_reasons(const json_t *row);

/* Part i of "a/b/c", counted from 0; false past the last. */
bool bench_name_part(const char *name, int i, bench_cell part);

/* A row's work and the hash of its network, without the instruction set: equal for rows of two reports that are to be
 * compared. */
enum { BENCH_KEY_ROOM = 512 };
void bench_row_key(const json_t *row, char key[BENCH_KEY_ROOM]);

#endif
