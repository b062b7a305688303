/* The destinations of outputs and reports. */
#include <string.h>
#include <strings.h>

#include "cli/arguments.h"
#include "app/words.h"
#include "io/output.h"
#include "io/place.h"

static gs_status check_kept(const char *out, const char *input, const char *option, gs_error *error) {
    return gs_place_same(out, input) ? gs_fail(error, GS_ERROR_ARGUMENT,
                                               "--out: %s: it is the file of %s too, which would be overwritten; "
                                               "expected another name",
                                               out, option)
                                     : GS_OK;
}

FILE *gs_arguments_report(const gs_arguments *arguments) {
    const char *const outputs[] = {arguments->out, arguments->plot, arguments->map};
    bool is_taken = false;
    for (size_t i = 0; i < GS_COUNT(outputs); i++)
        is_taken = is_taken || (outputs[i] && gs_output_is_stdout(outputs[i]));
    return is_taken ? stderr : stdout;
}

void gs_arguments_put_written(const gs_arguments *a, FILE *out) {
    if (a->out)
        fprintf(out, "; wrote %s", a->out);
    if (a->plot)
        fprintf(out, "%s%s", a->out ? " and " : "; wrote ", a->plot);
    fputc('\n', out);
}

gs_status gs_arguments_check_out(const gs_arguments *a, gs_error *error) {
    const struct {
        const char *option, *path;
    } inputs[] = {{"--init", a->init},
                  {"--input", a->input},
                  {"--nearest", a->nearest},
                  {"--mask", a->mask},
                  {"--judge", a->judge},
                  {"--judge", a->second_judge},
                  {"--model", a->compose.count ? NULL : a->model}};
    gs_status status = GS_OK;
    for (size_t i = 0; i < GS_COUNT(inputs) && !status; i++)
        if (inputs[i].path)
            status = check_kept(a->out, inputs[i].path, inputs[i].option, error);
    for (int i = 0; i < a->compose.count && !status; i++)
        status = check_kept(a->out, a->composed[i].path, "--compose", error);
    for (int i = 0; i < a->inputs.count && !status; i++)
        status = check_kept(a->out, a->inputs.values[i], a->command == GS_QUANTIZE ? "--data" : "--input", error);
    for (int i = 0; i < a->against.count && !status; i++)
        status = check_kept(a->out, a->against.values[i], "--against", error);
    for (int i = 0; i < a->labels.count && !status; i++)
        status = check_kept(a->out, a->labels.values[i], "--labels", error);
    return status;
}

gs_status gs_arguments_check_svg(const gs_arguments *a, const char *option, const char *path, gs_error *error) {
    const char *dot = strrchr(path, '.'), *const others[] = {a->out, a->plot, a->map};
    bool to_stdout = gs_output_is_stdout(path);
    if (!to_stdout && (!dot || strcasecmp(dot, ".svg")))
        return gs_fail(error, GS_ERROR_ARGUMENT, "%s: %s: expected a name that ends in .svg", option, path);
    for (size_t i = 0; i < GS_COUNT(others); i++)
        if (others[i] && others[i] != path &&
            ((to_stdout && gs_output_is_stdout(others[i])) || gs_place_same(path, others[i])))
            return gs_fail(error, GS_ERROR_ARGUMENT, "%s: %s: %s goes there; give each its own name", option,
                           gs_output_label(path), i ? "another picture" : "--out");
    return gs_output_check(path, GS_FORMAT_TEXT, 0, error);
}

void gs_arguments_put_out(const gs_arguments *arguments, FILE *out) {
    const char *path = arguments->out, *name = gs_base_name(path);
    gs_format format, by_name;
    if (arguments->scale > 1)
        fprintf(out, " --scale %d", arguments->scale);
    fputs(" --out", out);
    if (gs_output_is_stdout(path)) {
        fputs(" -", out);
        return;
    }
    gs_put_word(out, name);
    bool is_known = !gs_output_format(path, arguments->format, GS_FORMAT_PNG, &format, NULL);
    if (is_known && gs_format_holds(format) == GS_HOLDS_PICTURE &&
        (gs_output_format(name, NULL, GS_FORMAT_DIRECTORY, &by_name, NULL) || by_name != format))
        fprintf(out, " --format %s", gs_format_name(format));
}
