#include "cli/option.h"

#include <stddef.h>

#include "app/words.h"
#include "cli/format_help.h"
#include "model/model.h"
#include "model/settings.h"
#include "random/random.h"

const gs_option_row gs_option_rows[GS_OPTION_COUNT] = {
#define GS_OPTION(id, name, metavar, kind, field, low, high, commands, help) \
    {name, metavar, GS_KIND_OPTION_##kind, offsetof(gs_arguments, field), low, high, commands, help},
#include "cli/options.def"
};

const gs_option_table gs_options = {gs_option_rows, GS_OPTION_COUNT};

const gs_option_line gs_option_lines[] = {
#define GS_GROUP(title) {title, NULL},
#define GS_OPTION(id, ...) {NULL, &gs_option_rows[GS_OPTION_##id]},
#include "cli/options.def"
    {NULL, NULL}};

const gs_command_row gs_command_rows[] = {
    {"sample", GS_SAMPLE, "[sample] [options]", "draw samples"},
    {"denoise", GS_DENOISE, "denoise [options]", "restore noisy images"},
    {"inspect", GS_INSPECT, "inspect FILE", "say what a weight file or a picture holds"},
    {"plan", GS_PLAN, "plan FILE [options]", "say what the engine makes of a network, and measure it"},
    {"rejection", GS_REJECT, "rejection [options]", "draw from a normal distribution by rejection"},
    {"cpu", GS_CPU, "cpu [options]", "say what runs on this CPU"},
    {0},
};
