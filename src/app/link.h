/* What connects the processes ("ranks") that a launcher such as mpirun has started. A plugin gives it, which is loaded
 * where ranks work together: so neither the library nor the program needs MPI, and one package can have the program
 * and another one the plugin. The plugin knows messages, and nothing of what is in them. */
#ifndef GS_APP_LINK_H
#define GS_APP_LINK_H

#include <stdbool.h>
#include <stddef.h>

enum { GS_LINK_WHY_ROOM = 200 };

/* The functions do not fail: where MPI does, it says so and ends all ranks. Those that wait sleep meanwhile, since
 * another rank may compute for minutes on the same processor. Any thread may call send and take; of the others, all
 * ranks call the same ones in the same order. */
typedef struct gs_link {
    size_t bytes; /* sizeof(gs_link), by which a plugin of another version is noticed */

    /* This rank, 0 ... count - 1; false with the reason if there can be no link. */
    bool (*begin)(int *rank, int *count, char why[GS_LINK_WHY_ROOM]);

    /* Send a message of a kind, 1, 2, ..., to a rank, which may be one's own. */
    void (*send)(int to, int kind, const void *message, size_t bytes);

    /* Take a message of this kind and size, if one has come, and say from whom. */
    bool (*take)(int kind, int *from, void *message, size_t bytes);

    /* What each rank gives, (count, bytes), to all; what one has, to all. */
    void (*gather)(const void *own, size_t bytes, void *all);
    void (*spread)(int from, void *message, size_t bytes);

    /* The end of all ranks; or of those that are left when one was lost, with their exit status. */
    void (*end)(void);
    void (*abandon)(int code);
} gs_link;

/* The name of the plugin's gs_link. */
#define GS_LINK_SYMBOL "gs_link_mpi"

#endif
