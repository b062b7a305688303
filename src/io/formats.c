#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/base.h"
#include "io/formats.h"

static const struct row {
    const char *name, *extension;
    gs_format_kind kind;
} rows[GS_FORMAT_COUNT] = {
#define GS_SINK(id, file, kind, name, extension, what, about) {name, extension, GS_HOLDS_##kind},
#include "io/sinks.def"
};

gs_format_kind gs_format_holds(gs_format format) {
    return format == GS_FORMAT_DIRECTORY ? GS_HOLDS_IMAGES : rows[format].kind;
}

const char *gs_format_name(gs_format format) {
    return rows[format == GS_FORMAT_DIRECTORY ? GS_FORMAT_PNG : format].name;
}

bool gs_format_find(const char *text, bool is_name, gs_format *format) {
    for (int i = 0; i < GS_FORMAT_COUNT; i++) {
        const char *other = rows[i].extension;
        if (!strcasecmp(text, rows[i].name) || (!is_name && other && !strcasecmp(text, other))) {
            *format = (gs_format)i;
            return true;
        }
    }
    return false;
}

static void append(char text[GS_FORMATS_ROOM], const char *between, const char *before, const char *word) {
    size_t used = strlen(text);
    snprintf(text + used, GS_FORMATS_ROOM - used, "%s%s%s", used ? between : "", before, word);
}

const char *gs_formats_list(unsigned kinds, const char *before, const char *last, char text[GS_FORMATS_ROOM]) {
    int final = GS_FORMAT_COUNT - 1;
    while (final > 0 && !(rows[final].kind & kinds))
        final--;
    text[0] = 0;
    for (int i = 0; i <= final; i++)
        if (rows[i].kind & kinds)
            append(text, i == final ? last : ", ", before, rows[i].name);
    return text;
}

const char *gs_formats_extensions(char text[GS_FORMATS_ROOM]) {
    text[0] = 0;
    for (int i = 0; i < GS_FORMAT_COUNT; i++) {
        append(text, ", ", ".", rows[i].name);
        if (rows[i].extension)
            append(text, ", ", ".", rows[i].extension);
    }
    return text;
}
