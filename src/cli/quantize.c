/* gensample quantize: a network's file for integers. */
#include <math.h>
#include <string.h>

#include "app/find.h"
#include "app/interrupt.h"
#include "app/words.h"
#include "base/os.h"
#include "cli/commands.h"
#include "cli/images.h"
#include "io/output.h"
#include "io/progress.h"

enum { IMAGES = 256 };

typedef struct quantizing {
    const gs_arguments *arguments;
    gs_model *model; /* of the old file */
    gs_quantize_options options;
    float *images; /* (options.n, C, H, W), or NULL */
    gs_quantized *made;
    double seconds;
    gs_progress progress;
} quantizing;

/* ---- What it is quantised by ---- */

static gs_status append(quantizing *q, const gs_image_file *images, size_t pixels, gs_error *error) {
    size_t all = q->options.n + images->n;
    float *joint = gs_alloc(all * pixels, sizeof *joint);
    if (!joint)
        return gs_fail_memory(error, "the images");
    if (q->images)
        memcpy(joint, q->images, q->options.n * pixels * sizeof *joint);
    memcpy(joint + q->options.n * pixels, images->data, images->n * pixels * sizeof *joint);
    gs_free(q->images);
    q->images = joint;
    q->options.n = all;
    return GS_OK;
}

static gs_status read_images(quantizing *q, gs_error *error) {
    const gs_arguments *a = q->arguments;
    const gs_model_info *info = gs_model_get_info(q->model);
    bool given = a->given[GS_OPTION_CHAINS];
    gs_status status = GS_OK;
    for (int i = 0; i < a->inputs.count && !status; i++) {
        gs_image_file images = {0};
        status = gs_images_take(a->inputs.values[i], info, given, given ? (size_t)a->n : IMAGES, &images, error);
        if (!status)
            status =
                append(q, &images, (size_t)info->shape[0] * (size_t)info->shape[1] * (size_t)info->shape[2], error);
        gs_images_free(&images);
    }
    return status;
}

static bool show_progress(void *context, double part) {
    quantizing *q = context;
    gs_progress_update(&q->progress, part, 0, 0);
    return !gs_interrupted();
}

static gs_status prepare(quantizing *q, gs_error *error) {
    const gs_arguments *a = q->arguments;
    gs_status status = gs_model_load(a->model, &q->model, error);
    if (!status)
        status = gs_arguments_check_out(a, error);
    if (!status)
        status = gs_output_check(a->out, GS_FORMAT_NPY, 0, error);
    if (status)
        return status;
    if (gs_model_get_info(q->model)->kind == GS_KIND_CLASSIFIER && !a->inputs.count && a->dtype != GS_DTYPE_F32)
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "--data: missing: %s is a classifier, which is quantised by images such as it is used for; "
                       "gensample -n 256 --out digits.npy draws some",
                       a->model);
    if (a->given[GS_OPTION_BANDS] && !gs_model_get_info(q->model)->takes_sigma)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--bands: %s takes no noise level, so that there is one band",
                       a->model);
    q->options = (gs_quantize_options){.dtype = a->dtype,
                                       .weights = a->weights,
                                       .direct = a->direct,
                                       .bands = a->bands,
                                       .error = a->limit,
                                       .threads = a->threads,
                                       .isa = a->isa,
                                       .progress = show_progress,
                                       .context = q};
    status = read_images(q, error);
    if (!a->inputs.count && a->given[GS_OPTION_CHAINS])
        q->options.n = (size_t)a->n;
    q->options.images = q->images;
    return status;
}

static gs_status write_file(const quantizing *q, gs_error *error) {
    gs_output output;
    gs_status status = gs_output_open(&output, q->arguments->out, error);
    if (status)
        return status;
    status = gs_output_write(&output, q->made->bytes, q->made->size, error);
    return gs_output_end(&output, status, error);
}

static gs_status quantize(quantizing *q, gs_error *error) {
    gs_interrupt_install();
    gs_progress_start(&q->progress, stderr, "quantising");
    q->progress.has_no_rate = true;
    double start_s = gs_now_s();
    gs_status status = gs_quantize(q->arguments->model, &q->options, &q->made, error);
    q->seconds = gs_now_s() - start_s;
    gs_progress_clear(&q->progress);
    if (status == GS_ERROR_INTERRUPTED)
        return gs_fail(error, status, "interrupted: nothing is written");
    return !status ? write_file(q, error) : status;
}

/* ---- The report ---- */

static double share(const gs_quantized *made, uint64_t operations) {
    return made->operations ? (double)operations / (double)made->operations : 0;
}

static bool is_calibrated(gs_dtype dtype) {
    return dtype == GS_DTYPE_INT8 || dtype == GS_DTYPE_INT16;
}

static gs_dtype dtype(const quantizing *q) {
    return q->options.dtype ? q->options.dtype : GS_DTYPE_INT8;
}

/* Why the file may bring less than its user hopes: a sentence, or NULL. */
static const char *caution(const quantizing *q) {
    return is_calibrated(dtype(q)) && gs_model_get_info(q->model)->kind == GS_KIND_ENERGY
               ? "sampling this energy stays in f32, because gradients do: only its energies alone, which plans "
                 "without gradients give, are computed in integers"
               : NULL;
}

