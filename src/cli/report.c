/* The reports of a run: the lines or the JSON object on standard output, and the notes in pictures. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/diagnose.h"
#include "cli/run.h"
#include "app/words.h"

/* The networks of a product; a sweep's weights of the last one are apart. */
static void put_networks(const gs_run *run, json_t *object) {
    json_t *networks = json_array(), *sweep = json_array();
    for (int k = 0; k <= run->options.term_count; k++) {
        const gs_model_info *info = k ? gs_model_get_info(run->factors[k - 1].model) : run->info;
        double weight = k ? run->terms[k - 1].weight : run->options.weight;
        json_array_append_new(networks,
                              json_pack("{ss ss sf}", "model", info->name, "hash", info->hash, "weight", weight));
    }
    for (int i = 0; i < run->arguments->sweep.count; i++)
        json_array_append_new(sweep, json_real(run->arguments->sweep.values[i]));
    json_object_set_new(object, "networks", networks);
    if (run->arguments->sweep.count)
        json_object_set_new(object, "sweep", sweep);
    else
        json_decref(sweep);
}

static void put_settings(const gs_run *run, json_t *object) {
    const gs_sample_options *o = &run->options;
    gs_run_put_settings(run, object);
    if (run->arguments->compose.count)
        put_networks(run, object);
    if (run->init.data) {
        json_object_set_new(object, "init", gs_text_json(gs_base_name(run->arguments->init)));
        json_object_set_new(object, "init_noise", json_real(gs_run_init_noise(run)));
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

/* --model, or what there is in its place, and what the chains begin with. */
static void put_models(const gs_run *run, FILE *out) {
    const gs_arguments *a = run->arguments;
    char number[32];
    if (!a->compose.count) {
        fputs(" --model", out);
        gs_put_word(out, gs_arguments_model_word(a));
    }
    for (int k = 0; k < a->compose.count; k++) {
        char text[GS_PATH_ROOM + 40];
        snprintf(text, sizeof text, "%s:%s", gs_arguments_composed_word(a, k),
                 gs_shortest(a->composed[k].weight, number));
        fputs(" --compose", out);
        gs_put_word(out, text);
    }
    for (int i = 0; i < a->sweep.count; i++)
        fprintf(out, "%s%s", i ? "," : " --sweep ", gs_shortest(a->sweep.values[i], number));
    if (a->init) {
        fputs(" --init", out);
        gs_put_word(out, a->init);
        fprintf(out, " --init-noise %s", gs_shortest(gs_run_init_noise(run), number));
    }
}

char *gs_run_command(const gs_run *run) {
    const gs_arguments *a = run->arguments;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    fputs("gensample", out);
    put_models(run, out);
    fprintf(out, " -n %zu", run->done);
    gs_run_put_options(run, out);
    fprintf(out, " --seed %llu", (unsigned long long)a->seed);
    if (a->first)
        fprintf(out, " --first %llu", (unsigned long long)a->first);
    if (a->trajectory)
        fputs(" --trajectory", out);
    else if (gs_format_holds(run->format) == GS_HOLDS_PICTURE && !a->sweep.count)
        fprintf(out, " --grid %dx%d", run->grid.rows, run->grid.columns);
    gs_arguments_put_out(a, out);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

/* Steps done on entering state i of chains at one noise level. */
int gs_run_state_step(const gs_run *run, int i) {
    return i == run->levels - 1 ? run->options.steps : i * run->options.every;
}

/* Samples of all rows. */
static size_t drawn(const gs_run *run) {
    return run->done * (size_t)run->rows;
}

static gs_status report_json(const gs_run *run, FILE *out, gs_error *error) {
    gs_plan_info plan = gs_plan_get_info(run->plan);
    json_t *object = json_object();
    json_object_set_new(object, "model", json_string(run->info->name));
    json_object_set_new(object, "hash", json_string(run->info->hash));
    put_settings(run, object);
    if (run->init.taken[0])
        json_object_set_new(object, "init_taken", json_string(run->init.taken));
    json_object_set_new(object, "requested", gs_whole_json(run->n));
    json_object_set_new(object, "interrupted", json_boolean(run->interrupted));
    json_object_set_new(object, "seconds", gs_real_json(run->seconds));
    json_object_set_new(object, "samples_per_second", gs_real_json((double)drawn(run) / run->seconds));
    json_object_set_new(object, "evaluations_per_sample",
                        gs_whole_json(gs_sample_evaluations(run->model, &run->options)));
    json_object_set_new(object, "threads", json_integer(plan.threads));
    json_object_set_new(object, "isa", json_string(plan.isa));
    json_object_set_new(object, "backend", json_string(plan.backend));
    json_object_set_new(object, "block", json_integer(plan.block));
    json_object_set_new(object, "out", gs_text_json(run->arguments->out));
    if (run->arguments->plot && run->record.chains)
        json_object_set_new(object, "plot", gs_text_json(run->arguments->plot));
    json_object_set_new(object, "shown", gs_whole_json(gs_run_shown(run)));
    if (run->trace.rate)
        json_object_set_new(object, "acceptance", gs_run_acceptance_json(run));
    gs_run_put_measured(run, object);
    json_object_set(object, "warnings", run->warnings);
    if (run->record.chains)
        json_object_set_new(object, "diagnosis", gs_diagnosis_json(&run->record, &run->diagnosis));
    return gs_print_json(object, out, error);
}

gs_status gs_run_report(const gs_run *run, FILE *out, gs_error *error) {
    if (run->arguments->json)
        return report_json(run, out, error);
    if (run->init.n)
        gs_run_put_taken(run->arguments->init, &run->init, out);
    if (gs_run_reads(run, GS_SETTING_STEP_SIZE))
        gs_run_report_chains(run, out);
    gs_run_report_measured(run, out);
    if (run->record.chains) {
        gs_status status = gs_diagnosis_print(&run->record, &run->diagnosis, out, error);
        if (status)
            return status;
    }
    gs_plan_info plan = gs_plan_get_info(run->plan);
    unsigned long long evaluations = gs_sample_evaluations(run->model, &run->options);
    fprintf(out, "%zu sample%s in %.3g s: %.4g samples/s, %llu evaluation%s per sample, %d thread%s, %s%s%s; wrote %s",
            drawn(run), drawn(run) == 1 ? "" : "s", run->seconds, (double)drawn(run) / run->seconds, evaluations,
            evaluations == 1 ? "" : "s", plan.threads, plan.threads == 1 ? "" : "s", plan.isa,
            gs_run_foreign_backend(run) ? " and " : "", gs_run_foreign_backend(run) ? gs_run_foreign_backend(run) : "",
            gs_output_label(run->arguments->out));
    size_t shown = gs_run_shown(run);
    if (shown < run->done)
        fprintf(out, " (the first %zu%s %s drawn)", shown, run->rows > 1 ? " per row" : "", shown == 1 ? "is" : "are");
    if (run->arguments->plot && run->record.chains)
        fprintf(out, " and %s", gs_output_label(run->arguments->plot));
    fputc('\n', out);
    return GS_OK;
}
