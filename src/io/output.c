#include "io/output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/os.h"
#include "io/output_name.h"
#include "io/place.h"

enum { COPY_BYTES = 1 << 16, TEXT_ROOM = 128 };

static gs_status fail_errno(gs_error *error, const char *path, const char *what) {
    if (errno == ENOMEM)
        return gs_fail(error, GS_ERROR_MEMORY, "%s: %s: out of memory", path, what);
    return gs_fail(error, GS_ERROR_FILE, "%s: %s: %s", path, what, strerror(errno));
}

static atomic_bool hurried;

void gs_output_hurry(void) {
    atomic_store(&hurried, true);
}

/* ---- Asking before the work ---- */

static bool is_empty(const char *path) {
    DIR *directory = opendir(path);
    if (!directory)
        return false;
    bool empty = true;
    for (const struct dirent *entry; empty && (entry = readdir(directory));)
        empty = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..");
    closedir(directory);
    return empty;
}

/* A mount point is not replaced by a rename. */
static bool is_mount_point(const char *path, const struct stat *info) {
    char above[PATH_MAX];
    struct stat parent;
    int length = snprintf(above, sizeof above, "%s/..", path);
    return length < (int)sizeof above && stat(above, &parent) == 0 && parent.st_dev != info->st_dev;
}

/* `name` is the path without slashes at its end. */
static gs_status check_empty(const char *path, const char *name, const struct stat *info, gs_error *error) {
    const char *fault = !S_ISDIR(info->st_mode)      ? "is there already and is no directory"
                        : !is_empty(name)            ? "is there already and is not empty"
                        : is_mount_point(name, info) ? "is a mount point"
                                                     : NULL;
    return fault ? gs_fail(error, GS_ERROR_FILE,
                           "%s: %s; pictures go into a directory that is new or empty: expected another name", path,
                           fault)
                 : GS_OK;
}

/* Pictures go into a directory that is made anew, or replaces an empty one, *old; its mode is 0 where there is none. */
static gs_status check_absent(const char *path, struct stat *old, gs_error *error) {
    char *name = gs_copy_string(path);
    if (!name)
        return gs_fail_memory(error, "an output's name");
    for (size_t length = strlen(name); length > 1 && name[length - 1] == '/'; length--)
        name[length - 1] = '\0';
    gs_status status = GS_OK;
    *old = (struct stat){0};
    if (lstat(name, old) == 0)
        status = check_empty(path, name, old, error);
    else if (errno != ENOENT)
        status = fail_errno(error, path, "cannot write");
    gs_free(name);
    return status;
}

static gs_status check_directory(const char *path, gs_error *error) {
    gs_temporary *made = NULL;
    struct stat old;
    gs_temporary_clear(path, false, false);
    gs_status status = check_absent(path, &old, error);
    if (!status && gs_temporary_make_directory(path, 0, &made) < 0)
        status = fail_errno(error, path, "cannot make the directory");
    gs_temporary_free(made);
    return status;
}

/* Make a new file beside the target, or if that fails and the target does not exist, the target itself. */
static int make_new(const gs_place *place, gs_temporary **made) {
    int descriptor = gs_temporary_make_file(place->target, place->exists ? 0600 : 0666, made);
    if (descriptor < 0 && errno != ENOMEM && !place->exists)
        descriptor = gs_temporary_make_itself(place->target, 0666, made);
    return descriptor;
}

/* Write a byte, which a full disk refuses, and close the file. */
static bool takes_byte(int descriptor) {
    bool taken = write(descriptor, "", 1) == 1;
    int reason = errno;
    close(descriptor);
    errno = reason;
    return taken;
}

