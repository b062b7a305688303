/* Operations that work element by element on one input: y = f(x). */
#include <math.h>
#include <stdio.h>

#include "base/math64.h"
#include "op/operation.h"
#include "op/reverse.h"

/* ---- What they share ---- */

static void reference(const gs_call *c) {
    gs_op_function *f = c->operation->function;
    for (size_t i = 0; i < gs_shape_size(c->node->shape); i++)
        c->out[i] = f(&c->node->attributes, c->in[0][i]);
}

/* dx = dy f'(x). */
static void derivative(gs_reverse *r, int n, int dy) {
    int x = r->node[n].input[0], slope = gs_reverse_add(r, GS_OP_SLOPE, n, x, -1, gs_reverse_shape(r, x));
    gs_reverse_give(r, n, 0, gs_reverse_binary(r, GS_OP_MUL, n, dy, slope));
}

static void slope_reference(const gs_call *c) {
    gs_op_function *slope = c->operation->slope;
    for (size_t i = 0; i < gs_shape_size(c->node->shape); i++)
        c->out[i] = slope(&c->node->attributes, c->in[0][i]);
}

/* From x to f'(x). */
const gs_operation gs_op_slope = {.name = "slope", .reference = slope_reference};

#define RECORD .inputs = {1, 1}, .takes = "any", .reference = reference

/* A record of f(x) and f'(x), which may read attributes a. At a kink of f, which lies at 0, f' is the slope from the
 * left. */
#define FUNCTION(op, f, slope_f, ...)                               \
    static double op##_function(const gs_attributes *a, double x) { \
        (void)a;                                                    \
        return f;                                                   \
    }                                                               \
    static double op##_slope(const gs_attributes *a, double x) {    \
        (void)a;                                                    \
        return slope_f;                                             \
    }                                                               \
    const gs_operation gs_op_##op = {                               \
        .name = #op, RECORD, .function = op##_function, .slope = op##_slope, .derivative = derivative, __VA_ARGS__}

/* ---- Activations ---- */

/* x times a factor that vanishes at minus infinity faster than x grows: the result there is the limit, not the
 * product's NaN. */
static double gated(double x, double factor) {
    return x == -INFINITY ? 0 : x * factor;
}

static double silu_slope_at(double x) {
    double s = gs_sigmoid64(x);
    return isinf(x) ? s : s * (1 + x * gs_sigmoid64(-x));
}

static const double root_2_pi = 0.79788456080286535588, root_half = 0.70710678118654752440;

static double gelu(double x, bool tanh_form) {
    if (tanh_form)
        return gated(x, 0.5 * (1 + gs_tanh64(root_2_pi * (x + 0.044715 * x * x * x))));
    return gated(x, 0.5 * (1 + gs_erf64(x * root_half)));
}

static double gelu_slope_at(double x, bool tanh_form) {
    if (isinf(x))
        return x > 0;
    if (!tanh_form)
        return 0.5 * (1 + gs_erf64(x * root_half)) + 0.5 * root_2_pi * x * gs_exp64(-0.5 * x * x);
    double t = gs_tanh64(root_2_pi * (x + 0.044715 * x * x * x));
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * root_2_pi * (1 + 3 * 0.044715 * x * x);
}

static const char *const approximations[] = {"none", "tanh", NULL};

FUNCTION(relu, (x < 0 ? 0 : x), (isnan(x) ? x : x > 0), .result = "max(x, 0)");
FUNCTION(leaky_relu, (x < 0 ? a->scale * x : x),
         (isnan(x) ? x
          : x > 0  ? 1
                   : a->scale),
         .attributes = GS_ATTRIBUTES({"slope", GS_REAL, GS_AT(scale), .fallback = 0.01, .shown = ""}),
         .result = "x, or slope x where x < 0");
FUNCTION(silu, gated(x, gs_sigmoid64(x)), silu_slope_at(x), .result = "x/(1 + exp(-x))");
FUNCTION(gelu, gelu(x, a->tanh_form), gelu_slope_at(x, a->tanh_form),
         .attributes = GS_ATTRIBUTES({"approximate", GS_CHOICE, GS_AT(tanh_form), .choices = approximations,
                                      .shown = ""}),
         .result = "x Phi(x), or 0.5 x (1 + tanh(sqrt(2/pi)(x + 0.044715 x^3)))");
FUNCTION(elu, (x < 0 ? a->scale * gs_expm1_64(x) : x), (x > 0 ? 1 : a->scale * gs_exp64(x)),
         .attributes = GS_ATTRIBUTES({"alpha", GS_REAL, GS_AT(scale), .fallback = 1, .shown = ""}),
         .result = "x, or alpha (exp(x) - 1) where x < 0");
