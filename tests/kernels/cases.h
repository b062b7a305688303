/* The cases of every kernel of kernels.def: inputs, call, results expected by an independent computation in double
 * precision, and the work of the call that benchmarks time. tests/test_kernels.c runs all of them on every instruction
 * set, genbench times one of each kernel's. A kernel's cases are the record kernel_check_NAME; every row of kernels.def
 * has one. */
#ifndef TEST_KERNEL_CASES_H
#define TEST_KERNEL_CASES_H

#include <stdbool.h>

#include "kernels.h"

enum {
    CASE_SLOTS = 9,
    CASE_EXTENT = 1 << 13,       /* floats of outputs at most */
    CASE_ARGS_BYTES = 4096,      /* of arguments at most */
    CASE_TIMED_FLOATS = 1 << 13, /* of each slot at most, in the case that is timed */
    CASE_ROWS = 8,               /* the plane of 2048 floats that most kernels are timed on */
    CASE_COLUMNS = 16,
    CASE_ROW = CASE_COLUMNS * GS_F32_LANES,
    CASE_PLANE = CASE_ROWS * CASE_ROW
};
#define CASE_ULP 0x1p-24 /* relative error of one rounding */

/* `count` floats of slot `slot` < CASE_SLOTS; with at_end, its last ones. Every call with the same slot returns the
 * same memory. */
typedef float *case_memory(void *owner, int slot, size_t count, bool at_end);

/* What a kernel writes: its size, what an element that has not been written holds, and its value. */
typedef struct case_element {
    size_t bytes;
    uint32_t canary;
    double (*value)(const void *element);
    /* What a number is stored as, for numbers from least to most, which may be equal: the allowed error goes into
     * *error. */
    double (*stored)(double least, double most, double factor, double *error);
} case_element;
extern const case_element case_f32, case_bf16;
extern const case_element case_u8;  /* no kernel writes 0, and 128 is the value 0 */
extern const case_element case_i16; /* no kernel writes -32768 */

/* One call of a kernel, prepared. */
typedef struct kernel_case {
    case_memory *memory; /* of inputs and outputs */
    void *owner;
    int index;                 /* 0 ... cases - 1, or `cases` for the case that is timed */
    bool timed;                /* whose sizes are those of benchmarks, for the tiles of `kernels` */
    bool at_end;               /* inputs and output end where memory ends, rather than begin where it begins */
    bool specials;             /* there are infinities and NaN among the inputs */
    const gs_kernels *kernels; /* a table, for its tiles */
    uint64_t random;
    int slots;  /* slots of memory used so far */
    void *args; /* CASE_ARGS: zeroed before `prepare` */
    float *out; /* the memory of everything that the kernel writes, with gaps that it must leave alone */
    const case_element *element; /* of out */
    size_t extent;               /* elements of out */
    float *initial;              /* (CASE_EXTENT) what out holds before the call */
    double *expected, *allowed;  /* (CASE_EXTENT) per element of out: value and error bound; -1: must stay untouched */
} kernel_case;

/* What a call does. */
typedef struct kernel_work {
    double elements; /* read or drawn; 0 where flops count */
    double flops;    /* 2 x multiply-adds, or 0 where elements count */
    double bytes;    /* inputs, weights and outputs, where flops count */
} kernel_work;

typedef struct kernel_check {
    int cases; /* of sizes around the tiles, of all options; one more is timed */
    void (*prepare)(kernel_case *c);
    void (*call)(const kernel_case *c, const gs_kernels *kernels);
    void (*expect)(kernel_case *c);                 /* before the call */
    kernel_work (*work)(const gs_kernels *kernels); /* of the case that is timed */
} kernel_check;

/* A kernel's name as its member of gs_kernels. */
#define CASE_NAME(op, type) CASE_TEXT(GS_MEMBER(op, type))
#define CASE_TEXT(name) CASE_TEXT_OF(name)
#define CASE_TEXT_OF(name) #name

typedef struct kernel_row {
    const char *name, *type;
    const kernel_check *check;
} kernel_row;

/* In the order of kernels.def. */
extern const kernel_row kernel_rows[];
extern const int kernel_rows_count;

