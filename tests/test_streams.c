/* Outputs into streams, pipes and terminals, and arrays that end early there. */
#define _XOPEN_SOURCE 700 /* posix_openpt */

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
#include <unistd.h>

#include <cmocka.h>

#include "io/picture.h"
#include "support/files.h"
#include "support/outputs.h"

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
        assert_ok(put_text(path, "new ", &error), &error);
    }
    assert_int_equal(symlink(path, "link"), 0);
    assert_ok(put_text("link", "linked", &error), &error);
    assert_holds("x", "before new new linked");
    assert_int_equal(close(descriptor), 0);
    assert_told(put_text(path, "new", &error), GS_ERROR_FILE, &error, strerror(EBADF));
    descriptor = open("x", O_RDONLY);
    snprintf(path, sizeof path, "/dev/fd/%d", descriptor);
    assert_told(put_text(path, "new", &error), GS_ERROR_FILE, &error, "open for reading");
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
    assert_ok(put_text("pipe.svg", "new", &error), &error);
    assert_int_equal(read(reader, bytes, sizeof bytes), 3);
    assert_string_equal(bytes, "new");
    close(reader);
    assert_true(S_ISFIFO(about("pipe.svg").st_mode));
    assert_left("pipe.svg ");
}

/* A name without an extension is a folder's, unless it is that of a pipe. */
static void pipes_take_the_usual_format(void **state) {
    (void)state;
    gs_error error = {0};
    gs_format format;
    assert_int_equal(mkfifo("pipe", 0600), 0);
    write_file("file", "", 0);
    assert_ok(gs_output_format("pipe", NULL, GS_FORMAT_NPY, &format, &error), &error);
    assert_int_equal(format, GS_FORMAT_NPY);
    assert_ok(gs_output_format("file", NULL, GS_FORMAT_NPY, &format, &error), &error);
    assert_int_equal(format, GS_FORMAT_DIRECTORY);
    assert_left("file pipe ");
}

/* ---- Arrays of fewer rows than were announced ---- */

static void a_short_array_says_its_rows(void **state) {
    (void)state;
    static const float data[6] = {1, 2, 3, 4, 5, 6};
    gs_error error = {0};
    gs_sink npy;
    size_t size[2];
    assert_ok(
        gs_sink_open(&npy, GS_FORMAT_NPY, "short.npy", &(gs_sink_input){.sizes = {10000000, 2}, .rank = 2}, &error),
        &error);
    assert_ok(gs_sink_write(&npy, data, 1, &error), &error);
    assert_ok(gs_sink_write(&npy, data + 2, 2, &error), &error);
    assert_ok(gs_sink_close(&npy, GS_OK, &error), &error);
    assert_ok(put_array("whole.npy", data, (size_t[]){3, 2}, 2, &error), &error);
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
    gs_sink npy;
    char path[40];
    int ends[2], appended = open("x", O_WRONLY | O_CREAT | O_APPEND, 0600);
    assert_int_equal(pipe(ends), 0);
    const int descriptors[] = {ends[1], appended};
    for (size_t i = 0; i < GS_COUNT(descriptors); i++) {
        snprintf(path, sizeof path, "/dev/fd/%d", descriptors[i]);
        assert_ok(gs_sink_open(&npy, GS_FORMAT_NPY, path, &(gs_sink_input){.sizes = {5, 2}, .rank = 2}, &error),
                  &error);
        assert_ok(gs_sink_write(&npy, data, 1, &error), &error);
        assert_told(gs_sink_close(&npy, GS_OK, &error), GS_ERROR_FILE, &error, "1 of the 5 rows that its header says");
    }
    int offset = open("y", O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(offset, "before", 6), 6);
    snprintf(path, sizeof path, "/dev/fd/%d", offset);
    assert_ok(gs_sink_open(&npy, GS_FORMAT_NPY, path, &(gs_sink_input){.sizes = {5, 2}, .rank = 2}, &error), &error);
    assert_ok(gs_sink_write(&npy, data, 1, &error), &error);
    assert_ok(gs_sink_close(&npy, GS_OK, &error), &error);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        OUTPUT_TEST(streams_are_written_where_they_are), OUTPUT_TEST(standard_output_by_every_name),
        OUTPUT_TEST(a_terminal_takes_text_only),         OUTPUT_TEST(a_pipe_is_written_straight),
        OUTPUT_TEST(pipes_take_the_usual_format),        OUTPUT_TEST(a_short_array_says_its_rows),
        OUTPUT_TEST(a_short_array_in_a_stream)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
