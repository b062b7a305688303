/* Files under temporary names: what killed runs left is removed and nothing else, names that are long or taken, and
 * what a signal's handler removes. */
#define _GNU_SOURCE /* setresuid */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/os.h"
#include "io/temporary.h"
#include "support/files.h"
#include "support/outputs.h"
#include "support/about.h"
#include "support/allocation.h"

enum { NAME_ROOM = 300, NAMES = 100, NOBODY = 65534, OLD_S = 120 };

static long dead; /* the number of a process that has ended */

static int find_dead(void **state) {
    (void)state;
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    dead = pid;
    return pid > 0 && waitpid(pid, NULL, 0) == pid ? 0 : 1;
}

/* The name with the number of a process in place of D, which has ended, or L, which lives. */
static const char *named(const char *pattern) {
    static char name[NAME_ROOM];
    size_t length = strcspn(pattern, "DL");
    snprintf(name, sizeof name, "%.*s", (int)length, pattern);
    if (pattern[length])
        snprintf(name + length, sizeof name - length, "%ld%s", pattern[length] == 'D' ? dead : (long)getpid(),
                 pattern + length + 1);
    return name;
}

static bool is_there(const char *name) {
    struct stat info;
    return lstat(name, &info) == 0;
}

/* ---- What others left ---- */

typedef enum kind { REGULAR, FOLDER, FOLDER_OF_OTHERS, LINK, PIPE } kind;

static void make_folder(const char *folder, bool others) {
    static const char *const files[] = {"0.png", "017.png", ".0.png.D-0", "others"};
    char file[2 * NAME_ROOM];
    assert_int_equal(mkdir(folder, 0700), 0);
    for (size_t i = 0; i < GS_COUNT(files) - !others; i++) {
        snprintf(file, sizeof file, "%s/%s", folder, named(files[i]));
        write_file(file, "", 0);
    }
}

static void make_left(const char *pattern, kind what, bool old) {
    char name[NAME_ROOM];
    snprintf(name, sizeof name, "%s", named(pattern));
    const struct timespec then[2] = {{.tv_sec = time(NULL) - OLD_S}, {.tv_sec = time(NULL) - OLD_S}};
    if (what == REGULAR)
        write_file(name, "", 0);
    else if (what == LINK)
        assert_int_equal(symlink("nowhere", name), 0);
    else if (what == PIPE)
        assert_int_equal(mkfifo(name, 0600), 0);
    else
        make_folder(name, what == FOLDER_OF_OTHERS);
    if (old)
        assert_int_equal(utimensat(AT_FDCWD, name, then, AT_SYMLINK_NOFOLLOW), 0);
}

/* What is left of a run that writes x.svg, and whether it goes. */
static void what_killed_runs_left_goes(void **state) {
    (void)state;
    static const struct {
        const char *name;
        kind what;
        bool old, begins, alone, goes;
    } rows[] = {
        {.name = ".x.svg.D-0", .goes = true},
        {.name = ".x.svg.D-99", .goes = true},
        {.name = ".x.svg.D-3", .what = FOLDER, .goes = true},
        {.name = ".x.svg.D-3", .what = FOLDER_OF_OTHERS},
        {.name = ".x.svg.D-0", .what = LINK},
        {.name = ".x.svg.D-0", .what = PIPE},
        {.name = ".x.svg.L-0"}, /* it may be about to be locked */
        {.name = ".x.svg.L-0", .old = true, .goes = true},
        {.name = ".x.svg.L-0", .alone = true, .goes = true},
        {.name = ".x.svg.more.D-0"},
        {.name = ".x.svg.more.D-0", .begins = true, .goes = true},
        {.name = ".x.svgD-0"},
        {.name = ".x.svg.-0"},
        {.name = ".x.svg.D-"},
        {.name = ".x.svg.D-1a"},
        {.name = ".x.svg.D"},
        {.name = ".x.svg.D0x-0"},
        {.name = "x.svg.D-0"},
        {.name = ".y.svg.D-0"},
    };
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        about("rows[%zu], %s", i, rows[i].name);
        make_left(rows[i].name, rows[i].what, rows[i].old);
        gs_temporary_clear("x.svg", rows[i].begins, rows[i].alone);
        assert_int_equal(is_there(named(rows[i].name)), !rows[i].goes);
        if (rows[i].what == FOLDER_OF_OTHERS) { /* pictures have gone, what nobody knows has not */
            char file[2 * NAME_ROOM];
            snprintf(file, sizeof file, "%s/0.png", named(rows[i].name));
            assert_false(is_there(file));
            snprintf(file, sizeof file, "%s/others", named(rows[i].name));
            assert_int_equal(unlink(file), 0);
        }
        if (!rows[i].goes)
            assert_int_equal(remove(named(rows[i].name)), 0);
        assert_left("");
    }
}

