/* The destinations of outputs and reports. */
#include "cli/arguments.h"
#include "app/words.h"
#include "io/output.h"

FILE *gs_arguments_report(const gs_arguments *arguments) {
    bool is_taken = gs_output_is_stdout(arguments->out) || (arguments->plot && gs_output_is_stdout(arguments->plot));
    return is_taken ? stderr : stdout;
}

void gs_arguments_put_out(const gs_arguments *arguments, FILE *out) {
    const char *path = arguments->out, *name = gs_base_name(path);
    gs_format format, by_name;
    fputs(" --out", out);
    if (gs_output_is_stdout(path)) {
        fputs(" -", out);
        return;
    }
    gs_put_word(out, name);
    bool is_known = !gs_output_format(path, arguments->format, GS_FORMAT_PNG, &format, NULL);
    if (is_known && format == GS_FORMAT_PNG &&
        (gs_output_format(name, NULL, GS_FORMAT_DIRECTORY, &by_name, NULL) || by_name != format))
        fputs(" --format png", out);
}
