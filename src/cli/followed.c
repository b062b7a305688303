#include "cli/followed.h"

#include <math.h>

#include "app/words.h"
#include "measure/halves.h"

enum { COORDINATES = 4, SUMMARY_DRAWS = 20 };
static const double rhat_good = 1.01, ess_enough = 400; /* Vehtari et al. 2021 */

/* ---- What is followed ---- */

gs_status gs_followed_check(const gs_setup *setup, gs_error *error) {
    const gs_counts *asked = &setup->arguments->coordinates;
    for (int i = 0; i < asked->count; i++) {
        if ((size_t)asked->values[i] >= setup->networks.pixels) {
            return gs_fail(error, GS_ERROR_ARGUMENT,
                           "--coordinates: %d: a state of %s has the coordinates 0 ... %zu, in the order channel, row, "
                           "column",
                           asked->values[i], setup->networks.info->name, setup->networks.pixels - 1);
        }
    }
    return GS_OK;
}

static void add(gs_followed *f, size_t coordinate) {
    f->coordinate[f->count] = coordinate;
    snprintf(f->quantity[f->count++].name, GS_FOLLOWED_NAME, "x[%zu]", coordinate);
}

static void choose(gs_followed *f, const gs_setup *setup) {
    const gs_counts *asked = &setup->arguments->coordinates;
    const int *image = setup->networks.info->image;
    f->has_energy = gs_networks_have_energy(&setup->networks);
    if (f->has_energy)
        snprintf(f->quantity[f->count++].name, GS_FOLLOWED_NAME, "energy");
    for (int i = 0; i < asked->count; i++)
        add(f, (size_t)asked->values[i]);
    bool is_point = image[1] == 1 && image[2] == 1;
    for (size_t i = 0; !asked->count && is_point && i < setup->networks.pixels && i < COORDINATES; i++)
        add(f, i);
}

gs_status gs_followed_open(gs_followed *followed, const gs_setup *setup, size_t n, gs_error *error) {
    gs_followed *f = followed;
    const gs_sample_options *o = &setup->options;
    *f = (gs_followed){.chains = n, .steps = (size_t)gs_sample_trace_steps(o)};
    choose(f, setup);
    f->left_out = gs_recorded_left_out(o);
    f->part = gs_recorded_part_of(f->steps, f->steps - f->left_out);
    f->draws = f->part.rows;
    size_t all, rows;
    if (gs_mul_size(n, (size_t)f->count, &rows) && gs_mul_size(rows, f->draws, &all)) {
        f->values = gs_alloc(all, sizeof *f->values);
        f->sums = gs_alloc(rows, 2 * sizeof *f->sums);
    }
    return f->values && f->sums ? GS_OK : gs_fail_memory(error, "the draws that are followed");
}

void gs_followed_watch(gs_followed *followed, const gs_step_view *view) {
    gs_followed *f = followed;
    size_t step = (size_t)view->step, draw;
    if (step <= f->left_out)
        return;
    bool is_kept = gs_recorded_row(&f->part, step, &draw);
    for (int i = 0; i < f->count; i++) {
        size_t row = (size_t)i * f->chains + view->chain;
        double value = i == 0 && f->has_energy ? view->energy : (double)view->x[f->coordinate[i]];
        double change = value - f->sums[2 * row];
        f->sums[2 * row] += change / (double)(step - f->left_out);
        f->sums[2 * row + 1] += change * (value - f->sums[2 * row]);
        if (is_kept)
            f->values[row * f->draws + draw] = value;
    }
}

/* ---- Summaries ---- */

/* Mean and standard deviation of all draws from the chains' own (Chan et al. 1983). */
static void pool(const gs_followed *f, int quantity, size_t done, double *mean, double *sd) {
    const double *sums = f->sums + 2 * (size_t)quantity * f->chains;
    double n = (double)(f->steps - f->left_out), sum = 0, squares = 0;
    for (size_t k = 0; k < done; k++)
        sum += sums[2 * k] / (double)done;
    for (size_t k = 0; k < done; k++)
        squares += sums[2 * k + 1] + n * (sums[2 * k] - sum) * (sums[2 * k] - sum);
    *mean = sum;
    *sd = sqrt(squares / (n * (double)done - 1));
}

double gs_followed_bytes(const gs_followed *f) {
    bool any = f->count && f->draws >= SUMMARY_DRAWS;
    return any ? (double)f->chains * (double)f->draws * (double)GS_SUMMARY_DRAW_BYTES : 0;
}

gs_status gs_followed_summarize(gs_followed *followed, size_t done, gs_error *error) {
    gs_followed *f = followed;
    gs_status status = GS_OK;
    for (int i = 0; i < f->count && !status; i++) {
        gs_quantity *q = &f->quantity[i];
        q->draws = f->values + (size_t)i * f->chains * f->draws;
        gs_chain_summarize(NULL, 0, 0, &q->summary, NULL); /* refused, so that all is NaN */
        if (f->draws >= SUMMARY_DRAWS)
            status = gs_chain_summarize(q->draws, done, f->draws, &q->summary, error);
        pool(f, i, done, &q->summary.mean, &q->summary.sd);
    }
    f->chains = done;
    return status;
}

