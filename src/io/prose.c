#include "io/prose.h"

#include <ctype.h>
#include <string.h>

#include "io/xml.h"

typedef struct prose {
    FILE *out;
    const char *text, *end;
    bool is_svg;
} prose;

static char at(const prose *p, const char *place) {
    return place >= p->text && place < p->end ? *place : 0;
}

static bool is_digit(const prose *p, const char *place) {
    return isdigit((unsigned char)at(p, place));
}

/* In SVG what follows is lowered again, for which it needs a character. */
static void put_raised(const prose *p, const char *text, size_t bytes) {
    fputs(p->is_svg ? "<tspan dy=\"-4\" font-size=\"9\">" : "<sup>", p->out);
    bool minus = *text == '-';
    fputs(minus ? "\xe2\x88\x92" : "", p->out);
    gs_xml_text(p->out, text + minus, bytes - minus);
    fputs(p->is_svg ? "</tspan><tspan dy=\"4\">\xe2\x80\x8b</tspan>" : "</sup>", p->out);
}

/* "^2", "^-D": the bytes of a number or a name with or without a sign; 0: there is none. */
static size_t exponent_bytes(const prose *p, const char *text) {
    const char *end = text + (at(p, text) == '-'), *first = end;
    if (is_digit(p, end))
        while (is_digit(p, end + (at(p, end) == '.')))
            end++;
    else
        while (isalpha((unsigned char)at(p, end)))
            end++;
    return end > first ? (size_t)(end - text) : 0;
}

/* The bytes of "e-05" behind a digit, and the power; 0: it is none. */
static size_t power_bytes(const prose *p, const char *text, int *power) {
    const char *digit = text + 1 + (at(p, text + 1) == '-' || at(p, text + 1) == '+'), *end = digit;
    if (!is_digit(p, text - 1))
        return 0;
    for (*power = 0; is_digit(p, end) && end < digit + 4; end++)
        *power = 10 * *power + (*end - '0');
    *power = text[1] == '-' ? -*power : *power;
    return end > digit && !isalnum((unsigned char)at(p, end)) ? (size_t)(end - text) : 0;
}

/* Whether a line must not end at this blank: "D = 784", "5 %", "20 ... 100". */
static bool is_tied(const prose *p, const char *blank) {
    size_t left = (size_t)(p->end - blank - 1), before = (size_t)(blank - p->text);
    return (left > 1 && !memcmp(blank + 1, "= ", 2)) || (left > 3 && !memcmp(blank + 1, "... ", 4)) ||
           (left && blank[1] == '%') || (before && blank[-1] == '=') || (before > 2 && !memcmp(blank - 3, "...", 3));
}

/* Write what begins with one of "^e "; returns its bytes. */
static size_t put_special(const prose *p, const char *text) {
    size_t bytes;
    int power;
    if (*text == '^' && text > p->text && text[-1] != ' ' && (bytes = exponent_bytes(p, text + 1))) {
        put_raised(p, text + 1, bytes);
        return 1 + bytes;
    }
    if (*text == 'e' && (bytes = power_bytes(p, text, &power))) {
        char raised[16];
        fputs("\xc2\xb7"
              "10",
              p->out);
        put_raised(p, raised, (size_t)snprintf(raised, sizeof raised, "%d", power));
        return bytes;
    }
    fputs(*text == ' ' && !p->is_svg && is_tied(p, text) ? "\xe2\x81\xa0\xc2\xa0" : (char[]){*text, 0}, p->out);
    return 1;
}

void gs_prose_put(FILE *out, const char *text, size_t bytes, bool is_svg) {
    prose p = {.out = out, .text = text, .end = text + bytes, .is_svg = is_svg};
    while (text < p.end) {
        const char *plain = text;
        while (plain < p.end && !strchr("^e ", *plain))
            plain++;
        gs_xml_text(out, text, (size_t)(plain - text));
        text = plain < p.end ? plain + put_special(&p, plain) : plain;
    }
}
