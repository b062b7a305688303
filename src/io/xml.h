/* Text in XML and HTML files. */
#ifndef GS_IO_XML_H
#define GS_IO_XML_H

#include <stdio.h>

#include "base/base.h"

/* Write `bytes` bytes of UTF-8 text so that they can stand between tags or in quoted attributes: & < > " are escaped;
 * anything that is not UTF-8, or is not a character that XML allows, becomes '?'. */
void gs_xml_text(FILE *out, const char *text, size_t bytes);

/* fprintf of markup, where %s is text and written like this; other conversions are %d, %zu and those of double. */
void gs_xml_put(FILE *out, const char *format, ...) GS_PRINTF(2, 3);

#endif
