/* The probability flow as options say it. */
#ifndef GS_CLI_FLOW_OPTIONS_H
#define GS_CLI_FLOW_OPTIONS_H

#include "cli/arguments.h"

/* Steps and noise levels, those of the network where no option names them; of points there are no levels of pixels. */
gs_flow_options gs_flow_options_of(const gs_arguments *arguments, const gs_model_info *info);

/* Refuse a network without noise levels. Errors: GS_ERROR_ARGUMENT. */
gs_status gs_flow_options_check(const gs_model_info *info, gs_error *error);

#endif
