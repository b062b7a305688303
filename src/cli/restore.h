/* One run of gensample restore: its state and its report. */
#ifndef GS_CLI_RESTORE_H
#define GS_CLI_RESTORE_H

#include "cli/draws.h"
#include "cli/given.h"
#include "io/formats.h"

/* How near an image's restored ones are to the original, in the mean over the draws. NaN: not known. */
typedef struct gs_nearness_of {
    double psnr, rms; /* of all pixels, the latter where pixels are 0 ... 1 */
    double kept;      /* share of draws that have the image's class by the judge */
} gs_nearness_of;

typedef struct gs_restoration {
    gs_arguments arguments; /* with the output that suits the images */
    gs_setup setup;
    gs_network judge; /* zeros: there is none */
    gs_draws draws;
    gs_format format;
    gs_given given; /* originals or, with --measured, measurements, and their labels */
    gs_operator *operator_;
    int measured_shape[3];
    gs_measurement measurement;
    size_t n, copies;      /* images, and draws for each */
    float *y;              /* (copies, n) measurements */
    float *restored;       /* (copies, n) images, clipped to the data range */
    float *shown, *room;   /* (n) measurements as images, for pictures; (n) images */
    int *classes, *found;  /* (n) classes of the originals, by their labels or else the judge; (copies, n) of restored
                              ones; or NULL */
    gs_nearness_of *image; /* (n) */
    gs_nearness_of mean;
    double misfit; /* root of the mean square of y - A x, where pixels are 0 ... 1 */
} gs_restoration;

/* Whether originals are known, and classes. */
static inline bool gs_restoration_compares(const gs_restoration *r) {
    return !r->setup.arguments->measured;
}
static inline bool gs_restoration_judges(const gs_restoration *r) {
    return r->judge.plan && r->classes;
}

/* Print the table or, with --json, one JSON object. */
gs_status gs_restoration_report(const gs_restoration *r, FILE *out, gs_error *error);

/* The settings as a JSON text and as a command that repeats the run; NULL when memory runs out; both to be freed with
 * free. */
char *gs_restoration_settings(const gs_restoration *r);
char *gs_restoration_command_text(const gs_restoration *r);

#endif
