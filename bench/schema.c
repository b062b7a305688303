#include "schema.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

enum { PLACE_ROOM = 200, TEXT_ROOM = 96, SHOWN = 40 };

static const char report[] = {
#include "report.schema.json.inc"
};
static const char quality[] = {
#include "quality.schema.json.inc"
};
static const char baseline[] = {
#include "baseline.schema.json.inc"
};
static const char *const schemas[] = {report, quality, baseline};

/* ---- Places ---- */

/* Where a value stands: a member or, without a name, an item of what is around it. */
typedef struct place {
    const struct place *around;
    const char *name;
    size_t item;
} place;

typedef struct check {
    const json_t *schema; /* the root */
    const char *path;
    gs_error *error;
} check;

static void put_place(const place *at, char text[PLACE_ROOM]) {
    if (!at->around)
        return;
    put_place(at->around, text);
    if (at->name)
        bench_append(text, PLACE_ROOM, "%s%.60s", text[0] ? "." : "", at->name);
    else
        bench_append(text, PLACE_ROOM, "[%zu]", at->item);
}

static gs_status wrong(const check *c, const place *at, const char *what) {
    char text[PLACE_ROOM] = "";
    const char *hint = json_string_value(json_object_get(c->schema, "description"));
    put_place(at, text);
    bench_blank_controls(text);
    return gs_fail(c->error, GS_ERROR_FILE, "%s: %s%s%s%s%s", c->path, text, text[0] ? ": " : "", what,
                   hint ? "; " : "", hint ? hint : "");
}

/* ---- One value ---- */

static const struct {
    const char *type, *text;
} types[] = {{"string", "a string"}, {"boolean", "true or false"}, {"integer", "a whole number"},
             {"number", "a number"}, {"array", "an array"},        {"object", "an object"}};

static const char *type_of(const json_t *value) {
    static const char *const names[] = {
        [JSON_OBJECT] = "object", [JSON_ARRAY] = "array",  [JSON_STRING] = "string", [JSON_INTEGER] = "integer",
        [JSON_REAL] = "number",   [JSON_TRUE] = "boolean", [JSON_FALSE] = "boolean", [JSON_NULL] = "null"};
    return names[json_typeof(value)];
}

static const char *text_of(const char *type) {
    size_t i = 0;
    while (i + 1 < GS_COUNT(types) && strcmp(types[i].type, type))
        i++;
    return types[i].text;
}

/* A number of the schema, or NaN. */
static double limit(const json_t *schema, const char *name) {
    const json_t *value = json_object_get(schema, name);
    return value ? json_number_value(value) : (double)NAN;
}

/* RFC 3339, section 5.6, without fractions of seconds: 2026-01-31T12:00:00Z, or with an offset as +01:00. */
static bool is_date_time(const char *text) {
    static const char form[] = "0000-00-00T00:00:00", offset[] = "+00:00";
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day, hour, minute, second;
    for (size_t i = 0; i + 1 < sizeof form; i++)
        if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
            return false;
    sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &year, &month, &day, &hour, &minute, &second);
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (month < 1 || month > 12 || day < 1 || day > days[month - 1] - (month == 2 && !leap) || hour > 23 ||
        minute > 59 || second > 60)
        return false;
    text += sizeof form - 1;
    for (size_t i = 0; *text != 'Z' && i + 1 < sizeof offset; i++)
        if (offset[i] == '0'   ? text[i] < '0' || text[i] > '9'
            : offset[i] == '+' ? text[i] != '+' && text[i] != '-'
                               : text[i] != offset[i])
            return false;
    return !text[*text == 'Z' ? 1 : sizeof offset - 1];
}

/* "a whole number from 1 on" */
static void describe(const json_t *schema, char text[TEXT_ROOM]) {
    double low = limit(schema, "minimum"), high = limit(schema, "maximum"), above = limit(schema, "exclusiveMinimum");
    const json_t *constant = json_object_get(schema, "const");
    int used = snprintf(text, TEXT_ROOM, "%s", text_of(json_string_value(json_object_get(schema, "type"))));
    size_t room = TEXT_ROOM - (size_t)used;
    if (constant)
        snprintf(text, TEXT_ROOM, "%lld", json_integer_value(constant));
    else if (!isnan(above))
        snprintf(text + used, room, " above %.0f", above);
    else if (!isnan(low) && !isnan(high))
        snprintf(text + used, room, " from %.0f to %.0f", low, high);
    else if (!isnan(low))
        snprintf(text + used, room, " from %.0f on", low);
    else if (json_object_get(schema, "format"))
        snprintf(text, TEXT_ROOM, "a date and time such as 2026-01-31T12:00:00Z");
    else if (json_object_get(schema, "minLength"))
        snprintf(text + used, room, " that is not empty");
}

