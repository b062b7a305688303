/* What a run tells: the lines or the JSON object on standard output, and the notes in pictures. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/option.h"
#include "cli/run.h"

/* A short decimal that reads back as v. */
static const char *shortest(double v, char text[32]) {
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, 32, "%.*g", digits, v);
        if (strtod(text, NULL) == v) {
            break;
        }
    }
    return text;
}

/* JSON has no NaN; whole numbers above 2^63 - 1 become strings. */
static json_t *real_or_null(double v) {
    return isfinite(v) ? json_real(v) : json_null();
}

static json_t *whole(uint64_t v) {
    if (v <= INT64_MAX) {
        return json_integer((json_int_t)v);
    }
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)v);
    return json_string(text);
}

static json_t *label_json(const gs_run *run) {
    int label = run->arguments->label;
    const char *word = gs_label_word(label);
    return word ? json_string(word) : json_integer(label);
}

/* The backend if it is not the native one, whose bytes are the same everywhere; else NULL. */
static const char *foreign_backend(const gs_run *run) {
    const char *name = gs_plan_get_info(run->plan).backend;
    return strcmp(name, "native") ? name : NULL;
}

/* What -1 stands for is 0 to people. */
static double none_as_0(double v) {
    return v > 0 ? v : 0;
}

/* Of chains of langevin, as its step size goes to 0; of the others what they are told. */
static double temperature(const gs_run *run) {
    const gs_sample_options *o = &run->options;
    double noise = none_as_0(o->noise);
    return gs_run_reads(run, "noise") ? noise * noise / (2 * o->step_size) : o->temperature;
}

/* Settings of chains at one noise level. */
static void put_chain_settings(const gs_run *run, json_t *object) {
    const gs_sample_options *o = &run->options;
    const struct {
        const char *name, *key;
        json_t *value;
    } settings[] = {{"step-size", "step_size", json_real(o->step_size)},
                    {"noise", "noise", json_real(none_as_0(o->noise))},
                    {"noise-first", "noise_first", json_boolean(o->noise_first > 0)},
                    {"clip", "clip", json_real(none_as_0(o->clip))},
                    {"step-size", "temperature", json_real(temperature(run))},
                    {"clamp", "clamp", json_boolean(o->clamp > 0)},
                    {"leapfrog", "leapfrog", json_integer(o->leapfrog)},
                    {"burn-in", "burn_in", json_integer(o->burn_in > 0 ? o->burn_in : 0)},
                    {"target", "target", json_real(o->target)},
                    {"every", "every", json_integer(o->every)}};
    for (size_t i = 0; i < GS_COUNT(settings); i++) {
        bool drawn = strcmp(settings[i].name, "every") || run->arguments->trajectory;
        if (drawn && gs_run_reads(run, settings[i].name)) {
            json_object_set(object, settings[i].key, settings[i].value);
        }
        json_decref(settings[i].value);
    }
}

/* Only what the sampler reads, so that equal pictures have equal settings. */
static void put_settings(const gs_run *run, json_t *object) {
    const gs_sample_options *o = &run->options;
    json_object_set_new(object, "sampler", json_string(o->sampler));
    if (gs_run_reads(run, "steps")) {
        json_object_set_new(object, "steps", json_integer(o->steps));
    }
    if (gs_run_reads(run, "sigmas") && run->info->takes_sigma) {
        json_object_set_new(object, "sigmas", json_pack("[f, f]", o->sigma_low, o->sigma_high));
    }
    if (gs_run_reads(run, "epsilon")) {
        json_object_set_new(object, "epsilon", json_real(o->epsilon));
    }
    if (gs_run_reads(run, "steps-per-level")) {
        json_object_set_new(object, "steps_per_level", json_integer(o->steps_per_level));
    }
    if (gs_run_reads(run, "denoise")) {
        json_object_set_new(object, "denoise", json_boolean(o->denoise > 0));
    }
    if (gs_run_reads(run, "eta")) {
        json_object_set_new(object, "eta", json_real(none_as_0(o->eta)));
    }
    put_chain_settings(run, object);
    if (run->info->labels) {
        json_object_set_new(object, "label", label_json(run));
    }
    if (run->labels) {
        json_object_set_new(object, "guidance", json_real(o->guidance > 0 ? o->guidance : 0));
    }
    if (run->labels && o->guidance > 0) {
        json_object_set_new(object, "guidance_sigmas", json_pack("[f, f]", o->guidance_low, o->guidance_high));
    }
    if (foreign_backend(run)) {
        json_object_set_new(object, "backend", json_string(foreign_backend(run)));
    }
    json_object_set_new(object, "seed", whole(o->seed));
    json_object_set_new(object, "first", whole(o->first_chain));
    json_object_set_new(object, "n", whole(run->done));
}

char *gs_run_settings(const gs_run *run) {
    json_t *object = json_object();
    put_settings(run, object);
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return text;
}

