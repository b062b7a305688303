/* Output files: chosen by extension, written beside their name and renamed when complete. */
#ifndef GS_IO_OUTPUT_H
#define GS_IO_OUTPUT_H

#include <stdio.h>

#include "io/formats.h"
#include "io/temporary.h"

/* The format that the name of an output asks for by its extension, in upper or lower case; a trailing '/' or a name
 * without an extension asks for a directory of PNG files. `named`, a format's name (NULL if not given), decides where
 * the name does not, and must agree with it where it does. Without either, streams, pipes and devices take `usual`.
 * Errors: GS_ERROR_ARGUMENT: the extension or format is unknown, the two disagree, or the name can only be a mistake.
 */
gs_status gs_output_format(const char *path, const char *named, gs_format usual, gs_format *format, gs_error *error);

/* Whether the path means standard output ("-", /dev/stdout, ...). */
bool gs_output_is_stdout(const char *path);

/* The name for messages: "standard output", or the path itself. */
const char *gs_output_label(const char *path);

/* Check before the work that an output of at least `bytes` bytes (0 if not known) can be written: that a file can be
 * made beside `path`, or that the file there can be written into; that the disk has room; and that the name does not
 * belong to something that must not be replaced. Leaves nothing behind. Errors: GS_ERROR_FILE; GS_ERROR_ARGUMENT: the
 * name can only be a mistake, or the output is not text and goes to a terminal. */
gs_status gs_output_check(const char *path, gs_format format, double bytes, gs_error *error);

/* A file being written. Its bytes go into a temporary file in the same folder, which is renamed at the end. The new
 * file takes the mode and owner of the file it replaces, and a symbolic link still leads to it. If a rename would break
 * more than that, because the file has other names (hard links), an access control list, extended attributes or an
 * owner that cannot be set, or if the rename fails, as it does onto a mount point, the bytes are copied into the
 * existing file instead. If no file can be made in the folder, or if the output is no regular file (a stream, a pipe, a
 * device), the bytes are written straight into it. */
typedef struct gs_output {
    FILE *file;
    const char *path;        /* for messages: as given, or "standard output"; belongs to the caller */
    char *target;            /* the path with symbolic links followed */
    gs_temporary *temporary; /* the temporary file; NULL if the bytes are written straight */
    bool is_copied;          /* the temporary file is to be copied, not renamed */
    bool is_durable;         /* the caller wants it: once committed, file and name are on the disk */
} gs_output;

/* The bytes written into memory instead, to be freed with free() once committed; NULL before and on failure. Errors:
 * GS_ERROR_MEMORY; *output then needs no gs_output_abandon. gs_output_end_memory ends it as gs_output_end does. */
gs_status gs_output_open_memory(gs_output *output, char **bytes, size_t *size, gs_error *error);
gs_status gs_output_end_memory(gs_output *output, char **bytes, gs_status status, gs_error *error);

/* A named pipe that no program reads yet is waited for, until gs_output_hurry. Errors: GS_ERROR_FILE, GS_ERROR_MEMORY,
 * GS_ERROR_INTERRUPTED; *output then needs no gs_output_abandon. */
gs_status gs_output_open(gs_output *output, const char *path, gs_error *error);

/* From now on no output waits for a pipe's reader; for a signal handler. */
void gs_output_hurry(void);

/* fwrite. Errors: GS_ERROR_FILE. */
gs_status gs_output_write(gs_output *output, const void *bytes, size_t count, gs_error *error);

/* Close the file and rename or copy it. If anything failed before, also in stdio's writes into `file`, abandon it. If
 * the complete file cannot be put in its place, it stays under its temporary name, which the error message gives.
 * *output is freed in any case. Errors: GS_ERROR_FILE. */
gs_status gs_output_commit(gs_output *output, gs_error *error);

/* Commit if `status` is GS_OK, else abandon; returns the first failure, if any. */
gs_status gs_output_end(gs_output *output, gs_status status, gs_error *error);

/* Close, remove the temporary and free. */
void gs_output_abandon(gs_output *output);

/* A directory being filled under a temporary name. */
typedef struct gs_output_directory {
    const char *path; /* belongs to the caller */
    gs_temporary *temporary;
    bool is_durable; /* as of a file */
} gs_output_directory;

/* Put a folder's entries onto the disk, or those of the folder in which `path` is. Errors: GS_ERROR_FILE. */
gs_status gs_output_sync_folder(const char *folder, gs_error *error);
gs_status gs_output_sync_name(const char *path, gs_error *error);

/* Errors: GS_ERROR_FILE (`path` exists and is no empty directory, or cannot be made), GS_ERROR_MEMORY. `n` files will
 * be written. */
gs_status gs_directory_open(gs_output_directory *directory, const char *path, size_t n, gs_error *error);

/* Works like gs_output_commit. */
gs_status gs_directory_commit(gs_output_directory *directory, gs_error *error);

/* Remove the files written and the directory, and free. */
void gs_directory_abandon(gs_output_directory *directory);

#endif
