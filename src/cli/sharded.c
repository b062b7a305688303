/* gensample sample --shard-size: a run in shards, which memory does not limit and no end of the process loses. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "app/interrupt.h"
#include "app/ranks.h"
#include "app/words.h"
#include "cli/commands.h"
#include "cli/dealt.h"
#include "cli/dry.h"
#include "cli/settings.h"
#include "cli/shard.h"
#include "io/output.h"
#include "random/random.h"
#include "sample/samplers.h"
#include "io/picture.h"

/* ---- Options ---- */

/* What needs the folder of a run, and what needs all samples at once. */
gs_status gs_shards_check_arguments(const gs_arguments *a, gs_error *error) {
    const struct {
        bool given;
        const char *name;
    } needs[] = {{a->resume, "resume"},
                 {a->given[GS_OPTION_CHECKPOINT], "checkpoint"},
                 {a->keep_every > 0, "keep-every"}},
      others[] = {{a->trajectory, "trajectory"}, {a->given[GS_OPTION_GRID], "grid"}, {a->sweep.count > 0, "sweep"},
                  {a->init != NULL, "init"},     {a->diagnose, "diagnose"},          {a->plot != NULL, "plot"},
                  {a->map != NULL, "map"},       {a->nearest != NULL, "nearest"}};
    for (size_t i = 0; !a->shard_size && i < GS_COUNT(needs); i++)
        if (needs[i].given)
            return gs_fail(error, GS_ERROR_ARGUMENT, "--%s: is of runs in shards; add --shard-size", needs[i].name);
    for (size_t i = 0; a->shard_size && i < GS_COUNT(others); i++)
        if (others[i].given)
            return gs_fail(error, GS_ERROR_ARGUMENT,
                           "--shard-size: cannot go with --%s, which needs all samples at once", others[i].name);
    if (a->shard_size && a->out_is_given && !strcmp(a->out, "-"))
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "--out: - is standard output, but shards go into a folder: expected DIR/");
    if (a->shard_size && !a->out_is_given)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--shard-size: shards go into a folder: add --out DIR/");
    if (a->shard_size && !a->given[GS_OPTION_N])
        return gs_fail(error, GS_ERROR_ARGUMENT, "--shard-size: add -n, the number of all chains");
    if (a->shard_size && (a->n - 1) / a->shard_size >= GS_SHARDS_MOST)
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "--shard-size: %" PRIu64 " chains in shards of %" PRIu64 " are more than %d shards; expected "
                       "larger ones",
                       a->n, a->shard_size, GS_SHARDS_MOST);
    if (a->shard_size && a->n > GS_CHAIN_MAX - a->first)
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "-n: %" PRIu64 " chains from number %" PRIu64 " on: at most 2^60 end there", a->n, a->first);
    return GS_OK;
}

/* The format that the folder's name says, as run.idx/ does; else npy. */
static gs_format named_format(const char *folder) {
    char name[GS_PATH_ROOM];
    gs_format format = GS_FORMAT_NPY;
    size_t length = strlen(folder);
    while (length > 0 && folder[length - 1] == '/')
        length--;
    snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), folder);
    const char *dot = strrchr(gs_base_name(name), '.');
    return dot && gs_format_find(dot + 1, false, &format) ? format : GS_FORMAT_NPY;
}

static gs_status choose_format(const gs_run *run, gs_format *format, gs_error *error) {
    const gs_arguments *a = run->setup.arguments;
    const int *shape = run->setup.networks.info->image;
    char known[GS_FORMATS_ROOM];
    *format = named_format(a->out);
    if (a->format && !gs_format_find(a->format, true, format))
        return gs_fail(error, GS_ERROR_ARGUMENT, "--format: \"%.40s\" is no format; known are %s", a->format,
                       gs_formats_list(GS_HOLDS_ANY, "", " and ", known));
    if (*format == GS_FORMAT_PNG)
        *format = GS_FORMAT_DIRECTORY;
    if (gs_format_holds(*format) == GS_HOLDS_PICTURE)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--format: shards are no %s pictures; expected png or %s",
                       gs_format_name(*format), gs_formats_list(GS_HOLDS_ARRAY | GS_HOLDS_IMAGES, "", " or ", known));
    gs_status status = gs_output_check_scale(a->out, a->given[GS_OPTION_SCALE], *format, error);
    return !status ? gs_images_check(a->out, *format, shape, error) : status;
}

