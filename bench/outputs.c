#include "outputs.h"

#include "io/output.h"
#include "io/place.h"

gs_status bench_outputs_check(const bench_output *outputs, int count, char *const *inputs, int input_count,
                              gs_error *error) {
    gs_status status = GS_OK;
    for (int i = 0; i < count && !status; i++) {
        if (!outputs[i].path)
            continue;
        for (int k = 0; k < i; k++)
            if (outputs[k].path && gs_place_same(outputs[k].path, outputs[i].path))
                return gs_fail(error, GS_ERROR_ARGUMENT, "%s: %s and %s would be one file; give each its own name",
                               outputs[i].path, outputs[k].what, outputs[i].what);
        for (int k = 0; k < input_count; k++)
            if (gs_place_same(inputs[k], outputs[i].path))
                return gs_fail(error, GS_ERROR_ARGUMENT, "%s: it is read, and %s would replace it; give another name",
                               outputs[i].path, outputs[i].what);
        status = gs_output_check(outputs[i].path, GS_FORMAT_TEXT, 0, error);
    }
    return status;
}

FILE *bench_outputs_console(const bench_output *outputs, int count) {
    bool is_taken = false;
    for (int i = 0; i < count; i++)
        is_taken = is_taken || (outputs[i].path && gs_output_is_stdout(outputs[i].path));
    return is_taken ? stderr : stdout;
}
