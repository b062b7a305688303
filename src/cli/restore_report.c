/* The report of gensample restore. */
#include <math.h>

#include "app/words.h"
#include "cli/images.h"
#include "cli/output.h"
#include "cli/restore.h"
#include "cli/settings.h"

/* ---- Settings ---- */

static void put_settings(const gs_restoration *r, json_t *object) {
    const gs_arguments *a = r->setup.arguments;
    json_object_set_new(object, "input", gs_text_json(gs_base_name(a->input)));
    json_object_set_new(object, "measured", json_boolean(a->measured));
    json_object_set_new(object, "n", gs_whole_json(r->n));
    json_object_set_new(object, "draws", gs_whole_json(r->copies));
    if (a->mask)
        json_object_set_new(object, "mask", gs_text_json(gs_base_name(a->mask)));
    else
        json_object_set_new(object, "operator", gs_text_json(a->operator_ ? a->operator_ : "none"));
    json_object_set_new(object, "noise", json_real(fmax(a->measured_noise, 0)));
    gs_settings_put(&r->setup, object);
    json_object_set_new(object, "seed", gs_whole_json(a->seed));
}

char *gs_restoration_settings(const gs_restoration *r) {
    json_t *object = json_object();
    put_settings(r, object);
    return gs_output_settings(object);
}

static void put_text(FILE *out, const char *option, const char *text) {
    if (!text)
        return;
    fprintf(out, " --%s", option);
    gs_put_word(out, text);
}

static void put_command(const void *context, FILE *out) {
    const gs_restoration *r = context;
    const gs_arguments *a = r->setup.arguments;
    char noise[32];
    fputs("gensample restore", out);
    put_text(out, "model", gs_arguments_model_word(a));
    put_text(out, "input", a->input);
    fprintf(out, "%s -n %zu", a->measured ? " --measured" : "", r->n);
    if (r->copies > 1)
        fprintf(out, " --draws %zu", r->copies);
    put_text(out, "mask", a->mask);
    put_text(out, "operator", a->operator_);
    if (a->measured_noise > 0)
        fprintf(out, " --noise %s", gs_shortest(a->measured_noise, noise));
    gs_settings_put_options(&r->setup, out);
    fprintf(out, " --seed %llu", (unsigned long long)a->seed);
    gs_arguments_put_out(a, out);
}

char *gs_restoration_command_text(const gs_restoration *r) {
    return gs_output_command(put_command, r);
}

/* ---- The report ---- */

static void put_nearness(const gs_nearness_of *m, json_t *object) {
    json_object_set_new(object, "psnr", gs_real_json(m->psnr));
    json_object_set_new(object, "rms", gs_real_json(m->rms));
    json_object_set_new(object, "labels_kept", gs_real_json(m->kept));
}

static json_t *image_json(const gs_restoration *r, size_t i) {
    json_t *object = json_object(), *found = json_array();
    put_nearness(&r->image[i], object);
    if (gs_restoration_judges(r)) {
        for (size_t k = 0; k < r->copies; k++)
            json_array_append_new(found, json_integer(r->found[k * r->n + i]));
        json_object_set_new(object, "class", json_integer(r->classes[i]));
    }
    json_object_set_new(object, "found", found);
    return object;
}

static gs_status report_json(const gs_restoration *r, FILE *out, gs_error *error) {
    json_t *object = json_object(), *images = json_array();
    for (size_t i = 0; i < r->n; i++)
        json_array_append_new(images, image_json(r, i));
    if (r->given.images.taken[0])
        json_object_set_new(object, "input_taken", json_string(r->given.images.taken));
    json_object_set_new(object, "model", json_string(r->setup.networks.info->name));
    json_object_set_new(object, "hash", json_string(r->setup.networks.info->hash));
    put_settings(r, object);
    put_nearness(&r->mean, object);
    json_object_set_new(object, "misfit", gs_real_json(r->misfit));
    json_object_set_new(object, "images", images);
    json_object_set_new(object, "evaluations", gs_whole_json(r->draws.evaluations));
    json_object_set_new(object, "seconds", gs_real_json(r->draws.seconds));
    json_object_set_new(object, "out", gs_text_json(r->arguments.out));
    json_object_set(object, "warnings", r->draws.warnings);
    return gs_print_json(object, out, error);
}

static void put_figure(FILE *out, int width, const char *format, double v) {
    char text[32] = "-";
    if (isfinite(v))
        snprintf(text, sizeof text, format, v);
    fprintf(out, "%*s", width, text);
}

static void put_class(FILE *out, int class) {
    fputc(' ', out);
    if (class < 0)
        fputc('-', out);
    else
        fprintf(out, "%d", class);
}

static void put_row(const gs_restoration *r, const char *head, const gs_nearness_of *m, FILE *out) {
    fprintf(out, "%-7s", head);
    put_figure(out, 9, "%.2f", m->psnr);
    put_figure(out, 9, "%.4f", m->rms);
    if (gs_restoration_judges(r))
        put_figure(out, 13, "%.1f %%", 100 * m->kept);
}

/* Images beyond these are in the mean alone, and with --json. */
enum { LISTED = 16 };

static void put_images(const gs_restoration *r, FILE *out) {
    for (size_t i = 0; i < r->n && i < LISTED; i++) {
        char head[32];
        snprintf(head, sizeof head, "%zu", i);
        put_row(r, head, &r->image[i], out);
        if (gs_restoration_judges(r)) {
            put_class(out, r->classes[i]);
            fputs(" ->", out);
            for (size_t k = 0; k < r->copies; k++)
                put_class(out, r->found[k * r->n + i]);
        }
        fputc('\n', out);
    }
    put_row(r, "mean", &r->mean, out);
    if (r->n > LISTED)
        fprintf(out, "  of %zu", r->n);
    fputc('\n', out);
}

gs_status gs_restoration_report(const gs_restoration *r, FILE *out, gs_error *error) {
    const gs_arguments *a = r->setup.arguments;
    double each = (double)r->draws.evaluations / (double)(r->n * r->copies);
    if (a->json)
        return report_json(r, out, error);
    gs_images_put_taken(a->input, &r->given.images, out);
    if (gs_restoration_compares(r) || gs_restoration_judges(r)) {
        fprintf(out, "%-7s%9s%9s%s\n", "image", "PSNR/dB", "rms", gs_restoration_judges(r) ? "  labels kept" : "");
        put_images(r, out);
    }
    fprintf(out,
            "rms of y - A x: %.3g; %zu measurement%s, %zu draw%s each by %s, %.4g evaluation%s per draw in %.3g s\n",
            r->misfit, r->n, r->n == 1 ? "" : "s", r->copies, r->copies == 1 ? "" : "s", r->setup.options.sampler, each,
            each == 1 ? "" : "s", r->draws.seconds);
    fprintf(out, "the network %s", r->setup.networks.info->name);
    gs_networks_put_dtypes(&r->setup.networks, out);
    fprintf(out, "; wrote %s\n", gs_output_label(a->out));
    return GS_OK;
}
