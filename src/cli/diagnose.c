#include "cli/diagnose.h"

#include <math.h>

#include "app/words.h"
#include "measure/stepping.h"

enum { TABLE_ROWS = 11, MARK_ROWS = 11, WARNING_ROOM = 400, CHAINS_SHOWN = 8 };

/* ---- What is drawn and printed ---- */

typedef struct curves {
    gs_curve energy, gradient, acceptance; /* without points where nothing was recorded */
} curves;

gs_curve_rows gs_rows_of(const gs_record *record) {
    return (gs_curve_rows){record->step, record->steps};
}

static gs_status fill_curves(curves *c, const gs_record *r, size_t most, gs_error *error) {
    *c = (curves){0};
    gs_status status = GS_OK;
    if (r->energy)
        status = gs_curve_fill(&c->energy, r->energy, gs_rows_of(r), r->chains, most, error);
    if (r->gradient && !status)
        status = gs_curve_fill(&c->gradient, r->gradient, gs_rows_of(r), r->chains, most, error);
    if (r->acceptance && !status)
        status = gs_curve_fill_acceptance(&c->acceptance, r->acceptance, gs_rows_of(r), r->chains, most, error);
    return status;
}

static void free_curves(curves *c) {
    gs_curve_free(&c->energy);
    gs_curve_free(&c->gradient);
    gs_curve_free(&c->acceptance);
}

static const gs_curve *any_curve(const curves *c) {
    return c->energy.n ? &c->energy : c->gradient.n ? &c->gradient : &c->acceptance;
}

/* The mark shown in row i of at most MARK_ROWS rows, which include the first and the last mark. */
static size_t shown_mark(const gs_record *r, size_t i) {
    return r->marks <= MARK_ROWS ? i : i * (r->marks - 1) / (MARK_ROWS - 1);
}

static size_t shown_marks(const gs_record *r) {
    return r->marks < MARK_ROWS ? r->marks : MARK_ROWS;
}

/* ---- Text ---- */

/* A blank and a number, right-aligned in its column; "-" if it is not known. */
static void print_number(FILE *out, int width, int digits, double v) {
    if (isfinite(v))
        fprintf(out, " %*.*g", width, digits, v);
    else
        fprintf(out, " %*s", width, "-");
}

static void print_steps(const curves *c, FILE *out) {
    const gs_curve *any = any_curve(c);
    fprintf(out, "%8s%s%s%s\n", "step", c->energy.n ? "    energy: 5 %     median       95 %" : "",
            c->gradient.n ? "   gradient norm" : "", c->acceptance.n ? "   acceptance" : "");
    for (size_t i = 0; i < any->n; i++) {
        fprintf(out, "%8.0f", any->step[i]);
        if (c->energy.n) {
            print_number(out, 14, 5, c->energy.low[i]);
            print_number(out, 10, 5, c->energy.median[i]);
            print_number(out, 10, 5, c->energy.high[i]);
        }
        if (c->gradient.n)
            print_number(out, 15, 4, c->gradient.median[i]);
        if (c->acceptance.n && i > 0)
            fprintf(out, " %10.1f %%", 100 * c->acceptance.median[i]);
        fputc('\n', out);
    }
}

static void print_shares(const gs_record *r, FILE *out) {
    if (r->marks == 0)
        return;
    fprintf(out, "%8s   shares of classes 0 ... %d, in %%\n", "step", r->classes - 1);
    for (size_t i = 0; i < shown_marks(r); i++) {
        size_t mark = shown_mark(r, i);
        fprintf(out, "%8zu  ", r->mark[mark]);
        for (int k = 0; k < r->classes; k++)
            fprintf(out, " %5.1f", 100 * r->shares[mark * (size_t)r->classes + (size_t)k]);
        fputc('\n', out);
    }
}

