/* Text, numbers and elements that several parts of the HTML page have. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "page/page.h"

/* Commas between thousands of the digits before the point. */
static void group(const char *digits, char text[PAGE_NUMBER_ROOM]) {
    size_t whole = strspn(digits, "0123456789"), used = 0;
    for (size_t i = 0; digits[i] && used + 2 < PAGE_NUMBER_ROOM; i++) {
        if (i && i < whole && (whole - i) % 3 == 0)
            text[used++] = ',';
        text[used++] = digits[i];
    }
    text[used] = '\0';
}

void page_number(double value, char text[PAGE_NUMBER_ROOM]) {
    enum { DIGITS = 3 };
    char digits[PAGE_NUMBER_ROOM];
    double size = fabs(value);
    const char *sign = value < 0 ? "\xe2\x88\x92" : ""; /* U+2212 */
    if (!isfinite(value)) {
        snprintf(text, PAGE_NUMBER_ROOM, "unknown");
        return;
    }
    if (size != 0 && (size < 1e-4 || size >= 1e15)) {
        snprintf(text, PAGE_NUMBER_ROOM, "%s%.2e", sign, size);
        return;
    }
    int whole = size > 0 ? (int)floor(log10(size) + 1e-12) + 1 : 1;
    int after = DIGITS - whole > 0 ? DIGITS - whole : 0;
    snprintf(digits, sizeof digits, "%.*f", size == floor(size) && size < 1e6 ? 0 : after, size);
    char grouped[PAGE_NUMBER_ROOM];
    group(digits, grouped);
    snprintf(text, PAGE_NUMBER_ROOM, "%s%.50s", sign, grouped);
}

void page_fixed(double value, int digits, char text[PAGE_NUMBER_ROOM]) {
    if (fabs(value) < 1e15)
        snprintf(text, PAGE_NUMBER_ROOM, "%.*f", digits, value);
    else
        page_number(value, text);
}

void page_percent(double value, char text[PAGE_NUMBER_ROOM]) {
    page_fixed(fmin(fmax(value, -DBL_MAX), DBL_MAX), fabs(value) < 9.95 ? 1 : 0, text);
}

void page_ratio(double value, char text[PAGE_NUMBER_ROOM]) {
    if (value < 100 && value >= 0.005)
        snprintf(text, PAGE_NUMBER_ROOM, "%.2f", value);
    else
        page_number(value, text);
}

page_scale page_scale_of(const char *unit, double most) {
    page_scale scale = {.factor = 1};
    size_t length = strlen(unit);
    bool rate = length > 2 && !strcmp(unit + length - 2, "/s"), bytes = !strcmp(unit, "bytes/s");
    const char *prefix = "";
    if (!strcmp(unit, "ms") && most < 1) {
        scale.factor = 1e3;
        unit = "\xc2\xb5s"; /* micro */
    } else if (!strcmp(unit, "ms") && most >= 1e4) {
        scale.factor = 1e-3;
        unit = "s";
    } else if (rate && (most >= 1e9 || !strcmp(unit, "FLOP/s") || bytes)) {
        scale.factor = 1e-9;
        prefix = strcmp(unit, "FLOP/s") && !bytes ? "billion " : "G";
        unit = bytes ? "B/s" : unit;
    } else if (rate && most >= 1e6) {
        scale.factor = 1e-6;
        prefix = "million ";
    }
    snprintf(scale.symbol, sizeof scale.symbol, "%s%.40s", prefix, unit);
    return scale;
}

void page_quantity(double value, const char *unit, char text[PAGE_NUMBER_ROOM]) {
    char number[PAGE_NUMBER_ROOM];
    page_scale scale = page_scale_of(unit, fabs(value));
    page_number(value * scale.factor, number);
    snprintf(text, PAGE_NUMBER_ROOM, "%.20s%s%.40s", number, scale.symbol[0] ? "\xc2\xa0" : "", scale.symbol);
}

void page_fold(page *p, const char *class) {
    gs_xml_put(p->out, "<details class=\"%s\"", class);
    fputs(p->count + p->peers > 1 ? ">" : " open=\"open\">", p->out);
}
