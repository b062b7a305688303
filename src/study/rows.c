/* All studies, and whether what the user says of parameters suits them. */
#include <math.h>
#include <string.h>

#include "app/words.h"
#include "study/lab.h"

static const gs_study_row *const studies[] = {
#define GS_STUDY(record) &gs_study_##record,
#include "study/studies.def"
};

const gs_study_row *gs_study_row_of(int i) {
    return i >= 0 && i < (int)GS_COUNT(studies) ? studies[i] : NULL;
}

const gs_study_row *gs_study_find_row(const char *name) {
    for (size_t i = 0; i < GS_COUNT(studies); i++)
        if (!strcmp(studies[i]->name, name))
            return studies[i];
    return NULL;
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

void gs_study_range(const gs_study_default *take, double range[2]) {
    const gs_study_parameter_row *row = &gs_study_parameter_rows[take->parameter];
    range[0] = fmax(take->least, row->low);
    range[1] = take->most > 0 ? take->most : row->high;
}

/* What each study takes is known before the first one runs. */
static gs_status check_range(const gs_study_row *row, const gs_lab_options *options, gs_error *error) {
    for (const gs_study_default *take = row->takes; take->value; take++) {
        const gs_numbers *given = &options->given[take->parameter];
        double range[2];
        gs_study_range(take, range);
        for (int i = 0; i < given->count; i++)
            if (given->values[i] < range[0] || given->values[i] > range[1])
                return gs_fail(error, GS_ERROR_ARGUMENT, "%s%s: %.17g: the study %s takes %.10g ... %.10g",
                               dashes(take->parameter), gs_study_parameter_rows[take->parameter].name, given->values[i],
                               row->name, range[0], range[1]);
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
    gs_status status = GS_OK;
    for (int i = 0; i < count && !status; i++)
        status = check_range(rows[i], options, error);
    return status;
}
