#include "io/picture.h"

#include <math.h>
#include <stdlib.h>

#include "io/sink.h"

static size_t image_size(const int shape[3]) {
    return (size_t)shape[0] * (size_t)shape[1] * (size_t)shape[2];
}

gs_status gs_images_check(const char *path, gs_format format, const int shape[3], gs_error *error) {
    gs_format drawn = format == GS_FORMAT_DIRECTORY ? GS_FORMAT_PNG : format;
    bool has_colours = gs_sink_format_of(drawn)->has_colours;
    char others[GS_FORMATS_ROOM];
    if (gs_format_holds(format) == GS_HOLDS_CHAINS)
        return gs_sink_format_of(format)->check(path, NULL, error);
    if (shape[1] == 1 && shape[2] == 1 && gs_format_holds(format) != GS_HOLDS_ARRAY)
        return gs_fail(error, GS_ERROR_UNSUPPORTED, "%s: points of %d number%s are no images; %s take them", path,
                       shape[0], shape[0] == 1 ? "" : "s", gs_formats_list(GS_HOLDS_ARRAY, ".", " and ", others));
    if (gs_format_holds(drawn) != GS_HOLDS_PICTURE || shape[0] == 1 || (has_colours && shape[0] == 3))
        return GS_OK;
    return gs_fail(error, GS_ERROR_UNSUPPORTED,
                   "%s: images of %d channels cannot be drawn, only those of 1%s; %s take any", path, shape[0],
                   has_colours ? " or 3" : "", gs_formats_list(GS_HOLDS_ARRAY | GS_HOLDS_IMAGES, ".", " and ", others));
}

gs_status gs_draw_grid(gs_canvas *canvas, const gs_images *images, gs_grid grid, gs_error *error) {
    gs_status status = gs_grid_create(canvas, grid, images->shape, error);
    for (size_t k = 0; k < images->n && !status; k++)
        gs_grid_image(canvas, grid, k, images->data + k * image_size(images->shape), images->shape, images->range);
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

gs_status gs_write_trajectory(gs_format format, const char *path, const gs_trajectory *t, const gs_note *notes,
                              int count, gs_error *error) {
    gs_sheet sheet;
    int states = least((size_t)t->levels, GS_TRAJECTORY_COLUMNS), chains = least(t->states.n, GS_TRAJECTORY_ROWS);
    gs_status status = t->originals ? gs_sheet_create(&sheet, t->states.shape, 1 + states, chains, error)
                                    : gs_sheet_create(&sheet, t->states.shape, chains, states, error);
    if (status)
        return status;
    sheet.corner = t->every ? "t" : "s";
    sheet.scale = t->scale;
    (t->originals ? fill_strips : fill_rows)(&sheet, t);
    status = gs_sheet_write(&sheet, format, path, notes, count, error);
    gs_sheet_free(&sheet);
    return status;
}
