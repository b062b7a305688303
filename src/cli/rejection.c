/* gensample rejection: draw, compare the acceptance with theory, write, report. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "app/interrupt.h"
#include "app/ranks.h"
#include "app/shares.h"
#include "app/words.h"
#include "base/os.h"
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
    gs_shares_hear_halt();
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

/* ---- Ranks ---- */

/* The proposals that each rank decides about next: rank k those from first + k each on; none: there is nothing left. */
typedef struct turn {
    uint64_t first, each;
} turn;

/* What became of a rank's turn; the accepted samples follow, if they are kept. */
typedef struct outcome {
    gs_status status;
    gs_rejection_result result;
    char message[GS_MESSAGE_MAX];
} outcome;

/* Nine tenths of what is still to be expected are shared out, since what lies behind the last sample is in vain; but at
 * least so many numbers per rank, and at most half of what its block has room for. */
static const double TURN_SHARE = 0.9, TURN_NUMBERS_LEAST = 1e7;

static turn next_turn(const gs_rejecting *r) {
    double left = (double)(r->n - r->result.accepted), dim = r->options.dim, m = pow(r->options.ratio, dim);
    double each = fmax(TURN_SHARE * left * m / gs_ranks_count(), TURN_NUMBERS_LEAST / dim);
    each = r->out ? fmin(each, (double)r->block * m / 2) : each;
    return (turn){r->options.first_proposal + r->result.proposals, (uint64_t)fmax(each, 1)};
}

/* Decide about this rank's proposals of a turn. */
static void take_turn(const gs_rejecting *r, const turn *t, outcome *o) {
    gs_rejection_options options = r->options;
    size_t left = r->n - (size_t)r->result.accepted;
    gs_error error = {0};
    options.first_proposal = t->first + (uint64_t)gs_ranks_rank() * t->each;
    options.proposals = t->each;
    *o = (outcome){0};
    o->status = gs_rejection(&options, r->out && r->block < left ? r->block : left, r->samples, &o->result, &error);
    memcpy(o->message, error.message, sizeof o->message);
    if (o->status)
        gs_shares_halt();
}

/* The ranks but the first, until that has enough. */
static gs_status help_first(gs_rejecting *r, gs_error *error) {
    gs_status status = GS_OK;
    while (!status) {
        turn t;
        outcome o;
        status = gs_shares_receive(0, &t, sizeof t, error);
        if (status || !t.each)
            return status;
        take_turn(r, &t, &o);
        status = gs_shares_send(0, &o, sizeof o, error);
        if (!status && r->out)
            status = gs_shares_send(0, r->samples, o.result.accepted * (size_t)r->options.dim * sizeof(float), error);
        if (!status && o.status)
            status = gs_fail(error, o.status, "%s", o.message);
    }
    return status;
}

/* Of a turn of one rank the samples that are wanted. If it has more than those, the proposals up to the last one are
 * counted again. */
static gs_status add_turn(gs_rejecting *r, outcome *o, gs_error *error) {
    size_t left = r->n - (size_t)r->result.accepted;
    gs_rejection_result *result = &o->result;
    gs_rejection_options options = r->options;
    gs_status status = GS_OK;
    if (result->accepted >= left) {
        options.first_proposal += r->result.proposals;
        options.progress = NULL;
        status = gs_rejection(&options, left, NULL, result, error);
    }
    if (status)
        return status;
    if (r->result.algorithm) { /* the texts of another rank are not in this one's memory */
        result->algorithm = r->result.algorithm;
        result->isa = r->result.isa;
        result->threads = r->result.threads;
    }
    add_result(&r->result, result);
    return r->out ? gs_sink_write(&r->sink, r->samples, (size_t)result->accepted, error) : GS_OK;
}

