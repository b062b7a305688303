/* The report of gensample denoise. */
#include <math.h>

#include "app/words.h"
#include "cli/denoise.h"
#include "cli/images.h"
#include "cli/output.h"
#include "cli/settings.h"

/* ---- Settings ---- */

static json_t *numbers_json(const gs_numbers *numbers, bool are_whole) {
    json_t *list = json_array();
    for (int i = 0; i < numbers->count; i++) {
        double v = numbers->values[i];
        json_array_append_new(list, are_whole ? json_integer((json_int_t)v) : json_real(v));
    }
    return list;
}

/* The sampler's own noise has the name here that its option has, as `noise` is that of the images. */
static void put_sampler(const gs_denoise *d, json_t *object) {
    json_t *noise = json_incref(json_object_get(object, "noise"));
    gs_settings_put(&d->setup, object);
    json_t *of_chain = json_object_get(object, "noise");
    if (of_chain != noise)
        json_object_set(object, "chain_noise", of_chain);
    json_object_set_new(object, "noise", noise);
}

static void put_settings(const gs_denoise *d, json_t *object) {
    const gs_arguments *a = d->setup.arguments;
    json_object_set_new(object, "input", gs_text_json(gs_base_name(a->input)));
    json_object_set_new(object, "n", gs_whole_json(d->n));
    json_object_set_new(object, "noise", numbers_json(&d->noises, false));
    json_object_set_new(object, "steps", numbers_json(&a->step_counts, true));
    put_sampler(d, object);
    json_object_set_new(object, "seed", gs_whole_json(a->seed));
}

char *gs_denoise_settings(const gs_denoise *d) {
    json_t *object = json_object();
    put_settings(d, object);
    return gs_output_settings(object);
}

static void put_numbers(FILE *out, const char *option, const gs_numbers *numbers) {
    char text[32];
    fprintf(out, " --%s ", option);
    for (int i = 0; i < numbers->count; i++)
        fprintf(out, "%s%s", i ? "," : "", gs_shortest(numbers->values[i], text));
}

static void put_command(const void *context, FILE *out) {
    const gs_denoise *d = context;
    const gs_arguments *a = d->setup.arguments;
    fputs("gensample denoise --model", out);
    gs_put_word(out, gs_arguments_model_word(a));
    fputs(" --input", out);
    gs_put_word(out, a->input);
    fprintf(out, " -n %zu", d->n);
    put_numbers(out, "noise", &d->noises);
    put_numbers(out, "steps", &a->step_counts);
    gs_settings_put_options(&d->setup, out);
    fprintf(out, " --seed %llu", (unsigned long long)a->seed);
    gs_arguments_put_out(a, out);
}

char *gs_denoise_command_text(const gs_denoise *d) {
    return gs_output_command(put_command, d);
}

/* ---- The report ---- */

/* The classes of the judge; 0: there is none. */
static int classes_of(const gs_denoise *d) {
    return d->judge.plan ? gs_judge_classes(gs_model_get_info(d->judge.model)) : 0;
}

static void put_shares(const gs_denoise *d, const gs_class_shares *shares, json_t *object) {
    json_t *list = json_array();
    for (int c = 0; c < classes_of(d); c++)
        json_array_append_new(list, json_real(shares->of[c]));
    json_object_set_new(object, "shares", list);
    json_object_set_new(object, "rejected", gs_real_json(classes_of(d) ? shares->rejected : NAN));
}

static json_t *trial_json(const gs_denoise *d, const gs_trial *t) {
    json_t *object = json_object();
    json_object_set_new(object, "noise", json_real(t->noise));
    if (t->steps) {
        json_object_set_new(object, "steps", json_integer(t->steps));
        json_object_set_new(object, "evaluations", gs_mean_json(t->evaluations));
        json_object_set_new(object, "seconds", gs_real_json(t->seconds));
        json_object_set_new(object, "best", json_boolean(t->best));
    }
    json_object_set_new(object, "psnr", gs_real_json(t->psnr));
    json_object_set_new(object, "ssim", gs_real_json(t->ssim));
    json_object_set_new(object, "labels_kept", gs_real_json(t->kept));
    put_shares(d, &t->shares, object);
    return object;
}

