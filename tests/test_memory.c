/* Any allocation may fail: loading, planning, evaluating, sampling, measuring and writing then report it, free what
 * they allocated, and leave no file. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <zlib.h>

#include "io/label_file.h"
#include "io/picture.h"
#include "io/plot.h"
#include "io/read.h"
#include "measure/pixels.h"
#include "measure/statistics.h"
#include "sample/samplers.h"
#include "support/outputs.h"
#include "support/about.h"
#include "support/allocation.h"
#include "support/effort.h"
#include "support/files.h"
#include "support/weights.h"

enum { PATH_ROOM = 512, IMAGES = 6, SIDE = 8, PIXELS = SIDE * SIDE, LEVELS = 4 };

static char *directory;
static gs_model *model, *judge_model, *energy_model;
static gs_plan *plan, *judge, *energy;
static float images[IMAGES * PIXELS], states[LEVELS * IMAGES * PIXELS];
static const int labels[IMAGES] = {0, 1, 2, 3, 0, 1};
static long runs, failures;

/* A denoiser with a convolution of each method, a norm, and a step by the reference. */
static weights *denoiser(void) {
    weights *w = weights_new("denoiser", 1, SIDE, SIDE);
    weights_inputs(w, true, 3);
    weights_set(w, "default", "{'sampler': 'dpmpp-2m', 'steps': 3, 'sigmas': [0.1, 10]}");
    weights_random(w, "w1", 4, (const size_t[]){16, 1, 3, 3}, 1);
    weights_random(w, "w2", 4, (const size_t[]){16, 16, 3, 3}, 2);
    weights_random(w, "w3", 4, (const size_t[]){1, 16, 1, 1}, 3);
    weights_random(w, "b", 1, (const size_t[]){16}, 4);
    weights_random(w, "e", 2, (const size_t[]){4, 16}, 5);
    weights_node(w, "in", "conv2d", "['x']", "{'padding': [1, 1]}", "{'weight': 'w1'}");
    weights_node(w, "emb", "embedding", "['label']", NULL, "{'weight': 'e'}");
    weights_node(w, "mix", "add", "['in', 'emb']", NULL, NULL);
    weights_node(w, "norm", "group_norm", "['mix']", "{'groups': 4}", NULL);
    weights_node(w, "act", "silu", "['norm']", NULL, NULL);
    weights_node(w, "conv", "conv2d", "['act']", "{'padding': [1, 1]}", "{'weight': 'w2', 'bias': 'b'}");
    weights_node(w, "res", "add", "['in', 'conv']", NULL, NULL);
    weights_node(w, "pool", "max_pool", "['res']", "{'kernel': [3, 3], 'stride': [1, 1], 'padding': [1, 1]}", NULL);
    weights_node(w, "last", "conv2d", "['pool']", NULL, "{'weight': 'w3'}");
    weights_node(w, "s", "reciprocal", "['sigma']", NULL, NULL);
    weights_node(w, "scaled", "mul", "['last', 's']", NULL, NULL);
    weights_node(w, "out", "affine", "['scaled']", "{'scale': 0.001, 'shift': 0}", NULL);
    return w;
}

