/* Manifests of runs in shards that anybody may have written: cut short, changed bit by bit, made up. Each is read or
 * refused in words, and none that is read says what cannot be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/manifest.h"
#include "app/shard_shape.h"
#include "app/shards.h"
#include "model/hash.h"
#include "support/effort.h"
#include "support/files.h"
#include "support/npy.h"
#include "support/outputs.h"

#include "support/about.h" /* after the function of that name */

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEAD                                                                                                     \
    "{\"manifest\": 1, \"version\": \"0\", \"model\": \"m\", \"hash\": \"h\", \"settings\": {\"seed\": 3}, "     \
    "\"first\": 7, \"n\": 25, \"shard_size\": 10, \"per_chain\": 1, \"format\": \"npy\", \"shape\": [2, 1, 1], " \
    "\"judge\": null"
#define SEAL ",\n \"head_sha256\": \"" HASH "\""
#define RECORD(number, first, count) \
    "{\"shard\": " number ", \"first\": " first ", \"count\": " count ", \"bytes\": 208, \"sha256\": \"" HASH "\"}"

static gs_status read_text(const char *text, size_t length, gs_manifest *manifest, gs_error *error) {
    write_file("manifest.json", text, length);
    return gs_manifest_read(manifest, "manifest.json", error);
}

/* Put the hash of what is before it into the seal of a text that has one. */
static void seal(char *text) {
    char *line = strstr(text, "\n \"head_sha256\": "), sum[GS_HASH_ROOM];
    gs_hash hash;
    if (!line)
        return;
    gs_hash_begin(&hash);
    gs_hash_add(&hash, text, (size_t)(line + 1 - text));
    gs_hash_end(&hash, sum);
    memcpy(strstr(line, HASH), sum, sizeof HASH - 1);
}

static gs_manifest made(void) {
    gs_manifest manifest;
    gs_error error;
    if (gs_manifest_create(&manifest, json_loads(HEAD "}", 0, NULL), "made", &error))
        fail_msg("%s", error.message);
    return manifest;
}

static void assert_shards_equal(const gs_shard *a, const gs_shard *b) {
    assert_true(a->index == b->index && a->first == b->first && a->count == b->count && a->bytes == b->bytes);
    assert_string_equal(a->hash, b->hash);
    assert_string_equal(a->sums, b->sums);
}

static void what_is_written_is_read(void **state) {
    (void)state;
    gs_manifest written = made(), read;
    gs_error error = {0};
    assert_int_equal(written.count, 3);
    assert_true(written.shard[2].first == 27 && written.shard[2].count == 5);
    written.shard[2].bytes = 99;
    memcpy(written.shard[2].hash, HASH, sizeof HASH);
    assert_ok(gs_manifest_write(&written, "manifest.json", &error), &error);
    assert_left("manifest.json ");
    assert_ok(gs_manifest_read(&read, "manifest.json", &error), &error);
    for (int i = 0; i < 3; i++)
        assert_shards_equal(&read.shard[i], &written.shard[i]);
    assert_ok(gs_manifest_compare(&read, &written, "manifest.json", &error), &error);
    gs_manifest_free(&read);
    gs_manifest_free(&written);
}

static void the_setting_that_differs_is_named(void **state) {
    (void)state;
    gs_manifest have = made();
    static const struct {
        const char *from, *to, *why;
    } changes[] = {{"\"seed\": 3", "\"seed\": 4", "its seed is 3, of this command it is 4"},
                   {"\"seed\": 3", "", "its seed is 3, of this command it is not given"},
                   {"\"seed\": 3", "\"seed\": 3, \"eta\": 1", "its eta is not given, of this command it is 1"},
                   {"\"seed\": 3", "\"seed\": 3, \"isa\": \"x\"",
                    "its isa is any with exact products (as of --isa scalar), of this command it is \"x\""},
                   {"\"model\": \"m\"", "\"model\": \"k\"", "its model is \"m\", of this command it is \"k\""},
                   {"\"n\": 25", "\"n\": 26", "its n is 25, of this command it is 26"}};
    for (size_t i = 0; i < GS_COUNT(changes); i++) {
        about("changes[%zu]", i);
        const char *head = HEAD "}", *at = strstr(head, changes[i].from);
        char text[1000];
        gs_manifest want;
        gs_error error;
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - head), head, changes[i].to, at + strlen(changes[i].from));
        assert_int_equal(gs_manifest_create(&want, json_loads(text, 0, NULL), "want", &error), GS_OK);
        gs_status status = gs_manifest_compare(&have, &want, "manifest.json", &error);
        assert_told(status, GS_ERROR_ARGUMENT, &error, changes[i].why);
        gs_manifest_free(&want);
    }
    gs_manifest_free(&have);
}

