/* Files of a judge's sums, one per shard: NPY arrays of float64 in one row. */
#include <string.h>

#include "base/stream.h"
#include "cli/shard.h"
#include "io/format/npy.h"

static size_t header_of(size_t count, char header[GS_SINK_HEADER_MAX]) {
    return gs_npy_header("f8", &count, 1, 0, header);
}

static void path_of(const gs_shards *shards, uint64_t index, char path[GS_SHARD_PATH_ROOM]) {
    char name[GS_SHARD_NAME_ROOM];
    gs_shard_sums_name(index, name);
    gs_shards_path(shards, name, path);
}

gs_status gs_shard_put_sums(const gs_shards *shards, const gs_shard *shard, const gs_quality_sums *sums,
                            gs_error *error) {
    size_t count = gs_quality_sums_size(sums);
    double *numbers = gs_alloc(count, sizeof *numbers);
    if (!numbers)
        return gs_fail_memory(error, "the sums of a shard");
    char header[GS_SINK_HEADER_MAX], path[GS_SHARD_PATH_ROOM];
    gs_output output;
    path_of(shards, shard->index, path);
    gs_quality_sums_get(sums, numbers);
    gs_status status = gs_output_open(&output, path, error);
    if (!status) {
        output.is_durable = true;
        status = gs_output_write(&output, header, header_of(count, header), error);
        if (!status)
            status = gs_output_write(&output, numbers, count * sizeof *numbers, error);
        status = gs_output_end(&output, status, error);
    }
    gs_free(numbers);
    return status;
}

/* Add the sums of a file; `numbers` has room for them. */
static gs_status join(const gs_shards *shards, uint64_t index, gs_quality_sums *sums, double *numbers,
                      gs_error *error) {
    size_t count = gs_quality_sums_size(sums), length = 0;
    char header[GS_SINK_HEADER_MAX], path[GS_SHARD_PATH_ROOM];
    size_t head = header_of(count, header), all = head + count * sizeof *numbers;
    unsigned char *bytes = NULL;
    gs_stream stream;
    path_of(shards, index, path);
    gs_status status = gs_stream_open(&stream, path, "sums of a shard", error);
    if (status)
        return status;
    status = gs_stream_read_all(&stream, all, NULL, &bytes, &length);
    gs_stream_close(&stream);
    if (!status && (length != all || memcmp(bytes, header, head) != 0))
        status = gs_fail(error, GS_ERROR_FORMAT, "%s: expected an NPY file of %zu float64, the sums of this judge",
                         path, count);
    if (!status) {
        memcpy(numbers, bytes + head, count * sizeof *numbers);
        status = gs_quality_sums_join(sums, numbers, error);
    }
    gs_free(bytes);
    return status;
}

gs_status gs_shards_measure(const gs_shards *shards, const gs_network *judge, gs_quality *quality, gs_error *error) {
    gs_quality_sums *sums;
    gs_status status = gs_quality_sums_create(judge->plan, &sums, error);
    if (status)
        return status;
    double *numbers = gs_alloc(gs_quality_sums_size(sums), sizeof *numbers);
    if (!numbers)
        status = gs_fail_memory(error, "the sums of a shard");
    for (size_t i = 0; !status && i < shards->manifest.count; i++)
        if (shards->manifest.shard[i].hash[0])
            status = join(shards, i, sums, numbers, error);
    if (!status)
        status = gs_quality_sums_measure(sums, quality, error);
    gs_free(numbers);
    gs_quality_sums_free(sums);
    return status;
}
