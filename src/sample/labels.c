/* Labels with the frequencies of the training data: a Weyl sequence u_k = frac(u_0 + k (sqrt(5) - 1) / 2), whose every
 * run of n numbers fills [0, 1] to O(log n / n) (Niederreiter 1992, chapter 3), through the inverse of the shares'
 * cumulative sum. Independent labels would add their own noise of n^(-1/2) to every comparison of samples with data. */
#include "base/base.h"
#include "random/random.h"

/* The label at u, 0 <= u < 1, of the cumulative sum of the shares. */
static int label_at(const gs_model_info *info, double u) {
    int label = 0;
    while (label < info->labels - 1 && u >= info->shares[label])
        u -= info->shares[label++];
    return label;
}

gs_status gs_model_draw_labels(const gs_model *model, uint64_t seed, uint64_t first_chain, size_t n, int *labels,
                               gs_error *error) {
    const gs_model_info *info = gs_model_get_info(model);
    if (!info->shares && !info->needs_label)
        return gs_fail(error, GS_ERROR_UNSUPPORTED,
                       "label: the file of %s does not say how often each class occurs (data.shares): choose labels by "
                       "other means",
                       info->name);
    const uint64_t golden = 0x9e3779b97f4a7c15u; /* of 2^64 */
    uint32_t counter[4], words[4];
    gs_random_counter(GS_STREAM_LABEL, 0, 0, 0, counter);
    gs_random_words(seed, counter, words);
    uint64_t start = (uint64_t)words[0] << 32 | words[1];
    for (size_t k = 0; k < n; k++) {
        double u = (double)((start + (first_chain + k) * golden) >> 11) * 0x1p-53;
        labels[k] = info->shares ? label_at(info, u) : (int)(u * info->labels);
    }
    return GS_OK;
}
