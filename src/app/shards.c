#include "app/shards.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/claims.h"
#include "app/interrupt.h"
#include "app/shard_shape.h"
#include "app/words.h"
#include "base/os.h"
#include "base/stream.h"
#include "io/output.h"
#include "model/hash.h"

enum { PIECE = 1 << 16, LOCK_TRIES = 40 };

static gs_status fail_errno(const char *path, const char *what, gs_error *error) {
    return gs_fail(error, GS_ERROR_FILE, "%s: %s: %s", path, what, strerror(errno));
}

void gs_shards_path(const gs_shards *s, const char *name, char path[GS_SHARD_PATH_ROOM]) {
    snprintf(path, GS_SHARD_PATH_ROOM, "%s%s", s->folder, name);
}

static void manifest_path(const gs_shards *s, char path[GS_SHARD_PATH_ROOM]) {
    gs_shards_path(s, "manifest.json", path);
}

/* ---- Bytes of shards ---- */

/* Add a regular file's bytes. A link or a pipe in its place is no shard. */
static gs_status add_file(const char *path, gs_hash *hash, uint64_t *bytes, gs_error *error) {
    struct stat info;
    if (lstat(path, &info) != 0)
        return errno == ENOENT ? gs_fail(error, GS_ERROR_FILE, "%s: is missing", path)
                               : fail_errno(path, "cannot be examined", error);
    if (!S_ISREG(info.st_mode))
        return gs_fail(error, GS_ERROR_FORMAT, "%s: is no regular file", path);
    gs_stream stream;
    gs_status status = gs_stream_open(&stream, path, "a shard", error);
    if (status)
        return status;
    unsigned char piece[PIECE];
    for (size_t got = 1; !status && got;) {
        status = gs_stream_read(&stream, piece, sizeof piece, &got);
        if (!status)
            gs_hash_add(hash, piece, got);
        *bytes += !status ? got : 0;
    }
    gs_stream_close(&stream);
    return status;
}

