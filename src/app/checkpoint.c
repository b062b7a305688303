#include "app/checkpoint.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/words.h"
#include "base/os.h"
#include "base/stream.h"
#include "io/output.h"

enum { PIECE = 1 << 16 };

/* The beginning of a state's file; the chains and the hash of all before it follow. */
typedef struct head {
    char magic[16];
    char run[GS_HASH_ROOM + 7], part[GS_HASH_ROOM + 7];
    uint64_t kept, chains_bytes;
} head;
static const char magic[16] = "gensample state";

static gs_status fail_errno(const char *path, const char *what, gs_error *error) {
    return gs_fail(error, GS_ERROR_FILE, "%s: %s: %s", path, what, strerror(errno));
}

/* False: there is no memory. */
static bool name_run(gs_checkpoint *c, const gs_shards *shards, const gs_shard *shard) {
    char *text = json_dumps(shards->manifest.head, JSON_SORT_KEYS | JSON_COMPACT), number[32];
    gs_hash hash;
    if (!text)
        return false;
    gs_hash_begin(&hash);
    gs_hash_add(&hash, text, strlen(text));
    gs_hash_add(&hash, number, (size_t)snprintf(number, sizeof number, "%" PRIu64, shard->index));
    gs_hash_end(&hash, c->run);
    free(text);
    return true;
}

/* The hash so far; bytes may still follow. */
static void hash_so_far(const gs_checkpoint *c, char text[GS_HASH_ROOM]) {
    gs_hash copy = c->hash;
    gs_hash_end(&copy, text);
}

/* ---- Reading ---- */

/* Whether the bytes are a state of this shard; *h becomes its head. */
static bool is_state(const gs_checkpoint *c, const unsigned char *bytes, size_t count, head *h) {
    const size_t digits = GS_HASH_ROOM - 1;
    char found[GS_HASH_ROOM];
    gs_hash hash;
    if (count < sizeof *h + digits)
        return false;
    memcpy(h, bytes, sizeof *h);
    gs_hash_begin(&hash);
    gs_hash_add(&hash, bytes, count - digits);
    gs_hash_end(&hash, found);
    return !memcmp(found, bytes + count - digits, digits) && !memcmp(h->magic, magic, sizeof magic) &&
           !memcmp(h->run, c->run, GS_HASH_ROOM) && h->chains_bytes == count - digits - sizeof *h;
}

/* Whether the first samples of the part are those of the state, and nothing else is behind them. */
static bool check_part(gs_checkpoint *c, const head *h) {
    char found[GS_HASH_ROOM];
    unsigned char piece[PIECE];
    uint64_t left = h->kept * c->item * sizeof(float);
    while (left) {
        size_t want = left < PIECE ? (size_t)left : PIECE, got = fread(piece, 1, want, c->file);
        if (!got)
            return false;
        gs_hash_add(&c->hash, piece, got);
        left -= got;
    }
    hash_so_far(c, found);
    rewind(c->file);
    return !memcmp(found, h->part, GS_HASH_ROOM) &&
           ftruncate(fileno(c->file), (off_t)(h->kept * c->item * sizeof(float))) == 0;
}

static bool read_state(gs_checkpoint *c, uint64_t samples, size_t most) {
    gs_stream stream;
    size_t count = 0;
    head h;
    if (access(c->state, F_OK) != 0 || gs_stream_open(&stream, c->state, "a state", NULL))
        return false;
    gs_status status = gs_stream_read_all(&stream, sizeof h + most + GS_HASH_ROOM, NULL, &c->read, &count);
    gs_stream_close(&stream);
    bool fits = !status && is_state(c, c->read, count, &h) && h.kept <= samples;
    c->file = fits ? fopen(c->part, "r+be") : NULL;
    if (!c->file || !check_part(c, &h)) {
        gs_warn("%s: is damaged or of another run; its shard is drawn from its beginning", c->state);
        if (c->file)
            fclose(c->file);
        c->file = NULL;
        return false;
    }
    c->kept = h.kept;
    c->chains = c->read + sizeof h;
    c->chains_bytes = (size_t)h.chains_bytes;
    return true;
}

