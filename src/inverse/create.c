/* Operators by their texts, and those of masks. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/floats.h"
#include "inverse/operator.h"

static const gs_operator_row *const rows[] = {
#define GS_OPERATOR(record) &gs_operator_##record,
#include "inverse/operators.def"
};

const gs_operator_info *gs_operator_get(int i) {
    return i >= 0 && (size_t)i < GS_COUNT(rows) ? &rows[i]->info : NULL;
}

/* ---- The text ---- */

/* A decimal number such as 12 or 0.5, of at most 15 digits, which is the same in every locale; NAN where it is none. */
static double number_of(const char *word) {
    double digits = 0, below = 1;
    int count = 0;
    bool fraction = false;
    for (; *word; word++) {
        if (*word == '.' && !fraction) {
            fraction = true;
            continue;
        }
        if (*word < '0' || *word > '9')
            return NAN;
        digits = 10 * digits + (*word - '0');
        below *= fraction ? 10 : 1;
        count++;
    }
    return count && count <= 15 ? digits / below : NAN;
}

static gs_status find_row(gs_operator *a, const char *text, size_t length, gs_error *error) {
    char known[120] = "";
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        const char *name = rows[i]->info.name;
        if (strlen(name) == length && !memcmp(name, text, length)) {
            a->row = rows[i];
            return GS_OK;
        }
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? ", " : "", name);
    }
    return gs_fail(error, GS_ERROR_ARGUMENT, "operator '%.40s' is unknown: expected one of %s", text, known);
}

/* Split "NAME:WORD,WORD". */
static gs_status read_text(gs_operator *a, const char *text, gs_error *error) {
    size_t length = strcspn(text, ":");
    gs_status status = find_row(a, text, length, error);
    if (status)
        return status;
    text += length;
    const int *allowed = a->row->parameters;
    while (*text) {
        text++;
        length = strcspn(text, ",");
        if (a->count == allowed[1] || length == 0 || length >= GS_OPERATOR_WORD)
            return gs_operator_fail(a, error, "found '%.40s', expected %s", text, a->row->info.parameters);
        gs_operator_value *value = &a->value[a->count++];
        memcpy(value->word, text, length);
        value->number = number_of(value->word);
        text += length;
    }
    return a->count >= allowed[0] ? GS_OK
                                  : gs_operator_fail(a, error, "expected %s after a colon", a->row->info.parameters);
}

/* ---- Creating ---- */

static gs_status set_shape(gs_operator *a, const int shape[3], gs_error *error) {
    for (int i = 0; i < 3; i++)
        if (shape[i] < 1 || shape[i] > 4096)
            return gs_fail(error, GS_ERROR_ARGUMENT, "operator: images of %d x %d x %d: expected sides of 1 ... 4096",
                           shape[0], shape[1], shape[2]);
    memcpy(a->shape, shape, sizeof a->shape);
    memcpy(a->measured, shape, sizeof a->measured);
    a->square = 1;
    return GS_OK;
}

static gs_status finish(gs_status status, gs_operator *a, gs_operator **out) {
    if (status) {
        gs_operator_free(a);
        a = NULL;
    }
    *out = a;
    return status;
}

gs_status gs_operator_create(const char *text, const int shape[3], gs_operator **out, gs_error *error) {
    fenv_t callers = gs_floats_enter();
    gs_operator *a = gs_alloc(1, sizeof *a);
    gs_status status = a ? set_shape(a, shape, error) : gs_fail_memory(error, "the operator");
    if (!status)
        status = read_text(a, text, error);
    if (!status && a->row->prepare)
        status = a->row->prepare(a, error);
    status = finish(status, a, out);
    gs_floats_leave(&callers);
    return status;
}

gs_status gs_operator_create_mask(const float *seen, const int shape[3], gs_operator **out, gs_error *error) {
    gs_operator *a = gs_alloc(1, sizeof *a);
    gs_status status = a ? set_shape(a, shape, error) : gs_fail_memory(error, "the operator");
    size_t positions = status ? 0 : (size_t)shape[1] * (size_t)shape[2];
    if (!status) {
        a->row = &gs_operator_mask;
        a->seen = gs_alloc(positions, sizeof *a->seen);
        status = a->seen ? GS_OK : gs_fail_memory(error, "the mask");
    }
    for (size_t i = 0; i < positions && !status; i++) {
        if (seen[i] != 0 && seen[i] != 1)
            status = gs_operator_fail(a, error, "found %g at row %zu, column %zu, expected 0, hidden, or 1, seen",
                                      (double)seen[i], i / (size_t)shape[2], i % (size_t)shape[2]);
        a->seen[i] = seen[i];
    }
    return finish(status, a, out);
}
