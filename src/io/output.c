/* realpath */
#define _XOPEN_SOURCE 700

#include "io/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ATTEMPTS = 100, NUMBER_ROOM = 64 };

static gs_status fail_errno(gs_error *error, const char *path, const char *what) {
    if (errno == ENOMEM)
        return gs_fail(error, GS_ERROR_MEMORY, "%s: %s: out of memory", path, what);
    return gs_fail(error, GS_ERROR_FILE, "%s: %s: %s", path, what, strerror(errno));
}

static char *join(const char *a, size_t a_length, const char *b) {
    size_t length = strlen(b);
    char *text = gs_alloc(a_length + length + 1, 1);
    if (text) {
        memcpy(text, a, a_length);
        memcpy(text + a_length, b, length);
    }
    return text;
}

static size_t length_without_slashes(const char *path) {
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    return length;
}

gs_status gs_output_format(const char *path, gs_format *format, gs_error *error) {
    static const struct {
        const char *extension;
        gs_format format;
    } known[] = {
        {".png", GS_FORMAT_PNG}, {".npy", GS_FORMAT_NPY}, {".idx", GS_FORMAT_IDX}, {".idx3-ubyte", GS_FORMAT_IDX}};
    if (!path[0])
        return gs_fail(error, GS_ERROR_ARGUMENT, "the output's name is empty");
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    bool only_dots = strspn(name, ".") == strlen(name);
    if (!dot || dot == name || only_dots) {
        *format = GS_FORMAT_DIRECTORY;
        return GS_OK;
    }
    for (size_t i = 0; i < GS_COUNT(known); i++) {
        if (!strcmp(dot, known[i].extension)) {
            *format = known[i].format;
            return GS_OK;
        }
    }
    return gs_fail(error, GS_ERROR_ARGUMENT,
                   "%s: unknown extension %s; known are .png, .npy, .idx, .idx3-ubyte, and none for a directory", path,
                   dot);
}

/* ".NAME.PID-ATTEMPT" beside `path`, whose trailing slashes do not count. */
static char *temporary_name(const char *path, int attempt) {
    size_t length = length_without_slashes(path);
    size_t start = length;
    while (start > 0 && path[start - 1] != '/')
        start--;
    char number[64];
    snprintf(number, sizeof number, ".%ld-%d", (long)getpid(), attempt);
    size_t room = length + strlen(number) + 2;
    char *text = gs_alloc(room, 1);
    if (text)
        snprintf(text, room, "%.*s.%.*s%s", (int)start, path, (int)(length - start), path + start, number);
    return text;
}

/* Make a new file or directory beside `path`; *made is its name. Returns a descriptor (0 for a directory) or -1. */
static int make_temporary(const char *path, bool directory, char **made) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        char *name = temporary_name(path, attempt);
        if (!name) {
            errno = ENOMEM;
            return -1;
        }
        int result = directory ? mkdir(name, 0777) : open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (result >= 0) {
            *made = name;
            return result;
        }
        int reason = errno;
        gs_free(name);
        errno = reason;
        if (reason != EEXIST)
            return -1;
    }
    return -1;
}

/* The name to replace: `path`, or what it points to when it is a symbolic link; *straight when that is no regular file.
 */
static gs_status resolve(const char *path, char **target, bool *straight, gs_error *error) {
    struct stat info;
    *straight = false;
    *target = NULL;
    if (lstat(path, &info) != 0) {
        if (errno != ENOENT)
            return fail_errno(error, path, "cannot write");
        *target = gs_copy_string(path);
        return *target ? GS_OK : gs_fail_memory(error, "an output's name");
    }
    if (S_ISLNK(info.st_mode)) {
        char *real = realpath(path, NULL);
        if (!real || stat(real, &info) != 0) {
            fail_errno(error, path, "cannot follow the symbolic link");
            free(real);
            return GS_ERROR_FILE;
        }
        *target = gs_copy_string(real);
        free(real);
    } else {
        *target = gs_copy_string(path);
    }
    if (!*target)
        return gs_fail_memory(error, "an output's name");
    *straight = !S_ISREG(info.st_mode);
    if (S_ISDIR(info.st_mode))
        errno = EISDIR;
    else if (access(*target, W_OK) == 0)
        return GS_OK;
    fail_errno(error, path, "cannot write");
    gs_free(*target);
    *target = NULL;
    return GS_ERROR_FILE;
}

static gs_status check_absent(const char *path, gs_error *error) {
    char *name = join(path, length_without_slashes(path), "");
    if (!name)
        return gs_fail_memory(error, "an output's name");
    struct stat info;
    gs_status status = GS_OK;
    if (lstat(name, &info) == 0)
        status = gs_fail(error, GS_ERROR_FILE, "%s: exists already; a directory of pictures is made anew", path);
    else if (errno != ENOENT)
        status = fail_errno(error, path, "cannot write");
    gs_free(name);
    return status;
}

