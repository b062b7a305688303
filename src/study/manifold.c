#include "study/manifold.h"

static gs_status run(gs_study *study, gs_error *error) {
    gs_study_say(study, "Images of digits fill few of the directions that 784 pixels have: a few dozen hold most of "
                        "their variance, and some pixels are black in all of them. Off this surface there are no data, "
                        "and nothing to learn a score from.");
    gs_study_say(study, "In the plane the score that data can teach is known: its squared error grows as one over the "
                        "density. Noise helps, as it brings data everywhere: at a high level the score between two "
                        "modes is learnt as well as that within them.");
    gs_study_say(study, "A trained denoiser is only as good as its inputs resemble what it was trained on: where all "
                        "digits are black, it leaves hardly anything of noise of the level that it is told, and much "
                        "of larger noise. So chains that begin far from the data at a low level do not find them.");
    gs_study_stage(study, 0.3);
    gs_status status = gs_manifold_spectrum(study, error);
    gs_study_stage(study, 0.7);
    if (!status)
        status = gs_manifold_scores(study, error);
    return status ? status : gs_manifold_digits(study, error);
}

const gs_study_row gs_study_manifold = {
    .name = "manifold",
    .item = "2.1.4",
    .title = "Data on a thin surface",
    .about = "How few dimensions do the data have, and what is the score where there are none?",
    .takes = {{.parameter = GS_STUDY_N, .value = "2000"}},
    .run = run};
