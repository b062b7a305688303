/* A step's blocked input in the type of its products: image by image in the worker's room, halos included: as the
 * buffer has it, so that what is so many floats from an image's first pixel there is so many elements from it here, or,
 * for products by tiles, with all channels of a pixel beside each other. For float32, and where the buffer holds the
 * type already (typed.h), it is the buffer itself. */
#ifndef GS_CONVERTED_H
#define GS_CONVERTED_H

#include "engine/method/scales.h"
#include "engine/method/view.h"

typedef struct gs_converted {
    const gs_product_type *type;
    const gs_scales *scales; /* of integers; or NULL */
    int buffer;
    ptrdiff_t origin, image;      /* bytes in the room: to an image's first pixel, and from one image to the next */
    ptrdiff_t row, column, plane; /* elements from one pixel to the next, as products read them */
    size_t bytes; /* that it takes at the beginning of the room, whole vectors; 0: it is the buffer itself */
} gs_converted;

/* Of operand 0 of a step whose segment is known; `pixels`: with all channels of a pixel beside each other. */
gs_converted gs_converted_of(const gs_plan *plan, const gs_step *step, const gs_product_type *type,
                             const gs_scales *scales, bool pixels);

/* Convert images i0 ... i1 - 1 of the step's turn. */
void gs_convert(const gs_converted *converted, const gs_worker *worker, int i0, int i1);

/* The first pixel of image `i` of the step's turn. */
static inline const char *gs_converted_at(const gs_converted *c, const gs_worker *worker, int i) {
    if (!c->bytes)
        return gs_buffer_at(worker, c->buffer, i);
    return (const char *)worker->room + (i - worker->image0[GS_SEGMENT]) * c->image + c->origin;
}

#endif
