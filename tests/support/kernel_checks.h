/* Cases for every kernel of kernels.def: the inputs, the call, and the expected results by an independent computation
 * in double precision. tests/test_kernels.c runs them on every instruction set. */
#ifndef TEST_KERNEL_CHECKS_H
#define TEST_KERNEL_CHECKS_H

#include <stdbool.h>

#include "kernels.h"

enum { CHECK_EXTENT = 1 << 16, CHECK_ROWS = 64, CHECK_SEGMENTS = 16 };

/* One call of a kernel, prepared. Inputs lie in guarded memory (guard.h). */
typedef struct kernel_case {
    int index;
    uint64_t random;
    int slots;                  /* slots of guarded memory used so far */
    bool at_end;                /* inputs and output end at an unmapped page, rather than begin at one */
    bool specials;              /* there are infinities and NaN among the inputs */
    float *out;                 /* everything that the kernel writes, with gaps that it must leave alone */
    size_t extent;              /* floats of out */
    double *expected, *allowed; /* per element of out: value and error bound; -1: must stay untouched */
    /* Arguments; each kernel uses its own. */
    gs_mac_args mac;
    gs_winograd_out_args winograd_out;
    gs_affine_args affine;
    gs_moments_args moments;
    gs_products_args products;
    gs_blend_args blend;
    gs_window_args window;
    gs_normals_args normals;
    gs_norms_args norms;
    gs_exponentials_args exponentials;
    gs_radii_args radii;
    gs_binary binary;
    ptrdiff_t step[2];
    float a, b;
    size_t count;
    const float *x, *y;
    const float *rows[CHECK_ROWS], *adds[CHECK_ROWS], *muls[CHECK_ROWS];
    float *outs[CHECK_ROWS];
    ptrdiff_t segment[CHECK_SEGMENTS];
} kernel_case;

typedef struct kernel_check {
    const char *name;
    int cases;
    int bench; /* the case that --bench measures */
    void (*prepare)(kernel_case *c);
    void (*call)(const kernel_case *c, const gs_kernels *kernels);
    void (*expect)(kernel_case *c); /* before the call */
} kernel_check;

extern const kernel_check kernel_checks[];
extern const int kernel_checks_count;

/* ---- For the functions of kernel_check ---- */

/* `count` random floats, with infinities and NaN among them in some cases. */
float *case_input(kernel_case *c, size_t count);
/* Memory for the kernel's output, filled with canaries. */
float *case_output(kernel_case *c, size_t extent);
/* Put random values into a vector of the output, for kernels that work in place. */
void case_fill(kernel_case *c, float *y);
/* Set the expected value of element *y of the output and its allowed error. */
void case_expect(kernel_case *c, const float *y, double value, double allowed);
/* Rounded to float: infinite beyond the largest. */
double case_as_float(double value);

#define CHECK_FUNCTIONS(name)                                          \
    void name##_prepare(kernel_case *c);                               \
    void name##_call(const kernel_case *c, const gs_kernels *kernels); \
    void name##_expect(kernel_case *c);
CHECK_FUNCTIONS(affine)
CHECK_FUNCTIONS(affine_slope)
CHECK_FUNCTIONS(products)
CHECK_FUNCTIONS(blend)
CHECK_FUNCTIONS(window)
CHECK_FUNCTIONS(normals)
CHECK_FUNCTIONS(norms)
CHECK_FUNCTIONS(exponentials)
CHECK_FUNCTIONS(radii)

/* ---- Activations ---- */

/* Error bounds of the activations, and of their slopes, as kernels.h states them: |y - f(t)| <= relative |f(t)| +
 * absolute max(1, |t|)^grows.
 */
typedef struct activation_check {
    const char *name;
    double relative, absolute;
    bool grows;
} activation_check;
extern const activation_check activation_checks[GS_ACT_COUNT];

extern const activation_check slope_checks[GS_ACT_COUNT];

double activation_exact(gs_activation activation, double t, double parameter);
double activation_allowed(gs_activation activation, double t, double exact, double parameter);
double slope_exact(gs_activation activation, double t, double parameter);
double slope_allowed(gs_activation activation, double exact);

/* Philox4x32-10, written from the paper. */
void philox_words(const uint32_t counter[4], const uint32_t key[2], uint32_t words[4]);

/* A float that no computation produces, and whether `x` still is that float. */
float canary(void);
bool is_canary(float x);

#endif