/* A classifier whose logits and features are the first three pixels. */
static weights *classifier(void) {
    const float mean[3] = {0}, covariance[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    weights *w = weights_new("classifier", 1, SIDE, SIDE);
    weights_tensor(w, "reference_mean", 1, (const size_t[]){3}, mean);
    weights_tensor(w, "reference_covariance", 2, (const size_t[]){3, 3}, covariance);
    weights_random(w, "reference_features", 2, (const size_t[]){40, 3}, 2);
    weights_random(w, "real_features", 2, (const size_t[]){8, 3}, 3);
    weights_node(w, "flat", "reshape", "['x']", "{'shape': [64]}", NULL);
    weights_node(w, "logits", "slice", "['flat']", "{'begin': 0, 'end': 3}", NULL);
    weights_node(w, "features", "slice", "['flat']", "{'begin': 0, 'end': 3}", NULL);
    weights_outputs(w, "['logits', 'features']");
    return w;
}

/* The squares of a convolution, summed. */
static weights *energy_network(void) {
    weights *w = weights_new("energy", 1, SIDE, SIDE);
    weights_random(w, "w", 4, (const size_t[]){16, 1, 3, 3}, 1);
    weights_node(w, "conv", "conv2d", "['x']", "{'padding': [1, 1]}", "{'weight': 'w'}");
    weights_node(w, "square", "square", "['conv']", NULL, NULL);
    weights_node(w, "out", "sum", "['square']", "{'over': 'all'}", NULL);
    return w;
}

static const char *path_of(const char *name) {
    static char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static int begin(void **state) {
    (void)state;
    allocation_watch_jansson();
    directory = temp_directory();
    weights *w = denoiser(), *j = classifier(), *e = energy_network();
    model = weights_load(w);
    judge_model = weights_load(j);
    energy_model = weights_load(e);
    weights_free(w);
    weights_free(j);
    weights_free(e);
    gs_plan_options options = {.threads = 2, .block = 2};
    bool failed = gs_plan_create(model, &options, &plan, NULL) || gs_plan_create(judge_model, &options, &judge, NULL);
    options.gradient = true;
    return failed || gs_plan_create(energy_model, &options, &energy, NULL);
}

static int end(void **state) {
    (void)state;
    gs_plan_free(plan);
    gs_plan_free(judge);
    gs_plan_free(energy);
    gs_model_free(energy_model);
    gs_model_free(model);
    gs_model_free(judge_model);
    remove_directory(directory);
    print_message("failed allocations: %ld in %ld runs, each a clean error without a leak\n", failures, runs);
    return 0;
}

static int files_left(void) {
    DIR *listing = opendir(directory);
    assert_non_null(listing);
    int count = -2; /* . and .. */
    while (readdir(listing))
        count++;
    closedir(listing);
    return count;
}

typedef gs_status action(gs_error *error);

/* Run with the k-th allocation failing, alone or with all after it, for every k, or as many as the effort allows, until
 * none fails. */
static void run_out_of_memory(action *act, bool all) {
    int files = files_left();
    for (long k = 0, failed = 1; failed; k += (long)effort_step()) {
        about("k %ld", k);
        gs_error error = {.status = GS_OK};
        long blocks = allocation_blocks();
        allocation_start_failing(k, all);
        gs_status status = act(&error);
        failed = allocation_stop_failing();
        if (status != (failed ? GS_ERROR_MEMORY : GS_OK) || status != error.status ||
            (failed && !strstr(error.message, "out of memory")))
            fail_msg("allocation %ld failed: status %d, '%s'", k, status, error.message);
        if (allocation_blocks() != blocks)
            fail_msg("allocation %ld failed: %ld blocks leak", k, allocation_blocks() - blocks);
        if (failed)
            assert_int_equal(files_left(), files);
        runs++;
        failures += failed;
    }
}

static void run_both(action *act) {
    run_out_of_memory(act, true);
    run_out_of_memory(act, false);
}

static gs_status load(gs_error *error) {
    gs_model *loaded;
    gs_status status = gs_model_load(path_of("model.bin"), &loaded, error);
    gs_model_free(loaded);
    return status;
}

static void test_load(void **state) {
    (void)state;
    weights *w = denoiser();
    weights_set(w, "data.ladder", "[3, 2, 1]");
    weights_set(w, "data.shares", "[0.5, 0.25, 0.25]");
    weights_write(w, path_of("model.bin"));
    weights_free(w);
    run_both(load);
    remove(path_of("model.bin"));
}

static gs_status make_density(gs_error *error) {
    gs_model *made;
    gs_status status = gs_model_create_density("mixture:means=-1/0,1/0,weights=0.3,0.7", &made, error);
    gs_model_free(made);
    return status;
}

static gs_status draw_density(gs_error *error) {
    gs_density *density;
    float x[4];
    gs_status status = gs_density_create("moons:sd=0.5", &density, error);
    if (!status)
        status = gs_density_draw(density, 0, 0, 0, 2, x, error);
    gs_density_free(density);
    return status;
}

static void test_density(void **state) {
    (void)state;
    run_both(make_density);
    run_both(draw_density);
}

static gs_status make_plan(gs_error *error) {
    const gs_plan_options options = {.threads = 3};
    gs_plan *made;
    gs_status status = gs_plan_create(model, &options, &made, error);
    gs_plan_free(made);
    return status;
}

static gs_status make_gradient_plan(gs_error *error) {
    const gs_plan_options options = {.threads = 3, .gradient = true};
    gs_plan *made;
    gs_status status = gs_plan_create(energy_model, &options, &made, error);
    gs_plan_free(made);
    return status;
}

static void test_plan(void **state) {
    (void)state;
    run_both(make_plan);
    run_both(make_gradient_plan);
}

static float energy_of(gs_plan *of) {
    float value, x[PIXELS] = {1};
    assert_int_equal(gs_plan_gradient(of, x, 1, NULL, 1, &value, NULL, NULL), GS_OK);
    return value;
}

static const float zeros[16 * 9];
static gs_plan *updated;
static float energy_before;

/* Where it fails, the plan has the weights that it had; the next one begins with the file's. */
static gs_status update_plan(gs_error *error) {
    const gs_tensor_values values = {.name = "w", .rank = 4, .shape = {16, 1, 3, 3}, .data = zeros};
    gs_status status = gs_plan_update(updated, &values, 1, error);
    allocation_stop_failing(); /* run_out_of_memory learns the same */
    assert_true(energy_of(updated) == (status ? energy_before : 0));
    gs_tensor_values file = values;
    gs_model_get_tensor(energy_model, "w", &file.data, file.shape);
    assert_int_equal(gs_plan_update(updated, &file, 1, NULL), GS_OK);
    return status;
}

static void test_update(void **state) {
    (void)state;
    const gs_plan_options options = {.threads = 2, .gradient = true};
    assert_int_equal(gs_plan_create(energy_model, &options, &updated, NULL), GS_OK);
    energy_before = energy_of(updated);
    assert_int_equal(gs_plan_update(updated, NULL, 0, NULL), GS_OK); /* from now on as many blocks as after the next */
    assert_true(energy_before > 0);
    run_both(update_plan);
    gs_plan_free(updated);
}

static gs_status quantize(gs_error *error) {
    static const float pixels[2][4] = {{1, 2, 3, 4}, {4, 3, 2, 1}};
    const gs_quantize_options options = {.images = &pixels[0][0], .n = 2, .error = 1, .threads = 1};
    gs_quantized *made;
    gs_status status = gs_quantize(path_of("linear.bin"), &options, &made, error);
    gs_quantized_free(made);
    return status;
}

static void test_quantize(void **state) {
    (void)state;
    weights *w = weights_new("classifier", 4, 1, 1);
    weights_random(w, "w", 2, (const size_t[]){2, 4}, 1);
    weights_node(w, "flat", "reshape", "['x']", "{'shape': [4]}", NULL);
    weights_node(w, "logits", "linear", "['flat']", NULL, "{'weight': 'w'}");
    weights_write(w, path_of("linear.bin"));
    weights_free(w);
    run_both(quantize);
    assert_int_equal(remove(path_of("linear.bin")), 0);
}

static gs_status evaluate(gs_error *error) {
    float out[IMAGES * PIXELS];
    return gs_plan_evaluate(plan, images, 1, labels, IMAGES, (float *const[2]){out, NULL}, error);
}

static gs_status differentiate(gs_error *error) {
    float out[IMAGES], gradient[IMAGES * PIXELS];
    return gs_plan_gradient(energy, images, 1, NULL, IMAGES, out, gradient, error);
}

static void test_evaluate(void **state) {
    (void)state;
    run_both(evaluate);
    run_both(differentiate);
}

static const char *sampler;

static gs_status sample_any(gs_error *error) {
    gs_sample_options options = {.sampler = sampler,
                                 .seed = 1,
                                 .labels = labels,
                                 .steps = LEVELS - 1,
                                 .sigma_low = 0.1,
                                 .sigma_high = 10,
                                 .steps_per_level = 1,
                                 .epsilon = 1e-3,
                                 .step_size = 1e-3,
                                 .every = 1,
                                 .guidance = 1,
                                 .trajectory = states};
    return gs_sample(plan, &options, IMAGES, images, NULL, error);
}

static gs_status sample_energy(gs_error *error) {
    float energies[LEVELS * IMAGES];
    const gs_trace trace = {.energy = energies};
    gs_sample_options options = {
        .sampler = sampler, .steps = LEVELS - 1, .every = 1, .trajectory = states, .trace = &trace};
    return gs_sample(energy, &options, IMAGES, images, NULL, error);
}

static void test_sample(void **state) {
    (void)state;
    for (int i = 0; gs_sampler_get(i); i++) {
        if (gs_sampler_get(i)->decodes)
            continue;
        sampler = gs_sampler_get(i)->name;
        bool by_energy = gs_sampler_needs_energy(gs_sampler_find(sampler)),
             stays = strstr(gs_sampler_get(i)->parameters, "every");
        if (!by_energy)
            run_both(sample_any);
        if (stays)
            run_both(sample_energy);
    }
}

static gs_status reject(gs_error *error) {
    gs_rejection_options options = {.dim = PIXELS, .ratio = 1.02, .threads = 2};
    gs_rejection_result result;
    return gs_rejection(&options, IMAGES, states, &result, error);
}

static void test_reject(void **state) {
    (void)state;
    run_both(reject);
}

static gs_status measure(gs_error *error) {
    gs_quality quality;
    return gs_quality_measure(judge, images, labels, IMAGES, &quality, error);
}

static gs_status compare(gs_error *error) {
    gs_comparison comparison;
    return gs_quality_compare(judge, images, labels, IMAGES, 1, &comparison, error);
}

static gs_status near(gs_error *error) {
    gs_nearness nearness;
    return gs_nearness_measure(images, IMAGES, states, LEVELS * IMAGES, NULL, IMAGES, PIXELS, 1, 2, &nearness, error);
}

static gs_status diagnose(gs_error *error) {
    const float energies[8 * 2] = {1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1};
    const gs_record record = {.steps = 7, .chains = 2, .energy = energies};
    gs_diagnosis diagnosis;
    return gs_diagnose(&record, &diagnosis, error);
}

static void test_measure(void **state) {
    (void)state;
    run_both(measure);
    run_both(compare);
    run_both(near);
    run_both(diagnose);
}

static const gs_images written = {.data = images, .n = IMAGES, .shape = {1, SIDE, SIDE}, .range = {0, 1}};
static const gs_note note = {"Software", "a test"};

static gs_format written_as;

static gs_status write_file_of_format(gs_error *error) {
    gs_status status = put_images(written_as, path_of("x.out"), &written, gs_grid_square(IMAGES), &note, 1, error);
    remove(path_of("x.out"));
    return status;
}

static gs_status write_trajectory(gs_error *error) {
    const double sigmas[LEVELS] = {10, 1, 0.1, 0};
    const gs_trajectory trajectory = {
        .states = {.data = states, .n = IMAGES, .shape = {1, SIDE, SIDE}, .range = {0, 1}},
        .levels = LEVELS,
        .sigmas = sigmas,
        .labels = labels,
        .classes = 3};
    gs_status status = gs_write_trajectory(GS_FORMAT_PNG, path_of("way.png"), &trajectory, &note, 1, error);
    remove(path_of("way.png"));
    return status;
}

static gs_status write_directory(gs_error *error) {
    gs_status status = put_images(GS_FORMAT_DIRECTORY, path_of("pictures"), &written, (gs_grid){0}, &note, 1, error);
    for (int i = 0; i < IMAGES && !status; i++) {
        about("i %d", i);
        char name[40];
        snprintf(name, sizeof name, "pictures/%d.png", i);
        assert_int_equal(remove(path_of(name)), 0);
    }
    remove(path_of("pictures"));
    return status;
}

static gs_status write_plot(gs_error *error) {
    const double x[] = {0, 1}, y[] = {1, 2};
    const gs_series series = {.name = "y", .y = y};
    const gs_panel panel = {.title = "areas",
                            .x_label = "x",
                            .y_label = "y",
                            .x = x,
                            .n = 2,
                            .series = &series,
                            .count = 1,
                            .stacked = true};
    const gs_figure figure = {.title = "plot", .panels = &panel, .count = 1};
    gs_status status = gs_plot_write(path_of("x.svg"), &figure, error);
    remove(path_of("x.svg"));
    return status;
}

static void test_write(void **state) {
    (void)state;
    for (int i = 0; i < GS_FORMAT_COUNT; i++) {
        if (gs_format_holds((gs_format)i) == GS_HOLDS_CHAINS) /* which come by chain_file.h */
            continue;
        about("format %s", gs_format_name((gs_format)i));
        written_as = (gs_format)i;
        run_both(write_file_of_format);
    }
    run_both(write_trajectory);
    run_both(write_directory);
    run_both(write_plot);
}

static const char *read_name;

static gs_status read_images(gs_error *error) {
    gs_image_file file;
    const gs_image_wish wish = {.shape = written.shape, .range = written.range, .most = IMAGES};
    gs_status status = gs_images_read(path_of(read_name), &wish, &file, error);
    gs_images_free(&file);
    return status;
}

/* The same bytes, packed by gzip. */
static void pack(const char *from, const char *to) {
    size_t size;
    unsigned char *bytes = read_file(path_of(from), &size);
    gzFile out = gzopen(path_of(to), "wb");
    assert_non_null(out);
    assert_int_equal(gzwrite(out, bytes, (unsigned)size), size);
    assert_int_equal(gzclose(out), Z_OK);
    free(bytes);
}

static gs_status read_labels(gs_error *error) {
    gs_label_file file;
    gs_status status = gs_labels_read(path_of(read_name), IMAGES, &file, error);
    gs_free(file.labels);
    return status;
}

static void test_read_labels(void **state) {
    static const char *const names[] = {"labels", "labels.gz"};
    static const unsigned char bytes[] = {0, 0, 8, 1, 0, 0, 0, 3, 7, 0, 9};
    (void)state;
    FILE *file = fopen(path_of(names[0]), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, sizeof bytes, file), sizeof bytes);
    assert_int_equal(fclose(file), 0);
    pack(names[0], names[1]);
    for (size_t i = 0; i < GS_COUNT(names); i++) {
        read_name = names[i];
        run_both(read_labels);
        remove(path_of(read_name));
    }
}

static void test_read(void **state) {
    static const char *const names[] = {"read.png", "read.npy", "read.idx", "read.idx.gz"};
    (void)state;
    memset(images, 0, sizeof images);
    assert_int_equal(put_images(GS_FORMAT_PNG, path_of(names[0]), &written, gs_grid_square(IMAGES), &note, 1, NULL),
                     GS_OK);
    assert_int_equal(put_array(path_of(names[1]), images, (const size_t[]){IMAGES, 1, SIDE, SIDE}, 4, NULL), GS_OK);
    assert_int_equal(put_images(GS_FORMAT_IDX, path_of(names[2]), &written, (gs_grid){0}, NULL, 0, NULL), GS_OK);
    pack(names[2], names[3]);
    for (size_t i = 0; i < GS_COUNT(names); i++) {
        read_name = names[i];
        run_both(read_images);
        remove(path_of(read_name));
    }
}

/* Two networks, with chains that begin at images. */
static gs_status compose(gs_error *error) {
    static float init[IMAGES * PIXELS];
    const gs_term term = {.plan = plan, .weight = 0.5, .labels = labels};
    gs_sample_options options = {.sampler = "dpmpp-2m",
                                 .steps = 2,
                                 .sigma_low = 0.1,
                                 .sigma_high = 1,
                                 .terms = &term,
                                 .term_count = 1,
                                 .init = init};
    return gs_sample(plan, &options, IMAGES, images, NULL, error);
}

static gs_status classify(gs_error *error) {
    int classes[IMAGES];
    return gs_quality_classify(judge, images, IMAGES, classes, error);
}

static gs_status measure_loss(gs_error *error) {
    static const double sigmas[] = {1, 0.1};
    gs_loss_options options = {.sigmas = sigmas, .levels = 2, .labels = labels, .draws = 2};
    gs_loss level[2], mean;
    return gs_loss_measure(plan, images, IMAGES, &options, level, &mean, error);
}

static gs_status measure_energies(gs_error *error) {
    const gs_term term = {.plan = energy, .weight = 1};
    float values[IMAGES], norms[IMAGES];
    return gs_energy_measure(&term, 1, images, 1, IMAGES, values, norms, error);
}

static gs_status sum_up(gs_error *error) {
    gs_summary summary;
    return gs_summarize(images, NULL, 0, PIXELS, &summary, error);
}

static gs_status pick(gs_error *error) {
    size_t *picked, count;
    gs_status status = gs_pixels_pick(NULL, IMAGES, NULL, 0, true, 1, &picked, &count, error);
    gs_free(picked);
    return status;
}

static void test_tasks(void **state) {
    (void)state;
    run_both(compose);
    run_both(classify);
    run_both(measure_loss);
    run_both(measure_energies);
    run_both(sum_up);
    run_both(pick);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load),     cmocka_unit_test(test_plan),    cmocka_unit_test(test_evaluate),
        cmocka_unit_test(test_sample),   cmocka_unit_test(test_reject),  cmocka_unit_test(test_measure),
        cmocka_unit_test(test_write),    cmocka_unit_test(test_read),    cmocka_unit_test(test_read_labels),
        cmocka_unit_test(test_tasks),    cmocka_unit_test(test_density), cmocka_unit_test(test_update),
        cmocka_unit_test(test_quantize),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
