#include "app/manifest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/json_file.h"
#include "app/words.h"
#include "io/output.h"
#include "model/hash.h"

enum { FILE_MOST = 1 << 25, TREE_MOST = 1 << 28, SIDE_MOST = 1 << 24, HASH_DIGITS = GS_HASH_ROOM - 1 };
static const uint64_t chains_most = (uint64_t)1 << 60;

/* The member behind the head, and the beginning of its line; its value is the SHA-256 of all bytes before that line. */
#define SEAL_KEY "head_sha256"
#define SEAL_LINE " \"" SEAL_KEY "\": \""

static const char advice[] = "this is no manifest of gensample, or is damaged: put back a copy of it, or draw the run "
                             "again into another folder";

/* ---- Members ---- */

static gs_status fail(const char *path, const char *key, const char *expected, gs_error *error) {
    return gs_fail(error, GS_ERROR_FORMAT, "%s: \"%s\": expected %s; %s", path, key, expected, advice);
}

static bool take_whole(const json_t *object, const char *key, uint64_t least, uint64_t most, uint64_t *value) {
    const json_t *member = json_object_get(object, key);
    json_int_t number = json_integer_value(member);
    *value = (uint64_t)number;
    return json_is_integer(member) && number >= 0 && *value >= least && *value <= most;
}

/* A hash in lower-case hexadecimal, or "" where the member is missing. */
static bool take_hash(const json_t *object, const char *key, char hash[GS_HASH_ROOM]) {
    const char *text = json_string_value(json_object_get(object, key));
    hash[0] = '\0';
    if (!json_object_get(object, key))
        return true;
    if (!text || strlen(text) != HASH_DIGITS || strspn(text, "0123456789abcdef") != HASH_DIGITS)
        return false;
    memcpy(hash, text, GS_HASH_ROOM);
    return true;
}

static bool take_shape(const json_t *head, size_t shape[3]) {
    const json_t *sizes = json_object_get(head, "shape");
    bool fits = json_is_array(sizes) && json_array_size(sizes) == 3;
    for (size_t i = 0; fits && i < 3; i++) {
        json_int_t size = json_integer_value(json_array_get(sizes, i));
        fits = size >= 1 && size <= SIDE_MOST;
        shape[i] = (size_t)size;
    }
    return fits;
}

static bool take_format(const json_t *head, gs_format *format) {
    const char *name = json_string_value(json_object_get(head, "format"));
    if (!name || !gs_format_find(name, true, format))
        return false;
    if (*format == GS_FORMAT_PNG)
        *format = GS_FORMAT_DIRECTORY;
    return gs_format_holds(*format) != GS_HOLDS_PICTURE;
}

/* ---- The head ---- */

static gs_status take_head(gs_manifest *m, const char *path, gs_error *error) {
    const json_t *settings = json_object_get(m->head, "settings"), *judge = json_object_get(m->head, "judge");
    uint64_t one;
    if (!take_whole(m->head, "manifest", 1, 1, &one))
        return fail(path, "manifest", "the number 1, which says how manifests are written", error);
    if (!json_is_object(settings))
        return fail(path, "settings", "an object", error);
    if (!take_whole(m->head, "first", 0, chains_most, &m->first) ||
        !take_whole(m->head, "n", 1, chains_most - m->first, &m->n))
        return fail(path, "n", "a number of chains from 1, which with \"first\" is at most 2^60", error);
    if (!take_whole(m->head, "shard_size", 1, chains_most, &m->shard_size))
        return fail(path, "shard_size", "a number of chains from 1", error);
    if (!take_whole(m->head, "per_chain", 1, 1000000, &m->per_chain))
        return fail(path, "per_chain", "a number of samples from 1", error);
    if (!take_format(m->head, &m->format))
        return fail(path, "format", "npy, npz, idx or png", error);
    if (!take_shape(m->head, m->shape))
        return fail(path, "shape", "channels, height and width", error);
    m->judged = json_is_string(judge);
    if ((m->n - 1) / m->shard_size >= GS_SHARDS_MOST)
        return gs_fail(error, GS_ERROR_FORMAT,
                       "%s: %" PRIu64 " chains in shards of %" PRIu64 " are more than %d shards: expected larger ones",
                       path, m->n, m->shard_size, GS_SHARDS_MOST);
    m->count = (size_t)((m->n - 1) / m->shard_size + 1);
    return GS_OK;
}

