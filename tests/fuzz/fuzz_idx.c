/* Fuzz target: the bytes of an IDX file, as images and as labels. */
#include "fuzz.h"

#include "io/label_file.h"

enum { MOST = 5 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    gs_label_file labels;
    gs_error error = {.status = GS_OK};
    fuzz_image_file(data, size);
    gs_status status = gs_labels_read(fuzz_path(data, size), MOST, &labels, &error);
    if (status)
        fuzz_check_refusal(status, 1U << GS_ERROR_FORMAT | 1U << GS_ERROR_MEMORY, &error);
    for (size_t i = 0; !status && i < labels.n; i++)
        if (labels.labels[i] < 0 || labels.labels[i] > UINT8_MAX)
            fuzz_finding("a label that is no byte", "");
    gs_free(labels.labels);
    return 0;
}
