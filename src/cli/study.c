/* gensample study: experiments of the course as a page, with pictures and JSON beside it. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/interrupt.h"
#include "app/words.h"
#include "cli/commands.h"
#include "engine/plan.h"
#include "study/lab.h"

enum {
#define GS_STUDY(record) STUDY_##record,
#include "study/studies.def"
    STUDIES,
    FILE_ROOM = GS_PATH_ROOM + 128
};

typedef struct studying {
    const gs_arguments *arguments;
    const gs_study_row *row[STUDIES];
    int count;
    gs_lab_options options;
    char folder[GS_PATH_ROOM];
    bool made_folder;
    gs_study_results results;
} studying;

/* ---- What is asked for ---- */

static gs_status refuse_study(const char *name, gs_error *error) {
    char known[GS_MESSAGE_MAX] = "";
    const gs_study_row *row;
    for (int i = 0; (row = gs_study_row_of(i)); i++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", row->name);
    }
    return gs_fail(error, GS_ERROR_ARGUMENT, "\"%.60s\": there is no such study: there are %s", name, known);
}

static gs_status choose_studies(studying *s, gs_error *error) {
    const gs_texts *names = &s->arguments->studies;
    for (int i = 0; i < names->count; i++) {
        const gs_study_row *row = gs_study_find_row(names->values[i]);
        if (!row)
            return refuse_study(names->values[i], error);
        for (int k = 0; k < i; k++)
            if (s->row[k] == row)
                return gs_fail(error, GS_ERROR_ARGUMENT, "\"%s\": is named twice", row->name);
        s->row[s->count++] = row;
    }
    while (!names->count && gs_study_row_of(s->count)) {
        s->row[s->count] = gs_study_row_of(s->count);
        s->count++;
    }
    return GS_OK;
}

static void choose_options(studying *s) {
    const gs_arguments *a = s->arguments;
    s->options = (gs_lab_options){
        .seed = a->seed, .data = a->data, .isa = a->isa, .threads = a->threads, .given = a->study, .quiet = a->quiet};
}

static gs_status check(const gs_arguments *a, gs_error *error) {
    studying s = {.arguments = a};
    gs_status status = choose_studies(&s, error);
    choose_options(&s);
    return !status ? gs_lab_check(&s.options, s.row, s.count, error) : status;
}

/* ---- Writing ---- */

static void name_file(const studying *s, const char *name, char path[FILE_ROOM]) {
    snprintf(path, FILE_ROOM, "%s/%.120s", s->folder, name);
}

static gs_status write_figure(const studying *s, const gs_study_part *part, gs_error *error) {
    char path[FILE_ROOM];
    gs_output output;
    name_file(s, part->file, path);
    gs_status status = gs_output_open(&output, path, error);
    return !status ? gs_output_end(&output, gs_output_write(&output, part->bytes, part->size, error), error) : status;
}

static gs_status write_figures(const studying *s, gs_error *error) {
    gs_status status = GS_OK;
    for (int i = 0; i < s->results.count; i++) {
        const gs_study_record *record = &s->results.study[i];
        for (size_t k = 0; k < record->parts && !status; k++)
            if (record->part[k].kind == GS_PART_FIGURE)
                status = write_figure(s, &record->part[k], error);
    }
    return status;
}

static gs_status put_json(const studying *s, FILE *out, gs_error *error) {
    return gs_print_json(gs_study_json(&s->results), out, error);
}

static gs_status put_page(const studying *s, FILE *out, gs_error *error) {
    (void)error;
    gs_study_page(&s->results, out);
    return GS_OK;
}

static const struct {
    const char *name;
    gs_status (*put)(const studying *s, FILE *out, gs_error *error);
} texts[] = {{"study.json", put_json}, {"index.html", put_page}};

static gs_status write_text(const studying *s, size_t i, gs_error *error) {
    char path[FILE_ROOM];
    gs_output output;
    name_file(s, texts[i].name, path);
    gs_status status = gs_output_open(&output, path, error);
    if (status)
        return status;
    status = texts[i].put(s, output.file, error);
    if (!status && (fflush(output.file) != 0 || ferror(output.file)))
        status = gs_fail(error, GS_ERROR_FILE, "%s: cannot write: %s", path, strerror(errno));
    return gs_output_end(&output, status, error);
}

