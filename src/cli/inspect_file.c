/* gensample inspect: what a file is. */
#include "cli/inspect.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/stream.h"
#include "app/find.h"
#include "app/words.h"
#include "cli/commands.h"
#include "io/read.h"

enum { LABEL_WIDTH = 12, NOTE_SHOWN = 4000, PIPE_MAX = 1 << 30 };

static void print_field(FILE *out, const char *label, const char *text) {
    char lower[LABEL_WIDTH];
    size_t length = strlen(label) < sizeof lower - 1 ? strlen(label) : sizeof lower - 1;
    for (size_t i = 0; i < length; i++)
        lower[i] = (char)tolower((unsigned char)label[i]);
    lower[length] = 0;
    gs_put_plain(lower, out);
    fprintf(out, "%*s", LABEL_WIDTH - (int)length, "");
    gs_put_plain(text, out);
    fputc('\n', out);
}

/* The notes of our pictures are called "gensample:model" and the like. A file of others may have any number of bytes in
 * a note; only its beginning is printed. */
static void print_note(void *context, const char *key, const char *text) {
    static const char ours[] = "gensample:";
    bool own = !strncmp(key, ours, strlen(ours));
    char start[NOTE_SHOWN + 64];
    snprintf(start, sizeof start, "%.*s ... (more follows)", NOTE_SHOWN, text);
    print_field(context, own ? key + strlen(ours) : key, strlen(text) > NOTE_SHOWN ? start : text);
}

/* Notes arrive while the file is being described, so they are kept until the description is complete. */
static gs_status print_images(const char *path, const void *bytes, size_t size, gs_content *content, FILE *out,
                              gs_error *error) {
    char *notes = NULL;
    size_t length = 0;
    bool packed = false;
    FILE *kept = open_memstream(&notes, &length);
    if (!kept)
        return gs_fail_memory(error, "describing a file");
    gs_description description = {.note = print_note, .context = kept};
    gs_status status = gs_images_describe(path, bytes, size, &description, content, &packed, error);
    if (fclose(kept) != 0 && !status)
        status = gs_fail_memory(error, "describing a file");
    if (!status && (description.text[0] || content->kind == GS_CONTENT_IMAGES)) {
        print_field(out, "file", path);
        print_field(out, "content", description.text[0] ? description.text : content->name);
        if (packed)
            print_field(out, "packed", "by gzip");
        fputs(notes, out);
    }
    free(notes);
    return status;
}

static gs_status print_model(const char *path, const void *bytes, size_t size, FILE *out, gs_error *error) {
    gs_model *model = NULL;
    gs_status status =
        bytes ? gs_model_load_memory(path, bytes, size, &model, error) : gs_network_load(path, &model, error);
    if (!status && gs_inspect_print(model, path, out))
        status = gs_fail(error, GS_ERROR_FILE, "standard output: %s", strerror(errno));
    gs_model_free(model);
    return status;
}

static gs_status print_any(const char *path, const void *bytes, size_t size, FILE *out, gs_error *error) {
    gs_content content = {0};
    gs_status status = print_images(path, bytes, size, &content, out, error);
    bool other = content.kind == GS_CONTENT_UNKNOWN || content.kind > GS_CONTENT_IMAGES;
    return status || !other ? status : print_model(path, bytes, size, out, error);
}

/* The bytes of a pipe are kept, because it can be read only once. */
gs_status gs_inspect_file(const char *path, FILE *out, gs_error *error) {
    gs_stream stream;
    unsigned char *bytes = NULL;
    size_t size = 0;
    if (gs_is_density(path))
        return print_model(path, NULL, 0, out, error);
    gs_status status = gs_stream_open(&stream, path, "a weight file or a file of images", error);
    if (status)
        return status;
    if (!stream.sized)
        status = gs_stream_read_all(&stream, PIPE_MAX, NULL, &bytes, &size);
    gs_stream_close(&stream);
    if (!status)
        status = print_any(path, bytes, size, out, error);
    gs_free(bytes);
    return status;
}

static gs_status check(const gs_arguments *arguments, gs_error *error) {
    return arguments->file ? GS_OK : gs_fail(error, GS_ERROR_ARGUMENT, "inspect: the file's name is missing");
}

static gs_status run_command(const gs_arguments *arguments, gs_error *error) {
    return gs_inspect_file(arguments->file, stdout, error);
}

const gs_command gs_command_inspect = {
    .about = "Say what a file is: of a weight file its network, graph, tensors and origin; of a picture what it was\n"
             "drawn with; of IDX, NPY and NPZ files their sizes. - is standard input. Of a density, such as\n"
             "gaussian:dim=2, what its weight file would be.\n",
    .lists = GS_LISTS_NETWORKS,
    .check = check,
    .sharing = GS_SHARING_NONE,
    .run = run_command};
