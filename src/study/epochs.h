/* The course's loss of score networks by epoch, from the logs of their trainings. */
#ifndef GS_STUDY_EPOCHS_H
#define GS_STUDY_EPOCHS_H

#include "study/snapshots.h"

typedef struct gs_epochs {
    gs_training_log log;
    size_t n;               /* epochs; 0: there is no such log, and nothing to free */
    const double *loss;     /* (n) the mean loss on the course's ladder */
    const double *no_label; /* (n) the same without labels, of a network that is told them; else NULL */
    gs_snapshots samples;
} gs_epochs;

/* Read logs/NAME.jsonl, of a training of the network's architecture. A folder of networks may lack it: the studies do
 * without then. Errors: those of gs_training_log_read and gs_snapshots_read. */
gs_status gs_epochs_read(gs_study *study, const char *name, const gs_study_network *network, gs_epochs *epochs,
                         gs_error *error);
void gs_epochs_free(gs_epochs *epochs);

/* In how many epochs the loss rose. */
size_t gs_epochs_rises(const gs_epochs *epochs);

/* The course's noise levels, and the loss that its network reached on them. */
enum { GS_COURSE_LEVELS = 10, GS_COURSE_EPOCHS = 30 };
extern const double gs_course_ladder[GS_COURSE_LEVELS];
#define GS_COURSE_LOSS 46.0

/* Draw the curves of one or two logs beside the course's loss, or say that there is no log; and the samples of the
 * last of them, whose network that is. Errors: GS_ERROR_MEMORY. */
gs_status gs_epochs_draw(gs_study *study, const gs_epochs *base, const gs_epochs *labelled,
                         const gs_study_network *network, gs_error *error);

/* Add the loss after the last epoch, and when it was first below the course's, to the numbers of the study. */
void gs_epochs_find(gs_study *study, const gs_epochs *epochs);

#endif
