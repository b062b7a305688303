/* What pages in HTML have in common: they are one file of XML without links to others, in the style of html.css. */
#ifndef GS_IO_HTML_H
#define GS_IO_HTML_H

#include <stdio.h>

/* Write the head of a page and open its body, in which the <header> is left open after the title. `program`: whose page
 * it is; `style`: rules after those of all pages, as they are. */
void gs_html_begin(FILE *out, const char *program, const char *title, const char *style);

/* Write bytes as an address of their own, "data:image/png;base64,...", for which `type` is "image/png". */
void gs_html_data(FILE *out, const char *type, const char *bytes, size_t size);

#endif
