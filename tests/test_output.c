/* Ways to an output's file, with renames and owners that fail on demand. Nothing is left behind, and nothing complete
 * is lost. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/xattr.h>
#endif

#include <cmocka.h>

#include "io/picture.h"
#include "io/place.h"
#include "support/files.h"
#include "support/outputs.h"

enum { NOBODY = 65534 };

/* ---- Failures on demand; see tests/CMakeLists.txt ---- */

static int rename_error, chown_error, renames;
static const char *folder_in_the_way; /* made as soon as a rename has failed, so that nothing can be copied either */

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to) {
    renames++;
    if (!rename_error)
        return __real_rename(from, to);
    if (folder_in_the_way) {
        unlink(folder_in_the_way);
        mkdir(folder_in_the_way, 0700);
    }
    errno = rename_error;
    return -1;
}

int __real_fchown(int descriptor, uid_t owner, gid_t group);
int __wrap_fchown(int descriptor, uid_t owner, gid_t group);
int __wrap_fchown(int descriptor, uid_t owner, gid_t group) {
    if (!chown_error)
        return __real_fchown(descriptor, owner, group);
    errno = chown_error;
    return -1;
}

static bool is_root(void) {
    return geteuid() == 0;
}

static int begin(void **state) {
    rename_error = chown_error = renames = 0;
    folder_in_the_way = NULL;
    return enter_test_folder(state);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, leave_test_folder)

/* ---- Renames that fail ---- */

static void a_mount_point_is_written_into(void **state) {
    (void)state;
    static const int errors[] = {EBUSY, EXDEV, EPERM, EACCES};
    gs_error error = {0};
    for (size_t i = 0; i < GS_COUNT(errors); i++) {
        rename_error = errors[i];
        write_file("x.svg", "older and longer", 16);
        struct stat before = about("x.svg");
        assert_ok(put_text("x.svg", "new", &error), &error);
        assert_true(renames > 0);
        assert_holds("x.svg", "new");
        assert_true(before.st_ino == about("x.svg").st_ino);
        assert_ok(put_text("y.svg", "new too", &error), &error);
        assert_holds("y.svg", "new too");
        assert_left("x.svg y.svg ");
        assert_int_equal(unlink("y.svg"), 0);
    }
}

static void every_writer_takes_that_way(void **state) {
    (void)state;
    gs_error error = {0};
    float data[16] = {0};
    gs_images images = {.data = data, .n = 1, .shape = {1, 4, 4}, .range = {0, 1}};
    for (int i = 0; i < GS_FORMAT_COUNT; i++) {
        if (gs_format_holds((gs_format)i) == GS_HOLDS_CHAINS) /* which come by chain_file.h */
            continue;
        const gs_format format = (gs_format)i;
        size_t size[2];
        for (int busy = 0; busy < 2; busy++) {
            rename_error = busy ? EBUSY : 0;
            write_file("x", "old", 3);
            assert_ok(put_images(format, "x", &images, gs_grid_square(1), NULL, 0, &error), &error);
            if (!busy)
                assert_int_equal(__real_rename("x", "first"), 0);
        }
        unsigned char *bytes[2] = {read_file("first", &size[0]), read_file("x", &size[1])};
        assert_int_equal(size[0], size[1]);
        assert_memory_equal(bytes[0], bytes[1], size[0]);
        free(bytes[0]);
        free(bytes[1]);
        assert_left("first x ");
    }
}

static void what_cannot_be_placed_is_kept(void **state) {
    (void)state;
    gs_error error = {0};
    rename_error = EBUSY;
    folder_in_the_way = "x.svg";
    write_file("x.svg", "old", 3);
    gs_status status = put_text("x.svg", "new", &error);
    assert_told(status, GS_ERROR_FILE, &error, "kept whole in ");
    assert_non_null(strstr(error.message, strerror(EBUSY)));
    assert_non_null(strstr(error.message, strerror(EISDIR)));
    const char *kept = strstr(error.message, "kept whole in ") + strlen("kept whole in ");
    assert_holds(kept, "new");
    assert_int_equal(unlink(kept), 0);
    assert_left("x.svg ");
}

