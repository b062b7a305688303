/* The spectrum of the digits' covariance. With noise of deviation sigma every eigenvalue grows by sigma^2. */
#include "study/manifold.h"

#include <math.h>

#include "study/linear.h"

enum { PIXELS = 784, DIGITS = 1000, NOISES = 4, FIRST = 50 };
static const double noises[NOISES] = {0, 0.1, 0.3, 1}, black = 0.02;

/* How many eigenvalues of the tridiagonal matrix are below x: the negative pivots of T - x (Sturm; Golub & Van Loan
 * 2013, section 8.4.1). */
static size_t count_below(const gs_linear *l, double x) {
    size_t below = 0;
    double pivot = 1;
    for (size_t i = 0; i < l->pixels; i++) {
        double beside = i ? l->beside[i] * l->beside[i] : 0;
        pivot = l->diagonal[i] - x - beside / pivot;
        if (pivot == 0)
            pivot = -1e-300;
        below += pivot < 0;
    }
    return below;
}

/* All eigenvalues, the largest first, by bisection. */
static void find_eigenvalues(const gs_linear *l, double *eigenvalue) {
    enum { HALVINGS = 50 };
    for (size_t k = 0; k < l->pixels; k++) {
        double low = 0, high = k ? eigenvalue[k - 1] : l->variance;
        for (int i = 0; i < HALVINGS; i++) {
            double middle = (low + high) / 2;
            if (count_below(l, middle) >= l->pixels - k)
                high = middle;
            else
                low = middle;
        }
        eigenvalue[k] = high;
    }
}

/* (sum of eigenvalues)^2 / sum of their squares: the number of equal ones that would give the same. */
static double effective_dimensions(const double *eigenvalue, double sigma) {
    double sum = 0, squares = 0;
    for (size_t k = 0; k < PIXELS; k++) {
        double v = eigenvalue[k] + sigma * sigma;
        sum += v;
        squares += v * v;
    }
    return sum * sum / squares;
}

/* The share of the variance in the first 1 ... PIXELS directions. */
static void add_up(const double *eigenvalue, double sigma, double *share) {
    double sum = 0;
    for (size_t k = 0; k < PIXELS; k++)
        share[k] = sum += eigenvalue[k] + sigma * sigma;
    for (size_t k = 0; k < PIXELS; k++)
        share[k] /= sum;
}

static size_t black_pixels(const gs_digits *digits) {
    size_t count = 0;
    for (size_t i = 0; i < PIXELS; i++) {
        bool is_black = true;
        for (size_t k = 0; k < digits->n && is_black; k++)
            is_black = (double)digits->images[k * PIXELS + i] < black;
        count += is_black;
    }
    return count;
}

static void draw(gs_study *study, const double *share, const double *directions) {
    gs_diagram_series series[NOISES];
    double *percent = gs_study_room(study, (size_t)NOISES * PIXELS, sizeof *percent);
    if (!percent)
        return;
    for (int i = 0; i < NOISES * PIXELS; i++)
        percent[i] = 100 * share[i];
    for (int i = 0; i < NOISES; i++)
        series[i] = (gs_diagram_series){i ? gs_study_text(study, "with noise of %g", noises[i]) : "digits",
                                        GS_STROKE_LINE,
                                        PIXELS,
                                        directions,
                                        percent + (size_t)i * PIXELS,
                                        NULL,
                                        NULL,
                                        i};
    gs_study_diagram(study, "spectrum",
                     "Share of the variance in so many directions, the widest ones first. Digits lie in few; noise "
                     "fills them all.",
                     &(gs_diagram){.title = "How many directions the digits fill",
                                   .x_label = "directions (principal components)",
                                   .y_label = "share of the variance, %",
                                   .log_x = true,
                                   .y_range = {0, 100},
                                   .series = series,
                                   .count = NOISES});
}

static void find(gs_study *study, const double *eigenvalue, const double *share, size_t blacks) {
    gs_study_find(study,
                  &(gs_finding){gs_study_text(study, "share of the digits' variance in %d of 784 directions", FIRST),
                                "%",
                                gs_exact(share[FIRST - 1]),
                                GS_EXPECT_WITHIN,
                                {0.75, 1},
                                "the course: data have few dimensions"});
    gs_study_find(study, &(gs_finding){gs_study_text(study, "the same with noise of %g", noises[NOISES - 1]),
                                       "%",
                                       gs_exact(share[(NOISES - 1) * PIXELS + FIRST - 1]),
                                       GS_EXPECT_WITHIN,
                                       {(double)FIRST / PIXELS, 3.0 * FIRST / PIXELS},
                                       "up to thrice the 6.378 % of equal directions"});
    for (int i = 0; i < NOISES; i += NOISES - 1)
        gs_study_find(study, &(gs_finding){gs_study_text(study, "effective dimensions with noise of %g", noises[i]),
                                           "",
                                           gs_exact(effective_dimensions(eigenvalue, noises[i])),
                                           GS_EXPECT_WITHIN,
                                           {i ? PIXELS / 2 : 1, i ? PIXELS : PIXELS / 10},
                                           i ? "more than half of all" : "less than a tenth of all"});
    gs_study_find(
        study,
        &(gs_finding){.what = "pixels that are black in all digits", .unit = "", .is = gs_exact((double)blacks)});
}

gs_status gs_manifold_spectrum(gs_study *study, gs_error *error) {
    gs_digits digits;
    gs_linear linear;
    double *eigenvalue = gs_study_room(study, (size_t)(NOISES + 2) * PIXELS, sizeof *eigenvalue);
    gs_status status = eigenvalue ? gs_study_digits(study, GS_DIGITS_TRAINING, DIGITS, &digits, error)
                                  : gs_fail_memory(error, "a spectrum");
    if (!status)
        status = gs_linear_create(digits.images, digits.n, PIXELS, &linear, error);
    if (status)
        return status;
    double *directions = eigenvalue + PIXELS, *share = directions + PIXELS;
    find_eigenvalues(&linear, eigenvalue);
    gs_linear_free(&linear);
    for (int i = 0; i < NOISES; i++)
        add_up(eigenvalue, noises[i], share + (size_t)i * PIXELS);
    for (int i = 0; i < PIXELS; i++)
        directions[i] = i + 1;
    find(study, eigenvalue, share, black_pixels(&digits));
    draw(study, share, directions);
    return GS_OK;
}
