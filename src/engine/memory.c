/* Segments of steps, strides of buffers, and addresses in scratch memory by liveness. */
#include "engine/memory.h"

#include <math.h>

#include "engine/method.h"
#include "engine/share.h"
#include "engine/typed.h"

/* Images that a thread carries together by default: through most stages, and through those of large linear layers. */
enum { USUAL = 8, MANY = 32 };

static size_t positions(gs_shape shape) {
    return (size_t)shape.d[1] * (size_t)shape.d[2];
}

/* Linear layers whose weights do not stay in the second-level cache read them once for all images. */
static bool is_large_linear(const gs_plan *plan, const gs_step *step) {
    enum { CACHE_BYTES = 1 << 20 };
    return positions(plan->buffer[step->out].shape) == 1 && gs_step_cost(plan, step).weight_bytes > CACHE_BYTES;
}

static bool is_abreast(const gs_plan *plan) {
    return plan->buffer[plan->x_buffer].layout == GS_ABREAST;
}

static int choose_block(const gs_plan *plan) {
    if (is_abreast(plan))
        return GS_BLOCK_MAX;
    for (int s = 0; s < plan->steps; s++)
        if (is_large_linear(plan, &plan->step[s]))
            return MANY;
    return USUAL;
}

static int usual_images(const gs_plan *plan) {
    return plan->block < USUAL ? plan->block : USUAL;
}

/* Images that a step works on at a time: so many that one plane of vectors of all of them takes no more than what a
 * group of Winograd's tiles covers, 36 of 5 x 5, and enough to share the weights. The bytes of all planes set no limit:
 * where there are many planes there are even more weights, which are read once for all these images. With 32 KiB, which
 * is 2 images of 14 x 14 instead of 4, the gradient of ebm-cond takes 3 % more time on Zen 5, ncsn and judge 1 % or as
 * long. */
static int turn_of(const gs_plan *plan, const gs_step *step) {
    enum { PLANE_BYTES = 36 * 5 * 5 * GS_VECTOR_BYTES };
    if (is_abreast(plan))
        return GS_F32_LANES;
    if (is_large_linear(plan, step))
        return plan->block;
    size_t most = positions(plan->buffer[step->out].shape);
    for (int i = 0; i < step->sources; i++)
        if (step->source[i].kind == GS_SOURCE_BUFFER && positions(step->source[i].shape) > most)
            most = positions(step->source[i].shape);
    size_t images = PLANE_BYTES / (most * GS_VECTOR_BYTES), limit = (size_t)usual_images(plan);
    return images == 0 ? 1 : (int)(images < limit ? images : limit);
}

static bool cut_stages(gs_plan *plan) {
    plan->stage = gs_alloc((size_t)plan->segments + 1, sizeof *plan->stage);
    if (!plan->stage)
        return false;
    for (int g = 0; g < plan->segments; g++) {
        int images = plan->segment[g].images, usual = usual_images(plan);
        gs_stage *last = plan->stages ? &plan->stage[plan->stages - 1] : NULL;
        images = images > usual ? images : usual;
        if (!last || last->images != images) {
            last = &plan->stage[plan->stages++];
            *last = (gs_stage){.first = g, .images = images};
        }
        last->last = g + 1;
        plan->segment[g].stage = plan->stages - 1;
    }
    return true;
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
    return cut_stages(plan);
}

static size_t whole_vectors(size_t bytes) {
    return (bytes + GS_VECTOR_BYTES - 1) / GS_VECTOR_BYTES * GS_VECTOR_BYTES;
}

