/* Fuzz target: the bytes of an NPY file. */
#include "fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_image_file(data, size);
    return 0;
}

#ifdef GS_LIBFUZZER

enum { LENGTH_AT = 8, HEADER_AT = 10, HEADER_ROOM = 1024 };

/* Half of the time change only the header of version 1 and update its length, as otherwise few changes of length would
 * be read as far as the header's text. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed) {
    uint8_t header[HEADER_ROOM];
    size_t length = size > HEADER_AT ? (size_t)data[LENGTH_AT] | (size_t)data[LENGTH_AT + 1] << 8 : 0;
    if (seed % 2 || !length || length > HEADER_ROOM || length > size - HEADER_AT || room < size)
        return LLVMFuzzerMutate(data, size, room);
    size_t after = size - HEADER_AT - length, most = room - HEADER_AT - after;
    memcpy(header, data + HEADER_AT, length);
    size_t now = LLVMFuzzerMutate(header, length, most < HEADER_ROOM ? most : HEADER_ROOM);
    memmove(data + HEADER_AT + now, data + HEADER_AT + length, after);
    memcpy(data + HEADER_AT, header, now);
    data[LENGTH_AT] = (uint8_t)now;
    data[LENGTH_AT + 1] = (uint8_t)(now >> 8);
    return HEADER_AT + now + after;
}

#endif
