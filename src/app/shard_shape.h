/* What the files of a shard hold, beside what the manifest says they do. */
#ifndef GS_APP_SHARD_SHAPE_H
#define GS_APP_SHARD_SHAPE_H

#include "app/manifest.h"

/* Compare the shape of the samples in a shard's file, or in the first picture of its folder, with the manifest's.
 * `path` is that of the file or folder. A file of points says nothing about more than 65,536 of them. Errors:
 * GS_ERROR_FILE, GS_ERROR_FORMAT, GS_ERROR_MEMORY. */
gs_status gs_shard_check_shape(const gs_manifest *manifest, const gs_shard *shard, const char *path, gs_error *error);

#endif
