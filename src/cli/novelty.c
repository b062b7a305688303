/* gensample novelty: how well a network tells images of another kind from known ones. */
#include "cli/novelty.h"

#include <string.h>

#include "app/words.h"
#include "cli/commands.h"
#include "cli/flow_options.h"
#include "cli/watch.h"

/* ---- Preparing ---- */

static gs_status find(const char *name, const gs_novelty_info **info, gs_error *error) {
    char known[200] = "";
    size_t used = 0;
    for (int i = 0; (*info = gs_novelty_get(i)); i++) {
        if (!strcmp((*info)->name, name))
            return GS_OK;
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", (*info)->name);
        used = used < sizeof known ? used : sizeof known - 1;
    }
    return gs_fail(error, GS_ERROR_ARGUMENT, "--by: \"%.40s\": expected one of %s", name, known);
}

/* The rows of --by, or all that the network has but the slowest, the last. */
static gs_status choose_scores(gs_novelty_run *run, gs_error *error) {
    const gs_texts *by = &run->arguments->by;
    bool is_energy = run->networks.info->kind == GS_KIND_ENERGY;
    const gs_novelty_info *info;
    for (int i = 0; i < by->count; i++) {
        gs_status status = find(by->values[i], &info, error);
        if (status)
            return status;
        if (info->needs_energy && !is_energy)
            return gs_fail(error, GS_ERROR_ARGUMENT,
                           "--by %s: the network %s is a %s, which has no energy: expected --by gradient or "
                           "denoising, or an energy network",
                           info->name, run->networks.info->name, gs_kind_name(run->networks.info->kind));
        run->by[run->scores++] = info;
    }
    for (int i = 0; !by->count && (info = gs_novelty_get(i)); i++) {
        bool needs_levels = !strcmp(info->name, "denoising") && !run->networks.info->takes_sigma;
        if ((is_energy || !info->needs_energy) && gs_novelty_get(i + 1) && !needs_levels)
            run->by[run->scores++] = info;
    }
    return GS_OK;
}

/* What each row reads, in their order. */
static const char *const read_by[] = {
#define GS_NOVELTY(id, function, name, needs_one, read, text) read,
#include "measure/novelties.def"
};

/* Whether a row that is taken reads an option; no name is a part of another. */
static bool is_read(const gs_novelty_run *run, const char *name) {
    bool found = false;
    for (int k = 0; k < run->scores; k++)
        for (int i = 0; gs_novelty_get(i); i++)
            found = found || (run->by[k] == gs_novelty_get(i) && strstr(read_by[i], name));
    return found;
}

/* The rows that read an option, "a or b", of those that there are. */
static void list_readers(const char *name, char *text, size_t room) {
    size_t used = 0;
    text[0] = 0;
    for (int i = 0; gs_novelty_get(i) && used < room; i++)
        if (strstr(read_by[i], name))
            used += (size_t)snprintf(text + used, room - used, "%s%s", used ? " or " : "", gs_novelty_get(i)->name);
}

/* An option that no score would read is a mistake worth reporting. */
static gs_status check_read(const gs_novelty_run *run, gs_error *error) {
    static const struct {
        gs_option option;
        const char *name;
    } options[] = {{GS_OPTION_SIGMA, "sigma"},
                   {GS_OPTION_DRAWS, "draws"},
                   {GS_OPTION_FLOW_STEPS, "steps"},
                   {GS_OPTION_DEQUANTIZE, "dequantize"}};
    for (size_t i = 0; i < GS_COUNT(options); i++) {
        char readers[80];
        if (!run->arguments->given[options[i].option] || is_read(run, options[i].name))
            continue;
        list_readers(options[i].name, readers, sizeof readers);
        return gs_fail(error, GS_ERROR_ARGUMENT, "--%s: no score that is taken reads it; add --by %s", options[i].name,
                       readers);
    }
    return GS_OK;
}

static gs_status check_options(const gs_novelty_run *run, gs_error *error) {
    const gs_arguments *a = run->arguments;
    const gs_model_info *info = run->networks.info;
    if (a->given[GS_OPTION_SIGMA] && !info->takes_sigma)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--sigma: the network %s takes no noise level", info->name);
    for (int i = 0; i < run->scores; i++) {
        bool by_levels = !strcmp(run->by[i]->name, "denoising") || !strcmp(run->by[i]->name, "likelihood");
        if (by_levels && !info->takes_sigma)
            return gs_fail(error, GS_ERROR_ARGUMENT, "--by %s: the network %s takes no noise level", run->by[i]->name,
                           info->name);
    }
    return check_read(run, error);
}

static gs_status read_input(gs_novelty_run *run, int i, gs_error *error) {
    const gs_arguments *a = run->arguments;
    gs_scored *s = &run->input[i];
    gs_status status = gs_input_read(&s->in, i ? a->against.values[i - 1] : a->input, NULL, a, &run->networks, error);
    for (int k = 0; k < run->scores && !status; k++) {
        s->score[k] = gs_alloc(s->in.given.images.n, sizeof **s->score);
        status = s->score[k] ? GS_OK : gs_fail_memory(error, "the scores");
    }
    return status;
}

