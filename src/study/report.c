/* The findings as texts, lines and JSON. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/words.h"
#include "study/record.h"

enum { DIGITS = 4 };

static const char *const verdicts[] = {[GS_VERDICT_NONE] = "shown",
                                       [GS_VERDICT_AGREES] = "as expected",
                                       [GS_VERDICT_REFUTES] = "refuted",
                                       [GS_VERDICT_UNDECIDED] = "undecided",
                                       [GS_VERDICT_DIFFERS] = "DIFFERS"};

const char *gs_verdict_word(gs_verdict verdict) {
    return verdicts[verdict];
}

static bool is_per_cent(const gs_finding *f) {
    return f->unit && !strcmp(f->unit, "%");
}

/* A number in the finding's unit, without the unit; returns its length. */
static int put_number(const gs_finding *f, double v, char *text, size_t room) {
    if (isnan(v))
        return snprintf(text, room, "none");
    return snprintf(text, room, "%.*g", DIGITS, is_per_cent(f) ? 100 * v : v);
}

static void put_unit(const gs_finding *f, char *text, size_t room) {
    if (f->unit && f->unit[0])
        snprintf(text, room, " %s", f->unit);
}

void gs_finding_value(const gs_finding *f, char text[GS_FINDING_ROOM]) {
    int used = put_number(f, f->is.value, text, GS_FINDING_ROOM);
    bool is_exact = f->is.low == f->is.value && f->is.high == f->is.value;
    if (!is_exact && isfinite(f->is.low) && isfinite(f->is.high)) {
        char low[32], high[32];
        put_number(f, f->is.low, low, sizeof low);
        put_number(f, f->is.high, high, sizeof high);
        used += snprintf(text + used, (size_t)(GS_FINDING_ROOM - used), " (%s ... %s)", low, high);
    }
    put_unit(f, text + used, (size_t)(GS_FINDING_ROOM - used));
}

void gs_finding_expected(const gs_finding *f, char text[GS_FINDING_ROOM]) {
    char low[32], high[32];
    int used = 0;
    put_number(f, f->expected[0], low, sizeof low);
    put_number(f, f->expected[1], high, sizeof high);
    text[0] = 0;
    if (f->kind == GS_EXPECT_VALUE)
        used = snprintf(text, GS_FINDING_ROOM, "%s", low);
    else if (f->kind != GS_EXPECT_NOTHING && !isfinite(f->expected[0]))
        used = snprintf(text, GS_FINDING_ROOM, "at most %s", high);
    else if (f->kind != GS_EXPECT_NOTHING && !isfinite(f->expected[1]))
        used = snprintf(text, GS_FINDING_ROOM, "at least %s", low);
    else if (f->kind != GS_EXPECT_NOTHING)
        used = snprintf(text, GS_FINDING_ROOM, "%s ... %s", low, high);
    if (used)
        put_unit(f, text + used, (size_t)(GS_FINDING_ROOM - used));
}

/* ---- For people ---- */

static void report_study(const gs_study_record *record, FILE *out) {
    fprintf(out, "%s (%s): %s, %.2g s\n", record->row->name, record->row->item, record->row->title, record->seconds);
    for (size_t i = 0; i < record->findings; i++) {
        const gs_finding *f = &record->finding[i];
        char value[GS_FINDING_ROOM], expected[GS_FINDING_ROOM];
        gs_finding_value(f, value);
        gs_finding_expected(f, expected);
        fprintf(out, "  %-11s  %s: %s", gs_verdict_word(gs_finding_verdict(f)), f->what, value);
        if (expected[0])
            fprintf(out, "; expected %s", expected);
        if (f->by)
            fprintf(out, " (%s)", f->by);
        fputc('\n', out);
    }
}

void gs_study_report(const gs_study_results *results, FILE *out) {
    for (int i = 0; i < results->count; i++)
        report_study(&results->study[i], out);
    fprintf(out,
            "%d of %d studies in %.3g s: %zu numbers as expected, %zu claims refuted, %zu undecided, %zu differ; %d "
            "thread%s, %s\n",
            results->count, results->asked, results->seconds, gs_study_count(results, NULL, GS_VERDICT_AGREES),
            gs_study_count(results, NULL, GS_VERDICT_REFUTES), gs_study_count(results, NULL, GS_VERDICT_UNDECIDED),
            gs_study_count(results, NULL, GS_VERDICT_DIFFERS), results->threads, results->threads == 1 ? "" : "s",
            results->isa);
}

