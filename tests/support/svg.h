/* Checks of XML and SVG files. */
#ifndef TEST_SVG_H
#define TEST_SVG_H

/* The file as text, to be freed with free(). It must be well-formed, by xmllint if that is installed. Any failure fails
 * the running test. */
char *xml_read(const char *path);

/* The same of an SVG file, which must have no "nan" or "inf" outside text elements and no coordinate outside the
 * picture. */
char *svg_read(const char *path);

/* The number of times that `part` occurs in `text`. */
int occurrences(const char *text, const char *part);

#endif
