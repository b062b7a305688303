/* What libraries that are preloaded share: where the program's own code is, and when it has ended. They need glibc. */
#ifndef TEST_PROGRAM_H
#define TEST_PROGRAM_H

#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

static uintptr_t program_begin, program_end;
static atomic_bool program_has_ended;

/* The program comes first. */
static int read_program(struct dl_phdr_info *info, size_t size, void *data) {
    (void)size;
    (void)data;
    program_begin = info->dlpi_addr;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && part->p_flags & PF_X)
            program_end = program_begin + part->p_vaddr + part->p_memsz;
    }
    return 1;
}

/* Find the program; to be called once, before the following. */
static inline void program_find(void) {
    dl_iterate_phdr(read_program, NULL);
}

static inline bool program_has(uintptr_t address) {
    return address >= program_begin && address < program_end;
}

static void end_program(void) {
    atomic_store(&program_has_ended, true);
}

/* To be called when the program runs: what runs after it, such as the writing of a compiler's counts, is not its own.
 */
static inline void program_watch(void) {
    static atomic_flag watched = ATOMIC_FLAG_INIT;
    if (!atomic_flag_test_and_set(&watched))
        atexit(end_program);
}

#endif
