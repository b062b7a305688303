#include "app/shard_shape.h"

#include <string.h>

#include "io/read.h"

static void ignore_note(void *context, const char *key, const char *text) {
    (void)context, (void)key, (void)text;
}

/* Pictures are drawn larger by the setting "scale". */
static size_t scale_of(const gs_manifest *m) {
    json_int_t scale = json_integer_value(json_object_get(json_object_get(m->head, "settings"), "scale"));
    return m->format == GS_FORMAT_DIRECTORY && scale > 1 && scale <= INT32_MAX ? (size_t)scale : 1;
}

/* The shape as a file is described: arrays of points are (samples, D). */
static void find_expected(const gs_manifest *m, const gs_shard *shard, size_t shape[3]) {
    bool points = m->shape[1] == 1 && m->shape[2] == 1 && m->format != GS_FORMAT_DIRECTORY;
    size_t scale = scale_of(m);
    shape[0] = points ? 1 : m->shape[0];
    shape[1] = points ? (size_t)(shard->count * m->per_chain) : m->shape[1] * scale;
    shape[2] = points ? m->shape[0] : m->shape[2] * scale;
}

gs_status gs_shard_check_shape(const gs_manifest *m, const gs_shard *shard, const char *path, gs_error *error) {
    char first[GS_PICTURE_PATH_ROOM];
    gs_description found = {.note = ignore_note};
    gs_content content;
    bool packed, folder = m->format == GS_FORMAT_DIRECTORY;
    size_t expected[3];
    find_expected(m, shard, expected);
    if (folder)
        gs_shard_picture_path(m, shard, path, 0, first);
    gs_status status = gs_images_describe(folder ? first : path, NULL, 0, &found, &content, &packed, error);
    if (status || (!found.shape[0] && expected[1] > UINT16_MAX))
        return status;
    for (int i = 0; i < 3; i++)
        if ((size_t)found.shape[i] != expected[i])
            return gs_fail(error, GS_ERROR_FORMAT, "%s: is %s, but the manifest says samples of %zu x %zu x %zu", path,
                           found.text[0] ? found.text : "no file of images", m->shape[0], m->shape[1], m->shape[2]);
    return GS_OK;
}