static gs_status prepare(gs_novelty_run *run, gs_error *error) {
    const gs_arguments *a = run->arguments;
    gs_status status = gs_networks_load(&run->networks, a, error);
    if (!status)
        status = gs_given_check_networks(&run->networks, error);
    if (!status)
        status = choose_scores(run, error);
    if (!status)
        status = check_options(run, error);
    if (!status)
        status = gs_table_check(a, error);
    if (!status && a->plot)
        status = gs_arguments_check_svg(a, "--plot", a->plot, error);
    if (status)
        return status;
    gs_flow_options flow = gs_flow_options_of(a, run->networks.info);
    run->options = (gs_novelty_options){
        .sigma = a->sigma, .draws = a->draws, .steps = flow.steps, .dequantize = flow.dequantize, .seed = a->seed};
    run->input = gs_alloc(1 + GS_LIST_MAX, sizeof *run->input);
    if (!run->input)
        return gs_fail_memory(error, "the scores");
    for (int i = 0; i <= a->against.count && !status; i++) {
        run->count++;
        status = read_input(run, i, error);
    }
    return !status ? gs_networks_plan(&run->networks, a, error) : status;
}

/* ---- Measuring ---- */

static gs_status score(gs_novelty_run *run, gs_watch *watch, gs_error *error) {
    gs_status status = GS_OK;
    for (int k = 0; k < run->scores; k++) {
        for (int i = 0; i < run->count && !status; i++) {
            gs_scored *s = &run->input[i];
            const gs_image_file *images = &s->in.given.images;
            gs_watch_stage(watch, images->n);
            run->options.labels = s->in.labels;
            status = gs_novelty_measure(run->networks.network[0].plan, run->by[k]->name, images->data, images->n,
                                        &run->options, s->score[k], error);
            if (!status && !gs_watch_show(watch, 1))
                status = gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted");
        }
    }
    return status;
}

static gs_status compare(gs_novelty_run *run, gs_error *error) {
    gs_status status = GS_OK;
    const gs_scored *known = &run->input[0];
    for (int i = 1; i < run->count; i++) {
        const gs_scored *strange = &run->input[i];
        for (int k = 0; k < run->scores && !status; k++)
            status = gs_auroc(known->score[k], known->in.given.images.n, strange->score[k], strange->in.given.images.n,
                              &run->auroc[i - 1][k], &run->error[i - 1][k], error);
    }
    return status;
}

static gs_status measure(gs_novelty_run *run, gs_error *error) {
    gs_watch watch;
    size_t all = 0;
    gs_networks_warn(&run->networks, run->arguments);
    for (int i = 0; i < run->count; i++)
        all += run->input[i].in.given.images.n * (size_t)run->scores;
    gs_watch_start(&watch, all);
    run->options.progress = gs_watch_show;
    run->options.context = &watch;
    gs_status status = score(run, &watch, error);
    run->seconds = gs_watch_end(&watch);
    if (status == GS_ERROR_INTERRUPTED)
        return gs_fail(error, status, "interrupted: nothing is written");
    return !status ? compare(run, error) : status;
}

/* ---- The table ---- */

static double value_of(const void *context, int input, size_t image, int column) {
    const gs_novelty_run *run = context;
    return run->input[input].score[column][image];
}

static gs_status write_table(const gs_novelty_run *run, gs_error *error) {
    const char *names[GS_NOVELTIES_MAX];
    const gs_input *inputs[1 + GS_LIST_MAX];
    for (int k = 0; k < run->scores; k++)
        names[k] = run->by[k]->name;
    for (int i = 0; i < run->count; i++)
        inputs[i] = &run->input[i].in;
    const gs_table table = {.input = inputs,
                            .inputs = run->count,
                            .columns = run->scores,
                            .names = names,
                            .context = run,
                            .value = value_of};
    return gs_table_write(&table, run->arguments->out, error);
}

/* ---- The command ---- */

static gs_status run_command(const gs_arguments *arguments, gs_error *error) {
    gs_novelty_run *run = gs_alloc(1, sizeof *run);
    if (!run)
        return gs_fail_memory(error, "the scores");
    run->arguments = arguments;
    gs_status status = prepare(run, error);
    if (!status)
        status = measure(run, error);
    if (!status)
        status = write_table(run, error);
    if (!status && arguments->plot)
        status = gs_novelty_plot(run, error);
    if (!status)
        status = gs_novelty_report(run, gs_arguments_report(arguments), error);
    for (int i = 0; i < run->count; i++) {
        gs_input_free(&run->input[i].in);
        for (int k = 0; k < run->scores; k++)
            gs_free(run->input[i].score[k]);
    }
    gs_free(run->input);
    gs_networks_free(&run->networks);
    gs_free(run);
    return status;
}

static gs_status check(const gs_arguments *a, gs_error *error) {
    gs_status status = gs_given_check(a, a->input ? 1 : 0, error);
    return status || a->against.count
               ? status
               : gs_fail(error, GS_ERROR_ARGUMENT, "--against: missing: the file of images of another kind");
}

const gs_command gs_command_novelty = {
    .about =
        "Say how well a network tells images of another kind, --against, from those it knows, --input, by scores that\n"
        "may be larger for strange images: AUROC, the probability that a strange image has a larger score than a "
        "known\n"
        "one, with its standard error for other images (DeLong et al. 1988). 0.5 tells nothing, 1 all; below 0.5 the\n"
        "strange images look more likely than the known ones, as simple images often do (Nalisnick et al. 2019).\n",
    .examples =
        "  gensample novelty ncsn --input t10k-images-idx3-ubyte.gz --against fashion.idx -n 1000 --plot roc.svg\n"
        "  gensample novelty ebm --input digits.idx --against noise.npy --against shuffled.npy\n"
        "  gensample novelty ncsn --input digits.idx --against noise.npy --by likelihood -n 50\n",
    .lists = GS_LISTS_NETWORKS,
    .check = check,
    .run = run_command};
