#include "study/solvers.h"

static gs_status run(gs_study *study, gs_error *error) {
    gs_study_say(study,
                 "All samplers go down the same noise levels, but by steps of different kinds: of the ODE (Heun, "
                 "DPM-Solver++, Euler), of the SDE, which adds noise on the way (DPM-Solver++ with eta 1, "
                 "Euler-ancestral), of Langevin dynamics (annealed, consistent annealed), or of both in turn "
                 "(predictor-corrector, Song et al. 2021).");
    gs_study_say(study, "On a Gaussian the error of the samples' deviation is known. Twice as many evaluations divide "
                        "it by four for methods of second order and by two for those of first order; for annealed "
                        "Langevin dynamics, with steps that shrink as one over the root of their number, by about 1.5 "
                        "here and by the square root of two in the limit; and consistent annealing with a fixed share "
                        "of the way has an error that smaller steps do not remove.");
    gs_status status = gs_solvers_gaussian(study, error);
    return status ? status : gs_solvers_digits(study, error);
}

const gs_study_row gs_study_solvers = {
    .name = "solvers",
    .item = "beyond",
    .title = "Samplers beside each other",
    .about = "How many evaluations of the network does each sampler need, for which error?",
    .takes = {{.parameter = GS_STUDY_N, .value = "100"}},
    .run = run};
