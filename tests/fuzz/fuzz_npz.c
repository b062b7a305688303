/* Fuzz target: the bytes of an NPZ file. */
#include "fuzz.h"

#include <string.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_image_file(data, size);
    return 0;
}

#ifdef GS_LIBFUZZER

/* Of a local header, APPNOTE.TXT 4.3.7. */
enum { METHOD_AT = 8, SUM_AT = 14, SIZE_AT = 18, NAME_AT = 26, EXTRA_AT = 28, HEADER = 30 };

static size_t number(const uint8_t *at, int bytes) {
    size_t value = 0;
    while (bytes--)
        value = value << 8 | at[bytes];
    return value;
}

/* Change anything, and then mostly put the checksums of entries that are stored as they are right. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed) {
    size = LLVMFuzzerMutate(data, size, room);
    for (size_t at = 0; seed % 16 && at + HEADER <= size && !memcmp(data + at, "PK\3\4", 4);) {
        uint8_t *head = data + at;
        size_t begin = at + HEADER + number(head + NAME_AT, 2) + number(head + EXTRA_AT, 2);
        size_t length = number(head + SIZE_AT, 4);
        if (begin > size || length > size - begin)
            break;
        uLong crc = crc32(0, data + begin, (uInt)length);
        for (int i = 0; i < 4 && !number(head + METHOD_AT, 2); i++)
            head[SUM_AT + i] = (uint8_t)(crc >> 8 * i);
        at = begin + length;
    }
    return size;
}

#endif
