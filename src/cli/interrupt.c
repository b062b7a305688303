#include "cli/interrupt.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

/* timeout(1) and some shells send a signal to the process and again to its group: that is one request. */
static const long long SAME_REQUEST_NS = 300000000;

static atomic_llong first_ns; /* when the first signal came; 0 if none has */

static void note_signal(int number) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    long long now = (long long)t.tv_sec * 1000000000 + t.tv_nsec + 1, first = 0;
    if (!atomic_compare_exchange_strong(&first_ns, &first, now) && now - first > SAME_REQUEST_NS) {
        signal(number, SIG_DFL);
        raise(number);
    }
}

void gs_interrupt_install(void) {
    struct sigaction action = {.sa_handler = note_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    struct sigaction present;
    if (!sigaction(SIGHUP, NULL, &present) && present.sa_handler != SIG_IGN) /* nohup(1) has it ignored */
        sigaction(SIGHUP, &action, NULL);
}

bool gs_interrupted(void) {
    return atomic_load(&first_ns) != 0;
}
