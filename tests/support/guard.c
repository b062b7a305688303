#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "support/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/mman.h>
#include <cmocka.h>

static float *map_slot(void) {
    enum { PAGE = 1 << 16, BYTES = GUARD_FLOATS * (int)sizeof(float) }; /* a multiple of any page size in use */
    char *base = mmap(NULL, BYTES + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(base != MAP_FAILED);
    assert_int_equal(mprotect(base + PAGE, BYTES, PROT_READ | PROT_WRITE), 0);
    return (float *)(void *)(base + PAGE);
}

float *guard_floats(int slot, size_t count, bool at_end) {
    static float *slots[GUARD_SLOTS];
    assert_in_range(slot, 0, GUARD_SLOTS - 1);
    assert_in_range(count, 0, GUARD_FLOATS);
    if (!slots[slot])
        slots[slot] = map_slot();
    return at_end ? slots[slot] + GUARD_FLOATS - count : slots[slot];
}
