/* Activations and Philox, computed independently of the library. */
#include <math.h>

#include "kernels/cases.h"

const activation_check activation_checks[GS_ACT_COUNT] = {
    [GS_ACT_NONE] = {"none", 0, 0, false},
    [GS_ACT_RELU] = {"relu", 0, 0, false},
    [GS_ACT_LEAKY_RELU] = {"leaky_relu", 6e-8, 1e-45, false},
    [GS_ACT_SILU] = {"silu", 2.5e-7, 2e-33, false},
    [GS_ACT_SIGMOID] = {"sigmoid", 2.2e-7, 2e-35, false},
    [GS_ACT_TANH] = {"tanh", 2e-7, 0, false},
    [GS_ACT_ELU] = {"elu", 0, 1.3e-7, false},
    [GS_ACT_GELU] = {"gelu", 0, 1.5e-7, true},
    [GS_ACT_GELU_TANH] = {"gelu_tanh", 0, 2e-7, true},
    [GS_ACT_SOFTPLUS] = {"softplus", 0, 2e-7, true},
    [GS_ACT_EXP] = {"exp", 2e-7, 0, false},
    [GS_ACT_SQRT] = {"sqrt", 6e-8, 0, false},
    [GS_ACT_RECIPROCAL] = {"reciprocal", 6e-8, 1e-45, false},
    [GS_ACT_SQUARE] = {"square", 6e-8, 1e-45, false},
    [GS_ACT_ABS] = {"abs", 0, 0, false},
    [GS_ACT_SIGN] = {"sign", 0, 0, false},
    [GS_ACT_FLOOR] = {"floor", 0, 0, false},
    [GS_ACT_CLAMP] = {"clamp", 0, 0, false},
    [GS_ACT_ERF] = {"erf", 4e-7, 1e-45, false},
    [GS_ACT_POWER] = {"power", 5e-7, 2.5e-38, false},
};

/* The derivatives' errors. */
const activation_check slope_checks[GS_ACT_COUNT] = {
    [GS_ACT_NONE] = {"none", 0, 0, false},
    [GS_ACT_RELU] = {"relu", 0, 0, false},
    [GS_ACT_LEAKY_RELU] = {"leaky_relu", 0, 0, false},
    [GS_ACT_SILU] = {"silu", 0, 4e-7, false},
    [GS_ACT_SIGMOID] = {"sigmoid", 5e-7, 2e-35, false},
    [GS_ACT_TANH] = {"tanh", 0, 4e-7, false},
    [GS_ACT_ELU] = {"elu", 3e-7, 2.5e-38, false},
    [GS_ACT_GELU] = {"gelu", 0, 5e-7, false},
    [GS_ACT_GELU_TANH] = {"gelu_tanh", 0, 5e-7, false},
    [GS_ACT_SOFTPLUS] = {"softplus", 3e-7, 2.5e-38, false},
    [GS_ACT_EXP] = {"exp", 2e-7, 2.5e-38, false},
    [GS_ACT_SQRT] = {"sqrt", 1.3e-7, 0, false},
    [GS_ACT_RECIPROCAL] = {"reciprocal", 2.5e-7, 3e-45, false},
    [GS_ACT_SQUARE] = {"square", 0, 0, false},
    [GS_ACT_ABS] = {"abs", 0, 0, false},
    [GS_ACT_SIGN] = {"sign", 0, 0, false},
    [GS_ACT_FLOOR] = {"floor", 0, 0, false},
    [GS_ACT_CLAMP] = {"clamp", 0, 0, false},
    [GS_ACT_ERF] = {"erf", 4e-7, 3e-38, false},
    [GS_ACT_POWER] = {"power", 5e-7, 1e-37, false},
};

static double largest_float(double y) {
    return (double)(float)y; /* infinite beyond the largest float */
}

/* 2 sqrt(2 / pi) (t + 0.044715 t^3) */
static double gelu_exponent(double t) {
    return 2 * 0.79788456080286535588 * (t + 0.044715 * t * t * t);
}

double activation_exact(gs_activation activation, double t, double parameter) {
    switch (activation) {
    case GS_ACT_RELU:
        return t < 0 ? 0 : t;
    case GS_ACT_LEAKY_RELU:
        return t < 0 ? parameter * t : t;
    case GS_ACT_SILU:
        return t < -1000 ? 0 : t / (1 + exp(-t));
    case GS_ACT_SIGMOID:
        return 1 / (1 + exp(-t));
    case GS_ACT_TANH:
        return tanh(t);
    case GS_ACT_ELU:
        return t < 0 ? parameter * expm1(t) : t;
    case GS_ACT_GELU:
        return t < -1000 ? 0 : 0.5 * t * erfc(-t * 0.70710678118654752440);
    case GS_ACT_GELU_TANH:
        return t < -1000 ? 0 : t > 1000 ? t : t / (1 + exp(-gelu_exponent(t)));
    case GS_ACT_SOFTPLUS:
        return t > 40 ? t : log1p(exp(t));
    case GS_ACT_EXP:
        return isinf(largest_float(exp(t))) ? INFINITY : exp(t);
    case GS_ACT_SQRT:
        return sqrt(t);
    case GS_ACT_RECIPROCAL:
        return largest_float(1 / t);
    case GS_ACT_SQUARE:
        return largest_float(t * t);
    case GS_ACT_ABS:
        return fabs(t);
    case GS_ACT_SIGN:
        return isnan(t) ? t : (t > 0) - (t < 0);
    case GS_ACT_FLOOR:
        return floor(t);
    case GS_ACT_CLAMP:
        return isnan(t) ? t : fmin(fmax(t, parameter), (double)ACTIVATION_LIMIT);
    case GS_ACT_ERF:
        return erf(t);
    case GS_ACT_POWER:
        return largest_float(pow(t, parameter));
    default:
        return t;
    }
}

