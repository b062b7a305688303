/* The report of gensample plan: tables, or one JSON object. */
#include <math.h>
#include <string.h>

#include "app/words.h"
#include "cli/plan.h"
#include "engine/method.h"
#include "engine/plan.h"
#include "measure/peak.h"

enum { SHAPE = 48, SIZE = 24, METHOD = 160, SCHEMA_VERSION = 1 };
static const double MOVED_MOST = 0.05, SHORT_S = 1e-6;
static const char above_too[] = " Direct ones leave out taps outside the image.";

/* ---- What both forms say ---- */

static const gs_plan *plan_of(const gs_planning *p) {
    return p->networks.network[0].plan;
}

static const char *operation_of(const gs_planning *p, const gs_profile_row *row) {
    return row->node < 0 ? "layout" : gs_op_name(plan_of(p)->model->node[row->node].op);
}

/* Seconds per image. */
static double each(const gs_planning *p, double seconds) {
    return seconds / p->profile.images;
}

static double rows_seconds(const gs_planning *p) {
    double sum = 0;
    for (int r = 0; r < p->profile.rows; r++)
        sum += p->profile.row[r].seconds;
    return sum;
}

static double planning_seconds(const gs_planning *p) {
    double sum = 0;
    for (int k = 0; k < GS_PLANNING_PARTS; k++)
        sum += p->planning_s[k];
    return sum;
}

static uint64_t operations(const gs_planning *p) {
    uint64_t sum = 0;
    for (int r = 0; r < p->profile.rows; r++)
        sum += p->profile.row[r].operations;
    return sum;
}

static double flops(const gs_planning *p, uint64_t count, double seconds) {
    return (double)count / each(p, seconds);
}

static bool is_above_peak(const gs_planning *p) {
    bool above = flops(p, operations(p), p->profile.seconds) > p->peak;
    for (int r = 0; r < p->profile.rows; r++)
        above = above || flops(p, p->profile.row[r].operations, p->profile.row[r].seconds) > p->peak;
    return above;
}

/* The next node after n, from -1, that is computed there: a row, or GS_NODE_...; -1 past the last one. */
static int next_node(const gs_planning *p, int there, int n) {
    const gs_model *model = plan_of(p)->model;
    for (n++; n < model->nodes; n++)
        if (p->profile.row_of[n] == there)
            return n;
    return -1;
}

static bool say_doubt(const gs_planning *p, char text[METHOD]) {
    snprintf(text, METHOD, "the multiply-add peak moved by %.0f %% while this was measured: is the machine busy?",
             100 * p->moved);
    return p->moved > MOVED_MOST;
}

/* ---- Text ---- */

/* "16x28x28" */
static void put_shape(gs_shape shape, char *text, size_t size) {
    int used = snprintf(text, size, "%d", shape.d[0]);
    for (int i = 1; i < shape.rank; i++)
        used += snprintf(text + used, size - (size_t)used, "x%d", shape.d[i]);
}

/* "73.7 kB" */
static void put_size(size_t bytes, char text[SIZE]) {
    if (bytes < 1000000)
        snprintf(text, SIZE, "%.1f kB", (double)bytes * 1e-3);
    else
        snprintf(text, SIZE, "%.2f MB", (double)bytes * 1e-6);
}

static void print_names(const gs_planning *p, int there, const char *between, FILE *out) {
    bool any = false;
    for (int n = -1; (n = next_node(p, there, n)) >= 0; any = true) {
        fputs(any ? between : "", out);
        gs_put_plain(plan_of(p)->model->node[n].name, out);
    }
}

static void print_head(const gs_planning *p, FILE *out) {
    const gs_model_info *model = p->networks.info;
    gs_plan_info info = gs_plan_get_info(plan_of(p));
    const gs_profile *profile = &p->profile;
    fprintf(out, "%s (%s%s): %s, %s, %s backend, one thread\n", model->name, gs_kind_name(model->kind),
            p->arguments->gradient ? " with its gradient" : "", info.isa, gs_dtype_name(info.dtype), info.backend);
    fprintf(out, "measured: %d image%s in blocks of %d", profile->images, profile->images == 1 ? "" : "s", info.block);
    if (model->takes_sigma)
        fprintf(out, ", sigma %.3g", p->sigma);
    if (p->label < model->labels)
        fprintf(out, ", label %d", p->label);
    fprintf(out, ", medians of %d runs; multiply-adds: at most %.4g GFLOP/s\n", profile->runs, p->peak * 1e-9);
}

