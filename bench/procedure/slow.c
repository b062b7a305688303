/* A build that is slower on purpose, to test the regression check: the kernel BENCH_SLOW of every instruction set does
 * BENCH_SLOW_PERCENT more of its calls twice. It takes the place of gs_kernels_find by the linker's --wrap, so that the
 * library's sources know nothing of it, and the results stay the same: these kernels only write what they compute. */
#include <stdatomic.h>
#include <string.h>

#include "kernels.h"

const gs_kernels *__real_gs_kernels_find(const char *isa);
const gs_kernels *__wrap_gs_kernels_find(const char *isa);

enum { TABLES = 8 };

/* One share for all tables and threads; which call it is does not matter. */
static bool is_again(void) {
    static _Thread_local int share;
    share += BENCH_SLOW_PERCENT;
    bool again = share >= 100;
    share -= again ? 100 : 0;
    return again;
}

static const gs_kernels *original[TABLES];
