#include "base/content.h"

#include <string.h>

#include "base/base.h"

/* The first row whose `size` bytes are found at `offset` counts. */
static const struct row {
    gs_content_kind kind;
    size_t offset, size;
    const char *bytes, *name;
} rows[] = {
#define ROW(kind, offset, bytes, name) \
    { GS_CONTENT_##kind, offset, sizeof(bytes) - 1, bytes, name }
    ROW(IMAGES, 0, "\x89PNG\r\n\x1a\n", "a PNG picture"),
    ROW(IMAGES, 0, "\x93NUMPY", "an NPY file of NumPy"),
    ROW(GZIP, 0, "\x1f\x8b", "a file packed by gzip"),
    ROW(IMAGES, 0, "\xff\xd8\xff", "a JPEG picture"),
    ROW(IMAGES, 0, "GIF8", "a GIF picture"),
    ROW(IMAGES, 8, "WEBP", "a WebP picture"),
    ROW(IMAGES, 0, "RIFF", "a RIFF file, such as WebP pictures are"),
    ROW(IMAGES, 0, "II*\0", "a TIFF picture"),
    ROW(IMAGES, 0, "MM\0*", "a TIFF picture"),
    ROW(IMAGES, 0, "\0\0\1\0", "a Windows icon"),
    ROW(IMAGES, 4, "ftypavif", "an AVIF picture"),
    ROW(IMAGES, 4, "ftyphei", "an HEIF picture"),
    ROW(IMAGES, 4, "ftyp", "an MP4 or HEIF file"),
    ROW(IMAGES, 0, "\0\0\0\fjP  ", "a JPEG 2000 picture"),
    ROW(IMAGES, 0, "\0\0\0\fJXL ", "a JPEG XL picture"),
    ROW(IMAGES, 0, "\xff\n", "a JPEG XL picture"),
    ROW(IMAGES, 0, "8BPS", "a Photoshop picture"),
    ROW(IMAGES, 0, "v/1\1", "an OpenEXR picture"),
    ROW(IMAGES, 0, "qoif", "a QOI picture"),
    ROW(IMAGES, 0, "P1\n", "a PBM picture"),
    ROW(IMAGES, 0, "P2\n", "a PGM picture in plain text (P2)"),
    ROW(IMAGES, 0, "P3\n", "a PPM picture"),
    ROW(IMAGES, 0, "P4\n", "a PBM picture"),
    ROW(IMAGES, 0, "P5\n", "a PGM picture"),
    ROW(IMAGES, 0, "P6\n", "a PPM picture"),
    ROW(OTHER, 0, "%PDF", "a PDF document"),
    ROW(OTHER, 0, "%!PS", "a PostScript document"),
    ROW(OTHER, 0, "\x89HDF\r\n\x1a\n", "an HDF5 file"),
    ROW(OTHER, 0, "PK\3\4", "a ZIP archive, such as .npz and .pt files are"),
    ROW(OTHER, 0, "PK\5\6", "an empty ZIP archive"),
    ROW(OTHER, 0, "\x80\2", "a pickle of Python"),
    ROW(OTHER, 0, "\x80\3", "a pickle of Python"),
    ROW(OTHER, 0, "\x80\4\x95", "a pickle of Python"),
    ROW(OTHER, 0, "\x80\5\x95", "a pickle of Python"),
    ROW(OTHER, 0, "MATLAB 5", "a MAT file of MATLAB"),
    ROW(OTHER, 0, "PAR1", "a Parquet table"),
    ROW(OTHER, 0, "ARROW1", "an Arrow table"),
    ROW(OTHER, 0, "SQLite format 3", "an SQLite database"),
    ROW(OTHER, 0, "BZh", "a file packed by bzip2"),
    ROW(OTHER, 0,
        "\xfd"
        "7zXZ\0",
        "a file packed by xz"),
    ROW(OTHER, 0, "\x28\xb5\x2f\xfd", "a file packed by zstd"),
    ROW(OTHER, 0, "7z\xbc\xaf", "a 7-Zip archive"),
    ROW(OTHER, 0, "\x1f\x9d", "a file packed by compress"),
    ROW(OTHER, 257, "ustar", "a tar archive"),
    ROW(OTHER, 0,
        "\x7f"
        "ELF",
        "a program"),
    ROW(TEXT, 0, "version https://git-lfs", "a Git LFS pointer (git lfs pull brings the file it stands for)"),
#undef ROW
};

/* A bitmap begins with "BM", the size, two reserved zeros, and the offset of the pixels. */
static bool is_bmp(const unsigned char *b, size_t count) {
    return count >= 14 && b[0] == 'B' && b[1] == 'M' && !memcmp(b + 6, "\0\0\0\0", 4);
}

/* IDX: 00 00 TYPE RANK. */
static bool is_idx(const unsigned char *b, size_t count) {
    return count >= 4 && !b[0] && !b[1] && b[2] >= 8 && b[2] <= 14 && b[3] >= 1;
}

/* Whether the word occurs in the bytes, in lower case or as it is written. */
static bool mentions(const unsigned char *bytes, size_t count, const char *word) {
    size_t length = strlen(word);
    for (size_t i = 0; i + length <= count; i++) {
        size_t k = 0;
        while (k < length && (bytes[i + k] | (word[k] >= 'a' && word[k] <= 'z' ? 32 : 0)) == (unsigned char)word[k])
            k++;
        if (k == length)
            return true;
    }
    return false;
}

/* The length of a header below 2^24 bytes, in 8 bytes, and the header, a JSON object. */
static bool is_weights(const unsigned char *b, size_t count) {
    return count >= 9 && !memcmp(b + 3, "\0\0\0\0\0", 5) && b[8] == '{';
}

static gs_content find_text(const unsigned char *bytes, size_t count) {
    size_t blanks = 0;
    for (size_t i = 0; i < count; i++)
        if (bytes[i] < ' ' && !memchr("\t\n\r\f", bytes[i], 4))
            return (gs_content){GS_CONTENT_UNKNOWN, NULL};
    while (blanks < count && memchr("\xef\xbb\xbf \t\n\r", bytes[blanks], 7))
        blanks++;
    bool marked = blanks < count && bytes[blanks] == '<';
    if (marked && mentions(bytes, count, "<svg"))
        return (gs_content){GS_CONTENT_IMAGES, "an SVG picture"};
    if (marked && (mentions(bytes, count, "<html") || mentions(bytes, count, "<!doctype html")))
        return (gs_content){GS_CONTENT_OTHER, "an HTML page"};
    return count ? (gs_content){GS_CONTENT_TEXT, "a text"} : (gs_content){GS_CONTENT_EMPTY, "empty"};
}

gs_content gs_content_find(const void *bytes, size_t count) {
    for (const struct row *row = rows; row < rows + GS_COUNT(rows); row++)
        if (count >= row->offset + row->size && !memcmp((const char *)bytes + row->offset, row->bytes, row->size))
            return (gs_content){row->kind, row->name};
    if (is_bmp(bytes, count))
        return (gs_content){GS_CONTENT_IMAGES, "a BMP picture"};
    if (is_weights(bytes, count))
        return (gs_content){GS_CONTENT_OTHER, "a weight file"};
    return is_idx(bytes, count) ? (gs_content){GS_CONTENT_IMAGES, "an IDX file"} : find_text(bytes, count);
}
