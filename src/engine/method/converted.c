#include "engine/method/converted.h"

/* Bytes of what takes so many of float32. */
static ptrdiff_t narrowed(const gs_product_type *type, ptrdiff_t bytes) {
    return gs_input_bytes(type, gs_floats(bytes));
}

gs_converted gs_converted_of(const gs_plan *plan, const gs_step *step, const gs_product_type *type,
                             const gs_scales *scales, bool pixels) {
    const gs_buffer *b = &plan->buffer[step->source[0].index];
    gs_converted c = {.type = type,
                      .scales = scales,
                      .buffer = step->source[0].index,
                      .row = gs_buffer_elements(b, b->row),
                      .column = gs_buffer_elements(b, b->column),
                      .plane = gs_buffer_elements(b, b->plane)};
    if (!gs_is_narrow(type) || b->type)
        return c;
    ptrdiff_t factor = 1;
    if (pixels && b->layout == GS_BLOCKED) {
        factor = b->planes;
        c.plane = GS_F32_LANES;
    }
    c.row *= factor;
    c.column *= factor;
    c.origin = narrowed(type, b->origin) * factor;
    c.image = narrowed(type, b->image);
    c.bytes = (size_t)gs_whole_bytes(plan->segment[step->segment].images * c.image);
    return c;
}

/* Planes of one scale each, or, where they lie as the buffer's do, all as one. */
static void convert_image(const gs_converted *c, const gs_worker *worker, int i) {
    const gs_buffer *b = &worker->plan->buffer[c->buffer];
    bool pixels = c->plane < c->column && b->planes > 1, scaled = gs_is_quantised(c->type), each = scaled || pixels;
    int vectors = (int)((each ? b->plane : b->image) / GS_VECTOR_BYTES);
    gs_convert_args args = {.x = (const float *)((const char *)gs_buffer_at(worker, c->buffer, i) - b->origin),
                            .x_row = GS_F32_LANES,
                            .y_row = c->column,
                            .rows = pixels ? vectors : 1,
                            .columns = pixels ? 1 : vectors};
    char *y = (char *)worker->room + (i - worker->image0[GS_SEGMENT]) * c->image;
    for (int p = 0; p < (each ? b->planes : 1); p++, args.x += gs_floats(b->plane)) {
        args.y = y + gs_input_bytes(c->type, p * c->plane);
        args.inv = scaled ? gs_scales_inv(c->scales, gs_band_of(worker, i), 0, p) : NULL;
        c->type->convert(&args);
    }
}

void gs_convert(const gs_converted *c, const gs_worker *worker, int i0, int i1) {
    for (int i = i0; i < i1 && c->bytes; i++)
        convert_image(c, worker, i);
}
