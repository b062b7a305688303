/* Runs in shards in places that no run can use, with files that come, go and change while they are looked at, and
 * without memory: each operation ends in words, and nothing is lost. What another process does at the worst moment is
 * done where this one is about to lock a file (--wrap, in tests/CMakeLists.txt). */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/checkpoint.h"
#include "app/claims.h"
#include "app/interrupt.h"
#include "app/json_file.h"
#include "app/shards.h"
#include "app/words.h"
#include "base/os.h"
#include "support/allocation.h"
#include "support/files.h"
#include "support/npy.h"
#include "support/outputs.h"

#include "support/about.h" /* after the function of that name */

#define CLAIM "run/claim-00000"

/* ---- What another process does ---- */

bool __real_gs_os_lock(int descriptor, gs_lock how);
bool __wrap_gs_os_lock(int descriptor, gs_lock how);

static void (*before_lock)(void); /* once */
static int lock_error;            /* not 0: there are no locks */

bool __wrap_gs_os_lock(int descriptor, gs_lock how) {
    void (*act)(void) = before_lock;
    before_lock = NULL;
    if (act)
        act();
    if (!lock_error)
        return __real_gs_os_lock(descriptor, how);
    errno = lock_error;
    return false;
}

/* Thousands of files are written here, whose way onto the disk would take most of the time. */
int __wrap_fsync(int descriptor);
int __wrap_fsync(int descriptor) {
    (void)descriptor;
    return 0;
}

/* ---- Memory of jansson ---- */

bool __wrap_gs_json_lost(void);

static bool has_lost;

static void *take(size_t size) {
    void *memory = malloc(size);
    has_lost = has_lost || !memory;
    return memory;
}

/* As that of the programs, but of one operation. */
bool __wrap_gs_json_lost(void) {
    return has_lost;
}

/* ---- Runs ---- */

/* Three shards of points, or of what the format is, with sums of a judge or without. */
static json_t *head_of(const char *format, bool judged) {
    return json_pack("{s:i, s:s, s:s, s:s, s:{s:i, s:f, s:[i, i], s:{}}, s:i, s:i, s:i, s:i, s:s, s:[i, i, i], s:s?}",
                     "manifest", 1, "version", "0", "model", "m", "hash", "h", "settings", "seed", 3, "eta", 0.5,
                     "labels", 1, 2, "none", "first", 0, "n", 25, "shard_size", 10, "per_chain", 1, "format", format,
                     "shape", 2, 1, 1, "judge", judged ? "judge" : NULL);
}

static gs_status open_run(gs_shards *shards, gs_shards_mode mode, gs_error *error) {
    return gs_shards_open(shards, "run", head_of("npy", false), mode, error);
}

/* Hand a shard in as finished. */
static gs_status finish(gs_shards *shards, gs_shard *shard, gs_error *error) {
    char name[GS_SHARD_NAME_ROOM], path[GS_SHARD_PATH_ROOM];
    gs_shard_name(&shards->manifest, shard->index, name);
    gs_shards_path(shards, name, path);
    npy_write_points(path, (int)shard->count);
    gs_status status = gs_shards_seal(shards, shard, error);
    return !status ? gs_shards_commit(shards, shard, error) : status;
}

/* Draw what is left of a run. */
static gs_status draw(gs_shards_mode mode, gs_error *error) {
    gs_shards shards;
    gs_shard shard;
    bool found = true;
    gs_status status = open_run(&shards, mode, error);
    if (status)
        return status;
    while (!status && found) {
        status = gs_shards_next(&shards, &shard, &found, error);
        if (!status && found)
            status = finish(&shards, &shard, error);
    }
    gs_shards_close(&shards);
    return status;
}

static size_t finished(void) {
    gs_shards shards;
    gs_error error = {0};
    assert_ok(gs_shards_view(&shards, "run", &error), &error);
    size_t count = gs_shards_finished(&shards);
    gs_shards_close(&shards);
    return count;
}

