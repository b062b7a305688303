/* gensample rejection: draw, compare the acceptance with theory, write, report. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "app/interrupt.h"
#include "app/words.h"
#include "cli/commands.h"
#include "io/progress.h"
#include "io/sink.h"

static const double CONFIDENCE = 0.99, SCORE_MAX = 4, DEFAULT_RATIO = 1.01;
enum { DEFAULT_DIM = 784, DEFAULT_SAMPLES = 1000, BLOCK_BYTES = 1 << 26 };

typedef struct gs_rejecting {
    const gs_arguments *arguments;
    const char *out; /* NULL if the samples are not kept */
    gs_rejection_options options;
    size_t n;
    size_t block;   /* samples drawn and written at a time */
    float *samples; /* (block, dim), or NULL */
    gs_format format;
    gs_sink sink;
    gs_rejection_result result; /* of all blocks */
    gs_progress progress;
    double low, high, score; /* interval of the acceptance */
    bool interrupted;
} gs_rejecting;

static bool show_progress(void *context, uint64_t done, uint64_t n) {
    gs_rejecting *r = context;
    (void)n; /* of the block */
    size_t all = (size_t)(r->result.accepted + done);
    gs_progress_update(&r->progress, (double)all / (double)r->n, all, r->n);
    return !gs_interrupted();
}

static const gs_rejection_info *find_algorithm(const char *name) {
    const gs_rejection_info *row = NULL;
    for (int i = 0; (row = gs_rejection_get(i)) && strcmp(row->name, name);)
        i++;
    return row;
}

static gs_status check_output(gs_rejecting *r, gs_error *error) {
    if (!r->out)
        return GS_OK;
    char known[GS_FORMATS_ROOM];
    gs_status status = gs_output_format(r->out, r->arguments->format, GS_FORMAT_NPY, &r->format, error);
    if (status)
        return status;
    if (gs_format_holds(r->format) != GS_HOLDS_ARRAY)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--out: %s: vectors go into a %s file", r->out,
                       gs_formats_list(GS_HOLDS_ARRAY, ".", " or ", known));
    return gs_output_check(r->out, r->format, (double)r->n * r->options.dim * (double)sizeof(float), error);
}

/* Without --out samples are only counted. With it they are written block by block, so that their number is limited by
 * the disk and not by memory. */
static gs_status allocate(gs_rejecting *r, gs_error *error) {
    size_t size = (size_t)r->options.dim * sizeof(float), most = size < BLOCK_BYTES ? BLOCK_BYTES / size : 1;
    r->block = r->out && most < r->n ? most : r->n;
    r->samples = r->out ? gs_alloc(r->block, size) : NULL;
    return r->samples || !r->out ? GS_OK : gs_fail_memory(error, "the samples");
}

static gs_status prepare(gs_rejecting *r, const gs_arguments *a, gs_error *error) {
    *r = (gs_rejecting){.arguments = a, .out = a->out};
    r->n = a->given[GS_OPTION_ACCEPTED] ? (size_t)a->n : DEFAULT_SAMPLES;
    r->options = (gs_rejection_options){.dim = a->dim ? a->dim : DEFAULT_DIM,
                                        .ratio = a->given[GS_OPTION_RATIO] ? a->ratio : DEFAULT_RATIO,
                                        .algorithm = a->algorithm,
                                        .seed = a->seed,
                                        .first_proposal = a->first,
                                        .threads = a->threads,
                                        .isa = a->isa,
                                        .progress = show_progress,
                                        .context = r};
    gs_status status = check_output(r, error);
    return !status ? allocate(r, error) : status;
}

static void add_result(gs_rejection_result *sum, const gs_rejection_result *result) {
    uint64_t proposals = sum->proposals, accepted = sum->accepted;
    double seconds = sum->seconds;
    *sum = *result;
    sum->proposals += proposals;
    sum->accepted += accepted;
    sum->seconds += seconds;
}

/* Each block begins with the proposal after the previous block's last, so that the blocks are what one run would draw.
 */
static gs_status draw_blocks(gs_rejecting *r, gs_error *error) {
    gs_rejection_options options = r->options;
    gs_status status = GS_OK;
    while (!status && r->result.accepted < r->n) {
        size_t left = r->n - (size_t)r->result.accepted, n = left < r->block ? left : r->block;
        gs_rejection_result result;
        options.first_proposal = r->options.first_proposal + r->result.proposals;
        status = gs_rejection(&options, n, r->samples, &result, error);
        if (status && status != GS_ERROR_INTERRUPTED)
            break;
        add_result(&r->result, &result);
        gs_status written = r->out ? gs_sink_write(&r->sink, r->samples, (size_t)result.accepted, error) : GS_OK;
        status = written ? written : status;
    }
    return status;
}

static gs_status draw(gs_rejecting *r, gs_error *error) {
    gs_interrupt_install();
    gs_sink_input input = {.sizes = {r->n, (size_t)r->options.dim}, .rank = 2};
    gs_status status = r->out ? gs_sink_open(&r->sink, r->format, r->out, &input, error) : GS_OK;
    if (status)
        return status;
    if (!r->arguments->quiet)
        gs_progress_start(&r->progress, stderr, NULL);
    status = draw_blocks(r, error);
    gs_progress_clear(&r->progress);
    if (status == GS_ERROR_INTERRUPTED) {
        r->interrupted = true;
        status = GS_OK;
    }
    if (!status && r->result.proposals) {
        uint64_t k = r->result.accepted, n = r->result.proposals;
        status = gs_binomial_interval(k, n, CONFIDENCE, &r->low, &r->high, error);
        r->score = gs_binomial_score(k, n, r->result.acceptance);
    }
    return status;
}

