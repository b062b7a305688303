/* Where outputs go: every way to a file, with renames and owners that fail on demand, and signals while one is written.
 * Nothing is left behind, and nothing complete is lost. */
#define _XOPEN_SOURCE 700 /* posix_openpt */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "cli/interrupt.h"
#include "io/images.h"
#include "io/place.h"
#include "support/files.h"

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

/* ---- Places ---- */

static int make_place(void **state) {
    rename_error = chown_error = renames = 0;
    folder_in_the_way = NULL;
    make_test_path(state);
    return chdir(test_directory);
}

static int remove_place(void **state) {
    if (chdir("/"))
        return 1;
    return remove_test_path(state);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_place, remove_place)

static void assert_ok(gs_status status, const gs_error *error) {
    if (status)
        fail_msg("%s", error->message);
}

static void assert_told(gs_status status, gs_status expected, const gs_error *error, const char *why) {
    if (status != expected || !strstr(error->message, why))
        fail_msg("status %d, expected %d and \"%s\": %s", (int)status, (int)expected, why, error->message);
}

static void assert_holds(const char *path, const char *text) {
    size_t size;
    unsigned char *bytes = read_file(path, &size);
    if (size != strlen(text) || memcmp(bytes, text, size) != 0)
        fail_msg("%s: holds \"%s\", expected \"%s\"", path, (const char *)bytes, text);
    free(bytes);
}

/* The folder then has the files that are named, and no other. */
static void assert_left(const char *names) {
    char command[200], found[400] = "";
    snprintf(command, sizeof command, "LC_ALL=C ls -A | tr '\\n' ' '");
    FILE *list = popen(command, "r");
    assert_non_null(list);
    size_t size = fread(found, 1, sizeof found - 1, list);
    assert_int_equal(pclose(list), 0);
    found[size] = 0;
    assert_string_equal(found, names);
}

static gs_status put(const char *path, const char *text, gs_error *error) {
    gs_output output;
    gs_status status = gs_output_check(path, GS_FORMAT_TEXT, 0, error);
    if (!status)
        status = gs_output_open(&output, path, error);
    return status ? status : gs_output_end(&output, gs_output_write(&output, text, strlen(text), error), error);
}

static struct stat about(const char *path) {
    struct stat info;
    assert_int_equal(lstat(path, &info), 0);
    return info;
}

static bool is_root(void) {
    return geteuid() == 0;
}

/* ---- Renames that fail ---- */

static void a_mount_point_is_written_into(void **state) {
    (void)state;
    static const int errors[] = {EBUSY, EXDEV, EPERM, EACCES};
    gs_error error = {0};
    for (size_t i = 0; i < GS_COUNT(errors); i++) {
        rename_error = errors[i];
        write_file("x.svg", "older and longer", 16);
        struct stat before = about("x.svg");
        assert_ok(put("x.svg", "new", &error), &error);
        assert_true(renames > 0);
        assert_holds("x.svg", "new");
        assert_true(before.st_ino == about("x.svg").st_ino);
        assert_ok(put("y.svg", "new too", &error), &error);
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
    static const char *const names[] = {"x.png", "x.npy", "x.idx"};
    for (int busy = 0; busy < 2; busy++) {
        rename_error = busy ? EBUSY : 0;
        for (size_t i = 0; i < GS_COUNT(names); i++)
            write_file(names[i], "old", 3);
        assert_ok(gs_write_grid(names[0], &images, gs_grid_square(1), NULL, 0, &error), &error);
        assert_ok(gs_write_npy(names[1], data, (size_t[]){1, 16}, 2, &error), &error);
        assert_ok(gs_write_idx(names[2], &images, &error), &error);
        for (size_t i = 0; i < GS_COUNT(names) && busy; i++) {
            char first[20];
            size_t size[2];
            snprintf(first, sizeof first, "first.%s", names[i]);
            unsigned char *bytes[2] = {read_file(first, &size[0]), read_file(names[i], &size[1])};
            assert_int_equal(size[0], size[1]);
            assert_memory_equal(bytes[0], bytes[1], size[0]);
            free(bytes[0]);
            free(bytes[1]);
        }
        for (size_t i = 0; i < GS_COUNT(names) && !busy; i++) {
            char first[20];
            snprintf(first, sizeof first, "first.%s", names[i]);
            assert_int_equal(__real_rename(names[i], first), 0);
        }
    }
    assert_left("first.x.idx first.x.npy first.x.png x.idx x.npy x.png ");
}

static void what_cannot_be_placed_is_kept(void **state) {
    (void)state;
    gs_error error = {0};
    rename_error = EBUSY;
    folder_in_the_way = "x.svg";
    write_file("x.svg", "old", 3);
    gs_status status = put("x.svg", "new", &error);
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
    assert_ok(gs_canvas_write_png(&(gs_canvas){1, 1, 1, (uint8_t[]){7}}, file, NULL, 0, &error), &error);
    directory.temporary->files = 1;
    rename_error = EXDEV;
    gs_status status = gs_directory_commit(&directory, &error);
    assert_told(status, GS_ERROR_FILE, &error, "the pictures are kept in ");
    assert_int_equal(access(file, F_OK), 0);
    assert_int_equal(unlink(file), 0);
    *strrchr(file, '/') = 0;
    assert_int_equal(rmdir(file), 0);
    rename_error = 0;
    assert_ok(gs_write_directory("d", &images, NULL, 0, &error), &error);
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
            assert_ok(put("x.svg", "new", &error), &error);
            if ((about("x.svg").st_mode & 07777) != modes[i])
                fail_msg("mode %o became %o", (unsigned)modes[i], (unsigned)about("x.svg").st_mode & 07777);
        }
    assert_left("x.svg ");
}

