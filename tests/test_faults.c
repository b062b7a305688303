/* Every operation on files while calls of the system, of stdio and for memory fail, one or two at a time or all from
 * one on: each run ends well, with the same file as without a failure, or with an error that says why; it loses no
 * memory, and leaves no file that is cut short or hidden. */
#define _GNU_SOURCE /* O_TMPFILE */
#include <dirent.h>
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
#include <sys/statvfs.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "io/diagram.h"
#include "io/label_file.h"
#include "io/map.h"
#include "io/picture.h"
#include "io/place.h"
#include "io/plot.h"
#include "io/read.h"
#include "support/files.h"
#include "support/outputs.h"
#include "support/about.h"
#include "support/allocation.h"
#include "support/effort.h"
#include "support/io/archives.h"

/* ---- Calls that fail on demand; see tests/CMakeLists.txt ---- */

static const char *faulty; /* the calls that fail, one word each; NULL: none */
static int reason;         /* its errno */
static long left, failing; /* calls that succeed before, and how many fail then */
static long failed;

/* Whether the name is one of the words. */
static bool is_among(const char *words, const char *name) {
    size_t length = strlen(name);
    for (const char *at = words; at; at = strchr(at, ' ')) {
        at += *at == ' ';
        if (!strncmp(at, name, length) && (!at[length] || at[length] == ' '))
            return true;
    }
    return false;
}

/* The calls that an operation makes, one word each, while `faulty` is "". */
static char made[1000];

static void note_call(const char *name) {
    size_t used = strlen(made);
    if (!is_among(made, name))
        snprintf(made + used, sizeof made - used, " %s", name);
}

/* Whether the first of the calls has been made. */
static bool is_made(const char *calls) {
    char first[40];
    snprintf(first, sizeof first, "%.*s", (int)strcspn(calls, " "), calls);
    return is_among(made, first);
}

static bool fails(const char *name) {
    if (faulty && !*faulty)
        note_call(name);
    if (!faulty || !is_among(faulty, name))
        return false;
    if (left > 0) {
        left--;
        return false;
    }
    if (failed == failing)
        return false;
    failed++;
    errno = reason;
    return true;
}

#define CALLS                                                                                               \
    CALL(int, -1, mkdir, (const char *path, mode_t mode), (path, mode))                                     \
    CALL(int, -1, fstat, (int descriptor, struct stat *info), (descriptor, info))                           \
    CALL(int, -1, stat, (const char *path, struct stat *info), (path, info))                                \
    CALL(int, -1, lstat, (const char *path, struct stat *info), (path, info))                               \
    CALL(int, -1, statvfs, (const char *path, struct statvfs *info), (path, info))                          \
    CALL(int, -1, access, (const char *path, int mode), (path, mode))                                       \
    CALL(ssize_t, -1, readlink, (const char *path, char *text, size_t room), (path, text, room))            \
    CALL(off_t, -1, lseek, (int descriptor, off_t place, int from), (descriptor, place, from))              \
    CALL(ssize_t, -1, read, (int descriptor, void *to, size_t room), (descriptor, to, room))                \
    CALL(ssize_t, -1, write, (int descriptor, const void *from, size_t size), (descriptor, from, size))     \
    CALL(int, -1, fchmod, (int descriptor, mode_t mode), (descriptor, mode))                                \
    CALL(int, -1, rename, (const char *from, const char *to), (from, to))                                   \
    CALL(int, -1, linkat, (int a, const char *from, int b, const char *to, int how), (a, from, b, to, how)) \
    CALL(int, -1, getrlimit, (int what, struct rlimit *limit), (what, limit))                               \
    CALL(DIR *, NULL, opendir, (const char *path), (path))                                                  \
    CALL(FILE *, NULL, fdopen, (int descriptor, const char *mode), (descriptor, mode))                      \
    CALL(FILE *, NULL, open_memstream, (char **bytes, size_t *size), (bytes, size))                         \
    CALL(int, EOF, fflush, (FILE * file), (file))                                                           \
    CALL(int, -1, fseeko, (FILE * file, off_t place, int from), (file, place, from))                        \
    CALL(off_t, -1, ftello, (FILE * file), (file))
#define CALL(type, error, name, parameters, arguments)           \
    type __real_##name parameters;                               \
    type __wrap_##name parameters;                               \
    type __wrap_##name parameters {                              \
        return fails(#name) ? (error) : __real_##name arguments; \
    }
CALLS
#undef CALL