static gs_status report(const studying *s, gs_error *error) {
    if (s->arguments->json)
        return gs_print_json(gs_study_json(&s->results), stdout, error);
    if (s->arguments->quiet)
        return GS_OK;
    gs_study_report(&s->results, stdout);
    printf("wrote %s/index.html\n", s->folder);
    return GS_OK;
}

/* Figures come first and the page last, so that a page is never there without its figures. */
static gs_status write_all(const studying *s, gs_error *error) {
    gs_status status = write_figures(s, error);
    for (size_t i = 0; i < GS_COUNT(texts) && !status; i++)
        status = write_text(s, i, error);
    return !status ? report(s, error) : status;
}

/* ---- The folder ---- */

/* The folder of --out, else "study", or "study-NAME" of a single study; made if it is not there. */
static gs_status make_folder(studying *s, gs_error *error) {
    const gs_arguments *a = s->arguments;
    char page[FILE_ROOM];
    int length = a->out_is_given || a->studies.count != 1
                     ? snprintf(s->folder, sizeof s->folder, "%s", a->out)
                     : snprintf(s->folder, sizeof s->folder, "%s-%s", a->out, s->row[0]->name);
    while (length > 1 && length < GS_PATH_ROOM && s->folder[length - 1] == '/')
        s->folder[--length] = 0;
    if (length < 1 || length >= GS_PATH_ROOM)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--out: the folder's name is %s", length < 1 ? "empty" : "too long");
    struct stat about;
    if (stat(s->folder, &about) == 0 && !S_ISDIR(about.st_mode))
        return gs_fail(error, GS_ERROR_FILE, "%s: is no folder: expected one, or a name for a new one", s->folder);
    s->made_folder = mkdir(s->folder, 0777) == 0;
    if (!s->made_folder && errno != EEXIST)
        return gs_fail(error, GS_ERROR_FILE, "%s: cannot make the folder: %s", s->folder, strerror(errno));
    gs_status status = GS_OK;
    for (size_t i = 0; i < GS_COUNT(texts) && !status; i++) {
        name_file(s, texts[i].name, page);
        status = gs_output_check(page, GS_FORMAT_TEXT, 0, error);
    }
    return status;
}

/* ---- The command ---- */

/* What the whole comes to, once it is written. */
static gs_status conclude(const studying *s, gs_status ran, gs_error *error) {
    size_t differ = gs_study_count(&s->results, NULL, GS_VERDICT_DIFFERS);
    if (ran == GS_ERROR_INTERRUPTED)
        return gs_fail(error, ran, "interrupted: %d of %d studies are in %s/index.html", s->results.count,
                       s->results.asked, s->folder);
    if (ran) {
        gs_error first = *error;
        return gs_fail(error, ran, "%.250s; %d of %d studies are in %.100s/index.html", first.message, s->results.count,
                       s->results.asked, s->folder);
    }
    return differ ? gs_fail(error, GS_ERROR_FORMAT, "%zu number%s not as expected: see %s/index.html", differ,
                            differ == 1 ? " is" : "s are", s->folder)
                  : GS_OK;
}

static gs_status run_studies(studying *s, gs_error *error) {
    gs_interrupt_install();
    gs_status ran = gs_lab_run(&s->options, s->row, s->count, &s->results, error);
    if (ran && !s->results.count)
        return ran;
    gs_status status = write_all(s, error);
    return status ? status : conclude(s, ran, error);
}

static gs_status run_command(const gs_arguments *arguments, gs_error *error) {
    studying s = {.arguments = arguments};
    choose_options(&s);
    gs_status status = choose_studies(&s, error);
    if (!status)
        status = make_folder(&s, error);
    if (!status)
        status = run_studies(&s, error);
    if (status && s.made_folder)
        rmdir(s.folder); /* only where nothing has been written */
    gs_study_results_free(&s.results);
    return status;
}

const gs_command gs_command_study = {
    .about =
        "Run experiments of a course on energy-based and score-based models, all or those that are named, and write a\n"
        "page with their figures, and with numbers beside what theory or the course says of them: DIR/index.html,\n"
        "which holds all figures, and the figures and study.json beside it. Without --data, digits are drawn by\n"
        "ncsn-cond. Fails if a number is not as expected. The same seed gives the same numbers on any CPU.\n",
    .examples = "  gensample study\n"
                "  gensample study --data mnist --out course\n"
                "  gensample study rejection --ratio 1.05\n",
    .lists = GS_LISTS_STUDIES,
    .out = "study",
    .check = check,
    .run = run_command};