static void a_new_file_has_the_umask(void **state) {
    (void)state;
    gs_error error = {0};
    mode_t before = umask(027);
    assert_ok(put("x.svg", "new", &error), &error);
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
    assert_int_equal(about(output.temporary->name).st_mode & 07777, 0600);
    gs_output_abandon(&output);
    assert_holds("x.svg", "old");
}

/* An owner that can't be given to a new file stays by a copy. */
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
        assert_ok(put("x.svg", "new", &error), &error);
        struct stat after = about("x.svg");
        assert_int_equal(after.st_uid, NOBODY);
        assert_int_equal(after.st_gid, NOBODY);
        assert_int_equal(after.st_mode & 07777, 0640);
        assert_int_equal(before.st_ino == after.st_ino, fails);
        assert_holds("x.svg", "new");
    }
    assert_left("x.svg ");
}

static void hard_links_are_kept(void **state) {
    (void)state;
    gs_error error = {0};
    write_file("x.svg", "old", 3);
    assert_int_equal(link("x.svg", "y.svg"), 0);
    assert_ok(put("x.svg", "new", &error), &error);
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
        assert_ok(put("link", there ? "newer" : "new", &error), &error);
        assert_holds("x.svg", there ? "newer" : "new");
        assert_true(S_ISLNK(about("link").st_mode) && S_ISLNK(about("d/middle").st_mode));
    }
    assert_int_equal(unlink("d/middle"), 0);
    assert_int_equal(symlink("nowhere/x.svg", "d/middle"), 0);
    assert_told(put("link", "new", &error), GS_ERROR_FILE, &error, strerror(ENOENT));
    assert_int_equal(unlink("d/middle"), 0);
    assert_int_equal(symlink("../link", "d/middle"), 0);
    assert_told(put("link", "new", &error), GS_ERROR_FILE, &error, strerror(ELOOP));
    assert_int_equal(unlink("d/middle"), 0);
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
    assert_ok(put(name, "new", &error), &error);
    assert_holds(name, "new");
    assert_int_equal(unlink(name), 0);
    assert_left("");
}

/* ---- Folders that take no new file ---- */

/* In a process that obeys permissions; the parent sees to it that it did. */
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

static void check(bool good, int code) {
    if (!good)
        _exit(code);
}

static void act_in_closed_folder(void) {
    gs_error error = {0};
    check(put("closed/x.svg", "new", &error) == GS_OK, 1);
    check(put("closed/y.svg", "new", &error) == GS_ERROR_FILE, 2);
    check(strstr(error.message, strerror(EACCES)) != NULL, 3);
    check(put("closed/locked.svg", "new", &error) == GS_ERROR_FILE, 4);
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
    check(put("sticky/x.svg", "new", &error) == GS_OK, 1);
}

/* As in /tmp: who does not own a file may write into it, and not replace it. */
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

/* ---- Streams, pipes and devices ---- */