static bool fits(const json_t *schema, const json_t *value) {
    const char *type = json_string_value(json_object_get(schema, "type")), *found = type_of(value);
    const json_t *constant = json_object_get(schema, "const");
    double number = json_number_value(value);
    bool counts = !strcmp(type, "number") && json_is_integer(value);
    return (counts || !strcmp(type, found)) && isfinite(number) && (!constant || json_equal(constant, value)) &&
           !(number < limit(schema, "minimum")) && !(number > limit(schema, "maximum")) &&
           !(number <= limit(schema, "exclusiveMinimum")) &&
           !(json_is_string(value) && (double)json_string_length(value) < limit(schema, "minLength")) &&
           !(json_object_get(schema, "format") && !is_date_time(json_string_value(value)));
}

static gs_status wrong_value(const check *c, const place *at, const json_t *schema, const json_t *value) {
    char expected[TEXT_ROOM], what[PLACE_ROOM];
    bool nested = json_is_array(value) || json_is_object(value);
    char *shown = nested ? NULL : json_dumps(value, JSON_ENCODE_ANY);
    describe(schema, expected);
    snprintf(what, sizeof what, "%.*s, expected %s", SHOWN,
             nested  ? text_of(type_of(value))
             : shown ? shown
                     : "unknown",
             expected);
    free(shown);
    return wrong(c, at, what);
}

/* Whether there are as many of `unit` as the keywords `least` and `most` say. */
static gs_status check_count(const check *c, const place *at, const json_t *schema, size_t count, const char *least,
                             const char *most, const char *unit) {
    char what[PLACE_ROOM];
    double low = limit(schema, least), high = limit(schema, most);
    if (!((double)count < low) && !((double)count > high))
        return GS_OK;
    bool few = (double)count < low;
    snprintf(what, sizeof what, "%zu %s, expected at %s %.0f", count, unit, few ? "least" : "most", few ? low : high);
    return wrong(c, at, what);
}

/* ---- Trees ---- */

static gs_status visit(const check *c, const place *at, const json_t *schema, const json_t *value);

static gs_status check_name(const check *c, const place *at, const json_t *schema, const char *name) {
    if (bench_has_controls(name))
        return wrong(c, at, "a name with control characters");
    return check_count(c, at, json_object_get(schema, "propertyNames"), strlen(name), "minLength", "maxLength",
                       "bytes of a name");
}

static gs_status visit_members(const check *c, const place *at, const json_t *schema, const json_t *object) {
    const json_t *required = json_object_get(schema, "required"), *name;
    size_t i;
    const char *key;
    json_t *value;
    gs_status status =
        check_count(c, at, schema, json_object_size(object), "minProperties", "maxProperties", "members");
    json_array_foreach(required, i, name) {
        const place missing = {.around = at, .name = json_string_value(name)};
        if (!status && !json_object_get(object, missing.name))
            status = wrong(c, &missing, "missing");
    }
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        const place member = {.around = at, .name = key};
        const json_t *of = json_object_get(json_object_get(schema, "properties"), key);
        if (!status)
            status = check_name(c, at, schema, key);
        if (!status)
            status = visit(c, &member, of ? of : json_object_get(schema, "additionalProperties"), value);
    }
    return status;
}

static gs_status visit_items(const check *c, const place *at, const json_t *schema, const json_t *array) {
    const json_t *of = json_object_get(schema, "items");
    gs_status status = check_count(c, at, schema, json_array_size(array), "minItems", "maxItems", "items");
    for (size_t i = 0; i < json_array_size(array) && !status; i++)
        status = visit(c, &(place){.around = at, .item = i}, of, json_array_get(array, i));
    return status;
}

/* `schema` is NULL for what the schema does not mention. */
static gs_status visit(const check *c, const place *at, const json_t *schema, const json_t *value) {
    const char *reference = json_string_value(json_object_get(schema, "$ref"));
    if (reference) /* "#/$defs/NAME" */
        schema = json_object_get(json_object_get(c->schema, "$defs"), strrchr(reference, '/') + 1);
    if (schema && !fits(schema, value))
        return wrong_value(c, at, schema, value);
    if (json_is_string(value) && bench_has_controls(json_string_value(value)))
        return wrong(c, at, "control characters");
    if (json_is_string(value))
        return check_count(c, at, schema, json_string_length(value), "minLength", "maxLength", "bytes");
    return json_is_object(value)  ? visit_members(c, at, schema, value)
           : json_is_array(value) ? visit_items(c, at, schema, value)
                                  : GS_OK;
}

gs_status bench_schema_check(bench_schema schema, const json_t *root, const char *path, gs_error *error) {
    check c = {.path = path, .error = error};
    json_t *tree = json_loads(schemas[schema], 0, NULL);
    c.schema = tree;
    gs_status status = tree ? visit(&c, &(place){0}, tree, root) : gs_fail_memory(error, "checking a file");
    json_decref(tree);
    return status;
}
