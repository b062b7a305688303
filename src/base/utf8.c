#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

enum { ESCAPED_BYTES = 4 };

int gs_utf8_length(const char *text, unsigned *character) {
    const unsigned char *byte = (const unsigned char *)text;
    unsigned c = byte[0];
    int length = c < 0x80 ? 1 : c >= 0xC2 && c < 0xE0 ? 2 : c >= 0xE0 && c < 0xF0 ? 3 : c >= 0xF0 && c < 0xF5 ? 4 : 0;
    static const unsigned char mask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned value = length ? c & mask[length] : 0;
    for (int i = 1; i < length; i++) {
        if ((byte[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (byte[i] & 0x3F);
    }
    bool is_surrogate = value >= 0xD800 && value < 0xE000;
    if (!length || value < least[length] || value >= 0x110000 || is_surrogate)
        return 0;
    *character = value;
    return length;
}

char *gs_utf8_escape(const char *text) {
    size_t length = strlen(text), room;
    char *copy = gs_mul_size(length, ESCAPED_BYTES, &room) ? gs_alloc(room + 1, 1) : NULL, *to = copy;
    unsigned character;
    while (copy && *text) {
        int count = gs_utf8_length(text, &character);
        if (count) {
            memcpy(to, text, (size_t)count);
            to += count;
        } else {
            to += snprintf(to, ESCAPED_BYTES + 1, "\\x%02X", (unsigned)(unsigned char)*text);
        }
        text += count ? count : 1;
    }
    return copy;
}
