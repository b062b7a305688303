/* Text in XML and HTML files. */
#ifndef GS_IO_XML_H
#define GS_IO_XML_H

#include <stddef.h>
#include <stdio.h>

/* Write `bytes` of a UTF-8 text so that it stands for itself, between tags and in quoted attributes: & < > " are
 * escaped; what is not UTF-8 or no character that XML may hold becomes '?'. */
void gs_xml_text(FILE *out, const char *text, size_t bytes);

#endif
