/* The format that the name of an output asks for. */
#include "io/output_name.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "io/output.h"
#include "io/place.h"

static const struct {
    const char *extension; /* what follows the dot */
    const char *name;      /* of the format */
    gs_format format;
} known[] = {{"png", "png", GS_FORMAT_PNG},
             {"npy", "npy", GS_FORMAT_NPY},
             {"idx", "idx", GS_FORMAT_IDX},
             {"idx3-ubyte", "idx", GS_FORMAT_IDX}};

/* The place in `known`, or -1. */
static int find_extension(const char *extension) {
    for (int i = 0; i < (int)GS_COUNT(known); i++)
        if (!strcasecmp(extension, known[i].extension))
            return i;
    return -1;
}

static int find_format(const char *name) {
    for (int i = 0; i < (int)GS_COUNT(known); i++)
        if (!strcmp(name, known[i].name))
            return i;
    return -1;
}

static const char *last_part(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

gs_status gs_output_check_name(const char *path, gs_error *error) {
    const char *name = last_part(path);
    size_t length = strlen(name);
    if (!path[0])
        return gs_fail(error, GS_ERROR_ARGUMENT, "the output's name is empty");
    if (path[0] == '-' && path[1])
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "%s: an output's name does not begin with a dash; if it is meant, ./%s", path, path);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)name[i] < ' ' || name[i] == 0x7F)
            return gs_fail(error, GS_ERROR_ARGUMENT, "\"%s\": an output's name has no control characters", path);
    if (length && (name[0] == ' ' || name[length - 1] == ' '))
        return gs_fail(error, GS_ERROR_ARGUMENT, "\"%s\": an output's name neither begins nor ends with a space", path);
    if (name[0] == '.' && find_extension(name + 1) >= 0)
        return gs_fail(error, GS_ERROR_ARGUMENT, "%s: there is no name before the extension", path);
    if (find_extension(name) >= 0)
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "%s: this is a format, not a name; expected NAME.%s for a file, or %s/ for a directory", path,
                       name, path);
    return GS_OK;
}

/* Whether the path exists and is neither a file nor a directory. */
static bool is_special(const char *path) {
    gs_place place;
    if (gs_place_find(path, &place, NULL))
        return false;
    bool special = place.descriptor >= 0 || (place.exists && !S_ISREG(place.info.st_mode));
    gs_place_free(&place);
    return special;
}

static gs_status check_agreement(const char *path, gs_format format, const char *named, gs_error *error) {
    const char *said = format == GS_FORMAT_DIRECTORY ? "png" : NULL;
    for (size_t i = 0; i < GS_COUNT(known) && !said; i++)
        said = known[i].format == format ? known[i].name : NULL;
    return !named || !strcmp(said, named)
               ? GS_OK
               : gs_fail(error, GS_ERROR_ARGUMENT, "%s: the name asks for %s%s, --format for %s", path,
                         format == GS_FORMAT_DIRECTORY ? "a directory of " : "", said, named);
}

gs_status gs_output_format(const char *path, const char *named, gs_format usual, gs_format *format, gs_error *error) {
    gs_status status = gs_output_check_name(path, error);
    if (status)
        return status;
    int index = named ? find_format(named) : -1;
    if (named && index < 0)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--format: \"%.40s\" is no format; known are png, npy and idx", named);
    const char *name = last_part(path), *dot = strrchr(name, '.');
    bool has_extension = dot && dot != name && strspn(name, ".") != strlen(name);
    int by_name = has_extension ? find_extension(dot + 1) : -1;
    *format = by_name >= 0 ? known[by_name].format : named ? known[index].format : usual;
    if (by_name >= 0)
        return check_agreement(path, *format, named, error);
    if (!*name || (!named && !has_extension && !is_special(path))) {
        *format = GS_FORMAT_DIRECTORY;
        return check_agreement(path, *format, named, error);
    }
    if (named || is_special(path))
        return GS_OK;
    return gs_fail(error, GS_ERROR_ARGUMENT,
                   "%s: unknown extension %s; known are .png, .npy, .idx, .idx3-ubyte, and none for a directory", path,
                   dot);
}

bool gs_output_is_stdout(const char *path) {
    gs_place place;
    if (gs_place_find(path, &place, NULL))
        return false;
    bool found = place.descriptor == STDOUT_FILENO;
    gs_place_free(&place);
    return found;
}

const char *gs_output_label(const char *path) {
    return gs_output_is_stdout(path) ? "standard output" : path;
}
