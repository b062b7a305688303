/* What commands write: formats, sinks and the notes in pictures. */
#ifndef GS_CLI_OUTPUT_H
#define GS_CLI_OUTPUT_H

#include <jansson.h>
#include <stdio.h>

#include "cli/arguments.h"
#include "io/sink.h"

/* Have an array of that name in place of the command's picture, unless an output was chosen, if no picture can show
 * images of that shape: points, or of two channels. */
void gs_output_choose(gs_arguments *arguments, const int shape[3], const char *array);

/* Whether --out is a file of the steps of chains (io/chain_file.h). */
bool gs_output_is_chains(const gs_arguments *arguments);

/* Refuse a format that cannot hold rows of images. `what`: "a sweep goes". Errors: GS_ERROR_ARGUMENT. */
gs_status gs_output_check_table(const char *path, gs_format format, const char *what, gs_error *error);

/* Refuse --scale, if it is given, for an output that is no picture. Errors: GS_ERROR_ARGUMENT. */
gs_status gs_output_check_scale(const char *path, bool given, gs_format format, gs_error *error);

/* What a sink is told of a network's images: (n, C, H, W) or, if `rows` is not 0, (rows, n, C, H, W); of points, whose
 * H and W are 1, without these. */
gs_sink_input gs_output_input(const gs_model_info *info, size_t rows, size_t n);

/* The settings of a picture as a text, and a command that draws the same again, written by `put`: NULL when memory runs
 * out; both to be freed with free. */
char *gs_output_settings(json_t *settings);
char *gs_output_command(void put(const void *context, FILE *out), const void *context);

/* The notes in a picture. */
enum { GS_NOTES = 5 };

typedef struct gs_notes {
    gs_note note[GS_NOTES];
    char *settings, *command;
} gs_notes;

/* Take the two texts, which may be NULL; to be freed with gs_notes_free, also on failure. Errors: GS_ERROR_MEMORY. */
gs_status gs_notes_make(gs_notes *notes, const gs_model_info *info, char *settings, char *command, gs_error *error);
void gs_notes_free(gs_notes *notes);

#endif
