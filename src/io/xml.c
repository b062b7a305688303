#include "io/xml.h"

#include "base/utf8.h"

/* Bytes of the character at text if XML may hold it, else 0 (XML 1.0, production 2). */
static int sequence_length(const char *text) {
    unsigned character;
    int length = gs_utf8_length(text, &character);
    return length && character >= ' ' && character != 0xFFFE && character != 0xFFFF ? length : 0;
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
        int length = sequence_length(text);
        if (escape(*text))
            fputs(escape(*text), out);
        else if (length)
            fwrite(text, 1, (size_t)length, out);
        else
            fputc('?', out);
        text += length ? length : 1;
    }
}