gs_status gs_checkpoint_open(gs_checkpoint *c, const gs_shards *shards, const gs_shard *shard, size_t item,
                             double every_s, size_t most, gs_error *error) {
    char name[GS_SHARD_NAME_ROOM];
    *c = (gs_checkpoint){.item = item, .every_s = every_s, .last_s = gs_now_s()};
    if (every_s < 0)
        return GS_OK;
    gs_shard_state_name(shard->index, false, name);
    gs_shards_path(shards, name, c->state);
    gs_shard_state_name(shard->index, true, name);
    gs_shards_path(shards, name, c->part);
    if (!name_run(c, shards, shard))
        return gs_fail_memory(error, "the state of a shard");
    gs_hash_begin(&c->hash);
    if (read_state(c, shard->count * shards->manifest.per_chain, most))
        return GS_OK;
    gs_free(c->read);
    c->read = NULL;
    gs_hash_begin(&c->hash);
    unlink(c->state);
    unlink(c->part);
    c->file = fopen(c->part, "w+be");
    return c->file ? GS_OK : fail_errno(c->part, "cannot write", error);
}

gs_status gs_checkpoint_replay(gs_checkpoint *c, float *samples, size_t count, gs_error *error) {
    return fread(samples, c->item * sizeof(float), count, c->file) == count
               ? GS_OK
               : gs_fail(error, GS_ERROR_FILE, "%s: cannot be read again", c->part);
}

bool gs_checkpoint_chains(const gs_checkpoint *c, const gs_piece *pieces, int count) {
    size_t bytes = 0, at = 0;
    for (int i = 0; i < count; i++)
        bytes += pieces[i].bytes;
    if (!c->chains || bytes != c->chains_bytes)
        return false;
    for (int i = 0; i < count; at += pieces[i++].bytes)
        memcpy(pieces[i].at, (const char *)c->chains + at, pieces[i].bytes);
    return true;
}

/* ---- Writing ---- */

gs_status gs_checkpoint_add(gs_checkpoint *c, const float *samples, size_t count, gs_error *error) {
    size_t bytes = count * c->item * sizeof(float);
    if (!c->file)
        return GS_OK;
    if (fseeko(c->file, 0, SEEK_END) != 0 || fwrite(samples, 1, bytes, c->file) != bytes)
        return fail_errno(c->part, "cannot write", error);
    gs_hash_add(&c->hash, samples, bytes);
    c->kept += count;
    return GS_OK;
}

bool gs_checkpoint_is_due(const gs_checkpoint *c) {
    return c->file && gs_now_s() - c->last_s >= c->every_s;
}

static gs_status put(gs_output *output, gs_hash *hash, const void *bytes, size_t count, gs_error *error) {
    gs_hash_add(hash, bytes, count);
    return gs_output_write(output, bytes, count, error);
}

static gs_status put_state(const gs_checkpoint *c, gs_output *output, const gs_piece *pieces, int count,
                           gs_error *error) {
    head h = {.kept = c->kept};
    char sum[GS_HASH_ROOM];
    gs_hash hash;
    memcpy(h.magic, magic, sizeof magic);
    memcpy(h.run, c->run, GS_HASH_ROOM);
    hash_so_far(c, h.part);
    for (int i = 0; i < count; i++)
        h.chains_bytes += pieces[i].bytes;
    gs_hash_begin(&hash);
    gs_status status = put(output, &hash, &h, sizeof h, error);
    for (int i = 0; i < count && !status; i++)
        status = put(output, &hash, pieces[i].at, pieces[i].bytes, error);
    gs_hash_end(&hash, sum);
    return !status ? gs_output_write(output, sum, GS_HASH_ROOM - 1, error) : status;
}

gs_status gs_checkpoint_write(gs_checkpoint *c, const gs_piece *pieces, int count, gs_error *error) {
    gs_output output;
    if (!c->file)
        return GS_OK;
    if (fflush(c->file) != 0 || fsync(fileno(c->file)) != 0)
        return fail_errno(c->part, "cannot write", error);
    gs_status status = gs_output_open(&output, c->state, error);
    if (status)
        return status;
    output.is_durable = true;
    output.is_copied = false; /* see gs_manifest_write */
    status = gs_output_end(&output, put_state(c, &output, pieces, count, error), error);
    c->last_s = gs_now_s();
    return status;
}

void gs_checkpoint_close(gs_checkpoint *c) {
    if (c->file) {
        fclose(c->file);
        if (access(c->state, F_OK) != 0) /* nothing says how many of its samples count */
            unlink(c->part);
    }
    gs_free(c->read);
    *c = (gs_checkpoint){0};
}
