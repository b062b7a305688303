/* What studies can be told: rows, defaults, and the user's numbers. */
#include "study/parameters.h"

#include <math.h>
#include <string.h>

#include "app/words.h"
#include "study/lab.h"
#include "study/private.h"

const gs_study_parameter_row gs_study_parameter_rows[GS_STUDY_PARAMETERS] = {
#define GS_STUDY_PARAMETER(id, name, metavar, most, kind, low, high, help) \
    {name, metavar, most, GS_STUDY_PARAMETER_##kind == GS_STUDY_PARAMETER_WHOLE, low, high, help},
#include "study/parameters.def"
};

gs_numbers gs_study_parameter_read(const char *text) {
    gs_numbers numbers = {0};
    for (const char *at = text; *at && numbers.count < GS_LIST_MAX;) {
        size_t length = strcspn(at, ","), minus = *at == '-';
        double *value = &numbers.values[numbers.count++];
        if (!gs_parse_decimal(at + minus, length - minus, value))
            return (gs_numbers){0};
        *value = minus ? -*value : *value;
        at += length + (at[length] == ',');
    }
    return numbers;
}

static bool reads(const gs_study_row *row, gs_study_parameter parameter) {
    for (const gs_study_default *take = row->takes; take->value; take++)
        if (take->parameter == parameter)
            return true;
    return false;
}

/* Before its name on the command line. */
static const char *dashes(gs_study_parameter parameter) {
    return gs_study_parameter_rows[parameter].name[1] ? "--" : "-";
}

/* GS_ERROR_ARGUMENT: the studies that are asked for do not read it; which ones do. */
static gs_status refuse_unread(gs_study_parameter parameter, gs_error *error) {
    char names[160] = "";
    const gs_study_row *row;
    for (int i = 0; (row = gs_study_row_of(i)); i++) {
        size_t used = strlen(names);
        if (reads(row, parameter))
            snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", row->name);
    }
    return gs_fail(error, GS_ERROR_ARGUMENT, "%s%s: is read by other studies: %s", dashes(parameter),
                   gs_study_parameter_rows[parameter].name, names);
}

static gs_status check_numbers(gs_study_parameter parameter, const gs_numbers *given, gs_error *error) {
    const gs_study_parameter_row *row = &gs_study_parameter_rows[parameter];
    char low[32], high[32];
    if (given->count > row->most)
        return gs_fail(error, GS_ERROR_ARGUMENT, "%s%s: %d numbers: expected %s%d", dashes(parameter), row->name,
                       given->count, row->most > 1 ? "at most " : "", row->most);
    for (int i = 0; i < given->count; i++) {
        double v = given->values[i];
        if (v < row->low || v > row->high || (row->is_whole && v != floor(v)))
            return gs_fail(error, GS_ERROR_ARGUMENT, "%s%s: %.17g: expected a %snumber from %s to %s",
                           dashes(parameter), row->name, v, row->is_whole ? "whole " : "", gs_shortest(row->low, low),
                           gs_shortest(row->high, high));
    }
    return GS_OK;
}

gs_status gs_lab_check(const gs_lab_options *options, const gs_study_row *const *rows, int count, gs_error *error) {
    for (gs_study_parameter p = 0; p < GS_STUDY_PARAMETERS; p++) {
        if (!options->given[p].count)
            continue;
        bool read = false;
        for (int i = 0; i < count; i++)
            read = read || reads(rows[i], p);
        gs_status status = read ? check_numbers(p, &options->given[p], error) : refuse_unread(p, error);
        if (status)
            return status;
    }
    return GS_OK;
}

/* The study's numbers. A parameter that its record lacks is a fault of its author, which its test sees. */
const gs_numbers *gs_study_numbers(const gs_study *study, gs_study_parameter parameter) {
    static const gs_numbers none = {.count = 1};
    const gs_study_default *takes = study->record->row->takes;
    for (int i = 0; takes[i].value; i++)
        if (takes[i].parameter == parameter)
            return &study->record->values[i];
    return &none;
}

double gs_study_number(const gs_study *study, gs_study_parameter parameter) {
    return gs_study_numbers(study, parameter)->values[0];
}

size_t gs_study_whole(const gs_study *study, gs_study_parameter parameter) {
    return (size_t)gs_study_number(study, parameter);
}