static gs_status report_json(const gs_denoise *d, FILE *out, gs_error *error) {
    const gs_arguments *a = d->setup.arguments;
    json_t *object = json_object(), *clean = json_object(), *noisy = json_array(), *restored = json_array();
    for (int i = 0; i < d->noises.count; i++) {
        json_array_append_new(noisy, trial_json(d, &d->noisy_trials[i]));
        for (int k = 0; k < a->step_counts.count; k++)
            json_array_append_new(restored, trial_json(d, &d->trials[i][k]));
    }
    if (d->input.taken[0])
        json_object_set_new(object, "input_taken", json_string(d->input.taken));
    json_object_set_new(object, "model", json_string(d->setup.networks.info->name));
    json_object_set_new(object, "hash", json_string(d->setup.networks.info->hash));
    put_settings(d, object);
    put_shares(d, &d->clean_shares, clean);
    json_object_set_new(object, "clean", clean);
    json_object_set_new(object, "noisy", noisy);
    json_object_set_new(object, "restored", restored);
    json_object_set_new(object, "out", gs_text_json(a->out));
    json_object_set(object, "warnings", d->draws.warnings);
    return gs_print_json(object, out, error);
}

static void put_figure(FILE *out, int width, const char *format, double v) {
    char text[32] = "-";
    if (isfinite(v))
        snprintf(text, sizeof text, format, v);
    fprintf(out, "%*s", width, text);
}

static void put_trial(FILE *out, const gs_trial *t, bool marked) {
    char steps[32] = "noisy", evaluations[32] = "-";
    if (t->steps) {
        snprintf(steps, sizeof steps, "%d", t->steps);
        snprintf(evaluations, sizeof evaluations, "%.4g", t->evaluations);
    }
    fprintf(out, "%-7g%6s%13s", t->noise, steps, evaluations);
    put_figure(out, 10, "%.2f", t->psnr);
    put_figure(out, 8, "%.3f", t->ssim);
    put_figure(out, 13, "%.1f %%", 100 * t->kept);
    fputs(marked ? "  best\n" : "\n", out);
}

/* A row of the table of classes; those of clean images have no noise and no steps. */
static void put_share_row(FILE *out, const gs_denoise *d, const gs_trial *t, const gs_class_shares *shares) {
    char noise[32] = "-", steps[32] = "clean";
    if (t) {
        snprintf(noise, sizeof noise, "%g", t->noise);
        snprintf(steps, sizeof steps, "noisy");
        if (t->steps)
            snprintf(steps, sizeof steps, "%d", t->steps);
    }
    fprintf(out, "%-7s%6s", noise, steps);
    for (int c = 0; c < classes_of(d); c++)
        fprintf(out, "%7.1f", 100 * shares->of[c]);
    fprintf(out, "%7.1f\n", 100 * shares->rejected);
}

/* What the judge takes images for, class by class. */
static void put_share_table(FILE *out, const gs_denoise *d) {
    fprintf(out, "class shares in %% by the judge:\n%-7s%6s", "noise", "steps");
    for (int c = 0; c < classes_of(d); c++)
        fprintf(out, "%7d", c);
    fprintf(out, "%7s\n", "none");
    put_share_row(out, d, NULL, &d->clean_shares);
    for (int i = 0; i < d->noises.count; i++) {
        put_share_row(out, d, &d->noisy_trials[i], &d->noisy_trials[i].shares);
        for (int k = 0; k < d->setup.arguments->step_counts.count; k++)
            put_share_row(out, d, &d->trials[i][k], &d->trials[i][k].shares);
    }
}

gs_status gs_denoise_report(const gs_denoise *d, FILE *out, gs_error *error) {
    const gs_arguments *a = d->setup.arguments;
    if (a->json)
        return report_json(d, out, error);
    gs_images_put_taken(a->input, &d->input, out);
    fprintf(out, "%-7s%6s%13s%10s%8s%13s\n", "noise", "steps", "evaluations", "PSNR/dB", "SSIM", "labels kept");
    for (int i = 0; i < d->noises.count; i++) {
        put_trial(out, &d->noisy_trials[i], false);
        for (int k = 0; k < a->step_counts.count; k++)
            put_trial(out, &d->trials[i][k], d->trials[i][k].best && a->step_counts.count > 1);
    }
    if (classes_of(d))
        put_share_table(out, d);
    fprintf(out, "%zu image%s of %s by %s, the network %s", d->n, d->n == 1 ? "" : "s", a->input,
            d->setup.options.sampler, d->setup.networks.info->name);
    gs_networks_put_dtypes(&d->setup.networks, out);
    fprintf(out, "; wrote %s\n", gs_output_label(a->out));
    return GS_OK;
}