/* What a chain gives, beside what each option alone may be. */
static gs_status check_kept(const gs_run *run, gs_format format, gs_error *error) {
    const gs_setup *setup = &run->setup;
    const gs_sample_options *o = &setup->options;
    int every = setup->arguments->keep_every;
    if (!every)
        return GS_OK;
    if (!gs_sampler_walks(o))
        return gs_fail(error, GS_ERROR_ARGUMENT, "--keep-every: the sampler %s does not stop between its steps%s",
                       o->sampler, o->adapt_mass > 0 ? " while it adapts a mass" : "");
    if (gs_settings_read_by(o, GS_SETTING_DENOISE) && o->denoise > 0)
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "--keep-every: states on the way are not denoised, as the last one is; add --denoise no");
    if (!gs_drawer_per_chain(setup))
        return gs_fail(error, GS_ERROR_ARGUMENT, "--keep-every: %d is more than the steps after burn-in, of %d in all",
                       every, o->steps);
    return format == GS_FORMAT_NPZ && setup->labels.label != GS_LABEL_NONE
               ? gs_fail(error, GS_ERROR_ARGUMENT,
                         "--keep-every: labels in npz are one per chain; expected another format")
               : GS_OK;
}

/* ---- The manifest ---- */

static json_t *judge_json(const gs_run *run) {
    const gs_network *judge = &run->judging.judge;
    return judge->model ? json_string(gs_model_get_info(judge->model)->hash) : json_null();
}

static json_t *head_json(gs_run *run, gs_format format) {
    const gs_arguments *a = run->setup.arguments;
    const gs_model_info *info = run->setup.networks.info;
    gs_plan_info plan = gs_plan_get_info(run->setup.networks.network[0].plan);
    json_t *head = json_object(), *settings = json_object();
    gs_run_put_settings(run, settings);
    if (a->keep_every)
        json_object_set_new(settings, "keep_every", json_integer(a->keep_every));
    if (a->scale > 1)
        json_object_set_new(settings, "scale", json_integer(a->scale));
    if (!plan.exact) /* these bytes are those of one instruction set, or of another library */
        json_object_set_new(settings, "isa", json_string(plan.isa));
    json_object_set_new(head, "manifest", json_integer(1));
    json_object_set_new(head, "version", json_string(GS_VERSION));
    json_object_set_new(head, "model", json_string(info->name));
    json_object_set_new(head, "hash", json_string(info->hash));
    json_object_set_new(head, "settings", settings);
    json_object_set_new(head, "first", gs_whole_json(a->first));
    json_object_set_new(head, "n", gs_whole_json(run->result.n));
    json_object_set_new(head, "shard_size", gs_whole_json(a->shard_size));
    json_object_set_new(head, "per_chain", gs_whole_json(gs_drawer_per_chain(&run->setup)));
    json_object_set_new(head, "format", json_string(gs_format_name(format)));
    json_object_set_new(head, "shape", json_pack("[i, i, i]", info->image[0], info->image[1], info->image[2]));
    json_object_set_new(head, "range", json_pack("[f, f]", (double)info->range[0], (double)info->range[1]));
    json_object_set_new(head, "judge", judge_json(run));
    return head;
}

/* ---- Drawing ---- */

/* Draw and commit shards until there is none, or something ends it. */
static gs_status draw_all(gs_drawer *drawer, gs_shards *shards, gs_error *error) {
    bool found = true;
    while (found && !gs_interrupted()) {
        gs_shard shard = {0};
        gs_status status = gs_shards_next(shards, &shard, &found, error);
        if (!status && found)
            status = gs_drawer_draw(drawer, &shard, error);
        if (!status && found)
            status = gs_shards_commit(shards, &shard, error);
        if (status) {
            gs_shards_release(shards);
            return status;
        }
    }
    return GS_OK;
}

