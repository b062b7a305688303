/* gensample loss: the loss of denoising score matching of a network on images, level by level. */
#include <math.h>

#include "app/words.h"
#include "cli/commands.h"
#include "cli/given.h"
#include "cli/images.h"
#include "cli/watch.h"

typedef struct measuring {
    const gs_arguments *arguments;
    gs_networks networks;
    gs_given given;
    int *room;         /* (n) */
    const int *labels; /* that the network is told */
    gs_loss_options options;
    int levels;
    double *sigmas; /* (levels) */
    gs_loss *level; /* (levels) */
    gs_loss mean;
    double seconds;
    gs_watch watch;
} measuring;

/* ---- Measuring ---- */

static gs_status choose_levels(measuring *m, gs_error *error) {
    const gs_arguments *a = m->arguments;
    const gs_model *model = m->networks.network[0].model;
    bool lacks_levels =
        !gs_model_get_info(model)->takes_sigma && !(a->given[GS_OPTION_LADDER] || a->given[GS_OPTION_ENDS]);
    gs_loss_options *o = &m->options;
    bool given = a->given[GS_OPTION_LADDER];
    if (lacks_levels)
        return gs_fail(
            error, GS_ERROR_ARGUMENT,
            "--ladder: missing: the network %s takes no noise level; name those at which its loss is measured",
            m->networks.info->name);
    *o = (gs_loss_options){.sigmas = given ? a->ladder.values : NULL,
                           .levels = given ? a->ladder.count : a->levels,
                           .sigma_low = a->ends[0],
                           .sigma_high = a->ends[1],
                           .draws = a->draws ? a->draws : 1,
                           .seed = a->seed,
                           .progress = gs_watch_show,
                           .context = &m->watch};
    gs_status status = gs_loss_levels(model, o, NULL, 0, &m->levels, error);
    if (status)
        return status;
    m->sigmas = gs_alloc((size_t)m->levels, sizeof *m->sigmas);
    m->level = gs_alloc((size_t)m->levels, sizeof *m->level);
    return m->sigmas && m->level ? GS_OK : gs_fail_memory(error, "the noise levels");
}

static gs_status prepare(measuring *m, gs_error *error) {
    const gs_arguments *a = m->arguments;
    gs_status status = gs_networks_load(&m->networks, a, error);
    const gs_model_info *info = m->networks.info;
    if (!status)
        status = gs_given_check_networks(&m->networks, error);
    if (!status)
        status = choose_levels(m, error);
    if (!status)
        status = gs_given_read(&m->given, a->input, a->labels.count ? a->labels.values[0] : NULL, a, info, error);
    if (status)
        return status;
    m->room = gs_alloc(m->given.images.n, sizeof *m->room);
    if (!m->room)
        return gs_fail_memory(error, "the labels");
    status = gs_given_labels(&m->given, a, info, m->room, &m->labels, error);
    m->options.labels = m->labels;
    return !status ? gs_networks_plan(&m->networks, a, error) : status;
}

static gs_status measure(measuring *m, gs_error *error) {
    gs_networks_warn(&m->networks, m->arguments);
    gs_watch_start(&m->watch, m->given.images.n);
    gs_watch_stage(&m->watch, m->given.images.n);
    gs_status status = gs_loss_measure(m->networks.network[0].plan, m->given.images.data, m->given.images.n,
                                       &m->options, m->level, &m->mean, error);
    m->seconds = gs_watch_end(&m->watch);
    if (status == GS_ERROR_INTERRUPTED)
        return gs_fail(error, status, "interrupted: the loss is not complete");
    return status;
}

/* ---- The report ---- */

static json_t *loss_json(const gs_loss *loss) {
    json_t *object = json_object();
    if (loss->sigma > 0)
        json_object_set_new(object, "sigma", json_real(loss->sigma));
    json_object_set_new(object, "loss", gs_real_json(loss->loss));
    json_object_set_new(object, "error", gs_real_json(loss->error));
    json_object_set_new(object, "noise_error", gs_real_json(loss->noise_error));
    json_object_set_new(object, "weighted", gs_real_json(loss->weighted));
    if (loss->sigma > 0)
        json_object_set_new(object, "weighted_error", gs_real_json(loss->weighted_error));
    return object;
}

static uint64_t evaluations(const measuring *m) {
    return (uint64_t)m->given.images.n * (uint64_t)m->levels * (uint64_t)m->options.draws;
}

