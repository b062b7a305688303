/* SIGINT and SIGTERM as a flag. */
#ifndef GS_CLI_INTERRUPT_H
#define GS_CLI_INTERRUPT_H

#include <stdbool.h>

/* From here on the first signal of each kind sets the flag, the second ends the process. */
void gs_interrupt_install(void);
bool gs_interrupted(void);

#endif
