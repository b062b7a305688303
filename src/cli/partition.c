/* gensample partition: log Z of an energy, and log p of images. */
#include "cli/partition.h"

#include <math.h>

#include "app/interrupt.h"
#include "app/words.h"
#include "cli/commands.h"
#include "cli/dry.h"
#include "cli/settings.h"
#include "io/progress.h"
#include "model/model.h"
#include "sample/samplers.h"

enum { CHAINS_AIS = 256, CHAINS_SMC = 16 };

/* ---- Preparing ---- */

static gs_status check_sampler(const gs_partition_run *run, gs_error *error) {
    const gs_sample_options *o = &run->setup.options;
    char names[80];
    if (gs_settings_read_by(o, GS_SETTING_MOVES))
        return GS_OK;
    gs_sampler_list_weighing(names, sizeof names);
    return gs_fail(error, GS_ERROR_ARGUMENT, "--sampler '%.40s' %s; expected %s", o->sampler,
                   gs_settings_sampler(o) ? "has no weights" : "is unknown", names);
}

static gs_status resolve(gs_partition_run *run, gs_error *error) {
    gs_setup *setup = &run->setup;
    const gs_arguments *a = setup->arguments;
    gs_sample_options *o = &setup->options;
    *o = a->settings;
    o->sampler = o->sampler ? o->sampler : "tempered-smc";
    o->guidance = -1;
    o->seed = a->seed;
    o->weight = a->compose.count ? a->composed[0].weight : 1;
    o->terms = setup->networks.terms;
    o->term_count = setup->networks.count - 1;
    o->denoise = -1;
    gs_status status = gs_networks_choose_sigma(&setup->networks, a, &o->sigma_low, error);
    o->sigma_high = o->sigma_low;
    if (!status)
        status = check_sampler(run, error);
    if (!status)
        status = gs_settings_resolve(setup, error);
    if (!status)
        status = gs_settings_check(setup, error);
    if (!status)
        status = gs_networks_check_levels(&setup->networks, o, error);
    run->chains = a->chains                                      ? (size_t)a->chains
                  : gs_settings_read_by(o, GS_SETTING_PARTICLES) ? CHAINS_SMC
                                                                 : CHAINS_AIS;
    return !status ? gs_setup_label(setup, 0, run->chains, error) : status;
}

/* Of a density in closed form at temperature 1, and not in a box. */
static double known_log_z(const gs_partition_run *run) {
    const gs_arguments *a = run->setup.arguments;
    const gs_sample_options *o = &run->setup.options;
    gs_density *density;
    if (!a->model || a->compose.count || o->temperature != 1 || o->clamp > 0 || !gs_is_density(a->model) ||
        gs_density_create(a->model, &density, NULL))
        return NAN;
    double log_z = gs_density_log_z(density);
    gs_density_free(density);
    return log_z;
}

static gs_status read_input(gs_partition_run *run, int i, gs_error *error) {
    const gs_arguments *a = run->setup.arguments;
    gs_probable *p = &run->input[i];
    gs_status status = gs_given_read(&p->given, a->inputs.values[i], NULL, a, run->setup.networks.info, error);
    if (status)
        return status;
    p->room = gs_alloc(p->given.images.n, sizeof *p->room);
    p->energy = gs_alloc(p->given.images.n, sizeof *p->energy);
    return p->room && p->energy ? GS_OK : gs_fail_memory(error, "the energies");
}

static gs_status prepare(gs_partition_run *run, const gs_arguments *a, gs_error *error) {
    gs_status status = gs_setup_load(&run->setup, a, error);
    if (!status)
        status = resolve(run, error);
    if (status)
        return status;
    run->known = known_log_z(run);
    run->log_weight = gs_alloc(run->chains, sizeof *run->log_weight);
    run->input = gs_alloc(GS_LIST_MAX, sizeof *run->input);
    if (!run->log_weight || !run->input)
        return gs_fail_memory(error, "the weights");
    for (int i = 0; i < a->inputs.count && !status; i++) {
        run->count++;
        status = read_input(run, i, error);
    }
    return !status ? gs_networks_plan(&run->setup.networks, a, error) : status;
}

/* ---- Measuring ---- */

static bool show_progress(void *context, double part, size_t done, size_t n) {
    gs_progress_update(context, part, done, n);
    return !gs_interrupted();
}

static gs_status sample(gs_partition_run *run, gs_error *error) {
    gs_setup *setup = &run->setup;
    gs_sample_options o = setup->options;
    size_t pixels = setup->networks.pixels;
    float *out = gs_alloc(run->chains, pixels * sizeof *out);
    if (!out)
        return gs_fail_memory(error, "the chains");
    gs_progress progress = {0};
    run->trace.log_weight = run->log_weight;
    o.trace = &run->trace;
    o.outcome = &run->outcome;
    o.progress = show_progress;
    o.context = &progress;
    gs_interrupt_install();
    gs_progress_start(&progress, stderr, NULL);
    gs_status status = gs_sample(setup->networks.network[0].plan, &o, run->chains, out, NULL, error);
    gs_progress_clear(&progress);
    gs_free(out);
    return status == GS_ERROR_INTERRUPTED ? gs_fail(error, status, "interrupted: log Z is not known") : status;
}

