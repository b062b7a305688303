/* gensample interpolate: images encoded by the probability flow, and the ways between them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/words.h"
#include "cli/commands.h"
#include "cli/flow_options.h"
#include "cli/given.h"
#include "cli/images.h"
#include "cli/output.h"
#include "cli/watch.h"
#include "io/picture.h"

enum { FRAMES = 11, PAIRS = 8 };

typedef struct walk {
    const gs_arguments *arguments;
    gs_arguments own; /* the same with the output's name */
    gs_networks networks;
    gs_image_file images;
    gs_flow_options options;
    size_t pairs, frames;
    gs_format format;
    float *latent; /* (2 pairs, pixels) */
    float *out;    /* (pairs, frames, pixels) */
    int *labels;   /* (pairs, frames), or NULL */
    double error;  /* root mean square of what encoding and decoding changes; NaN of seeds */
    double psnr;
    double seconds;
} walk;

/* ---- Preparing ---- */

static gs_status read_images(walk *w, gs_error *error) {
    const gs_arguments *a = w->arguments;
    bool given = a->given[GS_OPTION_PAIRS];
    size_t most = 2 * (given ? (size_t)a->n : PAIRS);
    const gs_image_wish wish = {.shape = w->networks.info->image, .range = w->networks.info->range, .most = most};
    gs_status status = gs_images_read(a->input, &wish, &w->images, error);
    if (status)
        return status;
    if (w->images.caution[0])
        gs_warn("%s: %s", a->input, w->images.caution);
    w->pairs = w->images.n / 2;
    if (!w->pairs || (given && w->images.n < most))
        return gs_fail(error, w->pairs ? GS_ERROR_ARGUMENT : GS_ERROR_FORMAT,
                       "%s: has %zu image%s: expected %zu, two per pair", a->input, w->images.total,
                       w->images.total == 1 ? "" : "s", w->pairs ? most : 2);
    if (w->images.n % 2)
        gs_warn("%s: its last image, number %zu, has no other to make a pair with, and is left out", a->input,
                w->images.n - 1);
    return GS_OK;
}

static gs_status check_label(const walk *w, gs_error *error) {
    const gs_arguments *a = w->arguments;
    const gs_model_info *info = w->networks.info;
    if (a->label >= 0 && !info->labels)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--label: the network %s takes no labels", info->name);
    if (a->label >= 0 && a->label >= info->labels)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--label: %d is no class of the network %s; they are 0 to %d",
                       a->label, info->name, info->labels - 1);
    return gs_given_check_told(info, a->label >= 0 ? &a->label : NULL, error);
}

static gs_status check_output(walk *w, gs_error *error) {
    const gs_arguments *a = &w->own;
    const gs_model_info *info = w->networks.info;
    const gs_grid grid = {.rows = (int)w->pairs, .columns = (int)w->frames};
    gs_status status = gs_output_format(a->out, a->format, GS_FORMAT_PNG, &w->format, error);
    if (!status)
        status = gs_output_check_table(a->out, w->format, "rows of frames go", error);
    if (!status)
        status = gs_output_check_scale(a->out, a->given[GS_OPTION_SCALE], w->format, error);
    if (!status && gs_format_holds(w->format) == GS_HOLDS_PICTURE)
        status = gs_grid_check(grid, info->image, a->scale, error);
    if (!status)
        status = gs_images_check(a->out, w->format, info->image, error);
    if (!status)
        status = gs_arguments_check_out(a, error);
    return !status ? gs_output_check(a->out, w->format, 0, error) : status;
}

static gs_status allocate(walk *w, gs_error *error) {
    size_t frames = w->pairs * w->frames, elements;
    if (!gs_mul_size(frames, w->networks.pixels, &elements))
        return gs_fail_memory(error, "the frames");
    w->latent = gs_alloc(2 * w->pairs * w->networks.pixels, sizeof *w->latent);
    w->out = gs_alloc(elements, sizeof *w->out);
    w->labels = gs_alloc(frames, sizeof *w->labels);
    if (!w->latent || !w->out || !w->labels)
        return gs_fail_memory(error, "the frames");
    for (size_t k = 0; k < frames; k++)
        w->labels[k] = w->arguments->label;
    w->options.labels = w->arguments->label >= 0 ? w->labels : NULL;
    return GS_OK;
}

static gs_status prepare(walk *w, gs_error *error) {
    const gs_arguments *a = w->arguments;
    gs_status status = gs_networks_load(&w->networks, a, error);
    if (!status)
        status = gs_given_check_networks(&w->networks, error);
    if (!status)
        status = gs_flow_options_check(w->networks.info, error);
    if (!status)
        status = check_label(w, error);
    if (status)
        return status;
    w->own = *a;
    gs_output_choose(&w->own, w->networks.info->image, "interpolate.npy");
    w->options = gs_flow_options_of(a, w->networks.info);
    w->frames = a->frames ? (size_t)a->frames : FRAMES;
    w->pairs = a->given[GS_OPTION_PAIRS] ? (size_t)a->n : PAIRS;
    if (a->input)
        status = read_images(w, error);
    if (!status)
        status = check_output(w, error);
    if (!status)
        status = allocate(w, error);
    return !status ? gs_networks_plan(&w->networks, a, error) : status;
}

