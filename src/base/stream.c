#include "base/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WRITER_MS = 3000, FIRST_ROOM = 1 << 16, PIECE = 1 << 20 };

static gs_status fail_errno(const gs_stream *s, const char *what) {
    char text[128];
    if (strerror_r(errno, text, sizeof text))
        text[0] = '\0';
    return gs_fail(s->error, GS_ERROR_FILE, "%s: %s: %s", s->path, what, text);
}

static gs_status examine(gs_stream *s, const char *expected) {
    struct stat about;
    if (fstat(s->descriptor, &about))
        return fail_errno(s, "cannot be examined");
    if (S_ISDIR(about.st_mode))
        return gs_fail(s->error, GS_ERROR_FILE, "%s: is a directory, expected %s", s->path, expected);
    if (!S_ISREG(about.st_mode) && !S_ISFIFO(about.st_mode))
        return gs_fail(s->error, GS_ERROR_FILE, "%s: is %s, expected %s, in a regular file or a pipe", s->path,
                       isatty(s->descriptor) ? "a terminal" : "a device", expected);
    s->sized = S_ISREG(about.st_mode);
    s->size = s->sized ? (uint64_t)about.st_size : 0;
    return GS_OK;
}

/* The file is opened without blocking, because opening a named pipe would wait for its writer for ever. */
gs_status gs_stream_open(gs_stream *s, const char *path, const char *expected, gs_error *error) {
    *s = (gs_stream){.path = path, .error = error};
    s->descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (s->descriptor < 0)
        return fail_errno(s, "cannot be opened");
    gs_status status = examine(s, expected);
    if (status)
        gs_stream_close(s);
    return status;
}

static bool is_transient(int code) {
    return code == EINTR || code == EAGAIN || code == EWOULDBLOCK;
}

/* read(2) that waits and goes on after a signal. poll(2) reports the end of a pipe only once the pipe has had a writer,
 * so waiting for the first writer can time out. */
gs_status gs_stream_read(gs_stream *s, void *to, size_t room, size_t *got) {
    ssize_t count;
    for (;;) {
        struct pollfd wanted = {.fd = s->descriptor, .events = POLLIN};
        int ready = s->sized ? 1 : poll(&wanted, 1, s->begun ? -1 : WRITER_MS);
        count = read(s->descriptor, to, room < PIECE ? room : PIECE);
        if (count == 0 && ready == 0) {
            return gs_fail(s->error, GS_ERROR_FILE, "%s: is a pipe that no program has opened for writing in %d s",
                           s->path, WRITER_MS / 1000);
        }
        if (count >= 0)
            break;
        if (!is_transient(errno))
            return fail_errno(s, "cannot be read");
    }
    s->begun = s->begun || count > 0;
    *got = (size_t)count;
    return GS_OK;
}

static gs_status grow(const gs_stream *s, unsigned char **bytes, size_t *room) {
    unsigned char *larger = gs_grow(*bytes, *room, room, 1);
    *bytes = larger ? larger : *bytes;
    return larger ? GS_OK : gs_fail(s->error, GS_ERROR_MEMORY, "%s: out of memory while it is read", s->path);
}

gs_status gs_stream_read_all(gs_stream *s, size_t most, bool (*enough)(const unsigned char *, size_t),
                             unsigned char **bytes, size_t *count) {
    size_t room = s->sized && s->size < FIRST_ROOM ? (size_t)s->size + 1 : FIRST_ROOM, got = 1;
    *bytes = NULL;
    *count = 0;
    gs_status status = grow(s, bytes, &room);
    while (!status && got && !(enough && *count && enough(*bytes, *count))) {
        if (*count + 1 == room)
            status = grow(s, bytes, &room);
        if (!status)
            status = gs_stream_read(s, *bytes + *count, room - 1 - *count, &got);
        *count += status ? 0 : got;
        if (!status && *count > most)
            status = gs_fail(s->error, GS_ERROR_FORMAT, "%s: has more than %zu bytes", s->path, most);
    }
    if (status) {
        gs_free(*bytes);
        *bytes = NULL;
    } else {
        (*bytes)[*count] = 0;
    }
    return status;
}

void gs_stream_close(gs_stream *s) {
    close(s->descriptor);
}
