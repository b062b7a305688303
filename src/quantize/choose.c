/* How much error integers make, layer by layer, and of which type each layer is. */
#include <math.h>
#include <string.h>

#include "quantize/quantize.h"

enum { BATCH = 64 };

/* ---- Errors ---- */

typedef struct comparing {
    const gs_quantization *bands;
    const gs_model_info *info;
    gs_plan *plan;   /* NULL: the outputs are those to compare with, which are kept */
    float *exact[2]; /* (states, output_size) */
    float *out[2];   /* (BATCH, output_size) */
    double largest[2][GS_BANDS_MAX], most[2][GS_BANDS_MAX], sum[2][GS_BANDS_MAX], squares[2][GS_BANDS_MAX];
    double count[GS_BANDS_MAX]; /* images */
} comparing;

/* One image. An error that is NaN stays. */
static void compare(comparing *c, int k, int band, const float *exact, const float *out) {
    double error = 0, largest = c->largest[k][band];
    for (size_t i = 0; i < c->info->output_size[k]; i++) {
        double d = fabs((double)out[i] - (double)exact[i]), size = fabs((double)exact[i]);
        c->squares[k][band] += d * d;
        error = error >= d ? error : d;
        largest = size > largest ? size : largest;
    }
    c->largest[k][band] = largest;
    c->sum[k][band] += error;
    c->most[k][band] = c->most[k][band] >= error ? c->most[k][band] : error;
}

static gs_status evaluate(void *context, const gs_states *states, size_t first, size_t count, gs_error *error) {
    comparing *c = context;
    int band = gs_quantization_band(c->bands, states->sigma[first]);
    gs_status status = gs_plan_evaluate(c->plan, states->x + first * states->pixels, states->sigma[first],
                                        states->labels ? states->labels + first : NULL, count, c->out, error);
    for (int k = 0; k < c->info->outputs && !status; k++) {
        size_t size = c->info->output_size[k];
        for (size_t i = 0; i < count; i++)
            compare(c, k, band, c->exact[k] + (first + i) * size, c->out[k] + i * size);
    }
    c->count[band] += (double)count;
    return status;
}

static gs_status keep(void *context, const gs_states *states, size_t first, size_t count, gs_error *error) {
    comparing *c = context;
    float *out[2] = {c->exact[0] + first * c->info->output_size[0],
                     c->exact[1] ? c->exact[1] + first * c->info->output_size[1] : NULL};
    return gs_plan_evaluate(c->plan, states->x + first * states->pixels, states->sigma[first],
                            states->labels ? states->labels + first : NULL, count, out, error);
}

static void end(comparing *c) {
    for (int k = 0; k < 2; k++) {
        gs_free(c->exact[k]);
        gs_free(c->out[k]);
    }
}

static gs_status plan(comparing *c, const gs_model *model, gs_dtype dtype, const gs_quantize_options *options,
                      gs_error *error) {
    gs_plan_options plan_options = {.isa = options->isa, .threads = options->threads, .dtype = dtype};
    return gs_plan_create(model, &plan_options, &c->plan, error);
}

/* The outputs in float32. */
static gs_status begin(comparing *c, const gs_model *model, const gs_quantization *bands, const gs_states *states,
                       const gs_quantize_options *options, gs_error *error) {
    *c = (comparing){.info = &model->info, .bands = bands};
    for (int k = 0; k < model->info.outputs; k++) {
        c->exact[k] = gs_alloc(states->n * model->info.output_size[k], sizeof *c->exact[k]);
        c->out[k] = gs_alloc(BATCH * model->info.output_size[k], sizeof *c->out[k]);
        if (!c->exact[k] || !c->out[k])
            return gs_fail_memory(error, "outputs");
    }
    gs_status status = plan(c, model, GS_DTYPE_F32, options, error);
    if (!status)
        status = gs_states_each(states, BATCH, keep, c, error);
    gs_plan_free(c->plan);
    return status;
}

static void raise(double *to, double value) {
    if (!(value <= *to))
        *to = value;
}

/* Of two outputs, that with the larger errors counts. */
static void deviate(const comparing *c, gs_deviation *deviation) {
    *deviation = (gs_deviation){.error = {0}};
    for (int band = 0; band < c->bands->bands; band++)
        for (int k = 0; k < c->info->outputs; k++) {
            double largest = c->largest[k][band] > 0 ? c->largest[k][band] : 1, count = fmax(c->count[band], 1);
            raise(&deviation->error[band], c->sum[k][band] / count / largest);
            raise(&deviation->most[band], c->most[k][band] / largest);
            raise(&deviation->square[band],
                  c->squares[k][band] / (count * (double)c->info->output_size[k]) / (largest * largest));
        }
}

