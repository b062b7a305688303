/* Linear operators y = A x of inverse problems. Every one of them is diagonal in orthonormal bases that are known, A =
 * U S V^T, so that A^T (A A^T + rho I)^-1 is, too. */
#ifndef GS_OPERATOR_H
#define GS_OPERATOR_H

#include "base/base.h"

enum { GS_OPERATOR_PARAMETERS = 3, GS_OPERATOR_WORD = 16 };

/* A parameter of the operator's text: a word or, where it is one, its number. */
typedef struct gs_operator_value {
    char word[GS_OPERATOR_WORD];
    double number; /* NAN: the word is no number */
} gs_operator_value;

/* The matrix of a real, orthonormal Fourier basis of length n, and what the operator multiplies each of its vectors by.
 */
typedef struct gs_spectrum {
    int n;
    double *basis; /* (n, n), a row per vector */
    double *gain;  /* (n) */
} gs_spectrum;

typedef struct gs_operator_row gs_operator_row;

struct gs_operator {
    const gs_operator_row *row;
    int shape[3], measured[3]; /* (C, H, W) of x, and of y */
    int count;                 /* parameters */
    gs_operator_value value[GS_OPERATOR_PARAMETERS];
    float *seen;             /* mask: (H, W), 1 where y has the pixel, 0 where it has not */
    int factor;              /* pool */
    double square;           /* of the singular values, where all that are not 0 are equal */
    gs_spectrum spectrum[2]; /* blurs: of columns and of rows */
    size_t room;             /* doubles of scratch memory */
};

struct gs_operator_row {
    gs_operator_info info;
    int parameters[2]; /* the fewest and the most */

    /* Read the parameters, and set `measured`, which is `shape` otherwise. Errors: GS_ERROR_ARGUMENT, GS_ERROR_MEMORY.
     */
    gs_status (*prepare)(gs_operator *a, gs_error *error);

    /* y = A x and x = A^T y of one image, which do not overlap. */
    void (*apply)(const gs_operator *a, const float *x, float *y, double *room);
    void (*adjoint)(const gs_operator *a, const float *y, float *x, double *room);

    /* x = A^T (A A^T + rho I)^+ y; NULL: A^T y / (square + rho). */
    void (*solve)(const gs_operator *a, const float *y, double rho, float *x, double *room);
};

#define GS_OPERATOR(record) extern const gs_operator_row gs_operator_##record;
#include "inverse/operators.def"

/* Elements of x, and of y, which never has more. */
size_t gs_operator_pixels(const gs_operator *a);
size_t gs_operator_measured(const gs_operator *a);

/* The row's functions for n images, with `room` for the operator's doubles. Thread-safe; allocate nothing. */
void gs_operator_apply_in(const gs_operator *a, const float *x, size_t n, float *y, double *room);
void gs_operator_adjoint_in(const gs_operator *a, const float *y, size_t n, float *x, double *room);
void gs_operator_solve_in(const gs_operator *a, const float *y, double rho, size_t n, float *x, double *room);

/* GS_ERROR_ARGUMENT: "operator NAME: ..." */
gs_status gs_operator_fail(const gs_operator *a, gs_error *error, const char *format, ...) GS_PRINTF(3, 4);

/* Parameter i, a whole number of least ... most. Errors: GS_ERROR_ARGUMENT. */
gs_status gs_operator_whole(const gs_operator *a, int i, int least, int most, int *value, gs_error *error);

#endif