gs_status gs_manifest_create(gs_manifest *m, json_t *head, const char *path, gs_error *error) {
    *m = (gs_manifest){.head = head};
    gs_status status = head ? take_head(m, path, error) : gs_fail_memory(error, "the manifest");
    m->shard = !status ? gs_alloc(m->count, sizeof *m->shard) : NULL;
    if (!status && !m->shard)
        status = gs_fail_memory(error, "the manifest");
    for (size_t i = 0; !status && i < m->count; i++) {
        uint64_t at = i * m->shard_size, left = m->n - at;
        m->shard[i] =
            (gs_shard){.index = i, .first = m->first + at, .count = left < m->shard_size ? left : m->shard_size};
    }
    if (status)
        gs_manifest_free(m);
    return status;
}

/* ---- Reading ---- */

static gs_status take_shard(gs_manifest *m, const json_t *record, const char *path, gs_error *error) {
    gs_shard read = {0};
    if (!json_is_object(record) || !take_whole(record, "shard", 0, INT64_MAX, &read.index) ||
        !take_whole(record, "first", 0, 2 * chains_most, &read.first) ||
        !take_whole(record, "count", 1, chains_most, &read.count) ||
        !take_whole(record, "bytes", 0, INT64_MAX, &read.bytes))
        return fail(path, "shards", "objects with the whole numbers shard, first, count and bytes", error);
    if (read.index >= m->count)
        return gs_fail(error, GS_ERROR_FORMAT,
                       "%s: \"shards\": found number %" PRIu64 ", but the run has %zu, from number 0 on; %s", path,
                       read.index, m->count, advice);
    gs_shard *shard = &m->shard[read.index];
    if (shard->hash[0])
        return gs_fail(error, GS_ERROR_FORMAT, "%s: shard %" PRIu64 " is there twice; %s", path, read.index, advice);
    if (read.first != shard->first || read.count != shard->count)
        return gs_fail(error, GS_ERROR_FORMAT,
                       "%s: shard %" PRIu64 ": chains %" PRIu64 " and %" PRIu64 " more: expected %" PRIu64
                       " and %" PRIu64 "; %s",
                       path, read.index, read.first, read.count - 1, shard->first, shard->count - 1, advice);
    if (!take_hash(record, "sha256", read.hash) || !read.hash[0] || !take_hash(record, "sums_sha256", read.sums))
        return fail(path, "sha256", "64 digits in hexadecimal", error);
    if (m->judged != (read.sums[0] != '\0'))
        return fail(path, "sums_sha256", "a hash for every shard if there is a judge, and else none", error);
    *shard = read;
    return GS_OK;
}

static gs_status take_shards(gs_manifest *m, const json_t *records, const char *path, gs_error *error) {
    if (!json_is_array(records))
        return fail(path, "shards", "an array", error);
    gs_status status = GS_OK;
    for (size_t i = 0; !status && i < json_array_size(records); i++)
        status = take_shard(m, json_array_get(records, i), path, error);
    return status;
}

