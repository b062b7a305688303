/* Fuzz target: the bytes of a file of images of any format, packed by gzip or not. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_image_file(data, size);
    return 0;
}