/* ---- JSON ---- */

static json_t *numbers_json(const double *values, int count) {
    json_t *array = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(array, gs_real_json(values[i]));
    return array;
}

static json_t *finding_json(const gs_finding *f) {
    json_t *object = json_object();
    json_object_set_new(object, "what", gs_text_json(f->what));
    json_object_set_new(object, "unit", gs_text_json(f->unit));
    json_object_set_new(object, "value", gs_real_json(f->is.value));
    json_object_set_new(object, "interval", numbers_json((double[]){f->is.low, f->is.high}, 2));
    if (f->kind == GS_EXPECT_VALUE)
        json_object_set_new(object, "expected", gs_real_json(f->expected[0]));
    else if (f->kind != GS_EXPECT_NOTHING)
        json_object_set_new(object, "bounds", numbers_json(f->expected, 2));
    if (f->by)
        json_object_set_new(object, "by", gs_text_json(f->by));
    json_object_set_new(object, "verdict", json_string(gs_verdict_word(gs_finding_verdict(f))));
    return object;
}

static json_t *parameters_json(const gs_study_record *record) {
    json_t *object = json_object();
    for (int i = 0; record->row->takes[i].value; i++)
        json_object_set_new(object, gs_study_parameter_rows[record->row->takes[i].parameter].name,
                            numbers_json(record->values[i].values, record->values[i].count));
    return object;
}

static json_t *study_json(const gs_study_record *record) {
    json_t *object = json_object(), *findings = json_array(), *figures = json_array(), *texts = json_array();
    for (size_t i = 0; i < record->findings; i++)
        json_array_append_new(findings, finding_json(&record->finding[i]));
    for (size_t i = 0; i < record->parts; i++) {
        const gs_study_part *part = &record->part[i];
        if (part->kind == GS_PART_TEXT)
            json_array_append_new(texts, gs_text_json(part->text));
        if (part->kind == GS_PART_FIGURE)
            json_array_append_new(figures, json_pack("{s:s, s:s}", "file", part->file, "caption", part->text));
    }
    json_object_set_new(object, "name", json_string(record->row->name));
    json_object_set_new(object, "item", json_string(record->row->item));
    json_object_set_new(object, "title", json_string(record->row->title));
    json_object_set_new(object, "command", gs_text_json(record->command));
    json_object_set_new(object, "parameters", parameters_json(record));
    json_object_set_new(object, "digits",
                        record->used_digits ? json_string(record->used_drawn ? "drawn" : "MNIST") : json_null());
    json_object_set_new(object, "texts", texts);
    json_object_set_new(object, "findings", findings);
    json_object_set_new(object, "figures", figures);
    json_object_set_new(object, "seconds", gs_real_json(record->seconds));
    return object;
}

json_t *gs_study_json(const gs_study_results *results) {
    json_t *object = json_object(), *studies = json_array(), *failures = json_array();
    for (int i = 0; i < results->count; i++)
        json_array_append_new(studies, study_json(&results->study[i]));
    json_object_set_new(object, "seed", gs_whole_json(results->seed));
    json_object_set_new(object, "confidence", json_real(GS_STUDY_CONFIDENCE));
    json_object_set_new(object, "asked", json_integer(results->asked));
    for (int i = 0; i < results->failures; i++)
        json_array_append_new(failures, json_pack("{s:s, s:o}", "name", results->failure[i].row->name, "message",
                                                  gs_text_json(results->failure[i].message)));
    json_object_set_new(object, "studies", studies);
    json_object_set_new(object, "failures", failures);
    json_object_set_new(object, "agree", gs_whole_json(gs_study_count(results, NULL, GS_VERDICT_AGREES)));
    json_object_set_new(object, "refuted", gs_whole_json(gs_study_count(results, NULL, GS_VERDICT_REFUTES)));
    json_object_set_new(object, "undecided", gs_whole_json(gs_study_count(results, NULL, GS_VERDICT_UNDECIDED)));
    json_object_set_new(object, "differ", gs_whole_json(gs_study_count(results, NULL, GS_VERDICT_DIFFERS)));
    json_object_set_new(object, "seconds", gs_real_json(results->seconds));
    json_object_set_new(object, "threads", json_integer(results->threads));
    json_object_set_new(object, "isa", json_string(results->isa));
    return object;
}
