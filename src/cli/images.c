#include "cli/images.h"

#include "app/words.h"

gs_status gs_images_take(const char *path, const gs_model_info *info, bool given, size_t most, gs_image_file *images,
                         gs_error *error) {
    const gs_image_wish wish = {.shape = info->image, .range = info->range, .most = most};
    return gs_images_take_wished(path, &wish, given, images, error);
}

gs_status gs_images_take_wished(const char *path, const gs_image_wish *wish, bool given, gs_image_file *images,
                                gs_error *error) {
    size_t most = wish->most;
    gs_status status = gs_images_read(path, wish, images, error);
    if (!status && images->caution[0])
        gs_warn("%s: %s", path, images->caution);
    if (status || !given || images->n == most)
        return status;
    return gs_fail(error, GS_ERROR_ARGUMENT, "-n: %zu is more than the %zu image%s of %s", most, images->total,
                   images->total == 1 ? "" : "s", path);
}

void gs_images_put_taken(const char *path, const gs_image_file *images, FILE *out) {
    if (images->taken[0]) {
        gs_put_plain(path, out);
        fprintf(out, ": %s\n", images->taken);
    }
}
