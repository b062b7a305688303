#include "io/html.h"

#include <nettle/base64.h>

#include "io/xml.h"

static const char common[] = {
#include "html.css.inc"
};

void gs_html_begin(FILE *out, const char *program, const char *title, const char *style) {
    gs_xml_put(out,
               "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\" xml:lang=\"en\">\n<head>\n"
               "<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
               "<meta name=\"color-scheme\" content=\"light dark\"/>\n<title>%s: %s</title>\n",
               program, title);
    fprintf(out, "<style>\n%s%s</style>\n", common, style);
    gs_xml_put(out, "</head>\n<body>\n<header>\n<p class=\"kind\">%s</p>\n<h1>%s</h1>\n", program, title);
}

void gs_html_data(FILE *out, const char *type, const char *bytes, size_t size) {
    enum { BLOCK = 3 * 256 };
    char text[BASE64_ENCODE_RAW_LENGTH(BLOCK)];
    gs_xml_put(out, "data:%s;base64,", type);
    for (size_t at = 0; at < size; at += BLOCK) {
        size_t count = size - at < BLOCK ? size - at : BLOCK;
        base64_encode_raw(text, count, (const uint8_t *)bytes + at);
        fwrite(text, 1, BASE64_ENCODE_RAW_LENGTH(count), out);
    }
}