/* An existing file must open for writing, so that the bytes can be copied into it if a rename fails. */
static bool can_write(const gs_place *place) {
    if (place->exists && !S_ISREG(place->info.st_mode))
        return access(place->target, W_OK) == 0;
    gs_temporary_clear(place->target, false, false);
    int old = place->exists ? open(place->target, O_WRONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    if (place->exists && old < 0)
        return false;
    gs_temporary *made = NULL;
    int descriptor = make_new(place, &made);
    bool can = descriptor >= 0 ? takes_byte(descriptor) : old >= 0;
    gs_temporary_free(made);
    if (old >= 0)
        close(old);
    return can;
}

/* A file system that reports no room at all may not know its room, so the report is ignored; takes_byte has tried to
 * write. */
static gs_status check_room(const char *path, const gs_place *place, double bytes, gs_error *error) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && bytes > (double)limit.rlim_cur) {
        errno = EFBIG;
        return fail_errno(error, path, "cannot write");
    }
    const char *slash = strrchr(place->target, '/');
    size_t length = slash ? (size_t)(slash - place->target) + 1 : 1;
    char *folder = gs_alloc(length + 1, 1);
    if (!folder)
        return gs_fail_memory(error, "an output's name");
    memcpy(folder, slash ? place->target : ".", length);
    struct statvfs info;
    bool told = statvfs(folder, &info) == 0 && info.f_blocks > 0 && info.f_bavail > 0;
    gs_free(folder);
    double room = told ? (double)info.f_bavail * (double)info.f_frsize : 0;
    return !told || bytes <= room
               ? GS_OK
               : gs_fail(error, GS_ERROR_FILE, "%s: cannot write: it takes %.3g GB, and the disk has room for %.3g GB",
                         path, bytes * 1e-9, room * 1e-9);
}

gs_status gs_output_check(const char *path, gs_format format, double bytes, gs_error *error) {
    gs_status status = gs_output_check_name(path, error);
    if (status || format == GS_FORMAT_DIRECTORY)
        return status ? status : check_directory(path, error);
    gs_place place;
    status = gs_place_find(path, &place, error);
    if (status)
        return status;
    if (place.descriptor >= 0 && format != GS_FORMAT_TEXT && isatty(place.descriptor))
        status = gs_fail(error, GS_ERROR_ARGUMENT,
                         "%s: it is a terminal, which shows no pictures or numbers; redirect it, or name a file",
                         gs_output_label(path));
    else if (place.descriptor < 0 && !can_write(&place))
        status = fail_errno(error, path, "cannot write");
    else if (place.descriptor < 0 && (!place.exists || S_ISREG(place.info.st_mode)))
        status = check_room(path, &place, bytes, error);
    gs_place_free(&place);
    return status;
}

/* ---- Files ---- */

/* Give the new file the owner and mode of the old one; false if that fails. */
static bool take_after(int descriptor, const struct stat *old) {
    struct stat now;
    bool owned = fstat(descriptor, &now) == 0 && ((now.st_uid == old->st_uid && now.st_gid == old->st_gid) ||
                                                  fchown(descriptor, old->st_uid, old->st_gid) == 0);
    return owned && fchmod(descriptor, old->st_mode & 07777) == 0;
}

/* Opening a named pipe waits for its reader. open(2) that blocks would go on after a signal, so it is tried again and
 * again; -1 with EINTR: there is no reader and no time to wait for one. */
static int open_pipe(const char *path) {
    const struct timespec pause = {.tv_nsec = 20000000};
    int descriptor;
    while ((descriptor = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)) < 0 && errno == ENXIO) {
        if (atomic_load(&hurried)) {
            errno = EINTR;
            return -1;
        }
        nanosleep(&pause, NULL);
    }
    int flags = descriptor >= 0 ? fcntl(descriptor, F_GETFL) : -1;
    if (flags >= 0)
        fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK);
    return descriptor;
}

