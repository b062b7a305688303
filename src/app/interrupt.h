/* Signals that ask for an end, as a flag. */
#ifndef GS_APP_INTERRUPT_H
#define GS_APP_INTERRUPT_H

#include <stdbool.h>

/* From now on the first SIGINT, SIGTERM or SIGHUP sets the flag; a second one, unless it comes at the same moment,
 * removes temporary files and ends the process. SIGUSR1 and SIGXCPU, with which batch systems announce their limits,
 * sometimes repeatedly, only set the flag. SIGHUP, SIGUSR1 and SIGXCPU stay ignored if they were. The main thread must
 * call this; it handles the signals of all threads. */
void gs_interrupt_install(void);
bool gs_interrupted(void);

#endif
