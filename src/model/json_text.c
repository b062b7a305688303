/* JSON text before it is parsed: how much memory its tree takes, and where its parts are. Only quotes and brackets are
 * examined; jansson checks the rest. */
#include "model/json_text.h"

#include <string.h>

/* The most bytes that jansson 2.14 asks for, including 16 per block for the allocator. An object has 8 buckets at
 * first, which are doubled when they are full (the old ones are freed afterwards); an array has 8 places, doubled the
 * same way; the lexer keeps each token in a buffer that doubles, then copies it, and gs_json_parse puts a string in
 * front that is as long as the longest. */
enum { OBJECT_BYTES = 240, ARRAY_BYTES = 144, SCALAR_BYTES = 40, STRING_BYTES = 72, PAIR_BYTES = 24, PLACE_BYTES = 24 };
enum { TOKEN_COPIES = 4, PARSER_BYTES = 1024 };

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The index after the string that begins at text[i]. */
static size_t skip_string(gs_text text, size_t i) {
    for (i++; i < text.length && text.at[i] != '"'; i++)
        if (text.at[i] == '\\')
            i++;
    return i < text.length ? i + 1 : text.length;
}

/* The index after the number or word that begins at text[i]. */
static size_t skip_scalar(gs_text text, size_t i) {
    while (i < text.length && !is_space(text.at[i]) && !strchr("{}[],:\"", text.at[i]))
        i++;
    return i;
}

static void count_token(gs_json_cost *cost, size_t bytes, size_t length) {
    cost->bytes += bytes;
    if (length > cost->longest)
        cost->longest = length;
}

void gs_json_count(gs_json_cost *cost, gs_text text) {
    for (size_t i = 0, next; i < text.length; i = next) {
        next = i + 1;
        switch (text.at[i]) {
        case '{':
        case '[':
            cost->bytes += text.at[i] == '{' ? OBJECT_BYTES : ARRAY_BYTES;
            cost->depth++;
            if (cost->depth > cost->deepest)
                cost->deepest = cost->depth;
            break;
        case '}':
        case ']':
            cost->depth--;
            break;
        case ':':
            cost->bytes += PAIR_BYTES;
            break;
        case ',':
            cost->bytes += PLACE_BYTES;
            break;
        case ' ':
        case '\t':
        case '\n':
        case '\r':
            break;
        case '"':
            next = skip_string(text, i);
            count_token(cost, STRING_BYTES + next - i, next - i);
            break;
        default:
            next = skip_scalar(text, i);
            if (next == i) /* a zero byte, which strchr finds in every string */
                next++;
            count_token(cost, SCALAR_BYTES, next - i);
        }
    }
}

size_t gs_json_bytes(const gs_json_cost *cost) {
    return cost->bytes + TOKEN_COPIES * cost->longest + PARSER_BYTES;
}

static gs_text trim(gs_text text) {
    while (text.length && is_space(text.at[0])) {
        text.at++;
        text.length--;
    }
    while (text.length && is_space(text.at[text.length - 1]))
        text.length--;
    return text;
}

bool gs_text_inside(gs_text value, char open, char close, gs_text *inside) {
    value = trim(value);
    if (value.length < 2 || value.at[0] != open || value.at[value.length - 1] != close)
        return false;
    *inside = (gs_text){value.at + 1, value.length - 2};
    return true;
}

bool gs_text_next(gs_text *rest, gs_text *part) {
    if (!rest->at)
        return false;
    long depth = 0;
    size_t i = 0;
    while (i < rest->length && (depth || rest->at[i] != ',')) {
        char c = rest->at[i];
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        i = c == '"' ? skip_string(*rest, i) : i + 1;
    }
    *part = trim((gs_text){rest->at, i});
    *rest = i < rest->length ? (gs_text){rest->at + i + 1, rest->length - i - 1} : (gs_text){NULL, 0};
    return true;
}

bool gs_text_member(gs_text object, const char *key, gs_text *value) {
    gs_text rest, member;
    size_t length = strlen(key);
    if (!gs_text_inside(object, '{', '}', &rest))
        return false;
    while (gs_text_next(&rest, &member)) {
        if (member.length < length + 2 || member.at[0] != '"' || memcmp(member.at + 1, key, length) ||
            member.at[length + 1] != '"')
            continue;
        *value = trim((gs_text){member.at + length + 2, member.length - length - 2});
        if (!value->length || value->at[0] != ':')
            return false;
        *value = trim((gs_text){value->at + 1, value->length - 1});
        return true;
    }
    return false;
}

size_t gs_text_count(gs_text inside) {
    gs_text part;
    size_t count = 0;
    if (trim(inside).length)
        while (gs_text_next(&inside, &part))
            count++;
    return count;
}