/* How many entries a folder has; more than `most` are not counted. */
static size_t count_entries(const char *path, size_t most) {
    DIR *directory = opendir(path);
    size_t count = 0;
    for (const struct dirent *entry; directory && count <= most && (entry = readdir(directory));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    if (directory)
        closedir(directory);
    return count;
}

/* The pictures of a folder, in their order. */
static gs_status add_folder(const gs_manifest *m, const gs_shard *shard, const char *path, gs_hash *hash,
                            uint64_t *bytes, gs_error *error) {
    size_t count = (size_t)(shard->count * m->per_chain), entries = count_entries(path, count);
    gs_status status = GS_OK;
    for (size_t i = 0; !status && i < count; i++) {
        char picture[GS_PICTURE_PATH_ROOM];
        gs_shard_picture_path(m, shard, path, i, picture);
        status = add_file(picture, hash, bytes, error);
    }
    return !status && entries != count
               ? gs_fail(error, GS_ERROR_FORMAT, "%s: has other files than its %zu pictures", path, count)
               : status;
}

/* The bytes and the hashes of a shard's files as they are. */
static gs_status measure(const gs_shards *s, gs_shard *shard, gs_error *error) {
    char name[GS_SHARD_NAME_ROOM], path[GS_SHARD_PATH_ROOM];
    gs_hash hash;
    gs_shard_name(&s->manifest, shard->index, name);
    gs_shards_path(s, name, path);
    gs_hash_begin(&hash);
    uint64_t bytes = 0;
    gs_status status = s->manifest.format == GS_FORMAT_DIRECTORY
                           ? add_folder(&s->manifest, shard, path, &hash, &bytes, error)
                           : add_file(path, &hash, &bytes, error);
    shard->bytes = bytes;
    gs_hash_end(&hash, shard->hash);
    if (status || !s->manifest.judged)
        return status;
    uint64_t ignored = 0;
    gs_shard_sums_name(shard->index, name);
    gs_shards_path(s, name, path);
    gs_hash_begin(&hash);
    status = add_file(path, &hash, &ignored, error);
    gs_hash_end(&hash, shard->sums);
    return status;
}

gs_status gs_shards_seal(const gs_shards *s, gs_shard *shard, gs_error *error) {
    return measure(s, shard, error);
}

static gs_status fail_hash(const gs_shards *s, const char *name, const char *found, const char *noted,
                           gs_error *error) {
    return gs_fail(error, GS_ERROR_FORMAT, "%s%s: its SHA-256 is %s, the manifest says %s", s->folder, name, found,
                   noted);
}

gs_status gs_shards_check(const gs_shards *s, size_t index, gs_error *error) {
    const gs_shard *noted = &s->manifest.shard[index];
    gs_shard found = *noted;
    char name[GS_SHARD_NAME_ROOM], sums[GS_SHARD_NAME_ROOM], path[GS_SHARD_PATH_ROOM];
    gs_status status = measure(s, &found, error);
    gs_shard_name(&s->manifest, index, name);
    gs_shard_sums_name(index, sums);
    gs_shards_path(s, name, path);
    if (status)
        return status;
    if (found.bytes != noted->bytes)
        return gs_fail(error, GS_ERROR_FORMAT, "%s: has %" PRIu64 " bytes, the manifest says %" PRIu64, path,
                       found.bytes, noted->bytes);
    if (strcmp(found.hash, noted->hash) != 0)
        return fail_hash(s, name, found.hash, noted->hash, error);
    return strcmp(found.sums, noted->sums) != 0 ? fail_hash(s, sums, found.sums, noted->sums, error)
                                                : gs_shard_check_shape(&s->manifest, noted, path, error);
}

/* ---- Removing ---- */

/* A file, or a folder with files only, as shards have them. */
static gs_status remove_entry(const char *path, gs_error *error) {
    DIR *directory = NULL;
    if (unlink(path) == 0 || errno == ENOENT)
        return GS_OK;
    directory = opendir(path);
    for (const struct dirent *entry; directory && (entry = readdir(directory));)
        unlinkat(dirfd(directory), entry->d_name, 0);
    if (directory)
        closedir(directory);
    return rmdir(path) == 0 || errno == ENOENT
               ? GS_OK
               : fail_errno(path, "is in the way of a shard: move it away, as it cannot be removed", error);
}

gs_status gs_shards_clear(const gs_shards *s, const gs_shard *shard, gs_error *error) {
    char name[GS_SHARD_NAME_ROOM], path[GS_SHARD_PATH_ROOM];
    gs_shard_name(&s->manifest, shard->index, name);
    gs_shards_path(s, name, path);
    return remove_entry(path, error);
}

/* Remove what was kept of a shard while it was drawn. */
static void clear_state(const gs_shards *s, uint64_t index) {
    for (int samples = 0; samples < 2; samples++) {
        char name[GS_SHARD_NAME_ROOM], path[GS_SHARD_PATH_ROOM];
        gs_shard_state_name(index, samples, name);
        gs_shards_path(s, name, path);
        unlink(path);
    }
}

/* ---- Opening ---- */

static gs_status take_folder(gs_shards *s, const char *folder, gs_error *error) {
    size_t length = strlen(folder);
    *s = (gs_shards){.lock = -1, .claim = -1};
    if (length + GS_SHARD_NAME_ROOM >= GS_SHARD_PATH_ROOM)
        return gs_fail(error, GS_ERROR_FILE, "the folder's name has %zu bytes: expected fewer than %d", length,
                       GS_SHARD_PATH_ROOM - GS_SHARD_NAME_ROOM);
    s->folder = gs_alloc(length + 2, 1);
    if (!s->folder)
        return gs_fail_memory(error, "a folder's name");
    memcpy(s->folder, folder, length);
    while (length > 1 && s->folder[length - 1] == '/')
        length--;
    s->folder[length] = '/';
    s->folder[length + 1] = '\0';
    return GS_OK;
}

/* A process that was killed may still be about to end; where there are no locks nobody else is looked for. */
static bool lock_folder(const gs_shards *s) {
    const struct timespec pause = {.tv_nsec = 50000000};
    gs_lock how = s->mode == GS_SHARDS_SHARE ? GS_LOCK_SHARED : GS_LOCK_ALONE;
    bool locked = false, held = true;
    for (int i = 0; i < LOCK_TRIES && held && !locked; i++) {
        if (i)
            nanosleep(&pause, NULL);
        errno = 0;
        locked = gs_os_lock(s->lock, how);
        held = errno == EWOULDBLOCK;
    }
    return locked || !held;
}

/* Be the one process that writes into it. */
static gs_status open_folder(gs_shards *s, gs_error *error) {
    s->lock = open(s->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->lock < 0)
        return fail_errno(s->folder, "cannot be the folder of the shards", error);
    const char *advice = s->mode == GS_SHARDS_SHARE
                             ? "it draws them alone, so wait until it ends, or give the job another name"
                             : "wait until it ends, or name another folder; several draw one run by gensample work";
    return lock_folder(s)
               ? GS_OK
               : gs_fail(error, GS_ERROR_FILE, "%s: another process is writing shards into it: %s", s->folder, advice);
}

/* Make the folder if there is none, and hold it. */
static gs_status hold_folder(gs_shards *s, gs_error *error) {
    if (mkdir(s->folder, 0777) == 0) {
        gs_status status = gs_output_sync_name(s->folder, error);
        if (status)
            return status;
    } else if (errno != EEXIST) {
        return fail_errno(s->folder, "cannot make the folder of the shards", error);
    }
    return open_folder(s, error);
}

static void clear_left(const gs_shards *s) {
    static const char *const names[] = {"shard-", "sums-", "state-", "manifest.json"};
    char path[GS_SHARD_PATH_ROOM];
    for (size_t i = 0; i < GS_COUNT(names); i++) {
        gs_shards_path(s, names[i], path);
        gs_temporary_clear(path, true, s->mode != GS_SHARDS_SHARE);
    }
}

/* Whether the run only looks at the folder. */
static bool only_looks(const gs_shards *s) {
    return s->lock < 0;
}

/* Check the finished shards; those that are damaged are finished no longer. */
static gs_status check_finished(gs_shards *s, gs_error *error) {
    for (size_t i = 0; i < s->manifest.count; i++) {
        gs_shard *shard = &s->manifest.shard[i];
        gs_error why;
        if (gs_interrupted())
            return gs_fail(error, GS_ERROR_INTERRUPTED,
                           "interrupted: %zu of %zu shards of %s are checked, none is drawn", i, s->manifest.count,
                           s->folder);
        if (!shard->hash[0])
            continue;
        s->found++;
        if (!gs_shards_check(s, i, &why)) {
            if (!only_looks(s))
                clear_state(s, i);
            continue;
        }
        gs_warn("%s; it is drawn again", why.message);
        shard->hash[0] = shard->sums[0] = '\0';
        s->found--;
        s->redone++;
    }
    return GS_OK;
}

static gs_status compare(const gs_shards *s, const gs_manifest *have, const char *path, gs_error *error) {
    gs_error why;
    gs_status status = gs_manifest_compare(have, &s->manifest, path, &why);
    bool shared = s->mode == GS_SHARDS_SHARE;
    return status ? gs_fail(error, status, "%s%s; %s", shared ? "" : "--resume: ", why.message,
                            shared ? "give the job the settings with which the run began, or another name"
                                   : "repeat the settings with which the run began, or name another folder")
                  : GS_OK;
}

static gs_status go_on(gs_shards *s, const char *path, gs_error *error) {
    gs_manifest have;
    gs_status status = gs_manifest_read(&have, path, error);
    if (status)
        return status;
    status = compare(s, &have, path, error);
    if (!status) {
        gs_manifest_free(&s->manifest);
        s->manifest = have;
        if (s->mode == GS_SHARDS_RESUME && !only_looks(s))
            gs_claims_end(s->folder);
        status = s->mode == GS_SHARDS_RESUME ? check_finished(s, error) : GS_OK;
        return !status && s->redone && !only_looks(s) ? gs_manifest_write(&s->manifest, path, error) : status;
    }
    gs_manifest_free(&have);
    return status;
}

/* Whether there are files that no run in shards makes before its manifest. */
static bool has_others(const char *folder) {
    DIR *directory = opendir(folder);
    bool found = false;
    for (const struct dirent *entry; directory && !found && (entry = readdir(directory));)
        found = strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && !gs_claim_is_one(entry->d_name);
    if (directory)
        closedir(directory);
    return found;
}

/* A run that is there already goes on where its manifest can be read. */
static gs_status refuse_run(const gs_shards *s, const char *path, gs_error *error) {
    gs_manifest have;
    gs_status status = gs_manifest_read(&have, path, error);
    if (status)
        return status;
    gs_manifest_free(&have);
    return gs_fail(error, GS_ERROR_ARGUMENT,
                   "--out: %s has a run already: add --resume to go on with it, or name another folder", s->folder);
}

static gs_status begin(gs_shards *s, gs_error *error) {
    char path[GS_SHARD_PATH_ROOM];
    manifest_path(s, path);
    if (!only_looks(s))
        clear_left(s);
    if (access(path, F_OK) == 0)
        return s->mode != GS_SHARDS_NEW ? go_on(s, path, error) : refuse_run(s, path, error);
    if (has_others(s->folder))
        return gs_fail(error, GS_ERROR_FILE,
                       "%s: has files, but no manifest.json of a run: expected a folder that is new or empty",
                       s->folder);
    return only_looks(s) ? GS_OK : gs_manifest_write(&s->manifest, path, error);
}

/* The folder and the manifest as the run would begin it; takes `head`. */
static gs_status name_run(gs_shards *s, const char *folder, json_t *head, gs_shards_mode mode, gs_error *error) {
    gs_status status = take_folder(s, folder, error);
    s->mode = mode;
    if (!status)
        return gs_manifest_create(&s->manifest, head, folder, error);
    json_decref(head);
    return status;
}

gs_status gs_shards_open(gs_shards *s, const char *folder, json_t *head, gs_shards_mode mode, gs_error *error) {
    gs_status status = name_run(s, folder, head, mode, error);
    int lock = -1;
    if (!status)
        status = hold_folder(s, error);
    if (!status && mode == GS_SHARDS_SHARE)
        status = gs_claim_manifest(s->folder, &lock, error);
    if (!status)
        status = begin(s, error);
    if (lock >= 0)
        close(lock);
    if (status)
        gs_shards_close(s);
    return status;
}

/* Whether a run could hold the folder, or make it. */
static gs_status try_folder(gs_shards *s, gs_error *error) {
    struct stat info;
    if (stat(s->folder, &info) != 0)
        return errno == ENOENT ? gs_output_check(s->folder, GS_FORMAT_DIRECTORY, 0, error)
                               : fail_errno(s->folder, "cannot be the folder of the shards", error);
    gs_status status = open_folder(s, error);
    if (s->lock >= 0)
        close(s->lock);
    s->lock = -1;
    return !status && access(s->folder, W_OK) != 0 ? fail_errno(s->folder, "cannot be the folder of the shards", error)
                                                   : status;
}

gs_status gs_shards_foresee(gs_shards *s, const char *folder, json_t *head, gs_shards_mode mode, gs_error *error) {
    gs_status status = name_run(s, folder, head, mode, error);
    if (!status)
        status = try_folder(s, error);
    if (!status)
        status = begin(s, error);
    if (status)
        gs_shards_close(s);
    return status;
}

gs_status gs_shards_view(gs_shards *s, const char *folder, gs_error *error) {
    char path[GS_SHARD_PATH_ROOM];
    gs_status status = take_folder(s, folder, error);
    if (!status) {
        manifest_path(s, path);
        status = gs_manifest_read(&s->manifest, path, error);
    }
    if (status)
        gs_shards_close(s);
    return status;
}

/* ---- Handing out and noting ---- */

/* What other processes have noted since. */
static gs_status read_again(gs_shards *s, gs_error *error) {
    char path[GS_SHARD_PATH_ROOM];
    gs_manifest now;
    manifest_path(s, path);
    gs_status status = gs_manifest_read(&now, path, error);
    if (status)
        return status;
    gs_manifest_free(&s->manifest);
    s->manifest = now;
    return GS_OK;
}

/* The first shard that this process can claim. */
static gs_status claim_next(gs_shards *s, gs_shard *shard, bool *found, gs_error *error) {
    gs_status status = read_again(s, error);
    s->busy = 0;
    for (size_t i = 0; !status && !*found && i < s->manifest.count; i++) {
        if (s->manifest.shard[i].hash[0])
            continue;
        status = gs_claim_take(s->folder, i, &s->claim, error);
        s->busy += !status && s->claim < 0;
        if (status || s->claim < 0)
            continue;
        status = read_again(s, error); /* it may have been finished before it was claimed */
        *shard = s->manifest.shard[i];
        *found = !status && !shard->hash[0];
        if (!*found) {
            gs_claim_release(s->folder, i, s->claim);
            s->claim = -1;
        }
    }
    return status;
}

gs_status gs_shards_next(gs_shards *s, gs_shard *shard, bool *found, gs_error *error) {
    *found = false;
    if (s->mode == GS_SHARDS_SHARE) {
        gs_status status = claim_next(s, shard, found, error);
        s->next = *found ? (size_t)shard->index : 0;
        return status;
    }
    while (s->next < s->manifest.count && s->manifest.shard[s->next].hash[0])
        s->next++;
    *found = s->next < s->manifest.count;
    if (*found)
        *shard = s->manifest.shard[s->next++];
    return GS_OK;
}

void gs_shards_release(gs_shards *s) {
    if (s->claim >= 0)
        gs_claim_release(s->folder, s->next, s->claim);
    s->claim = -1;
}

gs_status gs_shards_commit_all(gs_shards *s, const gs_shard *sealed, size_t count, gs_error *error) {
    char path[GS_SHARD_PATH_ROOM];
    manifest_path(s, path);
    for (size_t i = 0; i < count; i++)
        s->manifest.shard[sealed[i].index] = sealed[i];
    gs_status status = gs_manifest_write(&s->manifest, path, error);
    for (size_t i = 0; i < count; i++)
        if (status)
            s->manifest.shard[sealed[i].index].hash[0] = '\0';
        else
            clear_state(s, sealed[i].index);
    return status;
}

gs_status gs_shards_commit(gs_shards *s, const gs_shard *shard, gs_error *error) {
    if (s->mode != GS_SHARDS_SHARE)
        return gs_shards_commit_all(s, shard, 1, error);
    int lock;
    gs_status status = gs_claim_manifest(s->folder, &lock, error);
    if (status)
        return status;
    status = read_again(s, error);
    if (!status)
        status = gs_shards_commit_all(s, shard, 1, error);
    close(lock);
    gs_shards_release(s);
    return status;
}

size_t gs_shards_finished(const gs_shards *s) {
    size_t count = 0;
    for (size_t i = 0; i < s->manifest.count; i++)
        count += s->manifest.shard[i].hash[0] != '\0';
    return count;
}

uint64_t gs_shards_chains(const gs_shards *s) {
    uint64_t count = 0;
    for (size_t i = 0; i < s->manifest.count; i++)
        count += s->manifest.shard[i].hash[0] ? s->manifest.shard[i].count : 0;
    return count;
}

void gs_shards_close(gs_shards *s) {
    gs_shards_release(s);
    if (s->mode == GS_SHARDS_SHARE && s->manifest.count && gs_shards_finished(s) == s->manifest.count)
        gs_claims_end(s->folder);
    if (s->lock >= 0)
        close(s->lock);
    gs_manifest_free(&s->manifest);
    gs_free(s->folder);
    *s = (gs_shards){.lock = -1, .claim = -1};
}
