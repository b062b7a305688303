/* Pixels that are seen or hidden, and the operator that hides none: A = diag(m), m being 0 or 1. */
#include <math.h>
#include <string.h>

#include "inverse/operator.h"
#include "random/random.h"

/* ---- All pixels ---- */

static void copy(const gs_operator *a, const float *from, float *to, double *room) {
    (void)room;
    memcpy(to, from, gs_operator_pixels(a) * sizeof *to);
}

const gs_operator_row gs_operator_none = {
    {.name = "none", .parameters = "nothing", .help = "the image itself"}, .apply = copy, .adjoint = copy};

/* ---- Some ---- */

static void keep(const gs_operator *a, const float *from, float *to, double *room) {
    size_t positions = (size_t)a->shape[1] * (size_t)a->shape[2];
    (void)room;
    for (int c = 0; c < a->shape[0]; c++)
        for (size_t i = 0; i < positions; i++)
            to[(size_t)c * positions + i] = a->seen[i] > 0 ? from[(size_t)c * positions + i] : 0;
}

/* A rectangle of rows and columns that is hidden. */
typedef struct rectangle {
    int top, bottom, left, right;
} rectangle;

static void hide(gs_operator *a, rectangle r) {
    for (int i = r.top; i < r.bottom; i++)
        for (int j = r.left; j < r.right; j++)
            a->seen[i * a->shape[2] + j] = 0;
}

static gs_status hide_box(gs_operator *a, gs_error *error) {
    int h = a->shape[1], w = a->shape[2], least = h < w ? h : w, side = 0;
    if (a->count == 1) {
        hide(a, (rectangle){h / 4, h - h / 4, w / 4, w - w / 4});
        return GS_OK;
    }
    gs_status status = gs_operator_whole(a, 1, 1, least, &side, error);
    int top = (h - side) / 2, left = (w - side) / 2;
    if (!status)
        hide(a, (rectangle){top, top + side, left, left + side});
    return status;
}

/* Each pixel by a number of its own, so that a larger share hides the same pixels and more. */
static gs_status hide_random(gs_operator *a, gs_error *error) {
    double share = a->count > 1 ? a->value[1].number : 0.5;
    int seed = 0;
    if (!(share > 0 && share < 1))
        return gs_operator_fail(a, error, "random: found a share of '%s', expected more than 0 and less than 1",
                                a->value[1].word);
    gs_status status = a->count > 2 ? gs_operator_whole(a, 2, 0, 999999999, &seed, error) : GS_OK;
    for (int i = 0; i < a->shape[1] * a->shape[2] && !status; i++) {
        uint32_t counter[4], words[4];
        gs_random_counter(GS_STREAM_MEASURE, 0, 1, (uint32_t)i, counter);
        gs_random_words((uint64_t)seed, counter, words);
        a->seen[i] = gs_random_unit(words[0]) >= share;
    }
    return status;
}

static gs_status choose(gs_operator *a, gs_error *error) {
    int h = a->shape[1], w = a->shape[2];
    const struct {
        const char *name;
        rectangle hidden;
    } halves[] = {{"left", {0, h, 0, w / 2}},
                  {"right", {0, h, w - w / 2, w}},
                  {"top", {0, h / 2, 0, w}},
                  {"bottom", {h - h / 2, h, 0, w}}};
    const char *word = a->value[0].word;
    if (!strcmp(word, "box") && a->count <= 2)
        return hide_box(a, error);
    if (!strcmp(word, "random"))
        return hide_random(a, error);
    for (size_t i = 0; i < GS_COUNT(halves) && a->count == 1; i++)
        if (!strcmp(word, halves[i].name)) {
            hide(a, halves[i].hidden);
            return GS_OK;
        }
    return gs_operator_fail(a, error, "found '%s', expected %s", word, a->row->info.parameters);
}

static gs_status prepare(gs_operator *a, gs_error *error) {
    int count = a->shape[1] * a->shape[2], seen = 0;
    if (count == 1)
        return gs_operator_fail(a, error, "images of one pixel, or points, have no part to hide");
    a->seen = gs_alloc((size_t)count, sizeof *a->seen);
    if (!a->seen)
        return gs_fail_memory(error, "the mask");
    for (int i = 0; i < count; i++)
        a->seen[i] = 1;
    gs_status status = choose(a, error);
    for (int i = 0; i < count; i++)
        seen += a->seen[i] > 0;
    return status || seen ? status : gs_operator_fail(a, error, "hides every pixel, so that nothing is measured");
}

const gs_operator_row gs_operator_mask = {
    {.name = "mask",
     .parameters = "left, right, top, bottom, box, box,SIDE or random,SHARE,SEED",
     .help = "what is hidden: a half, a box in the middle (by default half as high and wide as the image), or a random "
             "share of the pixels (SHARE is 0.5, and SEED 0, unless given)"},
    .parameters = {1, 3},
    .prepare = prepare,
    .apply = keep,
    .adjoint = keep};
