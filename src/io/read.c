#include "io/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/machine.h"

enum { CHUNK = 4096, MAGIC = 4, IDX_BYTES = 8, RANK_MAX = 4 };

static gs_status fail_errno(const gs_reader *r, const char *what) {
    return gs_fail(r->error, GS_ERROR_FILE, "%s: %s: %s", r->path, what, strerror(errno));
}

/* Without blocking: opening a FIFO would wait for a writer. */
static gs_status open_file(gs_reader *r) {
    int descriptor = open(r->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (descriptor < 0)
        return fail_errno(r, "can't be opened");
    struct stat about;
    gs_status status = GS_OK;
    if (fstat(descriptor, &about) != 0) {
        status = fail_errno(r, "can't be examined");
    } else if (!S_ISREG(about.st_mode)) {
        status = gs_fail(r->error, GS_ERROR_FILE, "%s: is %s: expected a file of images", r->path,
                         S_ISDIR(about.st_mode) ? "a directory" : "not a regular file");
    } else if (!(r->file = fdopen(descriptor, "rb"))) {
        status = fail_errno(r, "can't be opened");
    }
    if (status) {
        close(descriptor);
        return status;
    }
    r->size = (uint64_t)about.st_size;
    return GS_OK;
}

gs_status gs_reader_take(gs_reader *r, void *bytes, size_t count) {
    if (fread(bytes, 1, count, r->file) == count)
        return GS_OK;
    return ferror(r->file)
               ? fail_errno(r, "can't be read")
               : gs_fail(r->error, GS_ERROR_FORMAT, "%s: ends at byte %llu", r->path, (unsigned long long)r->size);
}

float gs_reader_pixel(const gs_reader *r, float t) {
    return r->range[0] + t * (r->range[1] - r->range[0]);
}

gs_status gs_reader_make_room(gs_reader *r, uint64_t total) {
    size_t n = total < r->most ? (size_t)total : r->most, bytes;
    if (!gs_mul_size(n, r->pixels * sizeof(float), &bytes) || (double)bytes > gs_machine_bytes())
        return gs_fail_memory(r->error, "reading images");
    r->images->data = gs_alloc(bytes, 1);
    if (!r->images->data)
        return gs_fail_memory(r->error, "reading images");
    r->images->n = n;
    r->images->total = (size_t)total;
    return GS_OK;
}

/* "1 x 28 x 28" or, of one channel, "28 x 28". */
static void shape_text(const uint64_t chw[3], char text[80]) {
    int at = chw[0] == 1 ? 0 : snprintf(text, 80, "%llu x ", (unsigned long long)chw[0]);
    snprintf(text + at, 80 - (size_t)at, "%llu x %llu", (unsigned long long)chw[1], (unsigned long long)chw[2]);
}

gs_status gs_reader_accept(gs_reader *r, int rank, const uint64_t *sizes, uint64_t item_bytes, uint64_t start) {
    if (rank < 2 || rank > RANK_MAX) {
        return gs_fail(r->error, GS_ERROR_FORMAT,
                       "%s: an array of rank %d: expected images (H, W), (n, H, W) or (n, C, H, W)", r->path, rank);
    }
    const uint64_t wanted[3] = {(uint64_t)r->shape[0], (uint64_t)r->shape[1], (uint64_t)r->shape[2]};
    const uint64_t found[3] = {rank == 4 ? sizes[1] : 1, sizes[rank - 2], sizes[rank - 1]};
    if (memcmp(found, wanted, sizeof found) != 0) {
        char a[80], b[80];
        shape_text(found, a);
        shape_text(wanted, b);
        return gs_fail(r->error, GS_ERROR_FORMAT, "%s: has images of %s: expected %s, the model's", r->path, a, b);
    }
    uint64_t total = rank == 2 ? 1 : sizes[0], image = r->pixels * item_bytes, bytes = r->size - start;
    if (total == 0)
        return gs_fail(r->error, GS_ERROR_FORMAT, "%s: has no images", r->path);
    if (bytes / image < total) {
        return gs_fail(r->error, GS_ERROR_FORMAT, "%s: is cut short: ends in image %llu of %llu", r->path,
                       (unsigned long long)(bytes / image), (unsigned long long)total);
    }
    if (bytes != total * image) {
        return gs_fail(r->error, GS_ERROR_FORMAT, "%s: %llu bytes follow its last image", r->path,
                       (unsigned long long)(bytes - total * image));
    }
    return gs_reader_make_room(r, total);
}

/* Magic 00 00 TYPE RANK, then big-endian sizes (LeCun et al., the MNIST database). */
gs_status gs_read_idx(gs_reader *r) {
    uint8_t header[MAGIC + 4 * RANK_MAX] = {0};
    gs_status status = gs_reader_take(r, header, MAGIC);
    if (status)
        return status;
    int rank = header[3];
    if (header[2] != IDX_BYTES) {
        return gs_fail(r->error, GS_ERROR_FORMAT, "%s: an IDX file of elements 0x%02x: expected 0x08, bytes", r->path,
                       header[2]);
    }
    if (rank >= 2 && rank <= RANK_MAX)
        status = gs_reader_take(r, header + MAGIC, 4 * (size_t)rank);
    uint64_t sizes[RANK_MAX] = {0};
    for (size_t i = 0; i < 4 * RANK_MAX; i++)
        sizes[i / 4] = sizes[i / 4] << 8 | header[MAGIC + i];
    if (!status)
        status = gs_reader_accept(r, rank, sizes, 1, MAGIC + 4 * (uint64_t)rank);
    size_t size = r->images->n * r->pixels;
    for (size_t at = 0; !status && at < size; at += CHUNK) {
        uint8_t bytes[CHUNK];
        size_t count = size - at < CHUNK ? size - at : CHUNK;
        status = gs_reader_take(r, bytes, count);
        for (size_t i = 0; !status && i < count; i++)
            r->images->data[at + i] = gs_reader_pixel(r, (float)bytes[i] / 255.0F);
    }
    return status;
}

static gs_status read_any(gs_reader *r) {
    static const struct {
        const char *bytes;
        size_t count;
        gs_status (*read)(gs_reader *);
    } formats[] = {{"\0\0", 2, gs_read_idx}, {"\x93NUM", 4, gs_read_npy}, {"\x89PNG", 4, gs_read_png}};
    char magic[MAGIC] = "?";
    if (fread(magic, 1, MAGIC, r->file) < MAGIC && ferror(r->file))
        return fail_errno(r, "can't be read");
    rewind(r->file);
    for (size_t i = 0; i < GS_COUNT(formats); i++)
        if (!memcmp(magic, formats[i].bytes, formats[i].count))
            return formats[i].read(r);
    bool gzip = !memcmp(magic, "\x1f\x8b", 2);
    return gs_fail(r->error, GS_ERROR_FORMAT, "%s: is %s", r->path,
                   gzip ? "compressed: unpack it with gunzip first" : "no IDX, NPY or PNG file of images");
}

gs_status gs_images_read(const char *path, const int shape[3], const float range[2], size_t most, gs_image_file *images,
                         gs_error *error) {
    *images = (gs_image_file){0};
    gs_reader r = {.path = path,
                   .shape = shape,
                   .range = range,
                   .most = most,
                   .pixels = (size_t)shape[0] * (size_t)shape[1] * (size_t)shape[2],
                   .images = images,
                   .error = error};
    gs_status status = open_file(&r);
    if (status)
        return status;
    status = read_any(&r);
    fclose(r.file);
    if (status) {
        gs_free(images->data);
        *images = (gs_image_file){0};
    }
    return status;
}