static bool set_strides(const gs_plan *plan, gs_buffer *b) {
    size_t vector = b->type ? (size_t)gs_input_bytes(b->type, GS_F32_LANES) : GS_VECTOR_BYTES;
    size_t element = b->layout == GS_BLOCKED ? vector : gs_element_size(b->element), row, plane, image;
    size_t rows = (size_t)(b->shape.d[1] + b->before + b->after),
           columns = (size_t)(b->shape.d[2] + b->before + b->after);
    if (b->layout == GS_PLANAR || b->layout == GS_ABREAST) {
        rows = (size_t)b->shape.d[1];
        columns = (size_t)b->shape.d[2];
    }
    if (b->layout == GS_ABREAST)
        rows *= (size_t)b->shape.d[0];
    if (!gs_mul_size(columns, element, &row) || !gs_mul_size(rows, row, &plane) ||
        !gs_mul_size(plane, (size_t)b->planes, &image) || image > PTRDIFF_MAX / GS_VECTOR_BYTES)
        return false;
    bool pixels = b->type && b->planes > 1 && gs_multiplies_tiles(plan, b->type);
    b->column = (ptrdiff_t)element * (pixels ? b->planes : 1);
    b->row = (ptrdiff_t)row * (pixels ? b->planes : 1);
    b->plane = (ptrdiff_t)(pixels ? element : plane);
    b->image = (ptrdiff_t)(b->layout == GS_ABREAST ? image : whole_vectors(image));
    b->origin = b->layout == GS_PLANAR || b->layout == GS_ABREAST ? 0 : b->before * (b->row + b->column);
    return true;
}

static const gs_segment *segment_of(const gs_plan *plan, int step) {
    return &plan->segment[plan->step[step].segment];
}

/* A buffer that crosses segments lives through the whole of every segment that it touches, because a segment runs
 * several times; and so for stages. */
static void set_level(gs_plan *plan, gs_buffer *b) {
    const gs_segment *first = b->first < 0 ? NULL : segment_of(plan, b->first),
                     *last = b->last < 0 || b->last == plan->steps ? NULL : segment_of(plan, b->last);
    if (first && first == last) {
        b->level = GS_SEGMENT;
        b->images = first->images;
        return;
    }
    int group = gs_buffer_abreast(b);
    bool stage = first && last && first->stage == last->stage;
    b->level = stage ? GS_STAGE : GS_BLOCK;
    b->images = stage ? plan->stage[first->stage].images : (plan->block + group - 1) / group * group;
    if (!stage) {
        first = first ? &plan->segment[plan->stage[first->stage].first] : NULL;
        last = last ? &plan->segment[plan->stage[last->stage].last - 1] : NULL;
    }
    if (first)
        b->first = first->first;
    if (last)
        b->last = last->last - 1;
}

/* The first and last step of every buffer. */
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
    for (int i = 0; i < plan->buffers; i++)
        set_level(plan, &plan->buffer[i]);
}

/* ---- Addresses ---- */

/* The buffers that are placed together: those of a worker alone; of a crew, those that each member has for itself, or
 * those that it shares. What is shared may still be read until the members meet, so its lives are counted in epochs. */
typedef enum kind { ALONE, OWN, SHARED } kind;

static bool is_placed(const gs_buffer *b, kind which) {
    return which == ALONE || b->shared == (which == SHARED);
}

/* When a buffer is first written or last read. */
static int time_of(const gs_plan *plan, int step, kind which) {
    return which != SHARED || step < 0 ? step : step < plan->steps ? plan->step[step].epoch : plan->steps;
}

static bool overlap_in_time(const gs_plan *plan, const gs_buffer *x, const gs_buffer *y, kind which) {
    return time_of(plan, x->first, which) <= time_of(plan, y->last, which) &&
           time_of(plan, y->first, which) <= time_of(plan, x->last, which);
}

/* First fit in order of birth: the lowest address from `least` on that is clear of every placed buffer alive at the
 * same time. The extra vector keeps buffers a cache line apart, so that equal strides do not fall into the same cache
 * set. False where sizes overflow. */
