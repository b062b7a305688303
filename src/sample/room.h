/* The memory of a call of gs_sample, beside that of plans and of what the caller gives. */
#ifndef GS_ROOM_H
#define GS_ROOM_H

#include "sample/chains.h"

/* Arrays of states that each sampler has, whatever it is. */
enum { GS_ROOM_STATES = 9 };

typedef struct gs_room {
    size_t block;   /* chains that a crew takes at a time */
    size_t state;   /* floats of an array of states of a block */
    size_t arrays;  /* such arrays of a thread, the sampler's own behind the others */
    size_t floats;  /* of a thread: these, and what replicas have beside states */
    size_t doubles; /* of a thread: what a measurement's operator takes */
    size_t threads;
    size_t tables; /* bytes of noise levels, of what networks make of them, and of notes about each chain */
} gs_room;

/* Of resolved options, whose terms are planned, for n chains. */
gs_room gs_room_of(const gs_plan *plan, const gs_measurement *measurement, const gs_sample_options *options, size_t n);

/* Bytes of all that, of as many threads as have work. */
size_t gs_room_bytes(const gs_room *room, size_t n);

#endif
