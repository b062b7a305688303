/* The panels of quantities that were followed: traces, ranks, autocorrelations. */
#ifndef GS_CLI_FOLLOWED_PLOT_H
#define GS_CLI_FOLLOWED_PLOT_H

#include "cli/followed.h"
#include "io/plot.h"

typedef struct gs_followed_panels gs_followed_panels;

/* Three panels per quantity: the draws of up to eight chains over the steps, histograms of their ranks among all
 * chains' draws, in which chains that agree are level (Vehtari et al. 2021, section 4.5), and their autocorrelations.
 * *panels is NULL if there are too few draws. Errors: GS_ERROR_MEMORY. */
gs_status gs_followed_draw(const gs_followed *followed, gs_followed_panels **panels, gs_error *error);

const gs_panel *gs_followed_panels_get(const gs_followed_panels *panels, int *count);
void gs_followed_panels_free(gs_followed_panels *panels);

#endif
