/* NPZ archives for tests, written entry by entry. Any failure here fails the running test. */
#ifndef TEST_ARCHIVES_H
#define TEST_ARCHIVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ARCHIVE_ROOM = 4096, ARCHIVE_ENTRIES = 4, ARCHIVE_PIXELS = 6 };

/* How an entry is written, as a sum. */
enum { ARCHIVE_DEFLATED = 1, ARCHIVE_SIZES_FOLLOW = 2, ARCHIVE_LARGE = 4, ARCHIVE_KINDS = 8, ARCHIVE_WRONG_SUM = 16 };

typedef struct archive {
    unsigned char bytes[ARCHIVE_ROOM];
    size_t used;
    int entries;
    uint64_t sum[ARCHIVE_ENTRIES]; /* their checksums */
} archive;

/* A number, the lowest byte first; and bytes. */
void archive_put(archive *a, uint64_t v, int bytes);
void archive_put_bytes(archive *a, const void *bytes, size_t size);

/* An entry with an array, of labels 3, 0, 250, 0 with that header or, where it is NULL, of two images of 2 x 3 bytes,
 * of which the first pixel is 51 and the second 255, in the ways that `kind` says. test_path is written over. */
void archive_put_array(archive *a, const char *name, const char *labels, int kind);
void archive_put_entry(archive *a, const char *name, int kind);

/* The directory, with what readers of the whole archive look at, in the form for more than 4 GiB too if it is `large`.
 */
void archive_put_directory(archive *a, bool large);

/* Write test_path: the archive as it is, or with its directory, of several entries in the larger form. */
void archive_write(const archive *a);
void archive_write_whole(const archive *a);

#endif
