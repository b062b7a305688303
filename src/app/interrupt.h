/* Signals that ask for an end, as a flag. */
#ifndef GS_APP_INTERRUPT_H
#define GS_APP_INTERRUPT_H

#include <stdbool.h>

enum { GS_EXIT_INTERRUPTED = 130 };

/* From now on these signals print `line` on standard error, remove temporary files and end the process with the status
 * above, because there is nothing to keep yet. SIGHUP, SIGUSR1 and SIGXCPU stay ignored if they were. The main thread
 * must call this, at the start of the program; it handles the signals of all threads. */
void gs_interrupt_begin(const char *line);

/* From now on the first SIGINT, SIGTERM or SIGHUP sets the flag; a second one, unless it comes at the same moment,
 * removes temporary files and ends the process, and no output waits for a pipe's reader any longer. SIGUSR1 and
 * SIGXCPU, with which batch systems announce their limits, sometimes repeatedly, only set the flag. SIGHUP, SIGUSR1 and
 * SIGXCPU stay ignored if they were. The main thread must call this; it handles the signals of all threads. */
void gs_interrupt_install(void);
bool gs_interrupted(void);

/* Set the flag, as such a signal does; any thread may. */
void gs_interrupt_request(void);

#endif
