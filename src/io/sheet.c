#include "io/sheet.h"

#include <string.h>

#include "io/sink.h"

enum { GAP = 2, PAPER = 24, INK = 220 };

gs_status gs_sheet_create(gs_sheet *sheet, const int shape[3], int rows, int columns, gs_error *error) {
    *sheet = (gs_sheet){.rows = rows, .columns = columns};
    memcpy(sheet->shape, shape, sizeof sheet->shape);
    sheet->cells = gs_alloc((size_t)rows * (size_t)columns, sizeof *sheet->cells);
    sheet->row_heads = gs_alloc((size_t)rows, sizeof *sheet->row_heads);
    sheet->column_heads = gs_alloc((size_t)columns, sizeof *sheet->column_heads);
    if (!sheet->cells || !sheet->row_heads || !sheet->column_heads) {
        gs_sheet_free(sheet);
        return gs_fail_memory(error, "drawing the picture");
    }
    return GS_OK;
}

void gs_sheet_free(gs_sheet *sheet) {
    gs_free(sheet->cells);
    gs_free(sheet->row_heads);
    gs_free(sheet->column_heads);
    *sheet = (gs_sheet){0};
}

gs_status gs_sheet_check(const int shape[3], size_t rows, size_t columns, int scale, gs_error *error) {
    return gs_canvas_check((double)columns * (shape[2] + GAP), (double)rows * (shape[1] + GAP), scale, error);
}

void gs_sheet_row(gs_sheet *sheet, int row, const float *images, const float range[2]) {
    size_t size = (size_t)sheet->shape[0] * (size_t)sheet->shape[1] * (size_t)sheet->shape[2];
    for (int j = 0; j < sheet->columns; j++) {
        sheet->cells[row * sheet->columns + j] =
            (gs_cell){.image = images + (size_t)j * size, .range = {range[0], range[1]}};
    }
}

/* Where the first image begins, and the distance to the next. */
typedef struct layout {
    int left, top, pitch_x, pitch_y;
} layout;

static int larger(int a, int b) {
    return a > b ? a : b;
}

static layout lay_out(const gs_sheet *sheet) {
    const char *corner = sheet->corner ? sheet->corner : "";
    int widest = 0, left = gs_text_width(corner), top = corner[0] ? GS_TEXT_HEIGHT : 0;
    for (int j = 0; j < sheet->columns; j++)
        widest = larger(widest, gs_text_width(sheet->column_heads[j]));
    for (int i = 0; i < sheet->rows; i++)
        left = larger(left, gs_text_width(sheet->row_heads[i]));
    top = widest ? GS_TEXT_HEIGHT : top;
    return (layout){.left = 2 * GAP + left + (left ? GAP : 0),
                    .top = 2 * GAP + top + (top ? GAP : 0),
                    .pitch_x = larger(sheet->shape[2], widest ? widest + GAP : 0) + GAP,
                    .pitch_y = larger(sheet->shape[1], left ? GS_TEXT_HEIGHT : 0) + GAP};
}

static void draw(gs_canvas *canvas, const gs_sheet *sheet, const layout *l) {
    gs_canvas_text(canvas, 2 * GAP, 2 * GAP, sheet->corner ? sheet->corner : "", INK);
    for (int i = 0; i < sheet->rows; i++) {
        int y = l->top + i * l->pitch_y;
        gs_canvas_text(canvas, 2 * GAP, y + (sheet->shape[1] - GS_TEXT_HEIGHT) / 2, sheet->row_heads[i], INK);
    }
    for (int j = 0; j < sheet->columns; j++) {
        int x = l->left + j * l->pitch_x, width = gs_text_width(sheet->column_heads[j]);
        gs_canvas_text(canvas, x + (l->pitch_x - GAP - width) / 2, 2 * GAP, sheet->column_heads[j], INK);
        for (int i = 0; i < sheet->rows; i++) {
            const gs_cell *cell = &sheet->cells[i * sheet->columns + j];
            if (cell->image) {
                gs_canvas_image(canvas, x + (l->pitch_x - GAP - sheet->shape[2]) / 2, l->top + i * l->pitch_y,
                                cell->image, sheet->shape, cell->range);
            }
        }
    }
}

/* The sheet on a canvas, to be freed with gs_canvas_free. */
static gs_status draw_canvas(const gs_sheet *sheet, gs_canvas *canvas, gs_error *error) {
    layout l = lay_out(sheet);
    gs_status status =
        gs_canvas_create(canvas, (size_t)l.left + (size_t)sheet->columns * (size_t)l.pitch_x + GAP,
                         (size_t)l.top + (size_t)sheet->rows * (size_t)l.pitch_y + GAP, sheet->shape[0], PAPER, error);
    if (!status) {
        canvas->scale = sheet->scale;
        draw(canvas, sheet, &l);
    }
    return status;
}

gs_status gs_sheet_write(const gs_sheet *sheet, gs_format format, const char *path, const gs_note *notes, int count,
                         gs_error *error) {
    gs_canvas canvas;
    gs_status status = draw_canvas(sheet, &canvas, error);
    if (status)
        return status;
    status = gs_sink_put_canvas(format, path, &canvas, notes, count, error);
    gs_canvas_free(&canvas);
    return status;
}

gs_status gs_sheet_encode(const gs_sheet *sheet, char **bytes, size_t *size, int *width, gs_error *error) {
    gs_canvas canvas;
    *bytes = NULL;
    gs_status status = draw_canvas(sheet, &canvas, error);
    if (status)
        return status;
    *width = gs_canvas_written_width(&canvas);
    status = gs_canvas_encode_png(&canvas, bytes, size, error);
    gs_canvas_free(&canvas);
    return status;
}
