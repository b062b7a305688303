/* The report of gensample view. */
#include "app/words.h"
#include "cli/images.h"
#include "cli/view.h"
#include "io/output.h"

enum { CLASSES = 256 };

/* The number of images of a class among all that were picked. */
static size_t count_of(const gs_view *v, int class) {
    size_t count = 0;
    for (size_t k = 0; k < v->count; k++)
        count += v->given.labels[v->picked[k]] == class;
    return count;
}

static double share_of(const gs_view *v, size_t count) {
    return (double)count / (double)v->count;
}

/* ---- JSON ---- */

static json_t *pixels_json(const gs_pixels *p) {
    json_t *object = json_object();
    json_object_set_new(object, "mean", gs_real_json(p->mean));
    json_object_set_new(object, "sd", gs_real_json(p->sd));
    json_object_set_new(object, "least", gs_real_json(p->least));
    json_object_set_new(object, "greatest", gs_real_json(p->greatest));
    json_object_set_new(object, "share_lowest", gs_real_json(p->lowest));
    json_object_set_new(object, "share_highest", gs_real_json(p->highest));
    return object;
}

static json_t *classes_json(const gs_view *v) {
    json_t *classes = json_array();
    for (int c = 0; v->given.labels && c < CLASSES; c++) {
        size_t count = count_of(v, c);
        if (count)
            json_array_append_new(
                classes, json_pack("{si so sf}", "class", c, "n", gs_whole_json(count), "share", share_of(v, count)));
    }
    return classes;
}

static json_t *shown_json(const gs_view *v) {
    const gs_arguments *a = v->arguments;
    json_t *object = json_object(), *numbers = json_array(), *labels = json_array();
    for (size_t k = 0; k < v->n; k++) {
        json_array_append_new(numbers, gs_whole_json(gs_view_number(v, k)));
        if (v->given.labels)
            json_array_append_new(labels, json_integer(v->given.labels[gs_view_number(v, k)]));
    }
    json_object_set_new(object, "n", gs_whole_json(v->n));
    json_object_set_new(object, "first", gs_whole_json(a->first));
    json_object_set_new(object, "seed", a->random ? gs_whole_json(a->seed) : json_null());
    json_object_set_new(object, "images", numbers);
    json_object_set_new(object, "labels", labels);
    return object;
}

static gs_status report_json(const gs_view *v, FILE *out, gs_error *error) {
    const gs_arguments *a = v->arguments;
    json_t *object = json_object();
    json_object_set_new(object, "input", gs_text_json(gs_base_name(a->input)));
    json_object_set_new(object, "images", gs_whole_json(v->given.images.n));
    json_object_set_new(object, "selected", gs_whole_json(v->count));
    json_object_set_new(object, "shape", json_pack("[i, i, i]", v->shape[0], v->shape[1], v->shape[2]));
    json_object_set_new(object, "range", json_pack("[f, f]", (double)v->range[0], (double)v->range[1]));
    json_object_set_new(object, "labels",
                        v->given.labels ? gs_text_json(gs_base_name(v->given.labels_path)) : json_null());
    json_object_set_new(object, "pixels", pixels_json(&v->figures));
    json_object_set_new(object, "classes", classes_json(v));
    json_object_set_new(object, "shown", shown_json(v));
    json_object_set_new(object, "out", gs_text_json(a->out));
    return gs_print_json(object, out, error);
}

/* ---- Text ---- */

static void put_classes(const gs_view *v, FILE *out) {
    fprintf(out, "%-8s%10s%10s\n", "class", "images", "share");
    for (int c = 0; c < CLASSES; c++) {
        size_t count = count_of(v, c);
        if (count)
            fprintf(out, "%-8d%10zu%9.2f %%\n", c, count, 100 * share_of(v, count));
    }
}

gs_status gs_view_report(const gs_view *v, FILE *out, gs_error *error) {
    const gs_arguments *a = v->arguments;
    const gs_pixels *p = &v->figures;
    if (a->json)
        return report_json(v, out, error);
    gs_images_put_taken(a->input, &v->given.images, out);
    gs_put_plain(a->input, out);
    fprintf(out, ": %zu image%s of %d x %d", v->given.images.n, v->given.images.n == 1 ? "" : "s", v->shape[1],
            v->shape[2]);
    if (v->shape[0] > 1)
        fprintf(out, " with %d channels", v->shape[0]);
    if (a->only.count)
        fprintf(out, ", %zu of the labels that were asked for", v->count);
    fprintf(out,
            "\npixels in [%g, %g]: mean %.4f, sd %.4f, least %.4g, greatest %.4g, %.2f %% are %g and %.2f %% are %g\n",
            (double)v->range[0], (double)v->range[1], p->mean, p->sd, p->least, p->greatest, 100 * p->lowest,
            (double)v->range[0], 100 * p->highest, (double)v->range[1]);
    if (v->given.labels)
        put_classes(v, out);
    fprintf(out, "%zu image%s from number %llu on", v->n, v->n == 1 ? "" : "s", (unsigned long long)a->first);
    if (a->random)
        fprintf(out, " in the random order of seed %llu", (unsigned long long)a->seed);
    fprintf(out, "; wrote %s", gs_output_label(a->out));
    size_t cells = (size_t)v->grid.rows * (size_t)v->grid.columns;
    if (cells < v->n && gs_format_holds(v->format) == GS_HOLDS_PICTURE)
        fprintf(out, " (the first %zu are drawn)", cells);
    fputc('\n', out);
    return GS_OK;
}