/* Where closing fails, the file is closed nevertheless. */
#define CLOSES                      \
    CLOSE(close, int, (descriptor)) \
    CLOSE(fclose, FILE *, (file))
#define CLOSE(name, type, argument)     \
    int __real_##name(type);            \
    int __wrap_##name(type);            \
    int __wrap_##name(type it) {        \
        bool fault = fails(#name);      \
        int result = __real_##name(it); \
        errno = fault ? reason : errno; \
        return fault ? -1 : result;     \
    }
CLOSES
#undef CLOSE

/* To wait for the disk would take most of the time. */
#define SYNCS   \
    SYNC(fsync) \
    SYNC(syncfs)
#define SYNC(name)                      \
    int __wrap_##name(int descriptor);  \
    int __wrap_##name(int descriptor) { \
        (void)descriptor;               \
        return fails(#name) ? -1 : 0;   \
    }
SYNCS
#undef SYNC

/* A stream remembers that a write has failed. */
static FILE *broken;

size_t __real_fwrite(const void *from, size_t size, size_t count, FILE *file);
size_t __wrap_fwrite(const void *from, size_t size, size_t count, FILE *file);
size_t __wrap_fwrite(const void *from, size_t size, size_t count, FILE *file) {
    if (!fails("fwrite"))
        return __real_fwrite(from, size, count, file);
    broken = file;
    return 0;
}

int __real_ferror(FILE *file);
int __wrap_ferror(FILE *file);
int __wrap_ferror(FILE *file) {
    return file == broken || fails("ferror") || __real_ferror(file);
}

int __real_open(const char *path, int how, ...);
int __wrap_open(const char *path, int how, ...);
int __wrap_open(const char *path, int how, ...) {
    va_list rest;
    va_start(rest, how);
    bool makes = how & O_CREAT;
#ifdef O_TMPFILE
    makes = makes || (how & O_TMPFILE) == O_TMPFILE;
#endif
    mode_t mode = makes ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return fails("open") ? -1 : __real_open(path, how, mode);
}

int __real_fcntl(int descriptor, int what, ...);
int __wrap_fcntl(int descriptor, int what, ...);
int __wrap_fcntl(int descriptor, int what, ...) {
    va_list rest;
    va_start(rest, what);
    int value = what == F_GETFL ? 0 : va_arg(rest, int);
    va_end(rest);
    return fails("fcntl") ? -1 : __real_fcntl(descriptor, what, value);
}

/* ---- Operations ---- */

enum { IMAGES = 6, WRITTEN = 4, SIDE = 8, PIXELS = SIDE * SIDE, LABELS = 5000, ROOM = 256 };

static const int shape[3] = {1, SIDE, SIDE}, labels[IMAGES] = {0, 1, 2, 3, 0, 1};
static const gs_note note = {"Software", "a test"};
static float pixels[IMAGES * PIXELS];
static int other_end = -1; /* of a stream that is open while an operation runs */

/* What is written to "x" is on the disk in the end. */
static gs_status put_durable(const char *path, gs_error *error) {
    gs_output output;
    gs_status status = gs_output_open(&output, path, error);
    output.is_durable = true;
    return status ? status : gs_output_end(&output, gs_output_write(&output, "new", 3, error), error);
}

static gs_status put_x(gs_error *error) {
    return put_text("x", "new", error);
}

static gs_status put_durable_x(gs_error *error) {
    return put_durable("x", error);
}

static gs_status put_linked(gs_error *error) {
    return put_text("link", "new", error);
}

static gs_status put_in_folder(gs_error *error) {
    return put_durable("./x", error);
}

static gs_status put_stream(gs_error *error) {
    char path[40];
    snprintf(path, sizeof path, "/dev/fd/%d", other_end);
    return put_durable(path, error);
}

static void make_old(void) {
    write_file("x", "old", 3);
}

static void make_two_names(void) {
    make_old();
    assert_int_equal(link("x", "y"), 0);
}

static void make_link(void) {
    assert_int_equal(symlink("x", "link"), 0);
}

static void make_pipe(void) {
    assert_int_equal(mkfifo("x", 0600), 0);
    other_end = open("x", O_RDONLY | O_NONBLOCK);
}

static void make_stream(void) {
    other_end = open("x", O_WRONLY | O_CREAT | O_APPEND, 0600);
}

static void make_folder(void) {
    assert_int_equal(mkdir("x", 0700), 0);
}

static gs_format format;

