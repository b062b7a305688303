/* What studies can be told: rows, defaults, and the user's numbers. */
#include "study/parameters.h"

#include <string.h>

#include "app/words.h"
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