/* What is kept when the run ends before its time, and how it goes on. */
static gs_status tell_end(const gs_shards *shards, gs_status status, gs_error *error) {
    size_t count = shards->manifest.count, finished = gs_shards_finished(shards);
    char why[GS_MESSAGE_MAX];
    if (!status && (finished == count || (shards->busy && !gs_interrupted())))
        return GS_OK;
    snprintf(why, sizeof why, "%s", status ? error->message : "interrupted");
    status = status ? status : GS_ERROR_INTERRUPTED;
    if (status != GS_ERROR_INTERRUPTED && status != GS_ERROR_FILE)
        return status;
    static const char *const ways[] = {[GS_SHARDS_NEW] = "add --resume",
                                       [GS_SHARDS_RESUME] = "repeat the command",
                                       [GS_SHARDS_SHARE] = "repeat gensample work"};
    return gs_fail(error, status, "%s: %zu of %zu shard%s are kept in %s; %s to go on", why, finished, count,
                   count == 1 ? "" : "s", shards->folder, ways[shards->mode]);
}

/* ---- Reports ---- */

static gs_status measure(gs_run *run, const gs_shards *shards, gs_error *error) {
    gs_judging *judging = &run->judging;
    const gs_measured unknown = {(double)NAN, (double)NAN, (double)NAN};
    gs_quality *q = &judging->row[0].quality;
    if (!judging->judge.plan || gs_shards_finished(shards) < shards->manifest.count)
        return GS_OK;
    gs_status status = gs_shards_measure(shards, &judging->judge, q, error);
    if (status)
        return status;
    judging->row[0].stroke = judging->row[0].thick = judging->row[0].both = (double)NAN;
    judging->comparison = (gs_comparison){.n = q->n,
                                          .label = -1,
                                          .frechet = {q->frechet, (double)NAN, (double)NAN},
                                          .kernel = unknown,
                                          .precision = unknown,
                                          .recall = unknown,
                                          .density = unknown,
                                          .coverage = unknown};
    judging->done = true;
    return GS_OK;
}

static json_t *shards_json(const gs_shards *shards) {
    const gs_manifest *m = &shards->manifest;
    return json_pack("{si si si si}", "count", (int)m->count, "finished", (int)gs_shards_finished(shards), "found",
                     (int)shards->found, "redone", (int)shards->redone);
}

/* The chains that this run has drawn. */
static uint64_t drawn(const gs_drawer *d) {
    return d->done - d->replayed;
}

static gs_status report_json(const gs_run *run, const gs_shards *shards, const gs_drawer *d, json_t *warnings,
                             FILE *out, gs_error *error) {
    gs_plan_info plan = gs_plan_get_info(run->setup.networks.network[0].plan);
    json_t *object = json_object();
    json_object_update(object, shards->manifest.head);
    json_object_del(object, "manifest");
    json_object_set_new(object, "out", gs_text_json(run->setup.arguments->out));
    json_object_set_new(object, "shards", shards_json(shards));
    json_object_set_new(object, "drawn", gs_whole_json(drawn(d)));
    json_object_set_new(object, "seconds", gs_real_json(d->seconds));
    json_object_set_new(object, "evaluations", gs_whole_json(d->outcome.evaluations));
    json_object_set_new(object, "threads", json_integer(plan.threads));
    json_object_set_new(object, "ranks", json_integer(gs_ranks_count()));
    gs_networks_put(&run->setup.networks, object);
    gs_judging_put(&run->judging, &run->setup, &run->result, object);
    json_object_set(object, "warnings", warnings);
    return gs_print_json(object, out, error);
}

static void report_text(const gs_run *run, const gs_shards *shards, const gs_drawer *d, FILE *out) {
    const gs_manifest *m = &shards->manifest;
    size_t finished = gs_shards_finished(shards);
    gs_judging_report(&run->judging, &run->setup, &run->result, out);
    fprintf(out, "%zu of %zu shard%s of %s in %s", finished, m->count, m->count == 1 ? "" : "s",
            gs_format_name(m->format), shards->folder);
    if (shards->found)
        fprintf(out, ", %zu of them from before", shards->found);
    if (drawn(d))
        fprintf(out, "; %" PRIu64 " chain%s in %.3g s", drawn(d), drawn(d) == 1 ? "" : "s", d->seconds);
    if (drawn(d) && gs_ranks_count() > 1)
        fprintf(out, " on %d ranks", gs_ranks_count());
    fputc('\n', out);
}