/* A file of fewer items than were announced, but for pictures. */
static gs_status put_format(gs_error *error) {
    gs_sink_input input = {.sizes = {IMAGES, 1, SIDE, SIDE},
                           .rank = 4,
                           .range = {0, 1},
                           .labels = labels,
                           .grid = gs_grid_square(IMAGES),
                           .notes = &note,
                           .note_count = 1,
                           .is_durable = true};
    gs_sink sink;
    input.grid.has_captions = true;
    gs_status status = gs_sink_open(&sink, format, "x", &input, error);
    size_t n = gs_format_holds(format) == GS_HOLDS_PICTURE ? IMAGES : WRITTEN;
    return !status ? gs_sink_close(&sink, gs_sink_write(&sink, pixels, n, error), error) : status;
}

static gs_status put_folder(gs_error *error) {
    gs_status status = gs_output_check("x/", GS_FORMAT_DIRECTORY, 0, error);
    format = GS_FORMAT_DIRECTORY;
    return status ? status : put_format(error);
}

static gs_status put_trajectory(gs_error *error) {
    const double sigmas[2] = {10, 0};
    const gs_trajectory trajectory = {
        .states = {.data = pixels, .n = IMAGES / 2, .shape = {1, SIDE, SIDE}, .range = {0, 1}},
        .levels = 2,
        .sigmas = sigmas,
        .labels = labels,
        .classes = 9};
    return gs_write_trajectory(GS_FORMAT_PGM, "x", &trajectory, &note, 1, error);
}

static gs_status encode_sheet(gs_error *error) {
    gs_sheet sheet;
    char *bytes = NULL;
    size_t size;
    int width;
    gs_status status = gs_sheet_create(&sheet, shape, 2, 2, error);
    if (status)
        return status;
    gs_sheet_row(&sheet, 0, pixels, (const float[]){0, 1});
    status = gs_sheet_encode(&sheet, &bytes, &size, &width, error);
    assert_true(status ? !bytes : size > 0 && width > 0);
    free(bytes);
    gs_sheet_free(&sheet);
    return status;
}

static gs_status put_plot(gs_error *error) {
    const double x[] = {0, 1}, y[] = {1, 2};
    const gs_series series = {.name = "y", .y = y};
    const gs_panel panels[] = {
        {.title = "areas",
         .x_label = "x",
         .y_label = "y",
         .x = x,
         .n = 2,
         .series = &series,
         .count = 1,
         .stacked = true},
        {.title = "lines", .x_label = "x", .y_label = "y", .x = x, .n = 2, .series = &series, .count = 1}};
    const gs_figure figure = {.title = "plot", .panels = panels, .count = 2};
    return gs_plot_write("x", &figure, error);
}

static const gs_map map = {.title = "T", .caption = "C", .low = -1, .high = 1, .points = pixels, .n = 2};

static gs_status put_map(gs_error *error) {
    return gs_map_write("x", &map, error);
}

static gs_status encode_map(gs_error *error) {
    char *bytes = NULL;
    size_t size;
    gs_status status = gs_map_encode(&map, &bytes, &size, error);
    assert_true(status ? !bytes : strstr(bytes, "</svg>") != NULL);
    free(bytes);
    return status;
}

static gs_status encode_diagram(gs_error *error) {
    const double y[] = {1, 2};
    const gs_diagram_series series[] = {{.name = "a", .y = y, .n = 2}, {.y = y, .n = 2, .stroke = GS_STROKE_BARS}};
    const gs_diagram diagram = {.title = "T", .series = series, .count = 2};
    char *bytes = NULL;
    size_t size;
    gs_status status = gs_diagram_encode(&diagram, &bytes, &size, error);
    assert_true(status ? !bytes : strstr(bytes, "</svg>") != NULL);
    free(bytes);
    return status;
}

static void pack_x(void) {
    size_t size;
    unsigned char *bytes = read_file("x", &size);
    gzFile out = gzopen("x", "wb");
    assert_non_null(out);
    assert_int_equal(gzwrite(out, bytes, (unsigned)size), size);
    assert_int_equal(gzclose(out), Z_OK);
    free(bytes);
}

static void make_labels(void) {
    static unsigned char bytes[8 + LABELS] = {0, 0, 8, 1, 0, 0, LABELS >> 8, LABELS & 255};
    write_file("x", bytes, sizeof bytes);
}

static void make_packed_labels(void) {
    make_labels();
    pack_x();
}

