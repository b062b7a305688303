#include "study/solvers.h"

static gs_status run(gs_study *study, gs_error *error) {
    gs_study_say(study,
                 "All samplers go down the same noise levels, but by steps of different kinds: of the ODE (Heun, "
                 "DPM-Solver++, Euler), of the SDE, which adds noise on the way (DPM-Solver++ with eta 1, "
                 "Euler-ancestral), or of Langevin dynamics (annealed, consistent annealed).");
    gs_study_say(study, "On a Gaussian the error of the samples' deviation is known. Twice as many evaluations divide "
                        "it by four for methods of second order and by two for those of first order; for annealed "
                        "Langevin dynamics, with the best step size, by the square root of two; and consistent "
                        "annealing with a fixed share of the way keeps an error however small its steps are.");
    gs_study_say(study,
                 "On digits the network's own error hides the solver's after some 10 or 20 evaluations: there "
                 "the SDE, which corrects errors by new noise, is as good as or better than the ODE. This "
                 "program has no separate predictor-corrector sampler; eta above 1 does what its corrector does.");
    gs_status status = gs_solvers_gaussian(study, error);
    return status ? status : gs_solvers_digits(study, error);
}

const gs_study_row gs_study_solvers = {
    .name = "solvers",
    .item = "beyond",
    .title = "Samplers beside each other",
    .about = "How many evaluations of the network does each sampler need, for which error?",
    .takes = {{GS_STUDY_N, "100"}},
    .run = run};
