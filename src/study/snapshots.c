#include "study/snapshots.h"

#include <string.h>

#include "study/passage.h"

enum { EACH_MAX = 10000 }; /* images of an epoch */

static gs_status read_images(gs_study *study, const char *file, const gs_model_info *info, gs_snapshots *s,
                             gs_error *error) {
    const gs_image_wish wish = {.shape = info->shape, .range = info->range, .most = s->kept * s->each};
    char path[GS_PATH_ROOM];
    gs_status status = gs_study_file(gs_study_text(study, "logs/%s", file), path, error);
    if (!status)
        status = gs_images_read(path, &wish, &s->images, error);
    if (!status && s->images.n < wish.most)
        status = gs_fail(error, GS_ERROR_FORMAT, "%s: has %zu image%s: expected %zu", path, s->images.n,
                         s->images.n == 1 ? "" : "s", wish.most);
    return status;
}

/* The numbers of the epochs; false where one is none of the log's. */
static bool read_epochs(const json_t *epochs, const gs_training_log *log, gs_snapshots *s) {
    s->kept = json_array_size(epochs);
    for (size_t i = 0; i < s->kept; i++) {
        const json_t *epoch = json_array_get(epochs, i);
        json_int_t number = json_integer_value(epoch);
        if (!json_is_integer(epoch) || number < 0 || (size_t)number >= log->epochs)
            return false;
        s->epoch[i] = (double)number;
    }
    return true;
}

gs_status gs_snapshots_read(gs_study *study, const gs_training_log *log, const gs_study_network *network,
                            gs_snapshots *snapshots, gs_error *error) {
    const json_t *about = json_object_get(log->head, "samples"), *epochs = json_object_get(about, "epochs");
    const char *file = json_string_value(json_object_get(about, "file"));
    json_int_t each = json_integer_value(json_object_get(about, "each"));
    size_t kept = json_array_size(epochs);
    *snapshots = (gs_snapshots){0};
    if (!file || strchr(file, '/') || !kept || kept > GS_SHEET_ROWS || each < 1 || each > EACH_MAX)
        return gs_fail(error, GS_ERROR_FORMAT,
                       "%s: line 1: \"samples\": expected a file, 1 ... %d epochs, and 1 ... %d images of each",
                       log->path, GS_SHEET_ROWS, EACH_MAX);
    if (!read_epochs(epochs, log, snapshots))
        return gs_fail(error, GS_ERROR_FORMAT, "%s: line 1: \"samples\": expected epochs of the log, from 0 to %zu",
                       log->path, log->epochs - 1);
    snapshots->each = (size_t)each;
    gs_status status = read_images(study, file, network->info, snapshots, error);
    if (status)
        gs_snapshots_free(snapshots);
    return status;
}

void gs_snapshots_free(gs_snapshots *snapshots) {
    gs_images_free(&snapshots->images);
    *snapshots = (gs_snapshots){0};
}

gs_status gs_snapshots_draw(gs_study *study, const gs_snapshots *snapshots, const gs_study_network *network, int first,
                            const char *name, const char *caption, gs_error *error) {
    enum { ACROSS = 16 };
    gs_strip strips[GS_SHEET_ROWS];
    for (size_t i = 0; i < snapshots->kept; i++)
        strips[i] = (gs_strip){gs_study_text(study, "%.0f", snapshots->epoch[i] + first),
                               snapshots->images.data + i * snapshots->each * network->pixels};
    return gs_study_strips(study, name, caption, network->info, strips, (int)snapshots->kept, snapshots->each, ACROSS,
                           1, error);
}
