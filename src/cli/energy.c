/* gensample energy: energies of images, and the lengths of their gradients. */
#include "cli/energy.h"

#include "app/interrupt.h"
#include "app/words.h"
#include "cli/commands.h"
#include "io/progress.h"
#include "model/model.h"

enum { SLICE = 1024 }; /* images between two looks at the progress */

/* ---- Preparing ---- */

static const gs_model_info *info_of(const gs_energy_run *run, int k) {
    return gs_model_get_info(run->networks.network[k].model);
}

static gs_status check_networks(gs_energy_run *run, gs_error *error) {
    gs_status status = gs_given_check_networks(&run->networks, error);
    run->has_energy = gs_networks_have_energy(&run->networks);
    const gs_model_info *info = run->networks.info;
    bool plain_noise = !info->takes_sigma && (info->kind == GS_KIND_DENOISER || info->kind == GS_KIND_NOISE);
    if (!status && plain_noise)
        status = gs_fail(error, GS_ERROR_ARGUMENT,
                         "the network %s is a %s model without a noise level, which has neither energy nor score",
                         info->name, gs_kind_name(info->kind));
    return !status ? gs_networks_choose_sigma(&run->networks, run->arguments, &run->sigma, error) : status;
}

static gs_status check_outputs(gs_energy_run *run, gs_error *error) {
    const gs_arguments *a = run->arguments;
    gs_status status = gs_table_check(a, error);
    return !status && a->plot ? gs_arguments_check_svg(a, "--plot", a->plot, error) : status;
}

static gs_status read_input(gs_energy_run *run, int i, gs_error *error) {
    const gs_arguments *a = run->arguments;
    gs_energies *e = &run->input[i];
    gs_status status = gs_input_read(&e->in, a->inputs.values[i], gs_input_labels_path(a, i), a, &run->networks, error);
    if (status)
        return status;
    size_t n = e->in.given.images.n;
    e->energy = gs_alloc(n, sizeof *e->energy);
    e->norm = gs_alloc(n, sizeof *e->norm);
    return e->energy && e->norm ? GS_OK : gs_fail_memory(error, "the energies");
}

static gs_status prepare(gs_energy_run *run, gs_error *error) {
    const gs_arguments *a = run->arguments;
    gs_status status = gs_networks_load(&run->networks, a, error);
    if (!status)
        status = check_networks(run, error);
    if (!status)
        status = gs_input_check(a, &run->networks, error);
    if (!status)
        status = check_outputs(run, error);
    run->input = gs_alloc(GS_LIST_MAX, sizeof *run->input);
    if (!status && !run->input)
        status = gs_fail_memory(error, "the energies");
    for (int i = 0; i < a->inputs.count && !status; i++) {
        run->count++;
        status = read_input(run, i, error);
    }
    return !status ? gs_networks_plan(&run->networks, a, error) : status;
}

/* ---- Measuring ---- */

/* The networks as terms, told the labels of the images from number `at` on. */
static void list_terms(const gs_energy_run *run, const gs_energies *e, size_t at, gs_term terms[GS_LIST_MAX]) {
    const gs_arguments *a = run->arguments;
    for (int k = 0; k < run->networks.count; k++) {
        bool told = e->in.labels && info_of(run, k)->labels;
        terms[k] = (gs_term){.plan = run->networks.network[k].plan,
                             .weight = a->compose.count ? a->composed[k].weight : 1,
                             .labels = told ? e->in.labels + at : NULL};
    }
}

static gs_status measure_slice(const gs_energy_run *run, gs_energies *e, size_t at, size_t n, gs_error *error) {
    gs_term terms[GS_LIST_MAX];
    list_terms(run, e, at, terms);
    return gs_energy_measure(terms, run->networks.count, e->in.given.images.data + at * run->networks.pixels,
                             run->sigma, n, e->energy + at, e->norm + at, error);
}

