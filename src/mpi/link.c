/* The link between ranks by MPI: the plugin gensample-mpi. Two-sided messages alone, as one-sided counters of most
 * transports move only while their target is inside MPI. */
#include <mpi.h>
#include <stdio.h>
#include <time.h>

#include "app/link.h"

/* MPI's own waiting keeps a processor busy. */
static void sleep_shortly(void) {
    const struct timespec pause = {.tv_nsec = 1000000};
    nanosleep(&pause, NULL);
}

static void wait_for(MPI_Request *request) {
    int done = 0;
    MPI_Test(request, &done, MPI_STATUS_IGNORE);
    while (!done) {
        sleep_shortly();
        MPI_Test(request, &done, MPI_STATUS_IGNORE);
    }
}

static bool begin(int *rank, int *count, char why[GS_LINK_WHY_ROOM]) {
    int got = MPI_THREAD_SINGLE;
    MPI_Init_thread(NULL, NULL, MPI_THREAD_MULTIPLE, &got);
    MPI_Comm_rank(MPI_COMM_WORLD, rank);
    MPI_Comm_size(MPI_COMM_WORLD, count);
    if (got == MPI_THREAD_MULTIPLE || *count == 1)
        return true;
    snprintf(why, GS_LINK_WHY_ROOM, "this MPI does not let several threads send; expected MPI_THREAD_MULTIPLE");
    return false;
}

static void send(int to, int kind, const void *message, size_t bytes) {
    MPI_Request request;
    MPI_Isend(message, (int)bytes, MPI_BYTE, to, kind, MPI_COMM_WORLD, &request);
    wait_for(&request);
}

static bool take(int kind, int *from, void *message, size_t bytes) {
    int found = 0;
    MPI_Message matched;
    MPI_Status status;
    MPI_Improbe(MPI_ANY_SOURCE, kind, MPI_COMM_WORLD, &found, &matched, &status);
    if (!found)
        return false;
    MPI_Mrecv(message, (int)bytes, MPI_BYTE, &matched, &status);
    *from = status.MPI_SOURCE;
    return true;
}

static void gather(const void *own, size_t bytes, void *all) {
    MPI_Request request;
    MPI_Iallgather(own, (int)bytes, MPI_BYTE, all, (int)bytes, MPI_BYTE, MPI_COMM_WORLD, &request);
    wait_for(&request);
}

static void spread(int from, void *message, size_t bytes) {
    MPI_Request request;
    MPI_Ibcast(message, (int)bytes, MPI_BYTE, from, MPI_COMM_WORLD, &request);
    wait_for(&request);
}

static void end(void) {
    MPI_Finalize();
}

static void abandon(int code) {
    MPI_Abort(MPI_COMM_WORLD, code);
}

__attribute__((visibility("default"))) extern const gs_link gs_link_mpi;
const gs_link gs_link_mpi = {sizeof(gs_link), begin, send, take, gather, spread, end, abandon};
