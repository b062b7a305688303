#include "io/svg.h"

#include "io/xml.h"

void gs_svg_head(FILE *out, int width, int height, const char *title, const char *style,
                 void (*put_ground)(FILE *out, int dark)) {
    gs_xml_put(out,
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
               "height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\">\n<title>%s</title>\n",
               width, height, width, height, title);
    fprintf(out, "<style>\n%s", style);
    put_ground(out, 0);
    fputs("@media(prefers-color-scheme:dark){\n", out);
    put_ground(out, 1);
    fputs("}\n</style>\n", out);
}