static json_t *list_warnings(const gs_run *run, const gs_drawer *d) {
    char text[GS_MESSAGE_MAX];
    json_t *warnings = json_array();
    const char *caution = gs_networks_caution(&run->setup.networks, run->setup.arguments);
    if (caution)
        json_array_append_new(warnings, json_string(caution));
    for (int i = 0; gs_outcome_warning(&d->outcome, &run->setup.options, i, text, sizeof text); i++)
        json_array_append_new(warnings, json_string(text));
    return warnings;
}

static gs_status report(const gs_run *run, const gs_shards *shards, const gs_drawer *d, gs_error *error) {
    const gs_arguments *a = run->setup.arguments;
    gs_draws draws = {.warnings = list_warnings(run, d)};
    gs_status status = GS_OK;
    if (a->json)
        status = report_json(run, shards, d, draws.warnings, stdout, error);
    else if (!a->quiet)
        report_text(run, shards, d, stdout);
    if (!status)
        gs_draws_warn(&draws, stderr);
    if (!status && !a->quiet)
        gs_judging_warn(&run->judging, &run->setup, stderr);
    gs_draws_free(&draws);
    return status;
}

/* ---- All ---- */

/* Draw the shards that are missing, measure and report. */
static gs_status run_shards(gs_run *run, gs_shards *shards, gs_error *error) {
    gs_drawer drawer;
    gs_error ignored;
    bool first = !gs_ranks_rank();
    gs_status status = gs_ranks_agree(gs_drawer_create(&drawer, run, shards, error), error);
    if (!status)
        status = gs_ranks_count() > 1 ? gs_dealt_draw(&drawer, shards, tell_end, error)
                                      : tell_end(shards, draw_all(&drawer, shards, error), error);
    gs_progress_clear(&drawer.progress);
    if (!status && first)
        status = measure(run, shards, error);
    if (first && ((!status && !shards->busy) || status == GS_ERROR_INTERRUPTED)) {
        gs_status reported = report(run, shards, &drawer, status ? &ignored : error);
        status = status ? status : reported;
    }
    gs_drawer_free(&drawer);
    return status;
}

/* Look at the folder, and make room as for the run, so that it is counted; then tell. */
static gs_status foresee(gs_run *run, gs_format format, gs_shards_mode mode, gs_error *error) {
    gs_shards shards;
    gs_drawer drawer;
    gs_status status = gs_shards_foresee(&shards, run->arguments.out, head_json(run, format), mode, error);
    if (status)
        return status;
    size_t before = gs_allocated_now();
    status = gs_drawer_create(&drawer, run, &shards, error);
    run->bytes[GS_OF_SAMPLES] += gs_allocated_now() - before;
    if (!status && !gs_ranks_rank()) {
        gs_dry_shards told = {.shards = &shards, .per_chain = drawer.per_chain, .chains = drawer.room};
        status = gs_dry_report(run, &told, stdout, error);
    }
    gs_drawer_free(&drawer);
    gs_shards_close(&shards);
    return status;
}

gs_status gs_shards_run(const gs_arguments *arguments, gs_shards_mode mode, size_t *busy, gs_error *error) {
    gs_run run;
    gs_shards shards;
    gs_format format;
    gs_status status = gs_run_prepare_shards(&run, arguments, error);
    run.result.done = run.result.n;
    if (!status)
        status = choose_format(&run, &format, error);
    if (!status)
        status = check_kept(&run, format, error);
    status = gs_ranks_agree(status, error);
    if (!status && arguments->dry_run) {
        status = foresee(&run, format, mode, error);
    } else if (!status) {
        gs_interrupt_install();
        status = (gs_ranks_count() > 1 ? gs_dealt_open : gs_shards_open)(&shards, run.arguments.out,
                                                                         head_json(&run, format), mode, error);
        if (!status) {
            status = run_shards(&run, &shards, error);
            *busy = shards.busy;
            gs_shards_close(&shards);
        }
    }
    gs_run_free(&run);
    return status;
}
