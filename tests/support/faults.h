/* Calls of the system and of stdio that fail: those of the library and of the tests themselves, which the linker
 * redirects here (--wrap, in tests/CMakeLists.txt), but not what libraries call within themselves. Nothing waits for
 * the disk here. One thread at a time. */
#ifndef TEST_FAULTS_H
#define TEST_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

/* Calls that fail together, "rename write", with that errno. */
typedef struct fault {
    const char *calls;
    int reason;
} fault;

/* All faults, one after another; NULL behind the last. */
const fault *fault_get(size_t i);

/* Note which calls are made until faults_stop; whether the first call of a fault is among those noted last. */
void faults_note(void);
bool fault_may_come(const fault *f);

/* After `succeed` of its calls let the next `count` fail; until faults_stop, which returns how many failed. */
void faults_start(const fault *f, long succeed, long count);
long faults_stop(void);

#endif
