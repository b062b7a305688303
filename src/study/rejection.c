/* Rejection sampling (1.1.2). */
#include "study/study.h"

static gs_status run(gs_study *study, gs_error *error) {
    (void)error;
    gs_study_say(study, "Ratio %g.", gs_study_number(study, GS_STUDY_RATIO));
    gs_study_find(study, &(gs_finding){.what = "one", .is = gs_exact(1), .kind = GS_EXPECT_VALUE, .expected = {1}});
    return GS_OK;
}

const gs_study_row gs_study_rejection = {.name = "rejection",
                                         .item = "1.1.2",
                                         .title = "Rejection sampling in many dimensions",
                                         .about = "How much is accepted, and why so little in many dimensions?",
                                         .takes = {{GS_STUDY_RATIO, "1.01"}, {GS_STUDY_DIMS, "1,784"}},
                                         .run = run};