FUNCTION(tanh, gs_tanh64(x), 4 * gs_sigmoid64(2 * x) * gs_sigmoid64(-2 * x), .result = "tanh x");
FUNCTION(sigmoid, gs_sigmoid64(x), gs_sigmoid64(x) * gs_sigmoid64(-x), .result = "1/(1 + exp(-x))");
FUNCTION(softplus, gs_softplus64(x), gs_sigmoid64(x), .result = "log(1 + exp x)");

/* ---- Functions ---- */

FUNCTION(exp, gs_exp64(x), gs_exp64(x), .result = "exp x");
FUNCTION(log, gs_log64(x), 1 / x, .result = "natural logarithm");
FUNCTION(sqrt, sqrt(x), 0.5 / sqrt(x), .result = "square root");
FUNCTION(sin, gs_sin64(x), gs_cos64(x), .result = "sin x");
FUNCTION(cos, gs_cos64(x), -gs_sin64(x), .result = "cos x");
FUNCTION(reciprocal, 1 / x, -1 / (x * x), .result = "1/x");
FUNCTION(square, (x * x), 2 * x, .result = "x^2");

FUNCTION(erf, gs_erf64(x), 2 * root_half * root_2_pi * gs_exp64(-x * x), .result = "the error function");
FUNCTION(power, gs_pow64(x, a->scale), (a->scale == 0 ? 0 : a->scale * gs_pow64(x, a->scale - 1)),
         .attributes = GS_ATTRIBUTES({"exponent", GS_REAL, GS_AT(scale), .required = true, .shown = ""}),
         .result = "x^exponent, as pow() of C has it");

/* ---- Functions made of straight lines ---- */

FUNCTION(abs, fabs(x), (isnan(x) ? x : (x > 0) - (x < 0)), .result = "|x|; its derivative at 0 is 0");

static double clamp(const gs_attributes *a, double x) {
    double y = x < a->scale ? a->scale : x;
    return y > a->shift ? a->shift : y;
}

static void clamp_describe(const gs_node *node, char *text, size_t room) {
    snprintf(text, room, " %g ... %g", node->attributes.scale, node->attributes.shift);
}

FUNCTION(clamp, clamp(a, x), (isnan(x) ? x : x >= a->scale && x <= a->shift),
         .attributes = GS_ATTRIBUTES({"low", GS_REAL, GS_AT(scale), .fallback = -INFINITY, .form = "none"},
                                     {"high", GS_REAL, GS_AT(shift), .fallback = INFINITY, .form = "none"}),
         .result = "min(max(x, low), high); its derivative at both ends is 1", .describe = clamp_describe);

/* The derivative of a step is 0: it passes nothing. */
static void step_derivative(gs_reverse *r, int n, int dy) {
    (void)r;
    (void)n;
    (void)dy;
}

static double sign_function(const gs_attributes *a, double x) {
    (void)a;
    return isnan(x) ? x : (x > 0) - (x < 0);
}

const gs_operation gs_op_sign = {.name = "sign",
                                 RECORD,
                                 .function = sign_function,
                                 .derivative = step_derivative,
                                 .result = "-1, 0 or 1; its derivative is 0"};

static double floor_function(const gs_attributes *a, double x) {
    (void)a;
    return floor(x);
}

const gs_operation gs_op_floor = {.name = "floor",
                                  RECORD,
                                  .function = floor_function,
                                  .derivative = step_derivative,
                                  .result = "the largest whole number up to x; its derivative is 0"};

/* ---- Functions whose slope is a constant ---- */

static double neg_function(const gs_attributes *a, double x) {
    (void)a;
    return -x;
}

static void neg_derivative(gs_reverse *r, int n, int dy) {
    gs_reverse_give(r, n, 0, gs_reverse_scale(r, n, dy, -1));
}

const gs_operation gs_op_neg = {
    .name = "neg", RECORD, .function = neg_function, .derivative = neg_derivative, .result = "-x"};

static double affine_function(const gs_attributes *a, double x) {
    return a->scale * x + a->shift;
}

static void affine_derivative(gs_reverse *r, int n, int dy) {
    gs_reverse_give(r, n, 0, gs_reverse_scale(r, n, dy, r->node[n].attributes.scale));
}

const gs_operation gs_op_affine = {
    .name = "affine",
    RECORD,
    .attributes = GS_ATTRIBUTES({"scale", GS_REAL, GS_AT(scale), .fallback = 1, .shown = "x "},
                                {"shift", GS_REAL, GS_AT(shift), .fallback = 0, .shown = "+ "}),
    .function = affine_function,
    .derivative = affine_derivative,
    .result = "scale x + shift, with real numbers",
};
