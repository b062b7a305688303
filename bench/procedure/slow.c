/* For a build that is slower on purpose, to test the regression check (slowdown.sh): mac of every instruction set does
 * GENSAMPLE_SLOW_KERNEL per cent of its work twice. The linker's --wrap puts this in the place of gs_kernels_find, so
 * that the library's sources know nothing of it; the results stay the same. */
#include <stddef.h>

#include "kernels.h"

const gs_kernels *__real_gs_kernels_find(const char *isa);
const gs_kernels *__wrap_gs_kernels_find(const char *isa);

/* Calls that add to what they overwrite can't be repeated; others make up for them. */
static void slow_mac(void (*mac)(const gs_mac_args *p), const gs_mac_args *p) {
    static _Thread_local double debt; /* multiply-adds that are to be done again */
    double work = (double)p->rows * p->segments * p->length * p->planes;
    debt += work * GENSAMPLE_SLOW_KERNEL / 100;
    mac(p);
    while (debt >= work && work > 0 && !p->add && !p->mul) {
        mac(p);
        debt -= work;
    }
}

/* One function a table, which knows the original by the table's number. */
#define SLOW_TABLES(TABLE) TABLE(0) TABLE(1) TABLE(2) TABLE(3)
#define SLOW_FUNCTION(i)                             \
    static void slow_mac_##i(const gs_mac_args *p) { \
        slow_mac(gs_kernels_at(i)->mac, p);          \
    }
SLOW_TABLES(SLOW_FUNCTION)

const gs_kernels *__wrap_gs_kernels_find(const char *isa) {
#define SLOW_ADDRESS(i) slow_mac_##i,
    static void (*const slow[])(const gs_mac_args *p) = {SLOW_TABLES(SLOW_ADDRESS)};
    static _Thread_local gs_kernels table[sizeof slow / sizeof *slow];
    const gs_kernels *real = __real_gs_kernels_find(isa);
    for (int i = 0; real && i < (int)(sizeof slow / sizeof *slow); i++)
        if (gs_kernels_at(i) == real) {
            table[i] = *real;
            table[i].mac = slow[i];
            return &table[i];
        }
    return real;
}
