#include "engine/weights.h"

#include "base/os.h"

/* The blocks double, so that small plans take little. */
enum { FIRST = 1 << 16, ALIGNMENT = 16 }; /* floats */

struct gs_weights {
    gs_weights *next;
    float *memory;
    size_t used, floats;
};

static gs_weights *add_block(gs_plan *plan, size_t least) {
    size_t floats = plan->weights ? 2 * plan->weights->floats : FIRST;
    gs_weights *block = gs_alloc(1, sizeof *block);
    if (!block)
        return NULL;
    block->floats = floats < least ? least : floats;
    block->memory = gs_alloc_large(block->floats, sizeof *block->memory);
    if (!block->memory) {
        gs_free(block);
        return NULL;
    }
    gs_places_renew(plan->places, block->memory, block->floats * sizeof *block->memory);
    block->next = plan->weights;
    plan->weights = block;
    return block;
}

float *gs_weights_alloc(gs_plan *plan, size_t floats) {
    gs_weights *block = plan->weights;
    size_t whole;
    if (!gs_add_size(floats, ALIGNMENT - 1, &whole))
        return NULL;
    whole -= whole % ALIGNMENT;
    if (!block || block->floats - block->used < whole)
        block = add_block(plan, whole);
    if (!block)
        return NULL;
    float *weights = block->memory + block->used;
    block->used += whole;
    return weights;
}

void *gs_weights_alloc_of(gs_plan *plan, const gs_product_type *type, size_t count) {
    size_t each = (size_t)type->traits.weight_bytes;
    return gs_weights_alloc(plan, count / sizeof(float) * each + count % sizeof(float));
}

size_t gs_weights_bytes(const gs_plan *plan, size_t *spare) {
    size_t bytes = 0;
    *spare = 0;
    for (const gs_weights *block = plan->weights; block; block = block->next) {
        size_t all = gs_alloc_large_bytes(block->floats * sizeof *block->memory),
               pages = (block->used * sizeof *block->memory + GS_LARGE_PAGE - 1) / GS_LARGE_PAGE * GS_LARGE_PAGE,
               used = pages < all ? pages : all;
        bytes += used;
        *spare += all - used;
    }
    return bytes;
}

void gs_weights_free(gs_plan *plan) {
    while (plan->weights) {
        gs_weights *block = plan->weights;
        plan->weights = block->next;
        gs_free(block->memory);
        gs_free(block);
    }
}
