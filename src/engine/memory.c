/* Segments of steps, strides of buffers, and addresses in scratch memory by liveness. */
#include "engine/memory.h"

#include "engine/method.h"

/* Images that a thread carries together by default, and those of networks with large linear layers. */
enum { USUAL = 8, MANY = 16 };

static size_t positions(gs_shape shape) {
    return (size_t)shape.d[1] * (size_t)shape.d[2];
}

/* The weights of linear layers that do not stay in the second-level cache are read once for all images. */
static int choose_block(const gs_plan *plan) {
    enum { CACHE_BYTES = 1 << 20 };
    for (int s = 0; s < plan->steps; s++) {
        const gs_step *step = &plan->step[s];
        if (positions(plan->buffer[step->out].shape) == 1 && gs_step_cost(plan, step).weight_bytes > CACHE_BYTES)
            return MANY;
    }
    return USUAL;
}

/* Images that a step works on at a time: so many that one plane of vectors of all of them takes 32 KiB, which is what a
 * group of Winograd's tiles covers, and enough to share the weights; all of them for vectors. The bytes of all planes
 * set no limit: where there are many planes there are even more weights, which are read once for all these images. */
static int turn_of(const gs_plan *plan, const gs_step *step) {
    enum { PLANE_BYTES = 1 << 15 };
    size_t most = positions(plan->buffer[step->out].shape);
    for (int i = 0; i < step->sources; i++)
        if (step->source[i].kind == GS_SOURCE_BUFFER && positions(step->source[i].shape) > most)
            most = positions(step->source[i].shape);
    if (most == 1)
        return plan->block;
    size_t images = PLANE_BYTES / (most * GS_VECTOR_BYTES), limit = (size_t)(plan->block < USUAL ? plan->block : USUAL);
    return images == 0 ? 1 : (int)(images < limit ? images : limit);
}

static bool cut_segments(gs_plan *plan) {
    plan->segment = gs_alloc((size_t)plan->steps + 1, sizeof *plan->segment);
    if (!plan->segment)
        return false;
    for (int s = 0; s < plan->steps; s++) {
        int images = turn_of(plan, &plan->step[s]);
        gs_segment *last = plan->segments ? &plan->segment[plan->segments - 1] : NULL;
        if (!last || last->images != images) {
            last = &plan->segment[plan->segments++];
            *last = (gs_segment){.first = s, .images = images};
        }
        last->last = s + 1;
        plan->step[s].segment = plan->segments - 1;
    }
    return true;
}

static size_t whole_vectors(size_t bytes) {
    return (bytes + GS_VECTOR_BYTES - 1) / GS_VECTOR_BYTES * GS_VECTOR_BYTES;
}

static bool set_strides(gs_buffer *b) {
    size_t element = b->layout == GS_BLOCKED ? GS_VECTOR_BYTES : gs_dtype_size(b->dtype), row, plane, image;
    size_t rows = (size_t)(b->shape.d[1] + b->before + b->after),
           columns = (size_t)(b->shape.d[2] + b->before + b->after);
    if (b->layout == GS_PLANAR) {
        rows = (size_t)b->shape.d[1];
        columns = (size_t)b->shape.d[2];
    }
    if (!gs_mul_size(columns, element, &row) || !gs_mul_size(rows, row, &plane) ||
        !gs_mul_size(plane, (size_t)b->planes, &image) || image > PTRDIFF_MAX / GS_VECTOR_BYTES)
        return false;
    b->column = (ptrdiff_t)element;
    b->row = (ptrdiff_t)row;
    b->plane = (ptrdiff_t)plane;
    b->image = (ptrdiff_t)whole_vectors(image);
    b->origin = b->layout == GS_PLANAR ? 0 : b->before * (b->row + b->column);
    return true;
}

/* The first and last step of every buffer; a buffer that crosses segments lives through the whole of every segment it
 * touches, because a segment runs several times. */
