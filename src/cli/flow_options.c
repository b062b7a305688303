#include "cli/flow_options.h"

enum { STEPS = 32, BYTES = 256 };

gs_flow_options gs_flow_options_of(const gs_arguments *a, const gs_model_info *info) {
    bool points = info->shape[1] == 1 && info->shape[2] == 1;
    int levels = a->dequantize ? a->dequantize : points ? -1 : BYTES;
    return (gs_flow_options){.steps = a->flow_steps ? a->flow_steps : STEPS,
                             .sigma_low = a->ends[0] > 0 ? a->ends[0] : info->sigma[0],
                             .sigma_high = a->ends[1] > 0 ? a->ends[1] : info->sigma[1],
                             .tolerance = a->tolerance,
                             .probes = a->probes,
                             .dequantize = levels > 0 ? levels : 0,
                             .seed = a->seed};
}

gs_status gs_flow_options_check(const gs_model_info *info, gs_error *error) {
    return info->takes_sigma
               ? GS_OK
               : gs_fail(error, GS_ERROR_ARGUMENT,
                         "the network %s takes no noise level: a probability flow needs one that knows all of them",
                         info->name);
}
