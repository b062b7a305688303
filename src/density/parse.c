/* A density's text: "name:key=value,key=value". Numbers are the same in every locale, and none is not finite. */
#include <stdio.h>
#include <string.h>

#include "density/parse.h"
#include "density/rows.h"

enum { SHOWN = 60 };

/* Part of the text. */
typedef struct part {
    const char *at;
    int length;
} part;

static bool is(part p, const char *word) {
    return strlen(word) == (size_t)p.length && !memcmp(p.at, word, (size_t)p.length);
}

static int shown(part p) {
    return p.length < SHOWN ? p.length : SHOWN;
}

/* ---- Numbers ---- */

/* Take digits, of which at most 18 are kept in the number; *point counts down with those that are kept, and up with
 * those that are not. False if there are none. */
static bool take_digits(part *rest, uint64_t *number, int *point, bool fraction) {
    int before = rest->length;
    for (; rest->length && *rest->at >= '0' && *rest->at <= '9'; rest->at++, rest->length--) {
        bool kept = *number < UINT64_C(100000000000000000);
        if (kept)
            *number = 10 * *number + (uint64_t)(*rest->at - '0');
        *point += fraction ? -kept : !kept;
    }
    return rest->length < before;
}

static bool take_one(part *rest, const char *among) {
    bool found = rest->length && strchr(among, *rest->at);
    rest->at += found;
    rest->length -= found;
    return found;
}

/* A decimal number such as -0.5 or 1e-3. Up to 15 digits and powers of ten up to 22 it is the nearest double (Clinger
 * 1990); strtod would follow the locale, and knows infinities. */