/* A descriptor, or -1 with errno set. */
static int open_place(const gs_place *place, gs_output *output) {
    if (place->descriptor >= 0) {
        fflush(NULL); /* what has been printed comes first */
        return fcntl(place->descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    }
    if (place->exists && S_ISFIFO(place->info.st_mode))
        return open_pipe(place->target);
    if (place->exists && !S_ISREG(place->info.st_mode))
        return open(place->target, O_WRONLY | O_CLOEXEC);
    int descriptor = make_new(place, &output->temporary);
    if (descriptor >= 0 && place->exists)
        output->is_copied =
            place->info.st_nlink > 1 || gs_os_has_attributes(place->target) || !take_after(descriptor, &place->info);
    else if (descriptor < 0 && errno != ENOMEM && place->exists)
        descriptor = open(place->target, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW);
    return descriptor;
}

gs_status gs_output_open(gs_output *output, const char *path, gs_error *error) {
    *output = (gs_output){.path = path};
    gs_place place;
    gs_status status = gs_place_find(path, &place, error);
    if (status)
        return status;
    if (place.descriptor == STDOUT_FILENO)
        output->path = "standard output";
    int descriptor = open_place(&place, output);
    output->target = place.target;
    if (descriptor >= 0)
        output->file = fdopen(descriptor, "wb");
    if (!output->file) {
        status = errno == EINTR ? gs_fail(error, GS_ERROR_INTERRUPTED,
                                          "interrupted: no program reads the pipe %s, nothing is written", output->path)
                                : fail_errno(error, output->path, "cannot write");
        if (descriptor >= 0)
            close(descriptor);
        gs_output_abandon(output);
    }
    return status;
}

gs_status gs_output_open_memory(gs_output *output, char **bytes, size_t *size, gs_error *error) {
    *bytes = NULL;
    *output = (gs_output){.path = "a buffer", .file = open_memstream(bytes, size)};
    return output->file ? GS_OK : gs_fail_memory(error, "an output");
}

gs_status gs_output_write(gs_output *output, const void *bytes, size_t count, gs_error *error) {
    return fwrite(bytes, 1, count, output->file) == count ? GS_OK : fail_errno(error, output->path, "cannot write");
}

/* ---- Onto the disk ---- */

/* Pipes and devices have no disk to go to. */
static bool is_unsupported(int code) {
    return code == EINVAL || code == ENOTSUP || code == EROFS;
}

static bool is_on_disk(FILE *file) {
    return fflush(file) == 0 && (fsync(fileno(file)) == 0 || is_unsupported(errno));
}

gs_status gs_output_sync_folder(const char *folder, gs_error *error) {
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gs_status status = GS_OK;
    if (descriptor < 0 || (fsync(descriptor) != 0 && !is_unsupported(errno)))
        status = fail_errno(error, folder, "cannot be put onto the disk");
    if (descriptor >= 0)
        close(descriptor);
    return status;
}

static size_t folder_length(const char *path) {
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    while (length > 0 && path[length - 1] != '/')
        length--;
    return length;
}

gs_status gs_output_sync_name(const char *path, gs_error *error) {
    size_t length = folder_length(path);
    char *folder = gs_alloc(length + 2, 1);
    if (!folder)
        return gs_fail_memory(error, "an output's name");
    memcpy(folder, length ? path : ".", length ? length : 1);
    gs_status status = gs_output_sync_folder(folder, error);
    gs_free(folder);
    return status;
}

/* ---- Completing a file ---- */

/* 0, or -1 with errno set. */
static int copy_bytes(int from, int to) {
    char bytes[COPY_BYTES];
    ssize_t count;
    while ((count = read(from, bytes, sizeof bytes)) > 0)
        for (ssize_t at = 0, put; at < count; at += put)
            if ((put = write(to, bytes + at, (size_t)(count - at))) < 0)
                return -1;
    return count < 0 ? -1 : 0;
}

static int copy_into(int from, const char *target) {
    if (lseek(from, 0, SEEK_SET) < 0)
        return -1;
    int to = open(target, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW);
    if (to < 0 && errno == ENOENT)
        to = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (to < 0)
        return -1;
    int result = copy_bytes(from, to), reason = errno;
    if (close(to) != 0 && result == 0) {
        result = -1;
        reason = errno;
    }
    errno = reason;
    return result;
}

/* Put the complete file in its place, by a rename or else by a copy from `source`. During the copy the temporary file
 * is the only whole one, so even a signal must not remove it. */
static gs_status settle(gs_output *output, int source, gs_error *error) {
    gs_temporary *temporary = output->temporary;
    char renamed[TEXT_ROOM] = "";
    if (!strcmp(temporary->name, output->target)) {
        gs_temporary_keep(temporary);
        return GS_OK;
    }
    if (!output->is_copied && gs_temporary_rename(temporary, output->target) == 0) {
        output->temporary = NULL;
        return GS_OK;
    }
    if (!output->is_copied)
        snprintf(renamed, sizeof renamed, "rename to it: %s; nor ", strerror(errno));
    gs_temporary_keep(temporary);
    if (copy_into(source, output->target) == 0) {
        unlink(temporary->name);
        return GS_OK;
    }
    return gs_fail(error, GS_ERROR_FILE, "%s: cannot %swrite into it: %s; what it was to hold is kept whole in %s",
                   output->path, renamed, strerror(errno), temporary->name);
}

gs_status gs_output_commit(gs_output *output, gs_error *error) {
    FILE *file = output->file;
    bool failed = ferror(file) != 0;
    int source = output->temporary ? fcntl(fileno(file), F_DUPFD_CLOEXEC, STDERR_FILENO + 1) : -1;
    gs_status status = GS_OK;
    output->file = NULL;
    if (!failed && output->is_durable && !is_on_disk(file))
        status = fail_errno(error, output->path, "cannot write");
    if (fclose(file) != 0 && !status)
        status = fail_errno(error, output->path, "cannot write");
    else if (!status && failed)
        status = gs_fail(error, GS_ERROR_FILE, "%s: cannot write all of it", output->path);
    else if (!status && output->temporary)
        status = settle(output, source, error);
    if (!status && output->is_durable)
        status = gs_output_sync_name(output->target, error);
    if (source >= 0)
        close(source);
    gs_output_abandon(output);
    return status;
}

gs_status gs_output_end(gs_output *output, gs_status status, gs_error *error) {
    if (!status)
        return gs_output_commit(output, error);
    gs_output_abandon(output);
    return status;
}

gs_status gs_output_end_memory(gs_output *output, char **bytes, gs_status status, gs_error *error) {
    status = gs_output_end(output, status, error);
    if (status) {
        free(*bytes);
        *bytes = NULL;
    }
    return status;
}

void gs_output_abandon(gs_output *output) {
    if (output->file)
        fclose(output->file);
    gs_temporary_free(output->temporary);
    gs_free(output->target);
    *output = (gs_output){0};
}

/* ---- Directories ---- */

gs_status gs_directory_open(gs_output_directory *directory, const char *path, size_t n, gs_error *error) {
    *directory = (gs_output_directory){.path = path};
    struct stat old;
    gs_status status = check_absent(path, &old, error);
    if (!status && gs_temporary_make_directory(path, n, &directory->temporary) < 0)
        status = fail_errno(error, path, "cannot make the directory");
    if (!status && old.st_mode)
        chmod(directory->temporary->name, (old.st_mode & 07777) | S_IRWXU);
    return status;
}

gs_status gs_directory_commit(gs_output_directory *directory, gs_error *error) {
    gs_temporary *temporary = directory->temporary;
    directory->temporary = NULL;
    if (directory->is_durable && !gs_os_sync_all(temporary->lock)) {
        gs_status status = fail_errno(error, directory->path, "cannot be put onto the disk");
        gs_temporary_free(temporary);
        return status;
    }
    if (gs_temporary_rename(temporary, directory->path) == 0)
        return directory->is_durable ? gs_output_sync_name(directory->path, error) : GS_OK;
    int reason = errno;
    gs_temporary_keep(temporary);
    gs_status status = gs_fail(error, GS_ERROR_FILE, "%s: cannot rename to it: %s; the pictures are kept in %s",
                               directory->path, strerror(reason), temporary->name);
    gs_temporary_free(temporary);
    return status;
}

void gs_directory_abandon(gs_output_directory *directory) {
    gs_temporary_free(directory->temporary);
    *directory = (gs_output_directory){0};
}