static void other_folders_are_cleared(void **state) {
    (void)state;
    static const char *const paths[] = {"d/x", "d/x/", "./d/x//"};
    assert_int_equal(mkdir("d", 0700), 0);
    for (size_t i = 0; i < GS_COUNT(paths); i++) {
        about("%s", paths[i]);
        make_left("d/.x.D-0", REGULAR, false);
        make_left(".x.D-0", REGULAR, false);
        gs_temporary_clear(paths[i], false, false);
        assert_false(is_there(named("d/.x.D-0")));
        assert_int_equal(unlink(named(".x.D-0")), 0);
    }
    gs_temporary_clear("none/x", false, false);
    assert_left("d ");
}

static void what_is_locked_stays(void **state) {
    (void)state;
    static const kind kinds[] = {REGULAR, FOLDER};
    for (size_t i = 0; i < GS_COUNT(kinds); i++) {
        about("kinds[%zu]", i);
        make_left(".x.D-0", kinds[i], true);
        int descriptor = open(named(".x.D-0"), O_RDONLY);
        assert_true(gs_os_lock(descriptor, GS_LOCK_SHARED));
        gs_temporary_clear("x", false, true);
        assert_true(is_there(named(".x.D-0")));
        close(descriptor);
        gs_temporary_clear("x", false, true);
        assert_left("");
    }
}

/* Of a user who may neither open a file nor send a signal to its process; the file is fresh where its process lives.
 * Until the end of the test its process is such a user's. */
static void what_belongs_to_others_stays(void **state) {
    (void)state;
    bool is_root = geteuid() == 0;
    char lives[NAME_ROOM];
    snprintf(lives, sizeof lives, ".x.%ld-1", (long)getppid());
    make_left(".x.D-0", REGULAR, false);
    make_left(lives, REGULAR, false);
    assert_int_equal(chmod(named(".x.D-0"), 0), 0);
    assert_int_equal(chmod(".", 0777), 0);
    assert_true(!is_root || setresuid(NOBODY, NOBODY, 0) == 0);
    gs_temporary_clear("x", false, false);
    assert_true(!is_root || setresuid(0, 0, 0) == 0);
    assert_true(is_there(named(".x.D-0")));
    assert_true(is_there(lives));
}

static void without_memory_nothing_is_removed(void **state) {
    (void)state;
    gs_temporary *made = NULL;
    make_left(".x.D-0", REGULAR, false);
    allocation_start_failing(0, true);
    gs_temporary_clear("x", false, false);
    int result = gs_temporary_make_itself("y", 0600, &made), reason = errno;
    assert_true(allocation_stop_failing() > 1);
    assert_int_equal(result, -1);
    assert_int_equal(reason, ENOMEM);
    assert_null(made);
    assert_true(is_there(named(".x.D-0")));
}

/* ---- Names ---- */

/* They are cut between two characters, and where there is none, to nothing. */
static void long_names_are_cut(void **state) {
    (void)state;
    char path[NAME_ROOM] = "a", expected[2 * NAME_ROOM];
    while (strlen(path) < 180)
        strcat(path, "\xC3\xA4");
    for (int way = 0; way < 2; way++) {
        gs_temporary *made = NULL;
        about("way %d", way);
        if (way)
            memset(path, 0x80, strlen(path));
        int descriptor = gs_temporary_make_file(path, 0600, &made);
        if (descriptor < 0 && way)
            skip(); /* a file system on which names are UTF-8 */
        assert_true(descriptor >= 0);
        const char *name = gs_temporary_name(made);
        snprintf(expected, sizeof expected, ".%.*s.%ld-0", way ? 0 : 99, path, (long)getpid());
        assert_string_equal(name ? name : "", expected);
        assert_true(is_there(expected));
        close(descriptor);
        gs_temporary_free(made);
        assert_left("");
    }
}

