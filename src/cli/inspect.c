#include "cli/inspect.h"

#include <string.h>

#include "app/words.h"
#include "model/model.h"
#include "model/settings.h"
#include "op/operation.h"

enum { LABEL_WIDTH = 12, TEXT = 160 };

static void print_label(FILE *out, const char *label) {
    fprintf(out, "%-*s", LABEL_WIDTH, label);
}

/* ---- The model ---- */

static void print_data(const gs_model *model, FILE *out) {
    const gs_model_info *info = &model->info;
    if (info->kind == GS_KIND_DECODER) {
        print_label(out, "latents");
        fprintf(out, "(%d, %d, %d), standard normal\n", info->shape[0], info->shape[1], info->shape[2]);
    }
    print_label(out, "data");
    fprintf(out, "(%d, %d, %d) in [%g, %g]\n", info->image[0], info->image[1], info->image[2], (double)info->range[0],
            (double)info->range[1]);
    if (info->takes_sigma) {
        print_label(out, "sigma");
        fprintf(out, "trained on [%g, %g]\n", info->sigma[0], info->sigma[1]);
    }
    if (info->ladder_length) {
        print_label(out, "ladder");
        fprintf(out, "%d level%s:", info->ladder_length, info->ladder_length == 1 ? "" : "s");
        for (int i = 0; i < info->ladder_length; i++) {
            bool left_out = info->ladder_length > 12 && i >= 10 && i < info->ladder_length - 1;
            if (!left_out)
                fprintf(out, " %.4g", info->ladder[i]);
            else if (i == 10)
                fputs(" ...", out);
        }
        fputc('\n', out);
    }
    print_label(out, "labels");
    const char *shares = info->shares ? "; shares in the data are known" : "";
    if (info->labels && info->needs_label)
        fprintf(out, "0 ... %d, one for every image%s\n", info->labels - 1, shares);
    else if (info->labels)
        fprintf(out, "0 ... %d, %d for none%s\n", info->labels - 1, info->labels, shares);
    else
        fputs("none\n", out);
}

static void print_further(const gs_setting *s, const gs_sample_options *d, FILE *out) {
    int count;
    const double *values = gs_setting_list(s, d, &count);
    for (int i = 1; i < count; i++)
        fprintf(out, ",%g", values[i]);
}

static void print_defaults(const gs_sample_options *d, FILE *out) {
    print_label(out, "default");
    gs_put_plain(d->sampler ? d->sampler : "no sampler", out);
    for (const gs_setting *s = gs_settings; s < gs_settings + GS_SETTINGS; s++) {
        double value = gs_setting_shown(s, d);
        if (gs_setting_value(s, d) == 0)
            continue;
        fprintf(out, " %s=", s->name);
        if (s->kind == GS_SETTING_KIND_YES_NO)
            fputs(value > 0 ? "yes" : "no", out);
        else
            fprintf(out, gs_setting_is_real(s) ? "%g" : "%.0f", value);
        if (s->kind == GS_SETTING_KIND_PAIR)
            fprintf(out, ",%g", gs_setting_second(s, d));
        if (s->kind == GS_SETTING_KIND_LIST)
            print_further(s, d, out);
    }
    fputc('\n', out);
}

static void print_outputs(const gs_model *model, FILE *out) {
    print_label(out, "outputs");
    for (int i = 0; i < model->info.outputs; i++) {
        gs_shape shape = gs_value_shape(model, model->output[i]);
        fputs(i ? ", " : "", out);
        gs_put_plain(model->node[model->output[i] - GS_VALUE_NODES].name, out);
        fprintf(out, " (%d", shape.d[0]);
        for (int k = 1; k < shape.rank; k++)
            fprintf(out, ", %d", shape.d[k]);
        fputc(')', out);
    }
    fputc('\n', out);
}

static void print_provenance(const gs_model *model, FILE *out) {
    for (int i = 0; i < model->provenances; i++) {
        print_label(out, i ? "" : "provenance");
        gs_put_plain(model->provenance[i].key, out);
        fputs(": ", out);
        gs_put_plain(model->provenance[i].value, out);
        fputc('\n', out);
    }
}

