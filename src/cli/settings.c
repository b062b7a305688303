/* A sampler's settings: the check that it reads those that were given, and the settings as JSON and as options, for the
 * notes in pictures and the reports of every command that samples. */
#include <string.h>

#include "cli/option.h"
#include "cli/run.h"
#include "app/words.h"

const gs_sampler_info *gs_run_sampler(const gs_run *run) {
    const gs_sampler_info *row;
    for (int i = 0; (row = gs_sampler_get(i)); i++)
        if (!strcmp(row->name, run->options.sampler))
            return row;
    return NULL;
}

bool gs_run_reads(const gs_run *run, gs_setting_id setting) {
    const gs_sampler_info *sampler = gs_run_sampler(run);
    return sampler && gs_setting_is_read(setting, sampler);
}

/* The option of the run's command that gives the setting; NULL if it has none, as gensample denoise, which has lists of
 * steps and noise levels instead. */
static const gs_option_row *option_of(const gs_run *run, const gs_setting *s) {
    for (const gs_option_row *row = gs_option_rows; row < gs_option_rows + GS_OPTION_COUNT; row++)
        if ((row->commands & run->arguments->command) && row->offset == offsetof(gs_arguments, settings) + s->offset)
            return row;
    return NULL;
}

gs_status gs_run_check_steps(const gs_run *run, int steps, gs_error *error) {
    int most = gs_run_sampler(run)->steps_max;
    return steps ? GS_OK : gs_fail(error, GS_ERROR_ARGUMENT, "steps 0: expected 1 ... %d", most);
}

/* A setting that the sampler would not read is a mistake worth reporting. */
gs_status gs_run_check_settings(const gs_run *run, gs_error *error) {
    const gs_arguments *a = run->arguments;
    if (a->given[GS_OPTION_STEPS] && gs_run_check_steps(run, a->settings.steps, error))
        return GS_ERROR_ARGUMENT;
    for (gs_setting_id id = 0; id < GS_SETTINGS; id++) {
        const gs_option_row *row = option_of(run, &gs_settings[id]);
        if (row && a->given[row - gs_option_rows] && !gs_run_reads(run, id)) {
            return gs_fail(error, GS_ERROR_ARGUMENT, "--%s: the sampler %s has no such setting; it reads %s", row->name,
                           run->options.sampler, gs_run_sampler(run)->parameters);
        }
    }
    return GS_OK;
}

/* Number i in the order of notes, in which the temperature comes before the clamp; the help has clip and clamp
 * together. */
static gs_setting_id noted(gs_setting_id i) {
    return i == GS_SETTING_CLAMP ? GS_SETTING_TEMPERATURE : i == GS_SETTING_TEMPERATURE ? GS_SETTING_CLAMP : i;
}

/* Whether the setting is one of the sampler's that matter to what is drawn. Guidance is the network's. */
static bool matters(const gs_run *run, gs_setting_id id) {
    const gs_setting *s = &gs_settings[id];
    return s->scope != GS_SCOPE_NETWORK && gs_run_reads(run, id) && option_of(run, s) &&
           (id != GS_SETTING_SIGMAS || run->info->takes_sigma) &&
           (s->scope != GS_SCOPE_PICTURE || run->arguments->trajectory);
}

static double none_as_0(double v) {
    return v > 0 ? v : 0;
}

static json_t *setting_json(const gs_run *run, const gs_setting *s) {
    double value = none_as_0(gs_setting_value(s, &run->options));
    switch (s->kind) {
    case GS_SETTING_KIND_PAIR:
        return json_pack("[f, f]", value, gs_setting_second(s, &run->options));
    case GS_SETTING_KIND_YES_NO:
        return json_boolean(value > 0);
    default:
        return gs_setting_is_real(s) ? json_real(value) : json_integer((json_int_t)value);
    }
}

static void put_option(const gs_run *run, const gs_setting *s, FILE *out) {
    double value = none_as_0(gs_setting_value(s, &run->options));
    char text[32];
    fprintf(out, " --%s ", option_of(run, s)->name);
    if (s->kind == GS_SETTING_KIND_YES_NO)
        fputs(value > 0 ? "yes" : "no", out);
    else if (gs_setting_is_real(s))
        fputs(gs_shortest(value, text), out);
    else
        fprintf(out, "%.0f", value);
    if (s->kind == GS_SETTING_KIND_PAIR)
        fprintf(out, ",%s", gs_shortest(gs_setting_second(s, &run->options), text));
}

double gs_run_temperature(const gs_run *run) {
    const gs_sample_options *o = &run->options;
    double noise = none_as_0(o->noise);
    return gs_run_reads(run, GS_SETTING_NOISE) ? noise * noise / (2 * o->step_size) : o->temperature;
}

const char *gs_run_foreign_backend(const gs_run *run) {
    const char *name = gs_plan_get_info(run->plan).backend;
    return strcmp(name, "native") ? name : NULL;
}

void gs_run_put_settings(const gs_run *run, json_t *object) {
    const gs_sample_options *o = &run->options;
    const char *word = gs_label_word(run->arguments->label);
    json_object_set_new(object, "sampler", json_string(o->sampler));
    for (gs_setting_id i = 0; i < GS_SETTINGS; i++) {
        gs_setting_id id = noted(i);
        const gs_setting *s = &gs_settings[id];
        /* reported wherever a step size is read, even if it follows from other settings */
        if (id == GS_SETTING_TEMPERATURE && gs_run_reads(run, GS_SETTING_STEP_SIZE))
            json_object_set_new(object, s->key, json_real(gs_run_temperature(run)));
        else if (matters(run, id))
            json_object_set_new(object, s->key, setting_json(run, s));
    }
    if (run->classes)
        json_object_set_new(object, "label", word ? json_string(word) : json_integer(run->arguments->label));
    if (run->labels)
        json_object_set_new(object, "guidance", json_real(none_as_0(o->guidance)));
    if (run->labels && o->guidance > 0)
        json_object_set_new(object, "guidance_sigmas", json_pack("[f, f]", o->guidance_low, o->guidance_high));
    if (gs_run_foreign_backend(run))
        json_object_set_new(object, "backend", json_string(gs_run_foreign_backend(run)));
}

void gs_run_put_options(const gs_run *run, FILE *out) {
    const gs_sample_options *o = &run->options;
    int label = run->arguments->label;
    char low[32], high[32];
    fprintf(out, " --sampler %s", o->sampler);
    for (gs_setting_id i = 0; i < GS_SETTINGS; i++)
        if (matters(run, noted(i)))
            put_option(run, &gs_settings[noted(i)], out);
    if (label >= 0)
        fprintf(out, " --label %d", label);
    else if (label != GS_LABEL_NONE)
        fprintf(out, " --label %s", gs_label_word(label));
    if (run->labels)
        fprintf(out, " --guidance %s", gs_shortest(none_as_0(o->guidance), low));
    if (run->labels && o->guidance > 0 && o->guidance_low > 0) {
        fprintf(out, " --guidance-sigmas %s,%s", gs_shortest(o->guidance_low, low),
                gs_shortest(o->guidance_high, high));
    }
    if (gs_run_foreign_backend(run))
        fprintf(out, " --backend %s", gs_run_foreign_backend(run));
}
