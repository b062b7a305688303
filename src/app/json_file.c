#include "app/json_file.h"

#include <stdlib.h>
#include <string.h>

#include "app/words.h"
#include "base/stream.h"
#include "model/json.h"

/* ---- Reading ---- */

static gs_status read_text(gs_json_file *file, const gs_json_wish *wish, gs_error *error) {
    gs_stream stream;
    unsigned char *bytes = NULL;
    gs_status status = gs_stream_open(&stream, wish->path, wish->what, error);
    if (status)
        return status;
    status = gs_stream_read_all(&stream, wish->most, NULL, &bytes, &file->length);
    gs_stream_close(&stream);
    file->text = (char *)bytes;
    return status;
}

static bool is_blank(const char *text, size_t length) {
    while (length && strchr(" \t\r\n", text[length - 1]))
        length--;
    return !length;
}

static gs_status parse(gs_json_file *file, const gs_json_wish *wish, gs_error *error) {
    gs_json_cost cost = {0};
    json_error_t problem;
    if (is_blank(file->text, file->length))
        return gs_fail(error, GS_ERROR_FORMAT, "%s: is empty; %s", wish->path, wish->expected);
    gs_json_count(&cost, (gs_text){file->text, file->length});
    if (gs_json_bytes(&cost) > wish->tree_most)
        return gs_fail(error, GS_ERROR_FORMAT, "%s: has more parts than %s may have; %s", wish->path, wish->what,
                       wish->expected);
    file->tree = json_loadb(file->text, file->length, JSON_REJECT_DUPLICATES, &problem);
    if (gs_json_lost()) /* jansson's lexer then tells of errors that there are not, or leaves out a character */
        return gs_fail_memory(error, wish->what);
    return file->tree ? GS_OK
                      : gs_fail(error, GS_ERROR_FORMAT, "%s: line %d: %.150s; %s", wish->path, problem.line,
                                gs_json_problem(&problem), wish->expected);
}

gs_status gs_json_file_read(gs_json_file *file, const gs_json_wish *wish, gs_error *error) {
    *file = (gs_json_file){0};
    gs_status status = read_text(file, wish, error);
    return !status ? parse(file, wish, error) : status;
}

void gs_json_file_free(gs_json_file *file) {
    json_decref(file->tree);
    gs_free(file->text);
    *file = (gs_json_file){0};
}

/* ---- Writing ---- */

static gs_status put_plain(const json_t *value, FILE *out, gs_error *error) {
    char *text = json_dumps(value, JSON_ENCODE_ANY);
    if (!text)
        return gs_fail_memory(error, "JSON");
    fputs(text, out);
    free(text);
    return GS_OK;
}

static void put_real(double value, FILE *out) {
    char text[32];
    gs_shortest(value, text);
    fprintf(out, "%s%s", text, text[strcspn(text, ".e")] ? "" : ".0");
}

/* jansson's iterators take pointers to non-const, but change nothing. */
static gs_status put_object(json_t *object, FILE *out, gs_error *error) {
    gs_status status = GS_OK;
    const char *key, *before = "{";
    json_t *member;
    json_object_foreach(object, key, member) {
        json_t *name = json_string(key);
        fputs(before, out);
        if (!status)
            status = name ? put_plain(name, out, error) : gs_fail_memory(error, "JSON");
        json_decref(name);
        fputs(": ", out);
        if (!status)
            status = gs_json_put(member, out, error);
        before = ", ";
    }
    fputs(json_object_size(object) ? "}" : "{}", out);
    return status;
}

static gs_status put_array(const json_t *array, FILE *out, gs_error *error) {
    gs_status status = GS_OK;
    fputc('[', out);
    for (size_t i = 0; i < json_array_size(array) && !status; i++) {
        fputs(i ? ", " : "", out);
        status = gs_json_put(json_array_get(array, i), out, error);
    }
    fputc(']', out);
    return status;
}

gs_status gs_json_put(const json_t *value, FILE *out, gs_error *error) {
    if (json_is_object(value))
        return put_object((json_t *)(uintptr_t)value, out, error);
    if (json_is_array(value))
        return put_array(value, out, error);
    if (!json_is_real(value))
        return put_plain(value, out, error);
    put_real(json_real_value(value), out);
    return GS_OK;
}
