/* Fuzz target: the bytes of a weight file. */
#include "fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_weight_file(data, size);
    return 0;
}

#ifdef GS_LIBFUZZER

/* Half of the time change only the header and update its length, since otherwise hardly any change of length would pass
 * the first check. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed) {
    uint64_t length = 0;
    for (size_t i = 8; i-- > 0 && size >= 8;)
        length = length << 8 | data[i];
    if (seed % 2 || size < 9 || length > size - 8 || room < size)
        return LLVMFuzzerMutate(data, size, room);
    size_t after = size - 8 - (size_t)length;
    uint8_t header[1 << 16];
    if (length > sizeof header)
        return LLVMFuzzerMutate(data, size, room);
    memcpy(header, data + 8, (size_t)length);
    size_t most = room - 8 - after < sizeof header ? room - 8 - after : sizeof header;
    size_t now = LLVMFuzzerMutate(header, (size_t)length, most);
    memmove(data + 8 + now, data + 8 + length, after);
    memcpy(data + 8, header, now);
    for (size_t i = 0; i < 8; i++)
        data[i] = (uint8_t)((uint64_t)now >> 8 * i);
    return 8 + now + after;
}

#endif