static bool place_buffer(gs_plan *plan, int i, kind which, size_t least) {
    gs_buffer *b = &plan->buffer[i];
    int k = which != ALONE;
    size_t size, at = least;
    if (!gs_mul_size((size_t)b->image, (size_t)b->images, &size))
        return false;
    size += GS_VECTOR_BYTES;
    for (bool moved = true; moved;) {
        moved = false;
        for (int j = 0; j < i; j++) {
            const gs_buffer *o = &plan->buffer[j];
            size_t end = o->offset[k] + (size_t)o->image * (size_t)o->images + GS_VECTOR_BYTES;
            if (is_placed(o, which) && overlap_in_time(plan, b, o, which) && at < end && o->offset[k] < at + size) {
                at = end;
                moved = true;
            }
        }
    }
    /* Sizes up to this limit are too small for the sums above to overflow. */
    if (at + size > PTRDIFF_MAX)
        return false;
    b->offset[k] = at;
    if (at + size > plan->scratch_bytes)
        plan->scratch_bytes = at + size;
    return true;
}

static bool place(gs_plan *plan, kind which, size_t least) {
    for (int i = 0; i < plan->buffers; i++)
        if (is_placed(&plan->buffer[i], which) && !place_buffer(plan, i, which, least))
            return false;
    return true;
}

/* Where a crew's shared buffers begin: behind those that its members have for themselves. */
static size_t end_of_own(const gs_plan *plan) {
    size_t end = 0;
    for (int i = 0; i < plan->buffers; i++) {
        const gs_buffer *b = &plan->buffer[i];
        size_t own = b->offset[1] + (size_t)b->image * (size_t)b->images + GS_VECTOR_BYTES;
        end = b->shared || own < end ? end : own;
    }
    return end;
}

/* ---- What crews share ---- */

/* Nanoseconds: operations and bytes of weights at the rate of a core; a vector that is stored, and one that one core
 * writes and another reads; a meeting; to start threads and to let them go. */
static const double per_operation = 0.002, per_weight_byte = 0.008, per_vector = 1, per_exchange = 2, per_meeting = 250,
                    per_run = 3000;

/* Vectors of an image that another core than their writer reads in the next step: where cores share out rows, those
 * beside the rows of others. */
static double vectors_exchanged(const gs_plan *plan, const gs_buffer *out) {
    bool by_rows = gs_share_has_rows(out->shape.d[1], plan->crew_most);
    double row = (double)out->row / GS_VECTOR_BYTES * out->planes;
    return by_rows ? 2 * (plan->crew_most - 1) * row : (double)out->image / GS_VECTOR_BYTES;
}

/* Nanoseconds that a step takes for an image. Lanes past the last channel are computed, too. */
static double nanoseconds_of(const gs_plan *plan, const gs_step *step) {
    const gs_buffer *out = &plan->buffer[step->out];
    double lanes = (double)out->planes * GS_F32_LANES, channels = out->shape.d[0];
    double operations = step->node < 0 ? 0 : (double)plan->model->node[step->node].operations * lanes / channels;
    return operations * per_operation + (double)gs_step_cost(plan, step).weight_bytes * per_weight_byte +
           (double)out->image / GS_VECTOR_BYTES * per_vector;
}

/* What sharing out a step saves a crew, less what it costs. Small steps are done by every member for itself: to fetch a
 * vector from another core takes about as long as to normalise it. */
static double gain_of_sharing(const gs_plan *plan, const gs_step *step) {
    if (!step->method->shares || step->node < 0)
        return 0;
    const gs_buffer *out = &plan->buffer[step->out];
    double time = nanoseconds_of(plan, step);
    return time * (1 - 1.0 / plan->crew_most) - per_meeting - per_exchange * vectors_exchanged(plan, out);
}

/* Choose the steps that crews share out; false if there are none. */
static bool share_steps(gs_plan *plan) {
    double gain = -per_run;
    plan->image_s = 0;
    for (int s = 0; s < plan->steps; s++)
        plan->image_s += 1e-9 * nanoseconds_of(plan, &plan->step[s]);
    for (int s = 0; s < plan->steps; s++)
        gain += fmax(0, gain_of_sharing(plan, &plan->step[s]));
    if (gain < 0 && !plan->shares_all)
        plan->crew_threads = 1;
    int epoch = 0;
    for (int s = 0; s < plan->steps; s++) {
        gs_step *step = &plan->step[s];
        bool worth = plan->crew_most > 1 && plan->crew_threads > 1 && gain_of_sharing(plan, step) > 0;
        step->epoch = epoch;
        plan->buffer[step->out].shared = plan->shares_all ? step->method->shares : worth;
        epoch += plan->buffer[step->out].shared;
    }
    return epoch > 0;
}

