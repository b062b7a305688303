/* The report of gensample likelihood. */
#include <math.h>
#include <string.h>

#include "app/words.h"
#include "cli/images.h"
#include "cli/likelihood.h"

/* The means over a file's images; `errors` are standard errors for other images, `traces` for other directions alone.
 */
typedef struct means {
    double nats, error, traces, bits, bits_error, prior, volume;
    int most;      /* steps */
    size_t coarse; /* images whose likelihood still changed by more than the tolerance */
} means;

static means average(const gs_likelihood_run *run, const gs_likelihoods *l) {
    means m = {0};
    double squares = 0, variance = 0, n = (double)l->in.given.images.n;
    for (size_t k = 0; k < l->in.given.images.n; k++) {
        const gs_likelihood *of = &l->of[k];
        double share = 1 / ((double)k + 1), off = of->nats - m.nats;
        m.nats += off * share;
        squares += off * (of->nats - m.nats);
        variance += of->error * of->error;
        m.bits += (of->bits - m.bits) * share;
        m.prior += (of->prior - m.prior) * share;
        m.volume += (of->volume - m.volume) * share;
        m.most = of->steps > m.most ? of->steps : m.most;
        m.coarse += of->change > run->options.tolerance && of->change > of->error;
    }
    m.error = n > 1 ? sqrt(squares / (n - 1) / n) : (double)NAN;
    m.traces = sqrt(variance) / n;
    /* all but the offset of bits is proportional to nats */
    m.bits_error = m.error / ((double)run->networks.pixels * 0.69314718055994531);
    return m;
}

static json_t *input_json(const gs_likelihood_run *run, const gs_likelihoods *l) {
    means m = average(run, l);
    json_t *object = json_object();
    json_object_set_new(object, "input", gs_text_json(gs_base_name(l->in.given.path)));
    json_object_set_new(object, "n", gs_whole_json(l->in.given.images.n));
    json_object_set_new(object, "label", gs_given_told_json(&l->in.given, run->arguments, l->in.labels));
    json_object_set_new(object, "nats", gs_real_json(m.nats));
    json_object_set_new(object, "error", gs_real_json(m.error));
    json_object_set_new(object, "trace_error", gs_real_json(m.traces));
    json_object_set_new(object, "bits", gs_real_json(m.bits));
    json_object_set_new(object, "bits_error", gs_real_json(m.bits_error));
    json_object_set_new(object, "prior", gs_real_json(m.prior));
    json_object_set_new(object, "volume", gs_real_json(m.volume));
    json_object_set_new(object, "steps", json_integer(m.most));
    json_object_set_new(object, "coarse", gs_whole_json(m.coarse));
    return object;
}

static gs_status report_json(const gs_likelihood_run *run, FILE *out, gs_error *error) {
    const gs_flow_options *o = &run->options;
    json_t *object = json_object(), *inputs = json_array();
    for (int i = 0; i < run->count; i++)
        json_array_append_new(inputs, input_json(run, &run->input[i]));
    json_object_set_new(object, "model", json_string(run->networks.info->name));
    json_object_set_new(object, "hash", json_string(run->networks.info->hash));
    json_object_set_new(object, "sigmas", json_pack("[f, f]", o->sigma_low, o->sigma_high));
    json_object_set_new(object, "steps", json_integer(o->steps));
    json_object_set_new(object, "tolerance", o->tolerance > 0 ? json_real(o->tolerance) : json_null());
    json_object_set_new(object, "trace", json_string(run->trace));
    json_object_set_new(object, "probes", o->trace == GS_TRACE_EXACT ? json_null() : json_integer(o->probes));
    json_object_set_new(object, "dequantize", json_integer(o->dequantize));
    json_object_set_new(object, "seed", gs_whole_json(run->arguments->seed));
    json_object_set_new(object, "inputs", inputs);
    json_object_set_new(object, "seconds", gs_real_json(run->seconds));
    json_object_set_new(object, "threads", json_integer(gs_plan_get_info(run->networks.network[0].plan).threads));
    gs_networks_put(&run->networks, object);
    return gs_print_json(object, out, error);
}

static void put_row(const gs_likelihood_run *run, const gs_likelihoods *l, FILE *out) {
    means m = average(run, l);
    char name[27];
    snprintf(name, sizeof name, "%s", gs_base_name(l->in.given.path));
    const double columns[] = {m.nats, m.error, m.traces, m.bits, m.bits_error, m.prior, m.volume};
    gs_put_plain(name, out);
    fprintf(out, "%*s%9zu", (int)(26 - strlen(name)), "", l->in.given.images.n);
    for (size_t i = 0; i < GS_COUNT(columns); i++)
        if (isfinite(columns[i]))
            fprintf(out, "%12.6g", columns[i]);
        else
            fprintf(out, "%12s", "-");
    fputc('\n', out);
}

static void put_how(const gs_likelihood_run *run, FILE *out) {
    const gs_arguments *a = run->arguments;
    const gs_flow_options *o = &run->options;
    const gs_model_info *info = run->networks.info;
    gs_plan_info plan = gs_plan_get_info(run->networks.network[0].plan);
    fprintf(out, "likelihoods of the network %s from noise level %g to %g in ", info->name, o->sigma_low,
            o->sigma_high);
    if (o->tolerance > 0)
        fprintf(out, "%d or more steps", o->steps);
    else
        fprintf(out, "%d steps", o->steps);
    if (o->trace == GS_TRACE_EXACT)
        fputs(", traces exact; ", out);
    else
        fprintf(out, ", traces by %d direction%s of %s; ", o->probes, o->probes == 1 ? "" : "s",
                o->trace == GS_TRACE_SIGNS ? "random signs" : "normal numbers");
    if (o->dequantize)
        fprintf(out, "pixels of %d levels dequantised, bits have log2(%d / %g) added", o->dequantize, o->dequantize,
                (double)info->range[1] - (double)info->range[0]);
    else
        fputs("pixels as they are", out);
    for (int i = 0; i < run->count && run->networks.classes; i++) {
        fputs(i ? ", " : ", told ", out);
        gs_given_put_told(&run->input[i].in.given, a, run->input[i].in.labels, out);
    }
    fprintf(out, "; %.3g s, %d thread%s, %s", run->seconds, plan.threads, plan.threads == 1 ? "" : "s", plan.isa);
    gs_networks_put_dtypes(&run->networks, out);
    gs_arguments_put_written(a, out);
}

gs_status gs_likelihood_report(const gs_likelihood_run *run, FILE *out, gs_error *error) {
    size_t coarse = 0;
    for (int i = 0; i < run->count; i++)
        coarse += average(run, &run->input[i]).coarse;
    if (coarse)
        gs_warn("--tolerance: the likelihoods of %zu image%s still changed by more after the last doubling of steps",
                coarse, coarse == 1 ? "" : "s");
    if (run->arguments->json)
        return report_json(run, out, error);
    for (int i = 0; i < run->count; i++)
        gs_images_put_taken(run->input[i].in.given.path, &run->input[i].in.given.images, out);
    fprintf(out, "%-26s%9s%12s%12s%12s%12s%12s%12s%12s\n", "log p", "n", "nats", "std. error", "of traces", "bits/dim",
            "std. error", "of latent", "of volume");
    for (int i = 0; i < run->count; i++)
        put_row(run, &run->input[i], out);
    put_how(run, out);
    return GS_OK;
}
