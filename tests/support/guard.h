/* Arrays flush against unmapped pages, so that a read or write out of bounds crashes the test. */
#ifndef TEST_GUARD_H
#define TEST_GUARD_H

#include <stdbool.h>
#include <stddef.h>

enum { GUARD_SLOTS = 9, GUARD_FLOATS = 1 << 18 };

/* `count` <= GUARD_FLOATS floats of slot `slot` < GUARD_SLOTS: either its last ones, just before an unmapped page, or
 * its first ones, just after one. Every call returns the same memory, whose contents stay. */
float *guard_floats(int slot, size_t count, bool at_end);

#endif