gs_status gs_output_check(const char *path, gs_format format, gs_error *error) {
    char *target = NULL, *made = NULL;
    bool directory = format == GS_FORMAT_DIRECTORY, straight = false;
    gs_status status = directory ? check_absent(path, error) : resolve(path, &target, &straight, error);
    if (!status && !straight) {
        int descriptor = make_temporary(directory ? path : target, directory, &made);
        if (descriptor < 0) {
            status = fail_errno(error, path, "cannot write");
        } else if (directory) {
            rmdir(made);
        } else {
            close(descriptor);
            unlink(made);
        }
    }
    gs_free(target);
    gs_free(made);
    return status;
}

gs_status gs_output_open(gs_output *output, const char *path, gs_error *error) {
    *output = (gs_output){0};
    bool straight = false;
    gs_status status = resolve(path, &output->path, &straight, error);
    if (status)
        return status;
    int descriptor =
        straight ? open(output->path, O_WRONLY | O_CLOEXEC) : make_temporary(output->path, false, &output->temporary);
    if (descriptor >= 0)
        output->file = fdopen(descriptor, "wb");
    if (!output->file) {
        status = fail_errno(error, path, "cannot write");
        if (descriptor >= 0)
            close(descriptor);
        gs_output_abandon(output);
    }
    return status;
}

gs_status gs_output_open_memory(gs_output *output, char **bytes, size_t *size, gs_error *error) {
    *bytes = NULL;
    *output = (gs_output){.path = gs_copy_string("a buffer"), .file = open_memstream(bytes, size)};
    if (output->path && output->file)
        return GS_OK;
    gs_output_abandon(output);
    free(*bytes);
    *bytes = NULL;
    return gs_fail_memory(error, "an output");
}

gs_status gs_output_write(gs_output *output, const void *bytes, size_t count, gs_error *error) {
    return fwrite(bytes, 1, count, output->file) == count ? GS_OK : fail_errno(error, output->path, "cannot write");
}

gs_status gs_output_commit(gs_output *output, gs_error *error) {
    FILE *file = output->file;
    bool failed = ferror(file) != 0;
    output->file = NULL;
    gs_status status = GS_OK;
    if (fclose(file) != 0)
        status = fail_errno(error, output->path, "cannot write");
    else if (failed)
        status = gs_fail(error, GS_ERROR_FILE, "%s: cannot write all of it", output->path);
    else if (output->temporary && rename(output->temporary, output->path) != 0)
        status = fail_errno(error, output->path, "cannot rename to it");
    if (!status) {
        gs_free(output->temporary);
        output->temporary = NULL;
    }
    gs_output_abandon(output);
    return status;
}

void gs_output_abandon(gs_output *output) {
    if (output->file)
        fclose(output->file);
    if (output->temporary)
        unlink(output->temporary);
    gs_free(output->temporary);
    gs_free(output->path);
    *output = (gs_output){0};
}

gs_status gs_directory_open(gs_output_directory *directory, const char *path, size_t n, gs_error *error) {
    *directory = (gs_output_directory){.digits = 1};
    for (size_t last = n ? n - 1 : 0; last >= 10; last /= 10)
        directory->digits++;
    gs_status status = check_absent(path, error);
    if (status)
        return status;
    directory->path = join(path, length_without_slashes(path), "");
    if (!directory->path)
        return gs_fail_memory(error, "an output's name");
    if (make_temporary(path, true, &directory->temporary) < 0)
        status = fail_errno(error, path, "cannot make the directory");
    else if (!(directory->name = gs_alloc(strlen(directory->temporary) + NUMBER_ROOM, 1)))
        status = gs_fail_memory(error, "an output's name");
    if (status)
        gs_directory_abandon(directory);
    return status;
}

const char *gs_directory_name(gs_output_directory *directory, size_t i) {
    snprintf(directory->name, strlen(directory->temporary) + NUMBER_ROOM, "%s/%0*zu.png", directory->temporary,
             directory->digits, i);
    return directory->name;
}

static void free_directory(gs_output_directory *directory) {
    gs_free(directory->temporary);
    gs_free(directory->path);
    gs_free(directory->name);
    *directory = (gs_output_directory){0};
}

gs_status gs_directory_commit(gs_output_directory *directory, gs_error *error) {
    gs_status status = GS_OK;
    if (rename(directory->temporary, directory->path) != 0) {
        status = fail_errno(error, directory->path, "cannot rename to it");
        gs_directory_abandon(directory);
        return status;
    }
    free_directory(directory);
    return status;
}

void gs_directory_abandon(gs_output_directory *directory) {
    for (size_t i = 0; i < directory->files; i++)
        unlink(gs_directory_name(directory, i));
    if (directory->temporary)
        rmdir(directory->temporary);
    free_directory(directory);
}
