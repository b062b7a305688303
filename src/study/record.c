/* Takes what studies find. */
#include "study/record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "study/private.h"

void gs_study_fail(gs_study *study, gs_status status, const gs_error *error) {
    if (!status || study->status)
        return;
    study->status = status;
    study->error = *error;
}

static void fail_memory(gs_study *study) {
    gs_error error;
    gs_study_fail(study, gs_fail_memory(&error, "what a study finds"), &error);
}

void *gs_study_room(gs_study *study, size_t count, size_t size) {
    void *room = gs_arena_alloc(study->record->arena, count, size);
    if (!room)
        fail_memory(study);
    return room;
}

static const char *format_text(gs_study *study, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    char *text = length >= 0 ? gs_study_room(study, (size_t)length + 1, 1) : NULL;
    if (text)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text ? text : "";
}

const char *gs_study_text(gs_study *study, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const char *text = format_text(study, format, arguments);
    va_end(arguments);
    return text;
}

/* ---- Parts ---- */

/* Room for another part; NULL, after a failure. */
static gs_study_part *add_part(gs_study *study, gs_study_part_kind kind, const char *text) {
    gs_study_record *record = study->record;
    gs_study_part *grown = gs_grow(record->part, record->parts, &record->part_room, sizeof *grown);
    if (!grown) {
        fail_memory(study);
        return NULL;
    }
    record->part = grown;
    grown += record->parts++;
    *grown = (gs_study_part){.kind = kind, .text = text};
    return grown;
}

void gs_study_say(gs_study *study, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const char *text = format_text(study, format, arguments);
    va_end(arguments);
    add_part(study, GS_PART_TEXT, text);
}

static const char *const *copy_texts(gs_study *study, const char *const *texts, int count) {
    const char **copies = gs_study_room(study, (size_t)count, sizeof *copies);
    for (int i = 0; copies && i < count; i++)
        copies[i] = gs_study_text(study, "%s", texts[i]);
    return copies;
}

void gs_study_table(gs_study *study, const char *caption, int columns, const char *const *heads, int rows,
                    const char *const *cells) {
    gs_study_part table = {.kind = GS_PART_TABLE,
                           .text = gs_study_text(study, "%s", caption),
                           .rows = rows,
                           .columns = columns,
                           .heads = copy_texts(study, heads, columns),
                           .cells = copy_texts(study, cells, rows * columns)};
    gs_study_part *part = table.heads && table.cells ? add_part(study, GS_PART_TABLE, "") : NULL;
    if (part)
        *part = table;
}

/* A figure, once it is encoded. */
typedef struct figure {
    const char *name, *caption;
    bool is_vector;
    char *bytes;
    size_t size;
    int width;
} figure;

/* A figure's part takes over its bytes; or the failure of encoding them. */
static void add_figure(gs_study *study, const figure *f, gs_status status, const gs_error *error) {
    gs_study_fail(study, status, error);
    gs_study_part *part = !status ? add_part(study, GS_PART_FIGURE, gs_study_text(study, "%s", f->caption)) : NULL;
    if (!part) {
        free(f->bytes);
        return;
    }
    part->file = gs_study_text(study, "%s-%s.%s", study->record->row->name, f->name, f->is_vector ? "svg" : "png");
    part->is_vector = f->is_vector;
    part->bytes = f->bytes;
    part->size = f->size;
    part->width = f->width;
}

void gs_study_diagram(gs_study *study, const char *name, const char *caption, const gs_diagram *diagram) {
    figure f = {.name = name, .caption = caption, .is_vector = true};
    gs_error error = {0};
    gs_status status = gs_diagram_encode(diagram, &f.bytes, &f.size, &error);
    add_figure(study, &f, status, &error);
}

void gs_study_map(gs_study *study, const char *name, const char *caption, const gs_map *map) {
    figure f = {.name = name, .caption = caption, .is_vector = true};
    gs_error error = {0};
    gs_status status = gs_map_encode(map, &f.bytes, &f.size, &error);
    add_figure(study, &f, status, &error);
}

