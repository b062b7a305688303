#include "io/grid.h"

enum { GAP = GS_GRID_GAP };

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
    double width = (double)grid.columns * (shape[2] + GAP) + GAP, height = (double)grid.rows * (shape[1] + GAP) + GAP;
    double most = (width > height ? width : height) * scale;
    return most <= INT32_MAX ? GS_OK
                             : gs_fail(error, GS_ERROR_ARGUMENT,
                                       "--scale %d: a side of %.0f pixels is more than a PNG file holds", scale, most);
}

gs_status gs_grid_create(gs_canvas *canvas, gs_grid grid, const int shape[3], gs_error *error) {
    return gs_canvas_create(canvas, (size_t)grid.columns * (size_t)(shape[2] + GAP) + GAP,
                            (size_t)grid.rows * (size_t)(shape[1] + GAP) + GAP, shape[0], GS_GRID_BACKGROUND, error);
}

void gs_grid_image(gs_canvas *canvas, gs_grid grid, size_t k, const float *image, const int shape[3],
                   const float range[2]) {
    if (k >= (size_t)grid.rows * (size_t)grid.columns)
        return;
    size_t across = (size_t)(grid.by_column ? grid.rows : grid.columns);
    int major = (int)(k / across), minor = (int)(k % across);
    int row = grid.by_column ? minor : major, column = grid.by_column ? major : minor;
    gs_canvas_image(canvas, GAP + column * (shape[2] + GAP), GAP + row * (shape[1] + GAP), image, shape, range);
}
