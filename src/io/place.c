#include "io/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/os.h"

enum { LINKS_MAX = 40, LINK_ROOM = 4096 };

static gs_status fail_errno(gs_error *error, const char *path) {
    return gs_fail(error, GS_ERROR_FILE, "%s: cannot write: %s", path, strerror(errno));
}

static gs_status take_stream(const char *path, int descriptor, gs_place *place, gs_error *error) {
    int flags = fcntl(descriptor, F_GETFL);
    if (flags >= 0 && (flags & O_ACCMODE) == O_RDONLY)
        return gs_fail(error, GS_ERROR_FILE, "%s: cannot write: the stream is open for reading", path);
    if (flags < 0 || fstat(descriptor, &place->info) != 0)
        return fail_errno(error, path);
    place->descriptor = descriptor;
    place->exists = true;
    return GS_OK;
}

/* Replaces place->target, a symbolic link, by the path that the link holds. */
static gs_status follow(const char *path, gs_place *place, gs_error *error) {
    char text[LINK_ROOM];
    ssize_t length = readlink(place->target, text, sizeof text - 1);
    if (length < 0 || length == sizeof text - 1)
        return gs_fail(error, GS_ERROR_FILE, "%s: cannot follow the symbolic link: %s", path,
                       strerror(length < 0 ? errno : ENAMETOOLONG));
    text[length] = '\0';
    const char *slash = strrchr(place->target, '/');
    size_t folder = slash && text[0] != '/' ? (size_t)(slash - place->target) + 1 : 0;
    char *next = gs_alloc(folder + (size_t)length + 1, 1);
    if (!next)
        return gs_fail_memory(error, "an output's name");
    memcpy(next, place->target, folder);
    memcpy(next + folder, text, (size_t)length + 1);
    gs_free(place->target);
    place->target = next;
    return GS_OK;
}

static gs_status find(const char *path, gs_place *place, gs_error *error) {
    for (int links = 0; links <= LINKS_MAX; links++) {
        int number = gs_os_stream_number(place->target);
        if (number >= 0)
            return take_stream(path, number, place, error);
        if (lstat(place->target, &place->info) != 0)
            return errno == ENOENT ? GS_OK : fail_errno(error, path);
        if (!S_ISLNK(place->info.st_mode)) {
            place->exists = true;
            errno = EISDIR;
            return S_ISDIR(place->info.st_mode) ? fail_errno(error, path) : GS_OK;
        }
        gs_status status = follow(path, place, error);
        if (status)
            return status;
    }
    return gs_fail(error, GS_ERROR_FILE, "%s: cannot follow the symbolic link: %s", path, strerror(ELOOP));
}

gs_status gs_place_find(const char *path, gs_place *place, gs_error *error) {
    *place = (gs_place){.target = gs_copy_string(strcmp(path, "-") ? path : "/dev/stdout"), .descriptor = -1};
    if (!place->target)
        return gs_fail_memory(error, "an output's name");
    gs_status status = find(path, place, error);
    if (status)
        gs_place_free(place);
    return status;
}

void gs_place_free(gs_place *place) {
    gs_free(place->target);
    *place = (gs_place){.descriptor = -1};
}

static bool is_same_file(const struct stat *a, const struct stat *b) {
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whether two paths that do not exist yet are the same name in the same folder. */
static bool is_same_name(const char *a, const char *b) {
    const char *name[2] = {a, b};
    struct stat folder[2];
    for (int i = 0; i < 2; i++) {
        const char *path = name[i], *slash = strrchr(path, '/');
        char text[LINK_ROOM];
        int length = snprintf(text, sizeof text, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
        if (length >= (int)sizeof text || stat(text, &folder[i]) != 0)
            return false;
        name[i] = slash ? slash + 1 : path;
    }
    return is_same_file(&folder[0], &folder[1]) && !strcmp(name[0], name[1]);
}

bool gs_place_same(const char *a, const char *b) {
    gs_place place[2];
    bool same = false;
    if (gs_place_find(a, &place[0], NULL))
        return false;
    if (!gs_place_find(b, &place[1], NULL)) {
        if (place[0].exists && place[1].exists)
            same = S_ISREG(place[0].info.st_mode) && place[0].descriptor < 0 && place[1].descriptor < 0 &&
                   is_same_file(&place[0].info, &place[1].info);
        else if (!place[0].exists && !place[1].exists)
            same = is_same_name(place[0].target, place[1].target);
        gs_place_free(&place[1]);
    }
    gs_place_free(&place[0]);
    return same;
}
