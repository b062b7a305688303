/* The floating-point environment that the same-bytes rule needs, whatever the caller has set. */
#ifndef GS_FLOATS_H
#define GS_FLOATS_H

#include <fenv.h>

/* Keeps the caller's environment and sets the default one: rounding to nearest, subnormal numbers kept (neither flushed
 * to zero nor read as zero), no traps. This affects the calling thread alone. */
fenv_t gs_floats_enter(void);

/* Restores what gs_floats_enter returned, with the exceptions that were flagged then and no others. */
void gs_floats_leave(const fenv_t *callers);

#endif
