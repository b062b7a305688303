/* What is kept of a shard that is being drawn: read again as it was, and not at all where it is damaged or of another
 * run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/checkpoint.h"
#include "support/files.h"
#include "support/outputs.h"

#include "support/about.h" /* after the function of that name */

#define STATE "state-00000"
#define PART "state-00000.part"
enum { ITEM = 2, SAMPLES = 3, CHAINS = 5, MOST = 64 };

static const float drawn[SAMPLES * ITEM] = {1, 2, 3, 4, 5, 6};
static char chains[CHAINS] = "abcd";

static gs_shards run_of(const char *seed) {
    char text[400];
    snprintf(
        text, sizeof text,
        "{\"manifest\": 1, \"settings\": {\"seed\": %s}, \"first\": 0, \"n\": 4, \"shard_size\": 4, \"per_chain\": 1, "
        "\"format\": \"npy\", \"shape\": [2, 1, 1], \"judge\": null}",
        seed);
    static char folder[] = "./";
    gs_shards shards = {.folder = folder, .lock = -1, .claim = -1};
    gs_error error = {0};
    assert_ok(gs_manifest_create(&shards.manifest, json_loads(text, 0, NULL), "made", &error), &error);
    return shards;
}

static void open_checkpoint(gs_checkpoint *c, const gs_shards *shards) {
    gs_error error = {0};
    assert_ok(gs_checkpoint_open(c, shards, &shards->manifest.shard[0], ITEM, 0, MOST, &error), &error);
}

static const gs_piece pieces[] = {{chains, 2}, {chains + 2, CHAINS - 2}};

/* The state of three samples, in the working directory. */
static void keep(const gs_shards *shards) {
    gs_checkpoint c;
    gs_error error = {0};
    unlink(STATE);
    open_checkpoint(&c, shards);
    assert_int_equal(c.kept, 0);
    assert_false(gs_checkpoint_chains(&c, pieces, 2));
    assert_true(gs_checkpoint_is_due(&c));
    assert_ok(gs_checkpoint_add(&c, drawn, SAMPLES, &error), &error);
    assert_ok(gs_checkpoint_write(&c, pieces, 2, &error), &error);
    gs_checkpoint_close(&c);
}

static uint64_t kept_by(const gs_shards *shards) {
    gs_checkpoint c;
    open_checkpoint(&c, shards);
    uint64_t kept = c.kept;
    gs_checkpoint_close(&c);
    return kept;
}

static void it_is_read_as_it_was(void **state) {
    (void)state;
    gs_shards shards = run_of("3");
    keep(&shards);
    gs_checkpoint c;
    gs_error error = {0};
    float samples[SAMPLES * ITEM];
    char read[CHAINS];
    open_checkpoint(&c, &shards);
    assert_int_equal(c.kept, SAMPLES);
    assert_ok(gs_checkpoint_replay(&c, samples, SAMPLES, &error), &error);
    assert_memory_equal(samples, drawn, sizeof drawn);
    gs_status status = gs_checkpoint_replay(&c, samples, 1, &error);
    assert_told(status, GS_ERROR_FILE, &error, PART ": cannot be read again");
    const gs_piece all = {read, CHAINS}, fewer = {read, CHAINS - 1};
    assert_true(gs_checkpoint_chains(&c, &all, 1));
    assert_memory_equal(read, chains, CHAINS);
    assert_false(gs_checkpoint_chains(&c, &fewer, 1));
    gs_checkpoint_close(&c);
    gs_manifest_free(&shards.manifest);
}

static void nothing_is_kept_unasked(void **state) {
    (void)state;
    gs_shards shards = run_of("3");
    gs_checkpoint c;
    gs_error error = {0};
    assert_ok(gs_checkpoint_open(&c, &shards, &shards.manifest.shard[0], ITEM, -1, MOST, &error), &error);
    assert_false(gs_checkpoint_is_due(&c));
    assert_ok(gs_checkpoint_add(&c, drawn, SAMPLES, &error), &error);
    assert_ok(gs_checkpoint_write(&c, pieces, 2, &error), &error);
    gs_checkpoint_close(&c);
    assert_left("");
    gs_manifest_free(&shards.manifest);
}

/* The first, a middle and the last byte of each file changed, each file cut short, and lengthened; another run's. */
static void damaged_ones_are_none(void **state) {
    (void)state;
    static const char *const names[] = {STATE, PART};
    gs_shards shards = run_of("3"), other = run_of("4");
    for (size_t i = 0; i < GS_COUNT(names); i++)
        for (size_t way = 0; way < 5; way++) {
            about("%s, way %zu", names[i], way);
            size_t size;
            keep(&shards);
            unsigned char *bytes = read_file(names[i], &size);
            if (way < 3)
                bytes[way * (size - 1) / 2] ^= 1;
            write_file(names[i], bytes, way < 3 ? size : way == 3 ? size - 1 : 1);
            free(bytes);
            assert_int_equal(kept_by(&shards), 0);
        }
    keep(&shards);
    assert_int_equal(kept_by(&other), 0);
    keep(&shards);
    unlink(PART);
    assert_int_equal(kept_by(&shards), 0);
    gs_manifest_free(&shards.manifest);
    gs_manifest_free(&other.manifest);
}

