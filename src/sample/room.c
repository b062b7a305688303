#include "sample/room.h"

#include "inverse/operator.h"
#include "sample/adaptation.h"
#include "sample/given.h"
#include "sample/replicas.h"
#include "sample/schedule.h"

/* Chains a crew takes at a time: no network's plan has room for more. */
static size_t share_of(const gs_plan *plan, const gs_sample_options *o, size_t n) {
    size_t share = gs_plan_share(plan, n);
    for (int k = 0; k < o->term_count; k++) {
        size_t block = (size_t)o->terms[k].plan->block;
        share = share < block ? share : block;
    }
    return share;
}

/* A state is an x or, at the end, a decoder's image; abreast, there are whole groups of 16. */
static size_t state_floats(const gs_plan *plan, size_t block) {
    if (gs_plan_is_abreast(plan))
        block = (block + GS_F32_LANES - 1) / GS_F32_LANES * GS_F32_LANES;
    const int *d = plan->model->info.image;
    size_t x = gs_shape_size(gs_value_shape(plan->model, GS_VALUE_X)),
           image = (size_t)d[0] * (size_t)d[1] * (size_t)d[2];
    return (block * (x > image ? x : image) + 15) / 16 * 16;
}

/* What a network makes of all noise levels: a row per label. */
static size_t condition_bytes(const gs_plan *plan, int levels) {
    return (size_t)levels * ((size_t)plan->model->info.labels + 1) * plan->condition_size * sizeof(float);
}

gs_room gs_room_of(const gs_plan *plan, const gs_measurement *measurement, const gs_sample_options *o, size_t n) {
    gs_room room = {.block = share_of(plan, o, n),
                    .arrays = GS_ROOM_STATES + gs_chains_own_states(o),
                    .doubles = measurement ? measurement->operator_->room : 0,
                    .threads = (size_t)plan->threads};
    int levels = gs_schedule_visited(o);
    room.state = state_floats(plan, room.block);
    room.floats = room.arrays * room.state + gs_replicas_bytes(o) / sizeof(float);
    room.tables = n * sizeof(gs_fate) + condition_bytes(plan, levels) + gs_adaptation_weights(o) * sizeof(double);
    for (int k = 0; k < o->term_count; k++)
        room.tables += condition_bytes(o->terms[k].plan, levels);
    return room;
}

size_t gs_room_bytes(const gs_room *room, size_t n) {
    size_t blocks = (n + room->block - 1) / room->block, threads = blocks < room->threads ? blocks : room->threads;
    return threads * (room->floats * sizeof(float) + room->doubles * sizeof(double)) + room->tables;
}
