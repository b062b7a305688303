#include "io/grid.h"

enum { GAP = GS_GRID_GAP, INK = 220 };

/* The height of a caption and its distance from the image. */
static int head_of(gs_grid grid) {
    return grid.has_captions ? GS_TEXT_HEIGHT + 1 : 0;
}

static size_t width_of(gs_grid grid, const int shape[3]) {
    return (size_t)grid.columns * (size_t)(shape[2] + GAP) + GAP;
}

static size_t height_of(gs_grid grid, const int shape[3]) {
    return (size_t)grid.rows * (size_t)(shape[1] + head_of(grid) + GAP) + GAP;
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

gs_status gs_grid_check(gs_grid grid, const int shape[3], int scale, gs_error *error) {
    return gs_canvas_check((double)width_of(grid, shape), (double)height_of(grid, shape), scale, error);
}

size_t gs_grid_bytes(gs_grid grid, const int shape[3]) {
    return width_of(grid, shape) * height_of(grid, shape) * (size_t)shape[0];
}

gs_status gs_grid_create(gs_canvas *canvas, gs_grid grid, const int shape[3], gs_error *error) {
    return gs_canvas_create(canvas, width_of(grid, shape), height_of(grid, shape), shape[0], GS_GRID_BACKGROUND, error);
}

/* The corner of image k; false past the last cell. */
static bool find_cell(gs_grid grid, size_t k, const int shape[3], int *x, int *y) {
    if (k >= (size_t)grid.rows * (size_t)grid.columns)
        return false;
    size_t across = (size_t)(grid.by_column ? grid.rows : grid.columns);
    int major = (int)(k / across), minor = (int)(k % across);
    int row = grid.by_column ? minor : major, column = grid.by_column ? major : minor;
    *x = GAP + column * (shape[2] + GAP);
    *y = GAP + row * (shape[1] + head_of(grid) + GAP) + head_of(grid);
    return true;
}

void gs_grid_image(gs_canvas *canvas, gs_grid grid, size_t k, const float *image, const int shape[3],
                   const float range[2]) {
    int x, y;
    if (find_cell(grid, k, shape, &x, &y))
        gs_canvas_image(canvas, x, y, image, shape, range);
}

void gs_grid_caption(gs_canvas *canvas, gs_grid grid, size_t k, const int shape[3], int label) {
    char text[16];
    int x, y;
    snprintf(text, sizeof text, "%d", label);
    if (find_cell(grid, k, shape, &x, &y))
        gs_canvas_text(canvas, x + (shape[2] - gs_text_width(text)) / 2, y - head_of(grid), text, INK);
}