/* Whether the head is as it was written, by the hash behind it, which is taken out of the tree. */
static gs_status check_seal(const gs_json_file *file, const char *path, gs_error *error) {
    const char *line = strstr(file->text, "\n" SEAL_LINE);
    char noted[GS_HASH_ROOM], found[GS_HASH_ROOM];
    gs_hash hash;
    if (!line || !take_hash(file->tree, SEAL_KEY, noted) || !noted[0])
        return fail(path, SEAL_KEY, "the SHA-256 of all that is before its line", error);
    gs_hash_begin(&hash);
    gs_hash_add(&hash, file->text, (size_t)(line + 1 - file->text));
    gs_hash_end(&hash, found);
    json_object_del(file->tree, SEAL_KEY);
    return !strcmp(noted, found) ? GS_OK
                                 : gs_fail(error, GS_ERROR_FORMAT,
                                           "%s: what the run is was changed after it was written; %s", path, advice);
}

static gs_status take_file(gs_manifest *m, gs_json_file *file, const char *path, gs_error *error) {
    json_t *records = json_incref(json_object_get(file->tree, "shards"));
    json_object_del(file->tree, "shards");
    gs_status status = gs_manifest_create(m, json_incref(file->tree), path, error);
    if (!status) {
        status = take_shards(m, records, path, error);
        if (status)
            gs_manifest_free(m);
    }
    json_decref(records);
    return status;
}

gs_status gs_manifest_read(gs_manifest *m, const char *path, gs_error *error) {
    const gs_json_wish wish = {path, "a manifest", FILE_MOST, TREE_MOST, advice};
    gs_json_file file;
    *m = (gs_manifest){0};
    gs_status status = gs_json_file_read(&file, &wish, error);
    if (!status && !json_is_object(file.tree))
        status = gs_fail(error, GS_ERROR_FORMAT, "%s: expected an object; %s", path, advice);
    if (!status)
        status = check_seal(&file, path, error);
    if (!status)
        status = take_file(m, &file, path, error);
    gs_json_file_free(&file);
    return status;
}

/* ---- Writing ---- */

static void put_shard(const gs_shard *shard, FILE *out) {
    fprintf(out,
            "  {\"shard\": %" PRIu64 ", \"first\": %" PRIu64 ", \"count\": %" PRIu64 ", \"bytes\": %" PRIu64
            ", \"sha256\": \"%s\"",
            shard->index, shard->first, shard->count, shard->bytes, shard->hash);
    if (shard->sums[0])
        fprintf(out, ", \"sums_sha256\": \"%s\"", shard->sums);
    fputc('}', out);
}

static gs_status put_head(const gs_manifest *m, FILE *out, gs_error *error) {
    const char *key;
    json_t *value;
    gs_status status = GS_OK;
    fputs("{\n", out);
    json_object_foreach(m->head, key, value) {
        fprintf(out, " \"%s\": ", key);
        if (!status)
            status = gs_json_put(value, out, error);
        fputs(",\n", out);
    }
    return status;
}

/* The head and its hash. */
static gs_status put_sealed(const gs_manifest *m, FILE *out, gs_error *error) {
    char *text = NULL, sum[GS_HASH_ROOM];
    size_t size = 0;
    gs_hash hash;
    FILE *memory = open_memstream(&text, &size);
    gs_status status = memory ? put_head(m, memory, error) : GS_OK;
    if ((!memory || fclose(memory) != 0) && !status)
        status = gs_fail_memory(error, "the manifest");
    if (!status) {
        gs_hash_begin(&hash);
        gs_hash_add(&hash, text, size);
        gs_hash_end(&hash, sum);
        fprintf(out, "%s" SEAL_LINE "%s\",\n", text, sum);
    }
    free(text);
    return status;
}

static gs_status put(const gs_manifest *m, FILE *out, gs_error *error) {
    gs_status status = put_sealed(m, out, error);
    bool any = false;
    fputs(" \"shards\": [", out);
    for (size_t i = 0; i < m->count; i++) {
        if (!m->shard[i].hash[0])
            continue;
        fputs(any ? ",\n" : "\n", out);
        put_shard(&m->shard[i], out);
        any = true;
    }
    fputs(any ? "\n ]\n}\n" : "]\n}\n", out);
    return status;
}

