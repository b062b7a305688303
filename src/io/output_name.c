/* The format that the name of an output asks for. */
#include "io/output_name.h"

#include <string.h>
#include <unistd.h>

#include "io/output.h"
#include "io/place.h"

static const char *last_part(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

gs_status gs_output_check_name(const char *path, gs_error *error) {
    const char *name = last_part(path);
    size_t length = strlen(name);
    gs_format format;
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
    if (name[0] == '.' && gs_format_find(name + 1, false, &format))
        return gs_fail(error, GS_ERROR_ARGUMENT, "%s: there is no name before the extension", path);
    if (gs_format_find(name, false, &format))
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
    const char *said = gs_format_name(format);
    return !named || !strcmp(said, named)
               ? GS_OK
               : gs_fail(error, GS_ERROR_ARGUMENT, "%s: the name asks for %s%s, --format for %s", path,
                         format == GS_FORMAT_DIRECTORY ? "a directory of " : "", said, named);
}

gs_status gs_output_format(const char *path, const char *named, gs_format usual, gs_format *format, gs_error *error) {
    char known[GS_FORMATS_ROOM];
    gs_status status = gs_output_check_name(path, error);
    if (status)
        return status;
    *format = usual;
    if (named && !gs_format_find(named, true, format))
        return gs_fail(error, GS_ERROR_ARGUMENT, "--format: \"%.40s\" is no format; known are %s", named,
                       gs_formats_list(GS_HOLDS_ANY, "", " and ", known));
    const char *name = last_part(path), *dot = strrchr(name, '.');
    bool has_extension = dot && dot != name && strspn(name, ".") != strlen(name);
    if (has_extension && gs_format_find(dot + 1, false, format))
        return check_agreement(path, *format, named, error);
    if (!*name || (!named && !has_extension && !is_special(path))) {
        *format = GS_FORMAT_DIRECTORY;
        return check_agreement(path, *format, named, error);
    }
    if (named || is_special(path))
        return GS_OK;
    return gs_fail(error, GS_ERROR_ARGUMENT, "%s: unknown extension %s; known are %s, and none for a directory", path,
                   dot, gs_formats_extensions(known));
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
