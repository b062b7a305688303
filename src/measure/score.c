#include "measure/score.h"

gs_status gs_score_check(const gs_plan *plan, gs_error *error) {
    const gs_model_info *info = &plan->model->info;
    if (info->kind == GS_KIND_CLASSIFIER || info->kind == GS_KIND_DECODER)
        return gs_fail(error, GS_ERROR_UNSUPPORTED,
                       "model '%s' is a %s: expected an energy, score, noise or denoiser model", info->name,
                       gs_kind_name(info->kind));
    if (info->kind == GS_KIND_ENERGY && !plan->gradient)
        return gs_fail(error, GS_ERROR_ARGUMENT, "model '%s' is an energy: its plan must be made with the gradient",
                       info->name);
    return GS_OK;
}

/* Turn the output of a network of that kind into -s. */
static void convert(gs_kind kind, double sigma, const float *x, float *out, size_t count) {
    for (size_t i = 0; i < count; i++) {
        double of_output = (double)out[i];
        if (kind == GS_KIND_SCORE)
            of_output = -of_output;
        else if (kind == GS_KIND_NOISE)
            of_output /= sigma;
        else
            of_output = ((double)x[i] - of_output) / (sigma * sigma);
        out[i] = (float)of_output;
    }
}

gs_status gs_score_gradient(gs_plan *plan, const float *x, double sigma, const int *labels, size_t n, float *energy,
                            float *gradient, gs_error *error) {
    const gs_model_info *info = &plan->model->info;
    if (info->kind == GS_KIND_ENERGY)
        return gs_plan_gradient(plan, x, sigma, labels, n, energy, gradient, error);
    gs_status status = gs_plan_evaluate(plan, x, sigma, labels, n, (float *const[2]){gradient, NULL}, error);
    if (!status)
        convert(info->kind, sigma, x, gradient, n * info->output_size[0]);
    return status;
}
