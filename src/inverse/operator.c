/* What operators do with several images, and what their records share. */
#include "inverse/operator.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/floats.h"

gs_status gs_operator_fail(const gs_operator *a, gs_error *error, const char *format, ...) {
    char text[GS_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return gs_fail(error, GS_ERROR_ARGUMENT, "operator %s: %s", a->row->info.name, text);
}

gs_status gs_operator_whole(const gs_operator *a, int i, int least, int most, int *value, gs_error *error) {
    double number = a->value[i].number;
    if (!(number >= least && number <= most && number == floor(number)))
        return gs_operator_fail(a, error, "found '%s', expected a whole number of %d ... %d", a->value[i].word, least,
                                most);
    *value = (int)number;
    return GS_OK;
}

void gs_operator_free(gs_operator *a) {
    if (!a)
        return;
    for (int i = 0; i < 2; i++) {
        gs_free(a->spectrum[i].basis);
        gs_free(a->spectrum[i].gain);
    }
    gs_free(a->seen);
    gs_free(a);
}

/* ---- Applying ---- */

static size_t elements(const int shape[3]) {
    return (size_t)shape[0] * (size_t)shape[1] * (size_t)shape[2];
}

size_t gs_operator_pixels(const gs_operator *a) {
    return elements(a->shape);
}

size_t gs_operator_measured(const gs_operator *a) {
    return elements(a->measured);
}

void gs_operator_shape(const gs_operator *a, int shape[3]) {
    memcpy(shape, a->measured, sizeof a->measured);
}

void gs_operator_apply_in(const gs_operator *a, const float *x, size_t n, float *y, double *room) {
    for (size_t i = 0; i < n; i++)
        a->row->apply(a, x + i * gs_operator_pixels(a), y + i * gs_operator_measured(a), room);
}

void gs_operator_adjoint_in(const gs_operator *a, const float *y, size_t n, float *x, double *room) {
    for (size_t i = 0; i < n; i++)
        a->row->adjoint(a, y + i * gs_operator_measured(a), x + i * gs_operator_pixels(a), room);
}

void gs_operator_solve_in(const gs_operator *a, const float *y, double rho, size_t n, float *x, double *room) {
    size_t pixels = gs_operator_pixels(a);
    if (!a->row->solve)
        gs_operator_adjoint_in(a, y, n, x, room);
    for (size_t i = 0; i < n && a->row->solve; i++)
        a->row->solve(a, y + i * gs_operator_measured(a), rho, x + i * pixels, room);
    for (size_t i = 0; i < n * pixels && !a->row->solve; i++)
        x[i] = (float)((double)x[i] / (a->square + rho));
}

/* Call one of the three with scratch memory of its own. */
typedef enum which { APPLY, ADJOINT, SOLVE } which;

static gs_status call(const gs_operator *a, which what, const float *from, double rho, size_t n, float *to,
                      gs_error *error) {
    double *room = gs_alloc(a->room, sizeof *room);
    if (!room)
        return gs_fail_memory(error, "the operator");
    fenv_t callers = gs_floats_enter();
    if (what == APPLY)
        gs_operator_apply_in(a, from, n, to, room);
    else if (what == ADJOINT)
        gs_operator_adjoint_in(a, from, n, to, room);
    else
        gs_operator_solve_in(a, from, rho, n, to, room);
    gs_floats_leave(&callers);
    gs_free(room);
    return GS_OK;
}

gs_status gs_operator_apply(const gs_operator *a, const float *x, size_t n, float *y, gs_error *error) {
    return call(a, APPLY, x, 0, n, y, error);
}

gs_status gs_operator_adjoint(const gs_operator *a, const float *y, size_t n, float *x, gs_error *error) {
    return call(a, ADJOINT, y, 0, n, x, error);
}

gs_status gs_operator_solve(const gs_operator *a, const float *y, double rho, size_t n, float *x, gs_error *error) {
    if (!(rho >= 0 && rho <= 1e30))
        return gs_operator_fail(a, error, "rho %g: expected 0 ... 1e30", rho);
    return call(a, SOLVE, y, rho, n, x, error);
}
