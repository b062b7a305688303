#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void bench_append(char *text, size_t room, const char *format, ...) {
    size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, room - used, format, arguments);
    va_end(arguments);
}

void bench_append_item(char *text, size_t room, const char *between, const char *item) {
    bench_append(text, room, "%s%s", text[0] ? between : "", item);
}

/* The length in bytes of the control character with which text begins, or 0; C1 is U+0080 ... U+009F. */
static int control_length(const char *text) {
    const unsigned char *c = (const unsigned char *)text;
    if (c[0] < ' ' || c[0] == 127)
        return c[0] != 0;
    return c[0] == 0xC2 && c[1] >= 0x80 && c[1] < 0xA0 ? 2 : 0;
}

bool bench_has_controls(const char *text) {
    while (*text && !control_length(text))
        text++;
    return *text != 0;
}

void bench_blank_controls(char *text) {
    for (int length; *text; text += length ? length : 1) {
        length = control_length(text);
        memset(text, ' ', (size_t)length);
    }
}