static void print_summary(const gs_record *r, const gs_diagnosis *d, FILE *out) {
    fprintf(out, "%zu chain%s of %zu step%s", d->chains, d->chains == 1 ? "" : "s", d->steps, d->steps == 1 ? "" : "s");
    if (isfinite(d->energy_last[0])) {
        fprintf(out, ": energy %.5g +- %.2g before the first, %.5g +- %.2g after the last", d->energy_first[0],
                d->energy_first[1], d->energy_last[0], d->energy_last[1]);
    }
    fputc('\n', out);
    if (r->steps < d->steps)
        fprintf(out, "recorded at %zu of these steps; acceptance, divergent steps and E-BFMI are of all\n", r->steps);
    bool agreement = isfinite(d->ess), too_few = d->flags & GS_FLAG_SHORT;
    if (d->kept)
        fprintf(out, "%s, %zu energ%s per chain: ", d->burn_in ? "after burn-in" : "second half", d->kept,
                d->kept == 1 ? "y" : "ies");
    if (d->kept && !agreement && !too_few) {
        fputs("all are equal\n", out);
    } else if (d->kept) {
        if (agreement)
            fprintf(out, "effective sample size %.4g, R-hat %.4g, ", d->ess, d->rhat);
        fprintf(out, "drift %.2g", d->drift);
        if (isfinite(d->drift_error))
            fprintf(out, " +- %.2g", d->drift_error);
        fputc('\n', out);
    }
    if (isfinite(d->acceptance))
        fprintf(out, "acceptance %s %.1f %%, of chains %.1f to %.1f %%\n",
                d->burn_in ? "after burn-in" : "in the second half", 100 * d->acceptance, 100 * d->acceptance_range[0],
                100 * d->acceptance_range[1]);
    if (d->largest >= 0) {
        fprintf(out, "class shares from %.1f %% (class %d) to %.1f %% (class %d)\n", 100 * d->smallest_share,
                d->smallest, 100 * d->largest_share, d->largest);
    }
}

/* ---- Statistics of steps ---- */

static void print_chains(const gs_record *r, const gs_diagnosis *d, FILE *out) {
    if (!r->stats && !r->sums)
        return;
    bool has_trees = isfinite(d->depth);
    fprintf(out, "%8s  acceptance   step size  divergent  E-BFMI%s\n", "chain", has_trees ? "  tree depth" : "");
    for (size_t k = 0; k < r->chains && k < CHAINS_SHOWN; k++) {
        const gs_step_sums c = gs_record_sums(r, k);
        double steps = (double)c.steps;
        fprintf(out, "%8zu %9.1f %%", k, 100 * c.acceptance / steps);
        print_number(out, 11, 4, c.step_size);
        fprintf(out, " %10zu", c.divergent);
        print_number(out, 7, 3, gs_step_sums_bfmi(&c));
        if (has_trees)
            fprintf(out, " %11.2f", c.depth / steps);
        fputc('\n', out);
    }
    if (r->chains > CHAINS_SHOWN)
        fprintf(out, "%8s  of %zu chains the first %d\n", "", r->chains, CHAINS_SHOWN);
}

/* ---- All in text ---- */

gs_status gs_diagnosis_print(const gs_record *record, const gs_diagnosis *diagnosis, FILE *out, gs_error *error) {
    curves c;
    gs_status status = fill_curves(&c, record, TABLE_ROWS, error);
    if (!status) {
        if (any_curve(&c)->n)
            print_steps(&c, out);
        print_shares(record, out);
        print_summary(record, diagnosis, out);
        print_chains(record, diagnosis, out);
    }
    free_curves(&c);
    return status;
}

void gs_diagnosis_warn(const gs_diagnosis *diagnosis, FILE *out) {
    char text[WARNING_ROOM];
    for (int i = 0; gs_diagnosis_warning(diagnosis, i, text, sizeof text); i++)
        fprintf(out, "warning: %s\n", text);
}

/* ---- JSON ---- */

static json_t *reals(const double *values, size_t n) {
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(array, gs_real_json(values[i]));
    return array;
}

