/* A sampler's settings: the check that it reads those that were given, and the settings as JSON and as options, for the
 * notes in pictures and the reports of every command that samples. */
#include <string.h>

#include "cli/option.h"
#include "cli/run.h"
#include "app/words.h"

typedef enum setting_kind {
    SETTING_WHOLE,  /* int; -1, "none", is shown as 0 */
    SETTING_REAL,   /* double, likewise */
    SETTING_CHOICE, /* int, 1 or -1 */
    SETTING_PAIR    /* two doubles, one after the other */
} setting_kind;

/* The settings, in the order in which they are reported. Temperature is reported wherever a step size is read, even if
 * it follows from other settings.
 */
static const struct setting {
    gs_option option;
    const char *name, *key; /* as an option and in JSON */
    setting_kind kind;
    size_t offset; /* in gs_sample_options */
} settings[] = {
#define SETTING(option, name, key, kind, field) \
    { GS_OPTION_##option, name, key, SETTING_##kind, offsetof(gs_sample_options, field) }
    SETTING(STEPS, "steps", "steps", WHOLE, steps),
    SETTING(SIGMAS, "sigmas", "sigmas", PAIR, sigma_low),
    SETTING(EPSILON, "epsilon", "epsilon", REAL, epsilon),
    SETTING(STEPS_PER_LEVEL, "steps-per-level", "steps_per_level", WHOLE, steps_per_level),
    SETTING(DENOISE, "denoise", "denoise", CHOICE, denoise),
    SETTING(ETA, "eta", "eta", REAL, eta),
    SETTING(STEP_SIZE, "step-size", "step_size", REAL, step_size),
    SETTING(NOISE, "noise", "noise", REAL, noise),
    SETTING(NOISE_FIRST, "noise-first", "noise_first", CHOICE, noise_first),
    SETTING(CLIP, "clip", "clip", REAL, clip),
    SETTING(TEMPERATURE, "temperature", "temperature", REAL, temperature),
    SETTING(CLAMP, "clamp", "clamp", CHOICE, clamp),
    SETTING(LEAPFROG, "leapfrog", "leapfrog", WHOLE, leapfrog),
    SETTING(BURN_IN, "burn-in", "burn_in", WHOLE, burn_in),
    SETTING(TARGET, "target", "target", REAL, target),
    SETTING(EVERY, "every", "every", WHOLE, every),
#undef SETTING
};
_Static_assert(offsetof(gs_sample_options, sigma_high) == offsetof(gs_sample_options, sigma_low) + sizeof(double),
               "sigmas are a pair");

const gs_sampler_info *gs_run_sampler(const gs_run *run) {
    const gs_sampler_info *row;
    for (int i = 0; (row = gs_sampler_get(i)); i++)
        if (!strcmp(row->name, run->options.sampler))
            return row;
    return NULL;
}

/* Whether `words`, separated by blanks, has the word. */
static bool has_word(const char *words, const char *word) {
    size_t length = strlen(word);
    for (const char *at = words; (at = strstr(at, word)); at += length)
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == 0))
            return true;
    return false;
}

bool gs_run_reads(const gs_run *run, const char *setting) {
    const gs_sampler_info *sampler = gs_run_sampler(run);
    return sampler && has_word(sampler->parameters, setting);
}

gs_status gs_run_check_steps(const gs_run *run, int steps, gs_error *error) {
    int most = gs_run_sampler(run)->steps_max;
    return steps ? GS_OK : gs_fail(error, GS_ERROR_ARGUMENT, "steps 0: expected 1 ... %d", most);
}

/* A setting that the sampler would not read is a mistake worth reporting. */
gs_status gs_run_check_settings(const gs_run *run, gs_error *error) {
    const gs_arguments *a = run->arguments;
    if (a->given[GS_OPTION_STEPS] && gs_run_check_steps(run, a->steps, error))
        return GS_ERROR_ARGUMENT;
    for (size_t i = 0; i < GS_COUNT(settings); i++) {
        if (run->arguments->given[settings[i].option] && !gs_run_reads(run, settings[i].name)) {
            return gs_fail(error, GS_ERROR_ARGUMENT, "--%s: the sampler %s has no such setting; it reads %s",
                           settings[i].name, run->options.sampler, gs_run_sampler(run)->parameters);
        }
    }
    return GS_OK;
}

/* Whether the setting matters to what is drawn. gensample denoise has lists of its own for the first two. */
static bool matters(const gs_run *run, const struct setting *s) {
    bool own = run->arguments->command == GS_DENOISE && (s->option == GS_OPTION_STEPS || s->option == GS_OPTION_SIGMAS);
    return gs_run_reads(run, s->name) && !own && (s->option != GS_OPTION_SIGMAS || run->info->takes_sigma) &&
           (s->option != GS_OPTION_EVERY || run->arguments->trajectory);
}

static const void *value_of(const gs_run *run, const struct setting *s) {
    return (const char *)&run->options + s->offset;
}

static int whole(const gs_run *run, const struct setting *s) {
    int v = *(const int *)value_of(run, s);
    return v > 0 ? v : 0;
}

static double none_as_0(double v) {
    return v > 0 ? v : 0;
}

static json_t *setting_json(const gs_run *run, const struct setting *s) {
    const double *real = value_of(run, s);
    switch (s->kind) {
    case SETTING_WHOLE:
        return json_integer(whole(run, s));
    case SETTING_CHOICE:
        return json_boolean(whole(run, s));
    case SETTING_PAIR:
        return json_pack("[f, f]", real[0], real[1]);
    default:
        return json_real(none_as_0(*real));
    }
}

static void put_option(const gs_run *run, const struct setting *s, FILE *out) {
    const double *real = value_of(run, s);
    char text[32], second[32];
    /* there, --noise is the images' noise */
    bool chains = s->option == GS_OPTION_NOISE && run->arguments->command == GS_DENOISE;
    fprintf(out, " --%s%s ", chains ? "chain-" : "", s->name);
    switch (s->kind) {
    case SETTING_WHOLE:
        fprintf(out, "%d", whole(run, s));
        break;
    case SETTING_CHOICE:
        fputs(whole(run, s) ? "yes" : "no", out);
        break;
    case SETTING_PAIR:
        fprintf(out, "%s,%s", gs_shortest(real[0], text), gs_shortest(real[1], second));
        break;
    default:
        fputs(gs_shortest(none_as_0(*real), text), out);
        break;
    }
}

double gs_run_temperature(const gs_run *run) {
    const gs_sample_options *o = &run->options;
    double noise = none_as_0(o->noise);
    return gs_run_reads(run, "noise") ? noise * noise / (2 * o->step_size) : o->temperature;
}

const char *gs_run_foreign_backend(const gs_run *run) {
    const char *name = gs_plan_get_info(run->plan).backend;
    return strcmp(name, "native") ? name : NULL;
}

void gs_run_put_settings(const gs_run *run, json_t *object) {
    const gs_sample_options *o = &run->options;
    const char *word = gs_label_word(run->arguments->label);
    json_object_set_new(object, "sampler", json_string(o->sampler));
    for (size_t i = 0; i < GS_COUNT(settings); i++) {
        bool follows = settings[i].option == GS_OPTION_TEMPERATURE && gs_run_reads(run, "step-size");
        if (follows)
            json_object_set_new(object, settings[i].key, json_real(gs_run_temperature(run)));
        else if (matters(run, &settings[i]))
            json_object_set_new(object, settings[i].key, setting_json(run, &settings[i]));
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
    for (size_t i = 0; i < GS_COUNT(settings); i++)
        if (matters(run, &settings[i]))
            put_option(run, &settings[i], out);
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
