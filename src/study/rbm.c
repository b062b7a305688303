#include "study/rbm.h"

#include <math.h>
#include <string.h>

#include "base/math64.h"

enum { V = GS_RBM_VISIBLE, H = GS_RBM_HIDDEN, IMAGES = GS_RBM_IMAGES, CAUSES = GS_RBM_CAUSES };

/* odds[s * units + u] = exp(bias[u] + sum over the bits i of s of w[i * row + u * column]), each state from the one
 * without its highest bit. */
static void find_odds(const double *bias, const double *w, int row, int column, int bits, int units, double *odds) {
    for (int u = 0; u < units; u++)
        odds[u] = gs_exp64(bias[u]);
    for (int i = 0; i < bits; i++)
        for (int u = 0; u < units; u++) {
            double factor = gs_exp64(w[i * row + u * column]);
            for (int s = 0; s < 1 << i; s++)
                odds[(s + (1 << i)) * units + u] = odds[s * units + u] * factor;
        }
}

/* p(v) is proportional to exp(b'v) prod_j (1 + exp(c_j + v'W_j)). */
void gs_rbm_tabulate(const gs_rbm *rbm, gs_rbm_tables *t) {
    const double *b = rbm->at, *c = b + V, *w = c + H, none = 0;
    double z = 0;
    find_odds(c, w, H, 1, V, H, t->hidden[0]);
    find_odds(b, w, 1, H, H, V, t->visible[0]);
    find_odds(&none, b, 1, 0, V, 1, t->p);
    for (int v = 0; v < IMAGES; v++) {
        for (int j = 0; j < H; j++) {
            t->p[v] *= 1 + t->hidden[v][j];
            t->hidden[v][j] /= 1 + t->hidden[v][j];
        }
        z += t->p[v];
        t->energy[v] = -gs_log64(t->p[v]);
    }
    for (int h = 0; h < CAUSES; h++)
        for (int i = 0; i < V; i++)
            t->visible[h][i] /= 1 + t->visible[h][i];
    for (int v = 0; v < IMAGES; v++)
        t->p[v] /= z;
    t->log_z = gs_log64(z);
}

/* The probabilities of all states of independent units. */
static void multiply_out(const double *unit, int units, double *state) {
    state[0] = 1;
    for (int u = 0; u < units; u++)
        for (int s = 0; s < 1 << u; s++) {
            state[s + (1 << u)] = state[s] * unit[u];
            state[s] *= 1 - unit[u];
        }
}

void gs_rbm_tabulate_steps(const gs_rbm_tables *t, gs_rbm_steps *steps) {
    for (int v = 0; v < IMAGES; v++)
        multiply_out(t->hidden[v], H, steps->up[v]);
    for (int h = 0; h < CAUSES; h++)
        multiply_out(t->visible[h], V, steps->down[h]);
}

/* out <- in M, of `rows` rows. */
static void multiply(const double *in, const double *m, int rows, int columns, double *out) {
    memset(out, 0, (size_t)columns * sizeof *out);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++)
            out[j] += in[i] * m[i * columns + j];
}

void gs_rbm_advance(const gs_rbm_steps *steps, double q[IMAGES]) {
    double causes[CAUSES];
    multiply(q, steps->up[0], IMAGES, CAUSES, causes);
    multiply(causes, steps->down[0], CAUSES, IMAGES, q);
}

/* A state of independent units. */
static unsigned draw(const double *unit, int units, gs_dice *dice) {
    unsigned state = 0;
    for (int i = 0; i < units; i += 2) {
        double u[2];
        gs_dice_units(dice, u);
        for (int k = 0; k < 2 && i + k < units; k++)
            state |= (unsigned)(u[k] < unit[i + k]) << (i + k);
    }
    return state;
}

unsigned gs_rbm_step(const gs_rbm_tables *t, unsigned image, gs_dice *dice) {
    return draw(t->visible[draw(t->hidden[image], H, dice)], V, dice);
}

void gs_rbm_add_slopes(const gs_rbm_tables *t, unsigned image, double weight, double slopes[GS_RBM_PARAMETERS]) {
    const double *hidden = t->hidden[image];
    for (int i = 0; i < V; i++) {
        if (!(image >> i & 1))
            continue;
        slopes[i] += weight;
        for (int j = 0; j < H; j++)
            slopes[V + H + i * H + j] += weight * hidden[j];
    }
    for (int j = 0; j < H; j++)
        slopes[V + j] += weight * hidden[j];
}

void gs_rbm_mean_slopes(const gs_rbm_tables *t, const double q[IMAGES], double slopes[GS_RBM_PARAMETERS]) {
    memset(slopes, 0, GS_RBM_PARAMETERS * sizeof *slopes);
    for (unsigned v = 0; v < IMAGES; v++)
        gs_rbm_add_slopes(t, v, q[v], slopes);
}

/* The power method on the step of the hidden units, h -> v -> h, which has the same eigenvalues but for zeros. With
 * r = sqrt(p(h)), the matrix M = diag(r) K diag(1/r) is symmetric, and r its first eigenvector, which is taken out. */
double gs_rbm_second_eigenvalue(const gs_rbm_tables *t, const gs_rbm_steps *steps) {
    enum { ITERATIONS = 4000 };
    double root[CAUSES], step[CAUSES][CAUSES], x[CAUSES], next[CAUSES], value = 0;
    multiply(t->p, steps->up[0], IMAGES, CAUSES, root);
    for (int h = 0; h < CAUSES; h++) {
        root[h] = sqrt(root[h]);
        x[h] = 1 + h % 7;
        multiply(steps->down[h], steps->up[0], IMAGES, CAUSES, step[h]);
    }
    for (int h = 0; h < CAUSES; h++)
        for (int g = 0; g < CAUSES; g++)
            step[h][g] *= root[h] / root[g];
    for (int n = 0; n < ITERATIONS; n++) {
        double along = 0, length = 0;
        for (int h = 0; h < CAUSES; h++)
            along += x[h] * root[h];
        for (int h = 0; h < CAUSES; h++) {
            x[h] -= along * root[h];
            length += x[h] * x[h];
        }
        value = 0;
        multiply(x, step[0], CAUSES, CAUSES, next);
        for (int h = 0; h < CAUSES; h++) {
            value += x[h] * next[h] / length;
            x[h] = next[h] / sqrt(length);
        }
    }
    return value;
}
