#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/loader.h"

struct gs_file {
    int descriptor;             /* -1 if the bytes are in memory */
    const unsigned char *bytes; /* position of the next one */
    struct sha256_ctx hash;
};

static gs_status fail_errno(const gs_loader *loader, const char *what) {
    char text[128];
    if (strerror_r(errno, text, sizeof text))
        text[0] = '\0';
    return gs_fail(loader->error, GS_ERROR_FILE, "%s: %s: %s", loader->path, what, text);
}

static gs_status check_regular(const gs_loader *loader, int descriptor, uint64_t *size) {
    struct stat about;
    if (fstat(descriptor, &about))
        return fail_errno(loader, "can't be examined");
    if (S_ISDIR(about.st_mode))
        return gs_fail(loader->error, GS_ERROR_FILE, "%s: is a directory, expected a weight file", loader->path);
    if (!S_ISREG(about.st_mode))
        return gs_fail(loader->error, GS_ERROR_FILE, "%s: is not a regular file, expected a weight file", loader->path);
    *size = (uint64_t)about.st_size;
    return GS_OK;
}

static gs_status open_path(gs_loader *loader, int *descriptor) {
    /* Non-blocking, because opening a FIFO would wait for a writer. */
    *descriptor = open(loader->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (*descriptor < 0)
        return fail_errno(loader, "can't be opened");
    gs_status status = check_regular(loader, *descriptor, &loader->file_bytes);
    if (status)
        close(*descriptor);
    return status;
}

gs_status gs_file_open(gs_loader *loader, gs_file **out) {
    int descriptor = -1;
    gs_status status = loader->bytes ? GS_OK : open_path(loader, &descriptor);
    if (status)
        return status;
    gs_file *file = gs_alloc(1, sizeof *file);
    if (!file) {
        if (descriptor >= 0)
            close(descriptor);
        return gs_loader_memory(loader);
    }
    file->descriptor = descriptor;
    file->bytes = loader->bytes;
    sha256_init(&file->hash);
    *out = file;
    return GS_OK;
}

/* read(2) that goes on after a signal. */
static ssize_t read_some(gs_file *file, void *to, size_t bytes) {
    ssize_t got;
    if (file->descriptor < 0) {
        memcpy(to, file->bytes, bytes);
        file->bytes += bytes;
        return (ssize_t)bytes;
    }
    do
        got = read(file->descriptor, to, bytes);
    while (got < 0 && errno == EINTR);
    return got;
}

gs_status gs_file_read(gs_loader *loader, gs_file *file, void *memory, size_t bytes) {
    enum { PIECE = 1 << 20 };
    unsigned char *to = memory;
    while (bytes) {
        ssize_t got = read_some(file, to, bytes < PIECE ? bytes : PIECE);
        if (got < 0)
            return fail_errno(loader, "can't be read");
        if (got == 0)
            return gs_fail(loader->error, GS_ERROR_FILE, "%s: became shorter while it was read", loader->path);
        sha256_update(&file->hash, (size_t)got, to);
        to += got;
        bytes -= (size_t)got;
    }
    return GS_OK;
}

void gs_file_hash(gs_file *file, char text[65]) {
    static const char digits[] = "0123456789abcdef";
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_digest(&file->hash, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[64] = '\0';
}

void gs_file_close(gs_file *file) {
    if (!file)
        return;
    if (file->descriptor >= 0)
        close(file->descriptor);
    gs_free(file);
}
