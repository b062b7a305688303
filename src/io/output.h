/* Output files: chosen by extension, written beside their name and renamed when complete. */
#ifndef GS_IO_OUTPUT_H
#define GS_IO_OUTPUT_H

#include <stdio.h>

#include "io/temporary.h"

/* GS_FORMAT_TEXT is what programs write beside images: reports, pages, plots. */
typedef enum gs_format { GS_FORMAT_PNG, GS_FORMAT_NPY, GS_FORMAT_IDX, GS_FORMAT_DIRECTORY, GS_FORMAT_TEXT } gs_format;

/* What a path's name asks for: .png, .npy, .idx or .idx3-ubyte, in capitals too; a directory of PNG files for a
 * trailing
 * '/' or a name without an extension. `named`, "png", "npy" or "idx", says it instead where the name says nothing, and
 * must agree where it does; NULL: not given. Streams, pipes and devices whose names say nothing take `usual` then.
 * Errors: GS_ERROR_ARGUMENT: an unknown extension or format, the two differ, or the name can only be a mistake. */
gs_status gs_output_format(const char *path, const char *named, gs_format usual, gs_format *format, gs_error *error);

/* Whether `path` is standard output, by whatever name. */
bool gs_output_is_stdout(const char *path);

/* What a message calls it: the path, or "standard output". */
const char *gs_output_label(const char *path);

/* Whether an output of at least so many bytes (0: not known) can be written, to be asked before the work: a file can be
 * made beside `path` or is there and can be written into, the disk has room, and the name is not taken by something
 * that must not be replaced. Leaves nothing behind. Errors: GS_ERROR_FILE; GS_ERROR_ARGUMENT: the name can only be a
 * mistake, or what is no text is for a terminal. */
gs_status gs_output_check(const char *path, gs_format format, double bytes, gs_error *error);

/* A file being written. Its bytes go to a temporary name in the same folder, which is renamed at the end; a file that
 * is replaced so leaves its mode and owner to the new one, and a symbolic link goes on leading to it. Where a rename
 * would break more than that, because the file has other names (hard links) or an owner that can't be given away, or
 * where it fails, as onto a file that is a mount point, the bytes are copied into the file that is there. Where nothing
 * can be made beside it, and into what is no regular file (a stream, a pipe, a device), they are written straight. */
typedef struct gs_output {
    FILE *file;
    const char *path;        /* as given, for messages, or "standard output"; the caller's */
    char *target;            /* the file's own name */
    gs_temporary *temporary; /* its name until it is complete; NULL: written straight */
    bool is_copied;          /* into the file that is there */
} gs_output;

/* The bytes written into memory instead, to be freed with free() once committed; NULL before and on failure. Errors:
 * GS_ERROR_MEMORY; *output then needs no gs_output_abandon. */
gs_status gs_output_open_memory(gs_output *output, char **bytes, size_t *size, gs_error *error);

/* Errors: GS_ERROR_FILE, GS_ERROR_MEMORY; *output then needs no gs_output_abandon. */
gs_status gs_output_open(gs_output *output, const char *path, gs_error *error);

/* fwrite. Errors: GS_ERROR_FILE. */
gs_status gs_output_write(gs_output *output, const void *bytes, size_t count, gs_error *error);

/* Close and give the file its name, or on failure, of stdio's writes into `file` too, abandon; `output` is freed either
 * way. A file that is complete and can't be given its name stays under its temporary one, which the error says. Errors:
 * GS_ERROR_FILE. */
gs_status gs_output_commit(gs_output *output, gs_error *error);

/* gs_output_commit, or where `status` is no success gs_output_abandon; returns the failure, if any. */
gs_status gs_output_end(gs_output *output, gs_status status, gs_error *error);

/* Close, remove the temporary and free. */
void gs_output_abandon(gs_output *output);

/* A directory being filled under a temporary name. */
typedef struct gs_output_directory {
    const char *path; /* the caller's */
    gs_temporary *temporary;
} gs_output_directory;

/* Errors: GS_ERROR_FILE (`path` exists, or cannot be made), GS_ERROR_MEMORY. `n` files will be written. */
gs_status gs_directory_open(gs_output_directory *directory, const char *path, size_t n, gs_error *error);

/* As gs_output_commit. */
gs_status gs_directory_commit(gs_output_directory *directory, gs_error *error);

/* Remove the files written and the directory, and free. */
void gs_directory_abandon(gs_output_directory *directory);

#endif