/* At a kink, from the left, but as kernels.h says. */
double slope_exact(gs_activation activation, double t, double parameter) {
    double e = exp(-fabs(t)), small = e / (1 + e), large = 1 / (1 + e); /* of the sigmoid of t and of -t */
    double sigmoid = isnan(t) ? t : t < 0 ? small : large;
    switch (activation) {
    case GS_ACT_RELU:
    case GS_ACT_LEAKY_RELU:
    case GS_ACT_ELU:
        if (isnan(t) || t > 0)
            return isnan(t) ? t : 1;
        return activation == GS_ACT_ELU ? (double)(float)parameter * exp(t) : activation == GS_ACT_RELU ? 0 : parameter;
    case GS_ACT_SILU:
        return fabs(t) > 1000 ? sigmoid : sigmoid + t * small * large;
    case GS_ACT_SIGMOID:
        return small * large;
    case GS_ACT_TANH:
        return 1 / (cosh(t) * cosh(t));
    case GS_ACT_GELU:
        return 0.5 * erfc(-t * 0.70710678118654752440) +
               (fabs(t) > 1000 ? 0 : t * exp(-0.5 * t * t) * 0.39894228040143267794);
    case GS_ACT_GELU_TANH:
        if (!(fabs(t) <= 1000))
            return isnan(t) ? t : t > 0;
        e = exp(-fabs(gelu_exponent(t)));
        return (t < 0 ? e : 1) / (1 + e) +
               t * e / ((1 + e) * (1 + e)) * 2 * 0.79788456080286535588 * (1 + 3 * 0.044715 * t * t);
    case GS_ACT_SOFTPLUS:
        return sigmoid;
    case GS_ACT_SQRT:
        return 0.5 / sqrt(t);
    case GS_ACT_RECIPROCAL:
        return largest_float(-1 / (t * t));
    case GS_ACT_SQUARE:
        return largest_float(2 * t);
    case GS_ACT_ABS:
        return activation_exact(GS_ACT_SIGN, t, 0);
    case GS_ACT_SIGN:
    case GS_ACT_FLOOR:
        return 0;
    case GS_ACT_CLAMP:
        return isnan(t) ? t : t >= parameter && t <= (double)ACTIVATION_LIMIT;
    case GS_ACT_ERF:
        return 1.12837916709551257390 * exp(-t * t);
    case GS_ACT_POWER:
        return parameter == 0 ? 0 : largest_float(parameter * largest_float(pow(t, parameter - 1)));
    case GS_ACT_EXP:
        return activation_exact(activation, t, parameter);
    default:
        return 1;
    }
}

double slope_allowed(gs_activation activation, double exact) {
    const activation_check *c = &slope_checks[activation];
    return c->relative * fabs(exact) + c->absolute;
}

double activation_allowed(gs_activation activation, double t, double exact, double parameter) {
    const activation_check *c = &activation_checks[activation];
    if (activation == GS_ACT_EXP && t < -86.6)
        return 2.5e-38;
    double absolute = activation == GS_ACT_ELU ? (t < 0 ? c->absolute * fabs(parameter) : 0) : c->absolute;
    return c->relative * fabs(exact) + absolute * (c->grows && fabs(t) > 1 ? fabs(t) : 1);
}

void philox_words(const uint32_t counter[4], const uint32_t key[2], uint32_t words[4]) {
    uint32_t k[2] = {key[0], key[1]};
    for (int i = 0; i < 4; i++)
        words[i] = counter[i];
    for (int round = 0; round < 10; round++) {
        uint64_t p = (uint64_t)words[0] * 0xD2511F53U, q = (uint64_t)words[2] * 0xCD9E8D57U;
        uint32_t next[4] = {(uint32_t)(q >> 32) ^ words[1] ^ k[0], (uint32_t)q, (uint32_t)(p >> 32) ^ words[3] ^ k[1],
                            (uint32_t)p};
        for (int i = 0; i < 4; i++)
            words[i] = next[i];
        k[0] += 0x9E3779B9U;
        k[1] += 0xBB67AE85U;
    }
}