static gs_status measure(gs_energy_run *run, gs_error *error) {
    gs_progress progress = {0};
    gs_status status = GS_OK;
    size_t all = 0, done = 0;
    gs_networks_warn(&run->networks, run->arguments);
    for (int i = 0; i < run->count; i++)
        all += run->input[i].in.given.images.n;
    gs_interrupt_install();
    gs_progress_start(&progress, stderr, NULL);
    double start_s = gs_now_s();
    for (int i = 0; i < run->count; i++) {
        size_t n = run->input[i].in.given.images.n;
        for (size_t at = 0; at < n && !status; at += SLICE) {
            size_t count = n - at < SLICE ? n - at : SLICE;
            status = measure_slice(run, &run->input[i], at, count, error);
            done += count;
            gs_progress_update(&progress, (double)done / (double)all, done, all);
            if (!status && gs_interrupted())
                status = gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted: %zu of %zu images, nothing is written",
                                 done, all);
        }
    }
    run->seconds = gs_now_s() - start_s;
    gs_progress_clear(&progress);
    return status;
}

/* ---- The table ---- */

static double value_of(const void *context, int input, size_t image, int column) {
    const gs_energy_run *run = context;
    const gs_energies *e = &run->input[input];
    return (double)(run->has_energy && column == 0 ? e->energy : e->norm)[image];
}

static gs_status write_table(const gs_energy_run *run, gs_error *error) {
    static const char *const of_energies[] = {"energy", "gradient_norm"}, *const of_scores[] = {"score_norm"};
    const gs_input *inputs[GS_LIST_MAX];
    for (int i = 0; i < run->count; i++)
        inputs[i] = &run->input[i].in;
    const gs_table table = {.input = inputs,
                            .inputs = run->count,
                            .columns = run->has_energy ? 2 : 1,
                            .names = run->has_energy ? of_energies : of_scores,
                            .context = run,
                            .value = value_of};
    return gs_table_write(&table, run->arguments->out, error);
}

/* ---- The command ---- */

static void free_all(gs_energy_run *run) {
    for (int i = 0; i < run->count; i++) {
        gs_input_free(&run->input[i].in);
        gs_free(run->input[i].energy);
        gs_free(run->input[i].norm);
    }
    gs_free(run->input);
    gs_networks_free(&run->networks);
}

static gs_status run_command(const gs_arguments *arguments, gs_error *error) {
    gs_energy_run run = {.arguments = arguments};
    gs_status status = prepare(&run, error);
    if (!status)
        status = measure(&run, error);
    if (!status)
        status = write_table(&run, error);
    if (!status && arguments->plot)
        status = gs_energy_plot(&run, error);
    if (!status)
        status = gs_energy_report(&run, gs_arguments_report(arguments), error);
    free_all(&run);
    return status;
}

static gs_status check(const gs_arguments *a, gs_error *error) {
    if (a->compose.count && a->model)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--compose: cannot go with the network %s, as it names all networks",
                       a->model);
    return gs_given_check(a, a->inputs.count, error);
}

const gs_command gs_command_energy = {
    .about =
        "Say which energies E(x) a network gives images, and how long the gradients dE/dx are; of several files one\n"
        "beside the other, such as digits, samples and noise. Networks with labels are told those of --labels or\n"
        "--label, E(x, y), else none; labels in an .npz file or beside the images sort the summary by class.\n"
        "Differences between energies mean something at one noise level and label, but not between them. Score\n"
        "networks, denoisers and noise models have no energy: of them the length of the score is shown.\n",
    .examples = "  gensample energy ebm-document --input t10k-images-idx3-ubyte.gz -n 1000 --plot energies.svg\n"
                "  gensample energy ebm --sigma 0.1 --input digits.idx --input samples.npy --out energies.csv\n"
                "  gensample energy ebm-cond --input digits.idx --labels labels.idx\n"
                "  gensample energy --compose ebm --compose ebm-thick:2 --sigma 0.2 --input digits.png\n",
    .lists = GS_LISTS_NETWORKS,
    .check = check,
    .run = run_command};
