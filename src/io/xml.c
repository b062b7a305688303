#include "io/xml.h"

#include <stdbool.h>

/* The length in bytes of the UTF-8 sequence at `text` if XML allows its character, else 0 (RFC 3629; XML 1.0,
 * production 2). */
static int sequence_length(const unsigned char *text) {
    unsigned c = text[0];
    int length = c < 0x80 ? 1 : c >= 0xC2 && c < 0xE0 ? 2 : c >= 0xE0 && c < 0xF0 ? 3 : c >= 0xF0 && c < 0xF5 ? 4 : 0;
    static const unsigned char mask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    static const unsigned least[] = {0, 0x20, 0x80, 0x800, 0x10000};
    unsigned value = length ? c & mask[length] : 0;
    for (int i = 1; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (text[i] & 0x3F);
    }
    bool surrogate = value >= 0xD800 && value < 0xE000, never = value == 0xFFFE || value == 0xFFFF;
    return length && value >= least[length] && value < 0x110000 && !surrogate && !never ? length : 0;
}

/* NULL: the character needs no escape. */
static const char *escape(char c) {
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    default:
        return NULL;
    }
}

void gs_xml_text(FILE *out, const char *text, size_t bytes) {
    const char *end = text + bytes;
    while (text < end) {
        int length = sequence_length((const unsigned char *)text);
        if (escape(*text))
            fputs(escape(*text), out);
        else if (length)
            fwrite(text, 1, (size_t)length, out);
        else
            fputc('?', out);
        text += length ? length : 1;
    }
}
