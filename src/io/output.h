/* Output files: chosen by extension, written beside their name and renamed when complete. */
#ifndef GS_IO_OUTPUT_H
#define GS_IO_OUTPUT_H

#include <stdio.h>

#include "base/base.h"

/* What a path's name asks for: .png, .npy, .idx or .idx3-ubyte; a directory of PNG files for a trailing '/' or a name
 * without an extension. */
typedef enum gs_format { GS_FORMAT_PNG, GS_FORMAT_NPY, GS_FORMAT_IDX, GS_FORMAT_DIRECTORY } gs_format;

/* Errors: GS_ERROR_ARGUMENT for an empty path or an unknown extension. */
gs_status gs_output_format(const char *path, gs_format *format, gs_error *error);

/* Whether `path` can be written at all, to be asked before the work: its directory exists and is writable, the name
 * is not taken by something that must not be replaced. Leaves nothing behind. Errors: GS_ERROR_FILE. */
gs_status gs_output_check(const char *path, gs_format format, gs_error *error);

/* A file being written. Bytes go to a temporary name in the same directory, and straight into `path` when that is no
 * regular file (a device, a pipe), which a rename would replace. */
typedef struct gs_output {
    FILE *file;
    char *path;      /* the name when complete */
    char *temporary; /* the name until then; NULL: written straight */
} gs_output;

/* The bytes written into memory instead, to be freed with free() once committed; NULL before and on failure. Errors:
 * GS_ERROR_MEMORY; *output then needs no gs_output_abandon. */
gs_status gs_output_open_memory(gs_output *output, char **bytes, size_t *size, gs_error *error);

/* Errors: GS_ERROR_FILE, GS_ERROR_MEMORY; *output then needs no gs_output_abandon. */
gs_status gs_output_open(gs_output *output, const char *path, gs_error *error);

/* fwrite. Errors: GS_ERROR_FILE. */
gs_status gs_output_write(gs_output *output, const void *bytes, size_t count, gs_error *error);

/* Close and rename, or on failure, of stdio's writes into `file` too, abandon; `output` is freed either way. Errors:
 * GS_ERROR_FILE. */
gs_status gs_output_commit(gs_output *output, gs_error *error);

/* Close, remove the temporary and free. */
void gs_output_abandon(gs_output *output);

/* A directory being filled under a temporary name. */
typedef struct gs_output_directory {
    char *path, *temporary;
    char *name;   /* of a file; made with the directory, so that removing needs no memory */
    size_t files; /* written so far, named by gs_directory_name */
    int digits;
} gs_output_directory;

/* Errors: GS_ERROR_FILE (`path` exists, or cannot be made), GS_ERROR_MEMORY. `n` files will be written. */
gs_status gs_directory_open(gs_output_directory *directory, const char *path, size_t n, gs_error *error);

/* Name of file i under the temporary directory, until the next call. */
const char *gs_directory_name(gs_output_directory *directory, size_t i);

gs_status gs_directory_commit(gs_output_directory *directory, gs_error *error);

/* Remove the files written and the directory, and free. */
void gs_directory_abandon(gs_output_directory *directory);

#endif
