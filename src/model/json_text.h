/* JSON before it is parsed: how much memory its tree takes, and where its parts are. */
#ifndef GS_JSON_TEXT_H
#define GS_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Part of a text that belongs to someone else. */
typedef struct gs_text {
    const char *at;
    size_t length;
} gs_text;

/* The memory that parsing takes, summed over parts of a text; to be zeroed first. */
typedef struct gs_json_cost {
    size_t bytes, longest; /* for all values, without the lexer's buffer; the length of the longest token */
    long depth, deepest;
} gs_json_cost;

void gs_json_count(gs_json_cost *cost, gs_text text);
/* An upper bound of what jansson will have allocated at any one time. */
size_t gs_json_bytes(const gs_json_cost *cost);

/* The text between the brackets of an object or array. */
bool gs_text_inside(gs_text value, char open, char close, gs_text *inside);
/* The next part of *rest before a comma outside strings and brackets; false at the end. */
bool gs_text_next(gs_text *rest, gs_text *part);
/* The value of an object's first member with this key, which must be written without escapes. */
bool gs_text_member(gs_text object, const char *key, gs_text *value);
/* The number of parts that gs_text_next finds; 0 for blank text. */
size_t gs_text_count(gs_text inside);

#endif
