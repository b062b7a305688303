/* Fuzz target: the bytes of a PNG file. */
#include "fuzz.h"

#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_image_file(data, size);
    return 0;
}

#ifdef GS_LIBFUZZER

enum { MAGIC = 8, NAME = 4, AROUND = 12 /* bytes of a chunk beside its data */ };

/* Change anything, and then mostly put the checksums of all chunks right: libpng reads no other picture. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed) {
    size = LLVMFuzzerMutate(data, size, room);
    for (size_t at = MAGIC; seed % 16 && at + AROUND <= size;) {
        size_t length = (size_t)data[at] << 24 | (size_t)data[at + 1] << 16 | (size_t)data[at + 2] << 8 | data[at + 3];
        if (length > size - at - AROUND)
            break;
        uint8_t *name = data + at + NAME, *sum = name + NAME + length;
        uLong crc = crc32(0, name, (uInt)(NAME + length));
        for (int i = 0; i < 4; i++)
            sum[i] = (uint8_t)(crc >> (24 - 8 * i));
        at += AROUND + length;
    }
    return size;
}

#endif
