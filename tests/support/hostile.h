/* Weight files that must be refused. Every refusal must obey the same rules: the right status, no model, one line that
 * names the file and says what the case expects, and at most twice the file's size and 1 MiB of memory on the way. */
#ifndef TEST_HOSTILE_H
#define TEST_HOSTILE_H

#include "support/weights.h"

/* cmocka's group fixtures: a directory for the files, and the counts "hostile files: 80 kinds, 900 files refused".
 * If GENSAMPLE_HOSTILE_KEEP names a directory, one file of each kind is kept there as N.bin, with the words that its
 * refusal must contain in N.txt, for the tests of the command line. */
int hostile_begin(void **state);
int hostile_end(void **state);

/* "DIRECTORY/NAME" in a buffer that the next call reuses. */
const char *hostile_path(const char *name);

/* Memory of so many times the file's size, and 1 MiB, is allowed from here on: 2 unless this is called. */
void hostile_allow(double times);

/* The files from here to the next call are of one kind. */
void hostile_kind(void);

/* Loading `path` must fail with that status and one line that names it and contains `fragment`. */
void hostile_path_refused(const char *path, size_t size, gs_status status, const char *fragment);

/* The same for a file of these bytes, with GS_ERROR_FORMAT. */
void hostile_bytes_refused(const void *bytes, size_t size, const char *fragment);

/* The same for a file with this header, whose length is put in front, and these data. */
void hostile_header_refused(const char *header, size_t length, const void *data, size_t size, const char *fragment);

/* The same for a file that was built, which is freed. */
void hostile_weights_refused(weights *w, const char *fragment);

/* The same for a file of these bytes, unless it loads; returns whether it was refused. */
bool hostile_bytes_refused_or_loaded(const void *bytes, size_t size);

#endif
