#include "cli/dry.h"

#include <math.h>

#include "app/words.h"
#include "base/machine.h"
#include "cli/settings.h"
#include "io/output.h"
#include "sample/room.h"

enum { PLANS_MAX = GS_LIST_MAX + 2 };

/* Bytes of memory, by what they are for. */
typedef struct memory {
    double networks, weights, scratch, chains, diagnosis, images, samples;
    size_t weights_each, scratch_each; /* of a copy, of a thread; of all plans together */
    int copies;
} memory;

/* ---- Counting ---- */

/* Bytes that a plan has taken and never fills. */
static double spare_of(const gs_plan *plan) {
    gs_plan_memory m = gs_plan_get_memory(plan);
    return (double)m.spare * m.copies;
}

/* The plans of a run, of networks and judges; how many there are. */
static int list_plans(const gs_run *run, const gs_plan *plan[PLANS_MAX]) {
    const gs_network *judges[] = {&run->judging.judge, &run->judging.second.network};
    int count = 0;
    for (int k = 0; k < run->setup.networks.count; k++)
        plan[count++] = run->setup.networks.network[k].plan;
    for (size_t k = 0; k < GS_COUNT(judges); k++)
        if (judges[k]->plan)
            plan[count++] = judges[k]->plan;
    return count;
}

/* The canvas of a picture of samples. */
static double canvas_bytes(const gs_run *run, bool in_shards) {
    bool is_grid = !in_shards && gs_format_holds(run->format) == GS_HOLDS_PICTURE &&
                   !run->setup.arguments->trajectory && gs_result_rows(&run->result) == 1;
    return is_grid ? (double)gs_grid_bytes(run->grid, run->setup.networks.info->image) : 0;
}

/* What is packed and what is scratch is counted by the plans, the small rest of them with the weights; `n` chains are
 * drawn at a time. */
static memory count_memory(const gs_run *run, size_t n, bool in_shards) {
    const gs_plan *plan[PLANS_MAX];
    const gs_setup *setup = &run->setup;
    memory m = {.networks = (double)run->bytes[GS_OF_NETWORKS],
                .images = (double)run->bytes[GS_OF_IMAGES],
                .samples = (double)run->bytes[GS_OF_SAMPLES] + canvas_bytes(run, in_shards)};
    double spare = 0;
    int plans = list_plans(run, plan);
    for (int k = 0; k < plans; k++) {
        gs_plan_memory each = gs_plan_get_memory(plan[k]);
        m.weights_each += each.weights;
        m.scratch_each += each.scratch;
        m.scratch += (double)each.scratch * each.threads;
        spare += spare_of(plan[k]);
        m.copies = each.copies > m.copies ? each.copies : m.copies;
    }
    m.weights = (double)run->bytes[GS_OF_PLANS] - m.scratch - spare;
    gs_room room = gs_room_of(setup->networks.network[0].plan, setup->measurement, &setup->options, n);
    m.chains = (double)gs_room_bytes(&room, n);
    m.diagnosis = gs_traced_diagnose_bytes(&run->traced, setup);
    return m;
}

/* Chains are diagnosed when what drew them is free again. */
static double total(const memory *m) {
    return m->networks + m->weights + m->scratch + fmax(m->chains, m->diagnosis) + m->images + m->samples;
}

static void warn_of_excess(double bytes) {
    if (bytes > gs_machine_bytes())
        gs_warn(
            "this takes %.2f GB of memory, and this process may use %.2f GB: expect it to fail, or to be killed; take "
            "fewer samples or chains at a time, particles, steps that are kept, or threads",
            bytes * 1e-9, gs_machine_bytes() * 1e-9);
}

/* ---- Parts of both forms ---- */

static const gs_places *places_of(const gs_networks *networks) {
    return networks->network[0].plan->places;
}

static const char *format_name(const gs_run *run, const gs_dry_shards *shards) {
    return gs_output_is_chains(run->setup.arguments) ? "nc"
           : shards                                  ? gs_format_name(shards->shards->manifest.format)
                                                     : gs_format_name(run->format);
}

static double evaluations(const gs_run *run) {
    return (double)gs_sample_evaluations(run->setup.networks.network[0].model, &run->setup.options);
}

/* ---- JSON ---- */

static json_t *memory_json(const memory *m) {
    json_t *object = json_object();
    json_object_set_new(object, "networks", json_real(m->networks));
    json_object_set_new(object, "weights", json_real(m->weights));
    json_object_set_new(object, "copies", json_integer(m->copies));
    json_object_set_new(object, "weights_per_copy", gs_whole_json(m->weights_each));
    json_object_set_new(object, "scratch", json_real(m->scratch));
    json_object_set_new(object, "scratch_per_thread", gs_whole_json(m->scratch_each));
    json_object_set_new(object, "chains", json_real(m->chains));
    json_object_set_new(object, "diagnosis", json_real(m->diagnosis));
    json_object_set_new(object, "samples", json_real(m->samples));
    json_object_set_new(object, "images", json_real(m->images));
    json_object_set_new(object, "total", json_real(total(m)));
    json_object_set_new(object, "available", gs_real_json(gs_machine_bytes()));
    return object;
}