static json_t *warnings_json(const quantizing *q) {
    const char *text = caution(q);
    json_t *warnings = json_array();
    if (text)
        json_array_append_new(warnings, json_string(text));
    return warnings;
}

static json_t *layers_json(const gs_quantized *made) {
    json_t *layers = json_array();
    for (int i = 0; i < made->layers; i++) {
        const gs_quantized_layer *l = &made->layer[i];
        json_t *layer = json_object();
        json_object_set_new(layer, "node", gs_text_json(l->node));
        json_object_set_new(layer, "dtype", json_string(gs_dtype_name(l->dtype)));
        if (l->domain)
            json_object_set_new(layer, "domain", json_string(l->domain));
        json_object_set_new(layer, "operations", gs_whole_json(l->operations));
        json_object_set_new(layer, "error_int8", gs_real_json(l->error[0]));
        json_object_set_new(layer, "error_rms_int8", gs_real_json(l->error_rms[0]));
        json_object_set_new(layer, "error_int16", gs_real_json(l->error[1]));
        json_object_set_new(layer, "error_rms_int16", gs_real_json(l->error_rms[1]));
        json_array_append_new(layers, layer);
    }
    return layers;
}

static json_t *bands_json(const gs_quantized *made) {
    json_t *bands = json_array();
    for (int b = 0; b < made->bands && made->error; b++) {
        json_t *band = json_object();
        if (b + 1 < made->bands)
            json_object_set_new(band, "sigma_high", gs_real_json(made->ends[b]));
        json_object_set_new(band, "error", gs_real_json(made->error[b]));
        json_object_set_new(band, "error_max", gs_real_json(made->error_most[b]));
        json_object_set_new(band, "error_rms", gs_real_json(made->error_rms[b]));
        json_array_append_new(bands, band);
    }
    return bands;
}

static gs_status report_json(const quantizing *q, FILE *out, gs_error *error) {
    const gs_quantized *made = q->made;
    const gs_model_info *info = gs_model_get_info(q->model);
    json_t *object = json_object();
    json_object_set_new(object, "model", json_string(info->name));
    json_object_set_new(object, "hash", json_string(info->hash));
    json_object_set_new(object, "out", gs_text_json(gs_output_label(q->arguments->out)));
    json_object_set_new(object, "bytes", gs_whole_json(made->size));
    json_object_set_new(object, "dtype", json_string(gs_dtype_name(dtype(q))));
    json_object_set_new(object, "states", gs_whole_json(made->states));
    json_object_set_new(object, "operations", gs_whole_json(made->operations));
    json_object_set_new(object, "operations_int8", gs_whole_json(made->operations_in[0]));
    json_object_set_new(object, "operations_int16", gs_whole_json(made->operations_in[1]));
    json_object_set_new(object, "layers", layers_json(made));
    json_object_set_new(object, "bands", bands_json(made));
    json_object_set_new(object, "seconds", gs_real_json(q->seconds));
    json_object_set_new(object, "warnings", warnings_json(q));
    return gs_print_json(object, out, error);
}

static void put_layers(const gs_quantized *made, FILE *out) {
    fprintf(out, "%-24s%12s%12s%12s  %s\n", "layer", "operations", "alone: int8", "int16", "type");
    for (int i = 0; i < made->layers; i++) {
        const gs_quantized_layer *l = &made->layer[i];
        char name[25];
        snprintf(name, sizeof name, "%-24.24s", l->node);
        gs_put_plain(name, out);
        fprintf(out, "%10.1f %%%10.3f %%%10.3f %%  ", 100 * share(made, l->operations), 100 * l->error[0],
                100 * l->error[1]);
        fprintf(out, "%s%s%s\n", gs_dtype_name(l->dtype), l->domain ? ", " : "", l->domain ? l->domain : "");
    }
}

static void put_bands(const quantizing *q, FILE *out) {
    const gs_quantized *made = q->made;
    fprintf(out, "%-24s%12s%12s%12s\n", "sigma", "largest", "error", "rms");
    for (int b = 0; b < made->bands; b++) {
        char band[48] = "all";
        if (made->bands > 1 && b == 0)
            snprintf(band, sizeof band, "up to %.3g", made->ends[0]);
        else if (b + 1 < made->bands)
            snprintf(band, sizeof band, "%.3g ... %.3g", made->ends[b - 1], made->ends[b]);
        else if (made->bands > 1)
            snprintf(band, sizeof band, "above %.3g", made->ends[b - 1]);
        fprintf(out, "%-24s%10.3f %%%10.3f %%%10.3f %%\n", band, 100 * made->error_most[b], 100 * made->error[b],
                100 * made->error_rms[b]);
    }
}

/* Whether less than half is in integers, while layers that could be stayed in f32 by their error. */
static bool could_be_more(const gs_quantized *made) {
    uint64_t integers = made->operations_in[0] + made->operations_in[1];
    bool left = false;
    for (int i = 0; i < made->layers; i++)
        left = left || !made->layer[i].domain;
    return left && integers && share(made, integers) < 0.5;
}

