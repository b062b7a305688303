/* A link between ranks without MPI, to be put where the program looks for its plugin: messages are files of the folder
 * LINK_FOLDER, KIND.FROM.TO.NUMBER, which appear whole and in order. LINK_RANK and LINK_COUNT say who this rank is.
 *
 * LINK_FAULTS has faults of this rank, with commas between:
 *   begin           there can be no link
 *   stuck           sent() never says that all has left
 *   SIGNAL-send KIND N, SIGNAL-take KIND N   raise kill, stop or usr1 when message number N of a kind, from 1 on, is
 *                   about to be sent, or has been taken
 *   lose KIND N     messages of a kind from number N on are lost
 *   late KIND N S   message number N of a kind is sent after S seconds
 *
 * With LINK_BYTES, a number, it is a plugin of another version. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/link.h"

#ifndef LINK_BYTES
#define LINK_BYTES sizeof(gs_link)
#endif

enum { KINDS = 16, RANKS = 8, PATH_ROOM = 1024 };

static const char *folder, *faults;
static int own, all;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the numbers of messages, by kind */
static int sent_of[KINDS], taken_of[KINDS], next_to[KINDS][RANKS], next_from[KINDS][RANKS];

static void sleep_ms(long ms) {
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

/* What follows the name of a fault, of those with that name the one of `kind` where that is not 0; else NULL. */
static const char *find_fault(const char *name, int kind) {
    size_t length = strlen(name);
    for (const char *at = faults; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (!strncmp(at, name, length) && (!kind || atoi(at + length) == kind))
            return at + length;
    return NULL;
}

static void raise_at(const char *when, int kind, int number) {
    static const struct {
        const char *name;
        int signal;
    } signals[] = {{"kill", SIGKILL}, {"stop", SIGSTOP}, {"usr1", SIGUSR1}};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        char name[20];
        int at = 0;
        snprintf(name, sizeof name, "%s-%s ", signals[i].name, when);
        const char *fault = find_fault(name, kind);
        if (fault && sscanf(fault, "%*d %d", &at) == 1 && at == number)
            kill(getpid(), signals[i].signal);
    }
}

/* ---- Files ---- */

static int open_in_folder(const char *name, int flags) {
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return open(path, flags | O_CLOEXEC, 0666);
}

/* As often as it takes, where calls of the program are made to fail. */
static void put_file(const char *name, const void *bytes, size_t count) {
    char hidden[80], from[PATH_ROOM], to[PATH_ROOM];
    ssize_t written = -1;
    snprintf(hidden, sizeof hidden, ".%s.%d", name, own); /* two ranks may abandon at once */
    while (written != (ssize_t)count) {
        int file = open_in_folder(hidden, O_WRONLY | O_CREAT | O_TRUNC);
        written = write(file, bytes, count);
        close(file);
    }
    snprintf(from, sizeof from, "%s/%s", folder, hidden);
    snprintf(to, sizeof to, "%s/%s", folder, name);
    while (rename(from, to) != 0)
        sleep_ms(1);
}

/* Wait until each rank has left a file. */
static void meet(const char *where) {
    char name[60];
    snprintf(name, sizeof name, "%s.%d", where, own);
    put_file(name, "", 0);
    for (int i = 0; i < all; i++) {
        int file;
        snprintf(name, sizeof name, "%s.%d", where, i);
        while ((file = open_in_folder(name, O_RDONLY)) < 0)
            sleep_ms(1);
        close(file);
    }
}

/* ---- The link ---- */

static bool begin(int *rank, int *count, char why[GS_LINK_WHY_ROOM]) {
    folder = getenv("LINK_FOLDER");
    faults = getenv("LINK_FAULTS");
    *rank = own = atoi(getenv("LINK_RANK"));
    *count = all = atoi(getenv("LINK_COUNT"));
    snprintf(why, GS_LINK_WHY_ROOM, "this link is made to fail");
    if (find_fault("begin", 0))
        return false;
    meet("begins");
    return true;
}

static void send(int to, int kind, const void *message, size_t bytes) {
    char name[60];
    int at = 0;
    long seconds = 0;
    pthread_mutex_lock(&lock);
    int number = ++sent_of[kind];
    pthread_mutex_unlock(&lock);
    raise_at("send", kind, number);
    const char *lose = find_fault("lose ", kind), *late = find_fault("late ", kind);
    if (lose && sscanf(lose, "%*d %d", &at) == 1 && number >= at)
        return;
    if (late && sscanf(late, "%*d %d %ld", &at, &seconds) == 2 && number == at)
        sleep_ms(1000 * seconds);
    pthread_mutex_lock(&lock);
    snprintf(name, sizeof name, "%d.%d.%d.%d", kind, own, to, next_to[kind][to]++);
    put_file(name, message, bytes);
    pthread_mutex_unlock(&lock);
}

static bool sent(void) {
    return !find_fault("stuck", 0);
}

/* With the lock. */
static bool take_from(int kind, int from, void *message, size_t bytes) {
    char name[60], path[PATH_ROOM];
    snprintf(name, sizeof name, "%d.%d.%d.%d", kind, from, own, next_from[kind][from]);
    int file = open_in_folder(name, O_RDONLY);
    if (file < 0)
        return false;
    bool whole = read(file, message, bytes) == (ssize_t)bytes;
    close(file);
    if (!whole) /* it is there to be taken later */
        return false;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    unlink(path);
    next_from[kind][from]++;
    taken_of[kind]++;
    return true;
}

static bool take(int kind, int *from, void *message, size_t bytes) {
    bool found = false;
    int first = *from < 0 ? 0 : *from, last = *from < 0 ? all - 1 : *from, number = 0;
    pthread_mutex_lock(&lock);
    for (int i = first; i <= last && !found; i++)
        if (take_from(kind, i, message, bytes)) {
            found = true;
            *from = i;
            number = taken_of[kind];
        }
    pthread_mutex_unlock(&lock);
    if (found)
        raise_at("take", kind, number);
    return found;
}

static void end(void) {
    meet("ends");
}

/* Those that start the ranks end them. */
static void abandon(int code) {
    (void)code;
    put_file("abandoned", "", 0);
}

__attribute__((visibility("default"))) extern const gs_link gs_link_mpi;
const gs_link gs_link_mpi = {LINK_BYTES, begin, send, sent, take, end, abandon};