static void print_row(const gs_planning *p, const gs_profile_row *row, double whole, FILE *out) {
    char from[SHAPE], to[SHAPE], method[METHOD], weights[SIZE] = "", scratch[SIZE], speed[SIZE] = "", peak[SIZE] = "";
    put_shape(row->from, from, sizeof from);
    put_shape(row->to, to, sizeof to);
    gs_profile_describe(plan_of(p), row, method, sizeof method);
    put_size(row->scratch_bytes, scratch);
    if (row->weight_bytes)
        put_size(row->weight_bytes, weights);
    if (row->operations) {
        double rate = flops(p, row->operations, row->seconds);
        snprintf(speed, sizeof speed, "%.1f", rate * 1e-9);
        snprintf(peak, sizeof peak, "%.0f %%", 100 * rate / p->peak);
    }
    fprintf(out, "%8.2f  %5.1f %%  %7s  %7s  %10s  %10s  %-16s %10s -> %-10s %6d  %-19s  ", 1e6 * each(p, row->seconds),
            100 * row->seconds / whole, speed, peak, weights, scratch, operation_of(p, row), from, to, row->images,
            method);
    if (row->node >= 0)
        print_names(p, (int)(row - p->profile.row), " + ", out);
    fputc('\n', out);
}

static void print_rows(const gs_planning *p, FILE *out) {
    double whole = rows_seconds(p);
    fprintf(out, "\n%8s  %7s  %7s  %7s  %10s  %10s  %-16s %10s    %-10s %6s  %-19s  %s\n", "us/image", "share",
            "GFLOP/s", "of peak", "weights", "scratch", "operation", "from", "to", "images", "method", "nodes");
    for (int r = 0; r < p->profile.rows; r++)
        print_row(p, &p->profile.row[r], whole, out);
}

static void print_sums(const gs_planning *p, FILE *out) {
    double seconds = p->profile.seconds, rate = flops(p, operations(p), seconds);
    gs_plan_info info = gs_plan_get_info(plan_of(p));
    char weights[SIZE], scratch[SIZE];
    put_size(info.weight_bytes, weights);
    put_size(info.scratch_bytes, scratch);
    fprintf(
        out, "\n%8.2f  us per image: %.4g evaluations/s per thread; %.4g MFLOP, %.4g GFLOP/s, %.0f %% of the peak\n",
        1e6 * each(p, seconds), 1 / each(p, seconds), (double)operations(p) * 1e-6, rate * 1e-9, 100 * rate / p->peak);
    fprintf(out, "%8.2f  of it in the steps above, without copying images in and out\n",
            1e6 * each(p, rows_seconds(p)));
    if (is_above_peak(p))
        fprintf(out, "          %s%s\n", gs_peak_above, above_too);
    fprintf(out, "memory: weights %s, scratch %s per thread, which steps use one after the other\n", weights, scratch);
}

static void print_others(const gs_planning *p, FILE *out) {
    if (next_node(p, GS_NODE_LEVEL, -1) >= 0) {
        fprintf(out, "once per noise level and label, %.3g ms: ", 1e3 * p->profile.level_seconds);
        print_names(p, GS_NODE_LEVEL, ", ", out);
        fputc('\n', out);
    }
    if (next_node(p, GS_NODE_UNUSED, -1) >= 0) {
        fputs("no output needs: ", out);
        print_names(p, GS_NODE_UNUSED, ", ", out);
        fputc('\n', out);
    }
    fprintf(out, "loading %.3g ms; planning %.3g ms:", 1e3 * p->load_s, 1e3 * planning_seconds(p));
    const char *between = "";
    for (int k = 0; k < GS_PLANNING_PARTS; k++) {
        if (p->planning_s[k] < SHORT_S)
            continue;
        fprintf(out, "%s %s %.3g ms", between, gs_planning_part(k), 1e3 * p->planning_s[k]);
        between = ",";
    }
    fputc('\n', out);
}

/* ---- JSON ---- */

static json_t *shape_json(gs_shape shape) {
    json_t *array = json_array();
    for (int i = 0; i < shape.rank; i++)
        json_array_append_new(array, json_integer(shape.d[i]));
    return array;
}

static json_t *names_json(const gs_planning *p, int there) {
    json_t *array = json_array();
    for (int n = -1; (n = next_node(p, there, n)) >= 0;)
        json_array_append_new(array, gs_text_json(plan_of(p)->model->node[n].name));
    return array;
}

static void put_rate(const gs_planning *p, json_t *object, uint64_t count, double seconds) {
    json_object_set_new(object, "operations", gs_whole_json(count));
    json_object_set_new(object, "flops", gs_real_json(flops(p, count, seconds)));
    json_object_set_new(object, "of_peak", gs_real_json(flops(p, count, seconds) / p->peak));
}

