/* Fuzz target: the bytes of a log of a training. */
#include "fuzz.h"

#include <math.h>

#include "study/training_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    gs_training_log log;
    gs_error error = {.status = GS_OK};
    gs_status status = gs_training_log_read(fuzz_path(data, size), &log, &error);
    if (status) {
        fuzz_check_refusal(status, 1U << GS_ERROR_FORMAT, &error);
        return 0;
    }
    for (size_t i = 0; i < log.columns; i++)
        for (size_t k = 0; k < log.column[i].length * log.epochs; k++)
            if (!isfinite(log.column[i].values[k]))
                fuzz_finding("a number that is not finite", log.column[i].name);
    gs_training_log_free(&log);
    return 0;
}