/* ---- Walking ---- */

/* Pair by pair, the latent of each seed's chain. */
static gs_status draw_latents(walk *w, gs_error *error) {
    gs_status status = GS_OK;
    size_t pixels = w->networks.pixels;
    for (size_t k = 0; k < 2 * w->pairs && !status; k++)
        status = gs_sample_add_noise((uint64_t)w->arguments->seeds.values[k % 2], k / 2, w->options.sigma_high, 1,
                                     pixels, w->latent + k * pixels, error);
    return status;
}

static void interpolate(walk *w) {
    size_t pixels = w->networks.pixels;
    for (size_t k = 0; k < w->pairs * w->frames; k++) {
        const float *ends = w->latent + 2 * (k / w->frames) * pixels;
        gs_slerp(ends, ends + pixels, pixels, (double)(k % w->frames) / (double)(w->frames - 1), w->out + k * pixels);
    }
}

/* What became of the images, which are the first and last frames of each row. */
static void compare(walk *w) {
    size_t pixels = w->networks.pixels;
    double sum = 0, range = (double)w->networks.info->range[1] - (double)w->networks.info->range[0];
    for (size_t k = 0; k < 2 * w->pairs; k++) {
        const float *image = w->images.data + k * pixels;
        const float *back = w->out + (k / 2 * w->frames + (k % 2 ? w->frames - 1 : 0)) * pixels;
        for (size_t i = 0; i < pixels; i++)
            sum += ((double)back[i] - (double)image[i]) * ((double)back[i] - (double)image[i]);
    }
    w->error = sqrt(sum / (double)(2 * w->pairs * pixels));
    w->psnr = -20 * log10(w->error / range);
}

static gs_status walk_flow(walk *w, gs_watch *watch, gs_error *error) {
    gs_plan *plan = w->networks.network[0].plan;
    gs_status status;
    if (w->arguments->input) {
        gs_watch_stage(watch, 2 * w->pairs);
        status = gs_encode(plan, w->images.data, 2 * w->pairs, &w->options, w->latent, error);
    } else {
        status = draw_latents(w, error);
    }
    if (status)
        return status;
    interpolate(w);
    gs_watch_stage(watch, w->pairs * w->frames);
    return gs_decode(plan, w->out, w->pairs * w->frames, &w->options, w->out, error);
}

static gs_status measure(walk *w, gs_error *error) {
    gs_watch watch;
    bool encodes = w->arguments->input;
    gs_networks_warn(&w->networks, w->arguments);
    gs_watch_start(&watch, w->pairs * (w->frames + (encodes ? 2 : 0)));
    w->options.progress = gs_watch_show;
    w->options.context = &watch;
    gs_status status = walk_flow(w, &watch, error);
    w->seconds = gs_watch_end(&watch);
    w->error = w->psnr = (double)NAN;
    if (!status && encodes)
        compare(w);
    return status == GS_ERROR_INTERRUPTED ? gs_fail(error, status, "interrupted: nothing is written") : status;
}

/* ---- Writing ---- */

static void put_command(const void *context, FILE *out) {
    const walk *w = context;
    const gs_arguments *a = w->arguments;
    char low[32], high[32];
    fputs("gensample interpolate", out);
    gs_put_word(out, gs_arguments_model_word(a));
    if (a->input) {
        fputs(" --input", out);
        gs_put_word(out, a->input);
    } else {
        fprintf(out, " --seeds %d,%d", a->seeds.values[0], a->seeds.values[1]);
    }
    fprintf(out, " -n %zu --frames %zu --steps %d --sigmas %s,%s", w->pairs, w->frames, w->options.steps,
            gs_shortest(w->options.sigma_low, low), gs_shortest(w->options.sigma_high, high));
    if (a->label >= 0)
        fprintf(out, " --label %d", a->label);
    gs_arguments_put_out(&w->own, out);
}

static gs_status write_output(const walk *w, gs_error *error) {
    const gs_model_info *info = w->networks.info;
    bool is_picture = gs_format_holds(w->format) == GS_HOLDS_PICTURE;
    gs_notes notes;
    json_t *settings =
        json_pack("{s:i, s:[f, f]}", "steps", w->options.steps, "sigmas", w->options.sigma_low, w->options.sigma_high);
    gs_status status =
        gs_notes_make(&notes, info, gs_output_settings(settings), gs_output_command(put_command, w), error);
    gs_sink_input input =
        is_picture ? gs_output_input(info, 0, w->pairs * w->frames) : gs_output_input(info, w->pairs, w->frames);
    input.grid = (gs_grid){.rows = (int)w->pairs, .columns = (int)w->frames};
    input.scale = w->arguments->scale;
    input.notes = notes.note;
    input.note_count = GS_NOTES;
    if (!status)
        status = gs_sink_put_all(w->format, w->own.out, &input, w->out, error);
    gs_notes_free(&notes);
    return status;
}

