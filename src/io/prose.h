/* Plain texts as they are set in pages and pictures: "R^-D" has its exponent raised, "2.5e-05" is a power of ten, and a
 * number stays on a line with what belongs to it. */
#ifndef GS_IO_PROSE_H
#define GS_IO_PROSE_H

#include <stdbool.h>
#include <stdio.h>

/* Write `bytes` bytes of a text as gs_xml_text does, with elements of HTML or, if `is_svg`, of SVG around what is
 * raised. */
void gs_prose_put(FILE *out, const char *text, size_t bytes, bool is_svg);

#endif