static void set_lives(gs_plan *plan) {
    for (int s = 0; s < plan->steps; s++) {
        const gs_step *step = &plan->step[s];
        plan->buffer[step->out].first = plan->buffer[step->out].last = s;
        if (step->slope >= 0)
            plan->buffer[step->slope].first = plan->buffer[step->slope].last = s;
        for (int i = 0; i < step->sources; i++)
            if (step->source[i].kind == GS_SOURCE_BUFFER)
                plan->buffer[step->source[i].index].last = s;
    }
    for (int k = 0; k < plan->model->info.outputs; k++)
        plan->buffer[plan->output_buffer[k]].last = plan->steps;
    for (int i = 0; i < plan->buffers; i++) {
        gs_buffer *b = &plan->buffer[i];
        bool outside = b->first < 0 || b->last == plan->steps;
        b->whole = outside || plan->step[b->first].segment != plan->step[b->last].segment;
        if (!b->whole) {
            b->images = plan->segment[plan->step[b->first].segment].images;
            continue;
        }
        b->images = plan->block;
        if (b->first >= 0)
            b->first = plan->segment[plan->step[b->first].segment].first;
        if (b->last >= 0 && b->last < plan->steps)
            b->last = plan->segment[plan->step[b->last].segment].last - 1;
    }
}

static bool overlap_in_time(const gs_buffer *x, const gs_buffer *y) {
    return x->first <= y->last && y->first <= x->last;
}

/* First fit in order of birth: the lowest address that is clear of every placed buffer alive at the same time. The
 * extra vector keeps buffers a cache line apart, so that equal strides do not fall into the same cache set. */
static bool place(gs_plan *plan) {
    for (int i = 0; i < plan->buffers; i++) {
        gs_buffer *b = &plan->buffer[i];
        size_t size, at = 0;
        if (!gs_mul_size((size_t)b->image, (size_t)b->images, &size))
            return false;
        size += GS_VECTOR_BYTES;
        for (bool moved = true; moved;) {
            moved = false;
            for (int j = 0; j < i; j++) {
                const gs_buffer *o = &plan->buffer[j];
                size_t end = o->offset + (size_t)o->image * (size_t)o->images + GS_VECTOR_BYTES;
                if (overlap_in_time(b, o) && at < end && o->offset < at + size) {
                    at = end;
                    moved = true;
                }
            }
        }
        /* Sizes up to this limit are too small for the sums above to overflow. */
        if (at + size > PTRDIFF_MAX)
            return false;
        b->offset = at;
        if (at + size > plan->scratch_bytes)
            plan->scratch_bytes = at + size;
    }
    return true;
}

/* ---- Halos ---- */

static bool has_halo(const gs_buffer *b) {
    return b->layout == GS_BLOCKED && b->before + b->after > 0;
}

static bool overlap_in_memory(const gs_buffer *x, const gs_buffer *y) {
    size_t x_end = x->offset + (size_t)x->image * (size_t)x->images,
           y_end = y->offset + (size_t)y->image * (size_t)y->images;
    return x->offset < y_end && y->offset < x_end;
}

/* Whether two buffers have the same images, with the same halos, in the same place. */
static bool coincide(const gs_buffer *x, const gs_buffer *y) {
    return x->offset == y->offset && x->images == y->images && x->whole == y->whole && x->layout == y->layout &&
           x->planes == y->planes && x->shape.d[1] == y->shape.d[1] && x->shape.d[2] == y->shape.d[2] &&
           x->before == y->before && x->after == y->after;
}

/* A halo stays clear from one step of a segment to a later one, if no step between them writes elsewhere into that
 * memory. */
static bool is_clear(const gs_plan *plan, int step) {
    const gs_buffer *b = &plan->buffer[plan->step[step].out];
    for (int s = step - 1; s >= plan->segment[plan->step[step].segment].first; s--) {
        int slope = plan->step[s].slope;
        if (slope >= 0 && overlap_in_memory(&plan->buffer[slope], b))
            return false;
        const gs_buffer *out = &plan->buffer[plan->step[s].out];
        if (overlap_in_memory(out, b))
            return coincide(out, b);
    }
    return false;
}

static void find_halos(gs_plan *plan) {
    for (int s = 0; s < plan->steps; s++)
        plan->step[s].clears = has_halo(&plan->buffer[plan->step[s].out]) && !is_clear(plan, s);
}

gs_status gs_plan_lay_out(gs_plan *plan, gs_error *error) {
    plan->block = plan->block ? plan->block : choose_block(plan);
    for (int i = 0; i < plan->buffers; i++)
        if (!set_strides(&plan->buffer[i]))
            return gs_fail_memory(error, "the activations");
    if (!cut_segments(plan))
        return gs_fail_memory(error, "the plan");
    set_lives(plan);
    if (!place(plan))
        return gs_fail_memory(error, "the activations");
    find_halos(plan);
    return GS_OK;
}
