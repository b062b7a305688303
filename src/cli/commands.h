/* The commands that draw or compute. */
#ifndef GS_CLI_COMMANDS_H
#define GS_CLI_COMMANDS_H

#include "cli/arguments.h"

gs_status gs_sample_command(const gs_arguments *arguments, gs_error *error);
gs_status gs_denoise_command(const gs_arguments *arguments, gs_error *error);
gs_status gs_rejection_command(const gs_arguments *arguments, gs_error *error);
gs_status gs_plan_command(const gs_arguments *arguments, gs_error *error);
gs_status gs_cpu_command(const gs_arguments *arguments, gs_error *error);

#endif
