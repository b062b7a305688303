/* gs_sample_stream: calls of gs_sample, one per block. */
#include "engine/plan.h"
#include "random/random.h"

enum { USUAL_BLOCK = 1024, USUAL_BYTES = 1 << 24 };

static size_t usual_block(size_t floats) {
    size_t most = USUAL_BYTES / (floats * sizeof(float));
    return most < 1 ? 1 : most < USUAL_BLOCK ? most : USUAL_BLOCK;
}

static size_t size_of(const int shape[3]) {
    return (size_t)shape[0] * (size_t)shape[1] * (size_t)shape[2];
}

typedef struct stream {
    gs_plan *plan;
    const gs_sample_options *options;
    gs_term *terms; /* with the labels of the block */
    float *samples;
    size_t state; /* floats of a chain's state, as init has them */
} stream;

/* Draw the block of n chains from number `at` on; *done becomes the number of those that are finished. */
static gs_status draw(const stream *s, uint64_t at, size_t n, size_t *done, gs_error *error) {
    gs_sample_options o = *s->options;
    o.first_chain += at;
    o.labels = o.labels ? o.labels + at : NULL;
    o.init = o.init ? o.init + at * s->state : NULL;
    for (int k = 0; k < o.term_count; k++) {
        s->terms[k] = o.terms[k];
        s->terms[k].labels = o.terms[k].labels ? o.terms[k].labels + at : NULL;
    }
    o.terms = s->terms;
    return gs_sample(s->plan, &o, n, s->samples, done, error);
}

static gs_status check(const gs_sample_options *o, uint64_t n, gs_error *error) {
    if (o->trajectory || o->trace || o->walk)
        return gs_fail(error, GS_ERROR_ARGUMENT, "a stream of samples has no trajectory, trace or walk");
    if (o->term_count < 0 || o->term_count > GS_TERMS_MAX)
        return gs_fail(error, GS_ERROR_ARGUMENT, "%d terms: expected 0 to %d", o->term_count, GS_TERMS_MAX);
    return n <= GS_CHAIN_MAX && o->first_chain <= GS_CHAIN_MAX - n
               ? GS_OK
               : gs_fail(error, GS_ERROR_ARGUMENT, "first chain %llu: with %llu chains expected at most 2^60",
                         (unsigned long long)o->first_chain, (unsigned long long)n);
}

gs_status gs_sample_stream(gs_plan *plan, const gs_sample_options *options, uint64_t n, size_t block,
                           const gs_taker *taker, uint64_t *done, gs_error *error) {
    const gs_model_info *info = &plan->model->info;
    size_t image = size_of(info->image);
    uint64_t ignored;
    done = done ? done : &ignored;
    *done = 0;
    gs_status status = check(options, n, error);
    if (status)
        return status;
    block = block ? block : usual_block(image);
    block = block < n ? block : (size_t)n;
    gs_term terms[GS_TERMS_MAX];
    size_t room;
    stream s = {.plan = plan, .options = options, .terms = terms, .state = size_of(info->shape)};
    s.samples = gs_mul_size(block, image, &room) ? gs_alloc(room, sizeof(float)) : NULL;
    if (!s.samples)
        return gs_fail_memory(error, "a block of samples");
    while (!status && *done < n) {
        size_t finished = 0, count = n - *done < block ? (size_t)(n - *done) : block;
        gs_status drawn = draw(&s, *done, count, &finished, error);
        if (finished)
            status = taker->take(taker->context, *done, finished, s.samples, error);
        *done += !status ? finished : 0;
        status = status ? status : drawn;
    }
    gs_free(s.samples);
    return status;
}
