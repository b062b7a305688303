#include "io/read.h"

#include <stdio.h>
#include <string.h>

#include "io/reader.h"

static const float DARK = 0.1F; /* a share of the maximum that pixels of 0 ... 1 in a byte do not reach */

static const gs_reader_format *const formats[] = {
#define GS_READER(file, joint, name) &gs_reader_##file,
#include "io/readers.def"
};

#define GS_READER(file, joint, name) joint name
static const char names[] =
#include "io/readers.def"
    ;

/* NULL: no reader knows it. */
static const gs_reader_format *find_format(const gs_source *source) {
    for (size_t i = 0; i < GS_COUNT(formats); i++)
        if (formats[i]->knows(source->head, source->head_count))
            return formats[i];
    return NULL;
}

static gs_status read_any(gs_reader *r) {
    const gs_reader_format *format = find_format(&r->source);
    if (format)
        return format->read(r);
    const char *what = gs_content_find(r->source.head, r->source.head_count).name;
    if (!what)
        return gs_fail(r->error, GS_ERROR_FORMAT, "%s: is no %s file of images", r->path, names);
    return gs_fail(r->error, GS_ERROR_FORMAT, "%s: is %s: expected an %s file of images", r->path, what, names);
}

static void beware_of_darkness(gs_reader *r) {
    if (r->highest >= 0 && r->highest <= DARK && !r->images->caution[0]) {
        snprintf(r->images->caution, GS_REMARK_MAX,
                 "no value above %.3g of 255, so that the images are dark: if their white is less than 255, scale them",
                 (double)r->highest * 255);
    }
}

void gs_images_free(gs_image_file *images) {
    gs_free(images->data);
    gs_free(images->labels);
    *images = (gs_image_file){0};
}

static gs_status read_images(gs_reader *r) {
    r->pixels = (size_t)r->shape[0] * (size_t)r->shape[1] * (size_t)r->shape[2];
    r->highest = -1;
    gs_status status = read_any(r);
    gs_source_close(&r->source);
    if (status)
        gs_images_free(r->images);
    else
        beware_of_darkness(r);
    return status;
}

/* A reader of images as they are wanted. */
static gs_reader reader(const char *path, const gs_image_wish *wish, gs_image_file *images, gs_error *error) {
    static const char model[] = "the model's",
                      advice[] = ": draw samples into .idx, which clips them; scale other data";
    return (gs_reader){.path = path,
                       .shape = wish->shape,
                       .range = wish->range,
                       .most = wish->most,
                       .whose_shape = wish->whose_shape ? wish->whose_shape : model,
                       .whose_range = wish->whose_range ? wish->whose_range : model,
                       .advice = wish->whose_range ? "" : advice,
                       .images = images,
                       .error = error};
}

gs_status gs_images_read(const char *path, const gs_image_wish *wish, gs_image_file *images, gs_error *error) {
    gs_reader r = reader(path, wish, images, error);
    *images = (gs_image_file){0};
    gs_status status = gs_source_open(&r.source, path, "a file of images", error);
    return status ? status : read_images(&r);
}

gs_status gs_images_read_memory(const char *name, const void *bytes, size_t size, const gs_image_wish *wish,
                                gs_image_file *images, gs_error *error) {
    gs_reader r = reader(name, wish, images, error);
    *images = (gs_image_file){0};
    gs_status status = gs_source_open_memory(&r.source, name, bytes, size, error);
    return status ? status : read_images(&r);
}

gs_status gs_images_describe(const char *path, const void *bytes, size_t size, gs_description *description,
                             gs_content *content, bool *packed, gs_error *error) {
    gs_reader r = {.path = path, .error = error};
    gs_status status = bytes ? gs_source_open_memory(&r.source, path, bytes, size, error)
                             : gs_source_open(&r.source, path, "a file", error);
    if (status)
        return status;
    const gs_reader_format *format = find_format(&r.source);
    *content = gs_content_find(r.source.head, r.source.head_count);
    *packed = r.source.packed;
    if (format) {
        content->kind = GS_CONTENT_IMAGES; /* an archive of images, too */
        status = format->describe(&r, description);
    }
    gs_source_close(&r.source);
    return status;
}
