/* UTF-8 (RFC 3629), as names of files may or may not be. */
#ifndef GS_UTF8_H
#define GS_UTF8_H

#include "base/base.h"

/* Bytes of the character that the text begins with, and its number; 0 where it begins with none. A terminating 0 is a
 * character of one byte. */
int gs_utf8_length(const char *text, unsigned *character);

/* A copy in which each byte that belongs to no character is written as \xE9, to be freed with gs_free; NULL when memory
 * ends. */
char *gs_utf8_escape(const char *text);

#endif