static void a_directory_that_cannot_be_placed_is_kept(void **state) {
    (void)state;
    gs_error error = {0};
    float data[16] = {0};
    gs_images images = {.data = data, .n = 1, .shape = {1, 4, 4}, .range = {0, 1}};
    gs_output_directory directory;
    assert_ok(gs_directory_open(&directory, "d/", 1, &error), &error);
    char file[200];
    snprintf(file, sizeof file, "%s", gs_temporary_file(directory.temporary, 0));
    assert_ok(gs_sink_put_canvas(GS_FORMAT_PNG, file,
                                 &(gs_canvas){.width = 1, .height = 1, .channels = 1, .pixels = (uint8_t[]){7}}, NULL,
                                 0, &error),
              &error);
    directory.temporary->files = 1;
    rename_error = EXDEV;
    gs_status status = gs_directory_commit(&directory, &error);
    assert_told(status, GS_ERROR_FILE, &error, "the pictures are kept in ");
    assert_int_equal(access(file, F_OK), 0);
    assert_int_equal(unlink(file), 0);
    *strrchr(file, '/') = 0;
    assert_int_equal(rmdir(file), 0);
    rename_error = 0;
    assert_ok(put_images(GS_FORMAT_DIRECTORY, "d", &images, (gs_grid){0}, NULL, 0, &error), &error);
    assert_left("d ");
    assert_int_equal(unlink("d/0.png"), 0);
}

/* ---- What a replaced file keeps ---- */

static void modes_are_kept(void **state) {
    (void)state;
    static const mode_t modes[] = {0600, 0640, 0664, 0666, 0755};
    gs_error error = {0};
    for (size_t i = 0; i < GS_COUNT(modes); i++)
        for (int way = 0; way < 2; way++) {
            rename_error = way ? EBUSY : 0;
            write_file("x.svg", "old", 3);
            assert_int_equal(chmod("x.svg", modes[i]), 0);
            assert_ok(put_text("x.svg", "new", &error), &error);
            if ((about("x.svg").st_mode & 07777) != modes[i])
                fail_msg("mode %o became %o", (unsigned)modes[i], (unsigned)about("x.svg").st_mode & 07777);
        }
    assert_left("x.svg ");
}

static void a_new_file_has_the_umask(void **state) {
    (void)state;
    gs_error error = {0};
    mode_t before = umask(027);
    assert_ok(put_text("x.svg", "new", &error), &error);
    umask(before);
    assert_int_equal(about("x.svg").st_mode & 07777, 0640);
}