/* Take all names that the process may give to x, but for one. */
static void take_names(int but) {
    char name[NAME_ROOM];
    for (int k = 0; k < NAMES; k++) {
        snprintf(name, sizeof name, ".x.%ld-%d", (long)getpid(), k);
        if (k != but)
            write_file(name, "", 0);
    }
}

static void names_that_are_taken_are_passed_over(void **state) {
    (void)state;
    char expected[NAME_ROOM];
    snprintf(expected, sizeof expected, ".x.%ld-%d", (long)getpid(), 57);
    take_names(57);
    for (int folder = 0; folder < 2; folder++) {
        gs_temporary *made = NULL;
        about("folder %d", folder);
        int result = folder ? gs_temporary_make_directory("x", 1, &made) : gs_temporary_make_file("x", 0600, &made);
        assert_true(result >= 0);
        const char *name = folder ? made->name : gs_temporary_name(made);
        assert_string_equal(name ? name : "", expected);
        assert_true(is_there(expected));
        if (!folder)
            close(result);
        gs_temporary_free(made);
        assert_false(is_there(expected));
    }
}

static void where_all_names_are_taken_it_fails(void **state) {
    (void)state;
    gs_temporary *made = NULL;
    take_names(-1);
    int result = gs_temporary_make_directory("x", 1, &made);
    assert_int_equal(errno, EEXIST);
    assert_int_equal(result, -1);
    assert_null(made);
    int descriptor = gs_temporary_make_file("x", 0600, &made);
    if (descriptor < 0)
        return; /* there are no files without a name */
    assert_null(gs_temporary_name(made));
    assert_int_equal(errno, EEXIST);
    gs_temporary_keep(made); /* which it cannot be */
    gs_temporary_free(made);
    close(descriptor);
    assert_int_equal(unlink(named(".x.L-99")), 0);
}

static void a_file_may_have_its_own_name(void **state) {
    (void)state;
    gs_temporary *made = NULL;
    int descriptor = gs_temporary_make_itself("x", 0600, &made);
    assert_true(descriptor >= 0);
    assert_string_equal(gs_temporary_name(made), "x");
    assert_left("x ");
    gs_temporary_free(made);
    close(descriptor);
    assert_left("");
    write_file("x", "", 0);
    assert_int_equal(gs_temporary_make_itself("x", 0600, &made), -1);
}

/* ---- Signals ---- */

static void remove_all(void) {
    gs_temporary *file = NULL, *folder = NULL, *kept = NULL;
    check(gs_temporary_make_file("x", 0600, &file) >= 0 && gs_temporary_name(file), 1);
    check(gs_temporary_make_directory("d", 11, &folder) == 0, 2);
    for (folder->files = 0; folder->files < 11; folder->files++)
        write_file(gs_temporary_file(folder, folder->files), "", 0);
    check(gs_temporary_make_itself("kept", 0600, &kept) >= 0, 3);
    gs_temporary_keep(kept);
    gs_temporary_remove_all();
    gs_temporary_free(kept);
    exit(0);
}

static void a_handler_removes_all_but_what_is_kept(void **state) {
    (void)state;
    int status;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        remove_all();
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_left("kept ");
}

int main(void) {
    const struct CMUnitTest tests[] = {OUTPUT_TEST(what_killed_runs_left_goes),
                                       OUTPUT_TEST(other_folders_are_cleared),
                                       OUTPUT_TEST(what_is_locked_stays),
                                       OUTPUT_TEST(what_belongs_to_others_stays),
                                       OUTPUT_TEST(without_memory_nothing_is_removed),
                                       OUTPUT_TEST(long_names_are_cut),
                                       OUTPUT_TEST(names_that_are_taken_are_passed_over),
                                       OUTPUT_TEST(where_all_names_are_taken_it_fails),
                                       OUTPUT_TEST(a_file_may_have_its_own_name),
                                       OUTPUT_TEST(a_handler_removes_all_but_what_is_kept)};
    return cmocka_run_group_tests(tests, find_dead, NULL);
}
