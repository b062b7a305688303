#include "model/json.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const char *gs_json_type(const json_t *value) {
    if (!value)
        return "nothing";
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "an integer";
    case JSON_REAL:
        return "a real number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a truth value";
    default:
        return "null";
    }
}

bool gs_json_is(const json_t *value, json_type type) {
    return value && json_typeof(value) == type;
}

bool gs_json_is_number(const json_t *value) {
    return gs_json_is(value, JSON_INTEGER) || gs_json_is(value, JSON_REAL);
}

bool gs_json_is_boolean(const json_t *value) {
    return gs_json_is(value, JSON_TRUE) || gs_json_is(value, JSON_FALSE);
}

/* The text that jansson reads is ["aaa...", the text without its hole]. jansson 2.14 does not check whether its buffer
 * for tokens could grow; if it could not, it loses characters or aborts. The string in front makes the buffer grow
 * once, as far as any token needs, and its length shows whether that succeeded. */
enum { FILLER = 1, BEFORE = 3, AFTER = 4, PARTS = 6 };
typedef struct source {
    gs_text part[PARTS];
    int next;
} source;

static source source_of(gs_text text, gs_text hole) {
    size_t before = hole.length ? (size_t)(hole.at - text.at) : text.length, after = before + hole.length;
    return (source){
        .part = {
            {"[\"", 2}, {NULL, 0}, {"\",", 2}, {text.at, before}, {text.at + after, text.length - after}, {"]", 1}}};
}

static size_t read_source(void *buffer, size_t room, void *data) {
    source *s = data;
    while (s->next < PARTS && !s->part[s->next].length)
        s->next++;
    if (s->next == PARTS)
        return 0;
    gs_text *part = &s->part[s->next];
    size_t count = part->length < room ? part->length : room;
    if (s->next == FILLER) {
        memset(buffer, 'a', count);
    } else {
        memcpy(buffer, part->at, count);
        part->at += count;
    }
    part->length -= count;
    return count;
}

/* Sets the filler's length. */
static gs_status check_cost(const gs_loader *loader, source *s, const char *what, unsigned sixteenths) {
    enum { DEPTH_MAX = 16 }; /* the format itself needs 6 */
    gs_json_cost cost = {0};
    gs_json_count(&cost, s->part[BEFORE]);
    gs_json_count(&cost, s->part[AFTER]);
    s->part[FILLER].length = cost.longest;
    if (!cost.bytes)
        return gs_loader_fail(loader, "%s: found no value, expected JSON", what);
    if (cost.deepest > DEPTH_MAX)
        return gs_loader_fail(loader, "%s: nested %ld deep, expected at most %d", what, cost.deepest, DEPTH_MAX);
    uint64_t bytes = gs_json_bytes(&cost), most = gs_loader_share(loader, sixteenths);
    if (bytes > most)
        return gs_loader_fail(
            loader, "%s: as JSON it may take %llu bytes of memory, expected at most %llu in a file of %llu", what,
            (unsigned long long)bytes, (unsigned long long)most, (unsigned long long)loader->file_bytes);
    return GS_OK;
}

/* jansson's own words name one of its flags. */
const char *gs_json_problem(const json_error_t *problem) {
    enum json_error_code code = json_error_code(problem);
    bool is_zero = code == json_error_null_character || code == json_error_null_byte_in_key;
    return is_zero ? "\\u0000 in a text, where it may not be" : problem->text;
}

/* NULL with an empty problem: memory ran out. */
static json_t *parse(source s, json_error_t *problem) {
    size_t filler = s.part[FILLER].length;
    *problem = (json_error_t){0};
    json_t *list = json_load_callback(read_source, &s, JSON_REJECT_DUPLICATES, problem), *value = NULL;
    if (json_array_size(list) > 2)
        snprintf(problem->text, sizeof problem->text, "end of file expected near ','");
    else if (json_string_length(json_array_get(list, 0)) == filler)
        value = json_incref(json_array_get(list, 1));
    json_decref(list);
    return value;
}

