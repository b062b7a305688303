/* What a run tells: the lines or the JSON object on standard output, and the notes in pictures. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/option.h"
#include "cli/run.h"
#include "cli/words.h"

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

/* Only what the sampler reads, so that equal pictures have equal settings. */
static void put_settings(const gs_run *run, json_t *object) {
    const gs_sample_options *o = &run->options;
    json_object_set_new(object, "sampler", json_string(o->sampler));
    if (gs_run_reads(run, "steps")) {
        json_object_set_new(object, "steps", json_integer(o->steps));
    }
    if (gs_run_reads(run, "sigmas")) {
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
        json_object_set_new(object, "eta", json_real(o->eta > 0 ? o->eta : 0));
    }
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
    json_object_set_new(object, "seed", gs_whole_json(o->seed));
    json_object_set_new(object, "first", gs_whole_json(o->first_chain));
    json_object_set_new(object, "n", gs_whole_json(run->done));
}

char *gs_run_settings(const gs_run *run) {
    json_t *object = json_object();
    put_settings(run, object);
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return text;
}

static void put_sampler_options(const gs_run *run, FILE *out) {
    const gs_sample_options *o = &run->options;
    char low[32], high[32];
    fprintf(out, " --sampler %s", o->sampler);
    if (gs_run_reads(run, "steps")) {
        fprintf(out, " --steps %d", o->steps);
    }
    if (gs_run_reads(run, "sigmas")) {
        fprintf(out, " --sigmas %s,%s", gs_shortest(o->sigma_low, low), gs_shortest(o->sigma_high, high));
    }
    if (gs_run_reads(run, "epsilon")) {
        fprintf(out, " --epsilon %s", gs_shortest(o->epsilon, low));
    }
    if (gs_run_reads(run, "steps-per-level")) {
        fprintf(out, " --steps-per-level %d", o->steps_per_level);
    }
    if (gs_run_reads(run, "denoise")) {
        fprintf(out, " --denoise %s", o->denoise > 0 ? "yes" : "no");
    }
    if (gs_run_reads(run, "eta")) {
        fprintf(out, " --eta %s", gs_shortest(o->eta > 0 ? o->eta : 0, low));
    }
    if (run->labels) {
        fprintf(out, " --guidance %s", gs_shortest(o->guidance > 0 ? o->guidance : 0, low));
    }
    if (run->labels && o->guidance > 0 && o->guidance_low > 0) {
        fprintf(out, " --guidance-sigmas %s,%s", gs_shortest(o->guidance_low, low),
                gs_shortest(o->guidance_high, high));
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
    gs_put_word(out, gs_base_name(a->model));
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
    gs_put_word(out, gs_base_name(a->out));
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
    json_object_set_new(object, "n", gs_whole_json(q->n));
    json_object_set_new(object, "frechet", gs_real_json(q->frechet));
    json_object_set_new(object, "agreement", gs_real_json(q->agreement));
    json_object_set_new(object, "shares", shares);
    json_object_set_new(object, "confident", gs_real_json(q->confident));
    return object;
}

static gs_status report_json(const gs_run *run, FILE *out, gs_error *error) {
    gs_plan_info plan = gs_plan_get_info(run->plan);
    json_t *object = json_object();
    json_object_set_new(object, "model", json_string(run->info->name));
    json_object_set_new(object, "hash", json_string(run->info->hash));
    put_settings(run, object);
    json_object_set_new(object, "requested", gs_whole_json(run->n));
    json_object_set_new(object, "interrupted", json_boolean(run->interrupted));
    json_object_set_new(object, "seconds", gs_real_json(run->seconds));
    json_object_set_new(object, "samples_per_second", gs_real_json((double)run->done / run->seconds));
    json_object_set_new(object, "evaluations_per_sample",
                        gs_whole_json(gs_sample_evaluations(run->model, &run->options)));
    json_object_set_new(object, "threads", json_integer(plan.threads));
    json_object_set_new(object, "isa", json_string(plan.isa));
    json_object_set_new(object, "backend", json_string(plan.backend));
    json_object_set_new(object, "block", json_integer(plan.block));
    json_object_set_new(object, "out", json_string(run->arguments->out));
    json_object_set_new(object, "shown", gs_whole_json(gs_run_shown(run)));
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

gs_status gs_run_report(const gs_run *run, FILE *out, gs_error *error) {
    if (run->arguments->json) {
        return report_json(run, out, error);
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