#define GS_KERNEL(op, type, family, exactness, result, parameters, what) \
    extern const kernel_check GS_MEMBER(kernel_check_##op, type);
#include "kernels.def"
#undef GS_KERNEL

/* ---- For those who run cases ---- */

/* NULL when memory runs out. */
kernel_case *kernel_case_new(case_memory *memory, void *owner, const gs_kernels *kernels);
void kernel_case_free(kernel_case *c);

/* Make case `index` of a kernel: 0 ... row->check->cases, the last of which is the one that is timed. */
void kernel_case_prepare(kernel_case *c, const kernel_row *row, int index);

/* Call the kernel of a table. Returns the first element that differs by a bit from `scalar`, what scalar C has made of
 * the case, or that is not what is expected where `scalar` is NULL or the kernel rounds differently on each instruction
 * set; c->extent if there is none. */
size_t kernel_case_run(kernel_case *c, const kernel_row *row, const gs_kernels *kernels, const float *scalar);

/* The value of element i of `out`, an array like c->out. */
double kernel_case_value(const kernel_case *c, const float *out, size_t i);

/* Whether a result is within `error` of a value: NaN where it is NaN, the same where it is infinite. */
bool case_near(double found, double value, double error);
/* The same bits, or both NaN. */
bool case_same_bits(float x, float y);

/* ---- For the functions of kernel_check ---- */

/* The arguments of a type that is `prepare`'s own choice. */
#define CASE_ARGS(c, type) ((type *)(c)->args + 0 * sizeof(char[sizeof(type) <= CASE_ARGS_BYTES ? 1 : -1]))

/* `count` random floats in [-1, 1), with infinities and NaN among them in some cases. */
float *case_input(kernel_case *c, size_t count);
/* Memory for `bytes` bytes of input, which the caller fills. */
void *case_room(kernel_case *c, size_t bytes);
/* The same in bfloat16, which is what is left of each float when its lower half is cut off, and the value of one. */
uint16_t *case_input_bf16(kernel_case *c, size_t count);
double case_value_bf16(uint16_t x);
/* Memory for the kernel's output, filled with canaries. */
float *case_output(kernel_case *c, size_t extent);
/* The same for `extent` elements. Their last one is where memory ends if together they are whole floats. */
void *case_output_of(kernel_case *c, const case_element *element, size_t extent);
/* Put random values into a vector of the output, for kernels that work in place. */
void case_fill(kernel_case *c, float *y);
/* Set the expected value of element *y of the output and its allowed error. */
void case_expect(kernel_case *c, const void *y, double value, double allowed);
/* `count` doubles as two floats each, which have at least 48 of a double's bits; and those of one expected at y,
 * exactly. */
void case_put_doubles(float *y, const double *values, size_t count);
void case_expect_double(kernel_case *c, const float *y, double value);
/* What case_expect does, for element i of the output, of the element's type, to which a value that is known within
 * `allowed` has been converted, by a factor where there is one. */
void case_expect_stored(kernel_case *c, ptrdiff_t i, double value, double allowed, const float *inv);
/* `count` factors by which random numbers fill the range of a type of integers, go beyond it, or fill little of it. */
float *case_factors(kernel_case *c, const case_element *element, size_t count);
/* What the kernel binary computes of two numbers, before it is rounded. */
double case_binary(gs_binary op, double x, double y);
/* Rounded to float: infinite beyond the largest. */
double case_as_float(double value);
/* The work of a kernel that is timed on CASE_PLANE elements. */
kernel_work case_plane_work(const gs_kernels *kernels);

/* ---- Activations ---- */

/* Error bounds of the activations, and of their slopes, as kernels.h states them: |y - f(t)| <= relative |f(t)| +
 * absolute max(1, |t|)^grows. */
typedef struct activation_check {
    const char *name;
    double relative, absolute;
    bool grows;
} activation_check;
extern const activation_check activation_checks[GS_ACT_COUNT];

extern const activation_check slope_checks[GS_ACT_COUNT];

#define ACTIVATION_LIMIT 0.75F /* gs_affine_args.limit */
double activation_exact(gs_activation activation, double t, double parameter);
double activation_allowed(gs_activation activation, double t, double exact, double parameter);
double slope_exact(gs_activation activation, double t, double parameter);
double slope_allowed(gs_activation activation, double exact);

/* Philox4x32-10, written from the paper. */
void philox_words(const uint32_t counter[4], const uint32_t key[2], uint32_t words[4]);

#endif
