#include "support/io/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/files.h"

int make_place(void **state) {
    place *p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->directory = temp_directory();
    *state = p;
    return 0;
}

int remove_place(void **state) {
    place *p = *state;
    remove_directory(p->directory);
    free(p);
    return 0;
}

const char *in(place *p, const char *name) {
    snprintf(p->path, sizeof p->path, "%s/%s", p->directory, name);
    return p->path;
}

/* remove_directory refuses unexpected contents, but only rmdir shows that nothing hidden is left. */
void assert_empty(place *p) {
    if (rmdir(p->directory) != 0)
        fail_msg("%s is not empty", p->directory);
    assert_int_equal(mkdir(p->directory, 0700), 0);
}

png_image read_png(const char *path, png_uint_32 format, uint8_t **pixels) {
    png_image image = {.version = PNG_IMAGE_VERSION};
    assert_true(png_image_begin_read_from_file(&image, path));
    assert_int_equal(image.format, format);
    *pixels = malloc(PNG_IMAGE_SIZE(image));
    assert_non_null(*pixels);
    assert_true(png_image_finish_read(&image, NULL, *pixels, 0, NULL));
    return image;
}
