/* What a study is inside, for the files that run it and take what it finds. */
#ifndef GS_STUDY_PRIVATE_H
#define GS_STUDY_PRIVATE_H

#include "io/progress.h"
#include "study/lab.h"

typedef struct gs_kept_network {
    char *name;
    gs_model *model;
    gs_study_network network;
} gs_kept_network;

typedef struct gs_kept_digits {
    gs_digits_set set;
    gs_digits digits;
    float *images;
    int *labels;
} gs_kept_digits;

/* What all studies of a run share. */
typedef struct gs_lab {
    const gs_lab_options *options;
    gs_kept_network **network; /* (networks), each in memory of its own, as studies keep pointers */
    size_t networks, network_room;
    gs_kept_digits **digits;
    size_t digit_sets, digit_room;
    gs_progress progress;
    int number, count; /* of the study that runs, from 0 */
} gs_lab;

struct gs_study {
    gs_lab *lab;
    gs_study_record *record;
    double begun, until; /* the parts of it between which it is now */
    double staged;       /* where the stages end that it has named */
    double done;         /* the most that gs_study_done has said */
    gs_status status;    /* the first failure of a function that returns none */
    gs_error error;
};

/* Note a failure, unless there was one before. */
void gs_study_fail(gs_study *study, gs_status status, const gs_error *error);

/* How much of the study is done when `part` of its stage is; never less than before. */
double gs_study_done(gs_study *study, double part);

/* Show that `part` of the study's stage is done; false: the user has asked for an end. */
bool gs_study_show(gs_study *study, double part);

void gs_lab_free(gs_lab *lab);
void gs_study_record_free(gs_study_record *record);

#endif