static json_t *shards_json(const gs_dry_shards *s) {
    const gs_manifest *m = &s->shards->manifest;
    json_t *object = json_object();
    json_object_set_new(object, "count", gs_whole_json(m->count));
    json_object_set_new(object, "size", gs_whole_json(m->shard_size));
    json_object_set_new(object, "per_chain", gs_whole_json(s->per_chain));
    json_object_set_new(object, "finished", gs_whole_json(s->shards->found));
    json_object_set_new(object, "damaged", gs_whole_json(s->shards->redone));
    return object;
}

static json_t *nodes_json(const gs_networks *networks) {
    const gs_places *places = places_of(networks);
    return json_pack("{sisb}", "count", places ? places->nodes.count : 1, "placed", places && places->moves);
}

static gs_status report_json(const gs_run *run, const gs_dry_shards *shards, const memory *m, FILE *out,
                             gs_error *error) {
    const gs_networks *networks = &run->setup.networks;
    gs_plan_info plan = gs_plan_get_info(networks->network[0].plan);
    json_t *object = json_object();
    json_object_set_new(object, "dry_run", json_true());
    json_object_set_new(object, "model", json_string(networks->info->name));
    json_object_set_new(object, "hash", json_string(networks->info->hash));
    gs_run_put_settings(run, object);
    json_object_set_new(object, "evaluations_per_sample", gs_mean_json(evaluations(run)));
    json_object_set_new(object, "threads", json_integer(plan.threads));
    json_object_set_new(object, "nodes", nodes_json(networks));
    gs_networks_put(networks, object);
    json_object_set_new(object, "block", json_integer(plan.block));
    json_object_set_new(object, "out", gs_text_json(run->setup.arguments->out));
    json_object_set_new(object, "format", json_string(format_name(run, shards)));
    if (shards)
        json_object_set_new(object, "shards", shards_json(shards));
    json_object_set_new(object, "memory", memory_json(m));
    return gs_print_json(object, out, error);
}

/* ---- Text ---- */

static void print_bytes(const char *what, double bytes, FILE *out) {
    fprintf(out, "  %-32s %10.2f MB", what, bytes * 1e-6);
}

static void print_row(const char *what, double bytes, FILE *out) {
    if (bytes > 0) {
        print_bytes(what, bytes, out);
        fputc('\n', out);
    }
}

static void print_total(const char *what, double bytes, FILE *out) {
    print_bytes(what, bytes, out);
    if (isfinite(gs_machine_bytes()))
        fprintf(out, "  of %.2f MB that this process may use", gs_machine_bytes() * 1e-6);
    fputc('\n', out);
}

static void print_memory(const memory *m, int threads, FILE *out) {
    fputs("memory, beside the program itself:\n", out);
    print_row("networks as they are read", m->networks, out);
    print_bytes("packed weights, and plans", m->weights, out);
    if (m->copies > 1)
        fprintf(out, "  (%d copies, one per NUMA node, of %.2f MB)", m->copies, (double)m->weights_each * 1e-6);
    fputc('\n', out);
    print_bytes("scratch memory of threads", m->scratch, out);
    fprintf(out, "  (%d thread%s, %.2f MB each)\n", threads, threads == 1 ? "" : "s", (double)m->scratch_each * 1e-6);
    print_row("chains while they are drawn", m->chains, out);
    print_row("their diagnosis afterwards", m->diagnosis, out);
    print_row("samples, and what is recorded", m->samples, out);
    print_row("images that are read", m->images, out);
    print_total(m->diagnosis > 0 ? "in all, at a time" : "in all", total(m), out);
}

static void print_output(const gs_run *run, const gs_dry_shards *shards, FILE *out) {
    const char *label = gs_output_label(run->setup.arguments->out);
    double bytes = shards ? 0 : gs_run_output_bytes(run);
    if (shards) {
        const gs_manifest *m = &shards->shards->manifest;
        fprintf(out, "output: %zu shard%s of %s in %s", m->count, m->count == 1 ? "" : "s", format_name(run, shards),
                shards->shards->folder);
        if (shards->shards->found)
            fprintf(out, ", %zu of them finished", shards->shards->found);
        if (shards->shards->redone)
            fprintf(out, ", %zu damaged, which would be drawn again", shards->shards->redone);
        fputc('\n', out);
        return;
    }
    fprintf(out, "output: %s, %s", label, format_name(run, shards));
    if (bytes > 0)
        fprintf(out, " of %.2f MB", bytes * 1e-6);
    fputc('\n', out);
}