/* One member changed. */
static void heads_that_cannot_be_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *from, *to, *why;
    } changes[] = {{"\"manifest\": 1", "\"manifest\": 2", "\"manifest\": expected the number 1"},
                   {"\"manifest\": 1", "\"manifest\": \"1\"", "\"manifest\": expected the number 1"},
                   {"{\"seed\": 3}", "[3]", "\"settings\": expected an object"},
                   {"{\"seed\": 3}", "null", "\"settings\": expected an object"},
                   {"\"first\": 7", "\"first\": -7", "\"n\": expected a number of chains from 1"},
                   {"\"first\": 7", "\"first\": 1152921504606846976", "\"n\": expected a number of chains from 1"},
                   {"\"n\": 25", "\"n\": 0", "\"n\": expected a number of chains from 1"},
                   {"\"shard_size\": 10", "\"shard_size\": 0", "\"shard_size\": expected a number of chains from 1"},
                   {"\"per_chain\": 1", "\"per_chain\": 1000001", "\"per_chain\": expected a number of samples from 1"},
                   {"\"format\": \"npy\"", "\"format\": 3", "\"format\": expected npy, npz, idx or png"},
                   {"\"format\": \"npy\"", "\"format\": \"tar\"", "\"format\": expected npy, npz, idx or png"},
                   {"[2, 1, 1]", "[2, 1]", "\"shape\": expected channels, height and width"},
                   {"[2, 1, 1]", "{}", "\"shape\": expected channels, height and width"},
                   {"[2, 1, 1]", "3", "\"shape\": expected channels, height and width"},
                   {"[2, 1, 1]", "[2, 0, 1]", "\"shape\": expected channels, height and width"},
                   {"[2, 1, 1]", "[2, 1, 16777217]", "\"shape\": expected channels, height and width"}};
    for (size_t i = 0; i < GS_COUNT(changes); i++) {
        about("changes[%zu]", i);
        char text[1000];
        gs_manifest manifest;
        gs_error error = {0};
        const char *head = HEAD "}", *at = strstr(head, changes[i].from);
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - head), head, changes[i].to, at + strlen(changes[i].from));
        gs_status status = gs_manifest_create(&manifest, json_loads(text, 0, NULL), "made", &error);
        assert_told(status, GS_ERROR_FORMAT, &error, changes[i].why);
    }
}