static gs_status read_labels(gs_error *error, size_t most) {
    gs_label_file file;
    gs_status status = gs_labels_read("x", most, &file, error);
    assert_int_equal(file.n, status ? 0 : most);
    gs_free(file.labels);
    return status;
}

static gs_status read_all_labels(gs_error *error) {
    return read_labels(error, LABELS);
}

static gs_status read_few_labels(gs_error *error) {
    return read_labels(error, 3);
}

static void make_images(void) {
    gs_error error = {0};
    assert_ok(put_format(&error), &error);
}

static void make_packed_images(void) {
    make_images();
    pack_x();
}

/* Longer, packed too, than what is read of a file at once. */
static void make_many_images(void) {
    enum { MANY = 500 };
    static float noise[MANY * PIXELS];
    uint32_t random = 1;
    gs_error error = {0};
    for (int i = 0; i < MANY * PIXELS; i++) {
        random = random * 1664525 + 1013904223;
        noise[i] = (float)(random >> 8) / 16777216.0F;
    }
    assert_ok(put_array("file", noise, (const size_t[]){MANY, SIDE, SIDE}, 3, &error), &error);
    assert_int_equal(__real_rename("file", "x"), 0);
    pack_x();
}

static int kind;

/* With labels behind the images, in the way that `kind` says. */
static void make_archive(void) {
    archive a = {.used = 0};
    archive_put_entry(&a, "samples.npy", kind);
    archive_put_array(&a, "labels.npy", "{'descr': '<i2', 'fortran_order': False, 'shape': (2,)}\n", kind);
    archive_write_whole(&a);
    assert_int_equal(__real_rename(test_path, "x"), 0);
}

static void make_picture(void) {
    static const char header[] = "P5\n8 8\n255\n";
    char bytes[sizeof header - 1 + PIXELS] = {0};
    memcpy(bytes, header, sizeof header - 1);
    write_file("x", bytes, sizeof bytes);
}

static gs_status read_some(gs_error *error, const int wanted[3], size_t most) {
    gs_image_file file;
    const gs_image_wish wish = {.shape = wanted, .range = (const float[]){0, 1}, .most = most};
    gs_status status = gs_images_read("x", &wish, &file, error);
    assert_int_equal(file.data != NULL, !status);
    gs_images_free(&file);
    return status;
}

static gs_status read_images(gs_error *error) {
    return read_some(error, shape, IMAGES);
}

static gs_status read_first(gs_error *error) {
    return read_some(error, shape, 1);
}

static gs_status read_archive(gs_error *error) {
    return read_some(error, (const int[]){1, 2, 3}, IMAGES);
}

static gs_status describe(gs_error *error) {
    gs_description description = {.note = NULL};
    gs_content content;
    bool packed;
    return gs_images_describe("x", NULL, 0, &description, &content, &packed, error);
}

/* ---- Running them ---- */

typedef struct operation {
    const char *name;
    void (*prepare)(void);
    gs_status (*act)(gs_error *error);
    bool in_memory; /* its result is libc's memory, which is not counted as taken, only as given back */
} operation;

static const operation operations[] = {
    {.name = "a text", .act = put_x},
    {.name = "a durable text", .act = put_durable_x},
    {.name = "a text in place of another", .act = put_durable_x, .prepare = make_old},
    {.name = "a text in place of another, checked", .act = put_x, .prepare = make_old},
    {.name = "a file of two names", .act = put_durable_x, .prepare = make_two_names},
    {.name = "a file behind a link", .act = put_linked, .prepare = make_link},
    {.name = "a file in a folder", .act = put_in_folder},
    {.name = "a pipe", .act = put_durable_x, .prepare = make_pipe},
    {.name = "a stream", .act = put_stream, .prepare = make_stream},
    {.name = "a folder of pictures", .act = put_folder},
    {.name = "a folder in place of another", .act = put_folder, .prepare = make_folder},
    {.name = "a trajectory", .act = put_trajectory},
    {.name = "a sheet", .act = encode_sheet, .in_memory = true},
    {.name = "a plot", .act = put_plot},
    {.name = "a map", .act = put_map},
    {.name = "a map in memory", .act = encode_map, .in_memory = true},
    {.name = "a diagram", .act = encode_diagram, .in_memory = true},
    {.name = "all labels", .act = read_all_labels, .prepare = make_labels},
    {.name = "a few labels", .act = read_few_labels, .prepare = make_labels},
    {.name = "packed labels", .act = read_few_labels, .prepare = make_packed_labels}};