static void streams_are_written_where_they_are(void **state) {
    (void)state;
    gs_error error = {0};
    char path[40];
    int descriptor = open("x", O_WRONLY | O_CREAT, 0600);
    assert_true(descriptor > 2);
    assert_int_equal(write(descriptor, "before ", 7), 7);
    static const char *const forms[] = {"/dev/fd/%d", "/proc/self/fd/%d"};
    for (size_t i = 0; i < GS_COUNT(forms); i++) {
        snprintf(path, sizeof path, forms[i], descriptor);
        assert_ok(put(path, "new ", &error), &error);
    }
    assert_int_equal(symlink(path, "link"), 0);
    assert_ok(put("link", "linked", &error), &error);
    assert_holds("x", "before new new linked");
    assert_int_equal(close(descriptor), 0);
    assert_told(put(path, "new", &error), GS_ERROR_FILE, &error, strerror(EBADF));
    descriptor = open("x", O_RDONLY);
    snprintf(path, sizeof path, "/dev/fd/%d", descriptor);
    assert_told(put(path, "new", &error), GS_ERROR_FILE, &error, "open for reading");
    close(descriptor);
    assert_left("link x ");
}

static void standard_output_by_every_name(void **state) {
    (void)state;
    static const char *const names[] = {"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link"};
    static const char *const others[] = {"./-", "/dev/stderr", "/dev/fd/2", "/dev/fd/12", "/dev/fd/", "stdout"};
    assert_int_equal(symlink("/dev/stdout", "link"), 0);
    for (size_t i = 0; i < GS_COUNT(names); i++)
        if (!gs_output_is_stdout(names[i]) || strcmp(gs_output_label(names[i]), "standard output"))
            fail_msg("%s is not standard output", names[i]);
    for (size_t i = 0; i < GS_COUNT(others); i++)
        if (gs_output_is_stdout(others[i]) || strcmp(gs_output_label(others[i]), others[i]))
            fail_msg("%s is standard output", others[i]);
}

static void a_terminal_takes_text_only(void **state) {
    (void)state;
    gs_error error = {0};
    char path[40];
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0)
        skip();
    snprintf(path, sizeof path, "/dev/fd/%d", terminal);
    assert_told(gs_output_check(path, GS_FORMAT_PNG, 0, &error), GS_ERROR_ARGUMENT, &error, "is a terminal");
    assert_ok(gs_output_check(path, GS_FORMAT_TEXT, 0, &error), &error);
    close(terminal);
}