static void what_cannot_be_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *why;
    } bad[] = {
        {"", "manifest.json: is empty; this is no manifest"},
        {" \n ", "is empty"},
        {"[]", "expected an object"},
        {"{\"manifest\": 1" SEAL "}", "\"settings\""},
        {"{\"manifest\": 99999999999999999999}", "line 1: too big integer"},
        {HEAD SEAL "}", "\"shards\": expected an array"},
        {HEAD SEAL ", \"shards\": [3]}", "\"shards\": expected objects"},
        {HEAD SEAL ", \"shards\": [" RECORD("3", "37", "10") "]}",
         "found number 3, but the run has 3, from number 0 on"},
        {HEAD SEAL ", \"shards\": [" RECORD("-1", "7", "10") "]}", "\"shards\": expected objects"},
        {HEAD SEAL ", \"shards\": [" RECORD("1", "7", "10") "]}", "shard 1: chains 7 and 9 more"},
        {HEAD SEAL ", \"shards\": [" RECORD("2", "27", "10") "]}", "shard 2: chains 27 and 9 more"},
        {HEAD SEAL ", \"shards\": [" RECORD("0", "7", "10") ", " RECORD("0", "7", "10") "]}", "shard 0 is there twice"},
        {HEAD SEAL ", \"shards\": [{\"shard\": 0, \"first\": 7, \"count\": 10, \"bytes\": 1, \"sha256\": \"../x\"}]}",
         "64 digits"},
        {HEAD SEAL ", \"shards\": [{\"shard\": 0, \"first\": 7, \"count\": 10, \"bytes\": 1, \"sha256\": \"\"}]}",
         "64 digits"},
        {HEAD SEAL ", \"shards\": [{\"shard\": 0, \"first\": 7, \"count\": 10, \"bytes\": 1, \"sha256\": 7}]}",
         "64 digits"},
        {HEAD SEAL ", \"shards\": [{\"shard\": 0, \"first\": 7, \"count\": 0, \"bytes\": 1}]}",
         "\"shards\": expected objects"},
        {HEAD SEAL ", \"shards\": [{\"shard\": 0, \"first\": -7, \"count\": 10, \"bytes\": 1}]}",
         "\"shards\": expected objects"},
        {HEAD SEAL ", \"shards\": [{\"shard\": 0, \"first\": 7, \"count\": 10, \"bytes\": -1}]}",
         "\"shards\": expected objects"},
        {HEAD SEAL ", \"shards\": [{\"shard\": 0, \"first\": 7, \"count\": 10, \"bytes\": 1, \"sha256\": \"" HASH
                   "\", \"sums_sha256\": \"x\"}]}",
         "\"sha256\": expected 64 digits"},
        {HEAD ", \"nested\": {\"a\": 1" SEAL "}, \"shards\": []}",
         "\"head_sha256\": expected the SHA-256 of all that is before"},
        {HEAD SEAL ", \"shards\": [{\"shard\": 0.5, \"first\": 7, \"count\": 1, \"bytes\": 1}]}",
         "\"shards\": expected objects"},
        {HEAD SEAL ", \"shards\": [{\"shard\": 0, \"first\": 7, \"count\": 10, \"bytes\": 208, \"sha256\": \"" HASH
                   "\", \"sums_sha256\": \"" HASH "\"}]}",
         "\"sums_sha256\": expected a hash for every shard if there is a judge, and else none"},
        {HEAD SEAL ", \"shards\": {}}", "\"shards\": expected an array"},
        {HEAD ", \"head_sha256\": 3, \"shards\": []}", "\"head_sha256\": expected the SHA-256 of all that is before"},
        {HEAD ", \"n\": 3" SEAL ", \"shards\": []}", "line 1: duplicate object key near '\"n\"'"},
        {HEAD ", \"shards\": []}", "\"head_sha256\": expected the SHA-256 of all that is before"},
        {"{\"manifest\": 1, \"settings\": {}, \"first\": 0, \"n\": 1000000000000000000, \"shard_size\": 1, "
         "\"per_chain\": 1, \"format\": \"npy\", \"shape\": [1, 1, 1]" SEAL ", \"shards\": []}",
         "more than 100000 shards"},
        {"{\"manifest\": 1, \"settings\": {}, \"first\": 0, \"n\": 5, \"shard_size\": 1, \"per_chain\": 1, "
         "\"format\": \"/etc\", \"shape\": [1, 1, 1]" SEAL ", \"shards\": []}",
         "\"format\""},
        {"{\"manifest\": 1, \"settings\": {}, \"first\": 0, \"n\": 5, \"shard_size\": 1, \"per_chain\": 1, "
         "\"format\": \"npy\", \"shape\": [1, 1e9, 1]" SEAL ", \"shards\": []}",
         "\"shape\""}};
    for (size_t i = 0; i < GS_COUNT(bad); i++) {
        about("bad[%zu]", i);
        char text[2000];
        gs_manifest manifest;
        gs_error error;
        snprintf(text, sizeof text, "%s", bad[i].text);
        seal(text);
        gs_status status = read_text(text, strlen(text), &manifest, &error);
        assert_told(status, GS_ERROR_FORMAT, &error, bad[i].why);
    }
}

