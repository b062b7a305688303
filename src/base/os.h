/* What POSIX leaves to each system. No other file calls what only one system has. Thread-safe. */
#ifndef GS_OS_H
#define GS_OS_H

#include <stdbool.h>
#include <stddef.h>

/* The running program's own absolute path, of at most room - 1 bytes; false where the system does not tell. */
bool gs_os_program_path(char *path, size_t room);

/* Bytes of memory that this machine has; infinite where the system does not say. Systems promise more than that and end
 * the program when it is used. */
double gs_machine_bytes(void);

/* Tell the system that memory at a boundary of GS_LARGE_PAGE will be used all over, so that it may take large pages,
 * which the processor finds with fewer of its page table entries. */
enum { GS_LARGE_PAGE = 1 << 21 };
void gs_os_want_large_pages(void *memory, size_t bytes);

/* Whether this processor, a 64-bit ARM one, and the system run NEON instructions. */
bool gs_os_has_neon(void);

#endif