static void nobody_reads_what_is_private(void **state) {
    (void)state;
    gs_error error = {0};
    gs_output output;
    write_file("x.svg", "old", 3);
    assert_int_equal(chmod("x.svg", 0600), 0);
    assert_ok(gs_output_open(&output, "x.svg", &error), &error);
    struct stat info;
    assert_int_equal(fstat(fileno(output.file), &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    gs_output_abandon(&output);
    assert_holds("x.svg", "old");
}

/* An owner that cannot be given to a new file stays by a copy. */
static void owners_are_kept(void **state) {
    (void)state;
    if (!is_root())
        skip();
    gs_error error = {0};
    for (int fails = 0; fails < 2; fails++) {
        write_file("x.svg", "old", 3);
        assert_int_equal(chown("x.svg", NOBODY, NOBODY), 0);
        assert_int_equal(chmod("x.svg", 0640), 0);
        struct stat before = about("x.svg");
        chown_error = fails ? EPERM : 0;
        assert_ok(put_text("x.svg", "new", &error), &error);
        struct stat after = about("x.svg");
        assert_int_equal(after.st_uid, NOBODY);
        assert_int_equal(after.st_gid, NOBODY);
        assert_int_equal(after.st_mode & 07777, 0640);
        assert_int_equal(before.st_ino == after.st_ino, fails);
        assert_holds("x.svg", "new");
    }
    assert_left("x.svg ");
}

static void groups_are_kept(void **state) {
    (void)state;
    if (!is_root())
        skip();
    gs_error error = {0};
    write_file("x.svg", "old", 3);
    assert_int_equal(chown("x.svg", geteuid(), NOBODY), 0);
    assert_ok(put_text("x.svg", "new", &error), &error);
    assert_int_equal(about("x.svg").st_gid, NOBODY);
    assert_holds("x.svg", "new");
    assert_left("x.svg ");
}

#ifdef __linux__
/* The same for an access control list, which names a user 4711 besides, and for attributes, where the file system has
 * them. */
static void lists_and_attributes_are_kept(void **state) {
    (void)state;
    static const struct {
        const char *name, *value;
        size_t size;
    } rows[] = {{"user.origin", "here", 4},
                {"system.posix_acl_access",
                 "\2\0\0\0"
                 "\1\0\6\0\377\377\377\377"
                 "\2\0\4\0\147\22\0\0"
                 "\4\0\0\0\377\377\377\377"
                 "\20\0\4\0\377\377\377\377"
                 "\40\0\0\0\377\377\377\377",
                 44}};
    gs_error error = {0};
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        char kept[64];
        write_file("x.svg", "old", 3);
        if (setxattr("x.svg", rows[i].name, rows[i].value, rows[i].size, 0) != 0)
            continue;
        assert_ok(put_text("x.svg", "newer", &error), &error);
        assert_int_equal(getxattr("x.svg", rows[i].name, kept, sizeof kept), rows[i].size);
        assert_memory_equal(kept, rows[i].value, rows[i].size);
        assert_holds("x.svg", "newer");
        assert_left("x.svg ");
    }
}
#endif

static void hard_links_are_kept(void **state) {
    (void)state;
    gs_error error = {0};
    write_file("x.svg", "old", 3);
    assert_int_equal(link("x.svg", "y.svg"), 0);
    assert_ok(put_text("x.svg", "new", &error), &error);
    assert_holds("y.svg", "new");
    assert_int_equal(about("x.svg").st_nlink, 2);
    assert_left("x.svg y.svg ");
}

static void symbolic_links_are_followed(void **state) {
    (void)state;
    gs_error error = {0};
    assert_int_equal(mkdir("d", 0700), 0);
    assert_int_equal(symlink("d/middle", "link"), 0);
    assert_int_equal(symlink("../x.svg", "d/middle"), 0);
    for (int there = 0; there < 2; there++) {
        assert_ok(put_text("link", there ? "newer" : "new", &error), &error);
        assert_holds("x.svg", there ? "newer" : "new");
        assert_true(S_ISLNK(about("link").st_mode) && S_ISLNK(about("d/middle").st_mode));
    }
    assert_int_equal(unlink("d/middle"), 0);
    assert_int_equal(symlink("nowhere/x.svg", "d/middle"), 0);
    assert_told(put_text("link", "new", &error), GS_ERROR_FILE, &error, strerror(ENOENT));
    assert_int_equal(unlink("d/middle"), 0);
    assert_int_equal(symlink("../link", "d/middle"), 0);
    assert_told(put_text("link", "new", &error), GS_ERROR_FILE, &error, strerror(ELOOP));
    assert_int_equal(unlink("d/middle"), 0);
    char longest[4096];
    memset(longest, '/', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    if (symlink(longest, "d/middle") == 0) { /* some file systems take no link of that length */
        assert_told(put_text("link", "new", &error), GS_ERROR_FILE, &error, strerror(ENAMETOOLONG));
        assert_int_equal(unlink("d/middle"), 0);
    }
    assert_left("d link x.svg ");
}

static void the_longest_name(void **state) {
    (void)state;
    gs_error error = {0};
    char name[256] = "";
    long most = pathconf(".", _PC_NAME_MAX);
    if (most > 255)
        most = 255;
    while ((long)strlen(name) + 6 <= most)
        strcat(name, "\xC3\xA4");
    strcat(name, ".svg");
    assert_ok(put_text(name, "new", &error), &error);
    assert_holds(name, "new");
    assert_int_equal(unlink(name), 0);
    assert_left("");
}

/* ---- Folders that take no new file ---- */

/* The case runs in a child process that obeys permissions; the parent checks that it ran. */
static void as_nobody(void (*act)(void)) {
    assert_int_equal(chmod(test_directory, 0755), 0);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        if (is_root() && (setgid(NOBODY) || setuid(NOBODY)))
            _exit(99);
        act();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        fail_msg("the process ended with %#x", (unsigned)status);
}

static void act_in_closed_folder(void) {
    gs_error error = {0};
    check(put_text("closed/x.svg", "new", &error) == GS_OK, 1);
    check(put_text("closed/y.svg", "new", &error) == GS_ERROR_FILE, 2);
    check(strstr(error.message, strerror(EACCES)) != NULL, 3);
    check(put_text("closed/locked.svg", "new", &error) == GS_ERROR_FILE, 4);
}

static void a_file_in_a_closed_folder(void **state) {
    (void)state;
    assert_int_equal(mkdir("closed", 0755), 0);
    write_file("closed/x.svg", "old", 3);
    write_file("closed/locked.svg", "old", 3);
    assert_int_equal(chmod("closed/x.svg", 0666), 0);
    assert_int_equal(chmod("closed/locked.svg", 0444), 0);
    assert_int_equal(chmod("closed", 0555), 0);
    as_nobody(act_in_closed_folder);
    assert_int_equal(chmod("closed", 0755), 0);
    assert_holds("closed/x.svg", "new");
    assert_holds("closed/locked.svg", "old");
    assert_int_equal(unlink("closed/x.svg"), 0);
    assert_int_equal(unlink("closed/locked.svg"), 0);
}

static void act_in_sticky_folder(void) {
    gs_error error = {0};
    check(put_text("sticky/x.svg", "new", &error) == GS_OK, 1);
}

/* As in /tmp, a user who does not own a file may write into it, but not replace it. */
static void a_file_in_a_sticky_folder(void **state) {
    (void)state;
    if (!is_root())
        skip();
    assert_int_equal(mkdir("sticky", 0755), 0);
    write_file("sticky/x.svg", "old", 3);
    assert_int_equal(chmod("sticky/x.svg", 0666), 0);
    assert_int_equal(chmod("sticky", 01777), 0);
    as_nobody(act_in_sticky_folder);
    assert_holds("sticky/x.svg", "new");
    assert_int_equal(about("sticky/x.svg").st_uid, 0);
    assert_int_equal(unlink("sticky/x.svg"), 0);
    assert_int_equal(rmdir("sticky"), 0);
}

static void more_than_there_is_room_for(void **state) {
    (void)state;
    gs_error error = {0};
    struct rlimit before, limit;
    assert_told(gs_output_check("x.npy", GS_FORMAT_NPY, 1e18, &error), GS_ERROR_FILE, &error, "the disk has room for");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 100000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    gs_status under = gs_output_check("x.npy", GS_FORMAT_NPY, 99999, &error);
    gs_status over = gs_output_check("x.npy", GS_FORMAT_NPY, 100001, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(under, GS_OK);
    assert_told(over, GS_ERROR_FILE, &error, strerror(EFBIG));
    assert_left("");
}

static void checks_of_names_and_folders(void **state) {
    (void)state;
    gs_error error = {0};
    assert_told(gs_output_check("", GS_FORMAT_NPY, 0, &error), GS_ERROR_ARGUMENT, &error, "is empty");
    assert_told(gs_output_check("", GS_FORMAT_DIRECTORY, 0, &error), GS_ERROR_ARGUMENT, &error, "is empty");
    assert_ok(gs_output_sync_name("/", &error), &error);
    assert_ok(gs_output_sync_name("x//", &error), &error);
    assert_told(gs_output_sync_name("none/x", &error), GS_ERROR_FILE, &error, strerror(ENOENT));
    write_file("x", "", 0);
    assert_told(gs_output_check("x", GS_FORMAT_DIRECTORY, 0, &error), GS_ERROR_FILE, &error, "is no directory");
    static const char *const mounts[] = {"/dev/mqueue", "/dev/shm", "/dev/hugepages", "/mnt", "/media"};
    for (size_t i = 0; i < GS_COUNT(mounts); i++) { /* where one of them is empty, and a mount point */
        char above[40];
        struct stat here, there;
        snprintf(above, sizeof above, "%s/..", mounts[i]);
        if (stat(mounts[i], &here) != 0 || stat(above, &there) != 0 || here.st_dev == there.st_dev)
            continue;
        gs_status status = gs_output_check(mounts[i], GS_FORMAT_DIRECTORY, 0, &error);
        assert_int_equal(status, GS_ERROR_FILE);
        assert_true(strstr(error.message, "is a mount point") || strstr(error.message, "is not empty"));
    }
    assert_left("x ");
}

/* So long a path that the folder above cannot be named. */
static void the_longest_path(void **state) {
    (void)state;
    enum { LONGEST = 4095 };
    char path[LONGEST + 1] = "";
    gs_error error = {0};
    assert_int_equal(mkdir("d", 0700), 0);
    while (strlen(path) + 3 <= LONGEST)
        strcat(path, "./");
    strcat(path, "d");
    if (access(path, F_OK) != 0)
        skip();
    assert_told(gs_output_check(path, GS_FORMAT_DIRECTORY, 0, &error), GS_ERROR_FILE, &error, "././");
    assert_left("d ");
}

/* ---- One file by two names ---- */

static void one_file_by_two_names(void **state) {
    (void)state;
    write_file("x", "", 0);
    assert_int_equal(link("x", "y"), 0);
    assert_int_equal(symlink("x", "link"), 0);
    assert_int_equal(symlink("new", "new link"), 0);
    assert_int_equal(mkdir("d", 0700), 0);
    write_file("z", "", 0);
    static const struct {
        const char *a, *b;
        bool same;
    } pairs[] = {{"x", "./x", true},         {"x", "y", true},
                 {"x", "link", true},        {"x", "new", false},
                 {"new", "d/../new", true},  {"new", "new link", true},
                 {"new", "d/new", false},    {"x", "z", false},
                 {"new", "newer", false},    {"/dev/null", "/dev/null", false},
                 {"none/x", "none/x", false}};
    for (size_t i = 0; i < GS_COUNT(pairs); i++)
        if (gs_place_same(pairs[i].a, pairs[i].b) != pairs[i].same)
            fail_msg("%s and %s", pairs[i].a, pairs[i].b);
    char stream[40];
    int descriptor = open("x", O_WRONLY);
    assert_true(descriptor >= 0);
    snprintf(stream, sizeof stream, "/dev/fd/%d", descriptor);
    assert_false(gs_place_same("x", stream)); /* which may be written at its end */
    assert_false(gs_place_same(stream, "x"));
    assert_false(gs_place_same("/dev/null", "x"));
    assert_int_equal(close(descriptor), 0);
    assert_int_equal(unlink("y"), 0);
    assert_int_equal(rmdir("d"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {TEST(a_mount_point_is_written_into),
                                       TEST(groups_are_kept),
                                       TEST(checks_of_names_and_folders),
                                       TEST(the_longest_path),
                                       TEST(every_writer_takes_that_way),
                                       TEST(what_cannot_be_placed_is_kept),
                                       TEST(a_directory_that_cannot_be_placed_is_kept),
                                       TEST(modes_are_kept),
                                       TEST(a_new_file_has_the_umask),
                                       TEST(nobody_reads_what_is_private),
                                       TEST(owners_are_kept),
#ifdef __linux__
                                       TEST(lists_and_attributes_are_kept),
#endif
                                       TEST(hard_links_are_kept),
                                       TEST(symbolic_links_are_followed),
                                       TEST(the_longest_name),
                                       TEST(a_file_in_a_closed_folder),
                                       TEST(a_file_in_a_sticky_folder),
                                       TEST(more_than_there_is_room_for),
                                       TEST(one_file_by_two_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
