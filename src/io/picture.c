/* Pictures: the grid, the trajectory, the directory. */
#include "io/images.h"

#include <math.h>
#include <stdlib.h>

enum { GAP = GS_GRID_GAP };

static size_t image_size(const int shape[3]) {
    return (size_t)shape[0] * (size_t)shape[1] * (size_t)shape[2];
}

gs_status gs_images_check(const char *path, gs_format format, const int shape[3], gs_error *error) {
    bool picture = format == GS_FORMAT_PNG || format == GS_FORMAT_DIRECTORY;
    if (picture && shape[0] != 1 && shape[0] != 3) {
        return gs_fail(error, GS_ERROR_UNSUPPORTED,
                       "%s: images of %d channels cannot be drawn, only those of 1 or 3; .npy and .idx take any", path,
                       shape[0]);
    }
    return GS_OK;
}

gs_grid gs_grid_square(size_t n) {
    size_t shown = n < GS_GRID_MAX ? n : GS_GRID_MAX;
    int columns = 1;
    while ((size_t)columns * (size_t)columns < shown)
        columns++;
    int rows = (int)((shown + (size_t)columns - 1) / (size_t)columns);
    return (gs_grid){.rows = rows > 0 ? rows : 1, .columns = columns};
}

gs_grid gs_grid_classes(size_t n, int classes) {
    int rows = classes < GS_GRID_MAX ? classes : GS_GRID_MAX;
    size_t columns = (n + (size_t)rows - 1) / (size_t)rows, most = (size_t)(GS_GRID_MAX / rows);
    return (gs_grid){.rows = rows, .columns = (int)(columns < most ? columns : most), .by_column = true};
}

gs_status gs_draw_grid(gs_canvas *canvas, const gs_images *images, gs_grid grid, gs_error *error) {
    const int *shape = images->shape;
    gs_status status =
        gs_canvas_create(canvas, (size_t)grid.columns * (size_t)(shape[2] + GAP) + GAP,
                         (size_t)grid.rows * (size_t)(shape[1] + GAP) + GAP, shape[0], GS_GRID_BACKGROUND, error);
    if (status)
        return status;
    size_t cells = (size_t)grid.rows * (size_t)grid.columns;
    for (size_t k = 0; k < images->n && k < cells; k++) {
        size_t across = (size_t)(grid.by_column ? grid.rows : grid.columns);
        int major = (int)(k / across), minor = (int)(k % across);
        int row = grid.by_column ? minor : major, column = grid.by_column ? major : minor;
        gs_canvas_image(canvas, GAP + column * (shape[2] + GAP), GAP + row * (shape[1] + GAP),
                        images->data + k * image_size(shape), shape, images->range);
    }
    return GS_OK;
}

gs_status gs_write_grid(const char *path, const gs_images *images, gs_grid grid, const gs_note *notes, int count,
                        gs_error *error) {
    gs_canvas canvas;
    gs_status status = gs_draw_grid(&canvas, images, grid, error);
    if (status)
        return status;
    status = gs_canvas_write_png(&canvas, path, notes, count, error);
    gs_canvas_free(&canvas);
    return status;
}

/* ---- Trajectories ---- */

/* Two significant digits, or one with an exponent, in at most five characters. */
static void sigma_text(double sigma, char *text, size_t size) {
    if (sigma >= 10.0 && sigma < 1e4) {
        snprintf(text, size, "%.0f", sigma);
    } else if (sigma == 0.0 || (sigma >= 1e-2 && sigma < 10.0)) {
        snprintf(text, size, "%.2g", sigma);
    } else {
        char digits[GS_HEAD_MAX]; /* "3e-05", whose exponent is shortened */
        snprintf(digits, sizeof digits, "%.0e", sigma);
        snprintf(text, size, "%ce%d", digits[0], (int)strtol(digits + 2, NULL, 10));
    }
}

/* The range of x that is shown as black ... white at a noise level, from the inverse of the map in images.h. */
static void shown_range(const float range[2], double sigma, float shown[2]) {
    double middle = ((double)range[0] + range[1]) / 2, half = ((double)range[1] - range[0]) / 2;
    double reach = sqrt(half * half + 4 * sigma * sigma);
    shown[0] = (float)(middle - reach);
    shown[1] = (float)(middle + reach);
}

