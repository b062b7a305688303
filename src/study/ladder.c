#include "study/ladder.h"

static gs_status run(gs_study *study, gs_error *error) {
    gs_study_say(study, "Annealed Langevin dynamics goes down a ladder of noise levels. Its top must be so high that "
                        "noise joins all modes, or chains find those alone that are near to where they begin; a safe "
                        "top is the largest distance between two images of the data (Song & Ermon 2020).");
    gs_study_say(study,
                 "Its bottom is the noise that stays in the results unless a last call of the denoiser removes "
                 "it. To reach it, steps must be in proportion to the square of the level: smaller ones leave noise of "
                 "the levels above, much larger ones add noise of their own.");
    gs_study_say(study, "For a given number of steps there is a best number of levels: with few, each level has to "
                        "remove much; with many, it has no steps to do so.");
    gs_status status = gs_ladder_modes(study, error);
    if (!status)
        status = gs_ladder_noise(study, error);
    return status ? status : gs_ladder_digits(study, error);
}

const gs_study_row gs_study_ladder = {
    .name = "ladder",
    .item = "2.1.4",
    .title = "The ladder of noise levels",
    .about = "What do the highest and the lowest noise level do, and how many should there be?",
    .takes = {{.parameter = GS_STUDY_N, .value = "1000"}},
    .run = run};