static void a_pipe_is_written_straight(void **state) {
    (void)state;
    gs_error error = {0};
    char bytes[8] = "";
    assert_int_equal(mkfifo("pipe.svg", 0600), 0);
    assert_ok(gs_output_check("pipe.svg", GS_FORMAT_TEXT, 1e18, &error), &error);
    int reader = open("pipe.svg", O_RDONLY | O_NONBLOCK);
    assert_ok(put("pipe.svg", "new", &error), &error);
    assert_int_equal(read(reader, bytes, sizeof bytes), 3);
    assert_string_equal(bytes, "new");
    close(reader);
    assert_true(S_ISFIFO(about("pipe.svg").st_mode));
    assert_left("pipe.svg ");
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

/* ---- Arrays of fewer rows than were announced ---- */

static void a_short_array_says_its_rows(void **state) {
    (void)state;
    static const float data[6] = {1, 2, 3, 4, 5, 6};
    gs_error error = {0};
    gs_npy npy;
    size_t size[2];
    assert_ok(gs_npy_open(&npy, "short.npy", (size_t[]){10000000, 2}, 2, &error), &error);
    assert_ok(gs_npy_write(&npy, data, 1, &error), &error);
    assert_ok(gs_npy_write(&npy, data + 2, 2, &error), &error);
    assert_ok(gs_npy_end(&npy, GS_OK, &error), &error);
    assert_ok(gs_write_npy("whole.npy", data, (size_t[]){3, 2}, 2, &error), &error);
    unsigned char *bytes[2] = {read_file("short.npy", &size[0]), read_file("whole.npy", &size[1])};
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(bytes[0], bytes[1], size[0]);
    free(bytes[0]);
    free(bytes[1]);
}

static void a_short_array_in_a_stream(void **state) {
    (void)state;
    static const float data[2] = {1, 2};
    gs_error error = {0};
    gs_npy npy;
    char path[40];
    int ends[2], appended = open("x", O_WRONLY | O_CREAT | O_APPEND, 0600);
    assert_int_equal(pipe(ends), 0);
    const int descriptors[] = {ends[1], appended};
    for (size_t i = 0; i < GS_COUNT(descriptors); i++) {
        snprintf(path, sizeof path, "/dev/fd/%d", descriptors[i]);
        assert_ok(gs_npy_open(&npy, path, (size_t[]){5, 2}, 2, &error), &error);
        assert_ok(gs_npy_write(&npy, data, 1, &error), &error);
        assert_told(gs_npy_end(&npy, GS_OK, &error), GS_ERROR_FILE, &error, "1 of the 5 rows that its header says");
    }
    int offset = open("y", O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(offset, "before", 6), 6);
    snprintf(path, sizeof path, "/dev/fd/%d", offset);
    assert_ok(gs_npy_open(&npy, path, (size_t[]){5, 2}, 2, &error), &error);
    assert_ok(gs_npy_write(&npy, data, 1, &error), &error);
    assert_ok(gs_npy_end(&npy, GS_OK, &error), &error);
    size_t size;
    unsigned char *bytes = read_file("y", &size);
    assert_int_equal(size, 6 + 128 + 8);
    assert_memory_equal(bytes, "before\x93NUMPY", 12);
    assert_non_null(strstr((char *)bytes + 16, "'shape': (1, 2)"));
    free(bytes);
    close(offset);
    close(ends[0]);
    close(ends[1]);
    close(appended);
}

/* ---- One file by two names ---- */

static void one_file_by_two_names(void **state) {
    (void)state;
    write_file("x", "", 0);
    assert_int_equal(link("x", "y"), 0);
    assert_int_equal(symlink("x", "link"), 0);
    assert_int_equal(symlink("new", "new link"), 0);
    assert_int_equal(mkdir("d", 0700), 0);
    static const struct {
        const char *a, *b;
        bool same;
    } pairs[] = {{"x", "./x", true},         {"x", "y", true},          {"x", "link", true},
                 {"x", "new", false},        {"new", "d/../new", true}, {"new", "new link", true},
                 {"new", "d/new", false},    {"new", "newer", false},   {"/dev/null", "/dev/null", false},
                 {"none/x", "none/x", false}};
    for (size_t i = 0; i < GS_COUNT(pairs); i++)
        if (gs_place_same(pairs[i].a, pairs[i].b) != pairs[i].same)
            fail_msg("%s and %s", pairs[i].a, pairs[i].b);
    assert_int_equal(unlink("y"), 0);
    assert_int_equal(rmdir("d"), 0);
}

/* ---- Signals ---- */

static void wait_long(void) {
    const struct timespec pause = {.tv_nsec = 400000000}; /* two signals within 0.3 s are one request */
    struct timespec left = pause;
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

static void open_all(void) {
    static gs_output_directory directory;
    static gs_output file, inside;
    gs_error error;
    check(gs_output_open(&file, "x.npy", &error) == GS_OK, 10);
    check(gs_directory_open(&directory, "d", 12, &error) == GS_OK, 11);
    for (size_t i = 0; i < 11; i++) {
        int descriptor = open(gs_temporary_file(directory.temporary, i), O_WRONLY | O_CREAT, 0600);
        check(descriptor >= 0 && close(descriptor) == 0, 12);
    }
    directory.temporary->files = 11;
    check(gs_output_open(&inside, gs_temporary_file(directory.temporary, 11), &error) == GS_OK, 13);
    check(gs_output_write(&file, "new", 3, &error) == GS_OK && fflush(file.file) == 0, 14);
}

/* The child's way to end: the number of the signal that ended it, or -1 - its exit status. */
static int ended_by(void (*act)(const int *signals), const int *signals) {
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGHUP, SIG_DFL);
        gs_interrupt_install();
        act(signals);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? WTERMSIG(status) : -1 - WEXITSTATUS(status);
}

static void open_and_raise(const int *signals) {
    open_all();
    for (int i = 0; signals[i]; i++) {
        if (i)
            wait_long();
        raise(signals[i]);
        check(gs_interrupted(), 20);
    }
}

static void a_second_signal_leaves_nothing(void **state) {
    (void)state;
    static const int pairs[][3] = {{SIGINT, SIGINT}, {SIGTERM, SIGTERM}, {SIGINT, SIGTERM}, {SIGHUP, SIGINT}};
    write_file("x.npy", "old", 3);
    for (size_t i = 0; i < GS_COUNT(pairs); i++) {
        int how = ended_by(open_and_raise, pairs[i]);
        if (how != pairs[i][1])
            fail_msg("signals %d, %d: ended by %d", pairs[i][0], pairs[i][1], how);
        assert_left("x.npy ");
        assert_holds("x.npy", "old");
    }
}

static void open_raise_and_commit(const int *signals) {
    gs_output output;
    gs_error error;
    check(gs_output_open(&output, "x.npy", &error) == GS_OK, 10);
    check(gs_output_write(&output, "n", 1, &error) == GS_OK && fflush(output.file) == 0, 11);
    for (int i = 0; signals[i]; i++) {
        if (i)
            wait_long();
        raise(signals[i]);
    }
    check(gs_interrupted(), 12);
    check(gs_output_write(&output, "ew", 2, &error) == GS_OK, 13);
    check(gs_output_commit(&output, &error) == GS_OK, 14);
}

/* One request to end, and announcements as often as they come, let the file be finished. */
static void the_first_signal_lets_it_finish(void **state) {
    (void)state;
    static const int lists[][5] = {
        {SIGINT}, {SIGTERM}, {SIGHUP}, {SIGUSR1}, {SIGXCPU}, {SIGUSR1, SIGTERM}, {SIGXCPU, SIGXCPU, SIGXCPU, SIGTERM}};
    for (size_t i = 0; i < GS_COUNT(lists); i++) {
        write_file("x.npy", "old", 3);
        int how = ended_by(open_raise_and_commit, lists[i]);
        if (how != -1)
            fail_msg("signal %d: ended by %d", lists[i][0], how);
        assert_left("x.npy ");
        assert_holds("x.npy", "new");
    }
}

static void *raise_here(void *number) {
    raise(*(int *)number);
    return NULL;
}

static void raise_in_threads(const int *signals) {
    open_all();
    for (int i = 0; signals[i]; i++) {
        pthread_t thread;
        int number = signals[i];
        if (i)
            wait_long();
        check(pthread_create(&thread, NULL, raise_here, &number) == 0 && pthread_join(thread, NULL) == 0, 20);
        for (int tries = 0; tries < 100 && !gs_interrupted(); tries++)
            wait_long();
    }
    for (int tries = 0; tries < 100; tries++) /* the second one comes to the main thread in its own time */
        wait_long();
}

static void signals_to_other_threads(void **state) {
    (void)state;
    int how = ended_by(raise_in_threads, (const int[]){SIGTERM, SIGINT, 0});
    assert_int_equal(how, SIGINT);
    assert_left("");
}

static void raise_and_finish(const int *signals) {
    for (int i = 0; signals[i]; i++)
        raise(signals[i]);
    check(!gs_interrupted(), 10);
}

static void ignored_signals_stay_ignored(void **state) {
    (void)state;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        static const int ignored[] = {SIGHUP, SIGUSR1, SIGXCPU, 0};
        for (int i = 0; ignored[i]; i++)
            signal(ignored[i], SIG_IGN);
        gs_interrupt_install();
        raise_and_finish(ignored);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* ---- Text ---- */

static void bytes_that_are_no_text(void **state) {
    (void)state;
    static const char *const texts[][2] = {{"", ""},
                                           {"plain \\ text", "plain \\ text"},
                                           {"caf\xC3\xA9", "caf\xC3\xA9"},
                                           {"caf\xE9", "caf\\xE9"},
                                           {"\xE9t\xE9.png", "\\xE9t\\xE9.png"},
                                           {"\xC3", "\\xC3"},
                                           {"\xC0\x80", "\\xC0\\x80"},
                                           {"\xED\xA0\x80", "\\xED\\xA0\\x80"},
                                           {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
                                           {"\xF5\x80\x80\x80", "\\xF5\\x80\\x80\\x80"}};
    for (size_t i = 0; i < GS_COUNT(texts); i++) {
        char *escaped = gs_utf8_escape(texts[i][0]);
        assert_string_equal(escaped, texts[i][1]);
        gs_free(escaped);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {TEST(a_mount_point_is_written_into),
                                       TEST(every_writer_takes_that_way),
                                       TEST(what_cannot_be_placed_is_kept),
                                       TEST(a_directory_that_cannot_be_placed_is_kept),
                                       TEST(modes_are_kept),
                                       TEST(a_new_file_has_the_umask),
                                       TEST(nobody_reads_what_is_private),
                                       TEST(owners_are_kept),
                                       TEST(hard_links_are_kept),
                                       TEST(symbolic_links_are_followed),
                                       TEST(the_longest_name),
                                       TEST(a_file_in_a_closed_folder),
                                       TEST(a_file_in_a_sticky_folder),
                                       TEST(streams_are_written_where_they_are),
                                       TEST(standard_output_by_every_name),
                                       TEST(a_terminal_takes_text_only),
                                       TEST(a_pipe_is_written_straight),
                                       TEST(more_than_there_is_room_for),
                                       TEST(a_short_array_says_its_rows),
                                       TEST(a_short_array_in_a_stream),
                                       TEST(one_file_by_two_names),
                                       TEST(a_second_signal_leaves_nothing),
                                       TEST(the_first_signal_lets_it_finish),
                                       TEST(signals_to_other_threads),
                                       TEST(ignored_signals_stay_ignored),
                                       TEST(bytes_that_are_no_text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
