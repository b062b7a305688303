/* Pictures: the grid, the trajectory, the directory. */
#include "io/images.h"

#include <math.h>
#include <stdlib.h>

enum { GAP = 2, BACKGROUND = 64, PAPER = 24, INK = 220, TEXT_MAX = 32 };

static size_t image_size(const int shape[3]) {
    return (size_t)shape[0] * (size_t)shape[1] * (size_t)shape[2];
}

gs_status gs_images_check(const char *path, gs_format format, const int shape[3], gs_error *error) {
    bool picture = format == GS_FORMAT_PNG || format == GS_FORMAT_DIRECTORY;
    if (picture && shape[0] != 1 && shape[0] != 3) {
        return gs_fail(error, GS_ERROR_UNSUPPORTED,
                       "%s: images of %d channels can't be drawn, only those of 1 or 3; .npy and .idx take any", path,
                       shape[0]);
    }
    return GS_OK;
}

gs_grid gs_grid_square(size_t n) {
    size_t shown = n < GS_GRID_MAX ? n : GS_GRID_MAX;
    int columns = 1;
    while ((size_t)columns * (size_t)columns < shown) {
        columns++;
    }
    int rows = (int)((shown + (size_t)columns - 1) / (size_t)columns);
    return (gs_grid){.rows = rows > 0 ? rows : 1, .columns = columns};
}

gs_grid gs_grid_classes(size_t n, int classes) {
    int rows = classes < GS_GRID_MAX ? classes : GS_GRID_MAX;
    size_t columns = (n + (size_t)rows - 1) / (size_t)rows, most = (size_t)(GS_GRID_MAX / rows);
    return (gs_grid){.rows = rows, .columns = (int)(columns < most ? columns : most), .by_column = true};
}

gs_status gs_write_grid(const char *path, const gs_images *images, gs_grid grid, const gs_note *notes, int count,
                        gs_error *error) {
    const int *shape = images->shape;
    gs_canvas canvas;
    gs_status status =
        gs_canvas_create(&canvas, (size_t)grid.columns * (size_t)(shape[2] + GAP) + GAP,
                         (size_t)grid.rows * (size_t)(shape[1] + GAP) + GAP, shape[0], BACKGROUND, error);
    if (status != GS_OK) {
        return status;
    }
    size_t cells = (size_t)grid.rows * (size_t)grid.columns;
    for (size_t k = 0; k < images->n && k < cells; k++) {
        size_t across = (size_t)(grid.by_column ? grid.rows : grid.columns);
        int major = (int)(k / across), minor = (int)(k % across);
        int row = grid.by_column ? minor : major, column = grid.by_column ? major : minor;
        gs_canvas_image(&canvas, GAP + column * (shape[2] + GAP), GAP + row * (shape[1] + GAP),
                        images->data + k * image_size(shape), shape, images->range);
    }
    status = gs_canvas_write_png(&canvas, path, notes, count, error);
    gs_canvas_free(&canvas);
    return status;
}

/* ---- Trajectories ---- */

/* Two significant digits, or one with an exponent, whichever is at most five characters. */
static void sigma_text(double sigma, char *text, size_t size) {
    if (sigma >= 10.0 && sigma < 1e4) {
        snprintf(text, size, "%.0f", sigma);
    } else if (sigma == 0.0 || (sigma >= 1e-2 && sigma < 10.0)) {
        snprintf(text, size, "%.2g", sigma);
    } else {
        char digits[TEXT_MAX]; /* "3e-05", whose exponent is shortened */
        snprintf(digits, sizeof digits, "%.0e", sigma);
        snprintf(text, size, "%ce%d", digits[0], (int)strtol(digits + 2, NULL, 10));
    }
}

typedef struct layout {
    int left, top; /* where the first image begins */
    int pitch_x, pitch_y;
    int rows, columns;
    int level[GS_TRAJECTORY_COLUMNS];
    char head[GS_TRAJECTORY_COLUMNS][TEXT_MAX];
    char row_head[GS_TRAJECTORY_ROWS][TEXT_MAX];
} layout;

static int larger(int a, int b) {
    return a > b ? a : b;
}

/* Steps of a million need seven characters. */
static void column_text(const gs_trajectory *t, int level, char text[TEXT_MAX]) {
    if (t->every) {
        snprintf(text, TEXT_MAX, "%d", level == t->levels - 1 ? t->steps : level * t->every);
    } else {
        sigma_text(t->sigmas[level], text, TEXT_MAX);
    }
}

/* Over the row heads: sigma, or steps. */
static const char *corner_text(const gs_trajectory *t) {
    return t->every ? "t" : "s";
}