static void put_summary(const gs_record *r, const gs_diagnosis *d, json_t *object) {
    json_object_set_new(object, "steps", json_integer((json_int_t)d->steps));
    json_object_set_new(object, "recorded", json_integer((json_int_t)r->steps));
    json_object_set_new(object, "chains", json_integer((json_int_t)d->chains));
    json_object_set_new(object, "diverged", json_integer((json_int_t)d->diverged));
    json_object_set_new(object, "diverged_step",
                        d->diverged ? json_integer((json_int_t)d->diverged_step) : json_null());
    json_object_set_new(object, "energy_first", reals(d->energy_first, 2));
    json_object_set_new(object, "energy_last", reals(d->energy_last, 2));
    json_object_set_new(object, "gradient_first", gs_real_json(d->gradient_first));
    json_object_set_new(object, "gradient_last", gs_real_json(d->gradient_last));
    json_object_set_new(object, "kept", json_integer((json_int_t)d->kept));
    json_object_set_new(object, "ess", gs_real_json(d->ess));
    json_object_set_new(object, "rhat", gs_real_json(d->rhat));
    json_object_set_new(object, "drift", gs_real_json(d->drift));
    json_object_set_new(object, "drift_error", gs_real_json(d->drift_error));
    json_object_set_new(object, "acceptance", gs_real_json(d->acceptance));
    json_object_set_new(object, "ess_bulk", gs_real_json(d->summary.ess_bulk));
    json_object_set_new(object, "ess_tail", gs_real_json(d->summary.ess_tail));
    json_object_set_new(object, "acceptance_range", reals(d->acceptance_range, 2));
    json_object_set_new(object, "divergences", json_integer((json_int_t)d->divergences));
    json_object_set_new(object, "bfmi", gs_real_json(d->bfmi));
    json_object_set_new(object, "tree_depth", gs_real_json(d->depth));
    json_object_set_new(object, "step_sizes", reals(d->step_range, 2));
    json_object_set_new(object, "gradients_per_step", gs_real_json(d->gradients));
    json_object_set_new(object, "largest_class", d->largest < 0 ? json_null() : json_integer(d->largest));
    json_object_set_new(object, "largest_share", gs_real_json(d->largest_share));
    json_object_set_new(object, "smallest_class", d->smallest < 0 ? json_null() : json_integer(d->smallest));
    json_object_set_new(object, "smallest_share", gs_real_json(d->smallest_share));
}

static void put_warnings(const gs_diagnosis *d, json_t *object) {
    static const char *const names[] = {"diverged", "collapsed", "classes",   "moving", "disagree", "few",
                                        "rejected", "short",     "divergent", "energy", "depth"};
    json_t *flags = json_array(), *warnings = json_array();
    for (size_t i = 0; i < GS_COUNT(names); i++)
        if (d->flags >> i & 1)
            json_array_append_new(flags, json_string(names[i]));
    char text[WARNING_ROOM];
    for (int i = 0; gs_diagnosis_warning(d, i, text, sizeof text); i++)
        json_array_append_new(warnings, json_string(text));
    json_object_set_new(object, "flags", flags);
    json_object_set_new(object, "warnings", warnings);
}

static void put_table(const gs_record *r, const curves *c, json_t *object) {
    json_t *table = json_array(), *shares = json_array();
    const gs_curve *any = any_curve(c);
    for (size_t i = 0; i < any->n; i++) {
        json_t *row = json_object();
        json_object_set_new(row, "step", json_integer((json_int_t)any->step[i]));
        if (c->energy.n) {
            json_object_set_new(row, "energy",
                                reals((double[]){c->energy.low[i], c->energy.median[i], c->energy.high[i]}, 3));
        }
        if (c->gradient.n) {
            json_object_set_new(row, "gradient",
                                reals((double[]){c->gradient.low[i], c->gradient.median[i], c->gradient.high[i]}, 3));
        }
        if (c->acceptance.n)
            json_object_set_new(row, "acceptance", gs_real_json(c->acceptance.median[i]));
        json_array_append_new(table, row);
    }
    for (size_t i = 0; i < shown_marks(r); i++) {
        size_t mark = shown_mark(r, i), classes = (size_t)r->classes;
        json_t *row = json_object();
        json_object_set_new(row, "step", json_integer((json_int_t)r->mark[mark]));
        json_object_set_new(row, "shares", reals(r->shares + mark * classes, classes));
        json_array_append_new(shares, row);
    }
    json_object_set_new(object, "table", table);
    json_object_set_new(object, "class_shares", shares);
}

json_t *gs_diagnosis_json(const gs_record *record, const gs_diagnosis *diagnosis) {
    curves c;
    json_t *object = NULL;
    if (!fill_curves(&c, record, TABLE_ROWS, NULL)) {
        object = json_object();
        put_summary(record, diagnosis, object);
        put_warnings(diagnosis, object);
        put_table(record, &c, object);
    }
    free_curves(&c);
    return object;
}
