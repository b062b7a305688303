/* What methods of restoring ask about the measurement y = A x + noise of their chains. */
#ifndef GS_RESTORING_H
#define GS_RESTORING_H

#include "sample/descent.h"

/* out = A^+ y. */
void gs_restoring_inverse(const gs_chains *chains, float *out);

/* out = y - A x, of the measurement's size, which is at most that of an image. */
void gs_restoring_residual(const gs_chains *chains, const float *x, float *out);

/* out = A^T r, and out = A^T (A A^T + rho I)^+ r. */
void gs_restoring_adjoint(const gs_chains *chains, const float *r, float *out);
void gs_restoring_solve(const gs_chains *chains, const float *r, double rho, float *out);

/* out = A^+ A x: what of x is measured. */
void gs_restoring_project(const gs_chains *chains, const float *x, float *out);

/* Elements of a measurement. */
size_t gs_restoring_size(const gs_chains *chains);

/* The standard deviation of the measurement's noise. */
double gs_restoring_noise(const gs_chains *chains);

#endif
