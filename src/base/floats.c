#include "base/floats.h"

fenv_t gs_floats_enter(void) {
    fenv_t callers;
    fegetenv(&callers);
    fesetenv(FE_DFL_ENV);
    return callers;
}

void gs_floats_leave(const fenv_t *callers) {
    fesetenv(callers);
}