static gs_status measure(comparing *c, const gs_model *model, gs_dtype dtype, const gs_states *states,
                         const gs_quantize_options *options, gs_deviation *deviation, gs_error *error) {
    memset(c->largest, 0, sizeof c->largest);
    memset(c->most, 0, sizeof c->most);
    memset(c->sum, 0, sizeof c->sum);
    memset(c->squares, 0, sizeof c->squares);
    memset(c->count, 0, sizeof c->count);
    gs_status status = plan(c, model, dtype, options, error);
    if (status)
        return status;
    status = gs_states_each(states, BATCH, evaluate, c, error);
    gs_plan_free(c->plan);
    if (!status)
        deviate(c, deviation);
    return status;
}

gs_status gs_deviation_measure(const gs_model *model, gs_dtype dtype, const gs_states *states,
                               const gs_quantize_options *options, gs_deviation *deviation, gs_error *error) {
    comparing c;
    gs_status status = begin(&c, model, &model->quantization, states, options, error);
    if (!status)
        status = measure(&c, model, dtype, states, options, deviation, error);
    end(&c);
    return status;
}

double gs_deviation_worst(const gs_deviation *deviation, int bands) {
    double worst = 0;
    for (int band = 0; band < bands; band++)
        raise(&worst, deviation->error[band]);
    return worst;
}

/* ---- The choice ---- */

typedef struct choosing {
    gs_layers *layers;
    const gs_states *states;
    const gs_quantize_options *options;
    gs_quantization bands;
    comparing outputs;
    double limit;
    double done, all; /* measurements */
} choosing;

/* The error with the layers in the types `wanted`, or in those that are chosen if that is NULL. */
static gs_status try(choosing *c, const gs_form_type *wanted, gs_deviation *deviation, gs_error *error) {
    gs_model *model = gs_layers_model(c->layers, wanted);
    if (!model)
        return gs_fail_memory(error, "a quantised network");
    gs_status status = GS_OK;
    *deviation = (gs_deviation){.error = {0}};
    if (model->quantization.nodes)
        status = measure(&c->outputs, model, GS_DTYPE_INT8, c->states, c->options, deviation, error);
    gs_free(model);
    c->done += c->done < c->all;
    if (!status && c->options->progress && !c->options->progress(c->options->context, 0.5 + 0.5 * c->done / c->all))
        status = gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted");
    return status;
}

/* Whether it has errors: where it has none, the plan computes it in float32 all the same. */
static bool has_error(const gs_layers *layers, const gs_form *f) {
    for (int band = 0; band < layers->bands; band++)
        if (f->squares[band] > 0 || isnan(f->squares[band]))
            return true;
    return false;
}

/* Each layer alone, in each type. */
static gs_status measure_shares(choosing *c, gs_error *error) {
    gs_layers *layers = c->layers;
    gs_form_type *wanted = gs_alloc((size_t)layers->count, sizeof *wanted);
    gs_status status = wanted ? GS_OK : gs_fail_memory(error, "layers");
    for (int i = 0; i < layers->count && !status; i++)
        wanted[i] = GS_FORMS;
    for (int i = 0; i < layers->count * GS_FORMS && !status; i++) {
        gs_form_type k = (gs_form_type)(i % GS_FORMS);
        gs_form *f = &layers->layer[i / GS_FORMS].form[k];
        gs_deviation alone;
        wanted[i / GS_FORMS] = k;
        status = try(c, wanted, &alone, error);
        wanted[i / GS_FORMS] = GS_FORMS;
        for (int band = 0; band < layers->bands && !status; band++) {
            f->error[band] = alone.error[band];
            f->squares[band] = alone.square[band];
        }
        f->allowed = !status && has_error(layers, f) && (k != GS_FORM_INT8 || c->options->dtype != GS_DTYPE_INT16);
    }
    gs_free(wanted);
    return status;
}

/* The next type of a layer from k on that is allowed, of less error. */
static gs_form_type next_form(const gs_layer *l, int k) {
    while (k < GS_FORMS && !l->form[k].allowed)
        k++;
    return (gs_form_type)k;
}

static double square_of(const gs_layer *l, gs_form_type k, int band) {
    return k < GS_FORMS ? l->form[k].squares[band] : 0;
}

/* A layer whose type becomes the next one. */
typedef struct move {
    gs_layer *layer;
    gs_form_type from, to;
} move;

/* By how much less the mean square in a band is after a move, per time that it costs. Errors of layers are nearly
 * independent, so that their squares add up. */
