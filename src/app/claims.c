#include "app/claims.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/os.h"

static const char beginning[] = "claim-";

static void name_claim(const char *folder, uint64_t index, char path[PATH_MAX]) {
    snprintf(path, PATH_MAX, "%s%s%05" PRIu64, folder, beginning, index);
}

static void name_manifest(const char *folder, char path[PATH_MAX]) {
    snprintf(path, PATH_MAX, "%s%smanifest", folder, beginning);
}

bool gs_claim_is_one(const char *name) {
    return !strncmp(name, beginning, sizeof beginning - 1);
}

static int open_claim(const char *path) {
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
}

static gs_status fail_errno(const char *path, gs_error *error) {
    return gs_fail(error, GS_ERROR_FILE, "%s: no process can claim it here: %s", path, strerror(errno));
}

/* 1: the file still has the name; 0: the process that had it before has removed it; -1 with errno set: nobody can tell.
 */
static int is_there(int descriptor, const char *path) {
    struct stat own, named;
    if (fstat(descriptor, &own) != 0)
        return -1;
    if (stat(path, &named) != 0)
        return errno == ENOENT ? 0 : -1;
    return own.st_ino == named.st_ino && own.st_dev == named.st_dev;
}

gs_status gs_claim_take(const char *folder, uint64_t index, int *claim, gs_error *error) {
    char path[PATH_MAX];
    name_claim(folder, index, path);
    *claim = -1;
    for (;;) {
        int descriptor = open_claim(path);
        if (descriptor < 0)
            return fail_errno(path, error);
        if (!gs_os_lock(descriptor, GS_LOCK_ALONE)) {
            gs_status status = errno == EWOULDBLOCK ? GS_OK : fail_errno(path, error);
            close(descriptor);
            return status;
        }
        int there = is_there(descriptor, path);
        if (there > 0) {
            *claim = descriptor;
            return GS_OK;
        }
        gs_status status = there < 0 ? fail_errno(path, error) : GS_OK;
        close(descriptor);
        if (status)
            return status;
    }
}

void gs_claim_release(const char *folder, uint64_t index, int claim) {
    gs_claim_remove(folder, index);
    close(claim);
}

bool gs_claim_is_left(const char *folder, uint64_t index) {
    char path[PATH_MAX];
    name_claim(folder, index, path);
    int descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    bool left = descriptor >= 0 && gs_os_lock(descriptor, GS_LOCK_ALONE);
    if (descriptor >= 0)
        close(descriptor);
    return left;
}

void gs_claim_remove(const char *folder, uint64_t index) {
    char path[PATH_MAX];
    name_claim(folder, index, path);
    unlink(path);
}

gs_status gs_claim_manifest(const char *folder, int *lock, gs_error *error) {
    char path[PATH_MAX];
    name_manifest(folder, path);
    *lock = open_claim(path);
    if (*lock < 0)
        return fail_errno(path, error);
    if (gs_os_lock(*lock, GS_LOCK_WAIT))
        return GS_OK;
    gs_status status = fail_errno(path, error);
    close(*lock);
    *lock = -1;
    return status;
}

void gs_claims_end(const char *folder) {
    DIR *directory = opendir(folder);
    for (const struct dirent *entry; directory && (entry = readdir(directory));)
        if (gs_claim_is_one(entry->d_name))
            unlinkat(dirfd(directory), entry->d_name, 0);
    if (directory)
        closedir(directory);
}
