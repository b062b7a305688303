/* Fuzz target: the bytes of a manifest of a run in shards. */
#define _GNU_SOURCE
#include "fuzz.h"

#include <string.h>

#include "app/manifest.h"
#include "model/hash.h"

enum { HEXADECIMAL = GS_HASH_ROOM - 1 };

/* What every reader of a manifest relies on. */
static void check(const gs_manifest *m) {
    uint64_t next = m->first;
    for (size_t i = 0; i < m->count; i++) {
        const gs_shard *shard = &m->shard[i];
        char name[GS_SHARD_NAME_ROOM];
        if (shard->index != i || shard->first != next || !shard->count || shard->count > m->shard_size)
            fuzz_finding("a shard of other chains", "");
        if (shard->hash[0] && strlen(shard->hash) != HEXADECIMAL)
            fuzz_finding("a hash of another length", shard->hash);
        gs_shard_name(m, i, name);
        if (strchr(name, '/'))
            fuzz_finding("a shard outside its folder", name);
        next += shard->count;
    }
    if (next != m->first + m->n)
        fuzz_finding("other chains than the manifest says", "");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    gs_manifest manifest;
    gs_error error = {.status = GS_OK};
    gs_status status = gs_manifest_read(&manifest, fuzz_path(data, size), &error);
    if (status) {
        fuzz_check_refusal(status, 1U << GS_ERROR_FORMAT, &error);
        return 0;
    }
    check(&manifest);
    if (gs_manifest_compare(&manifest, &manifest, "input", &error))
        fuzz_finding("a manifest that differs from itself", error.message);
    gs_manifest_free(&manifest);
    return 0;
}

#ifdef GS_LIBFUZZER

static const char seal[] = "\n \"head_sha256\": \"";

/* Change anything, and then mostly put the hash of the head right: nothing else of another one is read. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed) {
    size = LLVMFuzzerMutate(data, size, room);
    uint8_t *line = memmem(data, size, seal, strlen(seal));
    if (!line || size - (size_t)(line - data) < strlen(seal) + HEXADECIMAL || seed % 16 == 0)
        return size;
    char sum[GS_HASH_ROOM];
    gs_hash hash;
    gs_hash_begin(&hash);
    gs_hash_add(&hash, data, (size_t)(line + 1 - data));
    gs_hash_end(&hash, sum);
    memcpy(line + strlen(seal), sum, HEXADECIMAL);
    return size;
}

#endif
