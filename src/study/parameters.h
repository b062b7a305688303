/* What studies can be told. */
#ifndef GS_STUDY_PARAMETERS_H
#define GS_STUDY_PARAMETERS_H

#include "app/find.h"
#include "app/option.h"

typedef enum gs_study_parameter {
#define GS_STUDY_PARAMETER(id, ...) GS_STUDY_##id,
#include "study/parameters.def"
    GS_STUDY_PARAMETERS
} gs_study_parameter;

typedef enum gs_study_parameter_kind { GS_STUDY_PARAMETER_NUMBER, GS_STUDY_PARAMETER_WHOLE } gs_study_parameter_kind;

typedef struct gs_study_parameter_row {
    const char *name, *metavar;
    int most;
    bool is_whole;
    double low, high;
    const char *help;
} gs_study_parameter_row;

extern const gs_study_parameter_row gs_study_parameter_rows[GS_STUDY_PARAMETERS];

/* Numbers as they are written, "1,10,100"; none where the text is not that. */
gs_numbers gs_study_parameter_read(const char *text);

#endif
