/* gensample likelihood: log-likelihoods of images by the probability flow. */
#include "cli/likelihood.h"

#include <math.h>
#include <string.h>

#include "app/words.h"
#include "cli/commands.h"
#include "cli/flow_options.h"
#include "cli/watch.h"

/* ---- Preparing ---- */

static gs_status choose_trace(gs_likelihood_run *run, gs_error *error) {
    static const char *const names[] = {
        [GS_TRACE_SIGNS] = "signs", [GS_TRACE_NORMAL] = "normal", [GS_TRACE_EXACT] = "exact"};
    const gs_arguments *a = run->arguments;
    gs_flow_options *o = &run->options;
    const int *shape = run->networks.info->shape;
    size_t pixels = (size_t)shape[0] * (size_t)shape[1] * (size_t)shape[2];
    for (int i = GS_TRACE_SIGNS; a->trace && i <= GS_TRACE_EXACT; i++)
        if (!strcmp(a->trace, names[i]))
            o->trace = (gs_trace_method)i;
    if (a->trace && o->trace == GS_TRACE_DEFAULT)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--trace: \"%.40s\": expected signs, normal or exact", a->trace);
    if (o->trace == GS_TRACE_EXACT && a->given[GS_OPTION_PROBES])
        return gs_fail(error, GS_ERROR_ARGUMENT, "--probes: cannot go with --trace exact, which takes all dimensions");
    if (o->trace == GS_TRACE_DEFAULT)
        o->trace = pixels <= GS_TRACE_EXACT_MOST && !o->probes ? GS_TRACE_EXACT : GS_TRACE_SIGNS;
    if (o->trace != GS_TRACE_EXACT && !o->probes)
        o->probes = 2;
    run->trace = names[o->trace];
    return GS_OK;
}

static gs_status read_input(gs_likelihood_run *run, int i, gs_error *error) {
    const gs_arguments *a = run->arguments;
    gs_likelihoods *l = &run->input[i];
    gs_status status = gs_input_read(&l->in, a->inputs.values[i], gs_input_labels_path(a, i), a, &run->networks, error);
    if (status)
        return status;
    l->of = gs_alloc(l->in.given.images.n, sizeof *l->of);
    return l->of ? GS_OK : gs_fail_memory(error, "the likelihoods");
}

/* Whether plans can have the network's derivative, without another type of products than was asked for. */
static bool can_differentiate(const gs_likelihood_run *run) {
    const gs_arguments *a = run->arguments;
    gs_dtype dtype = a->dtype ? a->dtype : gs_model_get_quantization(run->networks.network[0].model)->dtype;
    return dtype != GS_DTYPE_INT8 && dtype != GS_DTYPE_INT16 && (!a->backend || !strcmp(a->backend, "native"));
}

static gs_status prepare(gs_likelihood_run *run, gs_error *error) {
    const gs_arguments *a = run->arguments;
    gs_status status = gs_networks_load(&run->networks, a, error);
    const gs_model_info *info = run->networks.info;
    if (!status)
        status = gs_given_check_networks(&run->networks, error);
    if (!status)
        status = gs_flow_options_check(info, error);
    if (status)
        return status;
    run->options = gs_flow_options_of(a, info);
    run->options.steps += run->options.steps % 2;
    status = choose_trace(run, error);
    if (!status)
        status = gs_input_check(a, &run->networks, error);
    if (!status)
        status = gs_table_check(a, error);
    run->input = gs_alloc(GS_LIST_MAX, sizeof *run->input);
    if (!status && !run->input)
        status = gs_fail_memory(error, "the likelihoods");
    for (int i = 0; i < a->inputs.count && !status; i++) {
        run->count++;
        status = read_input(run, i, error);
    }
    run->networks.differentiated = can_differentiate(run);
    return !status ? gs_networks_plan(&run->networks, a, error) : status;
}

/* ---- Measuring ---- */

