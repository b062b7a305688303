/* SIGINT and SIGTERM as a flag. */
#ifndef GS_CLI_INTERRUPT_H
#define GS_CLI_INTERRUPT_H

#include <stdbool.h>

/* From now on the first signal sets the flag; a second one, unless it comes at the same moment, ends the process. */
void gs_interrupt_install(void);
bool gs_interrupted(void);

#endif