static void lay_out(const gs_trajectory *t, layout *l) {
    int widest = 0, left = gs_text_width(corner_text(t));
    l->columns = t->levels < GS_TRAJECTORY_COLUMNS ? t->levels : GS_TRAJECTORY_COLUMNS;
    l->rows = t->states.n < GS_TRAJECTORY_ROWS ? (int)t->states.n : GS_TRAJECTORY_ROWS;
    for (int j = 0; j < l->columns; j++) {
        l->level[j] = l->columns == 1 ? 0 : (int)((long)j * (t->levels - 1) / (l->columns - 1));
        column_text(t, l->level[j], l->head[j]);
        widest = larger(widest, gs_text_width(l->head[j]));
    }
    for (int i = 0; i < l->rows; i++) {
        l->row_head[i][0] = 0;
        if (t->labels && t->labels[i] < t->classes) {
            snprintf(l->row_head[i], TEXT_MAX, "%d", t->labels[i]);
        }
        left = larger(left, gs_text_width(l->row_head[i]));
    }
    l->left = 2 * GAP + left + GAP;
    l->top = 2 * GAP + GS_TEXT_HEIGHT + GAP;
    l->pitch_x = larger(t->states.shape[2], widest + GAP) + GAP;
    l->pitch_y = larger(t->states.shape[1], GS_TEXT_HEIGHT) + GAP;
}

/* The range of x that is shown as black ... white at a noise level: the inverse of the map in images.h. */
static void shown_range(const float range[2], double sigma, float shown[2]) {
    double middle = ((double)range[0] + range[1]) / 2, half = ((double)range[1] - range[0]) / 2;
    double reach = sqrt(half * half + 4 * sigma * sigma);
    shown[0] = (float)(middle - reach);
    shown[1] = (float)(middle + reach);
}

static void draw_trajectory(gs_canvas *canvas, const gs_trajectory *t, const layout *l) {
    const int *shape = t->states.shape;
    gs_canvas_text(canvas, 2 * GAP, 2 * GAP, corner_text(t), INK);
    for (int i = 0; i < l->rows; i++) {
        int y = l->top + i * l->pitch_y;
        gs_canvas_text(canvas, 2 * GAP, y + (shape[1] - GS_TEXT_HEIGHT) / 2, l->row_head[i], INK);
    }
    for (int j = 0; j < l->columns; j++) {
        int x = l->left + j * l->pitch_x, width = gs_text_width(l->head[j]);
        gs_canvas_text(canvas, x + (l->pitch_x - GAP - width) / 2, 2 * GAP, l->head[j], INK);
        float range[2];
        shown_range(t->states.range, t->sigmas[l->level[j]], range);
        const float *level = t->states.data + (size_t)l->level[j] * t->states.n * image_size(shape);
        for (int i = 0; i < l->rows; i++) {
            gs_canvas_image(canvas, x + (l->pitch_x - GAP - shape[2]) / 2, l->top + i * l->pitch_y,
                            level + (size_t)i * image_size(shape), shape, range);
        }
    }
}

gs_status gs_write_trajectory(const char *path, const gs_trajectory *trajectory, const gs_note *notes, int count,
                              gs_error *error) {
    layout l = {0};
    lay_out(trajectory, &l);
    gs_canvas canvas;
    gs_status status = gs_canvas_create(&canvas, (size_t)l.left + (size_t)l.columns * (size_t)l.pitch_x + GAP,
                                        (size_t)l.top + (size_t)l.rows * (size_t)l.pitch_y + GAP,
                                        trajectory->states.shape[0], PAPER, error);
    if (status != GS_OK) {
        return status;
    }
    draw_trajectory(&canvas, trajectory, &l);
    status = gs_canvas_write_png(&canvas, path, notes, count, error);
    gs_canvas_free(&canvas);
    return status;
}

/* ---- Directories ---- */

gs_status gs_write_directory(const char *path, const gs_images *images, const gs_note *notes, int count,
                             gs_error *error) {
    const int *shape = images->shape;
    gs_canvas canvas;
    gs_status status = gs_canvas_create(&canvas, (size_t)shape[2], (size_t)shape[1], shape[0], 0, error);
    if (status != GS_OK) {
        return status;
    }
    gs_output_directory directory;
    status = gs_directory_open(&directory, path, images->n, error);
    if (status != GS_OK) {
        gs_canvas_free(&canvas);
        return status;
    }
    while (status == GS_OK && directory.files < images->n) {
        size_t i = directory.files;
        gs_canvas_image(&canvas, 0, 0, images->data + i * image_size(shape), shape, images->range);
        status = gs_canvas_write_png(&canvas, gs_directory_name(&directory, i), notes, count, error);
        directory.files += status == GS_OK;
    }
    gs_canvas_free(&canvas);
    if (status != GS_OK) {
        gs_directory_abandon(&directory);
        return status;
    }
    return gs_directory_commit(&directory, error);
}