/* What a run is, changed in any byte, is noticed, and said if it is still JSON. */
static void changed_heads_are_refused(void **state) {
    (void)state;
    char text[] = HEAD SEAL ", \"shards\": []}";
    size_t head = (size_t)(strstr(text, "\n \"head_sha256\"") - text), said = 0;
    gs_manifest manifest;
    gs_error error = {0};
    seal(text);
    assert_ok(read_text(text, strlen(text), &manifest, &error), &error);
    gs_manifest_free(&manifest);
    for (size_t i = 0; i < head; i++) {
        about("byte %zu", i);
        text[i] ^= 1;
        assert_int_equal(read_text(text, strlen(text), &manifest, &error), GS_ERROR_FORMAT);
        said += strstr(error.message, "what the run is was changed after it was written") != NULL;
        text[i] ^= 1;
    }
    assert_true(said > 50); /* letters and digits */
}

/* Open brackets, for each of which a reader of JSON would take many times as much memory. */
static void a_bomb_is_refused(void **state) {
    (void)state;
    enum { BYTES = 4000000 };
    char *text = malloc(BYTES);
    gs_manifest manifest;
    gs_error error;
    memset(text, '[', BYTES);
    gs_status status = read_text(text, BYTES, &manifest, &error);
    assert_told(status, GS_ERROR_FORMAT, &error, "has more parts than a manifest may have");
    free(text);
}

/* Each byte with each bit changed, and each length. */
static void damaged_ones_are_read_or_refused(void **state) {
    (void)state;
    char text[] = HEAD SEAL ", \"shards\": [" RECORD("0", "7", "10") ", " RECORD("2", "27", "5") "]}";
    seal(text);
    size_t length = strlen(text), step = 8 * effort_step() - 3; /* odd, so that all bits have their turn */
    char changed[2000];
    for (size_t i = 0; i < 9 * length; i += step) {
        about("change %zu", i);
        memcpy(changed, text, length);
        if (i < 8 * length)
            changed[i / 8] = (char)(changed[i / 8] ^ 1 << i % 8);
        gs_manifest manifest;
        gs_error error;
        gs_status status = read_text(changed, i < 8 * length ? length : i - 8 * length, &manifest, &error);
        assert_true(status == GS_OK || (status == GS_ERROR_FORMAT && strstr(error.message, "manifest.json: ")));
        if (status)
            continue;
        for (size_t k = 0; k < manifest.count; k++)
            assert_true(manifest.shard[k].index == k && manifest.shard[k].count <= manifest.n);
        gs_manifest_free(&manifest);
    }
}

static void shards_are_handed_out_once(void **state) {
    (void)state;
    gs_shards shards, second;
    gs_shard shard;
    bool found;
    gs_error error = {0};
    assert_ok(gs_shards_open(&shards, "run", json_loads(HEAD "}", 0, NULL), GS_SHARDS_RESUME, &error), &error);
    gs_status status = gs_shards_open(&second, "run/", json_loads(HEAD "}", 0, NULL), GS_SHARDS_RESUME, &error);
    assert_told(status, GS_ERROR_FILE, &error, "another process is writing shards into it");
    for (uint64_t i = 0; i < 3; i++) {
        char name[40];
        assert_true(!gs_shards_next(&shards, &shard, &found, &error) && found && shard.index == i);
        if (i == 1)
            continue; /* nobody brings it back */
        snprintf(name, sizeof name, "run/shard-%05d.npy", (int)i);
        npy_write_points(name, (int)shard.count);
        assert_ok(gs_shards_seal(&shards, &shard, &error), &error);
        assert_ok(gs_shards_commit(&shards, &shard, &error), &error);
    }
    assert_true(!gs_shards_next(&shards, &shard, &found, &error) && !found);
    gs_shards_close(&shards);
    assert_ok(gs_shards_open(&shards, "run", json_loads(HEAD "}", 0, NULL), GS_SHARDS_RESUME, &error), &error);
    assert_int_equal(gs_shards_finished(&shards), 2);
    assert_true(!gs_shards_next(&shards, &shard, &found, &error) && found && shard.index == 1 && shard.first == 17 &&
                shard.count == 10);
    assert_true(!gs_shards_next(&shards, &shard, &found, &error) && !found);
    gs_shards_close(&shards);
}

