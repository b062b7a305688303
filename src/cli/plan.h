/* gensample plan: what the engine made of a network, measured. */
#ifndef GS_CLI_PLAN_H
#define GS_CLI_PLAN_H

#include "cli/networks.h"
#include "measure/profile.h"

typedef struct gs_planning {
    const gs_arguments *arguments;
    gs_networks networks;
    double load_s;                        /* of reading and checking the file */
    double planning_s[GS_PLANNING_PARTS]; /* the medians of several plannings */
    double sigma;                         /* 0: the network takes none */
    int label;                            /* K: none */
    float *x;                             /* (profile.images, C, H, W) */
    gs_profile profile;
    double peak, moved; /* FLOP/s of multiply-adds before measuring; the share by which they differed afterwards */
} gs_planning;

/* Print lines and tables, or one JSON object, as docs/plan.schema.json describes it. Errors: GS_ERROR_MEMORY. */
gs_status gs_planning_report(const gs_planning *planning, FILE *out, gs_error *error);

#endif