/* ---- Halos ---- */

static bool has_halo(const gs_buffer *b) {
    return b->layout == GS_BLOCKED && b->before + b->after > 0;
}

/* In a crew (k = 1) or of a worker alone (0). What a crew shares lies behind what its members have for themselves. */
static bool overlap_in_memory(const gs_buffer *x, const gs_buffer *y, int k) {
    size_t x_end = x->offset[k] + (size_t)x->image * (size_t)x->images,
           y_end = y->offset[k] + (size_t)y->image * (size_t)y->images;
    return x->offset[k] < y_end && y->offset[k] < x_end;
}

/* Whether two buffers have the same images, with the same halos, in the same place. */
static bool coincide(const gs_buffer *x, const gs_buffer *y, int k) {
    return x->offset[k] == y->offset[k] && x->images == y->images && x->level == y->level && x->layout == y->layout &&
           x->type == y->type && x->planes == y->planes && x->shape.d[1] == y->shape.d[1] &&
           x->shape.d[2] == y->shape.d[2] && x->before == y->before && x->after == y->after;
}

/* A halo stays clear from one step of a segment to a later one, if no step between them writes elsewhere into that
 * memory. */
static bool is_clear(const gs_plan *plan, int step, int k) {
    const gs_buffer *b = &plan->buffer[plan->step[step].out];
    for (int s = step - 1; s >= plan->segment[plan->step[step].segment].first; s--) {
        int slope = plan->step[s].slope;
        if (slope >= 0 && overlap_in_memory(&plan->buffer[slope], b, k))
            return false;
        const gs_buffer *out = &plan->buffer[plan->step[s].out];
        if (overlap_in_memory(out, b, k))
            return coincide(out, b, k);
    }
    return false;
}

/* A result's halo stays clear from one turn of its segment to the next, if it is in the same place in each and no other
 * step of the segment writes there. */
static bool stays_clear(const gs_plan *plan, int step, int k) {
    const gs_buffer *b = &plan->buffer[plan->step[step].out];
    const gs_segment *segment = segment_of(plan, step);
    for (int s = segment->first; s < segment->last; s++) {
        int out = plan->step[s].out, slope = plan->step[s].slope;
        if ((s != step && overlap_in_memory(&plan->buffer[out], b, k)) ||
            (slope >= 0 && overlap_in_memory(&plan->buffer[slope], b, k)))
            return false;
    }
    return b->level == GS_SEGMENT;
}

static void find_halos(gs_plan *plan, bool shares) {
    for (int s = 0; s < plan->steps; s++) {
        gs_step *step = &plan->step[s];
        bool clear = is_clear(plan, s, 0) && (!shares || is_clear(plan, s, 1));
        step->clears[0] = has_halo(&plan->buffer[step->out]) && !clear;
        step->clears[1] = step->slope >= 0 && has_halo(&plan->buffer[step->slope]);
        step->stays_clear = stays_clear(plan, s, 0) && (!shares || stays_clear(plan, s, 1));
    }
}

gs_status gs_plan_lay_out(gs_plan *plan, gs_error *error) {
    plan->block = plan->block ? plan->block : choose_block(plan);
    for (int i = 0; i < plan->buffers; i++)
        if (!set_strides(plan, &plan->buffer[i]))
            return gs_fail_memory(error, "the activations");
    if (!cut_segments(plan))
        return gs_fail_memory(error, "the plan");
    set_lives(plan);
    bool ok = place(plan, ALONE, 0), shares = ok && share_steps(plan);
    if (shares)
        ok = place(plan, OWN, 0) && place(plan, SHARED, end_of_own(plan));
    if (!ok)
        return gs_fail_memory(error, "the activations");
    find_halos(plan, shares);
    return GS_OK;
}
