/* Numbers and words as reports and commands write them. */
#ifndef GS_APP_WORDS_H
#define GS_APP_WORDS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "base/base.h"

/* A short decimal that reads back as v; returns text. */
const char *gs_shortest(double v, char text[32]);

/* JSON has no NaN or infinity, so these become null; whole numbers above 2^63 - 1 become strings. */
json_t *gs_real_json(double v);
json_t *gs_whole_json(uint64_t v);

/* A mean of whole numbers, which is written as one where it is whole. */
json_t *gs_mean_json(double v);

/* A string; bytes that are not UTF-8 are written as \xE9. */
json_t *gs_text_json(const char *text);

/* Print the object on a line of its own and free it; NULL counts as a lack of memory. Errors: GS_ERROR_MEMORY. */
gs_status gs_print_json(json_t *object, FILE *out, gs_error *error);

/* Notice from now on when a JSON value gets no memory; a program calls it once, at its start. jansson then leaves out a
 * member, which nobody else would miss. */
void gs_json_watch(void);

/* Whether that has happened, so that any value may lack members. */
bool gs_json_lost(void);

/* The value's text, to be freed; NULL: there is no memory for it, or was none for some value. */
char *gs_json_text(const json_t *value, size_t flags);

/* A blank and the text, in quotes where a shell would misread it: '...', or $'...' with escapes if it has control
 * characters or is not UTF-8. */
void gs_put_word(FILE *out, const char *text);

/* Text that comes from a file or a name: anything but printable ASCII becomes '?', so that it cannot control a
 * terminal.
 */
void gs_put_plain(const char *text, FILE *out);

/* One line "warning: ..." on standard error, plain likewise. */
void gs_warn(const char *format, ...) GS_PRINTF(1, 2);

/* The part after the last slash. */
const char *gs_base_name(const char *path);

/* Read the first `length` characters as a finite decimal number that is not negative; or a whole text, which may begin
 * with a minus. False for anything else. */
bool gs_parse_decimal(const char *text, size_t length, double *value);
bool gs_parse_number(const char *text, double *value);

#endif