/* The manifest's shape against that of the files, which both have their bytes and hashes. */
static void shapes_are_those_of_files(void **state) {
    (void)state;
    gs_shards shards;
    gs_shard shard;
    bool found;
    gs_error error = {0};
    json_t *head = json_loads(HEAD "}", 0, NULL);
    assert_int_equal(json_object_set_new(head, "shape", json_pack("[i, i, i]", 1, 2, 1)), 0);
    assert_ok(gs_shards_open(&shards, "run", head, GS_SHARDS_NEW, &error), &error);
    assert_ok(gs_shards_next(&shards, &shard, &found, &error), &error);
    npy_write_points("run/shard-00000.npy", (int)shard.count);
    assert_ok(gs_shards_seal(&shards, &shard, &error), &error);
    assert_ok(gs_shards_commit(&shards, &shard, &error), &error);
    assert_told(gs_shards_check(&shards, 0, &error), GS_ERROR_FORMAT, &error,
                "shape (10, 2), row-major, but the manifest says samples of 1 x 2 x 1");
    shards.manifest.shape[0] = 2;
    shards.manifest.shape[1] = 1;
    assert_ok(gs_shards_check(&shards, 0, &error), &error);
    gs_shards_close(&shards);
}

/* The first picture of a shard against the manifest's shape, which the setting "scale" enlarges. */
static void shapes_are_those_of_pictures(void **state) {
    (void)state;
    static const struct {
        int channels, side;
        json_int_t scale;
        const char *why; /* NULL: it fits */
    } rows[] = {{1, 20, 0, NULL},
                {1, 20, 1, NULL},
                {1, 10, 2, NULL},
                {1, 10, 3, "samples of 1 x 10 x 10"},
                {1, 20, (json_int_t)1 << 40, NULL}, /* no scale that there can be */
                {1, 1, 1, "samples of 1 x 1 x 1"},
                {3, 20, 1, "samples of 3 x 20 x 20"}};
    /* A picture of 20 x 20 pixels, as there is a frame around its image. */
    float *pixels = noise_pixels();
    gs_images images = noise_images(pixels);
    images.n = 1;
    gs_error error = {0};
    assert_ok(put_images(GS_FORMAT_PNG, "0.png", &images, (gs_grid){.rows = 1, .columns = 1}, NULL, 0, &error), &error);
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        about("rows[%zu]", i);
        gs_manifest manifest;
        json_t *head = json_loads(HEAD "}", 0, NULL);
        json_object_set_new(head, "format", json_string("png"));
        json_object_set_new(head, "shape", json_pack("[i, i, i]", rows[i].channels, rows[i].side, rows[i].side));
        json_object_set_new(json_object_get(head, "settings"), "scale", json_integer(rows[i].scale));
        assert_ok(gs_manifest_create(&manifest, head, "made", &error), &error);
        gs_status status = gs_shard_check_shape(&manifest, &manifest.shard[0], ".", &error);
        if (rows[i].why)
            assert_told(status, GS_ERROR_FORMAT, &error, rows[i].why);
        else
            assert_ok(status, &error);
        gs_manifest_free(&manifest);
    }
    free(pixels);
}

/* What the fuzz target begins with is read: else it would never come past the head's hash. */
static void what_fuzzing_begins_with_is_read(void **state) {
    (void)state;
    static const char *const names[] = {"begun", "idx", "judged", "npy"};
    for (size_t i = 0; i < GS_COUNT(names); i++) {
        char path[GS_SHARD_PATH_ROOM];
        gs_manifest manifest;
        gs_error error = {0};
        about("%s", names[i]);
        snprintf(path, sizeof path, "%s/tests/fuzz/corpus/manifest/%s", GS_SOURCE_DIR, names[i]);
        assert_ok(gs_manifest_read(&manifest, path, &error), &error);
        gs_manifest_free(&manifest);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        OUTPUT_TEST(what_is_written_is_read),          OUTPUT_TEST(the_setting_that_differs_is_named),
        OUTPUT_TEST(heads_that_cannot_be_are_refused), OUTPUT_TEST(what_cannot_be_is_refused),
        OUTPUT_TEST(changed_heads_are_refused),        OUTPUT_TEST(a_bomb_is_refused),
        OUTPUT_TEST(damaged_ones_are_read_or_refused), OUTPUT_TEST(shards_are_handed_out_once),
        OUTPUT_TEST(shapes_are_those_of_files),        OUTPUT_TEST(shapes_are_those_of_pictures),
        OUTPUT_TEST(what_fuzzing_begins_with_is_read)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