/* Put the hash of all before it at the end of a state. */
static void seal(unsigned char *bytes, size_t size) {
    char sum[GS_HASH_ROOM];
    gs_hash hash;
    gs_hash_begin(&hash);
    gs_hash_add(&hash, bytes, size - (GS_HASH_ROOM - 1));
    gs_hash_end(&hash, sum);
    memcpy(bytes + size - (GS_HASH_ROOM - 1), sum, GS_HASH_ROOM - 1);
}

/* A bit of each part of a state's head is changed, and the hash put right. */
static void states_that_cannot_be_are_none(void **state) {
    (void)state;
    static const struct {
        const char *part;
        size_t at;
        int bit;
    } changes[] = {{"magic", 0, 1},
                   {"run", 16, 1},
                   {"hash of the samples", 88, 1},
                   {"fewer samples", 160, 1},
                   {"more than the shard has", 160, 4},
                   {"bytes of chains", 168, 1}};
    gs_shards shards = run_of("3");
    for (size_t i = 0; i < GS_COUNT(changes); i++) {
        about("%s", changes[i].part);
        size_t size;
        keep(&shards);
        unsigned char *bytes = read_file(STATE, &size);
        bytes[changes[i].at] = (unsigned char)(bytes[changes[i].at] ^ changes[i].bit);
        seal(bytes, size);
        write_file(STATE, bytes, size);
        free(bytes);
        assert_int_equal(kept_by(&shards), 0);
    }
    keep(&shards);
    unlink(STATE);
    assert_int_equal(mkdir(STATE, 0777), 0);
    assert_int_equal(kept_by(&shards), 0);
    gs_manifest_free(&shards.manifest);
}

/* Places that take no bytes, or that cannot be put onto a disk, in that of the samples and in that of the state. */
static void what_cannot_be_written_is_told(void **state) {
    (void)state;
    enum { MANY = 1 << 20 };
    static float samples[MANY];
    const gs_piece large[] = {{samples, sizeof samples}, {samples, sizeof samples}};
    static const struct {
        const char *place, *mode;
        gs_status added, written;
    } rows[] = {{"/dev/full", "r+", GS_ERROR_FILE, GS_ERROR_FILE},
                {"/dev/null", "r+", GS_OK, GS_ERROR_FILE},
                {"fifo", "r+", GS_ERROR_FILE, GS_ERROR_FILE}};
    gs_shards shards = run_of("3");
    gs_checkpoint c;
    gs_error error = {0};
    assert_int_equal(mkfifo("fifo", 0666), 0);
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        about("%s", rows[i].place);
        open_checkpoint(&c, &shards);
        c.file = freopen(rows[i].place, rows[i].mode, c.file);
        assert_non_null(c.file);
        assert_int_equal(gs_checkpoint_add(&c, samples, MANY / ITEM, &error), rows[i].added);
        assert_told(gs_checkpoint_write(&c, pieces, 2, &error), rows[i].written, &error, PART ": cannot write");
        gs_checkpoint_close(&c);
    }
    static const char *const places[] = {"/dev/full", "none/x"};
    for (size_t i = 0; i < GS_COUNT(places); i++) {
        about("%s", places[i]);
        open_checkpoint(&c, &shards);
        snprintf(c.state, sizeof c.state, "%s", places[i]);
        assert_told(gs_checkpoint_write(&c, large, 2, &error), GS_ERROR_FILE, &error, places[i]);
        gs_checkpoint_close(&c);
    }
    gs_manifest_free(&shards.manifest);
}

/* Samples that no state counts are cut off. */
static void what_is_not_counted_goes(void **state) {
    (void)state;
    gs_shards shards = run_of("3");
    keep(&shards);
    gs_checkpoint c;
    gs_error error = {0};
    open_checkpoint(&c, &shards);
    assert_ok(gs_checkpoint_add(&c, drawn, SAMPLES, &error), &error);
    gs_checkpoint_close(&c);
    assert_int_equal(kept_by(&shards), SAMPLES);
    struct stat info;
    assert_int_equal(stat(PART, &info), 0);
    assert_int_equal(info.st_size, sizeof drawn);
    gs_manifest_free(&shards.manifest);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        OUTPUT_TEST(it_is_read_as_it_was),           OUTPUT_TEST(nothing_is_kept_unasked),
        OUTPUT_TEST(damaged_ones_are_none),          OUTPUT_TEST(states_that_cannot_be_are_none),
        OUTPUT_TEST(what_cannot_be_written_is_told), OUTPUT_TEST(what_is_not_counted_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