static bool read_number(part text, double *value) {
    uint64_t number = 0, exponent = 0;
    int point = 0, lost = 0;
    bool minus = take_one(&text, "-"), good = take_digits(&text, &number, &point, false);
    if (take_one(&text, "."))
        good = take_digits(&text, &number, &point, true) && good;
    if (take_one(&text, "eE")) {
        bool down = take_one(&text, "-");
        if (!down)
            take_one(&text, "+");
        good = take_digits(&text, &exponent, &lost, false) && good;
        int power = exponent < 1000 ? (int)exponent : 1000;
        point += down ? -power : power;
    }
    *value = (double)number;
    for (int left = point < 0 ? -point : point, step; number && left > 0; left -= step) {
        static const double tens[] = {1,    1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                      1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
        step = left < 22 ? left : 22;
        *value = point < 0 ? *value / tens[step] : *value * tens[step];
    }
    *value = minus ? -*value : *value;
    return good && text.length == 0;
}

static gs_status expect(const gs_density *d, const gs_density_parameter *p, part text, gs_error *error) {
    static const char *const forms[] = {"a whole number",
                                        "a number",
                                        "one number, or one per dimension with / between",
                                        "numbers with commas between",
                                        "points with commas between, each a number or one per dimension with / between",
                                        "yes or no"};
    char range[80];
    snprintf(range, sizeof range, " of %.10g ... %.10g", p->least, p->most);
    return gs_density_fail(d, error, "%s=%.*s: found '%.*s', expected %s%s, as in %s=%s", p->name, shown(text), text.at,
                           shown(text), text.at, forms[p->kind], p->kind == GS_PARAMETER_YES_NO ? "" : range, p->name,
                           p->value);
}

static gs_status read_value(const gs_density *d, const gs_density_parameter *p, part text, double *value,
                            gs_error *error) {
    if (p->kind == GS_PARAMETER_YES_NO) {
        *value = is(text, "yes");
        return *value != 0 || is(text, "no") ? GS_OK : expect(d, p, text, error);
    }
    if (!read_number(text, value) || !(*value >= p->least && *value <= p->most))
        return expect(d, p, text, error);
    double single = (double)(float)*value;
    if (p->kind == GS_PARAMETER_WHOLE && (double)(long)*value != *value)
        return expect(d, p, text, error);
    *value = single < p->least ? p->least : single > p->most ? p->most : single;
    return GS_OK;
}

static int count(part text, const char *among) {
    int found = 0;
    for (int i = 0; i < text.length; i++)
        found += strchr(among, text.at[i]) != NULL;
    return found;
}

/* The text before the next of these characters, which is taken off with it. */
static part take(part *rest, const char *ends) {
    part first = {rest->at, 0};
    while (first.length < rest->length && !strchr(ends, rest->at[first.length]))
        first.length++;
    int taken = first.length < rest->length ? first.length + 1 : first.length;
    rest->at += taken;
    rest->length -= taken;
    return first;
}

/* The numbers of one item, of which each has as many as the first. */
static gs_status read_item(const gs_density *d, const gs_density_parameter *p, part item, gs_values *values,
                           gs_error *error) {
    int width = count(item, "/") + 1;
    if (width != values->width)
        return gs_density_fail(d, error, "%s: point %d has %d number%s, expected %d, as the first", p->name,
                               values->count + 1, width, width == 1 ? "" : "s", values->width);
    double *at = values->at + (size_t)values->count++ * (size_t)width;
    gs_status status = GS_OK;
    for (int i = 0; i < width && !status; i++)
        status = read_value(d, p, take(&item, "/"), &at[i], error);
    return status;
}

static gs_status read_values(gs_density *d, int k, part text, gs_error *error) {
    const gs_density_parameter *p = &d->row->info.parameters[k];
    gs_values *values = &d->value[k];
    bool items = p->kind == GS_PARAMETER_NUMBERS || p->kind == GS_PARAMETER_VECTORS;
    bool widths = p->kind == GS_PARAMETER_VECTOR || p->kind == GS_PARAMETER_VECTORS;
    int all = count(text, ",/") + 1;
    if ((!items && count(text, ",")) || (!widths && count(text, "/")))
        return expect(d, p, text, error);
    if (all > GS_DENSITY_VALUES_MAX)
        return gs_density_fail(d, error, "%s: %d numbers, expected at most %d", p->name, all, GS_DENSITY_VALUES_MAX);
    values->at = gs_alloc((size_t)all, sizeof *values->at);
    if (!values->at)
        return gs_fail_memory(error, "a density");
    part rest = text;
    int left = count(text, ",") + 1;
    gs_status status = GS_OK;
    for (; left > 0 && !status; left--) {
        part item = take(&rest, ",");
        if (!values->width)
            values->width = count(item, "/") + 1;
        status = read_item(d, p, item, values, error);
    }
    return status;
}

/* ---- Names ---- */

static gs_status find_row(gs_density *d, part name, gs_error *error) {
    char known[200] = "";
    for (int i = 0; (d->row = gs_density_row_get(i)); i++) {
        if (is(name, d->row->info.name))
            return GS_OK;
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", d->row->info.name);
    }
    return gs_fail(error, GS_ERROR_ARGUMENT, "density '%.*s' is unknown: expected one of %s", shown(name), name.at,
                   known);
}

static gs_status find_parameter(const gs_density *d, part key, int *k, gs_error *error) {
    char known[200] = "";
    const gs_density_parameter *p = d->row->info.parameters;
    for (*k = 0; p[*k].name; ++*k) {
        if (is(key, p[*k].name))
            return d->value[*k].at ? gs_density_fail(d, error, "%s is given twice, expected once", p[*k].name) : GS_OK;
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", *k ? ", " : "", p[*k].name);
    }
    return gs_density_fail(d, error, "parameter '%.*s' is unknown: expected some of %s", shown(key), key.at, known);
}

/* "key=value" off the front of the rest: the value ends before the comma that the next key follows. */
static part take_parameter(part *rest) {
    part first = {rest->at, rest->length};
    const char *equals = memchr(rest->at, '=', (size_t)rest->length);
    const char *next = equals ? memchr(equals + 1, '=', (size_t)(rest->length - (int)(equals + 1 - rest->at))) : NULL;
    while (next && next > equals && *next != ',')
        next--;
    if (next && next > equals)
        first.length = (int)(next - rest->at);
    int taken = first.length < rest->length ? first.length + 1 : first.length;
    rest->at += taken;
    rest->length -= taken;
    return first;
}

static gs_status read_parameters(gs_density *d, part rest, gs_error *error) {
    gs_status status = GS_OK;
    while (!status) {
        part one = take_parameter(&rest);
        const char *equals = memchr(one.at, '=', (size_t)one.length);
        if (!equals)
            return gs_density_fail(d, error, "found '%.*s', expected NAME=VALUE with commas between, as in %s:%s=%s",
                                   shown(one), one.at, d->row->info.name, d->row->info.parameters[0].name,
                                   d->row->info.parameters[0].value);
        part key = {one.at, (int)(equals - one.at)}, value = {equals + 1, one.length - (int)(equals + 1 - one.at)};
        int k;
        status = find_parameter(d, key, &k, error);
        if (!status)
            status = read_values(d, k, value, error);
        if (rest.length == 0)
            break;
    }
    return status;
}

gs_status gs_density_parse(gs_density *d, const char *text, gs_error *error) {
    enum { TEXT_MAX = 1 << 20 };
    size_t length = strnlen(text, TEXT_MAX + 1);
    if (length > TEXT_MAX)
        return gs_fail(error, GS_ERROR_ARGUMENT, "a density of more than %d characters", TEXT_MAX);
    part rest = {text, (int)length}, name = take(&rest, ":");
    gs_status status = find_row(d, name, error);
    if (!status && (size_t)name.length < length)
        status = read_parameters(d, rest, error);
    const gs_density_parameter *p = !status ? d->row->info.parameters : NULL;
    for (int k = 0; !status && p[k].name; k++)
        if (!d->value[k].at && p[k].value[0])
            status = read_values(d, k, (part){p[k].value, (int)strlen(p[k].value)}, error);
        else if (d->value[k].at)
            d->given |= 1U << k;
    return status;
}
