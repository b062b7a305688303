#include <limits.h>
#include <string.h>

#include "model/loader.h"

typedef enum attribute_type { INT, PAIR, REAL, FLAG, CHOICE, SHAPE } attribute_type;

/* One attribute of one operation. */
typedef struct attribute {
    gs_op op;
    const char *name;
    attribute_type type;
    size_t offset;
    bool required;
    int low, high;              /* INT, PAIR, SHAPE: range */
    double fallback;            /* the default, of a pair for both */
    const char *const *choices; /* CHOICE: the index is the value; an empty name cannot be chosen */
} attribute;

static const char *const over_norm[] = {"channels", "", "all", NULL};
static const char *const over_sum[] = {"channels", "positions", "all", NULL};
static const char *const approximations[] = {"none", "tanh", NULL};

enum { SIZE = 4096, REQUIRED = true };

#define AT(field) offsetof(gs_draft, attributes.field)

/* A missing stride of a pool is the kernel: 0 here, filled in by the shape rule. */
static const attribute attributes[] = {
    {GS_OP_CONV2D, "stride", PAIR, AT(stride), false, 1, SIZE, 1, NULL},
    {GS_OP_CONV2D, "padding", PAIR, AT(padding), false, 0, SIZE, 0, NULL},
    {GS_OP_CONV2D, "dilation", PAIR, AT(dilation), false, 1, SIZE, 1, NULL},
    {GS_OP_CONV2D, "groups", INT, AT(groups), false, 1, SIZE, 1, NULL},
    {GS_OP_GROUP_NORM, "groups", INT, AT(groups), REQUIRED, 1, SIZE, 0, NULL},
    {GS_OP_GROUP_NORM, "eps", REAL, AT(eps), false, 0, 0, 1e-5, NULL},
    {GS_OP_LAYER_NORM, "over", CHOICE, AT(over), REQUIRED, 0, 0, 0, over_norm},
    {GS_OP_LAYER_NORM, "eps", REAL, AT(eps), false, 0, 0, 1e-5, NULL},
    {GS_OP_INSTANCE_NORM, "eps", REAL, AT(eps), false, 0, 0, 1e-5, NULL},
    {GS_OP_LEAKY_RELU, "slope", REAL, AT(scale), false, 0, 0, 0.01, NULL},
    {GS_OP_ELU, "alpha", REAL, AT(scale), false, 0, 0, 1, NULL},
    {GS_OP_GELU, "approximate", CHOICE, AT(tanh_form), false, 0, 0, 0, approximations},
    {GS_OP_AFFINE, "scale", REAL, AT(scale), false, 0, 0, 1, NULL},
    {GS_OP_AFFINE, "shift", REAL, AT(shift), false, 0, 0, 0, NULL},
    {GS_OP_SLICE, "begin", INT, AT(begin), REQUIRED, 0, INT_MAX, 0, NULL},
    {GS_OP_SLICE, "end", INT, AT(end), REQUIRED, 1, INT_MAX, 0, NULL},
    {GS_OP_RESHAPE, "shape", SHAPE, offsetof(gs_draft, shape), REQUIRED, 1, GS_SIZE_MAX, 0, NULL},
    {GS_OP_UPSAMPLE_NEAREST, "scale", PAIR, AT(scale2), REQUIRED, 1, 16, 0, NULL},
    {GS_OP_AVG_POOL, "kernel", PAIR, AT(kernel), REQUIRED, 1, SIZE, 0, NULL},
    {GS_OP_AVG_POOL, "stride", PAIR, AT(stride), false, 1, SIZE, 0, NULL},
    {GS_OP_AVG_POOL, "padding", PAIR, AT(padding), false, 0, SIZE, 0, NULL},
    {GS_OP_AVG_POOL, "count_padding", FLAG, AT(count_padding), false, 0, 1, 1, NULL},
    {GS_OP_MAX_POOL, "kernel", PAIR, AT(kernel), REQUIRED, 1, SIZE, 0, NULL},
    {GS_OP_MAX_POOL, "stride", PAIR, AT(stride), false, 1, SIZE, 0, NULL},
    {GS_OP_MAX_POOL, "padding", PAIR, AT(padding), false, 0, SIZE, 0, NULL},
    {GS_OP_ADAPTIVE_AVG_POOL, "size", PAIR, AT(scale2), REQUIRED, 1, SIZE, 0, NULL},
    {GS_OP_PIXEL_SHUFFLE, "factor", INT, AT(factor), REQUIRED, 1, SIZE, 0, NULL},
    {GS_OP_PIXEL_UNSHUFFLE, "factor", INT, AT(factor), REQUIRED, 1, SIZE, 0, NULL},
    {GS_OP_SUM, "over", CHOICE, AT(over), REQUIRED, 0, 0, 0, over_sum},
    {GS_OP_MEAN, "over", CHOICE, AT(over), REQUIRED, 0, 0, 0, over_sum},
};