static gs_status report_json(const gs_rejecting *r, FILE *out, gs_error *error) {
    const gs_rejection_result *result = &r->result;
    double k = (double)result->accepted, n = (double)result->proposals;
    json_t *object = json_pack(
        "{s:s, s:b, s:i, s:f, s:o, s:o, s:o, s:b, s:o, s:o, s:f, s:[f,f], s:f, s:f, s:f, s:f, s:f, s:f, s:i, s:s}",
        "algorithm", result->algorithm, "draws_whole_vectors", find_algorithm(result->algorithm)->whole, "dim",
        r->options.dim, "ratio", r->options.ratio, "seed", gs_whole_json(r->options.seed), "first",
        gs_whole_json(r->options.first_proposal), "requested", gs_whole_json(r->n), "interrupted", r->interrupted,
        "proposals", gs_whole_json(result->proposals), "accepted", gs_whole_json(result->accepted), "acceptance", k / n,
        "interval", r->low, r->high, "confidence", CONFIDENCE, "theory", result->acceptance, "z", r->score, "seconds",
        result->seconds, "proposals_per_second", n / result->seconds, "accepted_per_second", k / result->seconds,
        "threads", result->threads, "isa", result->isa);
    if (object && r->out)
        json_object_set_new(object, "out", gs_text_json(r->out));
    return gs_print_json(object, out, error);
}

static gs_status report(const gs_rejecting *r, FILE *out, gs_error *error) {
    const gs_rejection_result *result = &r->result;
    const gs_rejection_info *row = find_algorithm(result->algorithm);
    if (r->arguments->json)
        return report_json(r, out, error);
    double k = (double)result->accepted, n = (double)result->proposals;
    fprintf(out, "%s: %s%s\n", row->name, row->help,
            row->whole ? "" : " (whole vectors are drawn of accepted ones only)");
    fprintf(out, "%llu of %llu proposal%s accepted: %.4g, 99 %% interval %.4g ... %.4g; theory %.4g, z = %.2f\n",
            (unsigned long long)result->accepted, (unsigned long long)result->proposals,
            result->proposals == 1 ? "" : "s", k / n, r->low, r->high, result->acceptance, r->score);
    fprintf(out, "%.3g s: %.4g proposals/s, %.4g accepted samples/s, %d thread%s, %s%s%s\n", result->seconds,
            n / result->seconds, k / result->seconds, result->threads, result->threads == 1 ? "" : "s", result->isa,
            r->out ? "; wrote " : "", r->out ? gs_output_label(r->out) : "");
    return GS_OK;
}

/* If too few or too many proposals were accepted, the samples are not worth keeping; a stream has them already. */
static gs_status keep(gs_rejecting *r, bool agrees, gs_error *error) {
    if (!r->out)
        return GS_OK;
    if (agrees) {
        gs_status status = gs_sink_close(&r->sink, GS_OK, error);
        return status && r->interrupted ? GS_ERROR_INTERRUPTED : status;
    }
    gs_sink_abandon(&r->sink);
    return GS_OK;
}

static gs_status finish(gs_rejecting *r, gs_error *error) {
    const gs_rejection_result *result = &r->result;
    bool is_straight = gs_sink_is_straight(&r->sink), agrees = fabs(r->score) <= SCORE_MAX;
    const char *loss = is_straight ? "what was written is not to be trusted" : "nothing is written";
    if (r->interrupted && result->accepted == 0)
        return gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted: no sample was accepted, %s", loss);
    gs_status status = keep(r, agrees, error);
    if (!status && !r->arguments->quiet)
        status = report(r, r->out ? gs_arguments_report(r->arguments) : stdout, error);
    if (!status && !agrees) {
        status = gs_fail(error, GS_ERROR_UNSUPPORTED,
                         "acceptance: it is %.2f standard deviations from %.4g, expected at most %g; %s", r->score,
                         result->acceptance, SCORE_MAX, loss);
    } else if (!status && r->interrupted) {
        status = gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted: %llu of %zu samples %s%s",
                         (unsigned long long)result->accepted, r->n, r->out ? "are kept in " : "were accepted",
                         r->out ? gs_output_label(r->out) : "");
    }
    return status;
}

static gs_status run_command(const gs_arguments *arguments, gs_error *error) {
    gs_rejecting r;
    gs_status status = prepare(&r, arguments, error);
    if (!status)
        status = draw(&r, error);
    if (!status)
        status = finish(&r, error);
    gs_sink_abandon(&r.sink);
    gs_free(r.samples);
    return status;
}

const gs_command gs_command_rejection = {
    .about =
        "Draw from the normal distribution N(0, I) in D dimensions by rejection from N(0, R^2 I), of which a share\n"
        "of 1/M = R^-D is accepted, and compare the share with that. Exit status 1 when they are more than 4 standard\n"
        "deviations apart.\n",
    .lists = GS_LISTS_ALGORITHMS,
    .sharing = GS_SHARING_RANKS,
    .run = run_command};
