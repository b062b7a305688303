#include "cli/settings.h"

#include <math.h>
#include <string.h>

#include "app/words.h"
#include "cli/option.h"
#include "sample/samplers.h"

const gs_sampler_info *gs_settings_sampler(const gs_sample_options *options) {
    const gs_sampler_row *row = gs_sampler_find(options->sampler);
    return row ? &row->info : NULL;
}

bool gs_settings_read_by(const gs_sample_options *options, gs_setting_id setting) {
    const gs_sampler_info *sampler = gs_settings_sampler(options);
    return sampler && gs_setting_is_read(setting, sampler);
}

/* The option of the command that gives the setting; NULL if it has none, as gensample denoise, which has lists of
 * steps and noise levels instead. */
static const gs_option_row *option_of(const gs_arguments *a, const gs_setting *s) {
    for (const gs_option_row *row = gs_option_rows; row < gs_option_rows + GS_OPTION_COUNT; row++)
        if ((row->commands & a->command) && row->offset == offsetof(gs_arguments, settings) + s->offset)
            return row;
    return NULL;
}

/* The setting that a message begins with, of those that the command line gave; GS_SETTINGS: none. */
static gs_setting_id blamed(const gs_arguments *a, const char *message) {
    gs_setting_id found = GS_SETTINGS;
    bool is_level = !strncmp(message, "lower sigma ", 12) || !strncmp(message, "upper sigma ", 12);
    size_t most = 0;
    for (gs_setting_id id = 0; id < GS_SETTINGS; id++) {
        const gs_option_row *row = option_of(a, &gs_settings[id]);
        size_t length = strlen(gs_settings[id].words);
        bool begins = !strncmp(message, gs_settings[id].words, length) && message[length] == ' ';
        if (row && a->given[row - gs_option_rows] && length > most &&
            (begins || (is_level && id == GS_SETTING_SIGMAS))) {
            found = id;
            most = length;
        }
    }
    return found;
}

gs_status gs_settings_resolve(gs_setup *setup, gs_error *error) {
    const gs_arguments *a = setup->arguments;
    gs_status status = gs_sample_resolve(setup->networks.network[0].model, &setup->options, error);
    if (status != GS_ERROR_ARGUMENT || !error)
        return status;
    if (a->settings.sampler && !gs_settings_sampler(&setup->options))
        return gs_option_blame("sampler", status, error);
    gs_setting_id id = blamed(a, error->message);
    return id < GS_SETTINGS ? gs_option_blame(option_of(a, &gs_settings[id])->name, status, error) : status;
}

gs_status gs_settings_check_steps(const gs_sample_options *options, int steps, gs_error *error) {
    int most = gs_settings_sampler(options)->steps_max;
    return steps ? GS_OK : gs_fail(error, GS_ERROR_ARGUMENT, "--steps 0: expected 1 ... %d", most);
}

gs_status gs_settings_check_alike(const gs_sample_options *o, const char *what, gs_error *error) {
    char names[200];
    const char *why = gs_sample_trace_steps(o) == 0                    ? "pass through noise levels"
                      : gs_sampler_weighs(gs_sampler_find(o->sampler)) ? "go from one density to another, with weights"
                                                                       : NULL;
    if (!why)
        return GS_OK;
    gs_sampler_list_staying(names, sizeof names);
    return gs_fail(error, GS_ERROR_ARGUMENT,
                   "%s: chains of %s %s, and have no steps to compare; expected --sampler %s, whose steps are at one",
                   what, o->sampler, why, names);
}

/* The command's options for settings that the sampler reads. */
static void list_read(const gs_setup *setup, char *text, size_t room) {
    size_t used = 0;
    text[0] = 0;
    for (gs_setting_id id = 0; id < GS_SETTINGS; id++) {
        const gs_option_row *row = option_of(setup->arguments, &gs_settings[id]);
        if (row && gs_settings[id].scope != GS_SCOPE_NETWORK && gs_settings_read_by(&setup->options, id) && used < room)
            used += (size_t)snprintf(text + used, room - used, "%s--%s", used ? " " : "", row->name);
    }
}

/* What begins uniformly in the range has no prior. */
static gs_status check_prior(const gs_setup *setup, gs_error *error) {
    const gs_sample_options *o = &setup->options;
    bool both = setup->arguments->given[GS_OPTION_PRIOR_SCALE] && o->clamp > 0;
    return both && gs_sampler_weighs(gs_sampler_find(o->sampler))
               ? gs_fail(
                     error, GS_ERROR_ARGUMENT,
                     "--prior-scale: cannot go with --clamp yes, by which %s begins with uniform draws of the range",
                     o->sampler)
               : GS_OK;
}

/* A setting that the sampler would not read is a mistake worth reporting. */
gs_status gs_settings_check(const gs_setup *setup, gs_error *error) {
    const gs_arguments *a = setup->arguments;
    const gs_sample_options *o = &setup->options;
    if (a->given[GS_OPTION_STEPS] && gs_settings_check_steps(o, a->settings.steps, error))
        return GS_ERROR_ARGUMENT;
    for (gs_setting_id id = 0; id < GS_SETTINGS; id++) {
        const gs_option_row *row = option_of(a, &gs_settings[id]);
        if (row && a->given[row - gs_option_rows] && !gs_settings_read_by(o, id)) {
            char others[400];
            list_read(setup, others, sizeof others);
            return gs_fail(error, GS_ERROR_ARGUMENT, "--%s: the %s %s has no such setting; it reads %s", row->name,
                           a->command == GS_RESTORE ? "method" : "sampler", o->sampler, others[0] ? others : "none");
        }
    }
    return check_prior(setup, error);
}