#undef AT

static void set_fallback(const attribute *a, void *field) {
    switch (a->type) {
    case INT:
        *(int *)field = (int)a->fallback;
        break;
    case PAIR:
        ((int *)field)[0] = ((int *)field)[1] = (int)a->fallback;
        break;
    case REAL:
        *(double *)field = a->fallback;
        break;
    case FLAG:
        *(bool *)field = a->fallback > 0;
        break;
    case CHOICE: /* the first, which is 0 */
    case SHAPE:  /* always required */
        break;
    }
}

static gs_status read_pair(gs_loader *loader, const attribute *a, const json_t *value, const char *what, int *pair) {
    if (!json_is_array(value) || json_array_size(value) != 2)
        return gs_loader_fail(loader, "%s: found %s, expected an array of 2 integers %d ... %d", what,
                              gs_json_type(value), a->low, a->high);
    gs_status status = gs_json_integer(loader, json_array_get(value, 0), what, a->low, a->high, &pair[0]);
    return status ? status : gs_json_integer(loader, json_array_get(value, 1), what, a->low, a->high, &pair[1]);
}

static gs_status read_shape(gs_loader *loader, const attribute *a, const json_t *value, const char *what,
                            gs_shape *shape) {
    size_t rank = json_array_size(value);
    if (rank < 1 || rank > GS_RANK_MAX)
        return gs_loader_fail(loader, "%s: expected an array of 1 ... %d sizes", what, GS_RANK_MAX);
    *shape = (gs_shape){.rank = (int)rank, .d = {1, 1, 1}};
    gs_status status = GS_OK;
    for (size_t i = 0; i < rank && !status; i++)
        status = gs_json_integer(loader, json_array_get(value, i), what, a->low, a->high, &shape->d[i]);
    return status;
}

/* The index of the chosen name goes into an int, or into a bool where there are two. */
static gs_status read_choice(gs_loader *loader, const attribute *a, const json_t *value, const char *what,
                             void *field) {
    const char *text = json_string_value(value);
    for (int i = 0; text && *text && a->choices[i]; i++)
        if (!strcmp(a->choices[i], text)) {
            if (a->op == GS_OP_GELU)
                *(bool *)field = i;
            else
                *(int *)field = i;
            return GS_OK;
        }
    return gs_loader_fail(loader, "%s: found '%.80s', expected '%s'%s%s%s%s", what, text ? text : gs_json_type(value),
                          a->choices[0], *a->choices[1] ? " or '" : "", a->choices[1], *a->choices[1] ? "'" : "",
                          a->choices[2] ? " or 'all'" : "");
}

static gs_status read_value(gs_loader *loader, const attribute *a, const json_t *value, const char *what, void *field) {
    int flag = 0;
    gs_status status;
    switch (a->type) {
    case INT:
        return gs_json_integer(loader, value, what, a->low, a->high, field);
    case PAIR:
        return read_pair(loader, a, value, what, field);
    case REAL:
        return gs_json_real(loader, value, what, field);
    case FLAG:
        status = gs_json_integer(loader, value, what, a->low, a->high, &flag);
        *(bool *)field = flag;
        return status;
    case CHOICE:
        return read_choice(loader, a, value, what, field);
    default:
        return read_shape(loader, a, value, what, field);
    }
}

static bool knows(gs_op op, const char *key) {
    for (size_t i = 0; i < GS_COUNT(attributes); i++)
        if (attributes[i].op == op && !strcmp(attributes[i].name, key))
            return true;
    return false;
}

gs_status gs_attributes_read(gs_loader *loader, const gs_node *node, const json_t *object, gs_draft *draft) {
    if (object && !json_is_object(object))
        return gs_node_fail(loader, node, "attributes: found %s, expected an object", gs_json_type(object));
    size_t taken = 0;
    for (size_t i = 0; i < GS_COUNT(attributes); i++) {
        const attribute *a = &attributes[i];
        if (a->op != node->op)
            continue;
        void *field = (char *)draft + a->offset;
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
    if (taken == json_object_size(object))
        return GS_OK;
    json_t *walked = (json_t *)(uintptr_t)object;
    void *i = json_object_iter(walked);
    while (knows(node->op, json_object_iter_key(i)))
        i = json_object_iter_next(walked, i);
    return gs_node_fail(loader, node, "%s has no attribute '%.80s'", gs_op_name(node->op), json_object_iter_key(i));
}
