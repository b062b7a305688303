/* Samples that a training kept of some of its epochs, beside its log. */
#ifndef GS_STUDY_SNAPSHOTS_H
#define GS_STUDY_SNAPSHOTS_H

#include "io/read.h"
#include "io/sheet.h"
#include "study/study.h"
#include "study/training_log.h"

typedef struct gs_snapshots {
    gs_image_file images;        /* (kept, each) */
    size_t each, kept;           /* samples of an epoch; epochs */
    double epoch[GS_SHEET_ROWS]; /* (kept) counted from 0 */
} gs_snapshots;

/* Read those that a log's first line names, images for the network. Errors: those of gs_images_read;
 * GS_ERROR_FORMAT: the line does not say what they are, or there are fewer. */
gs_status gs_snapshots_read(gs_study *study, const gs_training_log *log, const gs_study_network *network,
                            gs_snapshots *snapshots, gs_error *error);
void gs_snapshots_free(gs_snapshots *snapshots);

/* Draw a row per epoch, beside its number counted from `first`, 0 or 1. Errors: GS_ERROR_MEMORY. */
gs_status gs_snapshots_draw(gs_study *study, const gs_snapshots *snapshots, const gs_study_network *network, int first,
                            const char *name, const char *caption, gs_error *error);

#endif
