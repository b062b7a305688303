/* Files of labels: what is read and refused, and the names that they have beside those of images. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/label_file.h"
#include "support/about.h"
#include "support/files.h"

static char *const path = test_path;

static void label_files(void **state) {
    (void)state;
    static const struct {
        unsigned char bytes[12];
        size_t size;
        const char *words; /* NULL: it is read */
    } rows[] = {{{0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9}, 11, NULL},
                {{0, 0, 8, 1, 0, 0, 0, 1, 7}, 9, NULL},
                {{0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9, 1}, 12, "more bytes follow its last label"},
                {{0, 0, 8, 1, 0, 0, 0, 3, 7, 8}, 10, "ends"},
                {{0, 0, 8, 1, 0, 0, 0, 3, 7}, 9, "ends"},
                {{0, 0, 8, 1, 0, 0, 0, 3}, 8, "ends"},
                {{0, 0, 8, 1, 0, 0}, 6, "ends"},
                {{0, 0, 8, 1, 0, 0, 0, 0}, 8, "has no labels"},
                {{0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1}, 12, "is an IDX file of images: expected labels"},
                {{0, 0, 8, 0, 0, 0, 0, 1}, 8, "is no IDX file of bytes in one row"},
                {{0, 0, 9, 1, 0, 0, 0, 1, 7}, 9, "is no IDX file of bytes in one row"},
                {{0, 1, 8, 2, 0, 0, 0, 1, 7}, 9, "is no IDX file of bytes in one row"},
                {{1, 0, 8, 2, 0, 0, 0, 1, 7}, 9, "is no IDX file of bytes in one row"}};
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        about("rows[%zu]", i);
        gs_label_file file;
        gs_error error;
        write_file(path, rows[i].bytes, rows[i].size);
        gs_status status = gs_labels_read(path, 2, &file, &error);
        assert_int_equal(status, rows[i].words ? GS_ERROR_FORMAT : GS_OK);
        if (status)
            assert_non_null(strstr(error.message, rows[i].words));
        else
            assert_true(file.labels[0] == 7 && file.n == (file.total < 2 ? file.total : 2));
        if (!status)
            gs_free(file.labels);
    }
}

/* MNIST's names; what is there is found, packed or not, whether the images are packed or not. */
static void labels_beside_images(void **state) {
    (void)state;
    static const struct {
        const char *images, *labels; /* labels: the file that is there; "": none is found */
        const char *there;
    } rows[] = {{"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"},
                {"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte.gz", "t10k-labels-idx1-ubyte.gz"},
                {"t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", "t10k-labels-idx1-ubyte.gz"},
                {"t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"},
                {"my-images", "my-labels", "my-labels"},
                {"images", "labels", "labels"},
                {"images", "", "other"},
                {"pictures", "", "labels"}};
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        about("rows[%zu]", i);
        char images[600], labels[600], there[600];
        snprintf(images, sizeof images, "%s/%s", test_directory, rows[i].images);
        snprintf(there, sizeof there, "%s/%s", test_directory, rows[i].there);
        write_file(there, "", 0);
        assert_int_equal(gs_labels_beside(images, labels, sizeof labels), rows[i].labels[0] != 0);
        if (rows[i].labels[0])
            assert_string_equal(labels, there);
        assert_false(gs_labels_beside(images, labels, strlen(images) + 3)); /* there is no room for ".gz" */
        unlink(there);
    }
    char labels[20];
    assert_false(gs_labels_beside("no-images", labels, sizeof labels));
    assert_false(gs_labels_beside("im", labels, sizeof labels));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(label_files), cmocka_unit_test(labels_beside_images)};
    return cmocka_run_group_tests(tests, make_test_path, remove_test_path);
}