static const struct {
    const char *call;
    int reason;
} faults[] = {
#define CALL(type, error, name, ...) {#name, EIO},
    CALLS
#undef CALL
#define SYNC(name) {#name, EIO},
        SYNCS
#undef SYNC
    {"fwrite", ENOSPC},
    {"write close", EIO},
    {"fsync fclose", EIO},
    {"fflush ferror", EIO},
    {"rename lseek", EXDEV},
    {"rename read", EXDEV},
    {"rename write", EXDEV},
    {"ferror", EIO},
    {"close", EIO},
    {"fclose", EIO},
    {"fclose", ENOSPC},
    {"open", EIO},
    {"open", ENOMEM},
    {"open", EACCES},
    {"open", EINTR},
    {"fcntl", EMFILE},
    {"fsync", EINVAL},
    {"fsync", ENOTSUP},
    {"fsync", EROFS},
    {"linkat", EEXIST},
    {"linkat", EXDEV},
    {"mkdir", EEXIST},
    {"rename", EXDEV},
};

typedef struct content {
    unsigned char *bytes; /* NULL: no regular file */
    size_t size;
} content;

static content content_of(const char *path) {
    struct stat info;
    content c = {0};
    if (lstat(path, &info) == 0 && S_ISREG(info.st_mode))
        c.bytes = read_file(path, &c.size);
    return c;
}

static bool same(const content *a, const content *b) {
    return a->size == b->size && (!a->size || !memcmp(a->bytes, b->bytes, a->size));
}

/* Remove all that is in a folder, which holds files and folders of files. */
static void empty_folder(const char *path) {
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder));) {
        char name[2 * ROOM];
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (unlink(name) == 0)
            continue;
        empty_folder(name);
        assert_int_equal(rmdir(name), 0);
    }
    closedir(folder);
}

/* The hidden file that is there, in `name`; false: there is none. */
static bool find_hidden(char name[ROOM]) {
    DIR *folder = opendir(".");
    assert_non_null(folder);
    name[0] = 0;
    for (const struct dirent *entry; (entry = readdir(folder));)
        if (entry->d_name[0] == '.' && entry->d_name[1] != '.' && entry->d_name[1])
            snprintf(name, ROOM, "%.250s", entry->d_name);
    closedir(folder);
    return name[0];
}

static int descriptors(void) {
    int count = 0;
    for (int i = 0; i < 64; i++)
        count += __real_fcntl(i, F_GETFD) >= 0;
    return count;
}

/* What an error leaves: the old file or the whole new one; or, where only a copy could be made and failed, a hidden
 * file that is whole, as the error says. */
static void check_left(const content *old, const content *new, const char *message) {
    char hidden[ROOM];
    content there = content_of("x");
    if (find_hidden(hidden)) {
        content kept = content_of(hidden);
        if (!strstr(message, "kept"))
            fail_msg("%s is left: %s", hidden, message);
        if (kept.bytes && !same(&kept, new))
            fail_msg("%s is not whole: %s", hidden, message);
        free(kept.bytes);
    } else if (there.bytes && !same(&there, old) && !same(&there, new)) {
        fail_msg("x is neither the old nor the new file, of %zu bytes: %s", there.size, message);
    }
    free(there.bytes);
}

static void begin_run(const operation *o) {
    empty_folder(".");
    other_end = -1;
    if (o->prepare)
        o->prepare();
}

static void end_run(const operation *o, gs_status status, const gs_error *error, const content *old,
                    const content *new) {
    char hidden[ROOM];
    if (other_end >= 0)
        close(other_end);
    if (status) {
        assert_int_equal(status, error->status);
        if (!error->message[0] || strchr(error->message, '\n'))
            fail_msg("it ends with \"%s\"", error->message);
        check_left(old, new, error->message);
        return;
    }
    content there = content_of("x");
    if (!same(&there, new))
        fail_msg("it ends well, with a file of %zu bytes instead of %zu", there.size, new->size);
    if (find_hidden(hidden))
        fail_msg("%s is left", hidden);
    (void)o;
    free(there.bytes);
}

