#include "cli/output.h"

#include <stdlib.h>

#include "app/words.h"
#include "io/output.h"
#include "io/picture.h"

void gs_output_choose(gs_arguments *a, const int shape[3], const char *array) {
    gs_error ignored;
    if (!a->out_is_given && !a->format && gs_images_check(a->out, GS_FORMAT_PNG, shape, &ignored))
        a->out = array;
}

bool gs_output_is_chains(const gs_arguments *arguments) {
    gs_format format;
    gs_error ignored;
    return arguments->out && !gs_output_format(arguments->out, arguments->format, GS_FORMAT_PNG, &format, &ignored) &&
           format != GS_FORMAT_DIRECTORY && gs_format_holds(format) == GS_HOLDS_CHAINS;
}

gs_status gs_output_check_table(const char *path, gs_format format, const char *what, gs_error *error) {
    const unsigned kinds = GS_HOLDS_PICTURE | GS_HOLDS_ARRAY;
    char known[GS_FORMATS_ROOM];
    return gs_format_holds(format) & kinds ? GS_OK
                                           : gs_fail(error, GS_ERROR_ARGUMENT, "--out: %s: %s into a %s file", path,
                                                     what, gs_formats_list(kinds, ".", " or ", known));
}

gs_status gs_output_check_scale(const char *path, bool given, gs_format format, gs_error *error) {
    char known[GS_FORMATS_ROOM];
    bool is_drawn = format == GS_FORMAT_DIRECTORY || gs_format_holds(format) == GS_HOLDS_PICTURE;
    return !given || is_drawn ? GS_OK
                              : gs_fail(error, GS_ERROR_ARGUMENT, "--scale: %s is no %s file", gs_output_label(path),
                                        gs_formats_list(GS_HOLDS_PICTURE, ".", " or ", known));
}

gs_sink_input gs_output_input(const gs_model_info *info, size_t rows, size_t n) {
    gs_sink_input input = {.range = {info->range[0], info->range[1]}};
    if (rows)
        input.sizes[input.rank++] = rows;
    input.sizes[input.rank++] = n;
    bool points = info->image[1] == 1 && info->image[2] == 1;
    for (int i = 0; i < (points ? 1 : 3); i++)
        input.sizes[input.rank++] = (size_t)info->image[i];
    return input;
}

char *gs_output_settings(json_t *settings) {
    char *text = gs_json_text(settings, JSON_COMPACT);
    json_decref(settings);
    return text;
}

char *gs_output_command(void put(const void *context, FILE *out), const void *context) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    put(context, out);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

gs_status gs_notes_make(gs_notes *notes, const gs_model_info *info, char *settings, char *command, gs_error *error) {
    *notes = (gs_notes){.note = {{"Software", "gensample " GS_VERSION},
                                 {"gensample:model", info->name},
                                 {"gensample:hash", info->hash},
                                 {"gensample:settings", settings},
                                 {"gensample:command", command}},
                        .settings = settings,
                        .command = command};
    return settings && command ? GS_OK : gs_fail_memory(error, "the picture's notes");
}

void gs_notes_free(gs_notes *notes) {
    free(notes->settings);
    free(notes->command);
    *notes = (gs_notes){0};
}
