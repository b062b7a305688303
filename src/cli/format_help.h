/* What the help says of formats, made of their rows; for option.c alone. */
#ifndef GS_CLI_FORMAT_HELP_H
#define GS_CLI_FORMAT_HELP_H

#define PICTURES_PICTURE(name) "." name " "
#define PICTURES_ARRAY(name)
#define PICTURES_IMAGES(name)
#define ARRAYS_PICTURE(name, end)
#define ARRAYS_ARRAY(name, end) "." name end
#define ARRAYS_IMAGES(name, end)

static const char sample_out_help[] = "output: "
#define GS_SINK(id, file, kind, name, extension, what, about) "." name " " what ", "
#include "io/sinks.def"
                                      "NAME or NAME/ a directory of PNG files, new or empty; - is standard output, and "
                                      "the report then goes to standard error (default samples.png)";

static const char trajectory_help[] = "draw one row per chain from noise to result (at most 64 rows); with "
#define GS_SINK(id, file, kind, name, extension, what, about) ARRAYS_##kind(name, " ")
#include "io/sinks.def"
                                      "all states";

static const char view_out_help[] = "output: "
#define GS_SINK(id, file, kind, name, extension, what, about) "." name " " what ", "
#include "io/sinks.def"
                                    "or a directory of PNG files; - is standard output (default view.png)";

static const char denoise_out_help[] = "output: "
#define GS_SINK(id, file, kind, name, extension, what, about) PICTURES_##kind(name)
#include "io/sinks.def"
                                       "clean, noisy and restored images, "
#define GS_SINK(id, file, kind, name, extension, what, about) ARRAYS_##kind(name, " ")
#include "io/sinks.def"
                                       "restored ones; - is standard output (default denoised.png)";

static const char rejection_out_help[] =
    "output: "
#define GS_SINK(id, file, kind, name, extension, what, about) ARRAYS_##kind(name, ", ")
#include "io/sinks.def"
    "float32 of shape (n, D); - is standard output (default none: samples are only "
    "counted)";

/* The names with a | before each, the first of which is skipped. */
static const char format_names[] = ""
#define GS_SINK(id, file, kind, name, extension, what, about) "|" name
#include "io/sinks.def"
    ;

static const char init_help[] =
    "begin chains at the first images of a file, "
#define GS_READER(file, joint, name) joint name
#include "io/readers.def"
    ", gzipped or not, - for standard input; with --trajectory, they are on top and the states "
    "below (default -n: as many as there are, at most 64)";

static const char inputs_help[] = "images, once for each file: "
#define GS_READER(file, joint, name) joint name
#include "io/readers.def"
                                  ", one or a grid of them, gzipped or not; - for standard input";

static const char input_help[] = "clean images, as many as -n says: "
#define GS_READER(file, joint, name) joint name
#include "io/readers.def"
                                 ", one or a grid of them, gzipped or not; - for standard input";

#endif
