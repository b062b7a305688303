#include <float.h>
#include <math.h>
#include <string.h>

#include "model/loader.h"

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

gs_status gs_json_parse(gs_loader *loader, const char *text, size_t length, const char *what, json_t **value) {
    json_error_t problem = {0};
    *value = json_loadb(text, length, JSON_REJECT_DUPLICATES, &problem);
    if (*value)
        return GS_OK;
    /* jansson leaves the text empty where it ran out of memory, except that inside its lexer this looks like an error
     * of syntax. Memory that has ended there most likely has ended still. */
    void *probe = gs_alloc(length, 1);
    gs_free(probe);
    if (!probe || !problem.text[0] || json_error_code(&problem) == json_error_out_of_memory)
        return gs_loader_memory(loader);
    return gs_loader_fail(loader, "%s: at byte %d: %s, expected JSON", what, problem.position, problem.text);
}

gs_status gs_json_keys(gs_loader *loader, const json_t *object, const char *what, const char *const *allowed) {
    if (!json_is_object(object))
        return gs_loader_fail(loader, "%s: found %s, expected an object", what, gs_json_type(object));
    /* jansson's iterators want a pointer to non-const, and change nothing. */
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
    if (!json_is_integer(value))
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
    if (!json_is_number(value))
        return gs_loader_fail(loader, "%s: found %s, expected a number", what, gs_json_type(value));
    double number = json_number_value(value);
    if (!(fabs(number) <= (double)FLT_MAX))
        return gs_loader_fail(loader, "%s: found %g, expected a number that single precision holds", what, number);
    *out = number;
    return GS_OK;
}

gs_status gs_json_sigmas(gs_loader *loader, const json_t *value, const char *what, bool may_equal, double *low,
                         double *high) {
    if (!json_is_array(value) || json_array_size(value) != 2)
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
