/* Weight files that must be refused. Every refusal is held to the same rules: the status, no model, one line that names
 * the file and says what the case expects, and at most twice the file and 1 MiB of memory on the way. */
#ifndef TEST_HOSTILE_H
#define TEST_HOSTILE_H

#include "support/weights.h"

/* cmocka's group fixtures: a directory for the files, and the counts "hostile files: 80 kinds, 900 files refused".
 * With GENSAMPLE_HOSTILE_KEEP, a directory, one file of each kind stays there as N.bin, with N.txt that has what its
 * refusal must say, for the tests of the command line. */
int hostile_begin(void **state);
int hostile_end(void **state);

/* "DIRECTORY/NAME" in a buffer that the next call uses again. */
const char *hostile_path(const char *name);

/* What follows, to the next call, is one kind of file. */
void hostile_kind(void);

/* Loading `path` must fail with that status and one line that names it and contains `fragment`. */
void hostile_path_refused(const char *path, size_t size, gs_status status, const char *fragment);

/* The same for a file of these bytes, with GS_ERROR_FORMAT. */
void hostile_bytes_refused(const void *bytes, size_t size, const char *fragment);

/* The same for a file with this header (its length in front is made here) and these data. */
void hostile_header_refused(const char *header, size_t length, const void *data, size_t size, const char *fragment);

/* The same for a built file, which is freed. */
void hostile_weights_refused(weights *w, const char *fragment);

/* The same for a file of these bytes, unless it loads; whether it was refused. */
bool hostile_bytes_refused_or_loaded(const void *bytes, size_t size);

#endif