static void print_machine(const gs_networks *networks, FILE *out) {
    const gs_places *places = places_of(networks);
    gs_plan_info plan = gs_plan_get_info(networks->network[0].plan);
    fprintf(out, "machine: %d thread%s", plan.threads, plan.threads == 1 ? "" : "s");
    if (places)
        fprintf(out, " on %d NUMA nodes, %s", places->nodes.count,
                places->moves ? "each kept on its node" : "where OpenMP binds them");
    fprintf(out, ", %s, %s backend", plan.isa, plan.backend);
    gs_networks_put_dtypes(networks, out);
    fprintf(out, ", blocks of %d\n", plan.block);
}

static void print_network(const gs_networks *networks, FILE *out) {
    const gs_model_info *info = networks->info;
    fprintf(out, "dry run: nothing is drawn or written\nnetwork: %s, %s, %dx%dx%d, SHA-256 %s\n", info->name,
            gs_kind_name(info->kind), info->image[0], info->image[1], info->image[2], info->hash);
}

static void report_text(const gs_run *run, const gs_dry_shards *shards, const memory *m, FILE *out) {
    const gs_networks *networks = &run->setup.networks;
    int rows = gs_result_rows(&run->result), threads = gs_plan_get_info(networks->network[0].plan).threads;
    double count = evaluations(run);
    print_network(networks, out);
    fputs("command: ", out);
    gs_run_put_command(run, out);
    fprintf(out, "\nchains: %zu", run->result.n);
    if (rows > 1)
        fprintf(out, " for each of %d weights", rows);
    fprintf(out, ", %.0f evaluation%s per sample\n", count, count == 1 ? "" : "s");
    print_machine(networks, out);
    print_output(run, shards, out);
    print_memory(m, threads, out);
}

gs_status gs_dry_report(gs_run *run, const gs_dry_shards *shards, FILE *out, gs_error *error) {
    memory m = count_memory(run, shards ? shards->chains : run->result.n, shards != NULL);
    warn_of_excess(total(&m));
    run->result.done = run->result.n; /* what would be drawn, as far as settings know */
    if (run->setup.arguments->json)
        return report_json(run, shards, &m, out, error);
    report_text(run, shards, &m, out);
    return GS_OK;
}

/* ---- Other commands ---- */

gs_status gs_dry_check(const gs_arguments *a, gs_error *error) {
    return a->quiet && a->dry_run
               ? gs_fail(error, GS_ERROR_ARGUMENT, "--quiet: cannot go with --dry-run, which would print nothing")
               : GS_OK;
}

static gs_status print_taken_json(const gs_networks *networks, double taken, double chains, FILE *out,
                                  gs_error *error) {
    json_t *object = json_object(), *bytes = json_object();
    json_object_set_new(bytes, "taken", json_real(taken));
    json_object_set_new(bytes, "chains", json_real(chains));
    json_object_set_new(bytes, "total", json_real(taken + chains));
    json_object_set_new(bytes, "available", gs_real_json(gs_machine_bytes()));
    json_object_set_new(object, "dry_run", json_true());
    json_object_set_new(object, "model", json_string(networks->info->name));
    json_object_set_new(object, "hash", json_string(networks->info->hash));
    json_object_set_new(object, "threads", json_integer(gs_plan_get_info(networks->network[0].plan).threads));
    json_object_set_new(object, "nodes", nodes_json(networks));
    gs_networks_put(networks, object);
    json_object_set_new(object, "memory", bytes);
    return gs_print_json(object, out, error);
}

gs_status gs_dry_report_taken(const gs_setup *setup, const gs_network *judge, size_t n, size_t later, FILE *out,
                              gs_error *error) {
    const gs_networks *networks = &setup->networks;
    gs_room room = gs_room_of(networks->network[0].plan, setup->measurement, &setup->options, n);
    double taken = (double)gs_allocated_now() + (double)later, chains = (double)gs_room_bytes(&room, n);
    for (int k = 0; k < networks->count; k++)
        taken -= spare_of(networks->network[k].plan);
    taken -= judge && judge->plan ? spare_of(judge->plan) : 0;
    warn_of_excess(taken + chains);
    if (setup->arguments->json)
        return print_taken_json(networks, taken, chains, out, error);
    print_network(networks, out);
    fprintf(out, "chains: %zu\n", n);
    print_machine(networks, out);
    fputs("memory, beside the program itself:\n", out);
    print_row("networks, plans, images, results", taken, out);
    print_row("chains while they are drawn", chains, out);
    print_total("in all", taken + chains, out);
    return GS_OK;
}
