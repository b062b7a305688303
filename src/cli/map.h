/* The picture of --map: points in the plane over their density. */
#ifndef GS_CLI_MAP_H
#define GS_CLI_MAP_H

#include "cli/sample.h"

/* Refuse what cannot be drawn, before the work. Errors: GS_ERROR_ARGUMENT, GS_ERROR_UNSUPPORTED, GS_ERROR_FILE. */
gs_status gs_run_check_map(const gs_run *run, gs_error *error);

/* Draw the finished samples, with --trajectory their ways. Without --map nothing happens. */
gs_status gs_run_map(const gs_run *run, gs_error *error);

#endif
