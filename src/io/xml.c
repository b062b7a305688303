#include "io/xml.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum { SPEC_ROOM = 16 };

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

/* Writes the conversion at `at`, and returns what follows it. */
static const char *put_conversion(FILE *out, const char *at, va_list *arguments) {
    char spec[SPEC_ROOM];
    size_t length = strcspn(at, "sdufeg%") + 1;
    const char *text;
    snprintf(spec, sizeof spec, "%%%.*s", (int)length, at);
    switch (at[length - 1]) {
    case 's':
        text = va_arg(*arguments, const char *);
        gs_xml_text(out, text, at[0] == '.' ? strnlen(text, (size_t)strtol(at + 1, NULL, 10)) : strlen(text));
        break;
    case 'd':
        fprintf(out, "%d", va_arg(*arguments, int));
        break;
    case 'u':
        fprintf(out, "%zu", va_arg(*arguments, size_t));
        break;
    case '%':
        fputc('%', out);
        break;
    default:
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        fprintf(out, spec, va_arg(*arguments, double));
#pragma GCC diagnostic pop
    }
    return at + length;
}

void gs_xml_put(FILE *out, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    while (*format) {
        size_t plain = strcspn(format, "%");
        fwrite(format, 1, plain, out);
        format += plain;
        if (*format)
            format = put_conversion(out, format + 1, &arguments);
    }
    va_end(arguments);
}
