/* Numbers and words as reports and commands write them. */
#ifndef GS_CLI_WORDS_H
#define GS_CLI_WORDS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "base/base.h"

/* A short decimal that reads back as v; returns text. */
const char *gs_shortest(double v, char text[32]);

/* JSON has no NaN or infinity, which become null; whole numbers above 2^63 - 1 become strings. */
json_t *gs_real_json(double v);
json_t *gs_whole_json(uint64_t v);

/* Print the object, which is freed, on a line of its own; NULL counts as memory that ended. Errors: GS_ERROR_MEMORY. */
gs_status gs_print_json(json_t *object, FILE *out, gs_error *error);

/* ' text', with what a shell would misread put into quotes. */
void gs_put_word(FILE *out, const char *text);

/* What follows the last slash. */
const char *gs_base_name(const char *path);

/* The first `length` characters as a finite decimal number that is not negative; the same of a whole text, which may
 * begin with a minus. False for anything else. */
bool gs_parse_decimal(const char *text, size_t length, double *value);
bool gs_parse_number(const char *text, double *value);

#endif
