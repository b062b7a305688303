#include "cli/plan.h"

#include <math.h>

#include "base/os.h"
#include "cli/commands.h"
#include "cli/labels.h"
#include "measure/peak.h"
#include "measure/statistics.h"
#include "random/random.h"

enum { PLANNINGS = 5 };
static const double SECONDS = 0.5;

static gs_status load(gs_planning *p, gs_error *error) {
    gs_labels labels;
    double start = gs_now_s();
    gs_status status = gs_networks_load(&p->networks, p->arguments, error);
    p->load_s = gs_now_s() - start;
    if (!status)
        status = gs_labels_take(&labels, p->arguments, &p->networks, error);
    if (status)
        return status;
    const gs_model_info *info = p->networks.info;
    if (p->arguments->gradient && info->kind != GS_KIND_ENERGY) {
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "--gradient: the network %s is a %s, which has none: expected an energy", info->name,
                       gs_kind_name(info->kind));
    }
    int usual = info->needs_label ? 0 : info->labels;
    p->label = labels.label == GS_LABEL_NONE ? usual : labels.label;
    p->sigma = info->takes_sigma ? sqrt(info->sigma[0] * info->sigma[1]) : 0;
    return GS_OK;
}

/* Plan several times, of which the last plan stays. */
static gs_status make_plan(gs_planning *p, gs_error *error) {
    const gs_arguments *a = p->arguments;
    gs_plan_options options = {.isa = a->isa,
                               .threads = 1,
                               .block = a->block,
                               .backend = a->backend,
                               .gradient = a->gradient,
                               .dtype = a->dtype};
    gs_plan **plan = &p->networks.network[0].plan;
    double seconds[GS_PLANNING_PARTS][PLANNINGS];
    gs_status status = GS_OK;
    for (int i = 0; i < PLANNINGS && !status; i++) {
        gs_plan_free(*plan);
        status = gs_plan_create(p->networks.network[0].model, &options, plan, error);
        for (int k = 0; k < GS_PLANNING_PARTS && !status; k++)
            seconds[k][i] = (*plan)->planning_s[k];
    }
    for (int k = 0; k < GS_PLANNING_PARTS && !status; k++) {
        gs_sort(seconds[k], PLANNINGS);
        p->planning_s[k] = gs_median(seconds[k], PLANNINGS);
    }
    return status;
}

/* Images of noise that is uniform in the data range. */
static gs_status make_images(gs_planning *p, int n, gs_error *error) {
    const float *range = p->networks.info->range;
    const int *shape = p->networks.info->shape;
    size_t pixels = (size_t)shape[0] * (size_t)shape[1] * (size_t)shape[2];
    p->x = gs_alloc((size_t)n, pixels * sizeof *p->x);
    for (size_t i = 0; p->x && i < (size_t)n * pixels; i++) {
        uint32_t counter[4], words[4];
        if (i % 4 == 0) {
            gs_random_counter(GS_STREAM_START, i / pixels, 0, (uint32_t)(i % pixels), counter);
            gs_random_words(0, counter, words);
        }
        p->x[i] = range[0] + (range[1] - range[0]) * (float)gs_random_unit(words[i % 4]);
    }
    return p->x ? GS_OK : gs_fail_memory(error, "images");
}

static gs_status measure(gs_planning *p, gs_error *error) {
    gs_plan *plan = p->networks.network[0].plan;
    gs_plan_info info = gs_plan_get_info(plan);
    int images = p->arguments->batch ? p->arguments->batch : info.block;
    gs_status status = make_images(p, images, error);
    if (status)
        return status;
    gs_profile_options options = {
        .x = p->x, .images = images, .sigma = p->sigma, .label = p->label, .seconds = SECONDS};
    p->peak = gs_peak_measure(info.isa, gs_dtype_name(info.dtype), 1);
    status = gs_profile_measure(&p->profile, plan, &options, error);
    double after = gs_peak_measure(info.isa, gs_dtype_name(info.dtype), 1);
    p->moved = fabs(after - p->peak) / fmax(after, p->peak);
    p->peak = fmax(after, p->peak);
    return status;
}

static gs_status check(const gs_arguments *a, gs_error *error) {
    if (!a->model)
        return gs_fail(error, GS_ERROR_ARGUMENT, "plan: the file's name is missing");
    if (a->label == GS_LABEL_ALL || a->label == GS_LABEL_DATA) {
        return gs_fail(error, GS_ERROR_ARGUMENT, "--label %s: a plan is measured with one class, expected it or none",
                       gs_label_word(a->label));
    }
    return GS_OK;
}

static gs_status run_command(const gs_arguments *arguments, gs_error *error) {
    gs_planning p = {.arguments = arguments};
    gs_status status = load(&p, error);
    if (!status)
        status = make_plan(&p, error);
    if (!status)
        status = measure(&p, error);
    if (!status)
        status = gs_planning_report(&p, stdout, error);
    gs_profile_free(&p.profile);
    gs_free(p.x);
    gs_networks_free(&p.networks);
    return status;
}

const gs_command gs_command_plan = {
    .about =
        "Say what the engine makes of a network, a weight file or the name of a shipped one, and measure it on one\n"
        "thread: which nodes are computed together and by which method, their time, operations and memory, then what\n"
        "an evaluation and the planning take. Operations are those of direct convolutions and linear layers, 2 per\n"
        "multiply-add; the peak is what a loop of multiply-adds does on this machine.\n",
    .lists = GS_LISTS_NETWORKS,
    .check = check,
    .sharing = GS_SHARING_NONE,
    .run = run_command};