/* One run; returns how many calls failed. */
static long run_with(const operation *o, const char *call, int code, long before, long count, const content *old,
                     const content *new) {
    gs_error error = {0};
    begin_run(o);
    int open_before = descriptors();
    long blocks = allocation_blocks();
    left = before;
    failing = count;
    reason = code;
    failed = 0;
    broken = NULL;
    faulty = call;
    gs_status status = o->act(&error);
    faulty = NULL;
    if (!o->in_memory)
        assert_int_equal(allocation_blocks(), blocks);
    assert_int_equal(descriptors(), open_before);
    if (code == EINTR)
        assert_true(status == GS_OK || status == GS_ERROR_INTERRUPTED || status == GS_ERROR_FILE);
    else if (status != GS_OK && status != GS_ERROR_FILE && status != GS_ERROR_MEMORY)
        fail_msg("status %d, '%s'", status, error.message);
    end_run(o, status, &error, old, new);
    return failed;
}

static long run_without_memory(const operation *o, long before, bool all, const content *old, const content *new) {
    gs_error error = {0};
    begin_run(o);
    int open_before = descriptors();
    long blocks = allocation_blocks();
    allocation_start_failing(before, all);
    gs_status status = o->act(&error);
    long count = allocation_stop_failing();
    if (!o->in_memory)
        assert_int_equal(allocation_blocks(), blocks);
    assert_int_equal(descriptors(), open_before);
    if (status != GS_ERROR_MEMORY && (all && count ? true : status != GS_OK))
        fail_msg("status %d, '%s'", status, error.message);
    end_run(o, status, &error, old, new);
    return count;
}

static void try_all(const operation *o) {
    static const long counts[] = {1, 2, INT32_MAX};
    const char *name = o->name;
    gs_error error = {0};
    begin_run(o);
    content old = content_of("x");
    made[0] = 0;
    faulty = "";
    gs_status status = o->act(&error);
    faulty = NULL;
    assert_ok(status, &error);
    if (other_end >= 0)
        close(other_end);
    content new = content_of("x");
    for (size_t i = 0; i < GS_COUNT(faults); i++)
        for (size_t way = 0; way < GS_COUNT(counts) && is_made(faults[i].call); way++)
            for (long k = 0, hit = 1; hit; k += (long)effort_step()) {
                about("%s, %ld of %s fail with %d after %ld", name, counts[way], faults[i].call, faults[i].reason, k);
                hit = run_with(o, faults[i].call, faults[i].reason, k, counts[way], &old, &new);
            }
    for (int all = 0; all < 2; all++)
        for (long k = 0, hit = 1; hit; k += (long)effort_step()) {
            about("%s, allocation %ld, all %d", name, k, all);
            hit = run_without_memory(o, k, all, &old, &new);
        }
    free(old.bytes);
    free(new.bytes);
}

static void operations_fail_cleanly(void **state) {
    (void)state;
    for (size_t i = 0; i < GS_COUNT(operations); i++)
        try_all(&operations[i]);
}

static void formats_fail_cleanly(void **state) {
    (void)state;
    for (int i = 0; i < GS_FORMAT_COUNT; i++)
        if (gs_format_holds((gs_format)i) != GS_HOLDS_CHAINS) {
            format = (gs_format)i;
            try_all(&(operation){.name = gs_format_name(format), .act = put_format});
        }
}

static void readers_fail_cleanly(void **state) {
    (void)state;
    static const gs_format formats[] = {GS_FORMAT_NPY, GS_FORMAT_NPZ, GS_FORMAT_IDX};
    for (size_t i = 0; i < GS_COUNT(formats); i++) {
        format = formats[i];
        try_all(&(operation){.name = gs_format_name(format), .prepare = make_images, .act = read_images});
        try_all(&(operation){.name = "a packed file", .prepare = make_packed_images, .act = read_images});
    }
    for (kind = 0; kind < ARCHIVE_KINDS; kind++) {
        try_all(&(operation){.name = "an archive", .prepare = make_archive, .act = read_archive});
        try_all(&(operation){.name = "what an archive is", .prepare = make_archive, .act = describe});
    }
    try_all(&(operation){.name = "the first of many", .prepare = make_many_images, .act = read_first});
    try_all(&(operation){.name = "a picture", .prepare = make_picture, .act = read_images});
}

static int draw_pixels(void **state) {
    (void)state;
    for (int i = 0; i < IMAGES * PIXELS; i++)
        pixels[i] = (float)(i % 50) / 50;
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {OUTPUT_TEST(operations_fail_cleanly), OUTPUT_TEST(formats_fail_cleanly),
                                       OUTPUT_TEST(readers_fail_cleanly)};
    return cmocka_run_group_tests(tests, draw_pixels, NULL);
}
