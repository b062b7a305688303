/* For a build that is slower on purpose, to test the regression check (slowdown.sh): mac of every instruction set does
 * GENSAMPLE_SLOW_KERNEL per cent of its work twice. The linker's --wrap puts this function in place of gs_kernels_find,
 * so that the library's sources need not know about it; the results stay the same. */
#include "kernels.h"

const gs_kernels *__real_gs_kernels_find(const char *isa);
const gs_kernels *__wrap_gs_kernels_find(const char *isa);

typedef void mac_function(const gs_mac_args *p);

/* Calls that add to what they overwrite cannot be repeated; others make up for them. */
static void slow_mac(mac_function *mac, const gs_mac_args *p) {
    static _Thread_local long debt; /* per cent of multiply-adds that are to be done again */
    long work = (long)p->rows * p->segments * p->length * p->planes;
    debt += work * GENSAMPLE_SLOW_KERNEL;
    mac(p);
    while (debt >= 100 * work && work > 0 && !p->add && !p->mul) {
        mac(p);
        debt -= 100 * work;
    }
}

/* One function per instruction set, which finds the original by the table's number. */
enum {
#define GS_ISA(name, text, base, machine, flags, ...) GS_ON_##machine(TABLE_##name, )
#include "isas.def"
    TABLES
};
static mac_function *original[TABLES];
#define SLOW_FUNCTION(name)                             \
    static void slow_mac_##name(const gs_mac_args *p) { \
        slow_mac(original[TABLE_##name], p);            \
    }
#define GS_ISA(name, text, base, machine, flags, ...) GS_ON_##machine(SLOW_FUNCTION(name))
#include "isas.def"

const gs_kernels *__wrap_gs_kernels_find(const char *isa) {
    static mac_function *const slow[TABLES] = {
#define GS_ISA(name, text, base, machine, flags, ...) GS_ON_##machine(slow_mac_##name, )
#include "isas.def"
    };
    static gs_kernels table[TABLES];
    const gs_kernels *real = __real_gs_kernels_find(isa);
    for (int i = 0; real && i < TABLES; i++)
        if (gs_kernels_at(i) == real) {
            original[i] = real->mac;
            table[i] = *real;
            table[i].mac = slow[i];
            return &table[i];
        }
    return real;
}