void gs_study_sheet(gs_study *study, const char *name, const char *caption, const gs_sheet *sheet) {
    figure f = {.name = name, .caption = caption};
    gs_error error = {0};
    gs_status status = gs_sheet_encode(sheet, &f.bytes, &f.size, &f.width, &error);
    add_figure(study, &f, status, &error);
}

void gs_study_images(gs_study *study, const char *name, const char *caption, const float *images, size_t n,
                     const int shape[3], const float range[2], int columns, int scale) {
    size_t pixels = (size_t)shape[0] * (size_t)shape[1] * (size_t)shape[2];
    gs_sheet sheet;
    gs_error error;
    gs_status status =
        gs_sheet_create(&sheet, shape, (int)((n + (size_t)columns - 1) / (size_t)columns), columns, &error);
    if (status) {
        gs_study_fail(study, status, &error);
        return;
    }
    sheet.scale = scale;
    for (size_t i = 0; i < n; i++)
        sheet.cells[i] = (gs_cell){.image = images + i * pixels, .range = {range[0], range[1]}};
    gs_study_sheet(study, name, caption, &sheet);
    gs_sheet_free(&sheet);
}

/* ---- Findings ---- */

void gs_study_find(gs_study *study, const gs_finding *finding) {
    gs_study_record *record = study->record;
    gs_finding *grown = gs_grow(record->finding, record->findings, &record->finding_room, sizeof *grown);
    if (!grown) {
        fail_memory(study);
        return;
    }
    record->finding = grown;
    grown += record->findings++;
    *grown = *finding;
    grown->what = gs_study_text(study, "%s", finding->what);
    grown->unit = gs_study_text(study, "%s", finding->unit ? finding->unit : "");
    grown->by = finding->by ? gs_study_text(study, "%s", finding->by) : NULL;
}

gs_verdict gs_finding_verdict(const gs_finding *f) {
    const gs_estimate *is = &f->is;
    bool holds = is->low <= f->expected[0] && f->expected[0] <= is->high;
    bool inside = is->low >= f->expected[0] && is->high <= f->expected[1];
    bool outside = is->high < f->expected[0] || is->low > f->expected[1];
    if (f->kind == GS_EXPECT_NOTHING)
        return GS_VERDICT_NONE;
    if (isnan(is->low) || isnan(is->high))
        return GS_VERDICT_DIFFERS;
    if (f->kind == GS_EXPECT_VALUE)
        return holds ? GS_VERDICT_AGREES : GS_VERDICT_DIFFERS;
    if (f->kind == GS_EXPECT_WITHIN)
        return inside ? GS_VERDICT_AGREES : outside ? GS_VERDICT_DIFFERS : GS_VERDICT_UNDECIDED;
    return outside ? GS_VERDICT_REFUTES : inside ? GS_VERDICT_DIFFERS : GS_VERDICT_UNDECIDED;
}

static size_t count_of(const gs_study_record *record, gs_verdict verdict) {
    size_t count = 0;
    for (size_t i = 0; i < record->findings; i++)
        count += gs_finding_verdict(&record->finding[i]) == verdict;
    return count;
}

size_t gs_study_count(const gs_study_results *results, const gs_study_record *only, gs_verdict verdict) {
    size_t count = 0;
    for (int i = 0; i < results->count && !only; i++)
        count += count_of(&results->study[i], verdict);
    return only ? count_of(only, verdict) : count;
}

void gs_study_record_free(gs_study_record *record) {
    for (size_t k = 0; k < record->parts; k++)
        free(record->part[k].bytes);
    gs_free(record->part);
    gs_free(record->finding);
    gs_arena_free(record->arena);
}

void gs_study_results_free(gs_study_results *results) {
    for (int i = 0; i < results->count; i++)
        gs_study_record_free(&results->study[i]);
    gs_free(results->study);
    gs_free(results->failure);
    *results = (gs_study_results){0};
}
