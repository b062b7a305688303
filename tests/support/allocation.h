/* Allocations counted, and made to fail: those of the library and of the tests themselves, whose calls the linker sends
 * here (--wrap, in tests/CMakeLists.txt), and jansson's, which is told. Not those inside other shared libraries. */
#ifndef TEST_ALLOCATION_H
#define TEST_ALLOCATION_H

#include <stdbool.h>
#include <stddef.h>

/* Let jansson allocate here too; before any use of it. */
void allocation_watch_jansson(void);

/* Blocks and bytes that are allocated now. */
long allocation_blocks(void);
long allocation_bytes(void);

/* The most bytes that were allocated at once since the last allocation_start_peak. */
void allocation_start_peak(void);
long allocation_peak(void);

/* After `succeed` more allocations fail one, or with `all` every one until allocation_stop_failing, which returns how
 * many failed. */
void allocation_start_failing(long succeed, bool all);
long allocation_stop_failing(void);

#endif
