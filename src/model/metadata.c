#include "model/metadata.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/quant.h"
#include "model/settings.h"

enum { LADDER_MAX = 4096, LABELS_MAX = 65535 };

static const double shares_tolerance = 1e-6;

static gs_status read_kind(gs_loader *loader, const json_t *value) {
    const char *text = json_string_value(value);
    if (text && gs_kind_find(text, &loader->model->info.kind))
        return GS_OK;
    return gs_loader_fail(loader, "kind: found '%.80s', expected energy, score, denoiser, noise, classifier or decoder",
                          text ? text : gs_json_type(value));
}

static gs_status read_inputs(gs_loader *loader, const json_t *value) {
    static const char *const names[GS_VALUE_NODES] = {"x", "sigma", "label"};
    int next = 0;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *text = json_string_value(json_array_get(value, i));
        while (next < GS_VALUE_NODES && !(text && !strcmp(text, names[next])))
            next++;
        if (next == GS_VALUE_NODES)
            break;
        loader->input_used[next++] = true;
        if (loader->input_used[GS_VALUE_SIGMA] && loader->model->info.kind == GS_KIND_DECODER)
            return gs_loader_fail(loader,
                                  "inputs: found 'sigma', expected none of a decoder, which has no noise levels");
        if (i + 1 == json_array_size(value) && loader->input_used[GS_VALUE_X])
            return GS_OK;
    }
    return gs_loader_fail(loader, "inputs: expected 'x', then optionally 'sigma', then optionally 'label'");
}

static gs_status read_labels(gs_loader *loader, const json_t *value) {
    int *labels = &loader->model->info.labels;
    if (loader->input_used[GS_VALUE_LABEL])
        return gs_json_integer(loader, value, "labels", 1, LABELS_MAX, labels);
    return value ? gs_json_integer(loader, value, "labels (without the input 'label')", 0, 0, labels) : GS_OK;
}

/* Whether "none" is one of the labels; by default it is. */
static gs_status read_unlabelled(gs_loader *loader, const json_t *value) {
    gs_model_info *info = &loader->model->info;
    if (!value)
        return GS_OK;
    if (!gs_json_is_boolean(value))
        return gs_loader_fail(loader, "unlabelled: found %s, expected true or false", gs_json_type(value));
    if (!info->labels)
        return gs_loader_fail(loader, "unlabelled: given, but 'label' is not an input");
    info->needs_label = gs_json_is(value, JSON_FALSE);
    return GS_OK;
}

static gs_status read_shape(gs_loader *loader, const json_t *value) {
    if (json_array_size(value) != 3)
        return gs_loader_fail(loader, "data.shape: expected [C, H, W]");
    int *shape = loader->model->info.shape;
    gs_status status = GS_OK;
    for (size_t i = 0; i < 3 && !status; i++)
        status = gs_json_integer(loader, json_array_get(value, i), "data.shape", 1, GS_SIDE_MAX, &shape[i]);
    if (!status && (uint64_t)shape[0] * (uint64_t)shape[1] * (uint64_t)shape[2] > GS_SIZE_MAX)
        status = gs_loader_fail(loader, "data.shape: found [%d, %d, %d], expected at most %d elements", shape[0],
                                shape[1], shape[2], GS_SIZE_MAX);
    return status;
}

static gs_status read_range(gs_loader *loader, const json_t *value) {
    double ends[2];
    if (json_array_size(value) != 2)
        return gs_loader_fail(loader, "data.range: expected [low, high]");
    for (size_t i = 0; i < 2; i++) {
        gs_status status = gs_json_real(loader, json_array_get(value, i), "data.range", &ends[i]);
        if (status)
            return status;
        loader->model->info.range[i] = (float)ends[i];
    }
    if (!(loader->model->info.range[0] < loader->model->info.range[1]))
        return gs_loader_fail(loader, "data.range: found [%g, %g], expected low < high", ends[0], ends[1]);
    return GS_OK;
}

static gs_status read_sigma(gs_loader *loader, const json_t *value) {
    double *sigma = loader->model->info.sigma;
    if (loader->input_used[GS_VALUE_SIGMA])
        return gs_json_sigmas(loader, value, "data.sigma", false, &sigma[0], &sigma[1]);
    return value ? gs_loader_fail(loader, "data.sigma: given, but 'sigma' is not an input") : GS_OK;
}