/* ---- Places ---- */

static void places_that_no_run_can_use(void **state) {
    (void)state;
    char endless[GS_SHARD_PATH_ROOM + 1];
    memset(endless, 'a', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    write_file("file", "x", 1);
    assert_int_equal(symlink("loop", "loop"), 0);
    const struct {
        const char *folder, *why, *foreseen;
    } bad[] = {
        {endless, "the folder's name has 4096 bytes: expected fewer than 4032", "the folder's name has 4096 bytes"},
        {"file", "file/: cannot be the folder of the shards", "file/: cannot be the folder of the shards"},
        {"file/in", "file/in/: cannot make the folder of the shards", "file/in/: cannot be the folder of the shards"},
        {"none/in", "none/in/: cannot make the folder of the shards", "none"},
        {"loop/", "loop/: cannot be the folder of the shards", "loop/: cannot be the folder of the shards"}};
    for (size_t i = 0; i < GS_COUNT(bad); i++) {
        about("bad[%zu]", i);
        gs_shards shards;
        gs_error error = {0};
        gs_status status = gs_shards_open(&shards, bad[i].folder, head_of("npy", false), GS_SHARDS_NEW, &error);
        assert_told(status, GS_ERROR_FILE, &error, bad[i].why);
        status = gs_shards_foresee(&shards, bad[i].folder, head_of("npy", false), GS_SHARDS_NEW, &error);
        assert_told(status, GS_ERROR_FILE, &error, bad[i].foreseen);
    }
    gs_shards shards;
    gs_error error = {0};
    assert_told(gs_shards_view(&shards, "//", &error), GS_ERROR_FILE, &error, "/manifest.json: ");
    assert_told(gs_shards_view(&shards, "none", &error), GS_ERROR_FILE, &error, "none/manifest.json: ");
    assert_int_equal(gs_shards_foresee(&shards, "new", NULL, GS_SHARDS_NEW, &error), GS_ERROR_MEMORY);
    assert_left("file loop ");
}

/* What is in a shard's place is a file, a folder of files, or cannot be removed. */
static void what_is_in_the_way_goes(void **state) {
    (void)state;
    gs_shards shards;
    gs_error error = {0};
    assert_ok(open_run(&shards, GS_SHARDS_NEW, &error), &error);
    const gs_shard *shard = &shards.manifest.shard[0];
    assert_ok(gs_shards_clear(&shards, shard, &error), &error);
    write_file("run/shard-00000.npy", "x", 1);
    assert_ok(gs_shards_clear(&shards, shard, &error), &error);
    assert_int_equal(mkdir("run/shard-00000.npy", 0777), 0);
    write_file("run/shard-00000.npy/in", "x", 1);
    assert_ok(gs_shards_clear(&shards, shard, &error), &error);
    assert_int_equal(mkdir("run/shard-00000.npy", 0777), 0);
    assert_int_equal(mkdir("run/shard-00000.npy/in", 0777), 0);
    assert_told(gs_shards_clear(&shards, shard, &error), GS_ERROR_FILE, &error, "is in the way of a shard");
    gs_shards_close(&shards);
    static char folder[] = "run/manifest.json/";
    shards = (gs_shards){.folder = folder};
    assert_ok(gs_manifest_create(&shards.manifest, head_of("npy", false), "made", &error), &error);
    assert_told(gs_shards_clear(&shards, &shards.manifest.shard[0], &error), GS_ERROR_FILE, &error,
                "is in the way of a shard");
    assert_told(gs_shards_check(&shards, 0, &error), GS_ERROR_FILE, &error, "cannot be examined: ");
    gs_manifest_free(&shards.manifest);
}

/* ---- Damage ---- */

static void sums_that_changed_are_told(void **state) {
    (void)state;
    gs_shards shards;
    gs_shard shard;
    bool found;
    gs_error error = {0};
    assert_ok(gs_shards_open(&shards, "run", head_of("npy", true), GS_SHARDS_NEW, &error), &error);
    assert_ok(gs_shards_next(&shards, &shard, &found, &error), &error);
    npy_write_points("run/sums-00000.npy", 1);
    assert_ok(finish(&shards, &shard, &error), &error);
    assert_ok(gs_shards_check(&shards, 0, &error), &error);
    npy_write_points("run/sums-00000.npy", 2);
    assert_told(gs_shards_check(&shards, 0, &error), GS_ERROR_FORMAT, &error, "run/sums-00000.npy: its SHA-256 is ");
    unlink("run/sums-00000.npy");
    assert_told(gs_shards_check(&shards, 0, &error), GS_ERROR_FILE, &error, "run/sums-00000.npy: is missing");
    gs_shards_close(&shards);
}

static void damaged_shards_are_drawn_again(void **state) {
    (void)state;
    gs_error error = {0};
    assert_ok(draw(GS_SHARDS_NEW, &error), &error);
    npy_write_points("run/shard-00001.npy", 9);
    gs_shards shards;
    gs_shard shard;
    bool found;
    assert_ok(gs_shards_foresee(&shards, "run", head_of("npy", false), GS_SHARDS_RESUME, &error), &error);
    assert_true(shards.redone == 1 && shards.found == 2);
    gs_shards_close(&shards);
    assert_int_equal(finished(), 3); /* it only looked */
    assert_ok(open_run(&shards, GS_SHARDS_RESUME, &error), &error);
    assert_int_equal(finished(), 2);
    assert_true(!gs_shards_next(&shards, &shard, &found, &error) && found && shard.index == 1);
    assert_ok(finish(&shards, &shard, &error), &error);
    gs_shards_close(&shards);
    assert_ok(open_run(&shards, GS_SHARDS_RESUME, &error), &error);
    assert_true(!shards.redone && shards.found == 3 && gs_shards_chains(&shards) == 25);
    gs_shards_close(&shards);
}

/* ---- Claims ---- */

static void remove_claim(void) {
    unlink(CLAIM);
}

static void replace_claim(void) {
    unlink(CLAIM);
    write_file(CLAIM, "", 0);
}

static void lose_claim(void) {
    unlink(CLAIM);
    assert_int_equal(symlink("claim-00000", CLAIM), 0);
}

static void a_claim_is_of_the_file_that_has_the_name(void **state) {
    (void)state;
    static void (*const acts[])(void) = {NULL, remove_claim, replace_claim};
    assert_int_equal(mkdir("run", 0777), 0);
    for (size_t i = 0; i < GS_COUNT(acts); i++) {
        about("acts[%zu]", i);
        int claim, second;
        gs_error error = {0};
        before_lock = acts[i];
        assert_ok(gs_claim_take("run/", 0, &claim, &error), &error);
        assert_true(claim >= 0 && !gs_claim_is_left("run/", 0));
        assert_ok(gs_claim_take("run/", 0, &second, &error), &error);
        assert_int_equal(second, -1);
        gs_claim_release("run/", 0, claim);
        assert_false(gs_claim_is_left("run/", 0));
    }
    write_file(CLAIM, "", 0);
    assert_true(gs_claim_is_left("run/", 0));
}

static void claims_that_cannot_be_taken(void **state) {
    (void)state;
    int claim;
    gs_error error = {0};
    assert_told(gs_claim_take("none/", 0, &claim, &error), GS_ERROR_FILE, &error, "none/claim-00000: no process can");
    assert_told(gs_claim_manifest("none/", &claim, &error), GS_ERROR_FILE, &error, "none/claim-manifest: no process");
    gs_claims_end("none/");
    assert_int_equal(mkdir("run", 0777), 0);
    before_lock = lose_claim;
    assert_told(gs_claim_take("run/", 0, &claim, &error), GS_ERROR_FILE, &error,
                CLAIM ": no process can claim it here");
    assert_told(gs_claim_take("run/", 0, &claim, &error), GS_ERROR_FILE, &error,
                CLAIM ": no process can claim it here");
    lock_error = ENOLCK;
    assert_told(gs_claim_take("run/", 1, &claim, &error), GS_ERROR_FILE, &error,
                "claim-00001: no process can claim it");
    assert_told(gs_claim_manifest("run/", &claim, &error), GS_ERROR_FILE, &error, "claim-manifest: no process can");
    assert_int_equal(claim, -1);
    lock_error = 0;
}

static void finish_first(void) {
    gs_shards other;
    gs_error error = {0};
    assert_ok(gs_shards_view(&other, "run", &error), &error);
    gs_shard shard = other.manifest.shard[0];
    assert_ok(finish(&other, &shard, &error), &error);
    gs_shards_close(&other);
}

static void damage_manifest(void) {
    write_file("run/manifest.json", "{", 1);
}

/* A shard that is finished by another process just before it is claimed is none to be drawn. */
static void shared_runs_look_again(void **state) {
    (void)state;
    gs_shards shards;
    gs_shard shard;
    bool found;
    gs_error error = {0};
    assert_ok(open_run(&shards, GS_SHARDS_SHARE, &error), &error);
    before_lock = finish_first;
    assert_ok(gs_shards_next(&shards, &shard, &found, &error), &error);
    assert_true(found && shard.index == 1);
    gs_shards_release(&shards);
    before_lock = damage_manifest;
    assert_told(gs_shards_next(&shards, &shard, &found, &error), GS_ERROR_FORMAT, &error, "run/manifest.json: ");
    assert_false(found);
    assert_told(gs_shards_next(&shards, &shard, &found, &error), GS_ERROR_FORMAT, &error, "run/manifest.json: ");
    assert_told(gs_shards_commit(&shards, &shard, &error), GS_ERROR_FORMAT, &error, "run/manifest.json: ");
    lock_error = ENOLCK;
    assert_told(gs_shards_commit(&shards, &shard, &error), GS_ERROR_FILE, &error, "run/claim-manifest: ");
    lock_error = 0;
    gs_shards_close(&shards);
}

/* Where there are no locks a run is drawn all the same, but not shared. */
static void runs_without_locks(void **state) {
    (void)state;
    gs_error error = {0};
    lock_error = ENOLCK;
    gs_status alone = draw(GS_SHARDS_NEW, &error), shared = draw(GS_SHARDS_SHARE, &error);
    lock_error = 0;
    assert_int_equal(alone, GS_OK);
    assert_told(shared, GS_ERROR_FILE, &error, "run/claim-manifest: no process can claim it here");
    assert_int_equal(finished(), 3);
}

/* ---- Memory ---- */

typedef gs_status action(gs_error *error);

static gs_status begin_and_draw(gs_error *error) {
    return draw(GS_SHARDS_NEW, error);
}

static gs_status share_and_draw(gs_error *error) {
    return draw(GS_SHARDS_SHARE, error);
}

static gs_status look(gs_error *error) {
    gs_shards shards;
    json_t *head = head_of("npy", false);
    gs_status status = gs_shards_foresee(&shards, "run", head, GS_SHARDS_RESUME, error);
    gs_shards_close(&shards);
    return status;
}

static gs_status keep_state(gs_error *error) {
    char chains[] = "abcd";
    const gs_piece piece = {chains, sizeof chains};
    const float samples[] = {1, 2, 3, 4};
    gs_shards shards;
    gs_checkpoint c;
    gs_status status = gs_shards_view(&shards, "run", error);
    for (int time = 0; time < 2 && !status; time++) { /* the second one reads what the first one wrote */
        status = gs_checkpoint_open(&c, &shards, &shards.manifest.shard[0], 2, 0, 64, error);
        if (!status)
            status = gs_checkpoint_add(&c, samples, 2, error);
        if (!status)
            status = gs_checkpoint_write(&c, &piece, 1, error);
        gs_checkpoint_close(&c);
    }
    gs_shards_close(&shards);
    return status;
}

/* With the k-th allocation failing, for every k: out of memory, without a leak; or it was one that can be done without.
 */
static void run_out_of_memory(action *act, action *prepare) {
    long bad = 0;
    for (long k = 0, failed = 1; failed; k++) {
        about("allocation %ld", k);
        gs_error error = {0};
        if (!access("run", F_OK))
            remove_directory(strdup("run"));
        has_lost = false;
        if (prepare)
            assert_ok(prepare(&error), &error);
        error = (gs_error){0};
        long blocks = allocation_blocks();
        allocation_start_failing(k, false);
        gs_status status = act(&error);
        failed = allocation_stop_failing();
        bad += status != GS_OK;
        assert_true(allocation_blocks() <= blocks); /* the text of a manifest is allocated by the C library alone */
        if (status)
            assert_told(status, GS_ERROR_MEMORY, &error, "out of memory");
        assert_true(failed || !status);
    }
    has_lost = false;
    assert_true(bad > 1);
}

static void operations_run_out_of_memory(void **state) {
    (void)state;
    run_out_of_memory(begin_and_draw, NULL);
    run_out_of_memory(share_and_draw, NULL);
    run_out_of_memory(look, begin_and_draw);
    run_out_of_memory(keep_state, begin_and_draw);
}

/* ---- JSON ---- */

static gs_status put_json(gs_error *error) {
    json_t *value = json_pack("{s:{}, s:[], s:[f, f, i, s, n, b], s:{s:[{s:s}]}}", "a", "b", "c", 1e300, 2.0, 3, "d", 1,
                              "e", "f", "g", "h");
    FILE *out = fopen("value", "we");
    gs_status status = value ? gs_json_put(value, out, error) : gs_fail_memory(error, "JSON");
    fclose(out);
    json_decref(value);
    return status;
}

static void values_are_written_on_a_line(void **state) {
    (void)state;
    gs_error error = {0};
    assert_ok(put_json(&error), &error);
    assert_holds("value", "{\"a\": {}, \"b\": [], \"c\": [1e+300, 2.0, 3, \"d\", null, true], \"e\": {\"f\": "
                          "[{\"g\": \"h\"}]}}");
    run_out_of_memory(put_json, NULL);
}

/* ---- The end ---- */

/* Last, as what is interrupted stays so. */
static void interruptions_end_the_check(void **state) {
    (void)state;
    gs_shards shards;
    gs_error error = {0};
    assert_ok(draw(GS_SHARDS_NEW, &error), &error);
    gs_interrupt_request();
    assert_told(open_run(&shards, GS_SHARDS_RESUME, &error), GS_ERROR_INTERRUPTED, &error,
                "interrupted: 0 of 3 shards of run/ are checked, none is drawn");
}

int main(void) {
    json_set_alloc_funcs(take, free);
    const struct CMUnitTest tests[] = {OUTPUT_TEST(places_that_no_run_can_use),
                                       OUTPUT_TEST(what_is_in_the_way_goes),
                                       OUTPUT_TEST(sums_that_changed_are_told),
                                       OUTPUT_TEST(damaged_shards_are_drawn_again),
                                       OUTPUT_TEST(a_claim_is_of_the_file_that_has_the_name),
                                       OUTPUT_TEST(claims_that_cannot_be_taken),
                                       OUTPUT_TEST(shared_runs_look_again),
                                       OUTPUT_TEST(runs_without_locks),
                                       OUTPUT_TEST(operations_run_out_of_memory),
                                       OUTPUT_TEST(values_are_written_on_a_line),
                                       OUTPUT_TEST(interruptions_end_the_check)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
