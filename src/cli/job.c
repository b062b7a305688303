#include "cli/job.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/stream.h"

enum { JOB_BYTES = 1 << 16 };

void gs_words_free(gs_words *w) {
    for (int i = 0; i < w->count; i++)
        free(w->word[i]);
    w->count = 0;
}

gs_status gs_words_add(gs_words *w, char *text, gs_error *error) {
    if (!text)
        return gs_fail_memory(error, "a job");
    if (w->count == GS_WORDS_MOST) {
        free(text);
        return gs_fail(error, GS_ERROR_FORMAT, "more than %d words", GS_WORDS_MOST);
    }
    w->word[w->count++] = text;
    return GS_OK;
}

static gs_status add_option(gs_words *w, const char *key, json_t *value, gs_error *error) {
    char name[64];
    if (json_is_false(value))
        return GS_OK;
    if (!json_is_string(value) && !json_is_number(value) && !json_is_true(value))
        return gs_fail(error, GS_ERROR_FORMAT, "\"%.40s\": expected a text, a number, true, or a list of them", key);
    snprintf(name, sizeof name, "%s%s", key[0] && !key[1] ? "-" : "--", key);
    for (char *c = name; *c; c++)
        *c = *c == '_' ? '-' : *c;
    gs_status status = gs_words_add(w, strdup(name), error);
    if (!status && json_is_string(value))
        status = gs_words_add(w, strdup(json_string_value(value)), error);
    else if (!status && json_is_number(value))
        status = gs_words_add(w, json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17)), error);
    return status;
}

/* A name of an option alone, as --NAME=VALUE and -h are options too; and not of one that the job itself cannot say. */
static gs_status check_key(const char *key, gs_error *error) {
    static const char *const refused[] = {"out", "resume", "json", "quiet", "help", "h", "version", "threads"};
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz", others[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
    bool is_name = key[0] && strchr(letters, key[0]) && !key[strspn(key, others)];
    for (size_t i = 0; i < GS_COUNT(refused); i++)
        is_name = is_name && strcmp(key, refused[i]);
    return is_name ? GS_OK : gs_fail(error, GS_ERROR_FORMAT, "\"%.40s\": is no setting of a job", key);
}

static gs_status add_options(gs_words *w, json_t *settings, gs_error *error) {
    const char *key;
    json_t *value, *one;
    size_t i;
    gs_status status = GS_OK;
    if (!json_is_object(settings))
        return gs_fail(error, GS_ERROR_FORMAT, "expected an object of settings");
    json_object_foreach(settings, key, value) {
        if (!status)
            status = check_key(key, error);
        if (!status && json_is_array(value)) {
            json_array_foreach(value, i, one) {
                if (!status)
                    status = add_option(w, key, one, error);
            }
        } else if (!status) {
            status = add_option(w, key, value, error);
        }
    }
    return status;
}

static gs_status read_settings(const char *path, json_t **settings, gs_error *error) {
    gs_stream stream;
    unsigned char *text = NULL;
    size_t length = 0;
    json_error_t problem;
    gs_status status = gs_stream_open(&stream, path, "a job", error);
    if (status)
        return status;
    status = gs_stream_read_all(&stream, JOB_BYTES, NULL, &text, &length);
    gs_stream_close(&stream);
    if (!status)
        *settings = json_loadb((const char *)text, length, JSON_REJECT_DUPLICATES, &problem);
    gs_free(text);
    return status || *settings ? status
                               : gs_fail(error, GS_ERROR_FORMAT, "%s: line %d: is no JSON", path, problem.line);
}

gs_status gs_job_read(const char *path, gs_words *w, gs_error *error) {
    json_t *settings = NULL;
    gs_status status = read_settings(path, &settings, error);
    if (!status)
        status = add_options(w, settings, error);
    json_decref(settings);
    return status;
}
