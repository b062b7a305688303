/* JSON values with their place in the file. */
#ifndef GS_JSON_H
#define GS_JSON_H

#include <jansson.h>

#include "model/loader.h"

/* What is wrong, in words for users: jansson's, but for those that name one of its flags. */
const char *gs_json_problem(const json_error_t *problem);

/* Parse `text` without its part `hole` (a .length of 0 means all of it), unless its tree might take more than its
 * share; `what` ("header") is used in messages. */
gs_status gs_json_parse(gs_loader *loader, gs_text text, gs_text hole, const char *what, unsigned sixteenths,
                        json_t **value);
/* Refuse keys of `object` that are not in the NULL-terminated list, and an `object` that is not one. */
gs_status gs_json_keys(gs_loader *loader, const json_t *object, const char *what, const char *const *allowed);
gs_status gs_json_integer(gs_loader *loader, const json_t *value, const char *what, long long low, long long high,
                          int *out);
/* A number that is finite in single precision too. */
gs_status gs_json_real(gs_loader *loader, const json_t *value, const char *what, double *out);
/* [low, high] with 0 < low < high, or 0 < low <= high. */
gs_status gs_json_sigmas(gs_loader *loader, const json_t *value, const char *what, bool may_equal, double *low,
                         double *high);
/* 1 ... 63 characters of a-z 0-9 - _ . */
gs_status gs_json_name(gs_loader *loader, const json_t *value, const char *what, char **out);
/* The kind of a value in words: "a string". */
const char *gs_json_type(const json_t *value);
/* Whether there is a value, of this type; and a number, or true or false. */
bool gs_json_is(const json_t *value, json_type type);
bool gs_json_is_number(const json_t *value);
bool gs_json_is_boolean(const json_t *value);

#endif
