#include "study/least_squares.h"

#include <math.h>
#include <string.h>

#include "base/math64.h"

enum { N = GS_FEATURES, BUMPS = GS_BUMP_COLUMNS * GS_BUMP_ROWS };

static void set(gs_features *f, int j, const double at[2], const double slope[3]) {
    for (int i = 0; i < 2; i++)
        f->at[i][j] = at[i];
    for (int i = 0; i < 3; i++)
        f->slope[i][j] = slope[i];
}

/* Bumps exp(-|x - c|^2 / 2), with c on a grid one apart, and x_1, x_2 and |x|^2 / 2, which carry the tails. */
void gs_features_find(const double x[2], gs_features *f) {
    for (int j = 0; j < BUMPS; j++) {
        double r[2] = {x[0] - (j % GS_BUMP_COLUMNS - GS_BUMP_COLUMNS / 2),
                       x[1] - (j / GS_BUMP_COLUMNS - GS_BUMP_ROWS / 2)};
        double bump = gs_exp64(-(r[0] * r[0] + r[1] * r[1]) / 2);
        set(f, j, (double[]){-r[0] * bump, -r[1] * bump},
            (double[]){(r[0] * r[0] - 1) * bump, r[0] * r[1] * bump, (r[1] * r[1] - 1) * bump});
    }
    set(f, BUMPS, (double[]){1, 0}, (double[]){0, 0, 0});
    set(f, BUMPS + 1, (double[]){0, 1}, (double[]){0, 0, 0});
    set(f, BUMPS + 2, x, (double[]){1, 0, 1});
}

void gs_features_score(const double t[N], const double x[2], double score[2]) {
    gs_features f;
    gs_features_find(x, &f);
    for (int i = 0; i < 2; i++) {
        score[i] = 0;
        for (int j = 0; j < N; j++)
            score[i] += t[j] * f.at[i][j];
    }
}

bool gs_cholesky(double a[N][N]) {
    for (int j = 0; j < N; j++)
        for (int i = j; i < N; i++) {
            double sum = a[i][j];
            for (int k = 0; k < j; k++)
                sum -= a[i][k] * a[j][k];
            if (i == j && !(sum > 0))
                return false;
            a[i][j] = i == j ? sqrt(sum) : sum / a[j][j];
        }
    return true;
}

void gs_cholesky_solve(const double factor[N][N], double x[N]) {
    for (int i = 0; i < N; i++) {
        for (int k = 0; k < i; k++)
            x[i] -= factor[i][k] * x[k];
        x[i] /= factor[i][i];
    }
    for (int i = N - 1; i >= 0; i--) {
        for (int k = i + 1; k < N; k++)
            x[i] -= factor[k][i] * x[k];
        x[i] /= factor[i][i];
    }
}
