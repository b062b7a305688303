#include "sample/restoring.h"

#include "inverse/operator.h"

static const gs_operator *operator_of(const gs_chains *c) {
    return c->run->measurement->operator_;
}

static const float *measured(const gs_chains *c) {
    return c->run->measurement->y + c->first * gs_operator_measured(operator_of(c));
}

void gs_restoring_inverse(const gs_chains *c, float *out) {
    gs_restoring_solve(c, measured(c), 0, out);
}

void gs_restoring_residual(const gs_chains *c, const float *x, float *out) {
    const gs_operator *a = operator_of(c);
    const float *y = measured(c);
    gs_operator_apply_in(a, x, (size_t)c->n, out, c->scratch);
    for (size_t i = 0; i < (size_t)c->n * gs_operator_measured(a); i++)
        out[i] = y[i] - out[i];
}

void gs_restoring_adjoint(const gs_chains *c, const float *r, float *out) {
    gs_operator_adjoint_in(operator_of(c), r, (size_t)c->n, out, c->scratch);
}

void gs_restoring_solve(const gs_chains *c, const float *r, double rho, float *out) {
    gs_operator_solve_in(operator_of(c), r, rho, (size_t)c->n, out, c->scratch);
}

void gs_restoring_project(const gs_chains *c, const float *x, float *out) {
    gs_operator_apply_in(operator_of(c), x, (size_t)c->n, c->further, c->scratch);
    gs_restoring_solve(c, c->further, 0, out);
}

size_t gs_restoring_size(const gs_chains *c) {
    return gs_operator_measured(operator_of(c));
}

double gs_restoring_noise(const gs_chains *c) {
    return c->run->measurement->noise;
}