static void report_text(const quantizing *q, FILE *out) {
    const gs_quantized *made = q->made;
    if (made->layers)
        put_layers(made, out);
    if (made->error)
        put_bands(q, out);
    if (made->layers)
        fprintf(out, "%.1f %% of the operations in int8, %.1f %% in int16; ", 100 * share(made, made->operations_in[0]),
                100 * share(made, made->operations_in[1]));
    if (made->error)
        fprintf(out, "errors of images of %zu states, in units of the outputs' largest element; ", made->states);
    fprintf(out, "%s of %zu bytes, %s by default, in %.3g s\n", gs_output_label(q->arguments->out), made->size,
            gs_dtype_name(dtype(q)), q->seconds);
    if (could_be_more(made))
        fputs("Less than half of the operations are in integers; a larger --error would bring more.\n", out);
}

/* ---- The command ---- */

static gs_status run_command(const gs_arguments *arguments, gs_error *error) {
    quantizing q = {.arguments = arguments};
    gs_status status = prepare(&q, error);
    if (!status)
        status = quantize(&q, error);
    if (!status && arguments->json)
        status = report_json(&q, gs_arguments_report(arguments), error);
    else if (!status && !arguments->quiet)
        report_text(&q, gs_arguments_report(arguments));
    if (!status && caution(&q))
        gs_warn("%s", caution(&q));
    gs_quantized_free(q.made);
    gs_free(q.images);
    gs_model_free(q.model);
    return status;
}

/* Refuse options that only calibrating for integers reads, and of f32 those of the states on which errors are measured.
 */
static gs_status check_calibration(const gs_arguments *a, gs_error *error) {
    const struct {
        bool given, is_of_states;
        const char *name;
    } options[] = {{a->given[GS_OPTION_LIMIT], false, "--error"},
                   {a->given[GS_OPTION_DIRECT], false, "--direct"},
                   {a->given[GS_OPTION_BANDS], false, "--bands"},
                   {a->given[GS_OPTION_CHAINS], true, "-n"},
                   {a->inputs.count > 0, true, "--data"}};
    if (!a->dtype || is_calibrated(a->dtype))
        return GS_OK;
    for (size_t i = 0; i < GS_COUNT(options); i++)
        if (options[i].given && (a->dtype == GS_DTYPE_F32 || !options[i].is_of_states))
            return gs_fail(error, GS_ERROR_ARGUMENT, "%s: cannot go with --dtype %s, which is not calibrated",
                           options[i].name, gs_dtype_name(a->dtype));
    return GS_OK;
}

static gs_status check(const gs_arguments *a, gs_error *error) {
    static const char *const stored[] = {"f32", "f16", "bf16"};
    bool good = !a->weights;
    for (size_t i = 0; i < GS_COUNT(stored); i++)
        good |= a->weights && !strcmp(a->weights, stored[i]);
    if (!a->model)
        return gs_fail(error, GS_ERROR_ARGUMENT, "quantize: the network is missing: gensample quantize NETWORK FILE");
    if (!a->out)
        return gs_fail(error, GS_ERROR_ARGUMENT, "quantize: the new file is missing: gensample quantize NETWORK FILE");
    if (!strcmp(a->model, "-"))
        return gs_fail(error, GS_ERROR_ARGUMENT, "quantize: standard input: expected a file, which is read twice");
    if (!good)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--weights: \"%.40s\": expected f32, f16 or bf16", a->weights);
    if (a->given[GS_OPTION_LIMIT] && !(a->limit > 0 && a->limit <= 1))
        return gs_fail(error, GS_ERROR_ARGUMENT, "--error: %g: expected a number above 0 and at most 1, as 0.01",
                       a->limit);
    if (gs_is_density(a->model))
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "quantize: %s is a density, which has no layers to quantise: expected a weight file, or the "
                       "name of a shipped network",
                       a->model);
    return check_calibration(a, error);
}

const gs_command gs_command_quantize = {
    .about =
        "Make a weight file that says how a network is computed in integers: scales of weights and values, band by\n"
        "band of noise levels, by the states of chains that the network's own sampler draws, or by images. Each layer\n"
        "is computed alone in 8 and in 16 bits to see its share of the error; the layers with the largest for the "
        "time\n"
        "that they save are in 16 bits rather than 8, or stay in f32, until --error is kept. With --dtype int16, none\n"
        "is in 8 bits. Errors are those of other chains or images than the scales were chosen by. The file keeps its "
        "weights, so that --dtype f32 computes what the old file does; the same\n"
        "bytes on every CPU. Programs that read version 1 of the format refuse it.\n",
    .examples = "  gensample quantize ncsn ncsn-int8.bin\n"
                "  gensample quantize judge judge-int8.bin --data t10k-images-idx3-ubyte.gz\n"
                "  gensample quantize ncsn ncsn-bf16.bin --dtype bf16 --weights bf16\n",
    .lists = GS_LISTS_NETWORKS,
    .check = check,
    .run = run_command};
