#include "io/label_file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/machine.h"
#include "io/source.h"

enum { HEADER = 8, RANK_AT = 3, IDX_BYTES = 8, CHUNK = 4096 };

/* ---- Reading ---- */

/* Magic 00 00 08 01, then the number of labels, big-endian (LeCun et al., the MNIST database). */
static gs_status read_header(gs_source *s, const char *path, size_t *total, gs_error *error) {
    uint8_t header[HEADER] = {0};
    gs_status status = gs_source_take(s, header, HEADER);
    if (status)
        return status;
    if (header[0] || header[1] || header[2] != IDX_BYTES || header[RANK_AT] != 1) {
        bool are_images = !header[0] && !header[1] && header[RANK_AT] > 1;
        return gs_fail(error, GS_ERROR_FORMAT, "%s: is %s: expected labels, an IDX file of bytes with one per image",
                       path, are_images ? "an IDX file of images" : "no IDX file of bytes in one row");
    }
    *total = 0;
    for (size_t i = HEADER / 2; i < HEADER; i++)
        *total = *total << 8 | header[i];
    return *total ? GS_OK : gs_fail(error, GS_ERROR_FORMAT, "%s: has no labels", path);
}

static gs_status read_items(gs_source *s, gs_label_file *file) {
    gs_status status = GS_OK;
    for (size_t at = 0; at < file->n && !status; at += CHUNK) {
        uint8_t bytes[CHUNK];
        size_t count = file->n - at < CHUNK ? file->n - at : CHUNK;
        status = gs_source_take(s, bytes, count);
        for (size_t i = 0; i < count && !status; i++)
            file->labels[at + i] = bytes[i];
    }
    return status;
}

/* Those that are not wanted must be there too, and nothing behind them. */
static gs_status read_rest(gs_source *s, const char *path, size_t count, gs_error *error) {
    uint8_t bytes[CHUNK];
    size_t got = 0;
    gs_status status = GS_OK;
    for (size_t n; count && !status; count -= n) {
        n = count < CHUNK ? count : CHUNK;
        status = gs_source_take(s, bytes, n);
    }
    if (!status)
        status = gs_source_read(s, bytes, 1, &got);
    return !status && got ? gs_fail(error, GS_ERROR_FORMAT, "%s: more bytes follow its last label", path) : status;
}

static gs_status read_all(gs_source *s, const char *path, size_t most, gs_label_file *file, gs_error *error) {
    gs_status status = read_header(s, path, &file->total, error);
    if (status)
        return status;
    file->n = file->total < most ? file->total : most;
    file->labels = (double)file->n * (double)sizeof(int) < gs_machine_bytes() ? gs_alloc(file->n, sizeof(int)) : NULL;
    status = file->labels ? read_items(s, file) : gs_fail_memory(error, "reading labels");
    return !status ? read_rest(s, path, file->total - file->n, error) : status;
}

gs_status gs_labels_read(const char *path, size_t most, gs_label_file *file, gs_error *error) {
    gs_source source;
    *file = (gs_label_file){0};
    gs_status status = gs_source_open(&source, path, "a file of labels", error);
    if (status)
        return status;
    status = read_all(&source, path, most, file, error);
    gs_source_close(&source);
    if (status) {
        gs_free(file->labels);
        *file = (gs_label_file){0};
    }
    return status;
}

/* ---- Finding ---- */

/* Replace `from` by `to`, of the same length, where it last occurs at or after `at`; false if it does not. */
static bool replace(char *at, const char *from, const char *to) {
    char *found = NULL;
    for (char *next = strstr(at, from); next; next = strstr(next + 1, from))
        found = next;
    if (found)
        memcpy(found, to, strlen(to));
    return found != NULL;
}

bool gs_labels_beside(const char *images, char *path, size_t room) {
    static const char packed[] = ".gz";
    size_t length = strlen(images), ending = strlen(packed);
    if (length + ending >= room)
        return false;
    memcpy(path, images, length + 1);
    char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    if (!replace(name, "images", "labels"))
        return false;
    replace(name, "idx3", "idx1");
    if (access(path, F_OK) == 0)
        return true;
    bool was_packed = length > ending && !strcmp(path + length - ending, packed);
    memcpy(path + (was_packed ? length - ending : length), was_packed ? "" : packed, was_packed ? 1 : ending + 1);
    return access(path, F_OK) == 0;
}
