#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "io/read.h"

enum { MOST = 3 };

/* Pixels that were read are in the range; a refusal has one line that names the input. */
static void read_as(const uint8_t *bytes, size_t size, const int shape[3], const float range[2]) {
    gs_image_file images;
    gs_error error = {.status = GS_OK};
    const gs_image_wish wish = {.shape = shape, .range = range, .most = MOST};
    gs_status status = gs_images_read_memory("input", bytes, size, &wish, &images, &error);
    size_t pixels = (size_t)shape[0] * (size_t)shape[1] * (size_t)shape[2];
    if (status && (images.data || status != GS_ERROR_FORMAT || strncmp(error.message, "input: ", 7) != 0))
        fuzz_finding("an improper refusal", error.message);
    if (!status && (images.n < 1 || images.n > MOST || images.n > images.total))
        fuzz_finding("an improper number of images", images.taken);
    for (size_t i = 0; !status && i < images.n * pixels; i++)
        if (!(images.data[i] >= range[0] && images.data[i] <= range[1]))
            fuzz_finding("a pixel out of range", images.caution);
    gs_images_free(&images);
}

static void ignore_note(void *context, const char *key, const char *text) {
    size_t *letters = context;
    *letters += strlen(key) + strlen(text);
}

static void describe(const uint8_t *bytes, size_t size) {
    size_t letters = 0;
    bool packed;
    gs_content content;
    gs_error error = {.status = GS_OK};
    gs_description description = {.note = ignore_note, .context = &letters};
    gs_status status = gs_images_describe("input", bytes, size, &description, &content, &packed, &error);
    if (status && (status != GS_ERROR_FORMAT || strncmp(error.message, "input: ", 7) != 0))
        fuzz_finding("an improper refusal to describe", error.message);
}

void fuzz_image_file(const uint8_t *bytes, size_t size) {
    static const int shapes[][3] = {{1, 4, 4}, {3, 2, 3}, {1, 28, 28}};
    static const float ranges[][2] = {{0, 1}, {-1, 1}};
    if (!size)
        bytes = (const uint8_t *)"";
    for (size_t i = 0; i < GS_COUNT(shapes); i++)
        read_as(bytes, size, shapes[i], ranges[i % GS_COUNT(ranges)]);
    describe(bytes, size);
}