/* State k of those shown, which are chosen evenly and include the first and the last. */
static int chosen_state(const gs_trajectory *t, int k, int shown) {
    return shown == 1 ? 0 : (int)((long)k * (t->levels - 1) / (shown - 1));
}

static int least(size_t a, int b) {
    return a < (size_t)b ? (int)a : b;
}

/* A million steps need seven characters. */
static void state_text(const gs_trajectory *t, int state, char head[GS_HEAD_MAX]) {
    if (t->every)
        snprintf(head, GS_HEAD_MAX, "%d", state == t->levels - 1 ? t->steps : state * t->every);
    else
        sigma_text(t->sigmas[state], head, GS_HEAD_MAX);
}

/* Fill the cell of chain i in state k, and the state's head. */
static gs_cell state_cell(const gs_trajectory *t, int state, int chain, char head[GS_HEAD_MAX]) {
    gs_cell cell = {.image =
                        t->states.data + ((size_t)state * t->states.n + (size_t)chain) * image_size(t->states.shape)};
    state_text(t, state, head);
    shown_range(t->states.range, t->sigmas[state], cell.range);
    return cell;
}

static void label_text(const gs_trajectory *t, int chain, char head[GS_HEAD_MAX]) {
    if (t->labels && t->labels[chain] < t->classes)
        snprintf(head, GS_HEAD_MAX, "%d", t->labels[chain]);
}

static void fill_rows(gs_sheet *sheet, const gs_trajectory *t) {
    for (int i = 0; i < sheet->rows; i++) {
        label_text(t, i, sheet->row_heads[i]);
        for (int j = 0; j < sheet->columns; j++) {
            int state = chosen_state(t, j, sheet->columns);
            sheet->cells[i * sheet->columns + j] = state_cell(t, state, i, sheet->column_heads[j]);
        }
    }
}

static void fill_strips(gs_sheet *sheet, const gs_trajectory *t) {
    gs_sheet_row(sheet, 0, t->originals, t->states.range);
    for (int j = 0; j < sheet->columns; j++) {
        label_text(t, j, sheet->column_heads[j]);
        for (int i = 1; i < sheet->rows; i++) {
            int state = chosen_state(t, i - 1, sheet->rows - 1);
            sheet->cells[i * sheet->columns + j] = state_cell(t, state, j, sheet->row_heads[i]);
        }
    }
}

gs_status gs_write_trajectory(const char *path, const gs_trajectory *t, const gs_note *notes, int count,
                              gs_error *error) {
    gs_sheet sheet;
    int states = least((size_t)t->levels, GS_TRAJECTORY_COLUMNS), chains = least(t->states.n, GS_TRAJECTORY_ROWS);
    gs_status status = t->originals ? gs_sheet_create(&sheet, t->states.shape, 1 + states, chains, error)
                                    : gs_sheet_create(&sheet, t->states.shape, chains, states, error);
    if (status)
        return status;
    sheet.corner = t->every ? "t" : "s";
    (t->originals ? fill_strips : fill_rows)(&sheet, t);
    status = gs_sheet_write(&sheet, path, notes, count, error);
    gs_sheet_free(&sheet);
    return status;
}

/* ---- Directories ---- */

gs_status gs_write_directory(const char *path, const gs_images *images, const gs_note *notes, int count,
                             gs_error *error) {
    const int *shape = images->shape;
    gs_canvas canvas;
    gs_status status = gs_canvas_create(&canvas, (size_t)shape[2], (size_t)shape[1], shape[0], 0, error);
    if (status)
        return status;
    gs_output_directory directory;
    status = gs_directory_open(&directory, path, images->n, error);
    if (status) {
        gs_canvas_free(&canvas);
        return status;
    }
    for (size_t i = 0; !status && i < images->n; i++) {
        gs_canvas_image(&canvas, 0, 0, images->data + i * image_size(shape), shape, images->range);
        status = gs_canvas_write_png(&canvas, gs_temporary_file(directory.temporary, i), notes, count, error);
        directory.temporary->files += !status;
    }
    gs_canvas_free(&canvas);
    if (status) {
        gs_directory_abandon(&directory);
        return status;
    }
    return gs_directory_commit(&directory, error);
}
