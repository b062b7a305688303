/* Allocations are counted and made to fail: those of the library and of the tests themselves, whose calls the linker
 * redirects here (--wrap, in tests/CMakeLists.txt), pieces of arenas (base/arena.h) among them, and jansson's, which is
 * given these functions. Those inside other shared libraries are not. */
#ifndef TEST_ALLOCATION_H
#define TEST_ALLOCATION_H

#include <stdbool.h>
#include <stddef.h>

/* Let jansson allocate here too; to be called before any use of it. */
void allocation_watch_jansson(void);

/* The blocks and bytes that are allocated at present. */
long allocation_blocks(void);
long allocation_bytes(void);

/* The most bytes that were allocated at once since the last allocation_start_peak. */
void allocation_start_peak(void);
long allocation_peak(void);

/* After `succeed` more allocations, let one fail or, with `all`, every one until allocation_stop_failing, which returns
 * how many failed. */
void allocation_start_failing(long succeed, bool all);
long allocation_stop_failing(void);

#endif