/* ' text', with what a shell would misread put into quotes. */
static void put_word(FILE *out, const char *text) {
    const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./,=+:@";
    if (*text && strspn(text, plain) == strlen(text)) {
        fprintf(out, " %s", text);
        return;
    }
    fputs(" '", out);
    for (; *text; text++) {
        fputs(*text == '\'' ? "'\\''" : (char[]){*text, 0}, out);
    }
    fputc('\'', out);
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static void put_chain_options(const gs_run *run, FILE *out) {
    const gs_sample_options *o = &run->options;
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"step-size", o->step_size},  {"noise", none_as_0(o->noise)},
                   {"clip", none_as_0(o->clip)}, {"temperature", o->temperature},
                   {"leapfrog", o->leapfrog},    {"burn-in", none_as_0(o->burn_in)},
                   {"target", o->target}};
    const struct {
        const char *name;
        int value;
    } choices[] = {{"noise-first", o->noise_first}, {"clamp", o->clamp}};
    char text[32];
    for (size_t i = 0; i < GS_COUNT(numbers); i++) {
        if (gs_run_reads(run, numbers[i].name)) {
            fprintf(out, " --%s %s", numbers[i].name, shortest(numbers[i].value, text));
        }
    }
    for (size_t i = 0; i < GS_COUNT(choices); i++) {
        if (gs_run_reads(run, choices[i].name)) {
            fprintf(out, " --%s %s", choices[i].name, choices[i].value > 0 ? "yes" : "no");
        }
    }
    if (run->arguments->trajectory && gs_run_reads(run, "every")) {
        fprintf(out, " --every %d", o->every);
    }
}

static void put_sampler_options(const gs_run *run, FILE *out) {
    const gs_sample_options *o = &run->options;
    char low[32], high[32];
    fprintf(out, " --sampler %s", o->sampler);
    if (gs_run_reads(run, "steps")) {
        fprintf(out, " --steps %d", o->steps);
    }
    if (gs_run_reads(run, "sigmas") && run->info->takes_sigma) {
        fprintf(out, " --sigmas %s,%s", shortest(o->sigma_low, low), shortest(o->sigma_high, high));
    }
    if (gs_run_reads(run, "epsilon")) {
        fprintf(out, " --epsilon %s", shortest(o->epsilon, low));
    }
    if (gs_run_reads(run, "steps-per-level")) {
        fprintf(out, " --steps-per-level %d", o->steps_per_level);
    }
    if (gs_run_reads(run, "denoise")) {
        fprintf(out, " --denoise %s", o->denoise > 0 ? "yes" : "no");
    }
    if (gs_run_reads(run, "eta")) {
        fprintf(out, " --eta %s", shortest(none_as_0(o->eta), low));
    }
    put_chain_options(run, out);
    if (run->labels) {
        fprintf(out, " --guidance %s", shortest(o->guidance > 0 ? o->guidance : 0, low));
    }
    if (run->labels && o->guidance > 0 && o->guidance_low > 0) {
        fprintf(out, " --guidance-sigmas %s,%s", shortest(o->guidance_low, low), shortest(o->guidance_high, high));
    }
}

char *gs_run_command(const gs_run *run) {
    const gs_arguments *a = run->arguments;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) {
        return NULL;
    }
    fputs("gensample --model", out);
    put_word(out, base_name(a->model));
    fprintf(out, " -n %zu", run->done);
    put_sampler_options(run, out);
    if (a->label >= 0) {
        fprintf(out, " --label %d", a->label);
    } else if (a->label != GS_LABEL_NONE) {
        fprintf(out, " --label %s", gs_label_word(a->label));
    }
    fprintf(out, " --seed %llu", (unsigned long long)a->seed);
    if (a->first) {
        fprintf(out, " --first %llu", (unsigned long long)a->first);
    }
    if (a->trajectory) {
        fputs(" --trajectory", out);
    } else if (run->format == GS_FORMAT_PNG) {
        fprintf(out, " --grid %dx%d", run->grid.rows, run->grid.columns);
    }
    if (foreign_backend(run)) {
        fprintf(out, " --backend %s", foreign_backend(run));
    }
    fputs(" --out", out);
    put_word(out, base_name(a->out));
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static json_t *quality_json(const gs_quality *q) {
    json_t *shares = json_array();
    for (int i = 0; i < q->classes; i++) {
        json_array_append_new(shares, json_real(q->share[i]));
    }
    json_t *object = json_object();
    json_object_set_new(object, "n", whole(q->n));
    json_object_set_new(object, "frechet", real_or_null(q->frechet));
    json_object_set_new(object, "agreement", real_or_null(q->agreement));
    json_object_set_new(object, "shares", shares);
    json_object_set_new(object, "confident", real_or_null(q->confident));
    return object;
}

/* Means and extremes over the finished chains, for samplers that accept and adapt. */
typedef struct acceptance {
    double rate, rate_low, rate_high, step, step_low, step_high;
} acceptance;

