/* Outputs of tests, in a folder of their own, which is the working directory. */
#ifndef TEST_OUTPUTS_H
#define TEST_OUTPUTS_H

#include <sys/stat.h>

#include "io/picture.h"
#include "io/sink.h"

/* Make the folder and enter it; leave it and remove it with all that is in it. */
int enter_test_folder(void **state);
int leave_test_folder(void **state);
#define OUTPUT_TEST(function) cmocka_unit_test_setup_teardown(function, enter_test_folder, leave_test_folder)

/* Write a text as an output of GS_FORMAT_TEXT, checked before. */
gs_status put_text(const char *path, const char *text, gs_error *error);

/* All images in a file of the format, or an array in an NPY file. */
gs_status put_images(gs_format format, const char *path, const gs_images *images, gs_grid grid, const gs_note *notes,
                     int count, gs_error *error);
gs_status put_array(const char *path, const float *data, const size_t *shape, int rank, gs_error *error);

/* Fail the running test unless the status is GS_OK; unless it is `expected` and the message has `why`; unless the file
 * holds just the text; unless the folder has the files that are named, each followed by a blank, and no other. */
void assert_ok(gs_status status, const gs_error *error);
void assert_told(gs_status status, gs_status expected, const gs_error *error, const char *why);
void assert_holds(const char *path, const char *text);
void assert_left(const char *names);

/* 40 images of 16 x 16 pixels of noise, which PNG cannot compress: their pixels, to be freed, and what describes them.
 */
float *noise_pixels(void);
gs_images noise_images(const float *pixels);

/* lstat. */
struct stat about(const char *path);

/* In a child process: end it with `code` unless `good`. */
void check(bool good, int code);

#endif
