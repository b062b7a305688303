/* A folder of each test's own, and pictures read back from it; after <cmocka.h>. */
#ifndef PLACE_H
#define PLACE_H

#include <stdint.h>

#include <png.h>

typedef struct place {
    char *directory;
    char path[512];
} place;

/* Set-up and tear-down of a test, whose state is a place. */
int make_place(void **state);
int remove_place(void **state);

/* The path of a name there, which is also p->path until the next call. */
const char *in(place *p, const char *name);

void assert_empty(place *p);

/* The picture, which must have that format, and its pixels, to be freed with free(). */
png_image read_png(const char *path, png_uint_32 format, uint8_t **pixels);

#endif