static double ess_of(const gs_quantity *q) {
    return fmin(q->summary.ess_bulk, q->summary.ess_tail);
}

/* The quantity, from number `first` on, with the smallest effective sample size; NULL: none is known. */
static const gs_quantity *fewest(const gs_followed *f, int first) {
    const gs_quantity *least = NULL;
    for (int i = first; i < f->count; i++)
        if (isfinite(ess_of(&f->quantity[i])) && (!least || ess_of(&f->quantity[i]) < ess_of(least)))
            least = &f->quantity[i];
    return least;
}

/* ---- Reports ---- */

static void print_number(FILE *out, int width, int digits, double v) {
    if (isfinite(v))
        fprintf(out, " %*.*g", width, digits, v);
    else
        fprintf(out, " %*s", width, "-");
}

void gs_followed_print(const gs_followed *followed, double gradients, double seconds, FILE *out) {
    const gs_followed *f = followed;
    if (!f->count)
        return;
    fprintf(out, "%-10s %10s %10s %10s %10s %9s %9s %7s\n", "quantity", "mean", "sd", "mcse_mean", "mcse_sd",
            "ess_bulk", "ess_tail", "r_hat");
    for (int i = 0; i < f->count; i++) {
        const gs_chain_summary *s = &f->quantity[i].summary;
        fprintf(out, "%-10s", f->quantity[i].name);
        print_number(out, 10, 4, s->mean);
        print_number(out, 10, 4, s->sd);
        print_number(out, 10, 3, s->mcse_mean);
        print_number(out, 10, 3, s->mcse_sd);
        print_number(out, 9, 4, s->ess_bulk);
        print_number(out, 9, 4, s->ess_tail);
        print_number(out, 7, 4, s->rhat);
        fputc('\n', out);
    }
    if (f->part.stride > 1) {
        fprintf(out, "mean and sd are of all %zu draws per chain after burn-in, the rest is of every %zuth\n",
                f->steps - f->left_out, f->part.stride);
    }
    const gs_quantity *least = fewest(f, 0);
    if (least) {
        fprintf(out, "effective draws of %s: %.3g per gradient, %.4g per second\n", least->name,
                ess_of(least) / gradients, ess_of(least) / seconds);
    }
}

void gs_followed_warn(const gs_followed *followed, void warn(void *context, const char *text), void *context) {
    const gs_followed *f = followed;
    const gs_quantity *worst = NULL, *least = fewest(f, f->has_energy);
    char text[320];
    for (int i = f->has_energy; i < f->count; i++) {
        double rhat = f->quantity[i].summary.rhat;
        if (rhat > rhat_good && (!worst || rhat > worst->summary.rhat))
            worst = &f->quantity[i];
    }
    if (worst) {
        snprintf(text, sizeof text,
                 "the chains disagree about %s: R-hat %.4g is above 1.01; take more steps before trusting what one of "
                 "them says",
                 worst->name, worst->summary.rhat);
        warn(context, text);
    }
    if (least && ess_of(least) < ess_enough) {
        snprintf(
            text, sizeof text,
            "the effective sample size of %s, %.3g, is below 400: its quantiles are not known well; take more steps "
            "or more chains",
            least->name, ess_of(least));
        warn(context, text);
    }
}

json_t *gs_followed_json(const gs_followed *followed) {
    const gs_followed *f = followed;
    json_t *array = json_array();
    for (int i = 0; i < f->count; i++) {
        const gs_chain_summary *s = &f->quantity[i].summary;
        const struct {
            const char *name;
            double value;
        } figures[] = {{"mean", s->mean},
                       {"sd", s->sd},
                       {"hdi_3", s->hdi[0]},
                       {"hdi_97", s->hdi[1]},
                       {"median", s->median},
                       {"mcse_mean", s->mcse_mean},
                       {"mcse_sd", s->mcse_sd},
                       {"mcse_median", s->mcse_median},
                       {"ess_mean", s->ess_mean},
                       {"ess_sd", s->ess_sd},
                       {"ess_bulk", s->ess_bulk},
                       {"ess_tail", s->ess_tail},
                       {"r_hat", s->rhat},
                       {"r_hat_bulk", s->rhat_bulk},
                       {"r_hat_folded", s->rhat_folded}};
        json_t *object = json_pack("{ss sI sI}", "name", f->quantity[i].name, "draws", (json_int_t)f->draws, "every",
                                   (json_int_t)f->part.stride);
        for (size_t k = 0; k < GS_COUNT(figures); k++)
            json_object_set_new(object, figures[k].name, gs_real_json(figures[k].value));
        json_array_append_new(array, object);
    }
    return array;
}

void gs_followed_free(gs_followed *followed) {
    gs_free(followed->values);
    gs_free(followed->sums);
    *followed = (gs_followed){0};
}