static acceptance accepted(const gs_run *run) {
    const double *rate = run->trace.rate, *step = run->trace.step_size;
    acceptance a = {.rate_low = rate[0], .rate_high = rate[0], .step_low = step[0], .step_high = step[0]};
    for (size_t i = 0; i < run->done; i++) {
        a.rate += rate[i] / (double)run->done;
        a.step += step[i] / (double)run->done;
        a.rate_low = fmin(a.rate_low, rate[i]);
        a.rate_high = fmax(a.rate_high, rate[i]);
        a.step_low = fmin(a.step_low, step[i]);
        a.step_high = fmax(a.step_high, step[i]);
    }
    return a;
}

static json_t *acceptance_json(const gs_run *run) {
    acceptance a = accepted(run);
    return json_pack("{s: f, s: [f, f], s: f, s: [f, f]}", "rate", a.rate, "rates", a.rate_low, a.rate_high,
                     "step_size", a.step, "step_sizes", a.step_low, a.step_high);
}

static gs_status report_json(const gs_run *run, FILE *out, gs_error *error) {
    gs_plan_info plan = gs_plan_get_info(run->plan);
    json_t *object = json_object();
    json_object_set_new(object, "model", json_string(run->info->name));
    json_object_set_new(object, "hash", json_string(run->info->hash));
    put_settings(run, object);
    json_object_set_new(object, "requested", whole(run->n));
    json_object_set_new(object, "interrupted", json_boolean(run->interrupted));
    json_object_set_new(object, "seconds", real_or_null(run->seconds));
    json_object_set_new(object, "samples_per_second", real_or_null((double)run->done / run->seconds));
    json_object_set_new(object, "evaluations_per_sample", whole(gs_sample_evaluations(run->model, &run->options)));
    json_object_set_new(object, "threads", json_integer(plan.threads));
    json_object_set_new(object, "isa", json_string(plan.isa));
    json_object_set_new(object, "backend", json_string(plan.backend));
    json_object_set_new(object, "block", json_integer(plan.block));
    json_object_set_new(object, "out", json_string(run->arguments->out));
    json_object_set_new(object, "shown", whole(gs_run_shown(run)));
    if (run->trace.rate) {
        json_object_set_new(object, "acceptance", acceptance_json(run));
    }
    if (run->judged) {
        json_object_set_new(object, "quality", quality_json(&run->quality));
    }
    char *text = json_dumps(object, 0);
    json_decref(object);
    if (!text) {
        return gs_fail_memory(error, "the report");
    }
    fprintf(out, "%s\n", text);
    free(text);
    return GS_OK;
}

static void report_quality(const gs_quality *q, FILE *out) {
    fprintf(out, "quality at n = %zu: Frechet distance ", q->n);
    if (isfinite(q->frechet)) {
        fprintf(out, "%.4g", q->frechet);
    } else {
        fputs("(needs 2 samples)", out);
    }
    if (isfinite(q->agreement)) {
        fprintf(out, ", agreement %.2f %%", 100 * q->agreement);
    }
    fprintf(out, ", confident %.2f %%\nclass shares:", 100 * q->confident);
    for (int i = 0; i < q->classes; i++) {
        fprintf(out, "%s %d: %.2f %%", i ? "," : "", i, 100 * q->share[i]);
    }
    fputc('\n', out);
}

static void report_chains(const gs_run *run, FILE *out) {
    const gs_sample_options *o = &run->options;
    fprintf(out, "temperature %.4g", temperature(run));
    if (gs_run_reads(run, "noise")) {
        fprintf(out, ": step size %g, noise %g\n", o->step_size, none_as_0(o->noise));
        return;
    }
    acceptance a = accepted(run);
    int burn_in = o->burn_in > 0 ? o->burn_in : 0;
    fprintf(out,
            "; after %d steps of burn-in: acceptance %.1f %% (chains %.1f - %.1f %%), step size %.4g (%.4g - %.4g)\n",
            burn_in, 100 * a.rate, 100 * a.rate_low, 100 * a.rate_high, a.step, a.step_low, a.step_high);
}

gs_status gs_run_report(const gs_run *run, FILE *out, gs_error *error) {
    if (run->arguments->json) {
        return report_json(run, out, error);
    }
    if (gs_run_reads(run, "step-size")) {
        report_chains(run, out);
    }
    if (run->judged) {
        report_quality(&run->quality, out);
    }
    gs_plan_info plan = gs_plan_get_info(run->plan);
    fprintf(out, "%zu samples in %.3g s: %.4g samples/s, %llu evaluations a sample, %d thread%s, %s%s%s; wrote %s",
            run->done, run->seconds, (double)run->done / run->seconds,
            (unsigned long long)gs_sample_evaluations(run->model, &run->options), plan.threads,
            plan.threads == 1 ? "" : "s", plan.isa, foreign_backend(run) ? " and " : "",
            foreign_backend(run) ? foreign_backend(run) : "", run->arguments->out);
    size_t shown = gs_run_shown(run);
    if (shown < run->done) {
        fprintf(out, " (the first %zu are drawn)", shown);
    }
    fputc('\n', out);
    return GS_OK;
}
