/* A table of images with heads beside its rows and above its columns, as a picture. */
#ifndef GS_IO_SHEET_H
#define GS_IO_SHEET_H

#include "io/canvas.h"

enum { GS_HEAD_MAX = 32, GS_SHEET_ROWS = 64, GS_SHEET_COLUMNS = 24 };

/* An image and the range of it that is shown as black ... white; none where `image` is NULL. */
typedef struct gs_cell {
    const float *image; /* (C, H, W) */
    float range[2];
} gs_cell;

/* Heads are short texts in the canvas's font; empty ones take no space. */
typedef struct gs_sheet {
    int shape[3]; /* (C, H, W) */
    int rows, columns;
    gs_cell *cells;                    /* (rows, columns) */
    char (*row_heads)[GS_HEAD_MAX];    /* (rows) */
    char (*column_heads)[GS_HEAD_MAX]; /* (columns) */
    const char *corner;                /* head of the row heads; may be NULL */
    int scale;                         /* as of a canvas */
} gs_sheet;

/* A sheet with empty cells and heads. Errors: GS_ERROR_MEMORY; *sheet then needs no gs_sheet_free. */
gs_status gs_sheet_create(gs_sheet *sheet, const int shape[3], int rows, int columns, gs_error *error);
void gs_sheet_free(gs_sheet *sheet);

/* gs_canvas_check for a sheet without its heads. */
gs_status gs_sheet_check(const int shape[3], size_t rows, size_t columns, int scale, gs_error *error);

/* Fill a row from `columns` images that follow each other. */
void gs_sheet_row(gs_sheet *sheet, int row, const float *images, const float range[2]);

/* Errors: those of gs_canvas_create and gs_sink_put_canvas. */
gs_status gs_sheet_write(const gs_sheet *sheet, gs_format format, const char *path, const gs_note *notes, int count,
                         gs_error *error);

/* The bytes of its PNG file without notes, to be freed with free(), NULL on failure; and the picture's width in pixels.
 * Errors: those of gs_canvas_create and gs_canvas_encode_png. */
gs_status gs_sheet_encode(const gs_sheet *sheet, char **bytes, size_t *size, int *width, gs_error *error);

#endif
