/* The settings of a run, and the command that repeats it, for the notes in pictures and the report. */
#include "app/words.h"
#include "cli/sample.h"
#include "cli/settings.h"
#include "io/formats.h"

/* The networks of a product; a sweep's weights of the last one are apart. */
static void put_networks(const gs_run *run, json_t *object) {
    const gs_networks *n = &run->setup.networks;
    const gs_numbers *weights = &run->result.weights;
    json_t *networks = json_array();
    for (int k = 0; k < n->count; k++) {
        const gs_model_info *info = gs_model_get_info(n->network[k].model);
        double weight = k ? n->terms[k - 1].weight : run->setup.options.weight;
        json_t *network = json_pack("{ss ss sf}", "model", info->name, "hash", info->hash, "weight", weight);
        if (gs_settings_note_dtype(&run->setup))
            json_object_set_new(network, "dtype", json_string(gs_networks_dtype(n, k)));
        json_array_append_new(networks, network);
    }
    json_object_set_new(object, "networks", networks);
    if (!weights->count)
        return;
    json_t *sweep = json_array();
    for (int i = 0; i < weights->count; i++)
        json_array_append_new(sweep, json_real(weights->values[i]));
    json_object_set_new(object, "sweep", sweep);
}

void gs_run_put_settings(const gs_run *run, json_t *object) {
    const gs_arguments *a = run->setup.arguments;
    gs_settings_put(&run->setup, object);
    if (a->compose.count)
        put_networks(run, object);
    if (run->start.images.data) {
        json_object_set_new(object, "init", gs_text_json(gs_base_name(a->init)));
        json_object_set_new(object, "init_noise", json_real(gs_start_noise(&run->setup)));
    }
    json_object_set_new(object, "seed", gs_whole_json(a->seed));
    json_object_set_new(object, "first", gs_whole_json(a->first));
    json_object_set_new(object, "n", gs_whole_json(run->result.done));
}

/* --model, or what there is in its place, and what the chains begin with. */
static void put_models(const gs_run *run, FILE *out) {
    const gs_arguments *a = run->setup.arguments;
    const gs_numbers *weights = &run->result.weights;
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
    for (int i = 0; i < weights->count; i++)
        fprintf(out, "%s%s", i ? "," : " --sweep ", gs_shortest(weights->values[i], number));
    if (a->init) {
        fputs(" --init", out);
        gs_put_word(out, a->init);
        fprintf(out, " --init-noise %s", gs_shortest(gs_start_noise(&run->setup), number));
    }
}

void gs_run_put_command(const gs_run *run, FILE *out) {
    const gs_arguments *a = run->setup.arguments;
    fputs("gensample", out);
    put_models(run, out);
    fprintf(out, " -n %zu", run->result.done);
    gs_settings_put_options(&run->setup, out);
    fprintf(out, " --seed %llu", (unsigned long long)a->seed);
    if (a->first)
        fprintf(out, " --first %llu", (unsigned long long)a->first);
    if (a->keep_every)
        fprintf(out, " --keep-every %d", a->keep_every);
    if (a->trajectory)
        fputs(" --trajectory", out);
    else if (a->given[GS_OPTION_SHARD_SIZE])
        fprintf(out, " --shard-size %llu", (unsigned long long)a->shard_size);
    else if (gs_format_holds(run->format) == GS_HOLDS_PICTURE && !run->result.weights.count)
        fprintf(out, " --grid %dx%d", run->grid.rows, run->grid.columns);
    gs_arguments_put_out(a, out);
}
