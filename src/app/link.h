/* What connects the processes ("ranks") that a launcher such as mpirun has started. A plugin gives it, which is loaded
 * where ranks work together: so neither the library nor the program needs MPI, and one package can have the program
 * and another one the plugin. The plugin knows messages, and nothing of what is in them. */
#ifndef GS_APP_LINK_H
#define GS_APP_LINK_H

#include <stdbool.h>
#include <stddef.h>

enum { GS_LINK_WHY_ROOM = 200 };

/* Nothing but begin and end waits for another rank, so that no rank's loss stops the others. Any thread may call send,
 * sent and take; the main thread calls the others. */
typedef struct gs_link {
    size_t bytes; /* sizeof(gs_link), by which a plugin of another version is noticed */

    /* This rank, 0 ... count - 1; false with the reason if there can be no link. Waits until all ranks have called it.
     */
    bool (*begin)(int *rank, int *count, char why[GS_LINK_WHY_ROOM]);

    /* Send a copy of a message of a kind, 1, 2, ..., to a rank, which may be one's own. A message to a rank that is
     * lost, or for which there is no memory, is lost too. */
    void (*send)(int to, int kind, const void *message, size_t bytes);

    /* Move on what is on its way, and say whether all of it has left. */
    bool (*sent)(void);

    /* Take a message of this kind and size from a rank, or from any if *from is negative, if one has come, and say from
     * whom. */
    bool (*take)(int kind, int *from, void *message, size_t bytes);

    /* The end of all ranks, for which they wait; or at once, by force, with their exit status. */
    void (*end)(void);
    void (*abandon)(int code);
} gs_link;

/* The name of the plugin's gs_link. */
#define GS_LINK_SYMBOL "gs_link_mpi"

#endif
