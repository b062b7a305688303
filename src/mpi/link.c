/* The link between ranks by MPI: the plugin gensample-mpi. Two-sided messages alone, as one-sided counters of most
 * transports move only while their target is inside MPI; and no collective operation, as none ends when a rank is lost.
 * Errors of MPI are no end: a message to a rank that is lost never leaves, and the rank is noticed by its silence. */
#include <mpi.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/link.h"

/* A message on its way, in a list. */
typedef struct parcel {
    struct parcel *next;
    MPI_Request request;
    unsigned char bytes[];
} parcel;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the list */
static parcel *on_their_way;

static bool begin(int *rank, int *count, char why[GS_LINK_WHY_ROOM]) {
    int got = MPI_THREAD_SINGLE;
    MPI_Init_thread(NULL, NULL, MPI_THREAD_MULTIPLE, &got);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, rank);
    MPI_Comm_size(MPI_COMM_WORLD, count);
    if (got == MPI_THREAD_MULTIPLE || *count == 1)
        return true;
    snprintf(why, GS_LINK_WHY_ROOM, "this MPI does not let several threads send; expected MPI_THREAD_MULTIPLE");
    return false;
}

static bool sent(void) {
    pthread_mutex_lock(&lock);
    for (parcel **at = &on_their_way; *at;) {
        parcel *p = *at;
        int done = 0;
        bool failed = MPI_Test(&p->request, &done, MPI_STATUS_IGNORE) != MPI_SUCCESS;
        if (done || failed) {
            *at = p->next;
            free(p);
        } else {
            at = &p->next;
        }
    }
    bool all = !on_their_way;
    pthread_mutex_unlock(&lock);
    return all;
}

static void send(int to, int kind, const void *message, size_t bytes) {
    parcel *p = malloc(sizeof *p + bytes);
    if (!p)
        return;
    memcpy(p->bytes, message, bytes);
    if (MPI_Isend(p->bytes, (int)bytes, MPI_BYTE, to, kind, MPI_COMM_WORLD, &p->request) != MPI_SUCCESS) {
        free(p);
        return;
    }
    pthread_mutex_lock(&lock);
    p->next = on_their_way;
    on_their_way = p;
    pthread_mutex_unlock(&lock);
    sent();
}

static bool take(int kind, int *from, void *message, size_t bytes) {
    int found = 0;
    MPI_Message matched;
    MPI_Status status;
    bool failed =
        MPI_Improbe(*from < 0 ? MPI_ANY_SOURCE : *from, kind, MPI_COMM_WORLD, &found, &matched, &status) != MPI_SUCCESS;
    if (failed || !found)
        return false;
    *from = status.MPI_SOURCE;
    return MPI_Mrecv(message, (int)bytes, MPI_BYTE, &matched, &status) == MPI_SUCCESS;
}

static void end(void) {
    MPI_Finalize();
}

static void abandon(int code) {
    MPI_Abort(MPI_COMM_WORLD, code);
}

__attribute__((visibility("default"))) extern const gs_link gs_link_mpi;
const gs_link gs_link_mpi = {sizeof(gs_link), begin, send, sent, take, end, abandon};
