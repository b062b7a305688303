#include "cli/job.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "app/json_file.h"
#include "model/json.h"

enum { JOB_BYTES = 1 << 16, TREE_BYTES = 1 << 24 };
static const char expected[] = "expected an object of settings, such as {\"n\": 1000, \"shard-size\": 100}";

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
        return gs_fail(error, GS_ERROR_FORMAT, "has more than %d options and values", GS_WORDS_MOST);
    }
    w->word[w->count++] = text;
    return GS_OK;
}

static gs_status add_option(gs_words *w, const char *key, json_t *value, gs_error *error) {
    char name[64];
    if (gs_json_is(value, JSON_FALSE))
        return GS_OK;
    if (!gs_json_is(value, JSON_STRING) && !gs_json_is_number(value) && !gs_json_is(value, JSON_TRUE))
        return gs_fail(error, GS_ERROR_FORMAT, "\"%.40s\": expected a text, a number, true, or a list of them", key);
    snprintf(name, sizeof name, "%s%s", key[0] && !key[1] ? "-" : "--", key);
    for (char *c = name; *c; c++)
        *c = *c == '_' ? '-' : *c;
    gs_status status = gs_words_add(w, strdup(name), error);
    if (!status && gs_json_is(value, JSON_STRING))
        status = gs_words_add(w, strdup(json_string_value(value)), error);
    else if (!status && gs_json_is_number(value))
        status = gs_words_add(w, json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17)), error);
    return status;
}

/* A name of an option alone, as --NAME=VALUE and -h are options too; and not of one that the job itself cannot say. */
static gs_status check_key(const char *key, gs_error *error) {
    static const struct {
        const char *key, *why;
    } refused[] = {{"out", "its run goes into the folder of its name"},
                   {"resume", "gensample work always goes on"},
                   {"json", "gensample work reports on all jobs"},
                   {"quiet", "expected as an option of gensample work"},
                   {"threads", "expected as an option of gensample work"},
                   {"help", "it draws nothing"},
                   {"h", "it draws nothing"},
                   {"dry-run", "it draws nothing"},
                   {"dry_run", "it draws nothing"},
                   {"version", "it draws nothing"}};
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz", others[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
    for (size_t i = 0; i < GS_COUNT(refused); i++)
        if (!strcmp(key, refused[i].key))
            return gs_fail(error, GS_ERROR_FORMAT, "\"%s\": is no setting of a job: %s", key, refused[i].why);
    if (!key[0] || !strchr(letters, key[0]) || key[strspn(key, others)])
        return gs_fail(error, GS_ERROR_FORMAT, "\"%.40s\": is no setting of a job", key);
    return GS_OK;
}

static gs_status add_options(gs_words *w, json_t *settings, gs_error *error) {
    const char *key;
    json_t *value, *one;
    size_t i;
    gs_status status = GS_OK;
    if (!gs_json_is(settings, JSON_OBJECT))
        return gs_fail(error, GS_ERROR_FORMAT, "%s", expected);
    json_object_foreach(settings, key, value) {
        if (!status)
            status = check_key(key, error);
        if (!status && gs_json_is(value, JSON_ARRAY)) {
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

gs_status gs_job_read(const char *path, gs_words *w, gs_error *error) {
    const gs_json_wish wish = {path, "a job", JOB_BYTES, TREE_BYTES, expected};
    gs_json_file file;
    gs_status status = gs_json_file_read(&file, &wish, error);
    if (!status)
        status = add_options(w, file.tree, error);
    gs_json_file_free(&file);
    return status;
}
