/* Fuzz target: the bytes of a manifest of a run in shards. */
#include "fuzz.h"

#include <string.h>

#include "app/manifest.h"

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