static gs_status read_ladder(gs_loader *loader, const json_t *value) {
    gs_model *model = loader->model;
    if (!value)
        return GS_OK;
    if (model->info.kind == GS_KIND_DECODER)
        return gs_loader_fail(loader, "data.ladder: given, expected none of a decoder, which has no noise levels");
    size_t count = json_array_size(value);
    if (count < 1 || count > LADDER_MAX)
        return gs_loader_fail(loader, "data.ladder: expected an array of 1 ... %d noise levels", LADDER_MAX);
    model->ladder = gs_arena_alloc(loader->arena, count, sizeof *model->ladder);
    if (!model->ladder)
        return gs_loader_memory(loader);
    for (size_t i = 0; i < count; i++) {
        gs_status status = gs_json_real(loader, json_array_get(value, i), "data.ladder", &model->ladder[i]);
        if (status)
            return status;
        if (!((float)model->ladder[i] > 0) || (i && !(model->ladder[i] < model->ladder[i - 1])))
            return gs_loader_fail(loader, "data.ladder: level %zu is %g, expected positive, strictly decreasing levels",
                                  i, model->ladder[i]);
    }
    model->info.ladder = model->ladder;
    model->info.ladder_length = (int)count;
    return GS_OK;
}

static gs_status read_shares(gs_loader *loader, const json_t *value) {
    gs_model *model = loader->model;
    size_t labels = (size_t)model->info.labels;
    if (!value)
        return GS_OK;
    if (!labels || json_array_size(value) != labels)
        return gs_loader_fail(loader, "data.shares: found %zu, expected a share for each of %zu labels",
                              json_array_size(value), labels);
    model->shares = gs_arena_alloc(loader->arena, labels, sizeof *model->shares);
    if (!model->shares)
        return gs_loader_memory(loader);
    double sum = 0;
    for (size_t i = 0; i < labels; i++) {
        gs_status status = gs_json_real(loader, json_array_get(value, i), "data.shares", &model->shares[i]);
        if (status)
            return status;
        if (!(model->shares[i] >= 0 && model->shares[i] <= 1))
            return gs_loader_fail(loader, "data.shares: share %zu is %g, expected 0 ... 1", i, model->shares[i]);
        sum += model->shares[i];
    }
    if (!(fabs(sum - 1) <= shares_tolerance))
        return gs_loader_fail(loader, "data.shares: their sum is %.9g, expected 1", sum);
    for (size_t i = 0; i < labels; i++)
        model->shares[i] /= sum;
    model->info.shares = model->shares;
    return GS_OK;
}

/* Whether the last logit stands for none of the classes. How many logits there are is known once the graph is read. */
static gs_status read_reject(gs_loader *loader, const json_t *value) {
    gs_model_info *info = &loader->model->info;
    if (!value)
        return GS_OK;
    if (!gs_json_is_boolean(value))
        return gs_loader_fail(loader, "data.reject: found %s, expected true or false", gs_json_type(value));
    if (info->kind != GS_KIND_CLASSIFIER)
        return gs_loader_fail(loader, "data.reject: given for the kind %s, expected of a classifier only",
                              gs_kind_name(info->kind));
    info->rejects = gs_json_is(value, JSON_TRUE);
    return GS_OK;
}

static gs_status read_data(gs_loader *loader, const json_t *data) {
    static const char *const keys[] = {"shape", "range", "sigma", "ladder", "shares", "reject", NULL};
    gs_status status = gs_json_keys(loader, data, "data", keys);
    if (!status)
        status = read_shape(loader, json_object_get(data, "shape"));
    if (!status)
        status = read_range(loader, json_object_get(data, "range"));
    if (!status)
        status = read_sigma(loader, json_object_get(data, "sigma"));
    if (!status)
        status = read_ladder(loader, json_object_get(data, "ladder"));
    if (!status)
        status = read_shares(loader, json_object_get(data, "shares"));
    if (!status)
        status = read_reject(loader, json_object_get(data, "reject"));
    return status;
}

static gs_status read_list(gs_loader *loader, const gs_setting *s, const json_t *value, const char *what,
                           gs_sample_options *d) {
    size_t count = json_array_size(value);
    double before = 0;
    gs_status status = GS_OK;
    if (!gs_json_is(value, JSON_ARRAY) || count < 2 || count > GS_RUNGS_MAX)
        return gs_loader_fail(loader, "%s: expected a list of 2 to %d numbers", what, GS_RUNGS_MAX);
    for (size_t i = 0; i < count && !status; i++) {
        double real;
        status = gs_json_real(loader, json_array_get(value, i), what, &real);
        if (!status && !(real >= s->least && real <= s->most))
            status = gs_loader_fail(loader, "%s: found %g, expected %g ... %g", what, real, s->least, s->most);
        else if (!status && real <= before)
            status = gs_loader_fail(loader, "%s: found %g after %g, expected each greater than the one before", what,
                                    real, before);
        before = real;
        if (!status)
            gs_setting_set_item(s, d, (int)i, real);
    }
    return status;
}

/* The value of a setting that the file has, as gs_sample_options means it, where "none" is -1 because 0 means "not
 * given". */
