/* Where programs look for files: folders as users write them, names that are too long, and folders that are none. And
 * one process without a launcher, which is the only rank there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/find.h"
#include "app/mnist.h"
#include "app/ranks.h"
#include "app/shares.h"
#include "app/words.h"
#include "support/files.h"
#include "support/outputs.h"

#include "support/about.h" /* after the function of that name */

static char endless[GS_PATH_ROOM + 1];

static void folders_end_with_slashes_or_not(void **state) {
    (void)state;
    static const struct {
        const char *folder, *path;
    } rows[] = {{"a", "a/x.bin"}, {"a///", "a/x.bin"}, {"/", "/x.bin"}, {"", "/x.bin"}, {"a/b/", "a/b/x.bin"}};
    char path[GS_PATH_ROOM];
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        about("rows[%zu]", i);
        assert_true(gs_path_under(rows[i].folder, "x", ".bin", path));
        assert_string_equal(path, rows[i].path);
    }
    assert_false(gs_path_under(endless, "x", ".bin", path));
    assert_false(gs_mnist_find(endless, "train", path));
    assert_false(gs_mnist_find("none", "train", path));
    assert_string_equal(path, "none/train-images-idx3-ubyte");
}

static void places_above_the_root(void **state) {
    (void)state;
    char path[GS_PATH_ROOM];
    gs_find_from_program("../../../../../../../../../../../../../../../../../../../../../../../../x", path);
    assert_string_equal(path, "/x");
    gs_find_from_program(endless, path);
    assert_string_equal(path, "");
}

static void networks_are_found(void **state) {
    (void)state;
    char path[GS_PATH_ROOM], names[100], folder[GS_PATH_ROOM];
    gs_error error = {0};
    const char *name = "ebm";
    assert_int_equal(mkdir("models", 0777), 0);
    write_file("models/ebm-cond.bin", "", 0);
    write_file("models/ebm.bin", "", 0);
    write_file("models/.bin", "", 0);
    write_file("models/plain", "", 0);
    assert_int_equal(setenv("GENSAMPLE_MODELS", "models/", 1), 0);
    assert_ok(gs_network_find(&name, path, &error), &error);
    assert_string_equal(name, "models/ebm.bin");
    assert_true(gs_shipped_find("plain", path));
    assert_string_equal(path, "models/plain");
    assert_int_equal(gs_shipped_list(", ", names, sizeof names, folder), 2);
    assert_string_equal(names, "ebm, ebm-cond");
    name = "other";
    assert_told(gs_network_find(&name, path, &error), GS_ERROR_FILE, &error,
                "other: no such file, no shipped network and no density: there are ebm, ebm-cond, in models/");
    assert_int_equal(setenv("GENSAMPLE_MODELS", "models/plain", 1), 0);
    assert_int_equal(gs_shipped_list(", ", names, sizeof names, folder), 0);
    assert_told(gs_network_find(&name, path, &error), GS_ERROR_FILE, &error, "there are none in models/plain");
    assert_int_equal(setenv("GENSAMPLE_MODELS", endless, 1), 0);
    assert_false(gs_shipped_find("ebm", path));
    assert_int_equal(setenv("GENSAMPLE_MODELS", "", 1), 0); /* as if it were not set */
    assert_false(gs_shipped_find("no network has this name", path));
    assert_int_equal(unsetenv("GENSAMPLE_MODELS"), 0);
    name = "-";
    assert_ok(gs_network_find(&name, path, &error), &error);
    assert_string_equal(name, gs_standard_input);
    name = NULL;
    assert_ok(gs_network_find(&name, path, &error), &error);
}

static void a_second_judge_is_beside_the_first(void **state) {
    (void)state;
    char path[GS_PATH_ROOM], far_away[GS_PATH_ROOM + 4];
    assert_null(gs_second_judge_find("judge.bin", path));
    write_file("judge2.bin", "", 0);
    assert_string_equal(gs_second_judge_find("judge.bin", path), "judge2.bin");
    assert_string_equal(gs_second_judge_find("./judge.bin", path), "./judge2.bin");
    snprintf(far_away, sizeof far_away, "%.*s/j", GS_PATH_ROOM - 3, endless);
    assert_null(gs_second_judge_find(far_away, path));
}

/* What no other rank is needed for. */
static void one_process_is_the_only_rank(void **state) {
    (void)state;
    char name[GS_RANKS_NAME_ROOM];
    gs_error error = {0};
    assert_int_equal(unsetenv("PMI_RANK") | unsetenv("PMIX_RANK") | unsetenv("OMPI_COMM_WORLD_RANK"), 0);
    assert_ok(gs_ranks_begin(&error), &error);
    assert_true(gs_ranks_rank() == 0 && gs_ranks_count() == 1 && !gs_ranks_is_lost(0));
    gs_ranks_name(0, name);
    assert_string_equal(name, "rank 0");
    assert_int_equal(gs_ranks_agree(GS_OK, &error), GS_OK);
    assert_int_equal(gs_ranks_agree(gs_fail(&error, GS_ERROR_FILE, "no"), &error), GS_ERROR_FILE);
    assert_string_equal(error.message, "no");
    assert_ok(gs_ranks_match("what", &error), &error);
    assert_false(gs_ranks_can()); /* there is no plugin beside this test */
    gs_shares_halt();
    gs_shares_hear_halt();
    assert_true(gs_share_of(0, 7).first == 0 && gs_share_of(0, 7).count == 7);
    gs_ranks_end(0);
}

int main(void) {
    memset(endless, 'a', sizeof endless - 1);
    const struct CMUnitTest tests[] = {OUTPUT_TEST(folders_end_with_slashes_or_not), OUTPUT_TEST(places_above_the_root),
                                       OUTPUT_TEST(networks_are_found), OUTPUT_TEST(a_second_judge_is_beside_the_first),
                                       OUTPUT_TEST(one_process_is_the_only_rank)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
