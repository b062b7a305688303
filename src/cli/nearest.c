#include "cli/nearest.h"

#include <math.h>
#include <sys/stat.h>

#include "app/mnist.h"
#include "app/words.h"

enum { REAL_MIN = 1000 };

static bool is_folder(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static gs_status read_images(const char *path, const gs_model_info *info, size_t most, gs_image_file *images,
                             gs_error *error) {
    const gs_image_wish wish = {.shape = info->image, .range = info->range, .most = most};
    return gs_images_read(path, &wish, images, error);
}

gs_status gs_nearest_read(gs_nearest *nearest, const gs_setup *setup, size_t n, gs_error *error) {
    const char *name = setup->arguments->nearest;
    const gs_model_info *info = setup->networks.info;
    char path[GS_PATH_ROOM];
    if (!name)
        return GS_OK;
    if (!is_folder(name)) {
        gs_status status = read_images(name, info, SIZE_MAX, &nearest->training, error);
        return status || nearest->training.n > 1
                   ? status
                   : gs_fail(error, GS_ERROR_FORMAT,
                             "--nearest: %s: has a single image; expected at least 2, as each one's nearest among the "
                             "others is what samples are compared with",
                             name);
    }
    if (!gs_mnist_find(name, "train", path)) {
        return gs_fail(error, GS_ERROR_FILE,
                       "--nearest: there is no %.300s, nor with .gz: expected MNIST's files or a file", path);
    }
    gs_status status = read_images(path, info, SIZE_MAX, &nearest->training, error);
    if (!status && gs_mnist_find(name, "t10k", path))
        status = read_images(path, info, n < REAL_MIN ? REAL_MIN : n, &nearest->held_out, error);
    return status;
}

gs_status gs_nearest_measure(gs_nearest *nearest, const gs_setup *setup, const gs_result *result, gs_error *error) {
    const gs_image_file *training = &nearest->training, *held_out = &nearest->held_out;
    const float *range = setup->networks.info->range;
    size_t pixels = setup->networks.pixels, count = result->done * pixels;
    size_t stand_ins = result->n < REAL_MIN ? REAL_MIN : result->n;
    float *clipped = gs_alloc(count, sizeof *clipped); /* as training images are, and pictures of samples */
    if (!clipped)
        return gs_fail_memory(error, "the samples beside training images");
    for (size_t i = 0; i < count; i++)
        clipped[i] = fminf(fmaxf(result->samples[i], range[0]), range[1]);
    if (stand_ins > training->n)
        stand_ins = training->n;
    gs_status status = gs_nearness_measure(
        clipped, result->done, training->data, training->n, held_out->data, held_out->data ? held_out->n : stand_ins,
        pixels, (double)(range[1] - range[0]), setup->arguments->threads, &nearest->nearness, error);
    gs_free(clipped);
    return status;
}

json_t *gs_nearest_json(const gs_nearest *nearest) {
    const gs_nearness *near = &nearest->nearness;
    json_t *object = json_object();
    json_object_set_new(object, "training", gs_whole_json(near->training));
    json_object_set_new(object, "real", gs_whole_json(near->real));
    json_object_set_new(object, "held_out", json_boolean(near->held_out));
    json_object_set_new(object, "nearer", gs_real_json(near->nearer));
    json_object_set_new(object, "error", gs_real_json(near->error));
    json_object_set_new(object, "copies", gs_whole_json(near->copies));
    json_object_set_new(object, "distance", gs_real_json(near->distance));
    json_object_set_new(object, "distance_real", gs_real_json(near->distance_real));
    return object;
}

/* One sample has no average, and its pairs are the real images. */
static void report_single(const gs_nearness *near, FILE *out) {
    fprintf(out,
            "nearest of %zu training images: %.3g away; %s are %.3g away on average, %.1f %% of them farther than the "
            "sample, which is %s\n",
            near->training, near->distance, near->held_out ? "real images" : "training images from each other",
            near->distance_real, 100 * near->nearer, near->copies ? "a copy" : "no copy");
}

void gs_nearest_report(const gs_nearest *nearest, FILE *out) {
    const gs_nearness *near = &nearest->nearness;
    if (near->samples == 1) {
        report_single(near, out);
        return;
    }
    fprintf(
        out,
        "nearest of %zu training images: %.3g away on average (%s %.3g), nearer than a real one in %.1f %% of pairs",
        near->training, near->distance, near->held_out ? "real images" : "that of training images", near->distance_real,
        100 * near->nearer);
    if (isfinite(near->error))
        fprintf(out, " (std. error %.1f %%)", 100 * near->error);
    fprintf(out, ", %zu cop%s\n", near->copies, near->copies == 1 ? "y" : "ies");
}

void gs_nearest_free(gs_nearest *nearest) {
    gs_images_free(&nearest->training);
    gs_images_free(&nearest->held_out);
    *nearest = (gs_nearest){0};
}
