/* The mask of gensample restore: a shape, or a picture. */
#include "cli/mask.h"

#include <string.h>
#include <unistd.h>

#include "app/option.h"
#include "app/words.h"
#include "io/read.h"

/* Make of the pixels of a picture whether they are seen, 0 or 1. */
static gs_status read_seen(const char *path, gs_image_file *file, int pixels, gs_error *error) {
    int seen = 0, grey = 0;
    for (int i = 0; i < pixels; i++) {
        grey += file->data[i] > 0 && file->data[i] < 1;
        file->data[i] = file->data[i] > 0.5F;
        seen += file->data[i] > 0;
    }
    if (file->total > 1)
        return gs_fail(error, GS_ERROR_FORMAT, "--mask: %s: has %zu images: expected one, which hides the same of all",
                       path, file->total);
    if (!seen)
        return gs_fail(error, GS_ERROR_FORMAT,
                       "--mask: %s: hides every pixel: expected white where pixels are seen, and black where they are "
                       "hidden",
                       path);
    if (grey)
        gs_warn("--mask: %s: %d of %d pixels are grey: those lighter than half of white are seen, the others hidden",
                path, grey, pixels);
    if (seen == pixels)
        gs_warn("--mask: %s: hides no pixel", path);
    return GS_OK;
}

/* A mask that is a picture. */
static gs_status read_mask(const char *path, const int shape[3], gs_operator **mask, gs_error *error) {
    const float range[2] = {0, 1};
    const gs_image_wish wish = {.shape = (const int[3]){1, shape[1], shape[2]}, .range = range, .most = 1};
    gs_image_file file;
    gs_status status = gs_images_read(path, &wish, &file, error);
    if (status)
        return status;
    status = read_seen(path, &file, shape[1] * shape[2], error);
    if (!status)
        status = gs_operator_create_mask(file.data, shape, mask, error);
    gs_images_free(&file);
    return status;
}

/* A shape's name comes before a file's. */
gs_status gs_mask_make(const char *text, const gs_model_info *info, gs_operator **mask, gs_error *error) {
    enum { LONGEST = 60 };
    char shape[80];
    if (info->shape[1] == 1 && info->shape[2] == 1)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--mask: the network %s draws points, which have no rows and columns",
                       info->name);
    snprintf(shape, sizeof shape, "mask:%s", text);
    bool is_long = strlen(text) >= LONGEST;
    gs_status status = is_long ? GS_ERROR_ARGUMENT : gs_operator_create(shape, info->shape, mask, error);
    if (status != GS_ERROR_ARGUMENT)
        return status;
    if (is_long || access(text, F_OK) == 0)
        return read_mask(text, info->shape, mask, error);
    bool is_name = strcspn(text, "./") < strcspn(text, ","); /* shapes have points behind a comma alone */
    return is_name ? gs_fail(error, GS_ERROR_FILE, "--mask: %.200s: no such file, and no shape of a mask", text)
                   : gs_option_blame("mask", status, error);
}