static gs_status read_setting(gs_loader *loader, const gs_setting *s, const json_t *value, gs_sample_options *d) {
    char what[64];
    double real = 0, second = 0;
    int whole = 0;
    snprintf(what, sizeof what, "default.%s", s->key);
    gs_status status = GS_OK;
    switch (s->kind) {
    case GS_SETTING_KIND_LIST:
        return read_list(loader, s, value, what, d);
    case GS_SETTING_KIND_PAIR:
        status = gs_json_sigmas(loader, value, what, true, &real, &second);
        break;
    case GS_SETTING_KIND_SIGNED:
        status = gs_json_real(loader, value, what, &real);
        if (!status && !(fabs(real) >= s->least && fabs(real) <= s->most))
            status = gs_loader_fail(loader, "%s: found %g, expected %g ... %g or -%g ... -%g", what, real, s->least,
                                    s->most, s->most, s->least);
        break;
    case GS_SETTING_KIND_REAL:
    case GS_SETTING_KIND_WEIGHT:
        status = gs_json_real(loader, value, what, &real);
        if (!status && !(real >= s->least && real <= s->most))
            status = gs_loader_fail(loader, "%s: found %g, expected %g ... %g", what, real, s->least, s->most);
        break;
    default:
        status = gs_json_integer(loader, value, what, (long long)s->least, (long long)s->most, &whole);
        real = whole;
    }
    if (!status)
        gs_setting_set(s, d, real == 0 ? -1 : real, second);
    return status;
}

static gs_status read_defaults(gs_loader *loader, const json_t *object) {
    const char *keys[GS_SETTINGS + 2] = {"sampler"};
    gs_sample_options *d = &loader->model->defaults;
    char *name = NULL;
    int count = 1;
    if (!object)
        return GS_OK;
    for (int i = 0; i < GS_SETTINGS; i++)
        if (gs_settings[i].scope != GS_SCOPE_PICTURE)
            keys[count++] = gs_settings[i].key;
    gs_status status = gs_json_keys(loader, object, "default", keys);
    const json_t *sampler = json_object_get(object, "sampler");
    if (!status && sampler)
        status = gs_json_name(loader, sampler, "default.sampler", &name);
    d->sampler = name;
    for (int i = 0; i < GS_SETTINGS && !status; i++) {
        const json_t *value = json_object_get(object, gs_settings[i].key);
        if (value)
            status = read_setting(loader, &gs_settings[i], value, d);
    }
    return status;
}

/* Guidance leads away from images without a label. */
static gs_status check_guidance(const gs_loader *loader) {
    const gs_model_info *info = &loader->model->info;
    double guidance = loader->model->defaults.guidance;
    if (guidance <= 0 || (info->kind != GS_KIND_DECODER && !info->needs_label))
        return GS_OK;
    return gs_loader_fail(loader, "default.guidance: found %g, expected none of %s", guidance,
                          info->needs_label ? "a network that always needs a label" : "a decoder");
}

static gs_status read_provenance(gs_loader *loader, json_t *object) {
    gs_model *model = loader->model;
    if (!object)
        return GS_OK;
    if (!gs_json_is(object, JSON_OBJECT))
        return gs_loader_fail(loader, "provenance: found %s, expected an object of strings", gs_json_type(object));
    model->provenance = gs_arena_alloc(loader->arena, json_object_size(object), sizeof *model->provenance);
    if (!model->provenance)
        return gs_loader_memory(loader);
    for (void *i = json_object_iter(object); i; i = json_object_iter_next(object, i)) {
        const char *text = json_string_value(json_object_iter_value(i));
        if (!text)
            return gs_loader_fail(loader, "provenance.%.80s: found %s, expected a string", json_object_iter_key(i),
                                  gs_json_type(json_object_iter_value(i)));
        gs_pair *pair = &model->provenance[model->provenances++];
        pair->key = gs_arena_string(loader->arena, json_object_iter_key(i));
        pair->value = gs_arena_string(loader->arena, text);
        if (!pair->key || !pair->value)
            return gs_loader_memory(loader);
    }
    return GS_OK;
}

gs_status gs_metadata_read(gs_loader *loader, const json_t *object) {
    static const char *const keys[] = {"name",    "kind",         "data",  "inputs",     "labels", "unlabelled",
                                       "default", "quantization", "graph", "provenance", NULL};
    gs_model *model = loader->model;
    gs_status status = gs_json_keys(loader, object, "model", keys);
    if (!status)
        status = gs_json_name(loader, json_object_get(object, "name"), "name", &model->name);
    if (!status)
        status = read_kind(loader, json_object_get(object, "kind"));
    if (!status)
        status = read_inputs(loader, json_object_get(object, "inputs"));
    if (!status)
        status = read_labels(loader, json_object_get(object, "labels"));
    if (!status)
        status = read_unlabelled(loader, json_object_get(object, "unlabelled"));
    if (!status)
        status = read_data(loader, json_object_get(object, "data"));
    if (!status)
        status = read_defaults(loader, json_object_get(object, "default"));
    if (!status)
        status = check_guidance(loader);
    if (!status)
        status = read_provenance(loader, json_object_get(object, "provenance"));
    if (!status)
        status = gs_quantization_read(loader, json_object_get(object, "quantization"));
    model->info.name = model->name;
    model->info.takes_sigma = loader->input_used[GS_VALUE_SIGMA];
    return status;
}
