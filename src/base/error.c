#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "base/machine.h"

static void make_printable(char *text) {
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            *text = '?';
}

/* A message that is too long, as a path may be, keeps its end, where the reason is. */
static void keep_end(gs_error *error, size_t length, const char *format, va_list arguments) {
    static const char gap[] = "...";
    char *whole = gs_alloc(length + 1, 1), *middle = error->message + sizeof error->message / 2;
    size_t left = (size_t)(error->message + sizeof error->message - middle) - sizeof gap;
    if (!whole)
        return;
    if (vsnprintf(whole, length + 1, format, arguments) == (int)length) {
        memcpy(middle, gap, sizeof gap - 1);
        memcpy(middle + sizeof gap - 1, whole + length - left, left + 1);
    }
    gs_free(whole);
}

gs_status gs_fail(gs_error *error, gs_status status, const char *format, ...) {
    if (!error)
        return status;
    error->status = status;
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(error->message, sizeof error->message, format, arguments);
    if (length < 0)
        error->message[0] = '\0';
    else if ((size_t)length >= sizeof error->message)
        keep_end(error, (size_t)length, format, again);
    va_end(again);
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