/* In which type it is computed by default and, of integers, which errors were measured. */
static void print_quantization(const gs_model *model, FILE *out) {
    const gs_quantization *q = &model->quantization;
    if (q->dtype == GS_DTYPE_F32 && !q->nodes)
        return;
    print_label(out, "dtype");
    fputs(gs_dtype_name(q->dtype), out);
    if (q->nodes)
        fprintf(out, ", %d node%s quantised, %d of them in 16 bits, in %d band%s of noise levels", q->nodes,
                q->nodes == 1 ? "" : "s", q->nodes_int16, q->bands, q->bands == 1 ? "" : "s");
    fputc('\n', out);
    for (int b = 0; b < q->bands && q->error; b++) {
        print_label(out, b ? "" : "error");
        fprintf(out, "%.3g %% of the largest element, at most %.3g %%, rms %.3g %%", 100 * q->error[b],
                100 * q->error_most[b], 100 * q->error_rms[b]);
        if (b + 1 < q->bands)
            fprintf(out, ", sigma up to %.3g", q->ends[b]);
        fputc('\n', out);
    }
}

static void print_model(const gs_model *model, const char *path, FILE *out) {
    const gs_model_info *info = &model->info;
    print_label(out, "model");
    fprintf(out, "%s (%s)\n", info->name, gs_kind_name(info->kind));
    print_label(out, "file");
    gs_put_plain(path, out);
    fputc('\n', out);
    print_label(out, "sha-256");
    fprintf(out, "%s\n", info->hash);
    print_data(model, out);
    print_outputs(model, out);
    print_defaults(&model->defaults, out);
    print_label(out, "size");
    fprintf(out, "%zu parameter%s in %d tensor%s, %.3f MFLOP per evaluation in %d node%s\n", info->parameters,
            info->parameters == 1 ? "" : "s", model->tensors, model->tensors == 1 ? "" : "s",
            (double)info->operations / 1e6, model->nodes, model->nodes == 1 ? "" : "s");
    print_quantization(model, out);
    print_provenance(model, out);
}

/* ---- The nodes ---- */

/* "1,28,28" */
static void describe_shape(gs_shape shape, char *text, size_t room) {
    if (shape.rank == 1)
        snprintf(text, room, "%d", shape.d[0]);
    else if (shape.rank == 2)
        snprintf(text, room, "%d,%d", shape.d[0], shape.d[1]);
    else
        snprintf(text, room, "%d,%d,%d", shape.d[0], shape.d[1], shape.d[2]);
}

static size_t parameters(const gs_node *node) {
    return (node->weight ? node->weight->size : 0) + (node->bias ? node->bias->size : 0);
}

static int name_width(const gs_model *model) {
    enum { LEAST = 4, MOST = 40 };
    size_t width = LEAST;
    for (int i = 0; i < model->nodes; i++) {
        size_t length = strlen(model->node[i].name);
        if (length > width)
            width = length;
    }
    return width > MOST ? MOST : (int)width;
}

static void print_nodes(const gs_model *model, FILE *out) {
    int width = name_width(model);
    fprintf(out, "\n%-*s  %-12s  %10s  %12s  %-5s  %s\n", width, "node", "shape", "parameters", "operations", "per",
            "operation");
    for (int i = 0; i < model->nodes; i++) {
        const gs_node *node = &model->node[i];
        char shape[TEXT], attributes[TEXT];
        describe_shape(node->shape, shape, sizeof shape);
        gs_op_describe_node(node, attributes, sizeof attributes);
        gs_put_plain(node->name, out);
        int gap = width - (int)strlen(node->name);
        fprintf(out, "%*s  %-12s  %10zu  %12llu  %s  %s%s\n", gap > 0 ? gap : 0, "", shape, parameters(node),
                (unsigned long long)node->operations, node->per_sample ? "image" : "level", gs_op_name(node->op),
                attributes);
    }
}

gs_status gs_inspect_print(const gs_model *model, const char *path, FILE *out) {
    print_model(model, path, out);
    print_nodes(model, out);
    return fflush(out) || ferror(out) ? GS_ERROR_FILE : GS_OK;
}