static gs_status measure(gs_likelihood_run *run, gs_error *error) {
    gs_watch watch;
    gs_status status = GS_OK;
    size_t all = 0;
    gs_networks_warn(&run->networks, run->arguments);
    for (int i = 0; i < run->count; i++)
        all += run->input[i].in.given.images.n;
    gs_watch_start(&watch, all);
    run->options.progress = gs_watch_show;
    run->options.context = &watch;
    for (int i = 0; i < run->count && !status; i++) {
        gs_likelihoods *l = &run->input[i];
        gs_watch_stage(&watch, l->in.given.images.n);
        run->options.labels = l->in.labels;
        status = gs_likelihood_measure(run->networks.network[0].plan, l->in.given.images.data, l->in.given.images.n,
                                       &run->options, l->of, error);
    }
    run->seconds = gs_watch_end(&watch);
    return status == GS_ERROR_INTERRUPTED ? gs_fail(error, status, "interrupted: nothing is written") : status;
}

/* ---- The table ---- */

enum { COLUMNS = 7 };

static double value_of(const void *context, int input, size_t image, int column) {
    const gs_likelihood_run *run = context;
    const gs_likelihood *of = &run->input[input].of[image];
    const double values[COLUMNS] = {of->nats, of->error, of->bits, of->bits_error, of->prior, of->volume, of->steps};
    return values[column];
}

static gs_status write_table(const gs_likelihood_run *run, gs_error *error) {
    static const char *const names[COLUMNS] = {"nats", "error", "bits", "bits_error", "prior", "volume", "steps"};
    const gs_input *inputs[GS_LIST_MAX];
    for (int i = 0; i < run->count; i++)
        inputs[i] = &run->input[i].in;
    const gs_table table = {
        .input = inputs, .inputs = run->count, .columns = COLUMNS, .names = names, .context = run, .value = value_of};
    return gs_table_write(&table, run->arguments->out, error);
}

/* ---- The command ---- */

static gs_status run_command(const gs_arguments *arguments, gs_error *error) {
    gs_likelihood_run run = {.arguments = arguments};
    gs_status status = prepare(&run, error);
    if (!status)
        status = measure(&run, error);
    if (!status)
        status = write_table(&run, error);
    if (!status)
        status = gs_likelihood_report(&run, gs_arguments_report(arguments), error);
    for (int i = 0; i < run.count; i++) {
        gs_input_free(&run.input[i].in);
        gs_free(run.input[i].of);
    }
    gs_free(run.input);
    gs_networks_free(&run.networks);
    return status;
}

static gs_status check(const gs_arguments *a, gs_error *error) {
    return gs_given_check(a, a->inputs.count, error);
}

const gs_command gs_command_likelihood = {
    .about =
        "Measure log p(x) of images under a network's probability flow (Song et al. 2021, equation 39): the flow "
        "takes\n"
        "an image to a latent x' at the highest noise level, and log p(x) is that of x' under a normal distribution\n"
        "plus the change of volume on the way, the integral of d - tr dD/dx over log sigma. Traces are estimated in\n"
        "random directions (Hutchinson 1990), of whose choice \"of traces\" is the standard error; \"std. error\" is "
        "that\n"
        "of other images. Bits per dimension are those of pixels of --dequantize levels: each becomes uniform in its\n"
        "level's share of the range, and log2(levels / width of the range) bits are added. Labels are told as in\n"
        "gensample energy: only where --labels or --label is given.\n",
    .examples = "  gensample likelihood ncsn --input t10k-images-idx3-ubyte.gz -n 100\n"
                "  gensample likelihood ncsn-cond --input digits.idx --labels labels.idx --probes 8 --out nats.csv\n"
                "  gensample likelihood rings --input points.npy --tolerance 0.01\n",
    .lists = GS_LISTS_NETWORKS | GS_LISTS_DENSITIES,
    .check = check,
    .run = run_command};