static gs_status report_json(const measuring *m, FILE *out, gs_error *error) {
    const gs_arguments *a = m->arguments;
    gs_plan_info plan = gs_plan_get_info(m->networks.network[0].plan);
    json_t *object = json_object(), *levels = json_array();
    for (int i = 0; i < m->levels; i++)
        json_array_append_new(levels, loss_json(&m->level[i]));
    json_object_set_new(object, "model", json_string(m->networks.info->name));
    json_object_set_new(object, "hash", json_string(m->networks.info->hash));
    json_object_set_new(object, "input", gs_text_json(gs_base_name(a->input)));
    json_object_set_new(object, "n", gs_whole_json(m->given.images.n));
    json_object_set_new(object, "label", gs_given_told_json(&m->given, a, m->labels));
    json_object_set_new(object, "draws", json_integer(m->options.draws));
    json_object_set_new(object, "seed", gs_whole_json(a->seed));
    json_object_set_new(object, "levels", levels);
    json_object_set_new(object, "mean", loss_json(&m->mean));
    json_object_set_new(object, "evaluations", gs_whole_json(evaluations(m)));
    json_object_set_new(object, "seconds", gs_real_json(m->seconds));
    json_object_set_new(object, "threads", json_integer(plan.threads));
    gs_networks_put(&m->networks, object);
    return gs_print_json(object, out, error);
}

static void put_number(FILE *out, int width, double v) {
    if (isfinite(v))
        fprintf(out, "%*.4g", width, v);
    else
        fprintf(out, "%*s", width, "-");
}

static void put_loss(FILE *out, const gs_loss *loss, double weighted_error) {
    const double columns[] = {loss->loss, loss->error, loss->noise_error, loss->weighted, weighted_error};
    char head[32] = "mean";
    if (loss->sigma > 0)
        snprintf(head, sizeof head, "%.5g", loss->sigma);
    fprintf(out, "%-9s", head);
    for (size_t i = 0; i < GS_COUNT(columns); i++)
        put_number(out, 12, columns[i]);
    fputc('\n', out);
}

static void report_text(const measuring *m, FILE *out) {
    const gs_arguments *a = m->arguments;
    gs_plan_info plan = gs_plan_get_info(m->networks.network[0].plan);
    size_t n = m->given.images.n;
    gs_images_put_taken(a->input, &m->given.images, out);
    fprintf(out, "%-9s%12s%12s%12s%12s%12s\n", "sigma", "loss", "std. error", "of noise", "weighted", "std. error");
    for (int i = 0; i < m->levels; i++)
        put_loss(out, &m->level[i], m->level[i].weighted_error);
    put_loss(out, &m->mean, NAN);
    fprintf(out, "%zu image%s of ", n, n == 1 ? "" : "s");
    gs_put_plain(a->input, out);
    fprintf(out, ", %d noise%s each, the network %s told ", m->options.draws, m->options.draws == 1 ? "" : "s",
            m->networks.info->name);
    gs_given_put_told(&m->given, a, m->labels, out);
    fprintf(out, "; %llu evaluations in %.3g s, %d thread%s, %s", (unsigned long long)evaluations(m), m->seconds,
            plan.threads, plan.threads == 1 ? "" : "s", plan.isa);
    gs_networks_put_dtypes(&m->networks, out);
    fputc('\n', out);
}

/* ---- The command ---- */

static gs_status run_command(const gs_arguments *arguments, gs_error *error) {
    measuring m = {.arguments = arguments};
    gs_status status = prepare(&m, error);
    if (!status)
        status = measure(&m, error);
    if (!status && arguments->json)
        status = report_json(&m, stdout, error);
    else if (!status)
        report_text(&m, stdout);
    gs_free(m.sigmas);
    gs_free(m.level);
    gs_free(m.room);
    gs_given_free(&m.given);
    gs_networks_free(&m.networks);
    return status;
}

static gs_status check(const gs_arguments *a, gs_error *error) {
    const bool *given = a->given;
    gs_status status = gs_given_check(a, a->input ? 1 : 0, error);
    if (status || !given[GS_OPTION_LADDER])
        return status;
    if (given[GS_OPTION_LEVELS] || given[GS_OPTION_ENDS])
        return gs_fail(error, GS_ERROR_ARGUMENT, "--%s: cannot go with --ladder, which names all noise levels",
                       given[GS_OPTION_LEVELS] ? "levels" : "sigmas");
    return GS_OK;
}

const gs_command gs_command_loss = {
    .about =
        "Say how far a network's score is from what denoising score matching asks of it, at each noise level sigma:\n"
        "sigma^2 |s(x + sigma z, sigma) + z / sigma|^2, summed over pixels, averaged over images x and noises z. The\n"
        "last line is the mean over the levels. (Song & Ermon 2019, equations 5 and 6, have half of it.) Standard\n"
        "errors are those of other images and other noises; \"of noise\" is that of other noises alone, for which\n"
        "--draws must be at least 2. \"weighted\" is the loss of Karras et al. 2022 per pixel: 1 is what knowing just\n"
        "the pixels' mean and standard deviation gives. Networks with labels are told those of the images.\n",
    .examples = "  gensample loss ncsn --input t10k-images-idx3-ubyte.gz\n"
                "  gensample loss ncsn-cond --input digits.idx --labels labels.idx --ladder 1,0.5,0.1 --draws 4\n"
                "  gensample loss ebm --input digits.png --sigmas 0.01,1 --levels 20 --json\n",
    .lists = GS_LISTS_NETWORKS,
    .check = check,
    .run = run_command};
