/* What the help says of formats, made of their rows; for option.c alone. */
#ifndef GS_CLI_FORMAT_HELP_H
#define GS_CLI_FORMAT_HELP_H

#define PICTURES_PICTURE(name) "." name " "
#define PICTURES_ARRAY(name)
#define PICTURES_IMAGES(name)
#define PICTURES_CHAINS(name)
#define ARRAYS_PICTURE(name, end)
#define ARRAYS_ARRAY(name, end) "." name end
#define ARRAYS_IMAGES(name, end)
#define ARRAYS_CHAINS(name, end)
#define VIEWS_PICTURE(name, what) "." name " " what ", "
#define VIEWS_ARRAY VIEWS_PICTURE
#define VIEWS_IMAGES VIEWS_PICTURE
#define VIEWS_CHAINS(name, what)

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
#define GS_SINK(id, file, kind, name, extension, what, about) VIEWS_##kind(name, what)
#include "io/sinks.def"
                                    "or a directory of PNG files; - is standard output (default view.png)";

static const char denoise_out_help[] = "output: "
#define GS_SINK(id, file, kind, name, extension, what, about) PICTURES_##kind(name)
#include "io/sinks.def"
                                       "clean, noisy and restored images, "
#define GS_SINK(id, file, kind, name, extension, what, about) ARRAYS_##kind(name, " ")
#include "io/sinks.def"
                                       "restored ones; - is standard output (default denoised.png)";

static const char restore_out_help[] = "output: "
#define GS_SINK(id, file, kind, name, extension, what, about) PICTURES_##kind(name)
#include "io/sinks.def"
                                       "originals, measurements and restored images, "
#define GS_SINK(id, file, kind, name, extension, what, about) ARRAYS_##kind(name, " ")
#include "io/sinks.def"
                                       "restored ones; - is standard output (default restored.png)";

static const char by_help[] = "scores:"
#define GS_NOVELTY(id, function, name, needs_one, read, text) " " name ","
#include "measure/novelties.def"
                              " of which by default all are taken that the network has, but the last, the slowest";

static const char interpolate_out_help[] = "output: "
#define GS_SINK(id, file, kind, name, extension, what, about) PICTURES_##kind(name)
#include "io/sinks.def"
                                           "a row of frames per pair, "
#define GS_SINK(id, file, kind, name, extension, what, about) ARRAYS_##kind(name, " ")
#include "io/sinks.def"
                                           "frames of shape (pairs, frames, C, H, W); - is standard output (default "
                                           "interpolate.png)";

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

#define NAMES_PICTURE(name) "|" name
#define NAMES_ARRAY NAMES_PICTURE
#define NAMES_IMAGES NAMES_PICTURE
#define NAMES_CHAINS(name)
#define ONLY_PICTURE NAMES_CHAINS
#define ONLY_ARRAY NAMES_PICTURE
#define ONLY_IMAGES NAMES_CHAINS
#define ONLY_CHAINS NAMES_CHAINS
#define TABLES_PICTURE NAMES_PICTURE
#define TABLES_ARRAY NAMES_PICTURE
#define TABLES_IMAGES NAMES_CHAINS
#define TABLES_CHAINS NAMES_CHAINS

/* Those of all but chains; of pictures and arrays; of arrays. */
static const char view_names[] = ""
#define GS_SINK(id, file, kind, name, extension, what, about) NAMES_##kind(name)
#include "io/sinks.def"
    ;
static const char table_names[] = ""
#define GS_SINK(id, file, kind, name, extension, what, about) TABLES_##kind(name)
#include "io/sinks.def"
    ;
static const char array_names[] = ""
#define GS_SINK(id, file, kind, name, extension, what, about) ONLY_##kind(name)
#include "io/sinks.def"
    ;

/* The same of types. */
static const char dtype_names[] = ""
#define GS_DTYPE(ID, name, mac, stored, what) "|" name
#include "model/dtypes.def"
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

static const char calibration_help[] = "images to calibrate on, once for each file: "
#define GS_READER(file, joint, name) joint name
#include "io/readers.def"
                                       ", gzipped or not; noise is added where the network takes a noise level "
                                       "(default: states of chains of the network's own sampler; classifiers need "
                                       "images)";

static const char input_help[] = "clean images, as many as -n says: "
#define GS_READER(file, joint, name) joint name
#include "io/readers.def"
                                 ", one or a grid of them, gzipped or not; - for standard input";

#endif
