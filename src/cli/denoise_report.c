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

static void put_settings(const gs_denoise *d, json_t *object) {
    const gs_arguments *a = d->setup.arguments;
    json_object_set_new(object, "input", gs_text_json(gs_base_name(a->input)));
    json_object_set_new(object, "n", gs_whole_json(d->n));
    json_object_set_new(object, "noise", numbers_json(&d->noises, false));
    json_object_set_new(object, "steps", numbers_json(&a->step_counts, true));
    gs_settings_put(&d->setup, object);
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

static json_t *trial_json(const gs_trial *t) {
    json_t *object = json_object();
    json_object_set_new(object, "noise", json_real(t->noise));
    if (t->steps) {
        json_object_set_new(object, "steps", json_integer(t->steps));
        json_object_set_new(object, "evaluations", gs_whole_json(t->evaluations));
        json_object_set_new(object, "seconds", gs_real_json(t->seconds));
        json_object_set_new(object, "best", json_boolean(t->best));
    }
    json_object_set_new(object, "psnr", gs_real_json(t->psnr));
    json_object_set_new(object, "ssim", gs_real_json(t->ssim));
    json_object_set_new(object, "labels_kept", gs_real_json(t->kept));
    return object;
}

static gs_status report_json(const gs_denoise *d, FILE *out, gs_error *error) {
    const gs_arguments *a = d->setup.arguments;
    json_t *object = json_object(), *noisy = json_array(), *restored = json_array();
    for (int i = 0; i < d->noises.count; i++) {
        json_array_append_new(noisy, trial_json(&d->noisy_trials[i]));
        for (int k = 0; k < a->step_counts.count; k++)
            json_array_append_new(restored, trial_json(&d->trials[i][k]));
    }
    if (d->input.taken[0])
        json_object_set_new(object, "input_taken", json_string(d->input.taken));
    json_object_set_new(object, "model", json_string(d->setup.networks.info->name));
    json_object_set_new(object, "hash", json_string(d->setup.networks.info->hash));
    put_settings(d, object);
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
        snprintf(evaluations, sizeof evaluations, "%llu", (unsigned long long)t->evaluations);
    }
    fprintf(out, "%-7g%6s%13s", t->noise, steps, evaluations);
    put_figure(out, 10, "%.2f", t->psnr);
    put_figure(out, 8, "%.3f", t->ssim);
    put_figure(out, 13, "%.1f %%", 100 * t->kept);
    fputs(marked ? "  best\n" : "\n", out);
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
    fprintf(out, "%zu image%s of %s by %s, the network %s; wrote %s\n", d->n, d->n == 1 ? "" : "s", a->input,
            d->setup.options.sampler, d->setup.networks.info->name, gs_output_label(a->out));
    return GS_OK;
}