static gs_status report_json(const walk *w, FILE *out, gs_error *error) {
    const gs_arguments *a = w->arguments;
    json_t *object = json_object();
    json_object_set_new(object, "model", json_string(w->networks.info->name));
    json_object_set_new(object, "hash", json_string(w->networks.info->hash));
    json_object_set_new(object, "input", a->input ? gs_text_json(gs_base_name(a->input)) : json_null());
    json_object_set_new(object, "seeds",
                        a->input ? json_null() : json_pack("[i, i]", a->seeds.values[0], a->seeds.values[1]));
    json_object_set_new(object, "pairs", gs_whole_json(w->pairs));
    json_object_set_new(object, "frames", gs_whole_json(w->frames));
    json_object_set_new(object, "label", a->label >= 0 ? json_integer(a->label) : json_string("none"));
    json_object_set_new(object, "steps", json_integer(w->options.steps));
    json_object_set_new(object, "sigmas", json_pack("[f, f]", w->options.sigma_low, w->options.sigma_high));
    json_object_set_new(object, "error", gs_real_json(w->error));
    json_object_set_new(object, "psnr", gs_real_json(w->psnr));
    json_object_set_new(object, "seconds", gs_real_json(w->seconds));
    json_object_set_new(object, "threads", json_integer(gs_plan_get_info(w->networks.network[0].plan).threads));
    gs_networks_put(&w->networks, object);
    return gs_print_json(object, out, error);
}

static gs_status report(const walk *w, FILE *out, gs_error *error) {
    const gs_arguments *a = w->arguments;
    gs_plan_info plan = gs_plan_get_info(w->networks.network[0].plan);
    if (a->json)
        return report_json(w, out, error);
    if (a->input) {
        gs_images_put_taken(a->input, &w->images, out);
        fprintf(out, "%zu pair%s of images of ", w->pairs, w->pairs == 1 ? "" : "s");
        gs_put_plain(a->input, out);
        fprintf(out, ": encoded and decoded they change by %.3g of a pixel in root mean square, PSNR %.4g dB\n",
                w->error, w->psnr);
    }
    fprintf(out, "%zu row%s of %zu frames by the network %s", w->pairs, w->pairs == 1 ? "" : "s", w->frames,
            w->networks.info->name);
    if (a->label >= 0)
        fprintf(out, " told label %d", a->label);
    fprintf(out, ", %d steps between noise levels %g and %g; %.3g s, %d thread%s, %s", w->options.steps,
            w->options.sigma_low, w->options.sigma_high, w->seconds, plan.threads, plan.threads == 1 ? "" : "s",
            plan.isa);
    gs_networks_put_dtypes(&w->networks, out);
    fprintf(out, "; wrote %s\n", gs_output_label(w->own.out));
    return GS_OK;
}

/* ---- The command ---- */

static gs_status run_command(const gs_arguments *arguments, gs_error *error) {
    walk w = {.arguments = arguments};
    gs_status status = prepare(&w, error);
    if (!status)
        status = measure(&w, error);
    if (!status)
        status = write_output(&w, error);
    if (!status)
        status = report(&w, gs_arguments_report(&w.own), error);
    gs_images_free(&w.images);
    gs_free(w.latent);
    gs_free(w.out);
    gs_free(w.labels);
    gs_networks_free(&w.networks);
    return status;
}

static gs_status check(const gs_arguments *a, gs_error *error) {
    if (a->input && a->seeds.count)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--seeds: cannot go with --input, whose images have latents");
    return gs_given_check(a, a->input || a->seeds.count ? 1 : 0, error);
}

const gs_command gs_command_interpolate = {
    .about =
        "Encode images in pairs, the first and second, the third and fourth, ..., by the probability flow, which "
        "takes\n"
        "each to a latent at the highest noise level; walk from one latent of a pair to the other on the arc between\n"
        "them (spherical interpolation, Shoemake 1985), and decode what is there by the same flow downwards: a row of\n"
        "frames per pair. Also say how much encoding and decoding alone change the images. With --seeds the latents "
        "are\n"
        "those from which the samples of two seeds begin.\n",
    .examples = "  gensample interpolate ncsn --input t10k-images-idx3-ubyte.gz -n 4 --out walk.png\n"
                "  gensample interpolate ncsn-cond --label 3 --seeds 1,2 --frames 16 --scale 2\n",
    .lists = GS_LISTS_NETWORKS,
    .out = "interpolate.png",
    .check = check,
    .run = run_command};
