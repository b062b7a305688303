#include "model/file.h"

#include <string.h>

#include "base/stream.h"

/* A pipe's size is known only at its end, so all of it is read before any of its content is trusted. */
enum { PIPE_MAX = 1 << 30 };

struct gs_file {
    gs_stream stream;
    bool open;                  /* the stream is, and the bytes are in it */
    unsigned char *owned;       /* all of a pipe's bytes */
    const unsigned char *bytes; /* the next one of those in memory */
};

static gs_status open_path(gs_loader *loader, bool (*enough)(const unsigned char *, size_t), gs_file *file) {
    gs_stream *stream = &file->stream;
    gs_status status = gs_stream_open(stream, loader->path, "a weight file", loader->error);
    if (status)
        return status;
    file->open = true;
    loader->file_bytes = stream->size;
    size_t count = 0;
    if (!stream->sized) {
        status = gs_stream_read_all(stream, PIPE_MAX, enough, &file->owned, &count);
        file->bytes = file->owned;
        loader->file_bytes = count;
    }
    return status;
}

gs_status gs_file_open(gs_loader *loader, bool (*enough)(const unsigned char *, size_t), gs_file **out) {
    gs_file *file = gs_alloc(1, sizeof *file);
    if (!file)
        return gs_loader_memory(loader);
    file->bytes = loader->bytes;
    gs_status status = loader->bytes ? GS_OK : open_path(loader, enough, file);
    if (status)
        gs_file_close(file);
    else
        *out = file;
    return status;
}

gs_status gs_file_read(gs_loader *loader, gs_file *file, void *memory, size_t bytes) {
    unsigned char *to = memory;
    while (bytes) {
        size_t got = bytes;
        if (file->bytes) {
            memcpy(to, file->bytes, got);
            file->bytes += got;
        } else {
            gs_status status = gs_stream_read(&file->stream, to, bytes, &got);
            if (status)
                return status;
        }
        if (got == 0)
            return gs_fail(loader->error, GS_ERROR_FILE, "%s: became shorter while it was read", loader->path);
        gs_hash_add(&loader->hash, to, got);
        to += got;
        bytes -= got;
    }
    return GS_OK;
}

void gs_file_close(gs_file *file) {
    if (!file)
        return;
    if (file->open)
        gs_stream_close(&file->stream);
    gs_free(file->owned);
    gs_free(file);
}
