/* gensample classify: probabilities of classes by a network that is told labels. */
#include "cli/classify.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/words.h"
#include "base/math64.h"
#include "cli/commands.h"
#include "cli/watch.h"

/* ---- Preparing ---- */

static gs_status choose_method(gs_classify_run *run, gs_error *error) {
    const char *method = run->arguments->method;
    const gs_model_info *info = run->networks.info;
    bool is_energy = info->kind == GS_KIND_ENERGY;
    if (method && strcmp(method, "energy") != 0 && strcmp(method, "denoising") != 0)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--method: \"%.40s\": expected energy or denoising", method);
    run->by_energy = method ? !strcmp(method, "energy") : is_energy && !info->takes_sigma;
    if (run->by_energy && !is_energy)
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "--method energy: the network %s is a %s, which has no energy: leave --method out, or name "
                       "an energy network",
                       info->name, gs_kind_name(info->kind));
    if (!run->by_energy && !info->takes_sigma)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--method denoising: the network %s takes no noise level: %s",
                       info->name, is_energy ? "give --method energy" : "name a network that does");
    return GS_OK;
}

static gs_status check_options(const gs_classify_run *run, gs_error *error) {
    static const gs_option of_denoising[] = {GS_OPTION_FLOW_ENDS, GS_OPTION_CLASS_LEVELS, GS_OPTION_CLASS_DRAWS};
    const gs_arguments *a = run->arguments;
    const char *const names[] = {"sigmas", "levels", "draws"};
    for (size_t i = 0; i < GS_COUNT(of_denoising) && run->by_energy; i++)
        if (a->given[of_denoising[i]])
            return gs_fail(error, GS_ERROR_ARGUMENT, "--%s: energies have none; see --method denoising", names[i]);
    if (a->given[GS_OPTION_SIGMA] && !run->by_energy)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--sigma: only energies are at one noise level; see --sigmas");
    if (a->given[GS_OPTION_SIGMA] && !run->networks.info->takes_sigma)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--sigma: the network %s takes no noise level",
                       run->networks.info->name);
    if (a->prior.count && (size_t)a->prior.count != run->classes)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--prior: %d weight%s: expected %zu, one per class of the network %s",
                       a->prior.count, a->prior.count == 1 ? "" : "s", run->classes, run->networks.info->name);
    return GS_OK;
}

static gs_status choose_options(gs_classify_run *run, gs_error *error) {
    const gs_arguments *a = run->arguments;
    const gs_model_info *info = run->networks.info;
    run->classes = (size_t)info->labels;
    gs_status status = gs_given_check_networks(&run->networks, error);
    if (!status && !info->labels)
        status = gs_fail(error, GS_ERROR_ARGUMENT, "the network %s takes no labels: expected one that is told classes",
                         info->name);
    if (!status)
        status = choose_method(run, error);
    if (!status)
        status = check_options(run, error);
    run->options = (gs_classes_options){.method = run->by_energy ? GS_CLASS_ENERGY : GS_CLASS_DENOISING,
                                        .prior = a->prior.count ? a->prior.values : NULL,
                                        .sigma = a->sigma > 0 ? a->sigma : info->sigma[0],
                                        .levels = a->levels ? a->levels : 10,
                                        .sigma_low = a->ends[0] > 0 ? a->ends[0] : info->sigma[0],
                                        .sigma_high = a->ends[1] > 0 ? a->ends[1] : info->sigma[1],
                                        .draws = a->draws ? a->draws : 2,
                                        .seed = a->seed};
    return status;
}

static gs_status prepare(gs_classify_run *run, gs_error *error) {
    const gs_arguments *a = run->arguments;
    gs_status status = gs_networks_load(&run->networks, a, error);
    if (!status)
        status = choose_options(run, error);
    if (!status)
        status = gs_table_check(a, error);
    if (!status && a->plot)
        status = gs_arguments_check_svg(a, "--plot", a->plot, error);
    if (!status)
        status = gs_given_read(&run->in.given, a->input, gs_input_labels_path(a, 0), a, run->networks.info, error);
    if (!status && a->plot && !run->in.given.labels)
        status =
            gs_fail(error, GS_ERROR_ARGUMENT, "--plot: nothing to compare with: name the true classes by --labels");
    if (!status)
        status = gs_given_check_labels(&run->in.given, run->in.given.images.n, (int)run->classes,
                                       run->networks.info->name, error);
    if (status)
        return status;
    size_t count, n = run->in.given.images.n;
    if (!gs_mul_size(n, run->classes, &count))
        return gs_fail_memory(error, "the probabilities");
    run->log_p = gs_alloc(count, sizeof *run->log_p);
    run->errors = gs_alloc(count, sizeof *run->errors);
    run->best = gs_alloc(n, sizeof *run->best);
    return run->log_p && run->errors && run->best ? gs_networks_plan(&run->networks, a, error)
                                                  : gs_fail_memory(error, "the probabilities");
}

/* ---- Measuring ---- */

