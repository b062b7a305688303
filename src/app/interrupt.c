#include "app/interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"
#include "io/output.h"

/* timeout(1) and some shells send a signal to the process and again to its group: that is one request. */
static const long long SAME_REQUEST_NS = 300000000;

static const struct {
    int number;
    bool urges;         /* a second one ends the process */
    bool stays_ignored; /* as nohup(1) has SIGHUP */
} signals[] = {{SIGINT, true, false},
               {SIGTERM, true, false},
               {SIGHUP, true, true},
               {SIGUSR1, false, true},
               {SIGXCPU, false, true}};

static atomic_bool noted;
static _Atomic(const char *) last_line; /* not NULL: a signal prints it and ends the process */
static atomic_llong first_ns;           /* when the first signal that urges came; 0 if none has */
static pthread_t main_thread;

static bool urges(int number) {
    bool found = false;
    for (size_t i = 0; i < GS_COUNT(signals); i++)
        found = found || (signals[i].number == number && signals[i].urges);
    return found;
}

static void end_at_once(const char *line) {
    gs_temporary_remove_all();
    ssize_t ignored = write(STDERR_FILENO, line, strlen(line));
    (void)ignored;
    _exit(GS_EXIT_INTERRUPTED);
}

static void note_signal(int number) {
    if (!pthread_equal(pthread_self(), main_thread)) {
        pthread_kill(main_thread, number);
        return;
    }
    const char *line = atomic_load(&last_line);
    if (line)
        end_at_once(line);
    atomic_store(&noted, true);
    gs_output_hurry();
    if (!urges(number))
        return;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    long long now = (long long)t.tv_sec * 1000000000 + t.tv_nsec + 1, first = 0;
    if (!atomic_compare_exchange_strong(&first_ns, &first, now) && now - first > SAME_REQUEST_NS) {
        gs_temporary_remove_all();
        signal(number, SIG_DFL);
        raise(number);
    }
}

static void handle_signals(void) {
    struct sigaction action = {.sa_handler = note_signal, .sa_flags = SA_RESTART}, present;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < GS_COUNT(signals); i++)
        sigaddset(&action.sa_mask, signals[i].number);
    main_thread = pthread_self();
    for (size_t i = 0; i < GS_COUNT(signals); i++) {
        bool ignored = !sigaction(signals[i].number, NULL, &present) && present.sa_handler == SIG_IGN;
        if (!ignored || !signals[i].stays_ignored)
            sigaction(signals[i].number, &action, NULL);
    }
}

void gs_interrupt_begin(const char *line) {
    atomic_store(&last_line, line);
    handle_signals();
}

void gs_interrupt_install(void) {
    atomic_store(&last_line, NULL);
    handle_signals();
}

void gs_interrupt_request(void) {
    atomic_store(&noted, true);
}

bool gs_interrupted(void) {
    return atomic_load(&noted);
}
