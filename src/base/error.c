#include <math.h>
#include <stdio.h>

#include "base/base.h"
#include "base/machine.h"

static void make_printable(char *text) {
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            *text = '?';
}

gs_status gs_fail(gs_error *error, gs_status status, const char *format, ...) {
    if (!error)
        return status;
    error->status = status;
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(error->message, sizeof error->message, format, arguments) < 0)
        error->message[0] = '\0';
    va_end(arguments);
    make_printable(error->message);
    return status;
}

gs_status gs_fail_memory(gs_error *error, const char *what) {
    double taken = (double)gs_allocated_now() * 1e-6, most = gs_machine_bytes() * 1e-6;
    char of[64] = "";
    if (isfinite(most))
        snprintf(of, sizeof of, " of the %.2f MB that it may use", most);
    return gs_fail(error, GS_ERROR_MEMORY,
                   "out of memory: %s; this process has taken %.2f MB%s: ask for less at a time", what, taken, of);
}
