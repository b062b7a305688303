/* What SVG files of ours begin with. */
#ifndef GS_IO_SVG_H
#define GS_IO_SVG_H

#include <stdio.h>

/* Write the XML declaration, the opening tag of a file of that size, its title, and its style: `style`, then what
 * put_ground writes for light ground (0) and, where the reader prefers that, for dark ground (1). */
void gs_svg_head(FILE *out, int width, int height, const char *title, const char *style,
                 void (*put_ground)(FILE *out, int dark));

#endif
