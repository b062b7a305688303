#include "model/attributes.h"

#include <stdio.h>
#include <string.h>

#include "op/operation.h"

static void set_fallback(const gs_attribute *a, void *field) {
    switch (a->type) {
    case GS_INTEGER:
    case GS_CHOICE:
        *(int *)field = (int)a->fallback;
        break;
    case GS_PAIR:
        ((int *)field)[0] = ((int *)field)[1] = (int)a->fallback;
        break;
    case GS_REAL:
        *(double *)field = a->fallback;
        break;
    case GS_FLAG:
        *(bool *)field = a->fallback > 0;
        break;
    case GS_SIZES: /* always required, as lists are */
    case GS_LIST:
        break;
    }
}

static gs_status read_pair(gs_loader *loader, const gs_attribute *a, const json_t *value, const char *what, int *pair) {
    if (!gs_json_is(value, JSON_ARRAY) || json_array_size(value) != 2)
        return gs_loader_fail(loader, "%s: found %s, expected an array of 2 integers %d ... %d", what,
                              gs_json_type(value), a->low, a->high);
    gs_status status = gs_json_integer(loader, json_array_get(value, 0), what, a->low, a->high, &pair[0]);
    return status ? status : gs_json_integer(loader, json_array_get(value, 1), what, a->low, a->high, &pair[1]);
}

/* An array of 1 ... `most` integers, which are `noun` in messages. */
static gs_status read_integers(gs_loader *loader, const gs_attribute *a, const json_t *value, const char *what,
                               const char *noun, int most, int *count, int *integer) {
    size_t found = json_array_size(value);
    if (found < 1 || found > (size_t)most)
        return gs_loader_fail(loader, "%s: expected an array of 1 ... %d %s", what, most, noun);
    *count = (int)found;
    gs_status status = GS_OK;
    for (size_t i = 0; i < found && !status; i++)
        status = gs_json_integer(loader, json_array_get(value, i), what, a->low, a->high, &integer[i]);
    return status;
}

static gs_status read_sizes(gs_loader *loader, const gs_attribute *a, const json_t *value, const char *what,
                            gs_shape *shape) {
    *shape = (gs_shape){.d = {1, 1, 1}};
    return read_integers(loader, a, value, what, "sizes", GS_RANK_MAX, &shape->rank, shape->d);
}

static gs_status read_list(gs_loader *loader, const gs_attribute *a, const json_t *value, const char *what,
                           gs_list *list) {
    *list = (gs_list){0};
    return read_integers(loader, a, value, what, "integers", GS_DIMENSIONS_MAX, &list->count, list->d);
}

/* "'channels' or 'all'" */
static void list_choices(const gs_attribute *a, char *text, size_t room) {
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; a->choices[i] && used < room; i++)
        if (*a->choices[i])
            used += (size_t)snprintf(text + used, room - used, "%s'%s'", used ? " or " : "", a->choices[i]);
}

static gs_status read_choice(gs_loader *loader, const gs_attribute *a, const json_t *value, const char *what,
                             int *chosen) {
    const char *text = json_string_value(value);
    for (int i = 0; text && *text && a->choices[i]; i++)
        if (!strcmp(a->choices[i], text)) {
            *chosen = i;
            return GS_OK;
        }
    char expected[160];
    list_choices(a, expected, sizeof expected);
    return gs_loader_fail(loader, "%s: found '%.80s', expected %s", what, text ? text : gs_json_type(value), expected);
}

static gs_status read_value(gs_loader *loader, const gs_attribute *a, const json_t *value, const char *what,
                            void *field) {
    int flag = 0;
    gs_status status;
    switch (a->type) {
    case GS_INTEGER:
        return gs_json_integer(loader, value, what, a->low, a->high, field);
    case GS_PAIR:
        return read_pair(loader, a, value, what, field);
    case GS_REAL:
        return gs_json_real(loader, value, what, field);
    case GS_FLAG:
        status = gs_json_integer(loader, value, what, a->low, a->high, &flag);
        *(bool *)field = flag;
        return status;
    case GS_CHOICE:
        return read_choice(loader, a, value, what, field);
    case GS_LIST:
        return read_list(loader, a, value, what, field);
    default:
        return read_sizes(loader, a, value, what, field);
    }
}

static bool knows(const gs_operation *operation, const char *key) {
    for (const gs_attribute *a = operation->attributes; a && a->name; a++)
        if (!strcmp(a->name, key))
            return true;
    return false;
}

static gs_status refuse_unknown(gs_loader *loader, const gs_node *node, const json_t *object) {
    const gs_operation *operation = gs_operation_of(node->op);
    json_t *walked = (json_t *)(uintptr_t)object;
    void *i = json_object_iter(walked);
    while (knows(operation, json_object_iter_key(i)))
        i = json_object_iter_next(walked, i);
    return gs_node_fail(loader, node, "%s has no attribute '%.80s'", operation->name, json_object_iter_key(i));
}

gs_status gs_attributes_read(gs_loader *loader, gs_node *node, const json_t *object) {
    if (object && !gs_json_is(object, JSON_OBJECT))
        return gs_node_fail(loader, node, "attributes: found %s, expected an object", gs_json_type(object));
    size_t taken = 0;
    for (const gs_attribute *a = gs_operation_of(node->op)->attributes; a && a->name; a++) {
        void *field = (char *)node + a->offset;
        const json_t *value = json_object_get(object, a->name);
        set_fallback(a, field);
        if (!value && a->required)
            return gs_node_fail(loader, node, "attribute '%s' is missing", a->name);
        if (!value)
            continue;
        taken++;
        char what[128];
        snprintf(what, sizeof what, "node '%.80s': attribute '%s'", node->name, a->name);
        gs_status status = read_value(loader, a, value, what, field);
        if (status)
            return status;
    }
    return taken == json_object_size(object) ? GS_OK : refuse_unknown(loader, node, object);
}