static double worth(const move *m, int band) {
    double less = square_of(m->layer, m->from, band) - square_of(m->layer, m->to, band);
    double time = m->layer->time[m->to] - m->layer->time[m->from];
    return time > 0 ? less / time : less >= 0 ? HUGE_VAL : -HUGE_VAL;
}

/* The band whose errors are largest, by what the layers have alone. */
static int worst_band(const gs_layers *layers) {
    int worst = 0;
    double most = -1;
    for (int band = 0; band < layers->bands; band++) {
        double sum = 0;
        for (int i = 0; i < layers->count; i++)
            sum += square_of(&layers->layer[i], layers->layer[i].chosen, band);
        if (!(sum <= most)) {
            most = sum;
            worst = band;
        }
    }
    return worst;
}

/* The move that is worth most in the worst band; without a layer: all are in float32. */
static move best_move(const gs_layers *layers) {
    move best = {.layer = NULL};
    int band = worst_band(layers);
    for (int i = 0; i < layers->count; i++) {
        gs_layer *l = &layers->layer[i];
        move m = {.layer = l, .from = l->chosen, .to = next_form(l, (int)l->chosen + 1)};
        if (m.from < GS_FORMS && (!best.layer || !(worth(&m, band) <= worth(&best, band))))
            best = m;
    }
    return best;
}

/* Let `count` of the moves be done, and no more. */
static void do_moves(const move *moves, int all, int count) {
    for (int i = all; i-- > 0;)
        moves[i].layer->chosen = moves[i].from;
    for (int i = 0; i < count; i++)
        moves[i].layer->chosen = moves[i].to;
}

/* The moves from all layers in their coarsest type to float32. */
static int list_moves(gs_layers *layers, move *moves) {
    int all = 0;
    for (int i = 0; i < layers->count; i++)
        layers->layer[i].chosen = next_form(&layers->layer[i], 0);
    for (move m = best_move(layers); m.layer; m = best_move(layers)) {
        moves[all++] = m;
        m.layer->chosen = m.to;
    }
    return all;
}

/* The fewest moves, by bisection, after which the error is below the limit. */
static gs_status find_count(choosing *c, const move *moves, int all, int *count, gs_deviation *total, gs_error *error) {
    int low = 0, high = all;
    gs_status status = GS_OK;
    *total = (gs_deviation){.error = {0}}; /* of all moves: that is float32 */
    while (low < high && !status) {
        gs_deviation at;
        int middle = (low + high) / 2;
        do_moves(moves, all, middle);
        status = try(c, NULL, &at, error);
        if (!status && gs_deviation_worst(&at, c->layers->bands) <= c->limit) {
            *total = at;
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    do_moves(moves, all, high);
    *count = high;
    return status;
}

/* Take back the moves that the limit allows to, but for the last one, without which the error was too large. */
static gs_status take_back(choosing *c, const move *moves, int count, gs_deviation *total, gs_error *error) {
    gs_status status = GS_OK;
    while (!status && --count > 0) {
        gs_deviation with;
        const move *m = &moves[count - 1];
        if (m->layer->chosen != m->to)
            continue; /* a later move of this layer stays */
        m->layer->chosen = m->from;
        status = try(c, NULL, &with, error);
        if (!status && gs_deviation_worst(&with, c->layers->bands) <= c->limit)
            *total = with;
        else
            m->layer->chosen = m->to;
    }
    return status;
}

/* From all layers in their coarsest type, make those finer that are worth most until the error is below the limit. */
static gs_status choose(choosing *c, gs_deviation *total, gs_error *error) {
    gs_layers *layers = c->layers;
    move *moves = gs_alloc((size_t)layers->count * GS_FORMS, sizeof *moves);
    if (!moves)
        return gs_fail_memory(error, "layers");
    int count = 0, all = list_moves(layers, moves);
    gs_status status = find_count(c, moves, all, &count, total, error);
    if (!status)
        status = take_back(c, moves, count, total, error);
    gs_free(moves);
    return status;
}

gs_status gs_layers_choose(gs_layers *layers, const gs_states *states, const gs_quantize_options *options,
                           gs_deviation *total, gs_error *error) {
    choosing c = {.layers = layers,
                  .states = states,
                  .options = options,
                  .bands = {.bands = layers->bands, .ends = layers->ends},
                  .limit = options->error > 0 ? options->error : GS_QUANTIZE_ERROR,
                  .all = 3.0 * layers->count + 1};
    gs_status status = begin(&c.outputs, layers->model, &c.bands, states, options, error);
    if (!status)
        status = measure_shares(&c, error);
    if (!status)
        status = choose(&c, total, error);
    end(&c.outputs);
    return status;
}
