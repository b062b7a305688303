/* netCDF files, which hold chains and nothing else: what gensample sample writes by chain_file.h. */
#include "io/sink.h"

static gs_status check(const char *path, const gs_sink_input *input, gs_error *error) {
    (void)input;
    return gs_fail(error, GS_ERROR_UNSUPPORTED,
                   "%s: .nc files hold the steps of chains, which gensample sample writes; expected another format",
                   path);
}

const gs_sink_format gs_sink_nc = {.value_bytes = sizeof(float), .check = check};