/* One turn of all. What follows proposals that were not decided about is in vain. */
static gs_status draw_turn(gs_rejecting *r, gs_error *error) {
    turn t = next_turn(r);
    bool whole = true;
    gs_status status = GS_OK;
    for (int rank = 1; rank < gs_ranks_count() && !status; rank++)
        status = gs_shares_send(rank, &t, sizeof t, error);
    for (int rank = 0; rank < gs_ranks_count() && !status; rank++) {
        outcome o;
        if (!rank)
            take_turn(r, &t, &o);
        else
            status = gs_shares_receive(rank, &o, sizeof o, error);
        if (!status && rank && r->out)
            status =
                gs_shares_receive(rank, r->samples, o.result.accepted * (size_t)r->options.dim * sizeof(float), error);
        if (!status && o.status && o.status != GS_ERROR_INTERRUPTED)
            status = gs_fail(error, o.status, "%s", o.message);
        if (!status && whole && r->result.accepted < r->n)
            status = add_turn(r, &o, error);
        whole = whole && o.result.proposals == t.each;
        if (o.status == GS_ERROR_INTERRUPTED)
            gs_interrupt_request();
    }
    return status;
}

static gs_status draw_turns(gs_rejecting *r, gs_error *error) {
    const turn none = {0};
    gs_error ignored;
    gs_status status = GS_OK;
    double start_s = gs_now_s();
    while (!status && r->result.accepted < r->n) {
        status = draw_turn(r, error);
        if (!status && gs_interrupted() && r->result.accepted < r->n)
            status = gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted");
    }
    r->result.seconds = gs_now_s() - start_s;
    for (int rank = 1; rank < gs_ranks_count(); rank++)
        gs_shares_send(rank, &none, sizeof none, &ignored);
    return status;
}

static bool refuse_progress(void *context, uint64_t done, uint64_t n) {
    (void)context, (void)done, (void)n;
    return false;
}

/* All ranks have the same options, and these are such that the run comes to an end: what a run that is interrupted at
 * once has to say of them. */
static gs_status match(const gs_rejecting *r, gs_error *error) {
    const gs_rejection_options *o = &r->options;
    gs_rejection_options once = *o;
    gs_rejection_result ignored;
    char what[GS_RANKS_WHAT_ROOM];
    if (gs_ranks_count() == 1)
        return GS_OK;
    once.progress = refuse_progress;
    gs_status status = gs_rejection(&once, r->n, NULL, &ignored, error);
    status = gs_ranks_agree(status == GS_ERROR_INTERRUPTED ? GS_OK : status, error);
    if (status)
        return status;
    snprintf(what, sizeof what,
             "gensample rejection --algorithm %.40s --dim %d --ratio %.17g -n %zu --seed %llu --first %llu%s%.100s",
             o->algorithm ? o->algorithm : gs_rejection_get(0)->name, o->dim, o->ratio, r->n,
             (unsigned long long)o->seed, (unsigned long long)o->first_proposal, r->out ? " --out " : "",
             r->out ? r->out : "");
    return gs_ranks_match(what, error);
}

/* ---- All ---- */

static gs_status draw(gs_rejecting *r, gs_error *error) {
    gs_interrupt_install();
    if (gs_ranks_rank())
        return help_first(r, error);
    gs_sink_input input = {.sizes = {r->n, (size_t)r->options.dim}, .rank = 2};
    gs_status status = r->out ? gs_sink_open(&r->sink, r->format, r->out, &input, error) : GS_OK;
    if (status)
        return status;
    if (!r->arguments->quiet)
        gs_progress_start(&r->progress, stderr, NULL);
    status = gs_ranks_count() > 1 ? draw_turns(r, error) : draw_blocks(r, error);
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
        status = gs_fail(error, GS_ERROR_FORMAT,
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
    gs_status status = gs_ranks_agree(prepare(&r, arguments, error), error);
    if (!status)
        status = match(&r, error);
    if (!status)
        status = draw(&r, error);
    if (!status && !gs_ranks_rank())
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