static gs_status measure_input(gs_partition_run *run, gs_probable *p, gs_error *error) {
    const gs_setup *setup = &run->setup;
    size_t n = p->given.images.n;
    gs_term terms[GS_LIST_MAX];
    for (size_t k = 0; k < n; k++)
        p->room[k] = setup->labels.label;
    for (int k = 0; k < setup->networks.count; k++) {
        bool told = setup->labels.of_chain && gs_model_get_info(setup->networks.network[k].model)->labels;
        terms[k] = (gs_term){.plan = setup->networks.network[k].plan,
                             .weight = k ? setup->networks.terms[k - 1].weight : setup->options.weight,
                             .labels = told ? p->room : NULL};
    }
    gs_status status = gs_energy_measure(terms, setup->networks.count, p->given.images.data, setup->options.sigma_low,
                                         n, p->energy, NULL, error);
    for (size_t k = 0; k < n && !status; k++)
        if (!isfinite(p->energy[k]))
            status =
                gs_fail(error, GS_ERROR_FORMAT,
                        "%s: the energy of image %zu is %g, so that its log p is not known: expected images nearer "
                        "to the data range [%g, %g]",
                        p->given.path, k, (double)p->energy[k], (double)setup->networks.info->range[0],
                        (double)setup->networks.info->range[1]);
    return status;
}

static gs_status measure(gs_partition_run *run, gs_error *error) {
    double start_s = gs_now_s();
    gs_networks_warn(&run->setup.networks, run->setup.arguments);
    gs_status status = sample(run, error);
    if (!status)
        status = gs_partition_estimate(run->log_weight, run->chains, &run->partition, error);
    for (int i = 0; i < run->count && !status; i++)
        status = measure_input(run, &run->input[i], error);
    run->seconds = gs_now_s() - start_s;
    return status;
}

/* ---- The command ---- */

/* Chains have a place for their last states. */
static gs_status foresee(const gs_partition_run *run, gs_error *error) {
    size_t states = run->chains * run->setup.networks.pixels * sizeof(float);
    return gs_dry_report_taken(&run->setup, NULL, run->chains, states, stdout, error);
}

static gs_status run_command(const gs_arguments *arguments, gs_error *error) {
    gs_partition_run run = {0};
    gs_status status = prepare(&run, arguments, error);
    if (!status && arguments->dry_run) {
        status = foresee(&run, error);
    } else if (!status) {
        status = measure(&run, error);
        status = !status ? gs_partition_report(&run, error) : status;
    }
    for (int i = 0; i < run.count; i++) {
        gs_given_free(&run.input[i].given);
        gs_free(run.input[i].room);
        gs_free(run.input[i].energy);
    }
    gs_free(run.input);
    gs_free(run.log_weight);
    gs_setup_free(&run.setup);
    return status;
}

static gs_status check(const gs_arguments *a, gs_error *error) {
    if (a->given[GS_OPTION_TAKEN] && !a->inputs.count)
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "-n: says how many images of --input to take, and there is no --input; --chains sets how many "
                       "chains are drawn");
    if (!a->model && !a->compose.count)
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "the network is missing: a weight file, the name of a shipped one, or a density");
    if (a->compose.count && a->model)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--compose: cannot go with the network %s, as it names all networks",
                       a->model);
    if (a->label == GS_LABEL_ALL || a->label == GS_LABEL_DATA)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--label %s: Z is of one density; name a class or none",
                       gs_label_word(a->label));
    return GS_OK;
}

const gs_command gs_command_partition = {
    .about =
        "Estimate log Z, the logarithm of the integral of exp(-E(x) / T) over all images x or, with --clamp, over "
        "those\n"
        "in the pixels' range, from independent chains that go from a density whose Z is known to the network's:\n"
        "tempered-smc (sequential Monte Carlo) or ais (annealed importance sampling). With --input, also how probable\n"
        "images are: log p = -E / T - log Z, in nats, with the error of log Z, which all images share. Where few of\n"
        "the weights matter, the effective sample size is small, and log Z is likely too low: give more steps,\n"
        "particles or moves.\n",
    .examples = "  gensample partition gaussian:dim=10,levels=no\n"
                "  gensample partition ebm --sigma 0.5 --chains 8 --input digits.idx\n"
                "  gensample partition ebm-cond --label 3 --sampler ais --steps 2000 --clamp yes --json\n",
    .lists = GS_LISTS_NETWORKS | GS_LISTS_DENSITIES,
    .check = check,
    .run = run_command};
