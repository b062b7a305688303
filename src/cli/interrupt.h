/* Signals that ask for an end, as a flag. */
#ifndef GS_CLI_INTERRUPT_H
#define GS_CLI_INTERRUPT_H

#include <stdbool.h>

/* From here on the first SIGINT, SIGTERM or SIGHUP sets the flag, and a second one, not at the same moment, removes
 * temporary files and ends the process. SIGUSR1 and SIGXCPU, by which batch systems announce their limits, some of them
 * again and again, set the flag alone. SIGHUP, SIGUSR1 and SIGXCPU stay ignored where they are. Called by the main
 * thread, which handles the signals of all. */
void gs_interrupt_install(void);
bool gs_interrupted(void);

#endif
