#include "engine/method/converted.h"

/* Bytes of what takes so many of float32. */
static ptrdiff_t narrowed(const gs_product_type *type, ptrdiff_t bytes) {
    return gs_input_bytes(type, gs_floats(bytes));
}

gs_converted gs_converted_of(const gs_plan *plan, const gs_step *step, const gs_product_type *type,
                             const gs_scales *scales) {
    const gs_buffer *b = &plan->buffer[step->source[0].index];
    gs_converted c = {.type = type, .scales = scales, .buffer = step->source[0].index};
    if (gs_is_narrow(type) && !b->type) {
        c.origin = narrowed(type, b->origin);
        c.image = narrowed(type, b->image);
        c.bytes = (size_t)gs_whole_bytes(plan->segment[step->segment].images * c.image);
    }
    return c;
}

/* Planes of one scale each, or all as one. */
static void convert_image(const gs_converted *c, const gs_worker *worker, int i) {
    const gs_buffer *b = &worker->plan->buffer[c->buffer];
    bool scaled = gs_is_quantised(c->type);
    ptrdiff_t bytes = scaled ? b->plane : b->image;
    gs_convert_args args = {.x = (const float *)((const char *)gs_buffer_at(worker, c->buffer, i) - b->origin),
                            .rows = 1,
                            .columns = (int)(bytes / GS_VECTOR_BYTES)};
    char *y = (char *)worker->room + (i - worker->image0[GS_SEGMENT]) * c->image;
    for (int p = 0; p < (scaled ? b->planes : 1); p++, args.x += gs_floats(bytes), y += narrowed(c->type, bytes)) {
        args.y = y;
        args.inv = scaled ? gs_scales_inv(c->scales, gs_band_of(worker, i), 0, p) : NULL;
        c->type->convert(&args);
    }
}

void gs_convert(const gs_converted *c, const gs_worker *worker, int i0, int i1) {
    for (int i = i0; i < i1 && c->bytes; i++)
        convert_image(c, worker, i);
}
