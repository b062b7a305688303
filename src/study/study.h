/* Studies: experiments of a course on energy-based and score-based models, each a figure, numbers beside what theory or
 * the course says of them, and sentences that say what to see. A study is a record in a file of this folder and a row
 * of studies.def; what it can be told is a row of parameters.def. It computes with the library, and hands what it finds
 * to the page by the functions below, in the order of reading. */
#ifndef GS_STUDY_H
#define GS_STUDY_H

#include "io/diagram.h"
#include "io/map.h"
#include "io/sheet.h"
#include "study/parameters.h"

typedef struct gs_study gs_study;

enum { GS_STUDY_TAKES = 8 };

/* A parameter that a study reads, and its default as it is written: "1.01", "1,10,100". */
typedef struct gs_study_default {
    gs_study_parameter parameter;
    const char *value;
    double least, most; /* what the study takes, where that is less than the parameter's row says; 0: as there */
} gs_study_default;

typedef struct gs_study_row {
    const char *name;                       /* "rejection", by which the command line calls it */
    const char *item;                       /* of the course, "1.1.2"; "beyond" */
    const char *title;                      /* "Rejection sampling in many dimensions" */
    const char *about;                      /* one sentence: what is asked, for lists and the top of its section */
    gs_study_default takes[GS_STUDY_TAKES]; /* they end with one without a value */
    gs_status (*run)(gs_study *study, gs_error *error);
} gs_study_row;

#define GS_STUDY(record) extern const gs_study_row gs_study_##record;
#include "study/studies.def"

/* ---- What a study is given ---- */

uint64_t gs_study_seed(const gs_study *study);

/* What its parameters are: a number, a whole one, or all numbers of a list. The study's record must have them. */
double gs_study_number(const gs_study *study, gs_study_parameter parameter);
size_t gs_study_whole(const gs_study *study, gs_study_parameter parameter);
const gs_numbers *gs_study_numbers(const gs_study *study, gs_study_parameter parameter);

/* Zeroed memory until the study ends, and a text in it. NULL, and for texts "", when memory runs out, which is then
 * what the study fails with, whatever it returns. */
void *gs_study_room(gs_study *study, size_t count, size_t size);
const char *gs_study_text(gs_study *study, const char *format, ...) GS_PRINTF(2, 3);

/* A network, planned, of energies with the gradient; kept for later studies. `name`: of a shipped network, or a
 * density. Errors: those of gs_network_find, gs_network_load and gs_plan_create. */
typedef struct gs_study_network {
    const gs_model *model;
    const gs_model_info *info;
    gs_plan *plan;
    size_t pixels; /* numbers per image */
} gs_study_network;
gs_status gs_study_network_get(gs_study *study, const char *name, const gs_study_network **network, gs_error *error);

/* A file beside the shipped networks, such as "logs/ebm-document.jsonl". Errors: GS_ERROR_FILE: there is none. */
gs_status gs_study_file(const char *name, char path[GS_PATH_ROOM], gs_error *error);

/* Digits, 28 x 28 in 0 ... 1, with their labels: the first n of MNIST's where the user has named its folder, else drawn
 * by ncsn-cond with MNIST's shares of the classes, training and test ones from different chains. They live as long as
 * the run. Errors: those of reading; GS_ERROR_ARGUMENT: the file has fewer. */
typedef enum gs_digits_set { GS_DIGITS_TRAINING, GS_DIGITS_TEST } gs_digits_set;
typedef struct gs_digits {
    const float *images; /* (n, 784) */
    const int *labels;   /* (n) */
    size_t n;
    bool drawn;         /* by the network */
    const char *source; /* for sentences: "MNIST's test images", "digits drawn by ncsn-cond" */
} gs_digits;
gs_status gs_study_digits(gs_study *study, gs_digits_set set, size_t n, gs_digits *digits, gs_error *error);

/* gs_sample and gs_rejection with progress and interruption; `options` is resolved before. */
gs_status gs_study_sample(gs_study *study, const gs_study_network *network, gs_sample_options *options, size_t n,
                          float *out, gs_error *error);

/* What follows ends where the part `until`, 0 ... 1, of the study is done; and within it, how far it is. To be called
 * in loops that take long: GS_ERROR_INTERRUPTED once the user has asked for an end. */
void gs_study_stage(gs_study *study, double until);
gs_status gs_study_go_on(gs_study *study, double part, gs_error *error);

/* ---- What a study finds ---- */

/* Intervals contain the true value with this probability: so that a page of 200 numbers, all as theory says, is wrong
 * about one of them with a probability of 2 % (and of a given seed either always or never). */
#define GS_STUDY_CONFIDENCE 0.9999

/* An estimate and its interval; all three equal: it is exact. */
typedef struct gs_estimate {
    double value, low, high;
} gs_estimate;
gs_estimate gs_exact(double value);
gs_estimate gs_estimate_share(uint64_t k, uint64_t n);              /* exact binomial interval; of none: 0 ... 1 */
gs_estimate gs_estimate_mean(const double *values, size_t n);       /* of independent values, by Student's t */
gs_estimate gs_estimate_error(double value, double standard_error); /* of a normal estimate */

/* How a number is compared. Where a bound cuts its interval, it is undecided. */
typedef enum gs_expectation {
    GS_EXPECT_NOTHING, /* it is only shown */
    GS_EXPECT_VALUE,   /* expected[0], which its interval must contain */
    GS_EXPECT_WITHIN,  /* all of its interval must lie in expected[0] ... expected[1]; -+INFINITY for an open end */
    GS_EXPECT_REFUTED  /* a claim that does not hold here: all of its interval must lie outside expected[0] ... [1] */
} gs_expectation;

typedef struct gs_finding {
    const char *what; /* "acceptance at D = 784" */
    const char *unit; /* "%": numbers are shown 100 times as large; "": none */
    gs_estimate is;
    gs_expectation kind;
    double expected[2];
    const char *by; /* who or what expects: "theory, R^-D", "the course"; NULL: nobody */
} gs_finding;

/* Add a number to the study's table. */
void gs_study_find(gs_study *study, const gs_finding *finding);

/* Add a paragraph, in which no markup is read. The first ones say what to see, in about three sentences. */
void gs_study_say(gs_study *study, const char *format, ...) GS_PRINTF(2, 3);

/* Add a table of texts: `columns` heads, then rows x columns cells, the first of each row its head. */
void gs_study_table(gs_study *study, const char *caption, int columns, const char *const *heads, int rows,
                    const char *const *cells);

/* Add a figure; `name` is of the file, a-z 0-9 and -, unique within the study. The caption is a sentence or two that
 * also stands for the figure where it cannot be seen. Images of a sheet are read before the function returns. */
void gs_study_diagram(gs_study *study, const char *name, const char *caption, const gs_diagram *diagram);
void gs_study_sheet(gs_study *study, const char *name, const char *caption, const gs_sheet *sheet);
void gs_study_map(gs_study *study, const char *name, const char *caption, const gs_map *map);

/* A sheet of images, `columns` per row, without heads. Pixels are shown from `range`[0] black to [1] white. */
void gs_study_images(gs_study *study, const char *name, const char *caption, const float *images, size_t n,
                     const int shape[3], const float range[2], int columns, int scale);

#endif