/* Number i in the order of notes, in which the temperature comes before the clamp; the help has clip and clamp
 * together. */
static gs_setting_id noted(gs_setting_id i) {
    return i == GS_SETTING_CLAMP ? GS_SETTING_TEMPERATURE : i == GS_SETTING_TEMPERATURE ? GS_SETTING_CLAMP : i;
}

/* Whether the setting is one of the sampler's that matter to what is drawn. Guidance is the network's. */
static bool matters(const gs_setup *setup, gs_setting_id id) {
    const gs_setting *s = &gs_settings[id];
    return s->scope != GS_SCOPE_NETWORK && gs_settings_read_by(&setup->options, id) && option_of(setup->arguments, s) &&
           (id != GS_SETTING_SIGMAS || setup->networks.info->takes_sigma) &&
           (s->scope != GS_SCOPE_PICTURE || setup->arguments->trajectory) &&
           (s->kind != GS_SETTING_KIND_LIST || gs_setting_value(s, &setup->options) != 0);
}

static json_t *list_json(const gs_sample_options *o, const gs_setting *s) {
    json_t *list = json_array();
    int count;
    const double *values = gs_setting_list(s, o, &count);
    for (int i = 0; i < count; i++)
        json_array_append_new(list, json_real(values[i]));
    return list;
}

static json_t *setting_json(const gs_sample_options *o, const gs_setting *s) {
    double value = gs_setting_shown(s, o);
    switch (s->kind) {
    case GS_SETTING_KIND_LIST:
        return list_json(o, s);
    case GS_SETTING_KIND_PAIR:
        return json_pack("[f, f]", value, gs_setting_second(s, o));
    case GS_SETTING_KIND_YES_NO:
        return json_boolean(value > 0);
    default:
        return gs_setting_is_real(s) ? json_real(value) : json_integer((json_int_t)value);
    }
}

static void put_option(const gs_setup *setup, const gs_setting *s, FILE *out) {
    double value = gs_setting_shown(s, &setup->options);
    char text[32];
    fprintf(out, " --%s ", option_of(setup->arguments, s)->name);
    if (s->kind == GS_SETTING_KIND_YES_NO)
        fputs(value > 0 ? "yes" : "no", out);
    else if (gs_setting_is_real(s))
        fputs(gs_shortest(value, text), out);
    else
        fprintf(out, "%.0f", value);
    if (s->kind == GS_SETTING_KIND_PAIR)
        fprintf(out, ",%s", gs_shortest(gs_setting_second(s, &setup->options), text));
    if (s->kind != GS_SETTING_KIND_LIST)
        return;
    int count;
    const double *values = gs_setting_list(s, &setup->options, &count);
    for (int i = 1; i < count; i++)
        fprintf(out, ",%s", gs_shortest(values[i], text));
}

double gs_settings_temperature(const gs_sample_options *o) {
    double noise = fmax(o->noise, 0);
    return gs_settings_read_by(o, GS_SETTING_NOISE) ? noise * noise / (2 * o->step_size) : o->temperature;
}

bool gs_settings_note_dtype(const gs_setup *setup) {
    return setup->arguments->dtype || gs_networks_are_narrow(&setup->networks);
}

void gs_settings_put(const gs_setup *setup, json_t *object) {
    const gs_sample_options *o = &setup->options;
    const char *backend = gs_networks_foreign_backend(&setup->networks);
    json_object_set_new(object, setup->measurement ? "method" : "sampler", json_string(o->sampler));
    for (gs_setting_id i = 0; i < GS_SETTINGS; i++) {
        gs_setting_id id = noted(i);
        const gs_setting *s = &gs_settings[id];
        /* reported wherever a step size is read, even if it follows from other settings */
        if (id == GS_SETTING_TEMPERATURE && gs_settings_read_by(o, GS_SETTING_STEP_SIZE))
            json_object_set_new(object, s->key, json_real(gs_settings_temperature(o)));
        else if (matters(setup, id))
            json_object_set_new(object, s->key, setting_json(o, s));
    }
    gs_labels_put(&setup->labels, o, object);
    if (backend)
        json_object_set_new(object, "backend", json_string(backend));
    if (gs_settings_note_dtype(setup))
        json_object_set_new(object, "dtype", json_string(gs_networks_dtypes(&setup->networks)));
}

void gs_settings_put_options(const gs_setup *setup, FILE *out) {
    const char *backend = gs_networks_foreign_backend(&setup->networks);
    fprintf(out, " --%s %s", setup->measurement ? "method" : "sampler", setup->options.sampler);
    for (gs_setting_id i = 0; i < GS_SETTINGS; i++)
        if (matters(setup, noted(i)))
            put_option(setup, &gs_settings[noted(i)], out);
    gs_labels_put_options(&setup->labels, &setup->options, out);
    if (backend)
        fprintf(out, " --backend %s", backend);
    if (setup->arguments->dtype)
        fprintf(out, " --dtype %s", gs_dtype_name(setup->arguments->dtype));
}