/* Inside its lexer, jansson reports a lack of memory as a syntax error; but a real one would occur again. */
static gs_status fail_parse(const gs_loader *loader, const source *s, const char *what, gs_text hole) {
    json_error_t problem;
    json_t *again = parse(*s, &problem);
    if (again || !problem.text[0] || json_error_code(&problem) == json_error_out_of_memory) {
        json_decref(again);
        return gs_loader_memory(loader);
    }
    size_t at = (size_t)(problem.position > 0 ? problem.position : 0), front = s->part[FILLER].length + 4;
    at = at > front ? at - front : 0;
    return gs_loader_fail(loader, "%s: at byte %zu: %s, expected JSON", what,
                          at > s->part[BEFORE].length ? at + hole.length : at, gs_json_problem(&problem));
}

gs_status gs_json_parse(gs_loader *loader, gs_text text, gs_text hole, const char *what, unsigned sixteenths,
                        json_t **value) {
    source s = source_of(text, hole);
    json_error_t problem;
    gs_status status = check_cost(loader, &s, what, sixteenths);
    if (status)
        return status;
    *value = parse(s, &problem);
    return *value ? GS_OK : fail_parse(loader, &s, what, hole);
}

gs_status gs_json_keys(gs_loader *loader, const json_t *object, const char *what, const char *const *allowed) {
    if (!gs_json_is(object, JSON_OBJECT))
        return gs_loader_fail(loader, "%s: found %s, expected an object", what, gs_json_type(object));
    /* jansson's iterators take a pointer to non-const, but change nothing. */
    json_t *walked = (json_t *)(uintptr_t)object;
    for (void *i = json_object_iter(walked); i; i = json_object_iter_next(walked, i)) {
        const char *const *name = allowed;
        while (*name && strcmp(*name, json_object_iter_key(i)))
            name++;
        if (!*name)
            return gs_loader_fail(loader, "%s: unknown key '%.80s'", what, json_object_iter_key(i));
    }
    return GS_OK;
}

gs_status gs_json_integer(gs_loader *loader, const json_t *value, const char *what, long long low, long long high,
                          int *out) {
    if (!gs_json_is(value, JSON_INTEGER))
        return gs_loader_fail(loader, "%s: found %s, expected an integer %lld ... %lld", what, gs_json_type(value), low,
                              high);
    json_int_t number = json_integer_value(value);
    if (number < low || number > high)
        return gs_loader_fail(loader, "%s: found %" JSON_INTEGER_FORMAT ", expected %lld ... %lld", what, number, low,
                              high);
    *out = (int)number;
    return GS_OK;
}

gs_status gs_json_real(gs_loader *loader, const json_t *value, const char *what, double *out) {
    if (!gs_json_is_number(value))
        return gs_loader_fail(loader, "%s: found %s, expected a number", what, gs_json_type(value));
    double number = json_number_value(value);
    if (!(fabs(number) <= (double)FLT_MAX))
        return gs_loader_fail(loader, "%s: found %g, expected a number that single precision holds", what, number);
    *out = number;
    return GS_OK;
}

gs_status gs_json_sigmas(gs_loader *loader, const json_t *value, const char *what, bool may_equal, double *low,
                         double *high) {
    if (!gs_json_is(value, JSON_ARRAY) || json_array_size(value) != 2)
        return gs_loader_fail(loader, "%s: found %s, expected [low, high]", what, gs_json_type(value));
    gs_status status = gs_json_real(loader, json_array_get(value, 0), what, low);
    if (!status)
        status = gs_json_real(loader, json_array_get(value, 1), what, high);
    if (status)
        return status;
    if (!((float)*low > 0) || *low > *high || (*low == *high && !may_equal))
        return gs_loader_fail(loader, "%s: found [%g, %g], expected 0 < low %s high", what, *low, *high,
                              may_equal ? "<=" : "<");
    return GS_OK;
}

gs_status gs_json_name(gs_loader *loader, const json_t *value, const char *what, char **out) {
    const char *text = json_string_value(value);
    if (!text)
        return gs_loader_fail(loader, "%s: found %s, expected a string", what, gs_json_type(value));
    size_t length = strlen(text);
    if (length < 1 || length > 63 || strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != length)
        return gs_loader_fail(loader, "%s: found '%.80s', expected 1 ... 63 characters of a-z 0-9 - _ .", what, text);
    *out = gs_arena_string(loader->arena, text);
    return *out ? GS_OK : gs_loader_memory(loader);
}
