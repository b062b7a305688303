/* UTF-8 (RFC 3629), as names of files may or may not be. */
#ifndef GS_UTF8_H
#define GS_UTF8_H

#include "base/base.h"

/* The length in bytes of the character at the start of the text, and its number in *character; 0 if there is none. The
 * terminating 0 counts as a character. */
int gs_utf8_length(const char *text, unsigned *character);

/* A copy in which each byte that belongs to no character is written as \xE9; free it with gs_free. NULL if there is no
 * memory. */
char *gs_utf8_escape(const char *text);

#endif