gs_status gs_manifest_write(const gs_manifest *m, const char *path, gs_error *error) {
    gs_output output;
    if (gs_json_lost())
        return gs_fail_memory(error, "the manifest");
    gs_status status = gs_output_open(&output, path, error);
    if (status)
        return status;
    output.is_durable = true;
    output.is_copied = false; /* even if it has attributes that a new file lacks: a copy could be cut short */
    return gs_output_end(&output, put(m, output.file, error), error);
}

/* ---- Comparing ---- */

/* The first member of one of the objects that the other has not, or has with another value; NULL: they are equal. */
static const char *find_difference(json_t *a, json_t *b, json_t **have, json_t **want) {
    const char *key;
    json_t *value;
    json_object_foreach(a, key, value) {
        *have = value;
        *want = json_object_get(b, key);
        if (!*want || !json_equal(*have, *want))
            return key;
    }
    json_object_foreach(b, key, value) {
        *have = NULL;
        *want = value;
        if (!json_object_get(a, key))
            return key;
    }
    return NULL;
}

/* What members mean that are not there. */
static const struct {
    const char *key, *meaning;
} absent[] = {{"isa", "is any with exact products (as of --isa scalar)"}};

/* "is 3", "is not given". */
static void describe(const char *key, const json_t *value, char text[80]) {
    char *dump = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    const char *meaning = "is not given";
    for (size_t i = 0; i < GS_COUNT(absent); i++)
        if (!strcmp(key, absent[i].key))
            meaning = absent[i].meaning;
    snprintf(text, 80, "%s%.70s", dump ? "is " : meaning, dump ? dump : "");
    free(dump);
}

gs_status gs_manifest_compare(const gs_manifest *have, const gs_manifest *want, const char *path, gs_error *error) {
    json_t *a = NULL, *b = NULL;
    const char *key = find_difference(have->head, want->head, &a, &b);
    if (!key)
        return GS_OK;
    if (!strcmp(key, "settings") && json_is_object(a) && json_is_object(b))
        key = find_difference(a, b, &a, &b);
    char is[80], asked[80];
    describe(key, a, is);
    describe(key, b, asked);
    return gs_fail(error, GS_ERROR_ARGUMENT, "%s is of another run: its %s %s, of this command it %s", path, key, is,
                   asked);
}

/* ---- Names ---- */

void gs_shard_name(const gs_manifest *m, uint64_t index, char name[GS_SHARD_NAME_ROOM]) {
    bool folder = m->format == GS_FORMAT_DIRECTORY;
    snprintf(name, GS_SHARD_NAME_ROOM, "shard-%05" PRIu64 "%s%s", index, folder ? "" : ".",
             folder ? "" : gs_format_name(m->format));
}

void gs_shard_sums_name(uint64_t index, char name[GS_SHARD_NAME_ROOM]) {
    snprintf(name, GS_SHARD_NAME_ROOM, "sums-%05" PRIu64 ".npy", index);
}

/* As gs_temporary_file names them. */
void gs_shard_picture_path(const gs_manifest *m, const gs_shard *shard, const char *path, uint64_t i,
                           char picture[GS_PICTURE_PATH_ROOM]) {
    int digits = 1;
    for (uint64_t last = shard->count * m->per_chain - 1; last >= 10; last /= 10)
        digits++;
    snprintf(picture, GS_PICTURE_PATH_ROOM, "%s/%0*" PRIu64 ".png", path, digits, i);
}

void gs_shard_state_name(uint64_t index, bool samples, char name[GS_SHARD_NAME_ROOM]) {
    snprintf(name, GS_SHARD_NAME_ROOM, "state-%05" PRIu64 "%s", index, samples ? ".part" : "");
}

void gs_manifest_free(gs_manifest *m) {
    json_decref(m->head);
    gs_free(m->shard);
    *m = (gs_manifest){0};
}