static void find_best(gs_classify_run *run) {
    for (size_t k = 0; k < run->in.given.images.n; k++) {
        const double *log_p = run->log_p + k * run->classes;
        run->best[k] = 0;
        for (size_t y = 1; y < run->classes; y++)
            run->best[k] = log_p[y] > log_p[run->best[k]] ? (int)y : run->best[k];
    }
}

/* Densities in closed form are normalised for every class. */
static void warn_of_constants(const gs_classify_run *run) {
    const gs_model_info *info = run->networks.info;
    if (run->by_energy && info->takes_sigma && !gs_is_density(run->arguments->model))
        gs_warn(
            "--method energy: the network %s takes noise levels, as those do that are trained by their scores alone, "
            "which leave open a constant of the energy for every class: unless it was trained for classes, too, these "
            "probabilities mean nothing; see --method denoising",
            info->name);
}

static gs_status measure(gs_classify_run *run, gs_error *error) {
    gs_watch watch;
    const gs_given *given = &run->in.given;
    gs_networks_warn(&run->networks, run->arguments);
    warn_of_constants(run);
    gs_watch_start(&watch, given->images.n);
    gs_watch_stage(&watch, given->images.n);
    run->options.progress = gs_watch_show;
    run->options.context = &watch;
    gs_status status = gs_classes_measure(run->networks.network[0].plan, given->images.data, given->images.n,
                                          &run->options, run->log_p, run->errors, error);
    run->seconds = gs_watch_end(&watch);
    if (status == GS_ERROR_INTERRUPTED)
        return gs_fail(error, status, "interrupted: nothing is written");
    if (!status)
        find_best(run);
    run->is_judged = !status && given->labels;
    return run->is_judged
               ? gs_classes_judge(run->log_p, given->labels, given->images.n, (int)run->classes, &run->judgement, error)
               : status;
}

/* ---- The table ---- */

/* The class, and for each class its probability and then its standard error. */
static double value_of(const void *context, int input, size_t image, int column) {
    const gs_classify_run *run = context;
    size_t y = (size_t)(column - 1) % run->classes, at = image * run->classes + y;
    (void)input;
    if (column == 0)
        return run->best[image];
    return (size_t)column <= run->classes ? gs_exp64(run->log_p[at]) : run->errors[at];
}

enum { NAME = 16 };

static gs_status write_table(const gs_classify_run *run, gs_error *error) {
    size_t columns = 1 + 2 * run->classes;
    if (!run->arguments->out)
        return GS_OK;
    char(*text)[NAME] = gs_alloc(columns, sizeof *text);
    const char **names = gs_alloc(columns, sizeof *names);
    gs_status status = text && names ? GS_OK : gs_fail_memory(error, "the table");
    for (size_t c = 0; c < columns && !status; c++) {
        snprintf(text[c], NAME,
                 c == 0              ? "class"
                 : c <= run->classes ? "p%zu"
                                     : "error%zu",
                 c ? (c - 1) % run->classes : 0);
        names[c] = text[c];
    }
    const gs_input *inputs[] = {&run->in};
    const gs_table table = {
        .input = inputs, .inputs = 1, .columns = (int)columns, .names = names, .context = run, .value = value_of};
    if (!status)
        status = gs_table_write(&table, run->arguments->out, error);
    gs_free(text);
    gs_free(names);
    return status;
}

/* ---- The command ---- */

static gs_status run_command(const gs_arguments *arguments, gs_error *error) {
    gs_classify_run run = {.arguments = arguments};
    gs_status status = prepare(&run, error);
    if (!status)
        status = measure(&run, error);
    if (!status)
        status = write_table(&run, error);
    if (!status && arguments->plot)
        status = gs_classify_plot(&run, error);
    if (!status)
        status = gs_classify_report(&run, gs_arguments_report(arguments), error);
    gs_input_free(&run.in);
    gs_free(run.log_p);
    gs_free(run.errors);
    gs_free(run.best);
    gs_networks_free(&run.networks);
    return status;
}

static gs_status check(const gs_arguments *a, gs_error *error) {
    return gs_given_check(a, a->input ? 1 : 0, error);
}

const gs_command gs_command_classify = {
    .about =
        "Find p(y | x), the probabilities of the classes y of images x, by a network that is told labels: "
        "proportional\n"
        "to p(y) exp(-E(x, y)), or by denoising losses (Li et al. 2023): log p(x | y) is, but for a constant, minus "
        "the\n"
        "integral of E |x - D(x + sigma z, sigma, y)|^2 / sigma^2 over log sigma, where all classes see the same "
        "noise\n"
        "z. With the true classes, of --labels or beside the images, also say how good they are: accuracy, mean log\n"
        "loss, Brier score and expected calibration error. Energies tell classes apart only where their constants are\n"
        "the same for every class, as training by scores alone does not see to.\n",
    .examples = "  gensample classify ncsn-cond --input t10k-images-idx3-ubyte.gz -n 100\n"
                "  gensample classify ncsn-cond --input digits.idx --draws 8 --levels 20 --out classes.csv\n"
                "  gensample classify ebm-cond --input digits.idx --labels labels.idx --plot calibration.svg\n",
    .lists = GS_LISTS_NETWORKS,
    .check = check,
    .run = run_command};