static json_t *row_json(const gs_planning *p, const gs_profile_row *row, double whole) {
    char method[METHOD];
    json_t *object = json_object();
    gs_profile_describe(plan_of(p), row, method, sizeof method);
    json_object_set_new(object, "nodes", row->node < 0 ? json_array() : names_json(p, (int)(row - p->profile.row)));
    json_object_set_new(object, "operation", json_string(operation_of(p, row)));
    json_object_set_new(object, "method", json_string(method));
    json_object_set_new(object, "steps", json_integer(row->last - row->first));
    json_object_set_new(object, "from", shape_json(row->from));
    json_object_set_new(object, "to", shape_json(row->to));
    json_object_set_new(object, "images", json_integer(row->images));
    json_object_set_new(object, "seconds_per_image", gs_real_json(each(p, row->seconds)));
    json_object_set_new(object, "share", gs_real_json(row->seconds / whole));
    put_rate(p, object, row->operations, row->seconds);
    json_object_set_new(object, "weight_bytes", gs_whole_json(row->weight_bytes));
    json_object_set_new(object, "scratch_bytes", gs_whole_json(row->scratch_bytes));
    return object;
}

static json_t *planning_json(const gs_planning *p) {
    json_t *parts = json_array();
    for (int k = 0; k < GS_PLANNING_PARTS; k++)
        json_array_append_new(parts, json_pack("{s:s, s:f}", "part", gs_planning_part(k), "seconds", p->planning_s[k]));
    return json_pack("{s:f, s:f, s:o}", "load_seconds", p->load_s, "seconds", planning_seconds(p), "parts", parts);
}

static void put_conditions(const gs_planning *p, json_t *object) {
    const gs_model_info *model = p->networks.info;
    gs_plan_info info = gs_plan_get_info(plan_of(p));
    json_object_set_new(object, "json_schema_version", json_integer(SCHEMA_VERSION));
    json_object_set_new(object, "model", json_string(model->name));
    json_object_set_new(object, "hash", json_string(model->hash));
    json_object_set_new(object, "kind", json_string(gs_kind_name(model->kind)));
    json_object_set_new(object, "gradient", json_boolean(p->arguments->gradient));
    json_object_set_new(object, "sigma", model->takes_sigma ? gs_real_json(p->sigma) : json_null());
    json_object_set_new(object, "label", p->label < model->labels ? json_integer(p->label) : json_null());
    gs_networks_put(&p->networks, object);
    json_object_set_new(object, "threads", json_integer(1));
    json_object_set_new(object, "batch", json_integer(p->profile.images));
    json_object_set_new(object, "block", json_integer(info.block));
    json_object_set_new(object, "runs", json_integer(p->profile.runs));
    json_object_set_new(object, "peak_flops", gs_real_json(p->peak));
}

static gs_status report_json(const gs_planning *p, FILE *out, gs_error *error) {
    json_t *object = json_object(), *rows = json_array(), *warnings = json_array();
    gs_plan_info info = gs_plan_get_info(plan_of(p));
    char doubt[METHOD];
    put_conditions(p, object);
    for (int r = 0; r < p->profile.rows; r++)
        json_array_append_new(rows, row_json(p, &p->profile.row[r], rows_seconds(p)));
    json_object_set_new(object, "rows", rows);
    json_object_set_new(
        object, "level",
        json_pack("{s:o, s:f}", "nodes", names_json(p, GS_NODE_LEVEL), "seconds", p->profile.level_seconds));
    json_object_set_new(object, "unused", names_json(p, GS_NODE_UNUSED));
    json_object_set_new(object, "seconds_per_image", gs_real_json(each(p, p->profile.seconds)));
    json_object_set_new(object, "rows_seconds_per_image", gs_real_json(each(p, rows_seconds(p))));
    json_object_set_new(object, "evaluations_per_second", gs_real_json(1 / each(p, p->profile.seconds)));
    put_rate(p, object, operations(p), p->profile.seconds);
    json_object_set_new(object, "above_peak",
                        is_above_peak(p) ? json_sprintf("%s%s", gs_peak_above, above_too) : json_null());
    json_object_set_new(object, "weight_bytes", gs_whole_json(info.weight_bytes));
    json_object_set_new(object, "scratch_bytes", gs_whole_json(info.scratch_bytes));
    json_object_set_new(object, "planning", planning_json(p));
    if (say_doubt(p, doubt))
        json_array_append_new(warnings, json_string(doubt));
    json_object_set_new(object, "warnings", warnings);
    return gs_print_json(object, out, error);
}

gs_status gs_planning_report(const gs_planning *p, FILE *out, gs_error *error) {
    char doubt[METHOD];
    if (p->arguments->json)
        return report_json(p, out, error);
    print_head(p, out);
    print_rows(p, out);
    print_sums(p, out);
    print_others(p, out);
    if (say_doubt(p, doubt))
        gs_warn("%s", doubt);
    return GS_OK;
}
